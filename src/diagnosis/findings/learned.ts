// Whether the network has learned, as far as findings depend on it.
import type { Evidence } from "./evidence.js";
import { LEARNED, SOME } from "../learning/verdict.js";

/** Undefined where no targets tell. A loss that is no number has not learned. */
export function hasLearned({ learning }: Evidence, from = LEARNED): boolean | undefined {
  if (!learning) return undefined;
  if (!Number.isFinite(learning.learning.loss)) return false;
  return learning.skill === undefined ? undefined : learning.skill >= from;
}

/** ... or much of it: half of the way by its loss, or nearly all of what is to be learned by its answers. */
export function hasLearnedMuch(evidence: Evidence): boolean | undefined {
  const isDone = hasLearned(evidence);
  const score = evidence.learning?.learning.score;
  return isDone === false && score !== undefined ? score >= SOME : isDone;
}
