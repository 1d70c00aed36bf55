// The arrays that a layer's weights are: which there are, and what numbers they hold.
import { learnsAlpha } from "../../activations/activations.js";
import { isFloat32 } from "../../core/checks.js";
import type { ResolvedDenseSpec } from "../spec.js";
import type { Weights } from "../types.js";

/** What a layer may have, in the order in which it is told. */
export const WEIGHT_NAMES = [
  "kernel",
  "bias",
  "alpha",
  "gamma",
  "beta",
  "runningMean",
  "runningVariance",
] as const satisfies readonly (keyof Weights)[];

export function hasWeights(name: keyof Weights, { activation, normalization }: ResolvedDenseSpec): boolean {
  if (name === "alpha") return learnsAlpha(activation.name);
  if (name === "gamma" || name === "beta") return normalization !== undefined;
  return !name.startsWith("running") || normalization?.kind === "batch";
}

/** Whether such a weight may be this number. */
export function isWeight(name: keyof Weights, value: number): boolean {
  return isFloat32(value) && (name !== "runningVariance" || value >= 0);
}
