// The mean loss of a network's last preactivations for every pair of output activation and loss, in float64, from its
// definition alone; gradients come by differences. Imports the naive network.
import { activate, forward, lossOf, type ReferenceLayer, type Rows, softmax } from "./network.js";

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

/** What the last activation makes of a row. */
export function outputsOf(output: string, z: readonly number[], alpha?: number): number[] {
  return output === "softmax" ? softmax(z) : z.map((value) => activate(output, value, alpha));
}

/** One row's loss. */
export function rowLoss({ output, loss, from }: ReferencePair, z: readonly number[], t: readonly number[]): number {
  const y = outputsOf(output, z);
  const taken = (values: readonly number[]) => lossOf(loss, [[...values]], [[...t]]).loss;
  if (!(loss in OF_PROBABILITIES) || from === "logits") return taken(y);
  if (from === "preactivations") return taken(z);
  // The one softmax or sigmoid that belongs to the loss is not held.
  const isOwn = output === (loss === "crossEntropy" ? "softmax" : "sigmoid");
  return isOwn ? taken(z) : OF_PROBABILITIES[loss](y, t);
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
