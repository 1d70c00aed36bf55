// The gradient of the mean loss by what goes into the last activation, in float64, for every pair of the two.
import type { PreparedTargets } from "../../network/data.js";
import {
  factsOf,
  type Loss,
  lossDivisor,
  type LossFacts,
  type LossSpec,
  readsPreactivations,
} from "../../network/losses.js";
import { sigmoid, slope } from "../../activations/analysis.js";
import { forEachCountedTarget, SMALLEST } from "../learning/row-losses.js";
import type { Layer64 } from "../proof/layers64.js";

/** Such probabilities are held at their bound, and get no gradient. */
const isHeld = (p: number) => p < SMALLEST || p > 1 - SMALLEST;

type Derivative = (y: number, t: number) => number;

/** Derivatives of the element-wise losses by the output. */
const DERIVATIVES: Record<Exclude<Loss, "crossEntropy">, Derivative> = {
  binaryCrossEntropy: (y, t) => sigmoid(y) - t,
  meanSquaredError: (y, t) => 2 * (y - t),
  meanAbsoluteError: (y, t) => Math.sign(y - t),
  huber: (y, t) => Math.max(-1, Math.min(1, y - t)),
  poisson: (y, t) => 1 - t / (y + SMALLEST),
};

const ofProbability: Derivative = (p, t) => (isHeld(p) ? 0 : (p - t) / (p * (1 - p)));

const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);

function softmax(row: Float64Array): Float64Array {
  const most = row.reduce((a, b) => Math.max(a, b));
  const powers = row.map((value) => Math.exp(value - most));
  const sum = sumOf(powers);
  return powers.map((value) => value / sum);
}

/** Of each row of so many outputs. */
export function softmaxRows(z: Float64Array, units: number): Float64Array {
  const rows = new Float64Array(z.length);
  for (let at = 0; at < z.length; at += units) rows.set(softmax(z.subarray(at, at + units)), at);
  return rows;
}

/** Of the cross-entropy of outputs y that are probabilities once they are divided by their sum. */
function ofRowOfProbabilities(y: Float64Array, t: Float64Array): Float64Array {
  const sum = sumOf(y);
  const p = y.map((value) => value / sum);
  const slopes = p.map((value, c) => (isHeld(value) ? 0 : -t[c] / value));
  const mean = slopes.reduce((total, value, c) => total + value * p[c], 0);
  return slopes.map((value) => (value - mean) / sum);
}

/** Of one row's loss by what the loss reads, before the division. */
function ofRow({ name, from }: LossFacts, readsLogits: boolean, y: Float64Array, t: Float64Array): Float64Array {
  const isOfProbabilities = from === "probabilities" && !readsLogits;
  if (name !== "crossEntropy") {
    const derivative = isOfProbabilities ? ofProbability : DERIVATIVES[name];
    return y.map((value, c) => derivative(value, t[c]));
  }
  if (isOfProbabilities) return ofRowOfProbabilities(y, t);
  const weight = sumOf(t);
  return softmax(y).map((p, c) => weight * p - t[c]);
}

/** Of a row's gradient by softmax(z), in its place: that by z. */
function throughSoftmax(p: Float64Array, gradient: Float64Array): Float64Array {
  const mean = gradient.reduce((sum, value, c) => sum + value * p[c], 0);
  return gradient.map((value, c) => p[c] * (value - mean));
}

/**
 * Of the mean loss by the last layer's preactivations z, which gave the outputs y.
 * @returns rows x units, as z
 */
export function gradientByPreactivations(
  loss: Loss | LossSpec,
  { name: activation, alpha, units }: Pick<Layer64, "name" | "alpha" | "units">,
  z: Float64Array,
  y: Float64Array,
  targets: PreparedTargets,
): Float64Array {
  const facts = factsOf(loss);
  const readsLogits = readsPreactivations(loss, activation);
  const rows = z.length / units;
  const divisor = lossDivisor(loss, rows, units);
  const result = new Float64Array(z.length);
  forEachCountedTarget(facts, targets, units, (r, target) => {
    const [zRow, yRow] = [z, y].map((values) => values.subarray(r * units, (r + 1) * units));
    let gradient = ofRow(facts, readsLogits, readsLogits ? zRow : yRow, target);
    if (!readsLogits && activation === "softmax") gradient = throughSoftmax(yRow, gradient);
    else if (!readsLogits) gradient = gradient.map((value, c) => value && value * slope(activation, zRow[c], alpha[c]));
    result.set(
      gradient.map((value) => value / divisor),
      r * units,
    );
  });
  return result;
}
