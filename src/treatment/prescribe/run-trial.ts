// One training as plain data, so that a worker can do it: what to build, what to start from, what acts while it trains.
import type { NamedCallback } from "./types.js";
import { calibrate } from "../start/calibrate.js";
import { continualBackprop } from "../during-training/continual-backprop.js";
import { preventDeaths } from "../during-training/prevent-deaths.js";
import { recycleDormant } from "../during-training/recycle-dormant.js";
import { diagnose } from "../../diagnosis/diagnose.js";
import type { Matrix } from "../../core/matrix.js";
import { RelumineError } from "../../core/errors.js";
import type { Callback, History, Metrics, Network, FitOptions } from "../../network/types.js";
import { createNetwork } from "../../network/network.js";
import { type OptimizerOptions, rebuildOptimizer } from "../../network/training/optimizers.js";
import type { ResolvedSpec } from "../../network/spec.js";

/** How one trial trains. */
export interface Regimen {
  readonly spec: ResolvedSpec;
  readonly optimizer: { readonly name: string; readonly options: OptimizerOptions };
  readonly clipNorm?: number;
  readonly calibrate?: { readonly activity?: number };
  readonly callbacks: readonly NamedCallback[];
}

export interface PlainSet {
  readonly x: Matrix;
  readonly y: Int32Array | Matrix;
}

/** What all trials share. */
export interface Setup {
  readonly training: PlainSet;
  readonly validation: PlainSet;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly arithmetic: "fast" | "reproducible";
}

export interface Job {
  readonly regimen: Regimen;
  readonly seed: number;
  readonly epochs: number;
}

export interface Outcome {
  readonly metrics: Metrics;
  readonly deadFraction: number;
  readonly seconds: number;
  readonly epochs: number;
  readonly failed?: string;
}

/** What can't be handed to a worker: the functions of the user's fit, and looks at the network while it is there. */
export interface Extras {
  readonly schedule?: FitOptions["learningRate"];
  readonly callbacks?: readonly Callback[];
  readonly signal?: AbortSignal;
  readonly inspect?: (network: Network, history: History) => void;
}

const CALLBACKS: Readonly<Record<NamedCallback["name"], (options?: Readonly<Record<string, number>>) => Callback>> = {
  continualBackprop,
  preventDeaths,
  recycleDormant,
};

export function toCallbacks(named: readonly NamedCallback[]): Callback[] {
  return named.map(({ name, options }) => CALLBACKS[name](options));
}

/** The schedule of the user's fit, slowed down as much as the remedy's rate is below the given one. */
export function scaleSchedule(schedule: FitOptions["learningRate"], factor: number): FitOptions["learningRate"] {
  return schedule && factor !== 1 ? (step, epoch) => schedule(step, epoch) * factor : schedule;
}

/** Share of the hidden units that are dead; NaN where the preactivations overflow. */
function deadShare(network: Network, x: Matrix): number {
  try {
    return diagnose(network, x, { proofs: false }).deadFraction;
  } catch (error) {
    if (error instanceof RelumineError) return Number.NaN;
    throw error;
  }
}

async function train(
  { training, validation, batchSize, shuffle, arithmetic }: Setup,
  { regimen, seed, epochs }: Job,
  extras: Extras,
): Promise<Outcome> {
  using network = await createNetwork({ ...regimen.spec, seed }, { arithmetic });
  const started = performance.now();
  if (regimen.calibrate) calibrate(network, training.x, regimen.calibrate);
  const history = await network.fit(training, {
    epochs,
    batchSize,
    shuffle,
    ...(extras.callbacks && { validation }), // for those that look at it; else its time is saved
    optimizer: rebuildOptimizer(regimen.optimizer),
    learningRate: extras.schedule,
    clipNorm: regimen.clipNorm,
    callbacks: [...(extras.callbacks ?? []), ...toCallbacks(regimen.callbacks)],
    signal: extras.signal,
  });
  const seconds = (performance.now() - started) / 1000;
  extras.inspect?.(network, history);
  const failed = history.stopped === "callback" ? undefined : history.stopped;
  return {
    metrics: network.evaluate(validation),
    deadFraction: deadShare(network, training.x),
    seconds,
    epochs: history.epochs.length,
    ...(failed && { failed }),
  };
}

/** Does one job. What goes wrong in it is its outcome. */
export async function runJob(setup: Setup, job: Job, extras: Extras = {}): Promise<Outcome> {
  try {
    return await train(setup, job, extras);
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    return { metrics: { loss: Number.NaN }, deadFraction: Number.NaN, seconds: 0, epochs: 0, failed };
  }
}
