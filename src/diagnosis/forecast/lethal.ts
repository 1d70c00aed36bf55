// Learning rates that kill: one gradient of the mean loss on the rows, and for each hidden relu unit the smallest rate
// at which a plain gradient step leaves it closed on all of them. Its preactivation is linear in the rate: z -
// rate·(gradient of the kernel·inputs + gradient of the bias), exactly so in the first layer, and deeper as long as the
// unit's inputs stay what they were.
import type { Matrix } from "../../core/matrix.js";
import type { PreparedTargets } from "../../network/data.js";
import type { Loss, LossSpec } from "../../network/losses.js";
import { isRectifier } from "../../activations/activations.js";
import { slope } from "../../activations/analysis.js";
import { gradientByPreactivations } from "./loss-gradient.js";
import type { Layer64 } from "../proof/layers64.js";
import { type LayerRows, makeMultiply, type Multiply, type Numbers, passRows } from "./product.js";

/** Products of each row with each, plus 1 for the bias. */
function gramOf(input: Numbers, inner: number, rows: number, multiply: Multiply): Float64Array {
  const right = { data: input, rowStep: 1, columnStep: inner, columns: rows };
  return multiply(input, rows, inner, right, new Float64Array(rows).fill(1), new Float64Array(rows * rows), true);
}

/** Upstream gradients times the slope, in place. */
function throughActivation({ name, alpha, units }: Layer64, z: Float64Array, upstream: Float64Array): void {
  if (isRectifier(name)) for (let i = 0; i < z.length; i++) upstream[i] = z[i] > 0 ? upstream[i] : 0;
  else for (let i = 0; i < z.length; i++) if (upstream[i] !== 0) upstream[i] *= slope(name, z[i], alpha[i % units]);
}

function throughKernel(
  { inputs, units, kernel }: Layer64,
  dz: Float64Array,
  rows: number,
  multiply: Multiply,
): Float64Array {
  const right = { data: kernel, rowStep: 1, columnStep: units, columns: inputs };
  return multiply(dz, rows, units, right, undefined, new Float64Array(rows * inputs));
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

/**
 * The rate that closes each open hidden relu unit, by layer; Infinity where none does, NaN for other units. A function
 * for networks with the same inputs, which it multiplies by themselves once; known: what the first layers make of the
 * rows.
 *
 * What a step at rate 1 takes from a preactivation is the row's input times the gradient of the kernel, plus that of
 * the bias: the products of the row with every row, plus 1, times the gradients by their preactivations. No gradient of
 * a kernel is made for that.
 */
export function makeClosingRates(
  x: Matrix,
  targets: PreparedTargets,
  loss: Loss | LossSpec,
): (layers: readonly Layer64[], known?: readonly LayerRows[]) => Float64Array[] {
  const multiply = makeMultiply();
  const { rows } = x;
  let ofInputs: Float64Array | undefined;
  const fallOf = ({ units }: Layer64, input: Numbers, inner: number, dz: Float64Array): Float64Array => {
    const gram =
      input === x.data ? (ofInputs ??= gramOf(input, inner, rows, multiply)) : gramOf(input, inner, rows, multiply);
    const right = { data: dz, rowStep: units, columnStep: 1, columns: units };
    return multiply(gram, rows, rows, right, undefined, new Float64Array(rows * units));
  };
  return (layers, known) => {
    const passes = passRows(layers, x, multiply, known);
    const rates: Float64Array[] = [];
    const top = layers.length - 1;
    let upstream = gradientByPreactivations(loss, layers[top], passes[top].z, passes[top].output, targets);
    for (let l = top; l >= 0; l--) {
      const layer = layers[l];
      const { input, z } = passes[l];
      if (l < top) {
        throughActivation(layer, z, upstream);
        const fall = isRectifier(layer.name) ? fallOf(layer, input, layer.inputs, upstream) : undefined;
        const rateOf = (unit: number) => (fall && closingRate(z, fall, unit, layer.units)) ?? Number.NaN;
        rates.unshift(Float64Array.from({ length: layer.units }, (_, unit) => rateOf(unit)));
      }
      if (l > 0) upstream = throughKernel(layer, upstream, rows, multiply);
    }
    return rates;
  };
}
