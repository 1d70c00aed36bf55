// All programs of the exam, by the set that they belong to.
import { LAST_LAYER } from "./last-layer.js";
import { PLANTED } from "./planted.js";
import type { Program } from "./program.js";
import { RELU } from "./relu.js";
import { SOFTMAX } from "./softmax.js";
import { TRAINING } from "./training.js";

export const EXAM = { R: RELU, S: SOFTMAX, L: LAST_LAYER, T: TRAINING } satisfies Readonly<
  Record<string, readonly Program[]>
>;

/** With the faults that have no published marks. */
export const ALL_SETS = { ...EXAM, P: PLANTED } satisfies Readonly<Record<string, readonly Program[]>>;
export type SetName = keyof typeof ALL_SETS;
