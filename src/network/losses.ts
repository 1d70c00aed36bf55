// What is told of each loss by its name; its kernels are in assembly/loss.ts.
import { activationCode } from "../wasm/abi.js";
import type { Runtime } from "../wasm/runtime.js";
import type { LayerActivationName, ObservedActivationName } from "../activations/activations.js";
import { checkName, checkNumber, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** What makes probabilities of the logits that a loss takes. */
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
  /** y - t·ln(y + 1e-7). */
  poisson: { mean: "outputs", link: "identity" },
} as const satisfies Record<Loss, LossRecord>;

/**
 * What a training minimizes. crossEntropy: of labels or class probabilities over the softmax of the outputs, mean over
 * rows; binaryCrossEntropy: of 0, 1 or probabilities over the sigmoid of each output; meanSquaredError,
 * meanAbsoluteError, huber and poisson (y - t·ln(y + 1e-7)): of numbers; means over rows and outputs.
 */
export type Loss =
  "crossEntropy" | "binaryCrossEntropy" | "meanSquaredError" | "meanAbsoluteError" | "huber" | "poisson";

export const LOSS_NAMES = /* @__PURE__ */ Object.keys(LOSSES) as Loss[];

/**
 * What a cross-entropy takes the last layer for.
 * - "logits": its outputs, whose softmax or sigmoid are the probabilities;
 * - "probabilities": its outputs are the probabilities. crossEntropy divides each row by its sum, and both hold them to
 *   [1e-7, 1 - 1e-7], with no gradient outside, as Keras defines them; the softmax under crossEntropy and the sigmoid
 *   under binaryCrossEntropy are computed from what goes into them, exactly and without limits;
 * - "preactivations": what goes into a last layer's softmax or sigmoid is taken as logits, whichever of the two the
 *   loss itself would apply. Keras on TensorFlow does so.
 */
export type LossSource = "logits" | "probabilities" | "preactivations";

const SOURCES: readonly LossSource[] = ["logits", "probabilities", "preactivations"];

/** A loss, and how it is to read outputs and targets. */
export interface LossSpec {
  /** Which one. */
  readonly name: Loss;
  /** Of the cross-entropies; default "probabilities" where the last layer is a softmax, else "logits". */
  readonly from?: LossSource;
  /**
   * "any": every finite number is a target, and one number a sample stands for all outputs, as in Keras. Default
   * "checked": classes and probabilities must be such, one for each output.
   */
  readonly targets?: "checked" | "any";
  /**
   * Of the cross-entropies: a share s from 0 to below 1 of each target that is spread over the classes, so that t
   * counts as (1 - s)·t + s / classes, of two classes in binaryCrossEntropy, as PyTorch and Keras define it. It is part
   * of the loss wherever that is told: in a training's logs, validation and `evaluate`; accuracy and the other figures
   * go by the targets themselves. Default 0.
   */
  readonly labelSmoothing?: number;
}

/** A loss with all that its kernels and its targets' check ask. */
export interface LossFacts {
  readonly name: Loss;
  /** "logits" where the loss is none of the cross-entropies. */
  readonly from: LossSource;
  readonly takesAnyTargets: boolean;
  /** 0: none. */
  readonly labelSmoothing: number;
}

/** The facts of a loss that was resolved. */
export function factsOf(loss: Loss | LossSpec): LossFacts {
  const spec: LossSpec = typeof loss === "string" ? { name: loss } : loss;
  const { name, from = "logits", targets, labelSmoothing = 0 } = spec;
  return { name, from, takesAnyTargets: targets === "any", labelSmoothing };
}

function checkSmoothing(given: number | undefined, name: Loss): number {
  if (given === undefined) return 0;
  const share = checkNumber("loss.labelSmoothing", given, { low: 0, high: 1, openHigh: true });
  if (isClassification(name)) return share;
  const expected = "to be left out, as only the cross-entropies have it";
  throw new RelumineError("value", "loss.labelSmoothing", expected, `${share}`);
}

