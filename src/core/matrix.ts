// Rows of float32 numbers, row-major: one row per sample. And the one form in which most of the package takes samples:
// such a matrix, its bytes or halves as they are stored, or the entries of sparse rows.
import { checkSizes, describe, isFloat32 } from "./checks.js";
import {
  checkCompact,
  type CompactMatrix,
  type CompactRows,
  isCompact,
  looksCompact,
  tableOf,
  takeCompactRows,
  widenRows,
} from "./rows/compact.js";
import { RelumineError } from "./errors.js";
import { checkSparse, fillDense, isSparse, type SparseMatrix, type SparseRows, takeSparseRows } from "./sparse.js";

/** rows x columns numbers; element (r, c) is data[r * columns + c]. */
export interface Matrix {
  /** How many samples, or units fed. */
  readonly rows: number;
  /** Numbers in each row. */
  readonly columns: number;
  /** Length rows * columns. */
  readonly data: Float32Array;
}

/** The same in float64. */
export interface Matrix64 extends Omit<Matrix, "data"> {
  readonly data: Float64Array;
}

/**
 * A Matrix, an array with one array of numbers per sample, bytes or halves as they are stored, or sparse rows, of which
 * zeros take neither room nor time.
 */
export type Samples = Matrix | CompactMatrix | SparseMatrix | readonly ArrayLike<number>[];

/** Samples that were checked. */
export type SampleRows = Matrix | CompactRows | SparseRows;

/** Whether they are float32 numbers, zeros and all. */
export function isDense(x: SampleRows): x is Matrix {
  return !isSparse(x) && !isCompact(x);
}

/** Is a column not the same in all rows? */
export function columnVaries({ columns, data }: Pick<Matrix, "columns" | "data">, column: number): boolean {
  for (let at = column; at < data.length; at += columns) if (data[at] !== data[column]) return true;
  return false;
}

/** These rows, copied, in this order. */
export function takeRows(matrix: Matrix, rows: ArrayLike<number>): Matrix;
export function takeRows(matrix: Matrix64, rows: ArrayLike<number>): Matrix64;
export function takeRows({ columns, data }: Matrix | Matrix64, rows: ArrayLike<number>): Matrix | Matrix64 {
  const size = rows.length * columns;
  const taken = data instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  for (let to = 0; to < rows.length; to++)
    taken.set(data.subarray(rows[to] * columns, (rows[to] + 1) * columns), to * columns);
  return { rows: rows.length, columns, data: taken } as Matrix | Matrix64;
}

/** The same of any samples; sparse ones stay sparse, and what is stored compactly stays so. */
export function takeSamples(x: SampleRows, rows: ArrayLike<number>): SampleRows {
  if (isDense(x)) return takeRows(x, rows);
  return isSparse(x) ? takeSparseRows(x, rows) : takeCompactRows(x, rows);
}

/** The rows as float32, zeros and all, from `start` on; those of a matrix are not copied. */
export function denseRows(x: SampleRows, start = 0, count = x.rows - start): Matrix {
  const { columns } = x;
  if (isDense(x) && count === x.rows) return x;
  if (isDense(x)) return { rows: count, columns, data: x.data.subarray(start * columns, (start + count) * columns) };
  const data = new Float32Array(count * columns);
  if (isSparse(x)) fillDense(x, start, count, data);
  else widenRows(x, start, count, data);
  return { rows: count, columns, data };
}

/** What is made of sparse or compact rows for whoever looks at their columns has so many numbers at most: 64 MB. */
const MOST_SHOWN = 2 ** 24;
const MOST_SHOWN_ROWS = 1024;
/** Numbers of a piece of rows. */
const PIECE = 2 ** 22;

/** Any rows as a matrix, where that is small: what looks at them then sees the rows that a matrix would be. */
export function denseIfSmall(x: SampleRows): SampleRows {
  return x.rows * x.columns <= MOST_SHOWN ? denseRows(x) : x;
}

/** Of rows that would be too many as a matrix, those that are shown in place of all: up to 1024, evenly apart. */
export function shownRows(x: SampleRows): Uint32Array | undefined {
  if (isDense(x) || x.rows * x.columns <= MOST_SHOWN) return undefined;
  const count = Math.min(x.rows, MOST_SHOWN_ROWS, Math.max(1, Math.floor(MOST_SHOWN / x.columns)));
  return Uint32Array.from({ length: count }, (_, i) => Math.floor((i * x.rows) / count));
}

/** All rows, or those that are shown in place of them. */
export function shownMatrix(x: SampleRows): Matrix {
  const shown = shownRows(x);
  return denseRows(shown ? takeSamples(x, shown) : x);
}

/** All rows in order as float32, zeros and all, a few at a time where they are stored otherwise. */
export function* densePieces(x: SampleRows): Generator<{ readonly start: number; readonly piece: Matrix }> {
  const count = Math.max(1, isDense(x) ? x.rows : Math.floor(PIECE / Math.max(1, x.columns)));
  for (let start = 0; start < x.rows; start += count)
    yield { start, piece: denseRows(x, start, Math.min(count, x.rows - start)) };
}

