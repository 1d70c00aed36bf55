// All programs of the exam, by the set that they belong to.
import type { Program } from "./program.js";
import { RELU } from "./relu.js";
import { SOFTMAX } from "./softmax.js";

export const EXAM = { R: RELU, S: SOFTMAX } satisfies Readonly<Record<string, readonly Program[]>>;
export type SetName = keyof typeof EXAM;
