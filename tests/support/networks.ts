// Networks for tests: two small ones, weights as one array, the package's networks as the reference's, refused calls.
import { expect } from "vitest";
import {
  adagrad,
  adam,
  adamax,
  adamW,
  createNetwork,
  lion,
  nadam,
  type Network,
  type NetworkSpec,
  type Optimizer,
  type RelumineError,
  rmsprop,
  type RuntimeOptions,
  sgd,
  type Weights,
} from "../../src/index.js";
import type { ReferenceLayer, ReferenceOptimizer } from "../reference/network.js";
import { expectRefusal } from "./errors.js";

/** Both settings; in an engine without relaxed SIMD they run the same binary. */
export const ARITHMETICS = ["fast", "reproducible"] as const;

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

/** Weights or gradients of all layers in the order of the reference's `flatten`, with gammas and betas after them. */
export function numbersOf(layers: readonly Weights[]): number[] {
  return layers.flatMap(({ kernel, bias, alpha, gamma, beta }) =>
    [kernel, bias, alpha ?? [], gamma ?? [], beta ?? []].flatMap((part) => [...part]),
  );
}

/** All weights in this order. */
export const weightsOf = (network: Network): number[] => numbersOf(network.layers.map((layer) => layer.getWeights()));

export function toReference(network: Network): ReferenceLayer[] {
  return network.layers.map((layer) => {
    const { kernel, bias, alpha } = layer.getWeights();
    const rows = Array.from({ length: layer.inputs }, (_, i) => [
      ...kernel.subarray(i * layer.units, (i + 1) * layer.units),
    ]);
    return { activation: layer.activation, kernel: rows, bias: [...bias], ...(alpha && { alpha: [...alpha] }) };
  });
}

/** With a linear last layer, whose outputs are what the network's last activation takes. */
export const withLinearOutput = (network: Network): ReferenceLayer[] =>
  toReference(network).map((layer, l, { length }) =>
    l === length - 1 ? { ...layer, activation: { name: "linear" } } : layer,
  );

const FACTORIES = { sgd, adam, adamW, nadam, adamax, rmsprop, adagrad, lion };

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
