// A network's layers for reckoning in float64: copies of the weights.
import { brokenUnits } from "../../inspect/broken-units.js";
import type { LayerObservation, LayerWeights } from "../../inspect/observation.js";
import type { ObservedActivationName } from "../../activations/activations.js";
import { activate } from "../../activations/analysis.js";

export interface Layer64 {
  readonly name: ObservedActivationName;
  readonly inputs: number;
  readonly units: number;
  /** inputs x units, row-major; float32, as all weights are: products of two are exact in float64. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  /** Slope or scale on the negative side, one a unit; 0 where the activation has none. */
  readonly alpha: ArrayLike<number>;
  /** Units with a weight, a bias or a slope that is no finite number, where there are any. */
  readonly broken?: ReadonlySet<number>;
}

interface ReadLayer extends Pick<LayerObservation, "activation" | "isResidual"> {
  readonly weights?: (LayerWeights & { readonly gamma?: Float32Array | undefined }) | undefined;
}

/**
 * Copies of the layers below the first that is normalized or whose weights are not known, and up to the first that
 * hands on more than its activations: what stands above is not reckoned.
 */
export function readLayers(layers: readonly ReadLayer[]): Layer64[] {
  const copies: Layer64[] = [];
  for (const { activation, weights, isResidual } of layers) {
    if (!weights || weights.gamma) break;
    const { inputs, units, kernel, bias } = weights;
    const alpha = weights.alpha?.slice() ?? new Float64Array(units).fill(activation.alpha ?? 0);
    const broken = brokenUnits({ units, kernel, bias, alpha });
    copies.push({
      name: activation.name,
      inputs,
      units,
      kernel: kernel.slice(),
      bias: bias.slice(),
      alpha,
      ...(broken.length > 0 && { broken: new Set(broken) }),
    });
    if (isResidual) break;
  }
  return copies;
}

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
export function preactivationOf(
  { inputs, units, kernel, bias }: Layer64,
  unit: number,
  a: ArrayLike<number>,
): { z: number; size: number } {
  let z = bias[unit];
  let size = Math.abs(z);
  for (let i = 0, at = unit; i < inputs; i++, at += units) {
    const term = a[i] * kernel[at];
    z += term;
    size += Math.abs(term);
  }
  return { z, size };
}
