// Mean and spread of each column of a matrix, in float64.
import type { Matrix } from "../../core/matrix.js";

/** In one pass; deviations are taken from the first row, so that a small spread around a large mean is not lost. */
export function measureColumns({ rows, columns, data }: Matrix): {
  readonly mean: number[];
  readonly spread: number[];
} {
  const sum = new Array<number>(columns).fill(0),
    squares = sum.slice();
  for (let start = 0; start < data.length; start += columns) {
    for (let c = 0; c < columns; c++) {
      const deviation = data[start + c] - data[c];
      sum[c] += deviation;
      squares[c] += deviation * deviation;
    }
  }
  return {
    mean: sum.map((total, c) => data[c] + total / rows),
    spread: squares.map((total, c) => Math.sqrt(Math.max(0, total / rows - (sum[c] / rows) ** 2))),
  };
}
