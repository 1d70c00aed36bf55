// The best that can be said without looking at the inputs: for each output the constant that minimizes the loss.
import { forEachCountedTarget, type LossReader } from "./row-losses.js";
import type { PreparedTargets } from "../../network/data.js";

/** One column of targets, with what each counts. */
interface Column {
  readonly values: Float64Array;
  readonly weights: Float64Array;
  /** Of the weights. */
  readonly total: number;
}

function meanOf({ values, weights, total }: Column): number {
  return values.reduce((sum, value, i) => sum + weights[i] * value, 0) / total;
}

/** The value below and above which lies half of the weight; halfway between two where both are. */
function medianOf({ values, weights, total }: Column): number {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  let below = 0;
  for (let i = 0; i < order.length; i++) {
    below += weights[order[i]];
    if (below * 2 < total) continue;
    const next = order.subarray(i + 1).find((index) => weights[index] > 0);
    const isBetween = below * 2 === total && next !== undefined;
    return isBetween ? (values[order[i]] + values[next]) / 2 : values[order[i]];
  }
  return values[order.at(-1)!];
}

/** Halvings after which a float64 is exhausted, from any range of float32 numbers. */
const HALVINGS = 200;

/** Where the sum of clamp(c - t, -1, 1) changes its sign, which grows with c. */
function huberCentre({ values, weights }: Column): number {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    let slope = 0;
    for (let r = 0; r < values.length; r++) slope += weights[r] * Math.max(-1, Math.min(1, middle - values[r]));
    if (slope < 0) low = middle;
    else high = middle;
  }
  return low + (high - low) / 2;
}

/** By each loss: of a column of shares or numbers. */
function centreOf({ name }: LossReader, column: Column): number {
  if (name === "meanAbsoluteError") return medianOf(column);
  if (name === "huber") return huberCentre(column);
  const mean = meanOf(column);
  if (name === "poisson") return Math.max(0, mean);
  if (name === "binaryCrossEntropy") return Math.max(0, Math.min(1, mean));
  return mean;
}

/**
 * One number a unit: what to say always. Of crossEntropy and binaryCrossEntropy probabilities.
 * @param weights what each row counts
 */
export function bestConstant(reader: LossReader, targets: PreparedTargets, weights: Float64Array): Float64Array {
  const { units, name } = reader;
  const columns = Array.from({ length: units }, () => new Float64Array(weights.length));
  forEachCountedTarget(reader, targets, units, (row, target) =>
    columns.forEach((column, i) => (column[row] = target[i])),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const constant = Float64Array.from(columns, (values) => centreOf(reader, { values, weights, total }));
  if (name !== "crossEntropy") return constant;
  const whole = constant.reduce((sum, share) => sum + share, 0);
  return constant.map((share) => share / whole);
}
