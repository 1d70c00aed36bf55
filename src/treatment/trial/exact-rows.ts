// Rows of numbers keep digits that float32 has no room for: times in milliseconds merge when they are rounded. Where
// that takes much of what a column tells, the rows are kept in float64 too, for trials that scale them.
import { figuresOf } from "../start/column-scaling.js";
import { type Matrix64, toRows64 } from "../../core/matrix.js";
import type { DataSet } from "../../network/data.js";

/** Rounding that takes more than this share of a column's spread is much. */
const MUCH = 1e-3;

/** Whether float32 rounds some column's numbers by much of its spread. */
function losesDigits(rows: Matrix64): boolean {
  const { data, columns } = rows;
  if (rows.rows < 2) return false;
  const { scale } = figuresOf(rows, true);
  return data.some((value, i) => Math.abs(value - Math.fround(value)) > MUCH * scale[i % columns]);
}

interface ReadRows<T> {
  readonly set: T;
  readonly exact?: Matrix64;
}

/** A set whose x, read once, is a Matrix; and that in float64 where it says more. What is no rows is left as it is. */
export function readExactRows<T>(path: string, set: T): ReadRows<T> {
  if (typeof set !== "object" || set === null) return { set };
  const { x, ...rest } = set as unknown as DataSet;
  if (!Array.isArray(x)) return { set: { ...rest, x } as T };
  const rows = toRows64(`${path}.x`, x, undefined, 0);
  const matrix = { rows: rows.rows, columns: rows.columns, data: Float32Array.from(rows.data) };
  return { set: { ...rest, x: matrix } as T, ...(losesDigits(rows) && { exact: rows }) };
}
