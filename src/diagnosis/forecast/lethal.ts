// Learning rates that kill: one gradient of the mean loss on the rows, and for each hidden relu unit the smallest rate
// at which a plain gradient step leaves it closed on all of them. Its preactivation is linear in the rate: z -
// rate·(gradient of the kernel·inputs + gradient of the bias), exactly so in the first layer, and deeper as long as the
// unit's inputs stay what they were.
import type { Matrix } from "../../core/matrix.js";
import type { PreparedTargets } from "../../network/data.js";
import type { Loss, LossSpec } from "../../network/losses.js";
import { isRectifier } from "../../activations/activations.js";
import { activate, slope } from "../../activations/analysis.js";
import { gradientByPreactivations, softmaxRows } from "./loss-gradient.js";
import { type Layer64, preactivations } from "../proof/layers64.js";

interface LayerRows {
  readonly input: Float64Array;
  readonly z: Float64Array;
}

function forward(layers: readonly Layer64[], x: Matrix): { passes: LayerRows[]; output: Float64Array } {
  let a: Float64Array = Float64Array.from(x.data);
  const passes = layers.map((layer) => {
    const { inputs, units, name, alpha } = layer;
    const z = new Float64Array(x.rows * units);
    for (let r = 0; r < x.rows; r++) z.set(preactivations(layer, a.subarray(r * inputs, (r + 1) * inputs)), r * units);
    const pass = { input: a, z };
    a = name === "softmax" ? softmaxRows(z, units) : z.map((value, i) => activate(name, value, alpha[i % units]));
    return pass;
  });
  return { passes, output: a };
}

/** Upstream gradients times the slope, in place. */
function throughActivation({ name, alpha, units }: Layer64, z: Float64Array, upstream: Float64Array): void {
  for (let i = 0; i < z.length; i++) if (upstream[i] !== 0) upstream[i] *= slope(name, z[i], alpha[i % units]);
}

function throughKernel({ inputs, units, kernel }: Layer64, dz: Float64Array, rows: number): Float64Array {
  const result = new Float64Array(rows * inputs);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let j = 0; j < units; j++) sum += kernel[i * units + j] * dz[r * units + j];
      result[r * inputs + i] = sum;
    }
  }
  return result;
}

/** Kernel gradient, then the bias's, as one more input that is always 1. */
function weightGradient({ inputs, units }: Layer64, input: Float64Array, dz: Float64Array, rows: number): Float64Array {
  const gradient = new Float64Array((inputs + 1) * units);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i <= inputs; i++) {
      const value = i === inputs ? 1 : input[r * inputs + i];
      if (value !== 0) for (let j = 0; j < units; j++) gradient[i * units + j] += value * dz[r * units + j];
    }
  }
  return gradient;
}

/** What a step at rate 1 takes from each preactivation. */
function fallOf({ inputs, units }: Layer64, input: Float64Array, gradient: Float64Array, rows: number): Float64Array {
  const fall = new Float64Array(rows * units);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i <= inputs; i++) {
      const value = i === inputs ? 1 : input[r * inputs + i];
      if (value !== 0) for (let j = 0; j < units; j++) fall[r * units + j] += value * gradient[i * units + j];
    }
  }
  return fall;
}

/**
 * The smallest rate at which z - rate·fall is at most 0 everywhere; Infinity if there is none. Undefined for a unit
 * that is closed as it is.
 */
function closingRate(z: Float64Array, fall: Float64Array, unit: number, units: number): number | undefined {
  let least = 0;
  let most = Number.POSITIVE_INFINITY;
  for (let i = unit; i < z.length; i += units) {
    if (z[i] > 0) least = Math.max(least, fall[i] > 0 ? z[i] / fall[i] : Number.POSITIVE_INFINITY);
    else if (fall[i] < 0) most = Math.min(most, z[i] / fall[i]);
  }
  if (least === 0) return undefined;
  return least <= most ? least : Number.POSITIVE_INFINITY;
}

/** The rate that closes each open hidden relu unit, by layer; Infinity where none does, NaN for other units. */
export function closingRates(
  layers: readonly Layer64[],
  x: Matrix,
  targets: PreparedTargets,
  loss: Loss | LossSpec,
): Float64Array[] {
  const { passes, output } = forward(layers, x);
  const rates: Float64Array[] = [];
  const top = layers.length - 1;
  let upstream = gradientByPreactivations(loss, layers[top], passes[top].z, output, targets);
  for (let l = top; l >= 0; l--) {
    const layer = layers[l];
    const { input, z } = passes[l];
    if (l < top) {
      throughActivation(layer, z, upstream);
      const fall = isRectifier(layer.name)
        ? fallOf(layer, input, weightGradient(layer, input, upstream, x.rows), x.rows)
        : undefined;
      rates.unshift(
        Float64Array.from(
          { length: layer.units },
          (_, unit) => (fall && closingRate(z, fall, unit, layer.units)) ?? Number.NaN,
        ),
      );
    }
    if (l > 0) upstream = throughKernel(layer, upstream, x.rows);
  }
  return rates;
}
