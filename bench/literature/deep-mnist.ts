// AutoTrainer's example of dying relu: 34 layers on MNIST, of which half the starts learn nothing.
import { readMnist } from "../demos/mnist-data.js";
import { adam, createNetwork, type Network } from "../../src/index.js";
import { type Experiment, type Figure, REPRODUCIBLE, shareOf } from "./experiment.js";
import type { Trials } from "./trials.js";

const RUNS = 40;
const DEPTH = 34;
const BATCH = 32;
const SHARE = 0.2; // of MNIST's rows
const EPOCHS = 5;
/** Of always saying the ten digits' shares: ln 10, less what the shares differ by. */
const CONSTANT_LOSS = 2.3;

function networkOf(seed: number): Promise<Network> {
  const layer = (units: number, activation: "relu" | "softmax") =>
    ({ units, activation, kernelInitializer: "glorotUniform" }) as const;
  const hidden = Array.from({ length: DEPTH }, () => layer(128, "relu"));
  return createNetwork(
    { inputs: 784, layers: [...hidden, layer(10, "softmax")], loss: "crossEntropy", seed },
    REPRODUCIBLE,
  );
}

type Training = ReturnType<typeof readMnist>["training"];

async function isStuck(training: Training, seed: number, signal: AbortSignal): Promise<boolean> {
  using network = await networkOf(seed);
  const { epochs } = await network.fit(training, {
    epochs: EPOCHS,
    batchSize: BATCH,
    optimizer: adam({ epsilon: 1e-7 }),
    signal,
  });
  return !(epochs.at(-1)!.loss < CONSTANT_LOSS);
}

export const deepMnist: Experiment = {
  name: "34 layers on MNIST",
  setup:
    `784-${DEPTH} x 128 relu-10 softmax, Glorot uniform, pixels / 255, Adam 1e-3, batch ${BATCH}, ${EPOCHS} epochs of a fifth ` +
    "of the rows (AutoTrainer, Motivation/DyingReLU: one epoch of all the rows has as many steps; there 50 epochs, dying in 50 %)",
  isSlow: true,
  async run(trials: Trials): Promise<Figure[]> {
    const { training } = readMnist(SHARE);
    const stuck = await trials.repeat(this.name, RUNS, (seed) => isStuck(training, seed, trials.signal));
    return [
      {
        what: "stuck: no better than the digits' shares",
        expected: { kind: "within", value: 0.5, tolerance: 0.1 },
        measured: shareOf(stuck, (is) => is),
        count: stuck.length,
      },
    ];
  },
};
