// The block of all parameters: each layer's kernel, bias and PReLU slopes at an offset of its own. Gradient and moments
// have the same layout, so that norms and updates take all parameters in one call. The gaps between parts stay zero.
import { Layout } from "../../wasm/heap.js";
import { learnsAlpha } from "../../activations/activations.js";
import type { ResolvedSpec } from "../spec.js";

/** Where one layer's parameters lie, in bytes from the start of the block. */
export interface LayerOffsets {
  readonly kernel: number;
  readonly bias: number;
  /** PReLU slopes; absent for other activations. */
  readonly alpha?: number;
}

export interface ParameterLayout {
  readonly layers: readonly LayerOffsets[];
  readonly bytes: number;
}

export function layOutParameters(spec: ResolvedSpec): ParameterLayout {
  const layout = new Layout();
  let inputs = spec.inputs;
  const layers = spec.layers.map(({ units, activation }) => {
    const kernel = layout.floats(inputs * units);
    const bias = layout.floats(units);
    inputs = units;
    return learnsAlpha(activation.name) ? { kernel, bias, alpha: layout.floats(units) } : { kernel, bias };
  });
  return { layers, bytes: layout.bytes };
}

export function countParameters(spec: ResolvedSpec): number {
  let inputs = spec.inputs;
  let count = 0;
  for (const { units, activation, useBias } of spec.layers) {
    const vectors = Number(useBias !== false) + Number(learnsAlpha(activation.name));
    count += (inputs + vectors) * units;
    inputs = units;
  }
  return count;
}
