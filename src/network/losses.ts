// What is told of each loss by its name; its kernels are in assembly/loss.ts.
import { activationCode } from "../wasm/abi.js";
import type { Runtime } from "../wasm/runtime.js";

/** What `predict` makes of the last layer's outputs. */
type Link = "softmax" | "sigmoid" | "identity";

interface LossRecord {
  /** The mean is over rows, or over rows and outputs. */
  readonly mean: "rows" | "outputs";
  readonly link: Link;
}

const LOSSES = {
  /** Of labels or class probabilities, over the softmax of logits. */
  crossEntropy: { mean: "rows", link: "softmax" },
  /** Of 0, 1 or probabilities, output by output, over the sigmoid of logits. */
  binaryCrossEntropy: { mean: "outputs", link: "sigmoid" },
  meanSquaredError: { mean: "outputs", link: "identity" },
  meanAbsoluteError: { mean: "outputs", link: "identity" },
  huber: { mean: "outputs", link: "identity" },
} as const satisfies Record<Loss, LossRecord>;

/**
 * What a training minimizes. crossEntropy: of labels or class probabilities over the softmax of the outputs, mean over
 * rows; binaryCrossEntropy: of 0, 1 or probabilities over the sigmoid of each output; meanSquaredError,
 * meanAbsoluteError and huber: of numbers; means over rows and outputs.
 */
export type Loss = "crossEntropy" | "binaryCrossEntropy" | "meanSquaredError" | "meanAbsoluteError" | "huber";

export const LOSS_NAMES = /* @__PURE__ */ Object.keys(LOSSES) as Loss[];

/** What the sum of the losses of single rows or outputs is divided by. */
export function lossDivisor(loss: Loss, rows: number, outputs: number): number {
  return LOSSES[loss].mean === "rows" ? rows : rows * outputs;
}

/** Its targets are classes or their probabilities, its outputs logits. */
export function isClassification(loss: Loss): boolean {
  return LOSSES[loss].link !== "identity";
}

const SIGMOID = activationCode("sigmoid");

/**
 * Makes the outputs at `address`, rows x outputs, what `predict` gives: probabilities for the cross-entropies; in
 * place.
 */
export function applyLink({ kernels }: Runtime, loss: Loss, rows: number, outputs: number, address: number): void {
  const { link } = LOSSES[loss];
  if (link === "softmax") kernels.softmax(rows, outputs, address, address);
  if (link === "sigmoid") kernels.activationForward(SIGMOID, 0, 0, 1, rows * outputs, address, 0, address, 0, 0);
}
