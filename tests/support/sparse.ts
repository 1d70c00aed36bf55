// Sparse rows, and the same rows with their zeros.
import { seededRandom } from "./random.js";
import { toMatrix } from "../../src/core/matrix.js";
import type { Matrix, Samples, SparseMatrix } from "../../src/index.js";

/** The same rows with their zeros. */
export function withZeros({ rows, columns, rowOffsets, columnIndices, values }: SparseMatrix): Matrix {
  const data = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let i = rowOffsets[r]!; i < rowOffsets[r + 1]!; i++)
      data[r * columns + columnIndices[i]!] = values ? values[i]! : 1;
  return { rows, columns, data };
}

/** Rows whose elements are there with a chance; without `hasValues` they are ones. */
export function drawSparse(rows: number, columns: number, share: number, seed: number, hasValues = true): SparseMatrix {
  const random = seededRandom(seed);
  const rowOffsets = [0];
  const columnIndices: number[] = [];
  const values: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      if (random() >= share) continue;
      columnIndices.push(c);
      values.push(Math.fround(random() * 2 - 1));
    }
    rowOffsets.push(columnIndices.length);
  }
  return {
    rows,
    columns,
    rowOffsets: Uint32Array.from(rowOffsets),
    columnIndices: Uint32Array.from(columnIndices),
    ...(hasValues && { values: Float32Array.from(values) }),
  };
}

/** All numbers of some rows, zeros too. */
export const numbersOf = (x: Samples): Float32Array => toMatrix("x", x).data;
