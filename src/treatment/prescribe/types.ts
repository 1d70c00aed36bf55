// What a prescription says.
import type { Cause, Death } from "../../diagnosis/trace/types.js";
import type { Remedy } from "../remedies/remedy.js";
import type { JournalReport, TrialJournal } from "../trial/journal/lines.js";
import type { RowScaling, TrialFailure } from "../trial/trial.js";
import type { Diagnosis } from "../../diagnosis/types.js";
import type { Metrics, FitOptions, PackageCallback } from "../../network/types.js";
import type { NetworkSpec } from "../../network/spec.js";

/** Options of `prescribe`. */
export interface PrescribeOptions {
  /** Most remedies to try beside the baseline: the first in the diagnosis's order. Default: all that fit. */
  readonly trials?: number;
  /**
   * All trainings together, in trainings of the baseline, whose repeats count too: 20, say, where an hour's training
   * may cost a day. What comes first in the diagnosis's order is tried, on fewer seeds if need be. A wider network
   * costs more by what its steps take, a training that ends early less. What is left over goes to more epochs and more
   * seeds of the best. Default: no limit.
   */
  readonly budget?: number;
  /** Seeds that the baseline and the finalists train with: the spec's, the next one and so on. Default 3. */
  readonly repeats?: number;
  /**
   * Trials that train at the same time, each in a worker; "auto", the default: one a core, at most 8; 1: no workers.
   * Results do not depend on it.
   */
  readonly workers?: number | "auto";
  /** As for createNetwork. Default "fast". */
  readonly arithmetic?: "fast" | "reproducible";
  /**
   * Where each training is kept as it ends: `fileJournal(path)` of "relumine/sweep", say. What is there is not trained
   * again, so that the same call goes on where one was killed, with the same results to the bit; only the baseline's
   * first run is, whose diagnosis and deaths are told. Not where `fit` has functions: what they do has no name.
   */
  readonly journal?: TrialJournal;
  /** Stops; the prescription is made from what was tried so far. */
  readonly signal?: AbortSignal;
  /**
   * Called with what is known of a trial, each time more is: after its first short run, and after each further round.
   */
  readonly onTrial?: (result: Trial) => void;
}

/** Over the repeats, with 95 % confidence (Student's t). */
export interface Interval {
  /** Over the repeats. */
  readonly mean: number;
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
}

/**
 * What trials are ranked by. "accuracy" where targets are classes; "balancedAccuracy", the mean over the classes of the
 * share of their rows that is said, where the baseline never says some class; "loss" where targets are numbers.
 */
export type Measure = "accuracy" | "balancedAccuracy" | "loss";

/** Always to say the same, whatever the input. */
export interface ConstantAnswer {
  /** One number an output: the training rows' mean or median, or the share of each class. */
  readonly answer: readonly number[];
  /** On the rows that judge. */
  readonly metrics: Metrics;
  /** One over the classes. */
  readonly balancedAccuracy?: number;
}

/** One way to train the network, and what came of it. */
export interface Trial {
  /** A few words, such as "rate 0.1x". */
  readonly name: string;
  /** What it answers, in a few words. */
  readonly why: string;
  /** Of the first repeat. */
  readonly spec: NetworkSpec;
  /**
   * What it was trained with: createNetwork(spec), or the network that was given; then `standardize`, `treat` and
   * `calibrate` where they are there; then fit(data, fit).
   */
  readonly fit: FitOptions;
  /**
   * Train on standardize(x).apply(x), on standardizeTargets(y).apply(y), of the training rows, and call their
   * foldInto(network) afterwards: the network takes raw rows then, and predicts in the targets' own units.
   */
  readonly standardize?: RowScaling;
  /** Its targets are class labels, 0, 1, 2 and so on, whatever they were before. */
  readonly takesClasses?: boolean;
  /** Where a network was given: it is not that one, but a new one of `spec`. */
  readonly startsAnew?: boolean;
  /** Call treat(network, x, this) before the training. */
  readonly treat?: Remedy;
  /** Call calibrate(network, x, this) before the training. */
  readonly calibrate?: {
    /** Share of the samples on which each hidden unit is to fire. */
    readonly activity?: number;
  };
  /** Of `fit.callbacks`, those that are part of the remedy. */
  readonly callbacks?: readonly PackageCallback[];
  /**
   * Share of the hidden units that are dead on the training rows, mean of the repeats that had a network; 0 where none
   * had, which `failed` says.
   */
  readonly deadFraction: number;
  /**
   * On the rows that judge, means of the repeats: the loss that was given, of the trial's answers in the targets' own
   * units (the squared error where that loss can't read them), and accuracy where targets are classes. Infinity where
   * it left the finite numbers in some repeat, which `failed` says; never NaN.
   */
  readonly metrics: Metrics;
  /** Mean over the classes of the share of their rows that is said, where each row is of one. */
  readonly balancedAccuracy?: number;
  /** Of what is ranked by; from two repeats on, where all of them have a finite figure. */
  readonly interval?: Interval;
  /**
   * What it gains on the baseline, seed by seed: accuracy won, or loss saved; from two repeats on, where the baseline
   * has finite figures too.
   */
  readonly gain?: Interval;
  /**
   * The mean of what is ranked by of the baseline, over the seeds that both were trained with; absent where it is not
   * finite.
   */
  readonly baselineScore?: number;
  /** Training time of one run. */
  readonly seconds: number;
  /** Epochs that a run trained. */
  readonly epochs: number;
  /** Seeds that it was trained with. */
  readonly repeats: number;
  /** It was dropped, or interrupted, before its last round. */
  readonly stoppedEarly?: boolean;
  /** Why it has no figures; absent where it has. */
  readonly failed?: TrialFailure;
}

/** What `prescribe` found. */
export interface Prescription {
  /** The training as it was given. */
  readonly baseline: Trial;
  /** Ranked, the baseline among them. */
  readonly trials: readonly Trial[];
  /** The first of the trials; the baseline, where none is better than the constant. */
  readonly best: Trial;
  /** What to do, in one sentence. */
  readonly verdict: string;
  /** What trials are ranked by. */
  readonly measure: Measure;
  /** Always to say the same: what is not better than it has learned nothing, and is not recommended. */
  readonly constant: ConstantAnswer;
  /** Why these remedies, in this order: one sentence. */
  readonly reason: string;
  /** Of the baseline's first run, with proofs left out; absent where that failed before it had begun. */
  readonly diagnosis?: Diagnosis;
  /** Of all runs of the baseline, by cause. */
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
  /** The first of the deaths of the baseline's first run. */
  readonly deaths: readonly Death[];
  /** Workers in which trials trained side by side; 1: none did. */
  readonly workers: number;
  /** Where there is one. */
  readonly journal?: JournalReport;
  /** Rows that the trials were judged on. */
  readonly validationRows: number;
  /** They are the rows that trained: no validation was asked for, or there are fewer than 30 rows. */
  readonly judgedOnTraining: boolean;
  /** "aborted": the signal ended it; absent where it ran to its end. */
  readonly stopped?: "aborted";
  /** For a terminal of 80 columns. */
  toString(): string;
}
