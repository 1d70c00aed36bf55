// Ten-layer, two-wide networks trained on |x| (Lu et al. 2019): most collapse to a constant, and no training brings
// them back.
import { type Activation, adam, createNetwork, type KernelInitializer, type Network } from "../../src/index.js";
import { type Experiment, type Figure, REPRODUCIBLE, shareOf } from "./experiment.js";
import { uniforms } from "./random.js";
import type { Trials } from "./trials.js";

const HIDDEN = 9; // the tenth layer is the linear output
const POINTS = 3000;
const STEPS = 3000;
const BATCH = 64;
const POINT = 0.01;
const SPREAD = 1e-3;

interface Variant {
  readonly name: string;
  readonly setup: string;
  readonly kernelInitializer?: KernelInitializer;
  readonly slope?: number;
  readonly atStart?: number;
  readonly atEnd: number;
}

const VARIANTS: readonly Variant[] = [
  { name: "collapse, He", setup: "He normal", atStart: 0.88, atEnd: 0.937 },
  {
    name: "collapse, asymmetric",
    setup: "randomized asymmetric initialization",
    kernelInitializer: "asymmetric",
    atEnd: 0.39,
  },
  { name: "collapse, leaky", setup: "Leaky ReLU 0.01, He normal", slope: 0.01, atEnd: 0.13 },
];

function networkOf({ kernelInitializer = "heNormal", slope }: Variant, seed: number): Promise<Network> {
  const activation: Activation = slope === undefined ? "relu" : ({ name: "leakyRelu", alpha: slope } as const);
  const hidden = Array.from({ length: HIDDEN }, () => ({ units: 2, activation, kernelInitializer }));
  return createNetwork(
    { inputs: 1, layers: [...hidden, { units: 1, kernelInitializer }], loss: "meanSquaredError", seed },
    REPRODUCIBLE,
  );
}

function drawPoints(seed: number): { x: Float32Array; y: Float32Array } {
  const next = uniforms(seed);
  const x = Float32Array.from({ length: POINTS }, () => Math.sqrt(3) * (2 * next() - 1));
  return { x, y: x.map(Math.abs) };
}

/** How far the largest and the smallest prediction on the data are apart. */
function spreadOf(network: Network, x: Float32Array): number {
  const { data } = network.predict({ rows: POINTS, columns: 1, data: x });
  return Math.max(...data) - Math.min(...data);
}

async function train(
  variant: Variant,
  seed: number,
  signal: AbortSignal,
): Promise<{ atStart: boolean; atEnd: boolean }> {
  using network = await networkOf(variant, seed);
  const { x, y } = drawPoints(seed);
  const atStart = spreadOf(network, x) === 0; // one that is merely small before training can still grow
  let step = 0;
  await network.fit(
    { x: { rows: POINTS, columns: 1, data: x }, y },
    {
      epochs: Math.ceil((STEPS * BATCH) / POINTS),
      batchSize: BATCH,
      optimizer: adam({ learningRate: 1e-3 }),
      signal,
      callbacks: [{ onBatchEnd: (_log, context) => void (++step === STEPS && context.stop()) }],
    },
  );
  return { atStart, atEnd: spreadOf(network, x) < SPREAD };
}

function experiment(variant: Variant, runs: number): Experiment {
  return {
    name: variant.name,
    setup:
      `ten-layer, two-wide net on |x|: ${variant.setup}, zero bias, Adam 1e-3, batch ${BATCH}, ` +
      `${POINTS} points of U[-sqrt 3, sqrt 3], ${STEPS} steps; ` +
      `collapsed: its predictions on the data are less than ${SPREAD} apart`,
    isSlow: true,
    async run(trials: Trials): Promise<Figure[]> {
      const outcomes = await trials.repeat(variant.name, runs, (seed) => train(variant, seed, trials.signal));
      const figure = (what: string, value: number, measured: number): Figure => ({
        what,
        expected: { kind: "within", value, tolerance: 3 * POINT },
        measured,
        count: outcomes.length,
      });
      return [
        ...(variant.atStart === undefined
          ? []
          : [
              figure(
                "exactly constant at the start",
                variant.atStart,
                shareOf(outcomes, ({ atStart }) => atStart),
              ),
            ]),
        figure(
          "collapsed after training",
          variant.atEnd,
          shareOf(outcomes, ({ atEnd }) => atEnd),
        ),
      ];
    },
  };
}

export function collapses(runs: number): Experiment[] {
  return VARIANTS.map((variant) => experiment(variant, runs));
}
