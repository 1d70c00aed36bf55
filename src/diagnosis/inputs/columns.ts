// Mean and spread of each column of a matrix, in float64, and its range.
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

/** The smallest and the largest number of each column. */
export function columnRanges({ rows, columns, data }: Matrix): {
  readonly low: Float32Array;
  readonly high: Float32Array;
} {
  const low = data.slice(0, columns);
  const high = data.slice(0, columns);
  for (let row = 1, i = columns; row < rows; row++) {
    for (let c = 0; c < columns; c++, i++) {
      if (data[i] < low[c]) low[c] = data[i];
      if (data[i] > high[c]) high[c] = data[i];
    }
  }
  return { low, high };
}
