// Figures that come from elsewhere, a journal's file or another machine, held against what figures can be.
import type { TrialFigures } from "../types.js";
import { describe } from "../../core/checks.js";
import { RelumineError, type ErrorCode } from "../../core/errors.js";
import {
  type Check,
  integer,
  list,
  numberFrom,
  object,
  oneOf,
  optional,
  refuseStored,
} from "../../core/stored-values.js";
import type { Cause } from "../../diagnosis/trace/types.js";

const LONGEST_TEXT = 4096;
const MOST_LAYERS = 1024;

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

const finite = numberFrom(-Number.MAX_VALUE, Number.MAX_VALUE);
const share = optional(numberFrom(0, 1));
const count = integer(0);
const shortText: Check<string> = (path, value) =>
  typeof value === "string" && value.length <= LONGEST_TEXT ? value : refuseStored(path, "to be a short text", value);

const causes: Check<NonNullable<TrialFigures["causes"]>> = (path, value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuseStored(path, "to be an object", value);
  for (const [name, each] of Object.entries(value)) {
    oneOf(Object.keys(CAUSES))(`${path}'s names`, name);
    count(`${path}.${name}`, each);
  }
  return value as NonNullable<TrialFigures["causes"]>;
};

const figures = object<TrialFigures>({
  loss: optional(finite),
  accuracy: share,
  balancedAccuracy: share,
  units: optional(list(integer(1, 2 ** 30), 0, MOST_LAYERS)),
  dead: optional(list(count, 0, MOST_LAYERS)),
  causes: optional(causes),
  closedSamples: optional(count),
  learning: optional(object<NonNullable<TrialFigures["learning"]>>({ score: optional(finite), verdict: shortText })),
  seconds: numberFrom(0, Number.MAX_VALUE),
  trained: count,
  failed: optional(object<NonNullable<TrialFigures["failed"]>>({ code: oneOf(CODES), message: shortText })),
});

/** @throws RelumineError "format" */
export function checkFigures(path: string, given: unknown): TrialFigures {
  const checked = figures(path, given);
  const { units = [], dead = [] } = checked;
  if (dead.length !== units.length || dead.some((each, layer) => each > units[layer]))
    throw new RelumineError(
      "format",
      `${path}.dead`,
      "to be as many as units, and no more in each layer",
      describe(dead),
    );
  return checked;
}

/** The name of a machine. */
export const checkHost: (path: string, host: unknown) => string = shortText;
