// Columns whose spread comes from a few rows: a slip of the decimal point, a code for a missing value, a long tail.
import type { ColumnStatistics } from "./judge-inputs.js";
import type { Matrix } from "../../core/matrix.js";
import { meanAndSpread } from "../../core/statistics.js";

/** Fewer rows do not tell a tail from the rest. */
const FEWEST_ROWS = 20;
/** The few: so many of the rows at most, */
const FEW = 0.01;
/**
 * without which the spread is smaller by this factor. The log-normal with sigma 1 gives 1.3, Student's t with 3 1.4.
 */
const CARRIED = 10;
/** Rows whose quartiles stand for those of all. */
const SAMPLE = 256;

export interface OutlierColumn {
  readonly column: number;
  /** Rows that carry the spread. */
  readonly rows: number;
  /** The one that is furthest off, and its value. */
  readonly row: number;
  readonly value: number;
  readonly spread: number;
  /** Of the other rows. */
  readonly rest: number;
}

const spreadOf = (values: Float64Array): number => meanAndSpread(values).spread;

/** So far the furthest row must lie for the few to carry the spread: they have all but 1/CARRIED² of the squares. */
function mayBeCarried({ mean, spread, min, max }: ColumnStatistics, column: number, rows: number): boolean {
  const furthest = Math.max(max[column] - mean[column], mean[column] - min[column]);
  return furthest > 0 && furthest ** 2 >= 0.9 * (rows / mostOf(rows)) * spread[column] ** 2;
}

const mostOf = (rows: number) => Math.max(1, Math.floor(FEW * rows));

/** Whether the middle half of the rows is one number: then the others are rare events, which are no outliers. */
function isMostlyOne(values: Float64Array): boolean {
  const count = Math.min(SAMPLE, values.length);
  const sample = Float64Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]);
  sample.sort();
  return sample[Math.floor(count / 4)] === sample[Math.floor((3 * count) / 4)];
}

/** By how far they lie from the median. */
function judgeColumn({ rows, columns, data }: Matrix, column: number): OutlierColumn | undefined {
  const values = new Float64Array(rows);
  for (let r = 0; r < rows; r++) values[r] = data[r * columns + column];
  if (isMostlyOne(values)) return undefined;
  const median = values.toSorted()[Math.floor(rows / 2)];
  const order = Array.from(values.keys()).sort((a, b) => Math.abs(values[b] - median) - Math.abs(values[a] - median));
  const without = (few: number) => spreadOf(Float64Array.from(order.slice(few), (row) => values[row]));
  const spread = spreadOf(values);
  const most = mostOf(rows);
  const rest = without(most);
  if (rest === 0 || spread < CARRIED * rest) return undefined;
  let few = 1;
  while (few < most && spread < CARRIED * without(few)) few++;
  return { column, rows: few, row: order[0], value: values[order[0]], spread, rest: without(few) };
}

/** @param among the columns to look at */
export function findOutlierColumns(x: Matrix, statistics: ColumnStatistics, among: readonly number[]): OutlierColumn[] {
  if (x.rows < FEWEST_ROWS) return [];
  return among.flatMap((column) => (mayBeCarried(statistics, column, x.rows) ? (judgeColumn(x, column) ?? []) : []));
}
