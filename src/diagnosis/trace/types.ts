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

/**
 * The parts of the change of a mean preactivation w·x + b that came from w, b and x. Under batch normalization it is
 * gamma·(w·x + b - mean)/deviation + beta, by running statistics; under layer normalization parts are not known: NaN.
 */
export interface Fall {
  /** From the change of w, and of gamma. */
  readonly weights: number;
  /** From the change of b, and of beta. */
  readonly bias: number;
  /** From the change of x, which the layers below made. */
  readonly inputs: number;
  /**
   * From running statistics; absent where none move in the layer, or in one below. A change that they may have made has
   * the cause "unknown".
   */
  readonly statistics?: number;
}

export const NO_FALL: Fall = { weights: 0, bias: 0, inputs: 0 };

export function total({ weights, bias, inputs, statistics = 0 }: Fall): number {
  return weights + bias + inputs + statistics;
}

/**
 * The first of these that holds.
 * born: silent from the start. upstream: more than half of the fall came from its inputs. drift: the update made less
 * than a tenth of the fall over the window, or no update stands out: many small steps. momentum, weightDecay: without
 * it, all else equal, that update would have spared the unit (if either would do, the one with the larger part).
 * learningRate: the plain gradient step did it. unknown: the update could not be replayed, since the network was
 * changed from outside meanwhile, its data were, it lies too far back, or `replay` is false; or, with `closedBy`, none
 * of these did it: a penalty, a norm, running statistics, or, in a layer that is normalized row by row, the other
 * units.
 * unexplained: more died at once than the trace explains by itself (TraceOptions.explain); its `explain` replays them.
 */
export type Cause =
  "born" | "learningRate" | "momentum" | "weightDecay" | "upstream" | "drift" | "unknown" | "unexplained";

/** A row of the data, and how much of a unit's gradient it made. */
export interface SampleShare {
  /** Index in the data's rows. */
  readonly row: number;
  /** Of the sum over the batch, 0 to 1. */
  readonly share: number;
}

/** The update that closed a unit on its last row, or on its last rows. */
export interface LastStraw {
  /**
   * The update that closed it to the end, counted from 1 as in BatchLog: the last whose batch still opened it; 0: none
   * did since the fit began. Where dropout below or batches' statistics make training see another unit than evaluation:
   * the last right before which evaluation opened it, if that is known (see traceDeaths); 0: closed from the start.
   */
  readonly step: number;
  /** Of that step, counted from 1; 0 with step 0. */
  readonly epoch: number;
  /** Why that update closed it: see Cause. */
  readonly cause: Cause;
  /**
   * Share of the rows that opened it right before that update, 0 to 1, counted on the rows that `before` is of; absent
   * where the update could not be replayed.
   */
  readonly openBefore?: number;
  /** The preactivation right before that update, over the training rows (see traceDeaths). */
  readonly before: Preactivation;
  /** The same rows right after it. */
  readonly after: Preactivation;
  /** The parts of after.mean - before.mean; NaN where the cause is "unknown". */
  readonly change: Fall;
  /**
   * The largest learning rate, found by replay within 1 %, at which the unit lives through that one update; absent
   * where none of that update's decides. At that rate from the start it may die all the same, in another update: a rate
   * at which a network keeps its units is found by training again (prescribe).
   */
  readonly survivesAt?: number;
  /** The learning rate of that update; absent where it is not known, and with step 0. */
  readonly rate?: number;
  /** Where the unit lived through that update: the step by which it was closed at the latest. */
  readonly closedBy?: number;
  /**
   * It was left "unexplained", and the snapshots that its explanation takes had to go (see TraceOptions.memory): the
   * cause stays "unknown".
   */
  readonly snapshotsGone?: boolean;
  /** Its mean preactivation where the window of the trace began; absent where the update could not be replayed. */
  readonly windowMean?: number;
  /**
   * The rows of the data with the largest shares of the unit's gradient in that update, |dz|·|(x, 1)| over the sum of
   * it; at most three.
   */
  readonly samples?: readonly SampleShare[];
}

/**
 * The update, or the run of few updates, that took most of the rows that opened a unit which died.
 *
 * It took more than half of the largest share that the unit had in the window before, and the unit never regained half
 * of what it took. A run is no longer than 10 updates and a quarter of the window (at least 2 updates); of several
 * within a window, the shortest, and of those the one that took most. A later one, more than a window apart, is the
 * blow if it took at least a quarter of what the unit had before the earlier: else it took a remainder. An update that
 * only carried on a fall (Cause "drift") is none. It is not looked for further back than the last change of the network
 * from outside.
 */
export interface Blow {
  /** The update, or the first of the run; counted as Death.step. */
  readonly step: number;
  /** The last of the run; absent where it is one update. */
  readonly lastStep?: number;
  /** Of `step`, counted from 1. */
  readonly epoch: number;
  /**
   * Share of the rows that opened the unit right before, 0 to 1: counted on all training rows, or on 2048 of them (see
   * traceDeaths). Where isEstimate: read off the counters of the batches of a window before.
   */
  readonly openBefore: number;
  /** The same right after; where isEstimate: of a window after. */
  readonly openAfter: number;
  /**
   * The update was not replayed: it lies further back than the snapshots reach (at most twenty windows of the trace,
   * fewer where weights and moments are large: see TraceOptions.memory), `replay` is false, or it is not explained.
   * Then the run is an eighth of a window, and the cause is "unknown", or "unexplained" where the death is.
   */
  readonly isEstimate: boolean;
  /** Why: see Cause; never "born" or "drift". */
  readonly cause: Cause;
  /** The mean preactivation right before; absent where isEstimate. */
  readonly meanBefore?: number;
  /** The mean preactivation right after; absent where isEstimate. */
  readonly meanAfter?: number;
  /** The learning rate of `step`; absent where it is not known. */
  readonly rate?: number;
  /**
   * The largest learning rate, found by replay within 1 %, at which that one update spares the unit: leaves it half of
   * the rows that it had; where it took them all, any row. Absent for a run, and where no rate of that update's
   * decides.
   */
  readonly survivesAt?: number;
  /** As LastStraw.samples; of a run, those of the update that took most. */
  readonly samples?: readonly SampleShare[];
}

/** One unit that died: when, why, and by which figures. The figures beside `blow` are those of the last straw. */
export interface Death extends LastStraw {
  /** Index in network.layers. */
  readonly layer: number;
  /** Index in its layer. */
  readonly unit: number;
  /** That of the blow, where there is one; else that of the last straw, or "drift" where that took little. */
  readonly cause: Cause;
  /** What took most of its rows; absent where no update stands out, and where no batch ever opened it. */
  readonly blow?: Blow;
  /** The update after which no row opened it: it may have taken the last row of many. */
  readonly lastStraw: LastStraw;
  /** One sentence with the figures: the blow first. */
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
