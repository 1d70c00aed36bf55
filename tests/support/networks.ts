// What the network tests share: seeded data, weights as one array, the package's networks as the reference's, refused
// calls.
import { expect } from "vitest";
import {
  adam,
  adamW,
  createNetwork,
  type Matrix,
  type Network,
  type NetworkSpec,
  type Optimizer,
  RelumineError,
  rmsprop,
  type RuntimeOptions,
  sgd,
} from "../../src/index.js";
import type { ReferenceLayer, ReferenceOptimizer, Rows } from "../reference/network.js";
import { expectError } from "./errors.js";
import { mulberry32 as seededRandom } from "./random.js";

/** Both settings; in an engine without relaxed SIMD they run the same binary. */
export const ARITHMETICS = ["fast", "reproducible"] as const;

export { seededRandom };

/** Whole numbers from low to high, the ends included. */
export function integer(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** Rows of float32 numbers, uniform from -scale to scale. */
export function randomRows(random: () => number, rows: number, columns: number, scale = 1): Rows {
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => Math.fround((2 * random() - 1) * scale)),
  );
}

/** A small task of classification: the class is the sector of a point of the plane. */
export function sectors(rows: number, classes = 3, seed = 1): { x: Rows; y: number[] } {
  const x = randomRows(seededRandom(seed), rows, 2);
  return { x, y: x.map(([a, b]) => Math.floor(((Math.atan2(b, a) / Math.PI + 1) / 2) * classes * 0.9999)) };
}

/** Rows with ten labels, for what asks for size and not for sense. */
export function labelled(rows: number, columns: number, scale = 1): { x: Matrix; y: number[] } {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * i) * scale);
  return { x: { rows, columns, data }, y: Array.from({ length: rows }, (_, i) => (i * i) % 10) };
}

/** A small task of regression. */
export function waves(rows: number, seed = 1): { x: Rows; y: number[] } {
  const x = randomRows(seededRandom(seed), rows, 2, 2);
  return { x, y: x.map(([a, b]) => Math.fround(Math.sin(a) + 0.5 * b)) };
}

export const classifier: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 12 }, { units: 9 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
};
export const regressor: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 12 }, { units: 1 }],
  loss: "meanSquaredError",
  seed: 5,
};

/** Creates a network, hands it on, and gives its memory back whatever happens. */
export async function withNetwork<T>(
  spec: NetworkSpec,
  use: (network: Network) => T | Promise<T>,
  options?: RuntimeOptions,
): Promise<T> {
  const network = await createNetwork(spec, options);
  try {
    return await use(network);
  } finally {
    network.dispose();
  }
}

/** All weights in the order of the reference's `flatten`. */
export function weightsOf(network: Network): number[] {
  return network.layers.flatMap((layer) => {
    const { kernel, bias, alpha } = layer.getWeights();
    return [...kernel, ...bias, ...(alpha ?? [])];
  });
}

export function toReference(network: Network): ReferenceLayer[] {
  return network.layers.map((layer) => {
    const { kernel, bias, alpha } = layer.getWeights();
    const rows = Array.from({ length: layer.inputs }, (_, i) => [
      ...kernel.subarray(i * layer.units, (i + 1) * layer.units),
    ]);
    return { activation: layer.activation, kernel: rows, bias: [...bias], ...(alpha && { alpha: [...alpha] }) };
  });
}

const FACTORIES = { sgd, adam, adamW, rmsprop };

export function toOptimizer({ name, ...options }: ReferenceOptimizer): Optimizer {
  return FACTORIES[name](options);
}

/** |a - b| / |b| in the Euclidean norm. */
export function relativeDistance(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const distance = norm(a.map((value, i) => value - b[i]));
  return distance === 0 ? 0 : distance / norm(b);
}

/** As expectError; what came, and the hint with it, must hold all of `given`. */
export async function expectRefusal(
  call: () => unknown,
  code: RelumineError["code"],
  path?: string | RegExp,
  ...given: readonly (string | RegExp)[]
): Promise<void> {
  const error = await expectError(call, code, path);
  for (const each of given) expect(`${error.given}. ${error.hint}`).toMatch(each);
}

/** As expectRefusal, and not one bit of the network's weights may change. */
export async function expectUntouched(
  network: Network,
  call: () => unknown,
  code: RelumineError["code"],
  path?: string | RegExp,
  ...given: readonly (string | RegExp)[]
): Promise<void> {
  const before = weightsOf(network);
  await expectRefusal(call, code, path, ...given);
  expect(weightsOf(network)).toEqual(before);
}