/**
 * The loss as the caller gave it for this last layer, checked: a name alone where that says it all, from logits and
 * checked targets that count as they are.
 */
export function resolveLoss(given: unknown, output: LayerActivationName): Loss | LossSpec {
  const isName = typeof given !== "object" || given === null;
  const options = isName
    ? { name: given as Loss }
    : checkOptions("loss", given as LossSpec, ["name", "from", "targets", "labelSmoothing"]);
  const name = checkName(isName ? "loss" : "loss.name", options.name, LOSS_NAMES);
  const { from: givenFrom, targets = "checked" } = options;
  checkName("loss.targets", targets, ["checked", "any"]);
  const from = givenFrom ?? (isClassification(name) && output === "softmax" ? "probabilities" : "logits");
  checkName("loss.from", from, SOURCES);
  if (givenFrom !== undefined && !isClassification(name))
    throw new RelumineError("value", "loss.from", "to be left out, as only the cross-entropies have it", `${from}`);
  if (from === "preactivations" && output !== "softmax" && output !== "sigmoid") {
    const expected = "to be logits or probabilities where the last layer is neither softmax nor sigmoid";
    throw new RelumineError("value", "loss.from", expected, `preactivations of ${output}`);
  }
  const labelSmoothing = checkSmoothing(options.labelSmoothing, name);
  const isDefault = from === "logits" && (!isClassification(name) || output !== "softmax");
  if (targets === "checked" && isDefault && labelSmoothing === 0) return name;
  return Object.freeze({
    name,
    ...(isClassification(name) && { from }),
    ...(targets === "any" && { targets }),
    ...(labelSmoothing > 0 && { labelSmoothing }),
  });
}

/** What the sum of the losses of single rows or outputs is divided by. */
export function lossDivisor(loss: Loss | LossSpec, rows: number, outputs: number): number {
  return LOSSES[nameOf(loss)].mean === "rows" ? rows : rows * outputs;
}

export function nameOf(loss: Loss | LossSpec): Loss {
  return typeof loss === "string" ? loss : loss.name;
}

/** A target as the loss counts it: what is spread over `classes` is taken off it. */
export function smoothedTarget(target: number, { labelSmoothing }: LossFacts, classes: number): number {
  return labelSmoothing === 0 ? target : (1 - labelSmoothing) * target + labelSmoothing / classes;
}

/** Over how many classes the share of a target is spread. */
export function smoothedClasses({ name }: LossFacts, outputs: number): number {
  return name === "crossEntropy" ? outputs : 2;
}

/** Its targets are classes or their probabilities. */
export function isClassification(loss: Loss | LossSpec): boolean {
  return LOSSES[nameOf(loss)].link !== "identity";
}

/**
 * The loss reads what goes into the last activation instead of what comes out, and gives its gradient: those of the
 * softmax and the sigmoid that it would apply itself.
 */
export function readsPreactivations(loss: Loss | LossSpec, output: ObservedActivationName): boolean {
  const { name, from } = factsOf(loss);
  return from === "preactivations" || (from === "probabilities" && LOSSES[name].link === output);
}

/** The last layer's own softmax or sigmoid makes the probabilities: what goes into it are the logits. */
export function hasLogitsBefore(loss: Loss | LossSpec, output: LayerActivationName): boolean {
  return output === "softmax" || (output === "sigmoid" && factsOf(loss).from !== "logits");
}

const SIGMOID = activationCode("sigmoid");

/**
 * Makes the outputs at `address`, rows x outputs, what `predict` gives, in place: probabilities where the loss takes
 * them for logits.
 */
export function applyLink(
  { kernels }: Runtime,
  loss: Loss | LossSpec,
  rows: number,
  outputs: number,
  address: number,
): void {
  const { name, from } = factsOf(loss);
  const { link } = LOSSES[name];
  if (from !== "logits") return;
  if (link === "softmax") kernels.softmax(rows, outputs, address, address);
  if (link === "sigmoid") kernels.activationForward(SIGMOID, 0, 0, 1, rows * outputs, address, 0, address, 0, 0);
}
