// Mean and spread of each column of a matrix, in float64.
import type { Matrix } from "../../core/matrix.js";

/** In one pass; deviations are taken from the first row, so that a small spread around a large mean is not lost. */
export function measureColumns({ rows, columns, data }: Matrix): {
  readonly mean: number[];
  readonly spread: number[];
} {
  const [sum, squares, first] = [new Float64Array(columns), new Float64Array(columns), data.slice(0, columns)];
  for (let start = 0; start < data.length; start += columns) {
    for (let c = 0; c < columns; c++) {
      const deviation = data[start + c] - first[c];
      sum[c] += deviation;
      squares[c] += deviation * deviation;
    }
  }
  return {
    mean: Array.from(sum, (total, c) => data[c] + total / rows),
    spread: Array.from(squares, (total, c) => Math.sqrt(Math.max(0, total / rows - (sum[c] / rows) ** 2))),
  };
}
