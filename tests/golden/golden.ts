// The golden traces (see `about` in training.json) in the forms that the tests need.
import golden from "./training.json" with { type: "json" };
import type { ReferenceLayer, ReferenceOptimizer, ReferenceTargets, Rows } from "../reference/network.js";

export const { cases, steps } = golden;
export type GoldenCase = (typeof cases)[number];

/** A flat row-major array as rows. */
export function toRows(flat: ArrayLike<number>, columns: number): Rows {
  return Array.from({ length: flat.length / columns }, (_row, r) =>
    Array.from({ length: columns }, (_column, c) => flat[r * columns + c]),
  );
}

const [inputs, ...units] = golden.layerSizes;
export const sizes = { inputs, units };
export const x = toRows(golden.inputs, inputs);

/** The traces of binaryCrossEntropy are those of the targets' signs. */
export function targetsFor(loss: string): ReferenceTargets {
  if (loss === "crossEntropy") return golden.labels;
  const targets = toRows(golden.targets, units.at(-1)!);
  return loss === "binaryCrossEntropy" ? targets.map((row) => row.map((value) => Number(value > 0))) : targets;
}

/** An activation with the traces' alpha. */
export function activationOf(name: string): { name: string; alpha?: number } {
  const alpha = { leakyRelu: 0.01, elu: 1 }[name];
  return alpha === undefined ? { name } : { name, alpha };
}

export function initialLayers(hiddenActivation: string): ReferenceLayer[] {
  return units.map((count, layer) => ({
    activation: activationOf(layer < units.length - 1 ? hiddenActivation : "linear"),
    kernel: toRows(golden.initialKernels[layer], count),
    bias: golden.initialBiases[layer],
  }));
}

const OPTIMIZERS: Record<string, ReferenceOptimizer> = {
  sgd: { name: "sgd", learningRate: 0.1 },
  sgdMomentum: { name: "sgd", learningRate: 0.05, momentum: 0.9 },
  sgdNesterov: { name: "sgd", learningRate: 0.05, momentum: 0.9, nesterov: true },
  sgdWeightDecay: { name: "sgd", learningRate: 0.1, weightDecay: 0.01 },
  adam: { name: "adam", learningRate: 0.01 },
  adamw: { name: "adamW", learningRate: 0.01, weightDecay: 0.01 },
  rmsprop: { name: "rmsprop", learningRate: 0.01, rho: 0.99 },
};

export function optimizerOf(name: string): ReferenceOptimizer {
  return OPTIMIZERS[name];
}

/** Kernels and biases of a trace in the order of `flatten`. */
export function flattenTrace(
  kernels: readonly (readonly number[])[],
  biases: readonly (readonly number[])[],
): number[] {
  return kernels.flatMap((kernel, layer) => [...kernel, ...biases[layer]]);
}

export function describeCase({ hiddenActivation, loss, optimizer }: GoldenCase): string {
  return `${hiddenActivation}, ${loss}, ${optimizer}`;
}
