// What a model ends with: the head, which is no part of the last layer but chooses the loss.
import { factsOf, type Loss, type LossSpec } from "../../network/losses.js";
import { type Affine, isIdentity, isSmooth, withoutDropout } from "./value.js";
import { type ImportedLayer, layersOf } from "./layers.js";
import type { ModelChange, TrainingParts } from "./training-parts.js";

/** What makes probabilities of the last layer's outputs; "none": they are the outputs. */
export type Head = "softmax" | "logSoftmax" | "sigmoid" | "none";

export const HEADS: readonly Head[] = ["softmax", "logSoftmax", "sigmoid", "none"];

/** A chain that was read. */
export interface ReadChain {
  readonly layers: readonly ImportedLayer[];
  /** What a person should know of how it became one. */
  readonly warnings?: readonly string[];
  /** What became of batch normalizations and dropout. */
  readonly changes?: readonly ModelChange[];
  readonly head: Head;
}

/** What a model computes, before its head. */
export interface HeadedValue {
  readonly value: Affine;
  readonly head: Head;
}

/** A sigmoid at the end of a value is the head. */
export function withHead(value: Affine, head: Head = "none"): HeadedValue {
  const last = withoutDropout(value);
  const { term } = last;
  if (head === "none" && isSmooth(term, "sigmoid") && isIdentity(last))
    return { value: term.argument, head: "sigmoid" };
  return { value: last, head };
}

/** The layers behind a value, and what became of the parts that its reader met. */
export function chainOfHeaded({ value, head }: HeadedValue, parts?: TrainingParts): ReadChain {
  const { kept, layers, warnings } = layersOf(value);
  // a remedy may want to lift biases that the file does not have
  const biased = parts?.leavesOutBiases ? layers : layers.map(({ useBias: _useBias, ...layer }) => layer);
  return { layers: biased, warnings, head, ...(parts && { changes: parts.changes(kept) }) };
}

/** The same; a sigmoid at its end is the head. */
export function chainOf(value: Affine, head?: Head, parts?: TrainingParts): ReadChain {
  return chainOfHeaded(withHead(value, head), parts);
}

const HEAD_OF: Readonly<Partial<Record<Loss, Head>>> = { crossEntropy: "softmax", binaryCrossEntropy: "sigmoid" };

/**
 * What `predict` applies behind the last layer: the head of a loss that takes logits, none where it takes
 * probabilities.
 */
export function headOf(loss: Loss | LossSpec): Head {
  const { name, from } = factsOf(loss);
  return (from === "logits" && HEAD_OF[name]) || "none";
}

/** The loss that a head's outputs are trained with. */
export function lossOf(head: Head): Loss {
  if (head === "sigmoid") return "binaryCrossEntropy";
  return head === "none" ? "meanSquaredError" : "crossEntropy";
}
