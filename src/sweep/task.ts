// A trial of a sweep as what travels: its id, and the task that whoever has the rows can do; and what comes back.
import { canonicalJson } from "../core/canonical-json.js";
import { checkMembers } from "../core/strict-json.js";
import { errorIn, RelumineError } from "../core/errors.js";
import { sha256 } from "../core/sha256.js";
import { integer, oneOf } from "../core/stored-values.js";
import { draftedTrial } from "./plan/base.js";
import { copyPlain, isPlainObject, type PlainObject } from "./plan/plain.js";
import type { TrialFigures } from "./types.js";
import { shareOfDead } from "../treatment/trial/look-at-units.js";
import type { TrialJob, TrialOutcome, TrialSettings } from "../treatment/trial/trial.js";

/** What one trial trains, as plain data that JSON can hold. */
export type SweepTask = Readonly<Record<string, unknown>>;

/** A trial to be done. */
export interface SweepTrial {
  /** SHA-256 of the task, the rows and the build, in hexadecimal digits. */
  readonly id: string;
  /** What to do: plain data, a kilobyte or so. */
  readonly task: SweepTask;
}

/** @param data the rows' name */
export function nameTrial(task: TrialJob, data: string, build: string): SweepTrial {
  const id = sha256(canonicalJson({ trial: task, data, build }));
  return { id, task: task as unknown as SweepTask };
}

const NAMES = ["spec", "optimizer", "batchSize", "shuffle", "callbacks"];
const MAYBE = ["accumulate", "schedule", "clipNorm", "classWeights", "standardize", "treat", "calibrate"];

function readSettings(given: unknown): TrialSettings {
  const known = [...NAMES, ...MAYBE.filter((name) => isPlainObject(given) && Object.hasOwn(given, name))];
  const { spec, ...rest } = checkMembers("task.settings", given, known) as PlainObject;
  const { standardize, treat, calibrate, schedule: learningRate, ...others } = rest;
  const fit = learningRate === undefined ? others : { ...others, learningRate };
  const remedies = { standardize, treat, calibrate } as PlainObject;
  return draftedTrial({ spec: spec as PlainObject, fit: { ...fit, epochs: 0 }, remedies }).settings;
}

/**
 * A task that may come from anywhere, as a job: all that a plan's trials are checked for.
 * @throws RelumineError "format"
 */
export function readTask(task: unknown): TrialJob {
  try {
    const given = checkMembers("task", copyPlain("task", task), ["settings", "seed", "epochs", "look"]);
    return {
      settings: readSettings(given.settings),
      seed: integer(0)("task.seed", given.seed),
      epochs: integer(0)("task.epochs", given.epochs),
      look: oneOf(["units", "deaths"])("task.look", given.look),
    };
  } catch (error) {
    throw error instanceof RelumineError ? errorIn("task", error, "format") : error;
  }
}

/** -0 is 0, since JSON does not tell them apart. */
const finite = <N extends string>(name: N, value: number | undefined) =>
  (value !== undefined && Number.isFinite(value) ? { [name]: value + 0 } : {}) as Partial<Record<N, number>>;

/** An outcome as JSON can hold it. */
export function figuresOf({ metrics, balancedAccuracy, look, seconds, epochs, failed }: TrialOutcome): TrialFigures {
  const hasLoss = Number.isFinite(metrics.loss);
  return {
    ...finite("loss", metrics.loss),
    ...(hasLoss && { ...finite("accuracy", metrics.accuracy), ...finite("balancedAccuracy", balancedAccuracy) }),
    ...look,
    seconds,
    trained: epochs,
    ...(failed && { failed }),
  };
}

export function deadShareOf({ units, dead }: TrialFigures): number | undefined {
  return units && dead ? shareOfDead({ units, dead }) : undefined;
}
