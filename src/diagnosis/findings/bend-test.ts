// Do the data need a bend? Two fits that are convex, so that nothing depends on a training: of the inputs alone, and of
// the inputs with random relu features (Rahimi and Recht 2008), each judged on rows that it was not fitted to.
import { mulberry32 } from "../../core/random.js";
import { denseRows, type Matrix64, type SampleRows, takeSamples } from "../../core/matrix.js";
import { meanAndSpread } from "../../core/statistics.js";

/**
 * Rows, columns and outputs that are looked at, at most: 0.1 s where targets are numbers, 1.2 s where they are classes.
 */
export const MOST_ROWS = 400;
const MOST_COLUMNS = 64;
const MOST_OUTPUTS = 12;
const FEWEST_ROWS = 20;
const RELUS = 64;
/** Ridge penalties a row; the best of each fit counts. */
const PENALTIES = [1e-6, 1e-3, 1e-1];
/** Steps of a logistic fit, by accelerated gradients (Nesterov 1983). */
const STEPS = 150;

export interface BendTest {
  /** Held-out losses over that of a constant: 1 says nothing. */
  readonly linear: number;
  readonly bent: number;
  readonly rows: number;
}

const zeros = (rows: number, columns: number): Matrix64 => ({ rows, columns, data: new Float64Array(rows * columns) });

/** These rows, of the given columns, with mean 0 and spread 1, and a column of ones before them. */
function standardizedRows(x: SampleRows, rows: Int32Array, columns: readonly number[]): Matrix64 {
  const { data, columns: all } = denseRows(takeSamples(x, rows));
  const result = zeros(rows.length, columns.length + 1);
  const width = result.columns;
  for (let r = 0; r < rows.length; r++) result.data[r * width] = 1;
  columns.forEach((column, c) => {
    const values = Float64Array.from(rows, (_, r) => data[r * all + column]);
    const { mean, spread } = meanAndSpread(values);
    values.forEach((value, r) => (result.data[r * width + c + 1] = (value - mean) / (spread || 1)));
  });
  return result;
}

/** The rows with relu features of random directions through the cloud of rows beside it. */
function withRelus(x: Matrix64, count: number): Matrix64 {
  const random = mulberry32(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const inputs = x.columns;
  const result = zeros(x.rows, inputs + count);
  for (let r = 0; r < x.rows; r++) result.data.set(x.data.subarray(r * inputs, (r + 1) * inputs), r * result.columns);
  for (let k = 0; k < count; k++) {
    const direction = Float64Array.from({ length: inputs - 1 }, normal);
    const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    const at = Math.floor(random() * x.rows); // a corner of the feature lies at a row
    const along = (row: number) => {
      let sum = 0;
      for (let c = 1; c < inputs; c++) sum += (direction[c - 1] / norm) * x.data[row * inputs + c];
      return sum;
    };
    const corner = along(at);
    for (let r = 0; r < x.rows; r++) result.data[r * result.columns + inputs + k] = Math.max(0, along(r) - corner);
  }
  return result;
}

/** Solves A·w = b for a symmetric positive definite A, in place (Cholesky). */
function solve(a: Float64Array, n: number, right: readonly Float64Array[]): Float64Array[] {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j * n + j];
    }
  }
  return right.map((b) => {
    const w = Float64Array.from(b);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) w[i] -= a[i * n + k] * w[k];
      w[i] /= a[i * n + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) w[i] -= a[k * n + i] * w[k];
      w[i] /= a[i * n + i];
    }
    return w;
  });
}

/** Rows of a fold: every other one. */
const foldOf = (rows: number, fold: number): number[] =>
  Array.from({ length: rows }, (_, r) => r).filter((r) => r % 2 === fold);

function predict(x: Matrix64, weights: readonly Float64Array[], row: number): Float64Array {
  return Float64Array.from(weights, (w) => {
    let sum = 0;
    for (let c = 0; c < x.columns; c++) sum += w[c] * x.data[row * x.columns + c];
    return sum;
  });
}

type Fit = (x: Matrix64, y: Matrix64, rows: readonly number[], penalty: number) => Float64Array[];
type RowLoss = (outputs: Float64Array, y: Matrix64, row: number) => number;

/** w = (XᵀX + n·penalty)⁻¹ Xᵀy; the constant is not penalized. */
const leastSquares: Fit = (x, y, rows, penalty) => {
  const n = x.columns;
  const gram = new Float64Array(n * n);
  const right = Array.from({ length: y.columns }, () => new Float64Array(n));
  for (const r of rows) {
    const at = r * n;
    for (let i = 0; i < n; i++) {
      const value = x.data[at + i];
      if (value === 0) continue;
      for (let j = 0; j <= i; j++) gram[i * n + j] += value * x.data[at + j];
      for (let k = 0; k < y.columns; k++) right[k][i] += value * y.data[r * y.columns + k];
    }
  }
  for (let i = 1; i < n; i++) gram[i * n + i] += penalty * rows.length;
  return solve(gram, n, right);
};

