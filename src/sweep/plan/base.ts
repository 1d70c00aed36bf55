// The training that all trials vary, as a draft that axes change, and from a draft to a trial's settings.
import { copyPlain, isPlainObject, type Plain, type PlainObject } from "./plain.js";
import type { SweepBase, SweepFit, SweepRemedies } from "../types.js";
import { checkBoolean, checkInteger, checkName, checkNumber, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { callbackNames, callbackOf } from "../../treatment/callbacks.js";
import type { CallbackData } from "../../network/training/callbacks.js";
import { checkClassWeights } from "../../network/training/class-weights.js";
import { FIT_OPTION_NAMES } from "../../network/training/option-names.js";
import { type OptimizerOptions, rebuildOptimizer } from "../../network/training/optimizers.js";
import { checkSchedule, isData } from "../../network/training/schedules/schedules.js";
import { OPTIMIZER_NAMES } from "../../network/training/optimizers/names.js";
import { type NetworkSpec, type ResolvedSpec, resolveSpec } from "../../network/spec.js";
import { checkRemedy, type Remedy } from "../../treatment/remedies/remedy.js";
import type { RowScaling, TrialSettings } from "../../treatment/trial/trial.js";

/** What a cell's axes change: plain data, defaults of `fit` filled in. */
export interface Draft extends PlainObject {
  spec: PlainObject;
  fit: PlainObject;
  remedies: PlainObject;
}

/** A draft, checked. */
export interface DraftedTrial {
  /** Its spec's seed is 0: a trial has its own. */
  readonly settings: TrialSettings;
  readonly seed: number;
  readonly epochs: number;
}

/** Rows that judge are a sweep's own, and it is the sweep that is stopped. */
const isOfPlan = (name: string): name is keyof SweepFit => name !== "validation" && name !== "signal";
const FIT = FIT_OPTION_NAMES.filter(isOfPlan);
export const isFitOption = (name: string): boolean => (FIT as readonly string[]).includes(name);
const REMEDIES = ["standardize", "treat", "calibrate"] as const satisfies readonly (keyof SweepRemedies)[];

/** A name, or { name, options }, which an optimizer of the package is too. */
export function readOptimizer(path: string, given: unknown): PlainObject {
  if (typeof given === "string") return { name: checkName(path, given, OPTIMIZER_NAMES), options: {} };
  if (!isPlainObject(given))
    throw new RelumineError("value", path, "to be a name, or { name, options }", describe(given));
  const { name, options = {} } = given as { name?: unknown; options?: unknown };
  return { name: checkName(`${path}.name`, name, OPTIMIZER_NAMES), options: copyPlain(`${path}.options`, options) };
}

function readCallbacks(place: string, given: unknown): Plain[] {
  if (!Array.isArray(given)) throw new RelumineError("value", place, "to be a list of callbacks", describe(given));
  const names = callbackNames().filter((name) => name !== "recordActivity"); // rows are no part of a plan
  return given.map((callback: Partial<CallbackData> | null, index) => {
    const path = `${place}[${index}]`;
    const name = checkName(`${path}.name`, callback?.name, names);
    return { name, options: copyPlain(`${path}.options`, callback?.options ?? {}) };
  });
}

/**
 * @param root what errors call it; "" where options of fit stand by themselves
 * @throws RelumineError "value"
 */
export function readDraft(base: unknown, root: string): Draft {
  const at = root === "" ? "" : `${root}.`;
  const ofFit = (name: string): string => (root === "" ? name : `${root}.fit.${name}`);
  const given = checkOptions(root, base as SweepBase, ["spec", "fit", "remedies"]);
  const fit = checkOptions(`${at}fit`, given.fit, FIT);
  const { optimizer = "adam", learningRate, callbacks = [], ...rest } = fit;
  const recipe = readOptimizer(ofFit("optimizer"), optimizer);
  if (learningRate !== undefined && !isData(learningRate))
    (recipe.options as PlainObject).learningRate = copyPlain(ofFit("learningRate"), learningRate);
  const remedies = checkOptions(`${at}remedies`, given.remedies, REMEDIES);
  const { spec } = given;
  if (!isPlainObject(spec)) throw new RelumineError("value", `${at}spec`, "to be an object", describe(spec));
  const others = Object.entries(rest).map(([name, value]) => [name, copyPlain(ofFit(name), value)]);
  return {
    spec: copyPlain(`${at}spec`, spec) as PlainObject,
    fit: {
      epochs: 10,
      batchSize: 32,
      shuffle: true,
      ...(Object.fromEntries(others) as PlainObject),
      optimizer: recipe,
      ...(isData(learningRate) && {
        learningRate: copyPlain(ofFit("learningRate"), checkSchedule(ofFit("learningRate"), learningRate)),
      }),
      callbacks: readCallbacks(ofFit("callbacks"), callbacks),
    },
    remedies: copyPlain(`${at}remedies`, remedies) as PlainObject,
  };
}

export const readBase = (base: unknown): Draft => readDraft(base, "plan.base");

function readScaling(given: Plain | undefined): RowScaling | undefined {
  if (given === undefined) return undefined;
  const { inputs = false, targets = false } = checkOptions("remedies.standardize", given as RowScaling, [
    "inputs",
    "targets",
  ]);
  const scaling = {
    ...(checkBoolean("remedies.standardize.inputs", inputs) && { inputs }),
    ...(checkBoolean("remedies.standardize.targets", targets) && { targets }),
  };
  return Object.keys(scaling).length > 0 ? scaling : undefined;
}

function readCalibration(given: Plain | undefined): { activity?: number } | undefined {
  if (given === undefined) return undefined;
  const { activity } = checkOptions("remedies.calibrate", given as { activity?: number }, ["activity"]);
  return activity === undefined
    ? {}
    : { activity: checkNumber("activity", activity, { low: 0, openLow: true, high: 1 }) };
}

/**
 * A draft as a trial.
 * @throws RelumineError "value" or "shape"
 */
export function draftedTrial({ spec, fit, remedies }: Draft): DraftedTrial {
  const resolved = resolveSpec(spec as unknown as NetworkSpec);
  const { name, options } = readOptimizer("optimizer", fit.optimizer) as { name: string; options: OptimizerOptions };
  const recipe = rebuildOptimizer({ name, options });
  const { accumulate, clipNorm, classWeights } = fit;
  const standardize = readScaling(remedies.standardize);
  const calibrate = readCalibration(remedies.calibrate);
  const settings: TrialSettings = {
    spec: { ...resolved, seed: 0 },
    optimizer: { name, options: recipe.options },
    batchSize: checkInteger("batchSize", fit.batchSize, { low: 1 }),
    ...(accumulate !== undefined && {
      accumulate: checkInteger("accumulate", accumulate, { low: 1, high: 2 ** 20 }),
    }),
    shuffle: checkBoolean("shuffle", fit.shuffle),
    ...(fit.learningRate !== undefined && { schedule: checkSchedule("learningRate", fit.learningRate) }),
    ...(clipNorm !== undefined && { clipNorm: checkNumber("clipNorm", clipNorm, { low: 0, openLow: true }) }),
    ...(classWeights !== undefined && { classWeights: checkClassWeights(resolved, classWeights)! }),
    ...(standardize && { standardize }),
    ...(remedies.treat !== undefined && { treat: checkRemedy(remedies.treat) as Remedy }),
    ...(calibrate && { calibrate }),
    callbacks: readCallbacks("callbacks", fit.callbacks).map((callback) => {
      const { name: own, options: filled } = callbackOf(callback as unknown as CallbackData);
      return { name: own, options: filled };
    }),
  };
  return { settings, seed: resolved.seed, epochs: checkInteger("epochs", fit.epochs, { low: 0, high: 1e9 }) };
}

/** Of a layer, what its spec may leave out. */
const UNTOLD: PlainObject = {
  frozen: false,
  useBias: true,
  normalization: { kind: "batch", momentum: 0.1, epsilon: 1e-5 },
  dropout: 0,
  kernelRegularizer: { l1: 0, l2: 0 },
  activityRegularizer: { l1: 0, l2: 0 },
  maxNorm: 1,
  residual: false,
};

/** The draft with every member that a path may name, defaults and the options of all optimizers in use among them. */
export function fullDraft(draft: Draft, optimizers: readonly string[]): PlainObject {
  const spec = resolveSpec(draft.spec as unknown as NetworkSpec) as ResolvedSpec;
  const plain = copyPlain("spec", spec) as PlainObject;
  const layers = (plain.layers as PlainObject[]).map((layer) => ({ ...UNTOLD, ...layer }));
  const options = optimizers.map((name) => rebuildOptimizer({ name, options: {} }).options);
  const callbacks = (draft.fit.callbacks as unknown as CallbackData[]).map(callbackOf);
  return {
    spec: { ...plain, layers },
    fit: {
      accumulate: 1,
      clipNorm: 1,
      classWeights: "balanced",
      ...draft.fit,
      optimizer: { ...(draft.fit.optimizer as PlainObject), options: Object.assign({}, ...options) as PlainObject },
      callbacks: callbacks.map(({ name, options: filled }) => copyPlain("callbacks", { name, options: filled })),
    },
    remedies: {
      standardize: { inputs: false, targets: false },
      treat: {
        kind: "liftBias",
        activity: 0.1,
        dormantBelow: 0.025,
        kernelInitializer: "heNormal",
        activation: "relu",
      },
      calibrate: { activity: 0.5 },
      ...draft.remedies,
    },
  };
}
