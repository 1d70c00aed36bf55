// A single Dense(1, relu) on x = 1..4 with targets 1, 3, 5, 7 (tensorflow/tfjs issue 918): with w <= 0 it is closed on
// all of them, gets no gradient, and its mean squared error stays (1 + 9 + 25 + 49) / 4 = 21.
import { createNetwork, sgd } from "../../src/index.js";
import { type Experiment, REPRODUCIBLE, shareOf } from "./experiment.js";
import type { Trials } from "./trials.js";

const RUNS = 2000;
const DATA = { x: [[1], [2], [3], [4]], y: [1, 3, 5, 7] };
const SPEC = { inputs: 1, layers: [{ units: 1, activation: "relu" }], loss: "meanSquaredError" } as const;

async function train(seed: number): Promise<{ startsClosed: boolean; isDead: boolean; loss: number }> {
  using network = await createNetwork({ ...SPEC, seed }, REPRODUCIBLE);
  const startsClosed = network.layers[0]!.getWeights().kernel[0]! <= 0;
  await network.fit(DATA, { epochs: 100, batchSize: 4, optimizer: sgd({ learningRate: 0.01 }) });
  return {
    startsClosed,
    isDead: network.predict(DATA.x).data.every((y) => y === 0),
    loss: network.evaluate(DATA).loss,
  };
}

export const oneUnit: Experiment = {
  name: "Dense(1, relu)",
  setup: "Dense(1, relu), zero bias, He normal, x = 1..4, targets 1, 3, 5, 7; 100 epochs of SGD 0.01",
  async run(trials: Trials) {
    const runs = await trials.repeat(this.name, RUNS, train);
    const dead = runs.filter(({ isDead }) => isDead);
    const living = runs.filter(({ isDead }) => !isDead);
    return [
      {
        what: "share of dead runs",
        expected: { kind: "within", value: 1 / 2 },
        measured: shareOf(runs, ({ isDead }) => isDead),
        count: runs.length,
      },
      {
        what: "share of runs that are dead, but not w <= 0, or the reverse",
        expected: { kind: "exactly", value: 0 },
        measured: shareOf(runs, ({ isDead, startsClosed }) => isDead !== startsClosed),
        count: runs.length,
      },
      {
        what: "least mean squared error of a dead run",
        expected: { kind: "exactly", value: 21 },
        measured: Math.min(...dead.map(({ loss }) => loss)),
        count: dead.length,
      },
      {
        what: "largest mean squared error of a dead run",
        expected: { kind: "exactly", value: 21 },
        measured: Math.max(...dead.map(({ loss }) => loss)),
        count: dead.length,
      },
      {
        what: "share of living runs that learn (error below 1)",
        expected: { kind: "exactly", value: 1 },
        measured: shareOf(living, ({ loss }) => loss < 1),
        count: living.length,
      },
    ];
  },
};
