// The training in a network's file: one tensor of JSON, which refers to the others. Loaded when a file has one, or gets
// one.
// "training"      U8: JSON in UTF-8; { "$": 3 } in it is the tensor "training.3", { "$": "NaN" } a number that JSON
// lacks
//   "training.3"    numbers; those of parameters and moments lie as the network keeps them (see state/parameters.ts)
import { checksumOf } from "../core/checksum.js";
import { CHECKSUM_NAME, TRAINING_NAME } from "./model-header.js";
import type { StoredTensor, Tensor } from "./safetensors.js";
import { packCallback, STORED_CALLBACKS, type StoredFitContext } from "./stored-callbacks.js";
import { describe, isFloat32 } from "../core/checks.js";
import { errorIn, RelumineError } from "../core/errors.js";
import {
  anything,
  type Check,
  either,
  flag,
  integer,
  list,
  number,
  numberFrom,
  numbers,
  object,
  oneOf,
  optional,
  refuseStored,
  type StoredArray,
  text,
} from "../core/stored-values.js";
import { sum } from "../core/statistics.js";
import { parseStrictJson } from "../core/strict-json.js";
import { isClassification } from "../network/losses.js";
import { hasPenalty } from "../network/layer-options.js";
import type { ResolvedSpec } from "../network/spec.js";
import { layOutParameters } from "../network/state/parameters.js";
import type { NetworkState } from "../network/state/state.js";
import { hiddenUnits } from "../network/training/evaluate.js";
import {
  type MomentPowers,
  type OptimizerOptions,
  type OptimizerRecipe,
  rebuildOptimizer,
} from "../network/training/optimizers.js";
import { rowsPerStep, stepsPerEpoch } from "../network/training/plan.js";
import { A_FUNCTION, type FitProgress, type PlanRecord, storedSchedule } from "../network/training/progress.js";
import type { SavedPlateau } from "../network/training/schedules/running-schedule.js";
import { checkSchedule, plateauOf } from "../network/training/schedules/schedules.js";
import type { EpochLog, Metrics } from "../network/types.js";

const WHAT = "the file's training";
const DEPTH = 12;
const REFERENCE = "$";

interface StoredMoments extends Readonly<MomentPowers> {
  readonly optimizer: { readonly name: string; readonly options: OptimizerOptions };
  readonly slots: readonly Float32Array[];
  readonly stepCounts?: Float64Array;
}

/** Epochs as one array: a row each. */
interface StoredLogs {
  readonly isValidated: boolean;
  /** loss, accuracy, learningRate, seconds, those of the validation, then the silent units. */
  readonly rows: Float64Array;
  /** One an epoch, where regularizers add something. */
  readonly penalties?: Float64Array;
}

interface StoredFit extends Omit<FitProgress, "logs"> {
  readonly logs: StoredLogs;
}

interface StoredTraining {
  readonly epochsBegun: number;
  readonly redraws: number;
  readonly moments?: StoredMoments;
  readonly fit?: StoredFit;
}

const LOG_COLUMNS = 6;

function packLogs(logs: readonly EpochLog[]): StoredLogs {
  const rows = logs.flatMap(({ loss, accuracy = NaN, learningRate, seconds, validation, silentUnits }) => [
    loss,
    accuracy,
    learningRate,
    seconds,
    validation?.loss ?? NaN,
    validation?.accuracy ?? NaN,
    ...silentUnits,
  ]);
  const penalties = logs.flatMap(({ penalty }) => penalty ?? []);
  return {
    isValidated: logs[0]?.validation !== undefined,
    rows: Float64Array.from(rows),
    ...(penalties.length > 0 && { penalties: Float64Array.from(penalties) }),
  };
}

function unpackLogs({ isValidated, rows, penalties }: StoredLogs, spec: ResolvedSpec): EpochLog[] {
  const width = LOG_COLUMNS + spec.layers.length - 1;
  const metrics = (loss: number, accuracy: number): Metrics =>
    isClassification(spec.loss) ? { loss, accuracy } : { loss };
  return Array.from({ length: rows.length / width }, (_, index) => {
    const row = [...rows.subarray(index * width, (index + 1) * width)];
    const [loss, accuracy, learningRate, seconds, validationLoss, validationAccuracy, ...silentUnits] = row;
    return {
      epoch: index + 1,
      ...metrics(loss, accuracy),
      ...(penalties && { penalty: penalties[index] }),
      learningRate,
      seconds,
      silentUnits,
      ...(isValidated && { validation: metrics(validationLoss, validationAccuracy) }),
    };
  });
}

function packFit(progress: FitProgress): StoredFit {
  const names = (JSON.parse(progress.plan.callbacks) as { name: string }[]).map(({ name }) => name);
  const callbacks = progress.callbacks.map((saved, i) => packCallback(names[i], saved));
  return { ...progress, logs: packLogs(progress.logs), callbacks };
}

