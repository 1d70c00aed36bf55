// Where a training stands: all that it needs to go on as if it had never stopped, beside the parameters and moments
// that its network holds. Plain data: numbers, texts, lists and typed arrays.
import type { EpochLog } from "../types.js";
import type { Schedule } from "./schedules/schedules.js";
import type { SavedPlateau } from "./schedules/running-schedule.js";
import { type ClassWeights, readClassWeights } from "./class-weights.js";
import { describeRows, fingerprint } from "./fingerprint.js";
import type { PreparedData } from "../data.js";
import { RelumineError } from "../../core/errors.js";

/** A fit that runs, as far as who stores it has to know. */
export interface PausableFit {
  /** While one of the package's callbacks is at work between two steps: until it is done nothing can be stored. */
  readonly busy: Promise<void> | undefined;
  /** Where it stands; undefined before its first epoch, or where something in it can't be stored. */
  capture(): FitProgress | undefined;
}

/** What has to be the same again, by the names of fit's arguments. */
export interface PlanRecord {
  /** Rows and fingerprints. */
  readonly data: string;
  /** The share that was held out (0: none), or a set as `data`. */
  readonly validation: number | string;
  readonly trainingRows: number;
  readonly batchSize: number;
  /** Batches of one update; absent: 1. */
  readonly accumulate?: number;
  /** Name and options, as JSON. */
  readonly optimizer: string;
  /** Or a schedule as JSON, or that one is a function. */
  readonly learningRate: number | string;
  readonly clipNorm: number;
  readonly shuffle: boolean;
  /** "balanced", or the numbers; absent where all classes count the same. */
  readonly classWeights?: string;
  readonly arithmetic: Arithmetic;
  /** Names and options of the package's own, as JSON. */
  readonly callbacks: string;
}

type Arithmetic = "reproducible" | "fast";

/** A schedule that is a function. */
export const A_FUNCTION = "a schedule";

export interface FitProgress {
  readonly plan: PlanRecord;
  /** Of the fit, as it was asked for. */
  readonly epochs: number;
  /** Its first epoch's place among all that the network has begun. */
  readonly firstEpoch: number;
  /** The epoch under way or, if its log is there, ended last; from 1. */
  readonly epoch: number;
  /** Updates made. */
  readonly step: number;
  /** The epoch's first row that was not trained on yet. */
  readonly nextRow: number;
  /** Of the last update. */
  readonly rate: number;
  readonly loss: number;
  /** Of the epoch's batches: losses, right answers. */
  readonly sums: Float64Array;
  /** Of the epoch's rows so far; absent where all count the same. */
  readonly weight?: number;
  /** What regularizers added: to the last batch's loss, to those of the epoch in all, and of how many batches. */
  readonly penalties?: Float64Array;
  readonly seconds: number;
  /** By hidden layer: which units fired in this epoch. */
  readonly fired: readonly Uint32Array[];
  readonly logs: readonly EpochLog[];
  /** Callbacks that have heard of the last batch or epoch: of the package, and others. */
  readonly told: number;
  readonly toldOthers: number;
  readonly isStopped: boolean;
  /** Of a schedule that watches losses. */
  readonly schedule?: SavedPlateau;
  /** What the package's own callbacks keep, in their order. */
  readonly callbacks: readonly object[];
  /** The weights, where callbacks put others in their place when the fit ended. */
  readonly parameters?: Float32Array;
}

/** Of a plan, what its record is made of. */
interface RecordedPlan extends Pick<PlanRecord, "trainingRows" | "batchSize" | "clipNorm" | "shuffle"> {
  readonly accumulate: number;
  readonly judged: PreparedData;
  readonly classWeights: ClassWeights | undefined;
  readonly validation: PreparedData | undefined;
  readonly heldOut: number;
  readonly recipe: { readonly name: string; readonly options: object };
  readonly schedule: unknown;
  readonly rate: number;
}

function rateRecord(schedule: unknown, rate: number): number | string {
  if (schedule === undefined) return rate;
  return typeof schedule === "function" ? A_FUNCTION : JSON.stringify(schedule);
}

export function recordPlan(
  build: "strict" | "relaxed",
  plan: RecordedPlan,
  own: readonly { readonly name: string; readonly options: object }[],
): PlanRecord {
  const { validation, recipe, schedule, rate, trainingRows, batchSize, clipNorm, shuffle, heldOut, classWeights } =
    plan;
  const { accumulate } = plan;
  const { name, options } = recipe;
  const short = (_name: string, value: unknown) => (ArrayBuffer.isView(value) ? fingerprint(value) : value);
  return {
    data: describeRows(plan.judged),
    validation: validation ? describeRows(validation) : heldOut,
    trainingRows,
    batchSize,
    ...(accumulate > 1 && { accumulate }),
    optimizer: JSON.stringify({ name, options }),
    learningRate: rateRecord(schedule, rate),
    clipNorm,
    shuffle,
    ...(classWeights && { classWeights: String(classWeights) }),
    arithmetic: build === "strict" ? "reproducible" : "fast",
    callbacks: JSON.stringify(
      own.map((callback) => ({ name: callback.name, options: callback.options })),
      short,
    ),
  };
}

const MOST_SHOWN = 160;

/**
 * @throws RelumineError "value" that names the first argument that differs. Where an engine has no fast arithmetic it
 *   goes on in the other one, as nothing else is left.
 */
export function checkSamePlan(given: PlanRecord, stored: PlanRecord): void {
  for (const name of Object.keys({ ...stored, ...given }) as (keyof PlanRecord)[]) {
    if (given[name] === stored[name] || stored[name] === "fast") continue;
    const [before, now] = [stored, given].map((each) => String(each[name]).slice(0, MOST_SHOWN));
    const hint = name === "arithmetic" ? 'Import the network with { arithmetic: "reproducible" }.' : "";
    throw new RelumineError("value", name, `to be as in the training that is resumed, ${before}`, now, hint);
  }
}

/** The schedule of a record; undefined where there is none, or a function. */
export function storedSchedule(learningRate: number | string): Schedule | undefined {
  if (typeof learningRate === "number" || learningRate === A_FUNCTION) return undefined;
  return JSON.parse(learningRate) as Schedule;
}

/** The options of the training that is resumed, for those that are not given; undefined where they are no numbers. */
export function storedOptions({ plan, epochs }: FitProgress): object {
  const { batchSize, clipNorm, shuffle, learningRate, validation, classWeights, accumulate } = plan;
  const number = (value: unknown) => (Number.isFinite(value) ? value : undefined);
  return {
    epochs,
    batchSize,
    ...(accumulate !== undefined && { accumulate }),
    shuffle,
    clipNorm: number(clipNorm),
    learningRate: storedSchedule(learningRate) ?? number(learningRate),
    validation: number(validation),
    ...(classWeights && { classWeights: readClassWeights(classWeights) }),
  };
}

/** @throws RelumineError "value" where there is no training to go on with */
export function checkStopped(progress: FitProgress | undefined): FitProgress {
  if (progress) return progress;
  const expected = "to hold a training that stopped, as resume is true, and not to have been changed since";
  throw new RelumineError("value", "network", expected, "another");
}
