// What a trace says of a unit that died.

/** A unit's preactivation over the samples it is judged on. */
export interface Preactivation {
  /** The largest. */
  readonly max: number;
  /** Their mean. */
  readonly mean: number;
  /** Their standard deviation. */
  readonly std: number;
}

/** The parts of the change of a mean preactivation w·x + b that came from w, b and x. */
export interface Fall {
  /** From the change of w. */
  readonly weights: number;
  /** From the change of b. */
  readonly bias: number;
  /** From the change of x, which the layers below made. */
  readonly inputs: number;
}

export const NO_FALL: Fall = { weights: 0, bias: 0, inputs: 0 };

export function total({ weights, bias, inputs }: Fall): number {
  return weights + bias + inputs;
}

/**
 * The first of these that holds.
 * born: silent from the start. upstream: more than half of the fall came from its inputs. drift: the lethal update made
 * less than a tenth of the fall over the window. momentum, weightDecay: without it, all else equal, that update would
 * not have closed the unit (if either would do, the one with the larger part). learningRate: the plain gradient step
 * did it. unknown: the update could not be replayed, since the network was changed from outside meanwhile, its data
 * were, or `replay` is false.
 */
export type Cause = "born" | "learningRate" | "momentum" | "weightDecay" | "upstream" | "drift" | "unknown";

/** One unit that died: when, why, and by which figures. */
export interface Death {
  /** Index in network.layers. */
  readonly layer: number;
  /** Index in its layer. */
  readonly unit: number;
  /**
   * The update that closed it to the end, counted from 1 as in BatchLog: the last whose batch still opened it; 0: none
   * did since the fit began.
   */
  readonly step: number;
  /** Of that step, counted from 1; 0 with step 0. */
  readonly epoch: number;
  /** Why: see Cause. */
  readonly cause: Cause;
  /** The preactivation right before that update, over the training rows (see traceDeaths). */
  readonly before: Preactivation;
  /** The same rows right after it. */
  readonly after: Preactivation;
  /** The parts of after.mean - before.mean; NaN where the cause is "unknown". */
  readonly change: Fall;
  /**
   * The largest learning rate, found by replay within 1 %, at which the unit lives through that update; absent where
   * none of that update's decides.
   */
  readonly survivesAt?: number;
  /** The learning rate of that update; absent where it is not known, and with step 0. */
  readonly rate?: number;
  /** Where the unit lived through that update: the step by which it was closed at the latest. */
  readonly closedBy?: number;
  /** Its mean preactivation where the window of the trace began; absent where the update could not be replayed. */
  readonly windowMean?: number;
  /**
   * The rows of the data with the largest shares of the unit's gradient in that update, |dz|·|(x, 1)| over the sum of
   * it; at most three.
   */
  readonly samples?: readonly {
    /** Index in the data's rows. */
    readonly row: number;
    /** Of the sum over the batch, 0 to 1. */
    readonly share: number;
  }[];
  /** One sentence with the figures. */
  readonly explanation: string;
}

/** A unit that was taken off the list of deaths: it fired again. */
export interface Revival {
  /** Index in network.layers. */
  readonly layer: number;
  /** Index in its layer. */
  readonly unit: number;
  /** Death.step of the death that it survived. */
  readonly diedAt: number;
  /** The step whose batch opened it again; at the end of the training: the last. */
  readonly step: number;
  /** Of that step, counted from 1. */
  readonly epoch: number;
}
