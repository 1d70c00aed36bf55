// What a range test of learning rates takes, and what it says.
import type { PaceOptions } from "../../core/pace.js";
import type { FitOptions } from "../../network/types.js";

/** Options of `findLearningRate`. */
export interface LearningRateOptions
  extends
    Pick<FitOptions, "batchSize" | "accumulate" | "optimizer" | "clipNorm" | "classWeights" | "shuffle">,
    Pick<PaceOptions, "onProgress"> {
  /** The rate of the first update. Default: a thousandth of the optimizer's. */
  readonly low?: number;
  /** The rate of the last one. Default: a thousand times the optimizer's. */
  readonly high?: number;
  /** Updates from the one to the other, each rate the same factor above the one before; 20 to 2^20. Default 200. */
  readonly steps?: number;
  /** How much of the smoothed loss each batch leaves, from 0 up to 1. Default 0.98, as fastai. */
  readonly smoothing?: number;
  /** Most rows that dead units are looked for on, evenly spaced among all; Infinity: all. Default 2048. */
  readonly rows?: number;
  /** Ends it: the test holds what was seen so far. */
  readonly signal?: AbortSignal;
}

/** The hidden units after an update of a range test. */
export interface RateLook {
  /** Updates made. */
  readonly step: number;
  /** The rate of the last of them. */
  readonly rate: number;
  /** Hidden units that pass neither signal nor gradient on any of the rows. */
  readonly dead: number;
  /** The same by hidden layer. */
  readonly layers: readonly number[];
  /** Units that died since the look before: open then, dead now, and at the next look too where there is one. */
  readonly died: number;
}

/** Rates that the curve of a range test speaks for. */
export interface RateSuggestions {
  /** Where the smoothed loss falls most steeply on its way to the lowest: fastai's rule "steep". */
  readonly steepest: number;
  /** A tenth of the rate at which it is lowest: fastai's rule "minimum". */
  readonly tenthOfLowest: number;
}

/**
 * One training whose rate grows by the same factor from update to update (Smith 2015), and what it did to the units.
 */
export interface LearningRateTest {
  /** Rate and smoothed loss of each update, before it, as far as the test went. */
  readonly points: readonly (readonly [rate: number, loss: number])[];
  /** The rate at which the smoothed loss was lowest. */
  readonly lowest?: number;
  /** The rate from which on it is twice the lowest; absent: none, or the lowest is not above 0. */
  readonly risesFrom?: number;
  /** Absent where the loss never fell. */
  readonly suggested?: RateSuggestions;
  /**
   * What to begin with: the lower of the two, and below `deadlyFrom`; absent where the loss never fell, or a tenth of
   * the units was dead at the first look.
   */
  readonly rate?: number;
  /** Hidden units. */
  readonly units: number;
  /** Of these, dead before the first update. */
  readonly born: number;
  /** In order, about forty. */
  readonly looks: readonly RateLook[];
  /** The lowest rate by which a unit had died; absent: none did. */
  readonly killsFrom?: number;
  /** The lowest rate by which a tenth of the units that lived at the start was dead; absent: none. */
  readonly deadlyFrom?: number;
  /** The rows that units were looked at on. */
  readonly rows: number;
  /**
   * What ended it before its last update: "diverged", the smoothed loss at four times the lowest, or no finite number;
   * "aborted", the signal.
   */
  readonly stopped?: "diverged" | "aborted";
  /** What it comes to, in words. */
  readonly sentences: readonly string[];
  /** For a terminal of 80 columns. */
  toString(): string;
}
