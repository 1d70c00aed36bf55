// How many units of a first layer start dead by the inputs' mean alone. For rows of weights in random directions and
// biases of 0, z = w·mean + w·(x - mean) is normal in both parts, |mean| and |spread| over sqrt(inputs); a unit never
// fires if the first is below the largest that n draws of the second reach: share Phi(-m(n) / gamma), gamma = |mean| /
// |spread|, m(n) the mean of the largest of n standard normals. Gamma as the measure: Simon 2026 (arXiv 2605.31518);
// the closed form: derived, and held against simulations in tests.
import { normalCdf } from "../../activations/analysis.js";
import { checkInteger, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { densePieces, type SampleRows, type Samples, toRows, toSomeSamples } from "../../core/matrix.js";
import { isSparse, measureSparse } from "../../core/sparse.js";
import { sum } from "../../core/statistics.js";

/** What `forecastDeadLatents` needs to know of the inputs. */
export interface InputMoments {
  /** Each column's mean. */
  readonly mean: ArrayLike<number>;
  /** Each column's standard deviation. */
  readonly std: ArrayLike<number>;
  /** Rows that a unit would have to be silent on. */
  readonly rows: number;
}

/** What `forecastDeadLatents` says. */
export interface LatentForecast {
  /** The length of the inputs' mean over that of their standard deviations: 0 where they are centred. */
  readonly gamma: number;
  /** The share of units that fire on none of the rows, of random directions and biases of 0. */
  readonly deadShare: number;
  /** Rows that it is about. */
  readonly rows: number;
}

const STEP = 1 / 256;
const END = 12;

/** m(n), the integral of 1 - Phi^n above 0 less that of Phi^n below it. */
function meanOfLargest(n: number): number {
  let total = 0;
  for (let i = 0; i <= END / STEP; i++) {
    const tail = Math.max(0, normalCdf(-i * STEP)); // rounding may take it below
    const above = -Math.expm1(n * Math.log1p(-tail));
    const below = tail ** n;
    total += (i === 0 || i === END / STEP ? 0.5 : 1) * (above - below);
  }
  return total * STEP;
}

/** Each column's mean and variance. */
function measureDense(x: SampleRows) {
  const { rows, columns } = x;
  const mean = new Float64Array(columns);
  const variance = new Float64Array(columns);
  const visit = (see: (value: number, column: number) => void) => {
    for (const { piece } of densePieces(x)) piece.data.forEach((value, at) => see(value, at % columns));
  };
  visit((value, column) => (mean[column] += value / rows));
  visit((value, column) => (variance[column] += (value - mean[column]) ** 2 / rows));
  return { mean, variance };
}

/** Squared lengths of the columns' means and of their standard deviations. */
function momentsOf(x: SampleRows) {
  const { mean, variance } = isSparse(x) ? measureSparse(x) : measureDense(x);
  return { rows: x.rows, mean: squares(mean), spread: sum(Array.from(variance)) };
}

function squares(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] * values[i];
  return total;
}

function isMoments(x: unknown): x is InputMoments {
  return typeof x === "object" && x !== null && !Array.isArray(x) && "mean" in x && "std" in x;
}

function readMoments(given: InputMoments) {
  const { mean, std, rows } = checkOptions("x", given, ["mean", "std", "rows"]);
  checkInteger("x.rows", rows, { low: 1 });
  const [means, deviations] = [toRows("x.mean", [mean]), toRows("x.std", [std])];
  if (means.columns !== deviations.columns)
    throw new RelumineError(
      "shape",
      "x.std",
      `to have ${means.columns} numbers, as x.mean has`,
      `${deviations.columns}`,
    );
  const negative = deviations.data.find((each) => each < 0);
  if (negative !== undefined)
    throw new RelumineError("value", "x.std", "to have no number below 0", describe(negative));
  return { rows, mean: squares(means.data), spread: squares(deviations.data) };
}

/**
 * The share of latents of a sparse autoencoder, or of units of any first layer of relus, that start dead because the
 * inputs are far from centred: from their mean and spread alone, for weights in random directions and biases of 0.
 * Centring the inputs (`centerInputs`, or a decoder's bias that is taken from them) brings it to 0.
 * @param x the inputs, rows x columns, or { mean, std, rows } of them
 * @cost two passes over the numbers
 * @throws RelumineError "value" or "shape"
 * @example forecastDeadLatents({ mean, std, rows: 2000 }).deadShare; // gamma 4: 0.195
 */
export function forecastDeadLatents(x: Samples | InputMoments): LatentForecast {
  const { rows, mean, spread } = isMoments(x) ? readMoments(x) : momentsOf(toSomeSamples("x", x));
  const gamma = mean === 0 ? 0 : Math.sqrt(mean / spread);
  return { gamma, deadShare: gamma === 0 ? 0 : normalCdf(-meanOfLargest(rows) / gamma), rows };
}