function describeTraining(state: NetworkState): StoredTraining {
  const { epochsBegun, redraws, lastMoments: moments, progress, parameterFloats } = state;
  return {
    epochsBegun,
    redraws,
    ...(moments && {
      moments: {
        optimizer: { name: moments.recipe.name, options: moments.recipe.options },
        ...moments.powers,
        slots: moments.slots.map((slot) => state.floats(slot, parameterFloats)),
        ...(state.stepCounts && { stepCounts: state.stepCounts }),
      },
    }),
    ...(progress && { fit: packFit(progress) }),
  };
}

/** The tensors of the training that the network is in, or was in last. */
export function packTraining(state: NetworkState): [string, Tensor][] {
  const arrays: StoredArray[] = [];
  const json = JSON.stringify(describeTraining(state), (_name, value: unknown) => {
    if (ArrayBuffer.isView(value)) return { [REFERENCE]: arrays.push(value as StoredArray) - 1 };
    if (Object.is(value, -0)) return { [REFERENCE]: "-0" };
    return typeof value === "number" && !Number.isFinite(value) ? { [REFERENCE]: String(value) } : value;
  });
  const named = [new TextEncoder().encode(json), ...arrays].map((data, i): [string, Tensor] => [
    i === 0 ? TRAINING_NAME : `${TRAINING_NAME}.${i - 1}`,
    { shape: [data.length], data },
  ]);
  return named;
}

/** The file's words with the checksum of them and of its tensors. */
export function withChecksum(
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, Tensor>,
): Record<string, string> {
  const texts = [...Object.entries(metadata).flat(), ...tensors.keys()];
  const views = [...tensors.values()].map(({ data }) => data);
  return { ...metadata, [CHECKSUM_NAME]: checksumOf(texts, views) };
}

/** @throws RelumineError "format" for a file that is not as it was written, if it says how that was */
export function checkChecksum(metadata: ReadonlyMap<string, string>, tensors: ReadonlyMap<string, StoredTensor>): void {
  const stored = metadata.get(CHECKSUM_NAME);
  if (stored === undefined) return;
  const texts = [...[...metadata].filter(([name]) => name !== CHECKSUM_NAME).flat(), ...tensors.keys()];
  const views = [...tensors.values()].map(({ bytes }) => bytes);
  const checksum = checksumOf(texts, views);
  if (checksum === stored) return;
  const hint = "It was damaged or changed after it was written.";
  throw new RelumineError("format", "the file", `to have the checksum ${describe(stored)}`, checksum, hint);
}

/** JSON's values with the numbers that it lacks, and arrays; each tensor is taken once. */
function decode(value: unknown, take: (index: unknown) => StoredArray): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => decode(each, take));
  if (!Object.hasOwn(value, REFERENCE))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, decode(each, take)]));
  const reference = (value as Record<string, unknown>)[REFERENCE];
  return typeof reference === "string" ? Number(reference) : take(reference);
}

/** Takes the training's tensors from the map. */
function readTree(tensors: Map<string, StoredTensor>): unknown {
  const take = (name: string): StoredArray => {
    const tensor = tensors.get(name);
    if (!tensor) throw new RelumineError("format", WHAT, "to have its tensors, each once", describe(name));
    tensors.delete(name);
    return tensor.read();
  };
  const bytes = take(TRAINING_NAME);
  let json: string;
  try {
    json = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RelumineError("format", WHAT, "to be JSON in UTF-8", "other bytes");
  }
  return decode(parseStrictJson(WHAT, json, DEPTH), (index) => {
    if (typeof index !== "number")
      throw new RelumineError("format", WHAT, "to name tensors by numbers", describe(index));
    return take(`${TRAINING_NAME}.${index}`);
  });
}

/** As the file has it, a schedule's defaults filled in. */
const scheduleText: Check<string> = (path, value) => {
  const words = text(path, value);
  if (words === A_FUNCTION) return words;
  try {
    return JSON.stringify(checkSchedule(path, parseStrictJson(path, words, DEPTH)));
  } catch (error) {
    throw error instanceof RelumineError
      ? new RelumineError("format", error.path, error.expected, error.given, error.hint)
      : error;
  }
};

const checkPlan = object<PlanRecord>({
  data: text,
  validation: either(text, numberFrom(0, 1)),
  trainingRows: integer(1),
  batchSize: integer(1),
  accumulate: optional(integer(2)),
  optimizer: text,
  learningRate: either(scheduleText, numberFrom(0, 3e38)),
  clipNorm: numberFrom(1e-45),
  shuffle: flag,
  classWeights: optional(text),
  arithmetic: oneOf(["reproducible", "fast"]),
  callbacks: text,
});

