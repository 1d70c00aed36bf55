// A forum's tiny network of nothing but relu, which six or seven starts of ten leave stuck.
import { adam, createNetwork, type Network } from "../../src/index.js";
import { type Experiment, type Figure, REPRODUCIBLE, shareOf } from "./experiment.js";
import type { Trials } from "./trials.js";

const RUNS = 4000;
const EPOCHS = 500;
const POINTS = [-1, 0, 1, 2, 3, 4, 5];
const X = POINTS.map((value) => [value]);
const Y = POINTS.map((value) => 2 * value - 1);

function networkOf(seed: number): Promise<Network> {
  const layer = (units: number) => ({ units, activation: "relu", kernelInitializer: "glorotUniform" }) as const;
  return createNetwork({ inputs: 1, layers: [4, 2, 1].map(layer), loss: "meanSquaredError", seed }, REPRODUCIBLE);
}

/** It says 0 of every point, so that no gradient is left. */
const isSilent = (network: Network): boolean => network.predict(X).data.every((value) => value === 0);

async function train(seed: number, signal: AbortSignal): Promise<{ atStart: boolean; atEnd: boolean }> {
  using network = await networkOf(seed);
  const atStart = isSilent(network);
  // a silent one stays as it is
  if (!atStart) await network.fit({ x: X, y: Y }, { epochs: EPOCHS, optimizer: adam({ epsilon: 1e-7 }), signal });
  return { atStart, atEnd: isSilent(network) };
}

export const allRelu: Experiment = {
  name: "all relu, 1-4-2-1",
  setup:
    `y = 2x - 1 at -1, 0 ... 5, 1-4-2-1 units, all relu, Glorot uniform, Adam 1e-3, ${EPOCHS} epochs ` +
    "(community.deeplearning.ai/t/324182: stuck in 6 or 7 starts of 10)",
  async run(trials: Trials): Promise<Figure[]> {
    const outcomes = await trials.repeat(this.name, RUNS, (seed) => train(seed, trials.signal));
    const count = outcomes.length;
    return [
      {
        what: "silent at the start",
        expected: { kind: "within", value: 0.485 },
        measured: shareOf(outcomes, ({ atStart }) => atStart),
        count,
      },
      {
        what: "stuck: silent after training",
        expected: { kind: "within", value: 0.65, tolerance: 0.05 },
        measured: shareOf(outcomes, ({ atEnd }) => atEnd),
        count,
      },
    ];
  },
};
