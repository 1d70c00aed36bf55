// Schedules of the learning rate as data: { name, options }, so that they can be stored, sent and written down. Each
// changes the optimizer's rate, which it begins or peaks at. PyTorch's definitions; how they run: running-schedule.ts.
import {
  checkBoolean,
  checkInteger,
  checkName,
  checkNumber,
  checkOptions,
  describe,
  type NumberRange,
} from "../../../core/checks.js";
import { type Monitor, MONITORS } from "./monitor.js";
import { errorIn, RelumineError } from "../../../core/errors.js";

/**
 * What cosine(), warmup() and their like return: plain data, which `fit` takes as its `learningRate`; from JSON too.
 * The rate that is changed is the optimizer's.
 */
export interface Schedule {
  /** Of the function that makes it: "cosine". */
  readonly name: string;
  /** What that was called with, defaults filled in. */
  readonly options: ScheduleOptions;
}

/** The options of a schedule, by name. */
export type ScheduleOptions = Readonly<Record<string, number | boolean | string | readonly number[] | Schedule>>;

export const SCHEDULE_NAMES = ["cosine", "stepDecay", "warmup", "oneCycle", "reduceOnPlateau"] as const;

const ABOVE_ZERO: NumberRange = { low: 0, openLow: true };
const FACTOR: NumberRange = { low: 0, high: 1 };

function schedule(name: string, options: Readonly<Record<string, ScheduleOptions[string] | undefined>>): Schedule {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return Object.freeze({ name, options: Object.freeze(given) as ScheduleOptions });
}

const optional = (name: string, value: unknown, range: NumberRange): number | undefined =>
  value === undefined ? undefined : checkNumber(name, value, range);

/**
 * The rate falls as half a cosine from the optimizer's to `minimum`, over all steps of the fit (Loshchilov and Hutter
 * 2017; PyTorch's CosineAnnealingLR and, with `every`, CosineAnnealingWarmRestarts, step by step).
 * @param options minimum 0 (a rate; where the optimizer's is lower, that stands); epochs: it falls for so many instead,
 *   and stays there; or every: so many epochs are one fall, after which it begins anew, each fall `factor` (1) times as
 *   long as the one before
 * @cost none
 * @throws RelumineError "value"
 * @example network.fit(data, { epochs: 30, optimizer: adam(), learningRate: cosine({ minimum: 1e-5 }) })
 */
export function cosine(options?: { minimum?: number; epochs?: number; every?: number; factor?: number }): Schedule {
  const given = checkOptions("cosine", options, ["minimum", "epochs", "every", "factor"]);
  if (given.epochs !== undefined && given.every !== undefined)
    throw new RelumineError("value", "epochs", "to be left out where `every` is given", "both");
  if (given.factor !== undefined && given.every === undefined)
    throw new RelumineError("value", "every", "to be given where `factor` is", "none");
  return schedule("cosine", {
    minimum: checkNumber("minimum", given.minimum ?? 0, { low: 0 }),
    epochs: optional("epochs", given.epochs, ABOVE_ZERO),
    every: optional("every", given.every, ABOVE_ZERO),
    ...(given.every !== undefined && { factor: checkInteger("factor", given.factor ?? 1, { low: 1, high: 1e6 }) }),
  });
}

/**
 * The rate is multiplied by `factor` after each `every` epochs (PyTorch's StepLR), or after each epoch of `after`
 * (MultiStepLR).
 * @param options every, or after: epochs, ascending; factor 0.1
 * @cost none
 * @throws RelumineError "value"
 * @example network.fit(data, { epochs: 90, optimizer: sgd(), learningRate: stepDecay({ every: 30 }) })
 */
export function stepDecay(options: { every?: number; after?: readonly number[]; factor?: number }): Schedule {
  const given = checkOptions("stepDecay", options, ["every", "after", "factor"]);
  const { every, after } = given;
  if ((every === undefined) === (after === undefined))
    throw new RelumineError(
      "value",
      "every",
      "or after to be given, one of them",
      every === undefined ? "none" : "both",
    );
  if (after !== undefined && (!Array.isArray(after) || after.length === 0))
    throw new RelumineError("value", "after", "to be a list of epochs", describe(after));
  const epochs = after?.map((epoch: unknown, i) =>
    checkInteger(`after[${i}]`, epoch, { low: i === 0 ? 1 : (after[i - 1] as number) + 1 }),
  );
  return schedule("stepDecay", {
    every: every === undefined ? undefined : checkInteger("every", every, { low: 1 }),
    after: epochs && Object.freeze(epochs),
    factor: checkNumber("factor", given.factor ?? 0.1, FACTOR),
  });
}

/**
 * The rate rises in a straight line from `start` times the optimizer's to the whole, then `next` begins as if the fit
 * did (PyTorch's LinearLR, and SequentialLR with what follows).
 * @param options epochs 1 (parts too), or steps; start 0.01, a share; next: another schedule, default the constant rate
 * @cost none
 * @throws RelumineError "value"
 * @example network.fit(data, { epochs: 30, learningRate: warmup({ epochs: 2, next: cosine() }) })
 */
