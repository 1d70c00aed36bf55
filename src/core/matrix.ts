// Rows of float32 numbers, row-major: one row per sample.
import { describe, isFloat32 } from "./checks.js";
import { RelumineError } from "./errors.js";

/** rows x columns numbers; element (r, c) is data[r * columns + c]. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Length rows * columns. */
  readonly data: Float32Array;
}

/** A Matrix, or an array with one array of numbers per sample. */
export type Samples = Matrix | readonly ArrayLike<number>[];

export function isMatrix(value: unknown): value is Matrix {
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

function checkMatrix(name: string, matrix: Matrix): Matrix {
  const { rows, columns, data } = matrix;
  for (const [part, size] of [
    ["rows", rows],
    ["columns", columns],
  ] as const) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new RelumineError("shape", `${name}.${part} is ${describe(size)}; wanted is a whole number, at least 0`);
    }
  }
  if (!(data instanceof Float32Array)) {
    throw new RelumineError("value", `${name}.data is ${describe(data)}; wanted is a Float32Array`);
  }
  if (data.length !== rows * columns) {
    throw new RelumineError(
      "shape",
      `${name}.data has ${data.length} numbers; ${rows} rows x ${columns} columns want ${rows * columns}`,
    );
  }
  return matrix;
}

function checkRow(name: string, row: unknown, r: number): void {
  if (!isArrayLike(row))
    throw new RelumineError("shape", `${name}[${r}] is ${describe(row)}; wanted is a row of numbers`);
}

function rowsToMatrix(name: string, rows: readonly ArrayLike<number>[]): Matrix {
  if (rows.length > 0) checkRow(name, rows[0], 0); // before its length is believed
  const columns = rows.length === 0 ? 0 : rows[0].length;
  if (rows.length * columns > MAX_FLOATS) {
    throw new RelumineError(
      "memory",
      `${name} has ${rows.length} rows of ${columns} numbers; wanted are at most ${MAX_FLOATS} numbers`,
    );
  }
  const data = new Float32Array(rows.length * columns);
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r];
    checkRow(name, row, r);
    if (row.length !== columns) {
      throw new RelumineError(
        "shape",
        `${name}[${r}] has ${row.length} numbers and ${name}[0] has ${columns}; wanted are rows of equal length`,
      );
    }
    for (let c = 0; c < columns; c++) {
      if (typeof row[c] !== "number")
        throw new RelumineError("value", `${name}[${r}][${c}] is ${describe(row[c])}; wanted is a number`);
      data[r * columns + c] = row[c];
    }
  }
  return { rows: rows.length, columns, data };
}

/** Whether all numbers are finite: x - x is 0, but NaN where x is not. Four sums run beside each other, which halves the time (measured). */
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

function checkFinite(name: string, { columns, data }: Matrix): void {
  if (isFinite(data)) return;
  const i = data.findIndex((value) => !isFloat32(value));
  throw new RelumineError(
    "value",
    `${name} has ${data[i]} in row ${Math.floor(i / columns)}, column ${i % columns} (as float32, counted from 0); wanted are finite numbers`,
  );
}

/**
 * Samples as a Matrix: a view of a given Matrix, a copy of rows. Refuses ragged rows, a lying length, numbers that
 * are not finite as float32, and, where `columns` is given, another width.
 */
export function toMatrix(name: string, samples: unknown, columns?: number): Matrix {
  if (!isMatrix(samples) && !Array.isArray(samples)) {
    throw new RelumineError(
      "shape",
      `${name} is ${describe(samples)}; wanted is a Matrix { rows, columns, data } or an array of rows`,
    );
  }
  const matrix = isMatrix(samples) ? checkMatrix(name, samples) : rowsToMatrix(name, samples);
  if (columns !== undefined && matrix.columns !== columns && matrix.rows > 0) {
    throw new RelumineError("shape", `${name} has ${matrix.columns} columns; wanted are ${columns}`);
  }
  checkFinite(name, matrix);
  return matrix;
}
