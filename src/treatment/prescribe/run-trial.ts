// One training as plain data, so that a worker can do it: what to build, what to start from, what acts while it trains.
import type { TrialFailure } from "./types.js";
import { callbackOf } from "../callbacks.js";
import { calibrate } from "../start/calibrate.js";
import { countDead } from "../../inspect/dead-units.js";
import type { Matrix } from "../../core/matrix.js";
import { RelumineError } from "../../core/errors.js";
import type { History, Metrics, Network } from "../../network/types.js";
import type { CallbackData } from "../../network/training/callbacks.js";
import type { Plan } from "../../network/training/plan.js";
import { createNetwork } from "../../network/network.js";
import { type OptimizerOptions, rebuildOptimizer } from "../../network/training/optimizers.js";
import type { ResolvedSpec } from "../../network/spec.js";

/** How one trial trains. */
export interface TrialSettings {
  readonly spec: ResolvedSpec;
  readonly optimizer: { readonly name: string; readonly options: OptimizerOptions };
  readonly clipNorm?: number;
  readonly calibrate?: { readonly activity?: number };
  /** Of the remedy. */
  readonly callbacks: readonly CallbackData[];
}

export interface PlainSet {
  readonly x: Matrix;
  readonly y: Int32Array | Matrix;
  readonly weights?: Float32Array;
}

/** What all trials share. */
export interface TrialSetup {
  readonly training: PlainSet;
  readonly validation: PlainSet;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly classWeights?: Plan["classWeights"];
  /** Of the package, that the user's fit has. */
  readonly callbacks: readonly CallbackData[];
  readonly arithmetic: "fast" | "reproducible";
}

export interface TrialJob {
  readonly settings: TrialSettings;
  readonly seed: number;
  readonly epochs: number;
}

export interface TrialOutcome {
  readonly metrics: Metrics;
  readonly deadFraction: number;
  readonly seconds: number;
  readonly epochs: number;
  readonly failed?: TrialFailure;
}

/** What can't be handed to a worker: the functions of the user's fit, and looks at the network while it is there. */
export interface Extras {
  readonly schedule?: Plan["schedule"];
  readonly callbacks?: Plan["callbacks"];
  readonly signal?: AbortSignal;
  readonly inspect?: (network: Network, history: History) => void;
}

/** The schedule of the user's fit, slowed down as much as the remedy's rate is below the given one. */
export function scaleSchedule(schedule: Plan["schedule"], factor: number): Plan["schedule"] {
  return schedule && factor !== 1 ? (step, epoch) => schedule(step, epoch) * factor : schedule;
}

function deadShare(network: Network, x: Matrix): number {
  const { dead, units } = countDead(network, x);
  return units === 0 ? 0 : dead / units;
}

async function train(
  { training, validation, batchSize, shuffle, classWeights, callbacks: given, arithmetic }: TrialSetup,
  { settings, seed, epochs }: TrialJob,
  extras: Extras,
): Promise<TrialOutcome> {
  using network = await createNetwork({ ...settings.spec, seed }, { arithmetic });
  const started = performance.now();
  const callbacks = [...given.map(callbackOf), ...(extras.callbacks ?? [])];
  if (settings.calibrate) calibrate(network, training.x, settings.calibrate);
  const history = await network.fit(training, {
    epochs,
    batchSize,
    shuffle,
    classWeights,
    ...(callbacks.length > 0 && { validation }), // for those that look at it; else its time is saved
    optimizer: rebuildOptimizer(settings.optimizer),
    learningRate: extras.schedule,
    clipNorm: settings.clipNorm,
    callbacks: [...callbacks, ...settings.callbacks.map(callbackOf)],
    signal: extras.signal,
  });
  const seconds = (performance.now() - started) / 1000;
  extras.inspect?.(network, history);
  const { loss, accuracy } = network.evaluate(validation);
  return {
    metrics: { loss, ...(accuracy !== undefined && { accuracy }) },
    deadFraction: deadShare(network, training.x),
    seconds,
    epochs: history.epochs.length,
    ...failureOfHistory(history),
  };
}

function failureOfHistory({ stopped, epochs }: History): Pick<TrialOutcome, "failed"> {
  if (stopped === undefined || stopped === "callback") return {};
  const what = stopped === "diverged" ? "the loss left the finite numbers" : "it was interrupted";
  return { failed: { code: stopped, message: `${what} after ${epochs.length} whole epochs` } };
}

/**
 * Does one job. A training that diverges, and what the network refuses, are its outcome; every other error is thrown.
 */
export async function runJob(setup: TrialSetup, job: TrialJob, extras: Extras = {}): Promise<TrialOutcome> {
  try {
    return await train(setup, job, extras);
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    const { code, message } = error;
    return {
      metrics: { loss: Number.NaN },
      deadFraction: Number.NaN,
      seconds: 0,
      epochs: 0,
      failed: { code, message },
    };
  }
}
