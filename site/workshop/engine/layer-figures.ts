// What passes through each layer and comes back: its activations, and the gradient of the mean loss by its weights.
import type { Matrix } from "../../../src/index.js";
import type { Inspector } from "../../../src/inspect/inspector.js";
import type { PreparedData } from "../../../src/network/data.js";
import { gradientsOf } from "../../../src/network/training/gradients.js";
import type { NetworkState } from "../../../src/network/state/state.js";
import type { Histogram, LayerFigures } from "./types.js";

const BINS = 40;
/** Sizes of gradients, as powers of ten; what is smaller or larger counts as the end. */
const [LEAST_POWER, MOST_POWER] = [-10, 2];

/** Zeros are counted apart: where many are, nothing else would be seen. */
function histogramOf(values: Float32Array, low: number, high: number): Histogram {
  const counts = new Array<number>(BINS).fill(0);
  const width = (high - low) / BINS || 1;
  let zeros = 0;
  for (const value of values) {
    if (value === 0) zeros++;
    else counts[Math.max(0, Math.min(BINS - 1, Math.floor((value - low) / width) || 0))]++;
  }
  return { low, high, counts, zeros: zeros / Math.max(1, values.length) };
}

/** The bins reach to 0, whatever the values are. */
function activationsOf(values: Float32Array): LayerFigures["activations"] {
  const least = values.reduce((low, value) => Math.min(low, value), Infinity);
  const most = values.reduce((high, value) => Math.max(high, value), -Infinity);
  return { ...histogramOf(values, Math.min(0, least), Math.max(0, most)), least, most };
}

/** By the power of ten of their sizes; 0 stays 0. */
function gradientSizesOf(values: Float32Array): Histogram & { readonly middle: number } {
  const sizes = values
    .filter((value) => value !== 0)
    .map(Math.abs)
    .sort();
  const powers = values.map((value) => (value === 0 ? 0 : Math.log10(Math.abs(value)) || Number.EPSILON));
  return { ...histogramOf(powers, LEAST_POWER, MOST_POWER), middle: sizes[sizes.length >> 1] ?? 0 };
}

/**
 * Hidden layers, then the output layer, before its link.
 * @param looked rows for the activations
 * @param data rows for the gradient
 */
export function layerFiguresOf(
  state: NetworkState,
  inspector: Inspector,
  looked: Matrix,
  data: PreparedData,
): LayerFigures[] {
  const { layers } = state.spec;
  const activations = layers.map(({ units }) => new Float32Array(looked.rows * units));
  inspector.run(looked, {}, (chunk) => {
    layers.forEach(({ units }, layer) =>
      activations[layer].set(chunk.activations(layer).subarray(0, chunk.rows * units), chunk.start * units),
    );
  });
  const gradients = gradientsOf(state, data);
  return layers.map((_, layer) => {
    const { kernel, bias, gamma = [], beta = [] } = gradients.layers[layer];
    return {
      activations: activationsOf(activations[layer]),
      gradient: gradientSizesOf(Float32Array.of(...kernel, ...bias, ...gamma, ...beta)),
    };
  });
}