export function warmup(options?: { epochs?: number; steps?: number; start?: number; next?: Schedule }): Schedule {
  const given = checkOptions("warmup", options, ["epochs", "steps", "start", "next"]);
  if (given.epochs !== undefined && given.steps !== undefined)
    throw new RelumineError("value", "epochs", "to be left out where steps are given", "both");
  return schedule("warmup", {
    ...(given.steps === undefined
      ? { epochs: checkNumber("epochs", given.epochs ?? 1, ABOVE_ZERO) }
      : { steps: checkInteger("steps", given.steps, { low: 1 }) }),
    start: checkNumber("start", given.start ?? 0.01, FACTOR),
    next: given.next === undefined ? undefined : checkFollower(given.next),
  });
}

/** One warm-up is enough. */
function checkFollower(next: unknown): Schedule {
  if (isData(next) && (next as { name?: unknown }).name === "warmup")
    throw new RelumineError("value", "next", "to be another schedule", '"warmup"'); // whatever follows it
  return checkSchedule("next", next);
}

/**
 * One cycle over all steps of the fit (Smith and Topin 2019; PyTorch's OneCycleLR with cosines, without a cycle of the
 * momentum): from the optimizer's rate / divisor up to that rate, then down to the first one / finalDivisor.
 * @param options rising 0.3 (the share of the steps on which it rises), divisor 25, finalDivisor 10000; epochs: over so
 *   many instead
 * @cost none
 * @throws RelumineError "value"
 * @example network.fit(data, { epochs: 20, optimizer: sgd({ learningRate: 1 }), learningRate: oneCycle() })
 */
export function oneCycle(options?: {
  rising?: number;
  divisor?: number;
  finalDivisor?: number;
  epochs?: number;
}): Schedule {
  const given = checkOptions("oneCycle", options, ["rising", "divisor", "finalDivisor", "epochs"]);
  return schedule("oneCycle", {
    rising: checkNumber("rising", given.rising ?? 0.3, FACTOR),
    divisor: checkNumber("divisor", given.divisor ?? 25, { low: 1 }),
    finalDivisor: checkNumber("finalDivisor", given.finalDivisor ?? 10_000, { low: 1 }),
    epochs: optional("epochs", given.epochs, ABOVE_ZERO),
  });
}

/**
 * The rate is multiplied by `factor` when the loss has not fallen for more than `patience` epochs (PyTorch's
 * ReduceLROnPlateau).
 * @param options monitor: "validationLoss" or "loss", default the first where there is validation; factor 0.1,
 *   patience 10, threshold 1e-4 (what counts as a fall: a share of the best loss, with isAbsolute true a difference),
 *   cooldown 0 (epochs after a reduction that do not count), minimum 0 (a rate), leastChange 1e-8 (smaller reductions
 *   are not made)
 * @cost none
 * @throws RelumineError "value"; in fit, before anything changes, where it monitors a validation loss and there is none
 * @example network.fit(data, { epochs: 99, validation: 0.2, learningRate: reduceOnPlateau({ patience: 5 }) })
 */
export function reduceOnPlateau(options?: {
  monitor?: Monitor;
  factor?: number;
  patience?: number;
  threshold?: number;
  isAbsolute?: boolean;
  cooldown?: number;
  minimum?: number;
  leastChange?: number;
}): Schedule {
  const names = ["monitor", "factor", "patience", "threshold", "isAbsolute", "cooldown", "minimum", "leastChange"];
  const given = checkOptions("reduceOnPlateau", options, names);
  return schedule("reduceOnPlateau", {
    monitor: given.monitor === undefined ? undefined : checkName("monitor", given.monitor, MONITORS),
    factor: checkNumber("factor", given.factor ?? 0.1, { ...FACTOR, openHigh: true }),
    patience: checkInteger("patience", given.patience ?? 10, { low: 0 }),
    threshold: checkNumber("threshold", given.threshold ?? 1e-4, { low: 0 }),
    isAbsolute: checkBoolean("isAbsolute", given.isAbsolute ?? false),
    cooldown: checkInteger("cooldown", given.cooldown ?? 0, { low: 0 }),
    minimum: checkNumber("minimum", given.minimum ?? 0, { low: 0 }),
    leastChange: checkNumber("leastChange", given.leastChange ?? 1e-8, { low: 0 }),
  });
}

const FACTORIES: Readonly<Record<(typeof SCHEDULE_NAMES)[number], (options: never) => Schedule>> = {
  cosine,
  stepDecay,
  warmup,
  oneCycle,
  reduceOnPlateau,
};

/** Whether it is to be a schedule, right or not. */
export const isData = (given: unknown): given is object => typeof given === "object" && given !== null;

/**
 * The schedule that plain data is, checked, defaults filled in.
 * @throws RelumineError "value"
 */
export function checkSchedule(path: string, given: unknown): Schedule {
  if (!isData(given))
    throw new RelumineError("value", path, "to be what cosine() and its like return", describe(given));
  const { name, options } = checkOptions(path, given as Schedule, ["name", "options"]);
  const known = checkName(`${path}.name`, name, SCHEDULE_NAMES);
  try {
    return FACTORIES[known](options as never);
  } catch (error) {
    throw error instanceof RelumineError ? errorIn(`${path}.options`, error) : error;
  }
}

/** The one that watches losses, if there is: itself, or what follows a warm-up. */
export function plateauOf({ name, options }: Schedule): Schedule | undefined {
  if (name === "warmup") return options.next === undefined ? undefined : plateauOf(options.next as Schedule);
  return name === "reduceOnPlateau" ? { name, options } : undefined;
}
