// Linear least squares with a constant column, in float64: the normal equations by Cholesky. A trace of ridge keeps
// constant columns from mattering.
import type { Matrix } from "../../index.js";

const RIDGE = 1e-9; // times the rows: below what float32 could show

/** columns + 1 weights for each output; the last one is the constant. */
export type LinearFit = readonly Float64Array[];

function normalMatrix({ rows, columns, data }: Matrix): Float64Array[] {
  const size = columns + 1;
  const matrix = Array.from({ length: size }, () => new Float64Array(size));
  const row = new Float64Array(size).fill(1);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) row[c] = data[r * columns + c];
    for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) matrix[i][j] += row[i] * row[j];
  }
  for (let i = 0; i < size; i++) matrix[i][i] += RIDGE * rows;
  return matrix;
}

/** The lower triangle of a positive definite matrix becomes its Cholesky factor. */
function factor(matrix: Float64Array[]): void {
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k++) sum -= matrix[i][k] * matrix[j][k];
      matrix[i][j] = i === j ? Math.sqrt(sum) : sum / matrix[j][j];
    }
  }
}

function solve(lower: readonly Float64Array[], right: Float64Array): Float64Array {
  const x = right.slice();
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i][k] * x[k];
    x[i] /= lower[i][i];
  }
  for (let i = x.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < x.length; k++) x[i] -= lower[k][i] * x[k];
    x[i] /= lower[i][i];
  }
  return x;
}

/** The weights that make the squared error over all rows least, one output after another. */
export function fitLinear(x: Matrix, y: Matrix): LinearFit {
  const lower = normalMatrix(x);
  factor(lower);
  return Array.from({ length: y.columns }, (_, output) => {
    const right = new Float64Array(x.columns + 1);
    for (let r = 0; r < x.rows; r++) {
      const target = y.data[r * y.columns + output];
      for (let c = 0; c < x.columns; c++) right[c] += x.data[r * x.columns + c] * target;
      right[x.columns] += target;
    }
    return solve(lower, right);
  });
}

export function predictLinear(fit: LinearFit, { rows, columns, data }: Matrix): Matrix {
  const out = new Float32Array(rows * fit.length);
  for (let r = 0; r < rows; r++) {
    fit.forEach((weights, output) => {
      let sum = weights[columns];
      for (let c = 0; c < columns; c++) sum += weights[c] * data[r * columns + c];
      out[r * fit.length + output] = sum;
    });
  }
  return { rows, columns: fit.length, data: out };
}
