// What travels: a trial as a job's data, and what came of it as its value. Both come from anybody.
import { nameTrial, readTask, type SweepTrial } from "../task.js";
import { checkFigures, checkHost } from "../journal/check-figures.js";
import type { TrialFigures } from "../types.js";
import { type ErrorCode, RelumineError } from "../../core/errors.js";
import { type Check, integer, object, oneOf, optional, refuseStored } from "../../core/stored-values.js";
import { onOneLine } from "../../text/printable.js";
import type { TrialJob } from "../../treatment/trial/trial.js";

const VERSION = 1;
const LONGEST = 4096;
/** Of a task as JSON. */
const LONGEST_TASK = 2 ** 22;
/** Longer figures are not put into the queue itself. */
export const LONGEST_VALUE = 3500;
/** Rows are in the queue, not at a place of the operator's. */
export const IN_QUEUE = "queue";

/** A job's data. */
export interface TrialData {
  readonly relumine: number;
  readonly build: string;
  readonly arithmetic: "fast" | "reproducible";
  /** The rows' name. */
  readonly data: string;
  /** "queue", or the folder or URL in which their file is. */
  readonly place: string;
  readonly task: object;
}

/** A job's value. */
export interface TrialValue {
  readonly relumine: number;
  readonly host: string;
  readonly figures?: TrialFigures;
  /** The name of the figures, where they are long. */
  readonly blob?: string;
}

const shortText: Check<string> = (path, value) =>
  typeof value === "string" && value.length > 0 && value.length <= LONGEST
    ? value
    : refuseStored(path, "to be a short text", value);
const hash: Check<string> = (path, value) =>
  typeof value === "string" && /^[\da-f]{64}$/.test(value)
    ? value
    : refuseStored(path, "to be 64 hexadecimal digits", value);
const version = integer(VERSION, VERSION);

const DATA = object<TrialData>({
  relumine: version,
  build: shortText,
  arithmetic: oneOf(["fast", "reproducible"]),
  data: hash,
  place: shortText,
  task: (_path, value) => value as object,
});

const VALUE = object<TrialValue>({
  relumine: version,
  host: checkHost,
  figures: optional(checkFigures),
  blob: optional(hash),
});

function checkLength(task: unknown, code: ErrorCode): void {
  const { length } = JSON.stringify(task) ?? "";
  if (length > LONGEST_TASK)
    throw new RelumineError(
      code,
      "the trial's task",
      `to have at most ${LONGEST_TASK} characters as JSON`,
      `${length}`,
    );
}

/** @throws RelumineError "memory" for a task that workers would refuse */
export function dataOf({ task }: SweepTrial, shared: Omit<TrialData, "relumine" | "task">): TrialData {
  checkLength(task, "memory");
  return { relumine: VERSION, ...shared, task };
}

/**
 * A job's data, and the trial that it is.
 * @throws RelumineError "format", also where its id is another trial's
 */
export function readData(id: string, given: unknown): TrialData & { readonly job: TrialJob } {
  const data = DATA("job", given);
  checkLength(data.task, "format");
  const job = readTask(data.task);
  const { id: own } = nameTrial(job, data.data, data.build);
  if (own !== id) throw new RelumineError("format", "the job's id", "to be its trial's", `${id.slice(0, 80)}`);
  return { ...data, job };
}

export const valueOf = (rest: Omit<TrialValue, "relumine">): TrialValue => ({ relumine: VERSION, ...rest });

/** @throws RelumineError "format" */
export const readValue = (given: unknown): TrialValue => VALUE("result", given);

/**
 * Why a job failed: an error's code, or what the queue does about it. "data": the rows are not in the queue, or are
 * others; "room": it needs more memory than this worker gives; "lost": whoever trained it died.
 */
export type Failure = ErrorCode | "cancelled" | "lost" | "data" | "room" | "fault";

/** As the queue keeps it: a word and a sentence. */
export const failureText = (code: Failure, message: string): string => `${code}: ${message.slice(0, 1000)}`;

export function readFailure(text: string): { readonly code: Failure; readonly message: string } {
  if (/stalled more than/.test(text)) return { code: "lost", message: "its workers were lost" };
  const [, code = "fault", message = text] = /^(\w{1,20}): ([^]*)$/.exec(text) ?? [];
  return { code: code as Failure, message: onOneLine(message).slice(0, 1000) };
}
