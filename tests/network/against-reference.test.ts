// Training of every activation, loss and optimizer, on networks of many shapes, against the float64 reference.
import { describe, expect, test } from "vitest";
import {
  ARITHMETICS,
  relativeDistance,
  toOptimizer,
  toReference,
  weightsOf,
  withNetwork,
} from "../support/networks.js";
import { integer, randomRows, seededRandom } from "../support/random.js";
import type { ActivationName, Loss, NetworkSpec } from "../../src/index.js";
import { ACTIVATION_NAMES } from "../../src/wasm/abi.js";
import {
  flatten,
  outputs,
  type ReferenceOptimizer,
  type ReferenceTargets,
  softmax,
  train,
} from "../reference/network.js";

const activations = ACTIVATION_NAMES;
const losses: readonly Loss[] = [
  "crossEntropy",
  "binaryCrossEntropy",
  "meanSquaredError",
  "meanAbsoluteError",
  "huber",
];
const optimizers: readonly ReferenceOptimizer[] = [
  { name: "sgd", learningRate: 0.05 },
  { name: "sgd", learningRate: 0.03, momentum: 0.8, weightDecay: 0.02 },
  { name: "sgd", learningRate: 0.03, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  { name: "adam", learningRate: 0.003, beta1: 0.8, beta2: 0.99, epsilon: 1e-4 },
  { name: "adamW", learningRate: 0.003, weightDecay: 0.1, epsilon: 1e-4 },
  { name: "rmsprop", learningRate: 0.002, rho: 0.9, epsilon: 1e-4 },
  { name: "rmsprop", learningRate: 0.002, momentum: 0.7, epsilon: 1e-4 },
  { name: "nadam", learningRate: 0.003, beta1: 0.8, beta2: 0.99, epsilon: 1e-4, weightDecay: 0.02, momentumDecay: 0.3 },
  { name: "adamax", learningRate: 0.003, epsilon: 1e-3, weightDecay: 0.02 },
  { name: "adagrad", learningRate: 0.02, learningRateDecay: 0.1, initialAccumulator: 0.01, epsilon: 1e-4 },
];

const RELATIVE = 1e-4;

function randomSpec(random: () => number, activation: ActivationName, loss: Loss): NetworkSpec {
  const hidden = Array.from({ length: integer(random, 0, 3) }, () => ({
    units: randomWidth(random),
    activation,
    biasInitializer: 0.1,
  }));
  const last = { units: loss === "crossEntropy" ? integer(random, 2, 11) : integer(random, 1, 11) };
  return { inputs: randomWidth(random), layers: [...hidden, last], loss, seed: integer(random, 0, 1e9) };
}

/** From 1 to 70, mostly small. */
function randomWidth(random: () => number): number {
  return 1 + Math.floor(random() ** 3 * 70);
}

function randomTargets(random: () => number, rows: number, units: number, loss: Loss): ReferenceTargets {
  if (loss === "crossEntropy" && random() < 0.5)
    return Array.from({ length: rows }, () => integer(random, 0, units - 1));
  const numbers = randomRows(random, rows, units, 2);
  if (loss === "crossEntropy") return numbers.map((row) => softmax(row).map(Math.fround));
  return loss === "binaryCrossEntropy" ? numbers.map((row) => row.map((value) => Number(value > 0))) : numbers;
}

async function compareTraining(
  activation: ActivationName,
  loss: Loss,
  optimizer: ReferenceOptimizer,
  random: () => number,
  arithmetic: "fast" | "reproducible",
) {
  const spec = randomSpec(random, activation, loss);
  const units = spec.layers.at(-1)!.units;
  const rows = integer(random, 1, 21);
  const x = randomRows(random, rows, spec.inputs, 1.5);
  const y = randomTargets(random, rows, units, loss);
  const training = {
    epochs: 2,
    batchSize: integer(random, 1, 24),
    ...(random() < 0.3 && { clipNorm: 0.1 + random() }),
    ...(random() < 0.3 && { schedule: (step: number, epoch: number) => optimizer.learningRate / (step + epoch) }),
  };
  await withNetwork(
    spec,
    async (network) => {
      const reference = toReference(network);
      expect(
        relativeDistance([...network.predict(x, { logits: true }).data], outputs(reference, x).flat()),
      ).toBeLessThan(RELATIVE);
      const wantedLosses = train(reference, x, y, loss, { ...training, optimizer });
      const givenLosses: number[] = [];
      const { schedule, ...shared } = training;
      await network.fit(
        { x, y },
        {
          ...shared,
          shuffle: false,
          optimizer: toOptimizer(optimizer),
          ...(schedule && { learningRate: schedule }),
          callbacks: [{ onBatchEnd: (log) => void givenLosses.push(log.loss) }],
        },
      );
      expect(relativeDistance(givenLosses, wantedLosses)).toBeLessThan(RELATIVE);
      expect(relativeDistance(weightsOf(network), flatten(reference))).toBeLessThan(RELATIVE);
    },
    { arithmetic },
  );
}

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  describe.each(activations)("%s", (activation) => {
    test.each(losses)("%s with every optimizer", async (loss) => {
      for (const [index, optimizer] of optimizers.entries()) {
        const seed =
          (activations.indexOf(activation) * losses.length + losses.indexOf(loss)) * optimizers.length + index;
        await compareTraining(activation, loss, optimizer, seededRandom(seed), arithmetic);
      }
    });
  });
});

test("the comparison sees a rate that is off by a hundredth", async () => {
  const x = randomRows(seededRandom(1), 9, 3);
  const y = randomRows(seededRandom(2), 9, 2);
  await withNetwork({ inputs: 3, layers: [{ units: 5 }, { units: 2 }], loss: "meanSquaredError" }, async (network) => {
    const reference = toReference(network);
    train(reference, x, y, "meanSquaredError", {
      epochs: 2,
      batchSize: 4,
      optimizer: { name: "sgd", learningRate: 0.101 },
    });
    await network.fit(
      { x, y },
      { epochs: 2, batchSize: 4, shuffle: false, optimizer: toOptimizer({ name: "sgd", learningRate: 0.1 }) },
    );
    expect(relativeDistance(weightsOf(network), flatten(reference))).toBeGreaterThan(RELATIVE);
  });
});
