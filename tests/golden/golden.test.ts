// The package against ten steps of PyTorch in float64: outputs, gradients, losses and final weights within 1e-4
// relative.
import { describe, expect, test } from "vitest";
import {
  cases,
  describeCase,
  flattenTrace,
  type GoldenCase,
  initialLayers,
  optimizerOf,
  sizes,
  steps,
  targetsFor,
  x,
} from "./golden.js";
import { ARITHMETICS, toOptimizer, weightsOf, withNetwork } from "../support/networks.js";
import { type ActivationName, type Loss, type Network, type RuntimeOptions, sgd } from "../../src/index.js";

const RELATIVE = 1e-4;
const SMALL = 1e-6; // of the tensor's largest entry: below it float32 sums cancel

function expectClose(given: readonly number[], wanted: readonly number[]): void {
  expect(given.length).toBe(wanted.length);
  const floor = SMALL * wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const worst = wanted.reduce(
    (largest, value, i) => Math.max(largest, Math.abs(given[i] - value) / (RELATIVE * Math.abs(value) + floor)),
    0,
  );
  expect(worst, "the largest error in units of the tolerance").toBeLessThanOrEqual(1);
}

function withGoldenNetwork(
  trace: GoldenCase,
  options: RuntimeOptions,
  use: (network: Network) => Promise<void>,
): Promise<void> {
  const activation = trace.hiddenActivation as ActivationName;
  const layers = sizes.units.map((units, index) =>
    index < sizes.units.length - 1 ? { units, activation } : { units },
  );
  return withNetwork(
    { inputs: sizes.inputs, layers, loss: trace.loss as Loss },
    async (network) => {
      initialLayers(trace.hiddenActivation).forEach(({ kernel, bias }, index) => {
        network.layers[index].setWeights({ kernel: Float32Array.from(kernel.flat()), bias: Float32Array.from(bias) });
      });
      await use(network);
    },
    options,
  );
}

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  describe.each(cases.map((trace) => [describeCase(trace), trace] as const))("%s", (_name, trace) => {
    const data = { x, y: targetsFor(trace.loss) };
    const fullBatch = { epochs: 1, batchSize: x.length, shuffle: false };

    test("outputs of the first step", () =>
      withGoldenNetwork(trace, { arithmetic }, async (network) => {
        expectClose([...network.predict(x, { logits: true }).data], trace.firstStep.outputs);
      }));

    // One step of plain descent moves the weights by rate * gradient. A rate of 2^20 leaves of the old weights only
    // what rounds off, so that the new ones carry the gradient to float32's last bits.
    test("gradients of the first step", () =>
      withGoldenNetwork(trace, { arithmetic }, async (network) => {
        const rate = 2 ** 20;
        const before = weightsOf(network);
        await network.fit(data, { ...fullBatch, optimizer: sgd({ learningRate: rate }) });
        const gradient = weightsOf(network).map((value, i) => (before[i] - value) / rate);
        expectClose(gradient, flattenTrace(trace.firstStep.kernels, trace.firstStep.biases));
      }));

    test("losses and final weights", () =>
      withGoldenNetwork(trace, { arithmetic }, async (network) => {
        const { epochs } = await network.fit(data, {
          ...fullBatch,
          epochs: steps,
          optimizer: toOptimizer(optimizerOf(trace.optimizer)),
        });
        expectClose(
          epochs.map(({ loss }) => loss),
          trace.losses,
        );
        expectClose(weightsOf(network), flattenTrace(trace.finalKernels, trace.finalBiases));
      }));
  });
});
