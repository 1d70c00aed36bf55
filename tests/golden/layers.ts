// The traces of layers.json (see its `about`) in the forms that the tests need.
import { expect } from "vitest";
import { toRows } from "./golden.js";
import golden from "./layers.json" with { type: "json" };
import type { Network } from "../../src/index.js";

export { golden };
export const [inputs, ...units] = golden.layerSizes;

/** The rows of all batches, in their order. */
export const x = golden.inputs.flatMap((batch) => toRows(batch, inputs));
export const labels = golden.labels.flat();

/** Gives a network of these sizes the weights from which the traces start. */
export function setInitial(network: Network): void {
  network.layers.forEach((layer, l) =>
    layer.setWeights({
      kernel: Float32Array.from(golden.initialKernels[l]),
      bias: Float32Array.from(golden.initialBiases[l]),
    }),
  );
}

const RELATIVE = 1e-4;

/** Within 1e-4 of each number, or of a hundredth of the largest where that is more. */
export function expectClose(given: readonly number[], wanted: readonly number[]): void {
  expect(given.length).toBe(wanted.length);
  const floor = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0) * 1e-2;
  const worst = wanted.reduce(
    (most, value, i) => Math.max(most, Math.abs(given[i] - value) / Math.max(Math.abs(value), floor)),
    0,
  );
  expect(worst).toBeLessThan(RELATIVE);
}
