// What a fit that diverges leaves beside the last finite weights: those that an epoch started with, before its loss ran
// away. One copy an epoch, into the same array; nothing in a step.
import { evaluateRows } from "./evaluate.js";
import type { Plan } from "./plan.js";
import type { RowOrder, TrainingStep } from "./step.js";
import type { DivergedFit, EpochLog } from "../types.js";
import type { EpochStart, NetworkState } from "../state/state.js";
import { RelumineError } from "../../core/errors.js";

/** Epochs of fewer updates share a copy: it is to cost no part of them, and to be older than the divergence. */
const LEAST_STEPS = 16;
/** A loss so many times the lowest so far has run away: what comes of it is not kept. */
const RAN_AWAY = 100;

/** What is asked of a run. */
export interface WatchedRun {
  readonly state: NetworkState;
  readonly plan: Plan;
  readonly order: RowOrder;
  readonly steps: TrainingStep;
  readonly epochLogs: readonly EpochLog[];
  readonly epoch: number;
  readonly step: number;
  readonly rate: number;
}

/** The array of the fit before, or a new one; without memory for it a fit does without. */
function takeArray({ epochStart, weightFloats }: NetworkState): Float32Array | undefined {
  if (epochStart) return epochStart.parameters;
  try {
    return new Float32Array(weightFloats);
  } catch {
    return undefined;
  }
}

/** Keeps the weights of an epoch's start while a run goes on. */
export class EpochStartKeeper {
  private readonly kept: EpochStart | undefined;
  /** Of the first batch and the epochs so far. */
  private lowest = Infinity;
  private heard = 0;

  constructor(private readonly run: WatchedRun) {
    const { state } = run;
    const parameters = takeArray(state);
    this.kept = parameters && { parameters, epoch: 0, step: 0, epochsBegun: 0, hasDiverged: false };
    state.epochStart = this.kept;
  }

  /** Of the run's first batch, before its update: what a first epoch that runs away is held against. */
  noteFirst(loss: number): void {
    this.lowest = Math.min(this.lowest, loss);
  }

  /** Before an epoch starts, or goes on where it was stopped. */
  note(epoch: number): void {
    const { kept, run } = this;
    if (!kept) return;
    const hasRunAway = this.hasRunAway();
    if (kept.epoch > 0 && (hasRunAway || run.step - kept.step < LEAST_STEPS)) return;
    const { state } = run;
    kept.parameters.set(state.allWeights());
    kept.epoch = epoch;
    kept.step = run.step;
    kept.epochsBegun = state.epochsBegun;
  }

  private hasRunAway(): boolean {
    const { lowest: before, run } = this;
    const { epochLogs } = run;
    for (; this.heard < epochLogs.length; this.heard++) this.lowest = Math.min(this.lowest, epochLogs[this.heard].loss);
    const last = epochLogs.at(-1);
    if (!last || before === Infinity) return false;
    const most = before + (RAN_AWAY - 1) * Math.abs(before);
    return !(last.loss <= most) || !(run.steps.loss <= most);
  }

  /** What is told of a run that diverged. */
  describe(what: DivergedFit["what"]): DivergedFit {
    const { run, kept } = this;
    const { rate, epoch } = run;
    const last = { step: run.step, ...this.judge() };
    // an update that was refused in part is counted
    const step = what === "update" ? run.step : run.step + 1;
    const divergence = { what, epoch, step, learningRate: rate, last };
    if (!kept) return { ...divergence, goOnFrom: "last" };
    kept.hasDiverged = true;
    const start = { epoch: kept.epoch, step: kept.step, ...this.judge(kept.parameters) };
    const isLastBetter = last.loss !== undefined && start.loss !== undefined && last.loss < start.loss;
    return { ...divergence, epochStart: start, goOnFrom: isLastBetter ? "last" : "epochStart" };
  }

  /** The mean loss on the training rows with these weights, the network's own by default; absent where it is none. */
  private judge(parameters?: Float32Array): { loss?: number } {
    const { state, plan, order } = this.run;
    if (plan.source) return {};
    const own = parameters && state.allWeights().slice();
    try {
      if (parameters) state.allWeights().set(parameters);
      const { loss } = evaluateRows(state, plan.data, 0, plan.trainingRows, order.address);
      return Number.isFinite(loss) ? { loss } : {};
    } catch (error) {
      if (error instanceof RelumineError) return {}; // no memory for a chunk of rows
      throw error;
    } finally {
      if (own) state.allWeights().set(own);
    }
  }
}

/**
 * Puts the weights of an epoch's start back; the optimizer starts anew, as its moments are of what diverged.
 * @throws RelumineError "value" where no fit diverged since, or "disposed"
 */
export function restoreEpochStart(state: NetworkState): void {
  state.checkIdle();
  const { epochStart } = state;
  if (!epochStart?.hasDiverged) {
    const expected = "to hold the weights of an epoch's start, of a fit that diverged";
    throw new RelumineError("value", "network", expected, "one whose last fit did not");
  }
  state.edit(() => {
    state.allWeights().set(epochStart.parameters);
    state.epochsBegun = epochStart.epochsBegun;
    state.clearMoments();
  });
}
