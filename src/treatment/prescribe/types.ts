// What a prescription says.
import type { Cause, Death } from "../../diagnosis/trace/types.js";
import type { ErrorCode } from "../../core/errors.js";
import type { Diagnosis } from "../../diagnosis/types.js";
import type { Metrics, FitOptions, PackageCallback } from "../../network/types.js";
import type { NetworkSpec } from "../../network/spec.js";

/** Options of `prescribe`. */
export interface PrescribeOptions {
  /** Most remedies to try beside the baseline: the first in the diagnosis's order. Default: all that fit. */
  readonly trials?: number;
  /** Seeds that the baseline and the finalists train with: the spec's, the next one and so on. Default 3. */
  readonly repeats?: number;
  /**
   * Trials that train at the same time, each in a worker; "auto", the default: one a core, at most 8; 1: no workers.
   * Results do not depend on it.
   */
  readonly workers?: number | "auto";
  /** As for createNetwork. Default "fast". */
  readonly arithmetic?: "fast" | "reproducible";
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

/** What ended a trial. */
export interface TrialFailure {
  /** "diverged": its loss left the finite numbers; "aborted": it was stopped; else that of the RelumineError. */
  readonly code: "diverged" | "aborted" | ErrorCode;
  /** One sentence. */
  readonly message: string;
}

/** One way to train the network, and what came of it. */
export interface Trial {
  /** A few words, such as "rate 0.1x". */
  readonly name: string;
  /** What it answers, in a few words. */
  readonly why: string;
  /** Of the first repeat. */
  readonly spec: NetworkSpec;
  /** What it was trained with: createNetwork(spec), `calibrate` if there, then fit(data, fit). */
  readonly fit: FitOptions;
  /** Call calibrate(network, x, this) before the training. */
  readonly calibrate?: {
    /** Share of the samples on which each hidden unit is to fire. */
    readonly activity?: number;
  };
  /** Of `fit.callbacks`, those that are part of the remedy. */
  readonly callbacks?: readonly PackageCallback[];
  /** Share of the hidden units that are dead on the training rows, mean of the repeats; NaN if it failed. */
  readonly deadFraction: number;
  /** On the validation rows, means of the repeats. */
  readonly metrics: Metrics;
  /** Of accuracy, or of the loss where there is none; from two repeats on. */
  readonly interval?: Interval;
  /** What it gains on the baseline, seed by seed: accuracy won, or loss saved; from two repeats on. */
  readonly gain?: Interval;
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
  /** The first of the trials. */
  readonly best: Trial;
  /** Why these remedies, in this order: one sentence. */
  readonly reason: string;
  /** Of the baseline's first run, with proofs left out; absent where its numbers overflow. */
  readonly diagnosis?: Diagnosis;
  /** Of the baseline's first run, by cause. */
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
  /** The first of the deaths behind these counts. */
  readonly deaths: readonly Death[];
  /** Workers in which trials trained side by side; 1: none did. */
  readonly workers: number;
  /** Rows that the trials were judged on. */
  readonly validationRows: number;
  /** "aborted": the signal ended it; absent where it ran to its end. */
  readonly stopped?: "aborted";
  /** For a terminal of 80 columns. */
  toString(): string;
}