const squaredError: RowLoss = (outputs, y, row) =>
  outputs.reduce((sum, value, k) => sum + (value - y.data[row * y.columns + k]) ** 2, 0);

/** Probabilities of logits, in place. */
function softmax(z: Float64Array): Float64Array {
  let most = -Infinity;
  for (let k = 0; k < z.length; k++) most = Math.max(most, z[k]);
  let sum = 0;
  for (let k = 0; k < z.length; k++) sum += z[k] = Math.exp(z[k] - most);
  for (let k = 0; k < z.length; k++) z[k] /= sum;
  return z;
}

/** Rows that go through a gradient together: sums over them stay in registers. */
const BLOCK = 4;

/** The rows, in blocks: those that are wanting to the last one are 0. */
interface Blocks {
  readonly rows: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Those rows of x and y, side by side. */
function blocksOf(x: Matrix64, y: Matrix64, rows: readonly number[]): Blocks {
  const count = Math.ceil(rows.length / BLOCK) * BLOCK;
  const take = ({ columns, data }: Matrix64): Float64Array => {
    const taken = new Float64Array(count * columns);
    rows.forEach((row, r) => taken.set(data.subarray(row * columns, (row + 1) * columns), r * columns));
    return taken;
  };
  return { rows: rows.length, x: take(x), y: take(y) };
}

/**
 * A block's logits of one output. Plain variables, here and for its gradient: by lists of them, or with rows one by
 * one, it takes twice as long.
 * @param at where the first row begins
 * @param p outputs x BLOCK: logits, then their gradients
 */
function setLogits(x: Float64Array, at: number, w: Float64Array, n: number, output: number, p: Float64Array): void {
  const second = at + n;
  const third = second + n;
  const fourth = third + n;
  const from = output * n;
  let p0 = 0;
  let p1 = 0;
  let p2 = 0;
  let p3 = 0;
  for (let c = 0; c < n; c++) {
    const weight = w[from + c];
    p0 += weight * x[at + c];
    p1 += weight * x[second + c];
    p2 += weight * x[third + c];
    p3 += weight * x[fourth + c];
  }
  p[BLOCK * output] = p0;
  p[BLOCK * output + 1] = p1;
  p[BLOCK * output + 2] = p2;
  p[BLOCK * output + 3] = p3;
}

/** Adds what a block's rows give of one output's gradient. */
function addProducts(x: Float64Array, at: number, p: Float64Array, n: number, output: number, to: Float64Array): void {
  const second = at + n;
  const third = second + n;
  const fourth = third + n;
  const from = output * n;
  const p0 = p[BLOCK * output];
  const p1 = p[BLOCK * output + 1];
  const p2 = p[BLOCK * output + 2];
  const p3 = p[BLOCK * output + 3];
  for (let c = 0; c < n; c++)
    to[from + c] = to[from + c] + p0 * x[at + c] + p1 * x[second + c] + p2 * x[third + c] + p3 * x[fourth + c];
}

/**
 * Adds the gradient of the rows' mean cross-entropy; weights and gradient are outputs x columns. Each sum goes over
 * columns, or rows, in their order, so that blocks change no bit of it.
 */
function addLogisticGradient({ rows, x, y }: Blocks, outputs: number, w: Float64Array, to: Float64Array): void {
  const n = w.length / outputs;
  const p = new Float64Array(BLOCK * outputs);
  const z = new Float64Array(outputs);
  for (let start = 0; start < rows; start += BLOCK) {
    for (let k = 0; k < outputs; k++) setLogits(x, start * n, w, n, k, p);
    for (let r = 0; r < BLOCK; r++) {
      for (let k = 0; k < outputs; k++) z[k] = p[k * BLOCK + r];
      softmax(z);
      const row = start + r;
      for (let k = 0; k < outputs; k++) p[k * BLOCK + r] = row < rows ? (z[k] - y[row * outputs + k]) / rows : 0;
    }
    for (let k = 0; k < outputs; k++) addProducts(x, start * n, p, n, k, to);
  }
}

/** Multinomial logistic regression. */
const logistic: Fit = (x, y, rows, penalty) => {
  const n = x.columns;
  const size = y.columns * n;
  let [weights, before] = [new Float64Array(size), new Float64Array(size)];
  const [ahead, gradient] = [new Float64Array(size), new Float64Array(size)];
  const blocks = blocksOf(x, y, rows);
  let squares = 0;
  for (const r of rows) for (let c = 0; c < n; c++) squares += x.data[r * n + c] ** 2;
  // The curvature is at most half of the mean squared norm of a row (Böhning 1992).
  const rate = 1 / ((0.5 * squares) / rows.length + penalty);
  for (let step = 0; step < STEPS; step++) {
    const momentum = step / (step + 3);
    for (let i = 0; i < size; i++) {
      ahead[i] = weights[i] + momentum * (weights[i] - before[i]);
      gradient[i] = i % n === 0 ? 0 : penalty * ahead[i]; // the constant is not penalized
    }
    addLogisticGradient(blocks, y.columns, ahead, gradient);
    [weights, before] = [before, weights];
    for (let i = 0; i < size; i++) weights[i] = ahead[i] - rate * gradient[i];
  }
  return Array.from({ length: y.columns }, (_, k) => weights.slice(k * n, (k + 1) * n));
};

const crossEntropy: RowLoss = (outputs, y, row) => {
  const p = softmax(outputs);
  return p.reduce((sum, value, k) => sum - y.data[row * y.columns + k] * Math.log(Math.max(value, 1e-12)), 0);
};

/** The mean loss on rows that were not fitted to, of the best penalty. */
function heldOut(x: Matrix64, y: Matrix64, fit: Fit, loss: RowLoss): number {
  const errors = PENALTIES.map((penalty) => {
    let sum = 0;
    for (const fold of [0, 1]) {
      const weights = fit(x, y, foldOf(x.rows, 1 - fold), penalty);
      for (const row of foldOf(x.rows, fold)) sum += loss(predict(x, weights, row), y, row);
    }
    return sum / x.rows;
  });
  return Math.min(...errors);
}

interface Judged {
  readonly plain: Matrix64;
  readonly y: Matrix64;
  readonly areClasses: boolean;
  readonly result: BendTest | undefined;
}

/**
 * What was judged last, the newest first: a diagnosis that is made again and again, of a network in training, asks of
 * the same rows, of those that are closed, and of balanced ones.
 */
let judged: readonly Judged[] = [];
const MOST_JUDGED = 3;

const isSame = (a: Matrix64, b: Matrix64) =>
  a.rows === b.rows && a.columns === b.columns && a.data.every((value, i) => value === b.data[i]);

/**
 * Undefined where there are too few rows, or too many columns or outputs, to tell.
 * @param columns of x that are not the same in every row
 * @param targetOf a row's targets, `outputs` numbers; of classes the probability of each
 */
export function testForBend(
  x: SampleRows,
  columns: readonly number[],
  outputs: number,
  targetOf: (row: number) => ArrayLike<number>,
  areClasses: boolean,
): BendTest | undefined {
  if (x.rows < FEWEST_ROWS || columns.length > MOST_COLUMNS || columns.length === 0 || outputs > MOST_OUTPUTS)
    return undefined;
  const random = mulberry32(3);
  const order = Int32Array.from({ length: x.rows }, (_, r) => r);
  for (let r = x.rows - 1; r > 0; r--) {
    const other = Math.floor(random() * (r + 1));
    [order[r], order[other]] = [order[other], order[r]];
  }
  const rows = order.subarray(0, Math.min(MOST_ROWS, x.rows));
  const plain = standardizedRows(x, rows, columns);
  const y = zeros(rows.length, outputs);
  rows.forEach((row, r) => y.data.set(targetOf(row), r * outputs));
  const found = judged.find((one) => one.areClasses === areClasses && isSame(one.plain, plain) && isSame(one.y, y)) ?? {
    plain,
    y,
    areClasses,
    result: judge(plain, y, areClasses),
  };
  judged = [found, ...judged.filter((one) => one !== found)].slice(0, MOST_JUDGED);
  return found.result;
}

function judge(plain: Matrix64, y: Matrix64, areClasses: boolean): BendTest | undefined {
  const { rows } = plain;
  const [fit, loss] = areClasses ? ([logistic, crossEntropy] as const) : ([leastSquares, squaredError] as const);
  const constant = heldOut({ ...zeros(rows, 1), data: new Float64Array(rows).fill(1) }, y, fit, loss);
  if (!(constant > 0)) return undefined;
  const bent = withRelus(plain, Math.min(RELUS, Math.floor(rows / 4)));
  return {
    linear: heldOut(plain, y, fit, loss) / constant,
    bent: heldOut(bent, y, fit, loss) / constant,
    rows,
  };
}
