// Figures that come from elsewhere, a journal's file or another machine, held against what figures can be.
import type { TrialFigures } from "../types.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { integer, list, numberFrom, object, optional } from "../../core/stored-values.js";
import { causes, count, failure, shortText } from "../../treatment/trial/journal/stored-figures.js";

const MOST_LAYERS = 1024;

const finite = numberFrom(-Number.MAX_VALUE, Number.MAX_VALUE);
const share = optional(numberFrom(0, 1));

const figures = object<TrialFigures>({
  loss: optional(finite),
  accuracy: share,
  balancedAccuracy: share,
  units: optional(list(integer(1, 2 ** 30), 0, MOST_LAYERS)),
  dead: optional(list(count, 0, MOST_LAYERS)),
  born: optional(list(count, 0, MOST_LAYERS)),
  causes: optional(causes),
  closedSamples: optional(count),
  learning: optional(object<NonNullable<TrialFigures["learning"]>>({ score: optional(finite), verdict: shortText })),
  seconds: numberFrom(0, Number.MAX_VALUE),
  trained: count,
  failed: optional(failure),
});

function checkWithin(path: string, parts: readonly number[], all: readonly number[], what: string): void {
  if (parts.length === all.length && parts.every((part, layer) => part <= all[layer])) return;
  throw new RelumineError("format", path, `to be as many as ${what}, and no more in each layer`, describe(parts));
}

/** @throws RelumineError "format" */
export function checkFigures(path: string, given: unknown): TrialFigures {
  const checked = figures(path, given);
  const { units = [], dead = [], born = dead } = checked;
  checkWithin(`${path}.dead`, dead, units, "units");
  checkWithin(`${path}.born`, born, dead, "the dead");
  return checked;
}

/** The name of a machine. */
export const checkHost: (path: string, host: unknown) => string = shortText;