/** The sum of a row's squares, added to `sum`. */
export function squaredNorm(x: SampleRows, row: number, sum = 0): number {
  if (isSparse(x)) {
    const { rowOffsets, values } = x;
    for (let i = rowOffsets[row]; i < rowOffsets[row + 1]; i++) sum += values ? values[i] * values[i] : 1;
    return sum;
  }
  const { data, columns } = x;
  const table = isCompact(x) ? tableOf(x) : undefined;
  for (let at = row * columns; at < (row + 1) * columns; at++) {
    const value = table ? table[data[at]] : data[at];
    sum += value * value;
  }
  return sum;
}

/** A caller's array is read in place: it must not be transferred, nor lie in a WebAssembly memory that grows. */
export function movedError(path: string): RelumineError {
  return new RelumineError("value", path, "to stay in its place", "a detached buffer");
}

/** Whether a matrix was given, of float32 or as it is stored. */
export function isMatrix(value: unknown): value is Matrix | CompactMatrix {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    "data" in value &&
    "rows" in value &&
    "columns" in value
  );
}

/** More floats than this fit in no WebAssembly memory: a length beyond it is not believed. */
const MAX_FLOATS = 2 ** 30;

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  const length = typeof value === "object" && value !== null ? (value as { length?: unknown }).length : undefined;
  return Number.isSafeInteger(length) && (length as number) >= 0 && (length as number) <= MAX_FLOATS;
}

/** The matrix as its fields were read once: what getters say later, or who writes to them, does not matter. */
function checkMatrix(path: string, given: Matrix | CompactMatrix): Matrix | CompactRows {
  const { rows, columns, data, type, scale, offset } = given as CompactMatrix;
  if (looksCompact({ data, type })) return checkCompact(path, { rows, columns, data, type, scale, offset });
  return checkFloats(path, { rows, columns, data: data as unknown as Float32Array });
}

function checkFloats(path: string, { rows, columns, data }: Matrix): Matrix {
  checkSizes(path, { rows, columns });
  if (!(data instanceof Float32Array)) {
    const expected = "to be a Float32Array, a Uint8Array or halves";
    const hint = (data as unknown) instanceof Uint16Array ? 'Bits of halves are said by type: "float16".' : "";
    throw new RelumineError("value", `${path}.data`, expected, describe(data), hint);
  }
  if (data.length !== rows * columns) {
    const expected = `to have ${rows * columns} numbers, ${rows} rows x ${columns} columns`;
    throw new RelumineError("shape", `${path}.data`, expected, `${data.length}`);
  }
  return { rows, columns, data };
}

function checkRow(path: string, row: unknown, r: number): ArrayLike<unknown> {
  if (isArrayLike(row)) return row;
  throw new RelumineError("shape", `${path}[${r}]`, "to be a row of numbers", describe(row));
}

/**
 * Rows of numbers, which may be NaN or infinite.
 * @param make makes the numbers' array
 */
export function rowsToMatrix<T extends Float32Array | Float64Array>(
  path: string,
  given: readonly unknown[],
  make: (length: number) => T,
): Omit<Matrix, "data"> & { readonly data: T } {
  const rows = given.length;
  const columns = rows === 0 ? 0 : checkRow(path, given[0], 0).length; // checked before its length is believed
  if (rows * columns > MAX_FLOATS)
    throw new RelumineError("memory", path, `to have at most ${MAX_FLOATS} numbers`, `${rows} rows of ${columns}`);
  const data = make(rows * columns);
  for (let r = 0; r < rows; r++) {
    const row = checkRow(path, given[r], r);
    if (row.length !== columns) {
      const expected = `to have ${columns} numbers, as ${path}[0] has`;
      throw new RelumineError("shape", `${path}[${r}]`, expected, `${row.length}`);
    }
    for (let c = 0; c < columns; c++) {
      const value = row[c];
      if (typeof value !== "number")
        throw new RelumineError("value", `${path}[${r}][${c}]`, "to be a number", describe(value));
      data[r * columns + c] = value;
    }
  }
  return { rows, columns, data };
}

/**
 * Whether all numbers are finite: x - x is 0, but NaN where x is not. Four sums run beside each other, which halves the
 * time (measured).
 */
function isFinite(data: Float32Array): boolean {
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const whole = data.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    sum0 += data[i] - data[i];
    sum1 += data[i + 1] - data[i + 1];
    sum2 += data[i + 2] - data[i + 2];
    sum3 += data[i + 3] - data[i + 3];
  }
  for (let i = whole; i < data.length; i++) sum0 += data[i] - data[i];
  return sum0 + sum1 + sum2 + sum3 === 0;
}