function checkLogs(hidden: readonly number[], isPenalized: boolean): Check<StoredLogs> {
  const width = LOG_COLUMNS + hidden.length;
  return (path, value) => {
    const length = (value as Partial<StoredLogs> | null)?.rows?.length ?? 0;
    const logs = object<StoredLogs>({
      isValidated: flag,
      rows: numbers(Float64Array, Math.ceil(length / width) * width),
      penalties: optional(numbers(Float64Array, Math.ceil(length / width))),
    })(path, value);
    if (isPenalized !== (logs.penalties !== undefined) && length > 0)
      refuseStored(`${path}.penalties`, `${isPenalized ? "" : "not "}to be there`, logs.penalties);
    logs.rows.forEach((count, i) => {
      const layer = (i % width) - LOG_COLUMNS;
      if (layer >= 0) integer(0, hidden[layer])(`${path}.rows[${i}]`, count);
    });
    return logs;
  };
}

function checkFit(hidden: readonly number[], weights: Check<Float32Array>, isPenalized: boolean): Check<StoredFit> {
  const count = integer(0);
  return object<StoredFit>({
    plan: checkPlan,
    epochs: count,
    firstEpoch: count,
    epoch: integer(1),
    step: count,
    nextRow: count,
    rate: numberFrom(0, 3.5e38),
    loss: number,
    sums: numbers(Float64Array, 2, Number.isFinite),
    weight: optional(numberFrom(0, Number.MAX_VALUE)),
    seconds: numberFrom(0, Number.MAX_VALUE),
    fired: list(hidden.map((units) => numbers(Uint32Array, units, (mark) => mark <= 1))),
    penalties: optional(numbers(Float64Array, 3, (value) => value >= 0)),
    logs: checkLogs(hidden, isPenalized),
    told: count,
    toldOthers: count,
    schedule: optional(
      object<SavedPlateau>({ rate: numberFrom(0, 3.5e38), best: number, bad: count, cooldown: count }),
    ),
    isStopped: flag,
    callbacks: list(anything),
    parameters: optional(weights),
  });
}

/** The callbacks that the plan names, of which the file's options are as little to be believed as the rest. */
function readNames(plan: PlanRecord): { readonly name: string; readonly options: unknown }[] {
  const path = `${WHAT}.fit.plan.callbacks`;
  const named = parseStrictJson(path, plan.callbacks, DEPTH);
  const each = object({ name: oneOf(Object.keys(STORED_CALLBACKS)), options: anything });
  return list(each)(path, named);
}

function checkCallbacks(context: StoredFitContext, callbacks: readonly object[]): object[] {
  const checks = readNames(context.fit.plan).map(({ name, options }) => {
    const { window, replay } = { ...(options as { window?: unknown; replay?: unknown }) };
    const known = {
      window: optional(integer(1))(`${WHAT}.fit.plan.callbacks: window`, window),
      replay: optional(flag)(`${WHAT}.fit.plan.callbacks: replay`, replay),
    };
    return STORED_CALLBACKS[name](context, known as never);
  });
  return list(checks)(`${WHAT}.fit.callbacks`, callbacks);
}

/** Between two batches of the plan? */
function checkPlace({ plan, epoch, nextRow, step, logs }: StoredFit, width: number): void {
  const { trainingRows } = plan;
  const rows = rowsPerStep(plan);
  const logged = logs.rows.length / width;
  const isWhole = nextRow === trainingRows && (logged === epoch || logged === epoch - 1);
  const isBetween = nextRow < trainingRows && nextRow % rows === 0 && logged === epoch - 1;
  const steps = (epoch - 1) * stepsPerEpoch(plan) + Math.ceil(nextRow / rows);
  if ((isWhole || isBetween) && step === steps) return;
  const given = `row ${nextRow} of epoch ${epoch}, ${step} steps, ${logged} whole epochs`;
  throw new RelumineError("format", `${WHAT}.fit`, "to stand between two of its batches", given);
}

function rebuild({ optimizer, slots, decay }: StoredMoments): OptimizerRecipe {
  const path = `${WHAT}.moments`;
  let recipe: OptimizerRecipe;
  try {
    recipe = rebuildOptimizer(optimizer) as OptimizerRecipe;
  } catch (error) {
    if (error instanceof RelumineError) throw errorIn(path, error, "format");
    throw error;
  }
  if (slots.length !== recipe.slots) refuseStored(`${path}.slots`, `to be ${recipe.slots} blocks`, slots.length);
  if ((decay !== undefined) !== (recipe.schedulesMomentum ?? false))
    refuseStored(`${path}.decay`, "to be there where nadam is, and only there", decay);
  return recipe;
}

/**
 * A block of weights or of velocities, of so many bytes; of layers without biases those are 0, and no variance is below
 * 0.
 */
