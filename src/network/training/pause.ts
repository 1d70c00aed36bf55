// Where a fit stands, taken from it and put into another one.
import { ownCallbacks, type StartedCallback } from "./callbacks.js";
import { type Plan, stepRowsOf } from "./plan.js";
import { checkSamePlan, type FitProgress, type PlanRecord, recordPlan } from "./progress.js";
import type { RunningFit } from "./running-fit.js";
import type { RunningSchedule } from "./schedules/running-schedule.js";
import type { SilentUnits } from "./silent-units.js";
import type { TrainingStep } from "./step.js";
import type { BatchSource } from "../batches.js";
import type { EpochLog, History } from "../types.js";
import type { NetworkState } from "../state/state.js";
import { checkInteger } from "../../core/checks.js";

/** relumine.min.js, where networks are no files, leaves this module out: there it is another value. */
export const canPause = true;

/** A fit that goes on. */
export interface Resumed {
  readonly progress: FitProgress;
  readonly record: PlanRecord;
}

/** Of a run, what describes where it stands. */
export interface PausableRun extends Pick<RunningFit, "state" | "plan" | "order" | "firstEpoch" | "loss"> {
  readonly steps: TrainingStep;
  readonly silent: SilentUnits;
  readonly callbacks: readonly StartedCallback[];
  readonly schedule: RunningSchedule | undefined;
  readonly epochLogs: EpochLog[];
  epoch: number;
  step: number;
  rate: number;
  /** The epoch's first row that was not trained on yet. */
  nextRow: number;
  /** How many callbacks have heard of the last batch or epoch. */
  told: number;
  epochStarted: number;
  stopped: History["stopped"];
  /** Of the plan, once it was asked for: fingerprints take time. */
  record: PlanRecord | undefined;
}

/** @throws RelumineError "value" where the fit is another */
export function checkResume(plan: Plan, progress: FitProgress, state: NetworkState): Resumed {
  const record = recordOf(plan, state);
  checkSamePlan(record, progress.plan);
  checkInteger("epochs", plan.epochs, { low: progress.epoch });
  return { progress, record };
}

function recordOf(plan: Plan, { runtime }: NetworkState): PlanRecord {
  const record = recordPlan(runtime.build, { ...plan, ...stepRowsOf(plan) }, ownCallbacks(plan));
  return plan.source ? { ...record, data: sourceName(plan.source) } : record;
}

/** No name that rows in memory have (see fingerprint.ts). */
const sourceName = ({ id }: BatchSource): string => `source ${id}`;

/**
 * Undefined before the first epoch, where the fit diverged, of a source without a name, and where a callback's state
 * can't be told.
 */
export function describeProgress(run: PausableRun, isComplete: boolean): FitProgress | undefined {
  const { state, plan, firstEpoch, epoch, step, nextRow, rate, loss, stopped } = run;
  const isNameless = plan.source !== undefined && plan.source.id === undefined;
  if (epoch === 0 || stopped === "diverged" || isNameless) return undefined;
  const own = run.callbacks.filter(({ save }) => save);
  const callbacks = own.map(({ save }) => save!(isComplete)!);
  if (callbacks.includes(undefined!)) return undefined;
  const told = run.callbacks.slice(0, run.told).filter((each) => own.includes(each)).length;
  return {
    plan: (run.record ??= recordOf(plan, state)),
    epochs: plan.epochs,
    firstEpoch,
    epoch,
    step,
    nextRow,
    rate,
    loss,
    told,
    callbacks: structuredClone(callbacks),
    sums: run.steps.sums.slice(0, 2),
    ...((plan.data.weights ?? plan.source) && { weight: run.steps.sums[2] }),
    ...(run.steps.penalties && { penalties: run.steps.penalties.slice() }),
    seconds: (performance.now() - run.epochStarted) / 1000,
    fired: run.silent.save(),
    logs: [...run.epochLogs],
    toldOthers: run.told - told,
    ...(run.schedule?.save && { schedule: run.schedule.save() }),
    isStopped: stopped === "callback",
  };
}

/** As it was where the fit that is resumed stopped. */
export function restoreProgress(run: PausableRun, progress: FitProgress): void {
  const {
    epoch,
    step,
    nextRow,
    rate,
    loss,
    sums,
    weight = nextRow,
    penalties,
    seconds,
    fired,
    logs,
    parameters,
    isStopped,
  } = progress;
  Object.assign(run, { epoch, step, nextRow, rate });
  if (progress.schedule) run.schedule?.restore?.(progress.schedule);
  if (parameters) run.state.allWeights().set(parameters);
  if (isStopped) run.stopped = "callback";
  for (const log of logs) run.epochLogs.push(log);
  run.steps.restore(sums, weight, loss, penalties);
  run.silent.restore(fired);
  run.order.beginEpoch(run.firstEpoch + epoch - 1);
  run.epochStarted = performance.now() - seconds * 1000;
}

/** The place among the callbacks behind which they have not heard of the last batch or epoch. */
export function placeOfTold(callbacks: readonly StartedCallback[], { told, toldOthers }: FitProgress): number {
  let [own, others] = [told, toldOthers];
  return callbacks.findIndex(({ save }) => (save ? own-- === 0 : others-- <= 0 && own === 0));
}
