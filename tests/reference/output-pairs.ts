// The mean loss of a network's last preactivations for every pair of output activation and loss, in float64, from its
// definition alone; gradients come by differences. Imports the naive network.
import { activate, forward, type ReferenceLayer, type Rows, softmax } from "./network.js";

export interface ReferencePair {
  /** The last layer's activation. */
  readonly output: string;
  readonly loss: string;
  readonly from: "logits" | "probabilities" | "preactivations";
}

const SMALLEST = 1e-7;
const held = (p: number) => Math.min(Math.max(p, SMALLEST), 1 - SMALLEST);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** Keras's definitions on probabilities; categorical cross-entropy first divides by the row's sum. */
const OF_PROBABILITIES: Record<string, (y: readonly number[], t: readonly number[]) => number> = {
  crossEntropy: (y, t) => -sum(y.map((value, c) => t[c] * Math.log(held(value / sum(y))))),
  binaryCrossEntropy: (y, t) =>
    -mean(y.map((value, c) => t[c] * Math.log(held(value)) + (1 - t[c]) * Math.log(1 - held(value)))),
};

const OF_LOGITS: Record<string, (z: readonly number[], t: readonly number[]) => number> = {
  crossEntropy: (z, t) => {
    const most = Math.max(...z);
    return sum(z.map((value, c) => t[c] * (most - value + Math.log(sum(z.map((each) => Math.exp(each - most)))))));
  },
  binaryCrossEntropy: (z, t) =>
    mean(z.map((value, c) => Math.max(value, 0) - value * t[c] + Math.log1p(Math.exp(-Math.abs(value))))),
};

const OF_NUMBERS: Record<string, (y: number, t: number) => number> = {
  meanSquaredError: (y, t) => (y - t) ** 2,
  meanAbsoluteError: (y, t) => Math.abs(y - t),
  huber: (y, t) => (Math.abs(y - t) <= 1 ? (y - t) ** 2 / 2 : Math.abs(y - t) - 0.5),
  poisson: (y, t) => y - t * Math.log(y + SMALLEST),
};

/** What the last activation makes of a row. */
export function outputsOf(output: string, z: readonly number[], alpha?: number): number[] {
  return output === "softmax" ? softmax(z) : z.map((value) => activate(output, value, alpha));
}

/** One row's loss. */
export function rowLoss({ output, loss, from }: ReferencePair, z: readonly number[], t: readonly number[]): number {
  const y = outputsOf(output, z);
  if (loss in OF_NUMBERS) return mean(y.map((value, c) => OF_NUMBERS[loss](value, t[c])));
  if (from === "preactivations") return OF_LOGITS[loss](z, t);
  if (from === "logits") return OF_LOGITS[loss](y, t);
  // The one softmax or sigmoid that belongs to the loss is not held.
  const isOwn = output === (loss === "crossEntropy" ? "softmax" : "sigmoid");
  return isOwn ? OF_LOGITS[loss](z, t) : OF_PROBABILITIES[loss](y, t);
}

/** Of layers whose last one is linear, so that its outputs are what the pair's activation takes. */
export function pairLoss(
  pair: ReferencePair,
  layers: readonly ReferenceLayer[],
  x: Rows,
  targets: Rows,
  weights: readonly number[] = x.map(() => 1),
): number {
  const z = forward(layers, x).at(-1)!.a;
  return sum(z.map((row, r) => weights[r] * rowLoss(pair, row, targets[r]))) / sum(weights);
}
