// The chance that a network is born dead (some layer silent on every input, the output layer included where it is a
// rectifier), as far as it follows without drawing any weights.
//
// An initializer that is symmetric unit by unit closes a unit without bias at a given non-zero input with probability
// 1/2: a layer of N units is silent there with probability 2^-N (Lu et al. 2019). On a line through 0 a network without
// biases has two rays to keep alive; the recursion over "both alive", "one alive" and "dead" takes the two as
// independent. They are so in the second layer (what the first passes on from the two rays has no unit in common);
// deeper, they are positively correlated, which makes it a lower bound.
import { isSymmetric } from "../../network/initializer-spec.js";
import type { ResolvedDenseSpec, ResolvedSpec } from "../../network/spec.js";
import { isPiecewiseLinear, isRectifier } from "../../activations/activations.js";
import type { Matrix } from "../../core/matrix.js";

/** A layer of so many units is closed at one input in 1.6 % of starts, of one more in less than 1 %. */
export const NARROW = 6;

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** The layers of which a forecast speaks: the hidden ones, and the output layer where it can be closed as well. */
export function forecastLayersOf({ layers }: ResolvedSpec): readonly ResolvedDenseSpec[] {
  return isRectifier(layers[layers.length - 1].activation.name) ? layers : layers.slice(0, -1);
}

/** Whether what a unit of these layers does at x, it does at any positive multiple of x. */
export function isHomogeneous(spec: ResolvedSpec): boolean {
  return forecastLayersOf(spec).every(
    ({ activation, biasInitializer, kernelInitializer }) =>
      isPiecewiseLinear(activation.name) && biasInitializer === 0 && isSymmetric(kernelInitializer),
  );
}

/** At one input that is not 0. */
export function silentAtPoint(widths: readonly number[]): number {
  return -Math.expm1(widths.reduce((sum, width) => sum + Math.log1p(-(2 ** -width)), 0));
}

/** On a line through 0; for up to two layers exact, for more a lower bound. */
export function silentOnLine(widths: readonly number[]): number {
  const [first, ...others] = widths.map((width) => 2 ** -width);
  let state = { both: 1 - 2 * first, one: 2 * first, dead: 0 };
  for (const q of others) {
    const { both, one, dead } = state;
    state = {
      both: both * (1 - 2 * q + q * q),
      one: 2 * both * (q - q * q) + one * (1 - q),
      dead: dead + both * q * q + one * q,
    };
  }
  return state.dead;
}

/** Whether one coordinate has values above 0, below 0. */
function signs({ data, columns, rows }: Matrix, column: number): { positive: boolean; negative: boolean } {
  const result = { positive: false, negative: false };
  for (let r = 0; r < rows && !(result.positive && result.negative); r++) {
    if (data[r * columns + column] > 0) result.positive = true;
    if (data[r * columns + column] < 0) result.negative = true;
  }
  return result;
}

/** Bounds that hold for certain on these rows. */
export function certainBounds(spec: ResolvedSpec, x: Matrix): Bounds {
  const layers = forecastLayersOf(spec);
  const relu = layers.filter(({ activation }) => isRectifier(activation.name));
  const widths = relu.map(({ units }) => units);
  if (relu.length === 0) return { low: 0, high: 0 };
  const isNothing = x.data.every((value) => value === 0);
  const neverHarder = relu.every(
    ({ biasInitializer, kernelInitializer }) =>
      typeof biasInitializer === "number" && biasInitializer >= 0 && isSymmetric(kernelInitializer),
  );
  const feedsOn = layers.every(
    ({ activation, kernelInitializer, biasInitializer }) =>
      isRectifier(activation.name) ||
      (isPiecewiseLinear(activation.name) && biasInitializer === 0 && isSymmetric(kernelInitializer)),
  );
  if (isNothing || !neverHarder || !feedsOn) return { low: 0, high: 1 };
  const high = silentAtPoint(widths);
  if (!isHomogeneous(spec)) return { low: 0, high };
  if (x.rows === 1) return { low: high, high };
  if (spec.inputs > 1) return { low: 0, high };
  const { positive, negative } = signs(x, 0);
  if (!(positive && negative)) return { low: high, high };
  if (relu.length < layers.length || layers.some(({ kernelInitializer }) => kernelInitializer === "orthogonal"))
    return { low: 0, high };
  const low = silentOnLine(widths);
  return { low, high: widths.length <= 2 ? low : high };
}

/**
 * The chance that a first-layer unit is closed on all rows, where a formula has it: without bias, when all rows lie in
 * one orthant that they span (each column that is not 0 has a row which is not 0 in that column alone), 2^-columns.
 */
export function firstLayerChance(spec: ResolvedSpec, x: Matrix): number | undefined {
  const { activation, biasInitializer, kernelInitializer } = spec.layers[0];
  if (!isRectifier(activation.name)) return 0;
  if (biasInitializer !== 0 || !isSymmetric(kernelInitializer)) return undefined;
  const columns = Array.from({ length: x.columns }, (_, c) => signs(x, c)).filter(
    ({ positive, negative }) => positive || negative,
  );
  if (x.rows === 1) return columns.length === 0 ? 1 : 0.5;
  if (columns.some(({ positive, negative }) => positive && negative)) return columns.length === 1 ? 0 : undefined;
  return columnsAlone(x) === columns.length ? 2 ** -columns.length : undefined;
}

/** How many columns have a row that is 0 everywhere else. */
function columnsAlone({ data, columns, rows }: Matrix): number {
  const alone = new Set<number>();
  for (let r = 0; r < rows; r++) {
    const row = data.subarray(r * columns, (r + 1) * columns);
    const first = row.findIndex((value) => value !== 0);
    if (first >= 0 && row.findLastIndex((value) => value !== 0) === first) alone.add(first);
  }
  return alone.size;
}