function checkFinite(path: string, { columns, data }: Matrix): void {
  if (isFinite(data)) return;
  const i = data.findIndex((value) => !isFloat32(value));
  const place = `row ${Math.floor(i / columns)}, column ${i % columns} (as float32, counted from 0)`;
  throw new RelumineError("value", path, "to have finite numbers", `${data[i]} in ${place}`);
}

/** Of no rows any width is right. */
function checkWidth(
  path: string,
  matrix: { readonly rows: number; readonly columns: number },
  columns: number | undefined,
): void {
  if (columns !== undefined && matrix.columns !== columns && matrix.rows > 0)
    throw new RelumineError("shape", path, `to have ${columns} columns`, `${matrix.columns}`);
}

/** More zeros than these are written down for nobody: 256 MB. */
const MOST_ZEROS = 2 ** 26;

/** Whether rows may be had as a matrix. */
export function hasRoomForZeros(x: SampleRows): boolean {
  return !isSparse(x) || x.rows * x.columns <= MOST_ZEROS;
}

/** Rows as a matrix, where that fits. */
function checkDense(path: string, x: SampleRows): Matrix {
  if (hasRoomForZeros(x)) return denseRows(x);
  const given = `sparse rows, ${x.rows} of ${x.columns}`;
  throw new RelumineError("memory", path, `to have at most ${MOST_ZEROS} numbers, zeros included, here`, given);
}

/**
 * Samples as a Matrix: the numbers of a given Matrix, not copied, or a copy of rows; sparse ones with their zeros, and
 * bytes and halves widened.
 * Refuses ragged rows, a lying length, numbers that are not finite as float32, and, where `columns` is given, another
 * width. The caller's object is read once.
 */
export function toMatrix(path: string, samples: unknown, columns?: number): Matrix {
  return checkDense(path, toSamples(path, samples, columns));
}

/** Samples as they may be: a Matrix as toMatrix makes it, or what is stored of compact or sparse rows, not copied. */
export function toSamples(path: string, samples: unknown, columns?: number): SampleRows {
  if (isSparse(samples)) {
    const x = checkSparse(path, samples);
    checkWidth(path, x, columns);
    return x;
  }
  if (!isMatrix(samples) && !Array.isArray(samples)) {
    const expected = "to be a Matrix { rows, columns, data }, sparse rows or an array of rows";
    const areBlocks =
      typeof samples === "object" && samples !== null && ("blocks" in samples || Symbol.asyncIterator in samples);
    const hint = areBlocks ? "Rows in blocks are taken by diagnose, treat, calibrate and recordActivity." : "";
    throw new RelumineError("shape", path, expected, describe(samples), hint);
  }
  const matrix = isMatrix(samples)
    ? checkMatrix(path, samples)
    : rowsToMatrix(path, samples, (length) => new Float32Array(length));
  checkWidth(path, matrix, columns);
  if (!isCompact(matrix)) checkFinite(path, matrix);
  return matrix;
}

/** Samples as toMatrix takes them, and not fewer than `least`. */
export function toRows(path: string, samples: unknown, columns?: number, least = 1): Matrix {
  return checkLeast(path, toMatrix(path, samples, columns), least);
}

/** Samples as toSamples takes them, and not fewer than `least`. */
export function toSomeSamples(path: string, samples: unknown, columns?: number, least = 1): SampleRows {
  return checkLeast(path, toSamples(path, samples, columns), least);
}

function checkLeast<T extends { readonly rows: number }>(path: string, matrix: T, least: number): T {
  if (matrix.rows >= least) return matrix;
  throw new RelumineError("shape", path, `to have at least ${least} ${least === 1 ? "row" : "rows"}`, `${matrix.rows}`);
}

/** As toRows, in float64: rows of numbers keep all their digits. */
export function toRows64(path: string, samples: unknown, columns?: number, least = 1): Matrix64 {
  if (!Array.isArray(samples)) {
    const { data, ...shape } = toRows(path, samples, columns, least);
    return { ...shape, data: Float64Array.from(data) };
  }
  const matrix = checkLeast(
    path,
    rowsToMatrix(path, samples, (length) => new Float64Array(length)),
    least,
  );
  checkWidth(path, matrix, columns);
  const i = matrix.data.findIndex((value) => !Number.isFinite(value));
  if (i < 0) return matrix;
  const place = `row ${Math.floor(i / matrix.columns)}, column ${i % matrix.columns} (counted from 0)`;
  throw new RelumineError("value", path, "to have finite numbers", `${matrix.data[i]} in ${place}`);
}

/** Whether the row from `start` on is a single 1 among zeros. */
export function isOneHot(data: Float32Array, start: number, columns: number): boolean {
  let ones = 0;
  for (let i = start; i < start + columns; i++) {
    if (data[i] === 1) ones++;
    else if (data[i] !== 0) return false;
  }
  return ones === 1;
}

/** Whether all rows are. */
export function areOneHot({ columns, data }: Pick<Matrix, "columns" | "data">): boolean {
  for (let start = 0; start < data.length; start += columns) if (!isOneHot(data, start, columns)) return false;
  return true;
}
