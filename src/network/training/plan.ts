// What a caller asks of fit: the options, checked and with their defaults filled in.
import type { Callback, FitOptions, PackageCallback } from "../types.js";
import { type DataSet, type PreparedData, prepareData } from "../data.js";
import { type BatchSource, cutOf, isBatchSource, readBatchSource } from "../batches.js";
import { adam, checkOptimizer, type OptimizerRecipe } from "./optimizers.js";
import { checkMonitor } from "./schedules/monitor.js";
import { checkSchedule, isData, plateauOf, type Schedule } from "./schedules/schedules.js";
import { checkClassWeights, type ClassWeights } from "./class-weights.js";
import { ALL_FIT_OPTION_NAMES } from "./option-names.js";
import { checkStopped, type FitProgress, storedOptions } from "./progress.js";
import type { NetworkState } from "../state/state.js";
import {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkNumber,
  checkOptions,
  checkSignal,
  describe,
} from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";

/** What one fit does, checked and with defaults filled in. */
export interface Plan {
  /** Of a source no rows. */
  readonly data: PreparedData;
  /** What gives the batches, one after the other, in place of data. */
  readonly source: BatchSource | undefined;
  readonly validation: PreparedData | undefined;
  /** The data without what classes count: of rows that are held out. */
  readonly judged: PreparedData;
  /** For the training rows alone; `data.weights` of a fit that runs have them in. */
  readonly classWeights: ClassWeights | undefined;
  /** Of the data's rows, how many train; the others, if any, validate. */
  readonly trainingRows: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Batches of one update. */
  readonly accumulate: number;
  readonly recipe: OptimizerRecipe;
  /** The rate where there is no schedule. */
  readonly rate: number;
  readonly schedule: Schedule | ((step: number, epoch: number) => number) | undefined;
  readonly clipNorm: number;
  readonly shuffle: boolean;
  readonly callbacks: readonly (Callback | PackageCallback)[];
  readonly signal: AbortSignal | undefined;
  /** The share of the rows that validates; 0: none, or a set does. */
  readonly heldOut: number;
  /** Where the training that goes on was stopped. */
  readonly resumed: FitProgress | undefined;
}

const CALLBACK_NAMES = ["onTrainBegin", "onBatchEnd", "onEpochEnd", "onTrainEnd"] as const;

/** A copy, so that who changes the list while the fit runs changes nothing. */
function checkCallbacks(callbacks: Plan["callbacks"]): Plan["callbacks"] {
  if (!Array.isArray(callbacks))
    throw new RelumineError("value", "callbacks", "to be an array of callbacks", describe(callbacks));
  return Array.from(callbacks as readonly unknown[], (callback, index) => {
    const path = `callbacks[${index}]`;
    if (typeof callback !== "object" || callback === null)
      throw new RelumineError("value", path, `to be an object with ${CALLBACK_NAMES.join(", ")}`, describe(callback));
    for (const name of CALLBACK_NAMES) {
      const method = (callback as Callback)[name];
      if (method !== undefined) checkFunction(`${path}.${name}`, method);
    }
    return callback;
  });
}

/** A rate or a schedule instead of the optimizer's rate. */
function checkRate(learningRate: FitOptions["learningRate"], recipe: OptimizerRecipe): Pick<Plan, "rate" | "schedule"> {
  if (typeof learningRate === "function") return { rate: recipe.learningRate, schedule: learningRate };
  if (isData(learningRate)) return { rate: recipe.learningRate, schedule: checkSchedule("learningRate", learningRate) };
  const rate = checkNumber("learningRate", learningRate ?? recipe.learningRate, { low: 0 });
  return { rate, schedule: undefined };
}

/**
 * How many rows a share of them is.
 * @throws RelumineError "value" where a share that is not 0 leaves a side without
 */
export function countHeldOut(path: string, rows: number, share: number): number {
  const heldOut = Math.round(rows * share);
  if (share > 0 && (heldOut === 0 || heldOut === rows)) {
    const expected = `to leave at least one of ${rows} rows on each side`;
    throw new RelumineError("value", path, expected, `${share}, which holds out ${heldOut}`);
  }
  return heldOut;
}

function countTrainingRows(rows: number, validation: FitOptions["validation"]): number {
  if (typeof validation !== "number") return rows;
  checkNumber("validation", validation, { low: 0, high: 1, openHigh: true });
  return rows - countHeldOut("validation", rows, validation);
}

/** What was given; in a fit that resumes one, what is not given is as it was there. */
function readOptions(
  state: NetworkState,
  options: FitOptions | undefined,
  source: BatchSource | undefined,
): { readonly given: FitOptions; readonly resumed: FitProgress | undefined } {
  const given = checkOptions("fit", options, ALL_FIT_OPTION_NAMES);
  if (source) checkSourceOptions(given);
  if (!checkBoolean("resume", given.resume ?? false)) return { given, resumed: undefined };
  if (source && source.id === undefined)
    throw new RelumineError("value", "resume", "to be false, with a source of batches that has no id", "true");
  const resumed = checkStopped(state.progress);
  const optimizer = state.lastMoments!.recipe;
  return { given: { optimizer, ...storedOptions(resumed), ...given }, resumed };
}

