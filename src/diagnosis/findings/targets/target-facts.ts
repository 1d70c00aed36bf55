// What targets look like: classes, shares, numbers; what the findings on outputs, losses and labels ask.
import { isOneHot } from "../../../core/matrix.js";
import type { PreparedTargets } from "../../../network/data.js";

/** From so many different whole numbers on, they are counts or amounts rather than classes. */
const MOST_CLASSES = 50;
/** ... and so many rows a class, on average, speak for classes. */
const ROWS_PER_CLASS = 2;
/** How far the sum of a row of shares may be from 1. */
const SUM_TOLERANCE = 1e-3;

export interface TargetFacts {
  readonly rows: number;
  readonly columns: number;
  readonly min: number;
  readonly max: number;
  /** All are 0 or 1, and both occur. */
  readonly isBits: boolean;
  /** Each row says one class: a label, or a single 1 among zeros. */
  readonly isExclusive: boolean;
  /** Each row of two and more numbers from 0 to 1 sums to 1, and they are not all 0 or 1. */
  readonly isShares: boolean;
  /** One number a row stands for all of several outputs. */
  readonly isRepeated: boolean;
  /**
   * Different values of one column (or of one that is repeated), where they are few whole numbers: labels, it seems.
   */
  readonly labels: readonly number[] | undefined;
}

/** Different values in order, if they are whole and few beside the rows. */
function labelsOf(data: Float32Array, columns: number): number[] | undefined {
  const rows = data.length / columns;
  const values = new Set<number>();
  for (let i = 0; i < data.length; i += columns) {
    if (!Number.isInteger(data[i])) return undefined;
    values.add(data[i]);
    if (values.size > MOST_CLASSES) return undefined;
  }
  return values.size * ROWS_PER_CLASS <= rows ? [...values].sort((a, b) => a - b) : undefined;
}

/** Of rows of numbers. */
function factsOfRows(data: Float32Array, columns: number): TargetFacts {
  let [min, max] = [Infinity, -Infinity];
  let isBits = true;
  for (const value of data) {
    if (value < min) min = value;
    if (value > max) max = value;
    if (value !== 0 && value !== 1) isBits = false;
  }
  let [hot, ones, repeated] = [true, columns > 1 && min >= 0, columns > 1];
  for (let start = 0; start < data.length && (hot || ones || repeated); start += columns) {
    let sum = 0;
    for (let i = start; i < start + columns; i++) {
      sum += data[i];
      if (data[i] !== data[start]) repeated = false;
    }
    hot &&= columns > 1 && isOneHot(data, start, columns);
    ones &&= Math.abs(sum - 1) <= SUM_TOLERANCE;
  }
  return {
    rows: data.length / columns,
    columns,
    min,
    max,
    isBits: isBits && min !== max,
    isExclusive: hot,
    isShares: ones && !isBits,
    isRepeated: repeated,
    labels: columns === 1 || repeated ? labelsOf(data, columns) : undefined,
  };
}

export function factsOfTargets(targets: PreparedTargets): TargetFacts {
  if (targets.kind === "rows") return factsOfRows(targets.data, targets.columns);
  return { ...factsOfRows(Float32Array.from(targets.labels), 1), isExclusive: true };
}
