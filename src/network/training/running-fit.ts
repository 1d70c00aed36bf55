// The inside of a fit that is running, for callbacks of this package that look deeper than a log.
import { describe } from "../../core/checks.js";
import type { TrainingContext } from "../types.js";
import type { Plan } from "./plan.js";
import type { NetworkState } from "../state/state.js";
import type { RowOrder } from "./step.js";
import { RelumineError } from "../../core/errors.js";

export interface RunningFit {
  readonly state: NetworkState;
  readonly plan: Plan;
  readonly order: RowOrder;
  /** The first epoch's place in the network's sequence of epochs, which decides its order of rows. */
  readonly firstEpoch: number;
  /** The one that is under way, or ended last; from 1, 0 before any. */
  readonly epoch: number;
  /** Updates made so far. */
  readonly step: number;
  /** The last step's learning rate, and its batch's mean loss. */
  readonly rate: number;
  readonly loss: number;
  /** It has ended, well or not. */
  readonly isOver: boolean;
  /**
   * Calls `watcher` right after each update, before any callback: the batch's counters, all of them, are still in the
   * buffers.
   */
  watch(watcher: () => void): void;
  /** Calls `release` when the fit ends, well or not. */
  atEnd(release: () => void): void;
}

const fits = new WeakMap<object, RunningFit>();

export function attachFit(context: TrainingContext, fit: RunningFit): void {
  fits.set(context, fit);
}

/** The fit that a callback was called by. */
export function fitOf(context: TrainingContext): RunningFit {
  const fit = typeof context === "object" && context !== null ? fits.get(context) : undefined;
  if (!fit)
    throw new RelumineError("value", "context", "to be the one that fit passes to its callbacks", describe(context));
  return fit;
}
