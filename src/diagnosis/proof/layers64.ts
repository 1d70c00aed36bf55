// A network's layers for reckoning in float64: copies of the weights. Batch normalization by running statistics is an
// affine map, which is folded into the weights.
import { brokenUnits } from "../../inspect/broken-units.js";
import type { LayerObservation, LayerWeights } from "../../inspect/observation.js";
import type { ObservedActivationName } from "../../activations/activations.js";
import { activate } from "../../activations/analysis.js";

export interface Layer64 {
  readonly name: ObservedActivationName;
  readonly inputs: number;
  readonly units: number;
  /** inputs x units, row-major. As it is, float32, so that products of two are exact in float64; folded, float64. */
  readonly kernel: Float32Array | Float64Array;
  readonly bias: Float32Array | Float64Array;
  /** Of a normalized layer: what its sums are made of. */
  readonly folded?: Folded;
  /** Slope or scale on the negative side, one a unit; 0 where the activation has none. */
  readonly alpha: ArrayLike<number>;
  /** Units with a weight, a bias or a slope that is no finite number, where there are any. */
  readonly broken?: ReadonlySet<number>;
}

/** What float32 makes of gamma·(W·x + b - mean)·inverse + beta, by unit, where a Layer64 has kernel·x + bias. */
export interface Folded {
  /** inputs x units: W itself. */
  readonly kernel: Float32Array;
  /** |gamma·inverse|, and the most that W·x - (mean - b) is multiplied by on the way. */
  readonly scale: Float64Array;
  readonly most: Float64Array;
  /** |mean - b|, and the sizes of what bias is the sum of. */
  readonly centre: Float64Array;
  readonly biasSize: Float64Array;
}

/** Layers as they are observed; `epsilon` of batch normalization alone. */
export type ReadLayer = Pick<LayerObservation, "activation" | "isResidual" | "epsilon"> & {
  readonly weights?: LayerWeights | undefined;
};

/**
 * Copies of the layers below the first that is normalized by rows or whose weights are not known, and up to the first
 * that hands on more than its activations: what stands above is not reckoned.
 */
export function readLayers(layers: readonly ReadLayer[]): Layer64[] {
  const copies: Layer64[] = [];
  for (const { activation, weights, isResidual, epsilon } of layers) {
    if (!weights || (weights.gamma && !(weights.runningVariance && epsilon !== undefined))) break;
    const { inputs, units } = weights;
    const alpha = weights.alpha?.slice() ?? new Float64Array(units).fill(activation.alpha ?? 0);
    const { kernel, bias, gamma, beta, runningMean, runningVariance } = weights;
    const broken = brokenUnits({ units, kernel, bias, alpha, gamma, beta, runningMean, runningVariance });
    copies.push({
      name: activation.name,
      inputs,
      units,
      ...(gamma ? fold(weights, epsilon!) : { kernel: kernel.slice(), bias: bias.slice() }),
      alpha,
      ...(broken.length > 0 && { broken: new Set(broken) }),
    });
    if (isResidual) break;
  }
  return copies;
}

function fold(weights: LayerWeights, epsilon: number): Required<Pick<Layer64, "kernel" | "bias" | "folded">> {
  const { units, bias, gamma, beta, runningMean, runningVariance } = weights;
  const raw = weights.kernel.slice();
  const inverse = Float64Array.from(runningVariance!, (variance) => 1 / Math.sqrt(variance + epsilon));
  const slope = inverse.map((value, j) => value * gamma![j]);
  const offset = slope.map((_, j) => bias[j] - runningMean![j]);
  return {
    kernel: Float64Array.from(raw, (weight, at) => weight * slope[at % units]),
    bias: slope.map((s, j) => s * offset[j] + beta![j]),
    folded: {
      kernel: raw,
      scale: slope.map(Math.abs),
      most: inverse.map((value, j) => Math.max(1, value, Math.abs(value * gamma![j]))),
      centre: offset.map(Math.abs),
      biasSize: slope.map((s, j) => Math.abs(s * offset[j]) + Math.abs(beta![j])),
    },
  };
}

/** The sizes of all that unit j's bias is made of. */
export const biasSizeOf = ({ bias, folded }: Layer64, j: number): number => folded?.biasSize[j] ?? Math.abs(bias[j]);

/** Preactivations of a layer for one row of its inputs. */
export function preactivations({ inputs, units, kernel, bias }: Layer64, x: ArrayLike<number>): Float64Array {
  const z = Float64Array.from(bias);
  for (let i = 0, at = 0; i < inputs; i++, at += units) {
    const value = x[i];
    if (value !== 0) for (let j = 0; j < units; j++) z[j] += value * kernel[at + j];
  }
  return z;
}

export function activations({ name, alpha }: Layer64, z: Float64Array): Float64Array {
  return z.map((value, j) => activate(name, value, alpha[j]));
}

/** What feeds layer `depth` when the network's inputs are x. */
export function inputsAt(layers: readonly Layer64[], depth: number, x: ArrayLike<number>): ArrayLike<number> {
  let a = x;
  for (let l = 0; l < depth; l++) a = activations(layers[l], preactivations(layers[l], a));
  return a;
}

/** One unit's preactivation, and the size of the sum that made it. */
export function preactivationOf(layer: Layer64, unit: number, a: ArrayLike<number>): { z: number; size: number } {
  const { inputs, units, kernel, bias } = layer;
  let z = bias[unit];
  let size = biasSizeOf(layer, unit);
  for (let i = 0, at = unit; i < inputs; i++, at += units) {
    const term = a[i] * kernel[at];
    z += term;
    size += Math.abs(term);
  }
  return { z, size };
}