/** How many steps an epoch has, no one knows beforehand of a source that does not say it. */
function needsSteps({ name, options }: Schedule): boolean {
  const { epochs, next } = options as { readonly epochs?: number; readonly next?: Schedule };
  if (name === "warmup") return epochs !== undefined || (next !== undefined && next.name !== "reduceOnPlateau");
  return name !== "reduceOnPlateau" && name !== "stepDecay";
}

/** What a source's fit has no use for, or can't have. */
function checkSourceOptions({ validation, batchSize, shuffle, classWeights }: FitOptions): void {
  const refuse = (path: string, expected: string, given: unknown): never => {
    throw new RelumineError("value", path, `${expected}, with a source of batches`, describe(given));
  };
  if (typeof validation === "number" && validation !== 0) refuse("validation", "to be a set", validation);
  if (batchSize !== undefined) refuse("batchSize", "to be left out", batchSize);
  if (shuffle !== undefined) refuse("shuffle", "to be left out", shuffle);
  if (classWeights === "balanced") refuse("classWeights", "to be numbers", classWeights);
}

/** In place of the rows of a source. */
function noRows(columns: number, units: number): PreparedData {
  const none = new Float32Array(0);
  return { rows: 0, x: { rows: 0, columns, data: none }, views: [], y: { kind: "rows", data: none, columns: units } };
}

export function makePlan(state: NetworkState, data: DataSet | BatchSource, options: FitOptions | undefined): Plan {
  const { spec } = state;
  const source = isBatchSource(data) ? readBatchSource(data) : undefined;
  const { given, resumed } = readOptions(state, options, source);
  const units = spec.layers.at(-1)!.units;
  const epochs = checkInteger("epochs", given.epochs ?? 10, { low: 0 });
  const batchSize = checkInteger("batchSize", given.batchSize ?? 32, { low: 1 });
  const prepared = isBatchSource(data)
    ? noRows(spec.inputs, units)
    : prepareData("data", data, spec.inputs, units, spec.loss);
  const { validation, learningRate } = given;
  const recipe = checkOptimizer(given.optimizer === undefined ? adam() : given.optimizer);
  const plan: Plan = {
    data: prepared,
    source,
    judged: prepared,
    validation:
      validation === undefined || typeof validation === "number"
        ? undefined
        : prepareData("validation", validation, spec.inputs, units, spec.loss),
    classWeights: checkClassWeights(spec, given.classWeights),
    trainingRows: countTrainingRows(prepared.rows, validation),
    heldOut: typeof validation === "number" ? validation : 0,
    epochs,
    batchSize,
    accumulate: checkInteger("accumulate", given.accumulate === undefined ? 1 : given.accumulate, {
      low: 1,
      high: 2 ** 20,
    }),
    recipe,
    ...checkRate(learningRate, recipe),
    clipNorm:
      given.clipNorm === undefined ? Infinity : checkNumber("clipNorm", given.clipNorm, { low: 0, openLow: true }),
    shuffle: checkBoolean("shuffle", given.shuffle ?? true),
    callbacks: checkCallbacks(given.callbacks ?? []),
    signal: checkSignal(given.signal),
    resumed,
  };
  if (typeof plan.schedule === "object") {
    if (source && !cutOf(source) && needsSteps(plan.schedule)) {
      const expected =
        "to be a schedule that need not know how many steps an epoch has, with a source that says no batchSize";
      throw new RelumineError("value", "learningRate", expected, plan.schedule.name);
    }
    const plateau = plateauOf(plan.schedule);
    if (plateau) checkMonitor(plateau.name, plateau.options.monitor, plan);
  }
  return plan;
}

/** What decides which rows a step takes. */
export interface StepRows extends Pick<Plan, "trainingRows" | "batchSize"> {
  readonly accumulate?: number;
}

/** Of a step but for an epoch's last one, the rows: those of all its batches. */
export function rowsPerStep({ trainingRows, batchSize, accumulate = 1 }: StepRows): number {
  return Math.max(1, Math.min(batchSize * accumulate, trainingRows)); // a source has no rows yet
}

/** Where a step's rows lie in the order of their epoch; steps and epochs count from 1. */
export function batchOf(
  plan: StepRows,
  step: number,
): { readonly epoch: number; readonly start: number; readonly rows: number } {
  const steps = stepsPerEpoch(plan);
  const most = rowsPerStep(plan);
  const start = ((step - 1) % steps) * most;
  return { epoch: Math.floor((step - 1) / steps) + 1, start, rows: Math.min(most, plan.trainingRows - start) };
}

/** The rows of an epoch and of a batch, which of a source are its own. */
export function stepRowsOf(plan: Plan): StepRows {
  const cut = plan.source && cutOf(plan.source);
  return cut ? { ...cut, accumulate: plan.accumulate } : plan;
}

export function stepsPerEpoch(plan: StepRows): number {
  return Math.ceil(plan.trainingRows / rowsPerStep(plan));
}
