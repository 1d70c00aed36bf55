// The block of all weights: each layer's kernel, bias, PReLU slopes, gamma and beta at an offset of its own, and behind
// these parameters the running statistics of batch normalization, so that a copy of the block is all that was learnt.
// Gradient and moments have the layout of the parameters alone, so that norms and updates take them in one call. The
// gaps between parts stay zero.
import { Layout } from "../../wasm/heap.js";
import { learnsAlpha } from "../../activations/activations.js";
import type { ResolvedSpec } from "../spec.js";

/** Where one layer's parameters lie, in bytes from the start of the block. */
export interface LayerOffsets {
  readonly kernel: number;
  readonly bias: number;
  /** PReLU slopes; absent for other activations. */
  readonly alpha?: number;
  /** Absent where nothing is normalized. */
  readonly normalization?: NormalizationOffsets;
}

export interface NormalizationOffsets {
  readonly gamma: number;
  readonly beta: number;
  /** Of batch normalization, in a block of weights alone. */
  readonly running?: { readonly mean: number; readonly variance: number };
}

export interface ParameterLayout {
  readonly layers: readonly LayerOffsets[];
  /** Of the parameters, their gradient, and a slot of moments. */
  readonly bytes: number;
  /** Of the weights: with the running statistics. */
  readonly weightBytes: number;
}

export function layOutParameters(spec: ResolvedSpec): ParameterLayout {
  const layout = new Layout();
  let inputs = spec.inputs;
  const learnt = spec.layers.map(({ units, activation, normalization }): LayerOffsets => {
    const kernel = layout.floats(inputs * units);
    const bias = layout.floats(units);
    inputs = units;
    return {
      kernel,
      bias,
      ...(learnsAlpha(activation.name) && { alpha: layout.floats(units) }),
      ...(normalization && { normalization: { gamma: layout.floats(units), beta: layout.floats(units) } }),
    };
  });
  const { bytes } = layout;
  const layers = learnt.map((offsets, layer): LayerOffsets => {
    const { units, normalization } = spec.layers[layer];
    if (normalization?.kind !== "batch") return offsets;
    const running = { mean: layout.floats(units), variance: layout.floats(units) };
    return { ...offsets, normalization: { ...offsets.normalization!, running } };
  });
  return { layers, bytes, weightBytes: layout.bytes };
}

export function countParameters(spec: ResolvedSpec): number {
  let inputs = spec.inputs;
  let count = 0;
  for (const { units, activation, useBias, normalization } of spec.layers) {
    const vectors = Number(useBias !== false) + Number(learnsAlpha(activation.name)) + (normalization ? 2 : 0);
    count += (inputs + vectors) * units;
    inputs = units;
  }
  return count;
}
