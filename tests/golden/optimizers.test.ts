// Ten steps of each optimizer against float64 (optimizers.py), losses and final weights within 1e-4 relative: AdaMax
// and Adagrad are run by PyTorch 1.13, NAdam is PyTorch 2's formula written out, Lion that of its paper.
import { describe, expect, test } from "vitest";
import { flattenTrace, initialLayers, sizes, steps, x, targetsFor } from "./golden.js";
import traces from "./optimizers.json" with { type: "json" };
import { ARITHMETICS, weightsOf, withNetwork } from "../support/networks.js";
import { adagrad, adamax, lion, nadam, type Optimizer } from "../../src/index.js";

const OPTIMIZERS: Readonly<Record<string, Optimizer>> = {
  nadam: nadam({ learningRate: 0.01 }),
  "nadam, all options": nadam({
    learningRate: 0.02,
    beta1: 0.8,
    beta2: 0.95,
    epsilon: 1e-6,
    weightDecay: 0.01,
    momentumDecay: 0.5,
  }),
  adamax: adamax({ learningRate: 0.01 }),
  "adamax, all options": adamax({ learningRate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.01 }),
  adagrad: adagrad({ learningRate: 0.05 }),
  "adagrad, all options": adagrad({
    learningRate: 0.1,
    learningRateDecay: 0.1,
    weightDecay: 0.01,
    initialAccumulator: 0.02,
    epsilon: 1e-6,
  }),
  lion: lion({ learningRate: 0.005 }),
  "lion, all options": lion({ learningRate: 0.005, beta1: 0.8, beta2: 0.95, weightDecay: 0.1 }),
};

/** The largest error, in units of 1e-4 relative and 1e-6 of the largest. */
function worstOf(given: readonly number[], wanted: readonly number[]): number {
  expect(given.length).toBe(wanted.length);
  const floor = 1e-6 * wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return Math.max(...wanted.map((value, i) => Math.abs(given[i] - value) / (1e-4 * Math.abs(value) + floor)));
}

const trained = (optimizer: Optimizer, arithmetic: (typeof ARITHMETICS)[number], epochs = steps) =>
  withNetwork(
    {
      inputs: sizes.inputs,
      layers: sizes.units.map((units, i) => (i < sizes.units.length - 1 ? { units, activation: "relu" } : { units })),
      loss: "crossEntropy",
    },
    async (network) => {
      initialLayers("relu").forEach(({ kernel, bias }, index) => {
        network.layers[index].setWeights({ kernel: Float32Array.from(kernel.flat()), bias: Float32Array.from(bias) });
      });
      const data = { x, y: targetsFor("crossEntropy") };
      const { epochs: logs } = await network.fit(data, { epochs, batchSize: x.length, shuffle: false, optimizer });
      return { losses: logs.map(({ loss }) => loss), weights: weightsOf(network) };
    },
    { arithmetic },
  );

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  test.each(traces.cases)("$name", async ({ name, losses, finalKernels, finalBiases }) => {
    const { losses: given, weights } = await trained(OPTIMIZERS[name], arithmetic);
    expect(worstOf(given, losses)).toBeLessThanOrEqual(1);
    expect(worstOf(weights, flattenTrace(finalKernels, finalBiases))).toBeLessThanOrEqual(1);
  });
});

test("negative control: another option is seen", async () => {
  const { finalKernels, finalBiases } = traces.cases[1];
  const { options } = OPTIMIZERS["nadam, all options"];
  const { weights } = await trained(nadam({ ...options, momentumDecay: 0.4 }), "fast");
  expect(worstOf(weights, flattenTrace(finalKernels, finalBiases))).toBeGreaterThan(10);
});
