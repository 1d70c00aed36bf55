// Parts of what a training came to, that come back from a journal or another machine, held against what they can be.
import { type Check, integer, object, oneOf, refuseStored } from "../../../core/stored-values.js";
import type { ErrorCode } from "../../../core/errors.js";
import type { Cause } from "../../../diagnosis/trace/types.js";
import type { TrialFailure } from "../trial.js";

const LONGEST_TEXT = 4096;

const CAUSES: Readonly<Record<Cause, true>> = {
  born: true,
  learningRate: true,
  momentum: true,
  weightDecay: true,
  upstream: true,
  drift: true,
  unknown: true,
  unexplained: true,
};
const CODES: readonly ("diverged" | "aborted" | ErrorCode)[] = [
  "diverged",
  "aborted",
  "shape",
  "value",
  "memory",
  "format",
  "unsupported",
  "disposed",
];

export const count: Check<number> = integer(0);

export const shortText: Check<string> = (path, value) =>
  typeof value === "string" && value.length <= LONGEST_TEXT ? value : refuseStored(path, "to be a short text", value);

/** How many of each cause. */
export const causes: Check<Partial<Record<Cause, number>>> = (path, value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuseStored(path, "to be an object", value);
  for (const [name, each] of Object.entries(value)) {
    oneOf(Object.keys(CAUSES))(`${path}'s names`, name);
    count(`${path}.${name}`, each);
  }
  return value as Partial<Record<Cause, number>>;
};

export const failure: Check<TrialFailure> = object<TrialFailure>({ code: oneOf(CODES), message: shortText });