function blockOf(spec: ResolvedSpec, bytes: number): Check<Float32Array> {
  const { layers } = layOutParameters(spec);
  const block = numbers(Float32Array, bytes / 4, isFloat32);
  const variances = layers.flatMap(({ normalization }, layer) => {
    const first = (normalization?.running?.variance ?? bytes) / 4;
    return first < bytes / 4 ? [[first, spec.layers[layer].units] as const] : [];
  });
  const fixed = spec.layers.flatMap(({ units, useBias }, layer) =>
    useBias === false ? [[layers[layer].bias / 4, units] as const] : [],
  );
  return (path, value) => {
    const data = block(path, value);
    for (const [first, count] of fixed)
      for (let i = first; i < first + count; i++)
        if (!Object.is(data[i], 0)) refuseStored(`${path}[${i}]`, "to be 0, as the layer has no biases", data[i]);
    for (const [first, count] of variances)
      for (let i = first; i < first + count; i++)
        if (data[i] < 0) refuseStored(`${path}[${i}]`, "to be a variance of at least 0", data[i]);
    return data;
  };
}

/**
 * Of an optimizer's slots: a velocity is 0 where a layer has no biases, other moments need not be, as AdaMax's are at
 * least its epsilon.
 */
function slotChecks(spec: ResolvedSpec, recipe: OptimizerRecipe): Check<Float32Array>[] {
  const { bytes } = layOutParameters(spec);
  const velocity = blockOf(spec, bytes);
  const others = numbers(Float32Array, bytes / 4, isFloat32);
  return Array.from({ length: recipe.slots }, (_, slot) => (slot === recipe.velocity ? velocity : others));
}

/**
 * The training among a file's tensors, which are taken out of the map, all checked. Returns what puts it into a network
 * of that spec.
 * @throws RelumineError "format"
 */
export function unpackTraining(tensors: Map<string, StoredTensor>, spec: ResolvedSpec): (state: NetworkState) => void {
  const hidden = hiddenUnits(spec);
  const { bytes, weightBytes } = layOutParameters(spec);
  const weights = blockOf(spec, weightBytes);
  const power = numberFrom(0, 1);
  const { epochsBegun, redraws, moments, fit } = object<StoredTraining>({
    epochsBegun: integer(0),
    redraws: integer(0),
    moments: optional(
      object<StoredMoments>({
        optimizer: object({ name: text, options: anything as Check<OptimizerOptions> }),
        beta1: power,
        beta2: power,
        decay: optional(power),
        slots: list(numbers(Float32Array, bytes / 4, isFloat32)),
        stepCounts: optional(numbers(Float64Array, 2 * sum(hidden), (value) => value >= 0 && value <= 1)),
      }),
    ),
    fit: optional(checkFit(hidden, weights, hasPenalty(spec.layers))),
  })(WHAT, readTree(tensors));
  const recipe = moments && rebuild(moments);
  if (recipe) list(slotChecks(spec, recipe))(`${WHAT}.moments.slots`, moments.slots);
  const progress = fit && readProgress(fit, epochsBegun, recipe, spec, weights);
  return (state) => {
    state.epochsBegun = epochsBegun;
    state.redraws = redraws;
    if (moments) putMoments(state, moments, recipe!);
    state.keepStopped(progress);
  };
}

function readProgress(
  fit: StoredFit,
  epochsBegun: number,
  recipe: OptimizerRecipe | undefined,
  spec: ResolvedSpec,
  weights: Check<Float32Array>,
): FitProgress {
  if (!recipe) refuseStored(`${WHAT}.moments`, "to be there, as a fit is", recipe);
  integer(fit.firstEpoch + fit.epoch, fit.firstEpoch + fit.epoch)(`${WHAT}.epochsBegun`, epochsBegun);
  const schedule = storedSchedule(fit.plan.learningRate);
  if ((schedule !== undefined && plateauOf(schedule) !== undefined) !== (fit.schedule !== undefined))
    refuseStored(`${WHAT}.fit.schedule`, "to be there where a schedule watches losses, and only there", fit.schedule);
  checkPlace(fit, LOG_COLUMNS + spec.layers.length - 1);
  const callbacks = checkCallbacks({ spec, fit, weights, slots: slotChecks(spec, recipe) }, fit.callbacks);
  return { ...fit, callbacks, logs: unpackLogs(fit.logs, spec) };
}

function putMoments(
  state: NetworkState,
  { slots, beta1, beta2, decay, stepCounts }: StoredMoments,
  recipe: OptimizerRecipe,
): void {
  const own = state.momentsFor(recipe);
  own.slots.forEach((slot, i) => state.floats(slot, state.parameterFloats).set(slots[i]));
  Object.assign(own.powers, { beta1, beta2, ...(decay !== undefined && { decay }) });
  state.setStepCounts(stepCounts);
}
