// What the tests of single findings share: small networks, their findings of a kind, and figures read from messages.
import { expect } from "vitest";
import { withNetwork } from "../../support/networks.js";
import { randomRows, seededRandom } from "../../support/random.js";
import {
  type Activation,
  diagnose,
  type DiagnoseOptions,
  type Finding,
  type FindingKind,
  type Loss,
  type Network,
  type NetworkSpec,
} from "../../../src/index.js";
import type { Rows } from "../../reference/network.js";

export function find(network: Network, x: Rows, kind: FindingKind, options?: DiagnoseOptions): Finding[] {
  return diagnose(network, x, { proofs: false, ...options }).findings.filter((finding) => finding.kind === kind);
}

/** The findings of this kind on a network as it was created, or as `change` left it. */
export function findingsOf(
  spec: NetworkSpec,
  x: Rows,
  kind: FindingKind,
  options?: DiagnoseOptions,
  change?: (network: Network) => void,
): Promise<Finding[]> {
  return withNetwork(spec, (network) => {
    change?.(network);
    return find(network, x, kind, options);
  });
}

export const set = (layer: number, kernel: number[], bias?: number[]) => (network: Network) =>
  network.layers[layer].setWeights({
    kernel: Float32Array.from(kernel),
    ...(bias && { bias: Float32Array.from(bias) }),
  });

export const numbers = (text: string): number[] =>
  (text.match(/-?\d+(,\d{3})*(\.\d+)?(e[+-]?\d+)?/g) ?? []).map((number) => Number(number.replaceAll(",", "")));
export const column = (x: Rows, c: number) => x.map((row) => row[c]);
export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
export const spread = (values: readonly number[]) =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
export const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** The message gives the value to three digits. */
export function expectFigure(message: string, value: number): void {
  expect(
    numbers(message).some((given) => Math.abs(given - value) <= 0.006 * Math.abs(value)),
    `${value} in: ${message}`,
  ).toBe(true);
}

export const plain = randomRows(seededRandom(3), 60, 3);
export const dense = (
  units: number[],
  loss: Loss = "meanSquaredError",
  last: Activation = "linear",
  activation: Activation = "relu",
  inputs = 3,
): NetworkSpec => ({
  inputs,
  layers: units.map((width, i) => ({ units: width, activation: i === units.length - 1 ? last : activation })),
  loss,
  seed: 2,
});
