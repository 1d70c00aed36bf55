// A trial as plain data: what is the same for all, how one trains, and what came of it.
import type { BaselineRun } from "./examine-run.js";
import type { Bench, Judgement } from "./judge.js";
import type { TrialLook } from "./look-at-units.js";
import type { RowSets } from "./rows.js";
import type { ErrorCode } from "../../core/errors.js";
import type { DeadCount } from "../../inspect/dead-units.js";
import type { Remedy } from "../remedies/remedy.js";
import type { CallbackData } from "../../network/training/callbacks.js";
import type { ClassWeights } from "../../network/training/class-weights.js";
import type { OptimizerOptions } from "../../network/training/optimizers.js";
import type { Schedule } from "../../network/training/schedules/schedules.js";
import type { ResolvedSpec } from "../../network/spec.js";
import type { Evaluation, EpochLog, History, Metrics, Weights } from "../../network/types.js";
import type { Finding } from "../../diagnosis/types.js";

/** Columns that are brought to mean 0 and spread 1. */
export interface RowScaling {
  /** Those of the inputs. */
  readonly inputs?: boolean;
  /** Those of the targets. */
  readonly targets?: boolean;
}

/** What ended a trial. */
export interface TrialFailure {
  /** "diverged": its loss left the finite numbers; "aborted": it was stopped; else that of the RelumineError. */
  readonly code: "diverged" | "aborted" | ErrorCode;
  /** One sentence. */
  readonly message: string;
}

/** What is told of an evaluation. */
export const FOLD_FIGURES = ["loss", "accuracy", "f1", "auc", "r2", "meanAbsoluteError"] as const;

/** How one trial trains. */
export interface TrialSettings {
  readonly spec: ResolvedSpec;
  readonly optimizer: { readonly name: string; readonly options: OptimizerOptions };
  readonly batchSize: number;
  /** Batches of one update; absent: 1. */
  readonly accumulate?: number;
  readonly shuffle: boolean;
  /** Which changes the optimizer's rate. */
  readonly schedule?: Schedule;
  readonly clipNorm?: number;
  /** Times the epochs that the others train. */
  readonly epochs?: number;
  readonly classWeights?: ClassWeights;
  /** Columns of inputs, of targets, are brought to mean 0 and spread 1; what was learned is folded back. */
  readonly standardize?: RowScaling;
  /** The targets as labels. */
  readonly takesClasses?: boolean;
  /** Of a network that was trained before: it starts anew instead. */
  readonly startsAnew?: boolean;
  /** Of a network that was trained before: what is done to it first. */
  readonly treat?: Remedy;
  readonly calibrate?: { readonly activity?: number };
  /** Of the remedy. */
  readonly callbacks: readonly CallbackData[];
}

/** What all trials share. */
export interface TrialSetup extends RowSets {
  readonly bench: Bench;
  /** The rows that train are those that judge. */
  readonly judgesTraining: boolean;
  /** Of the network that training goes on with, by layer. */
  readonly start?: readonly Weights[];
  /** Of the package, that the user's fit has. */
  readonly callbacks: readonly CallbackData[];
  readonly arithmetic: "fast" | "reproducible";
}

/** Of a cross-validation: what one training has beside what all share. */
export interface FoldJob {
  /** Its own, instead of the setup's. */
  readonly rows: RowSets;
  /** It is diagnosed at the end. */
  readonly isDiagnosed: boolean;
  /** What it says of the rows that it did not see is told. */
  readonly predicts: boolean;
}

export interface TrialJob {
  readonly settings: TrialSettings;
  readonly seed: number;
  readonly epochs: number;
  readonly fold?: FoldJob;
  /** The run is to be looked at: traced, diagnosed, with all findings. */
  readonly isExamined?: boolean;
  /** What is told of its units, which takes about as long as a prediction; "deaths": they are traced, too. */
  readonly look?: "units" | "deaths";
  /** Its epochs are told, with how it does on the rows that judge after each, and which units fire at the end. */
  readonly isFollowed?: boolean;
}

/** How a training went, epoch by epoch. */
export interface TrialCourse {
  readonly epochs: readonly EpochLog[];
  readonly stopped?: History["stopped"];
  /** At the end, by the network's own loss. */
  readonly evaluation: Metrics;
  /** Hidden layers on the training rows, at the end. */
  readonly layers: readonly DeadCount[];
}

/** A finding of a diagnosis, as it travels. */
export type FoldFinding = Pick<Finding, "kind" | "role" | "message" | "layer">;

/** How a network does on the rows of its fold, by its own loss. */
export interface FoldOutcome {
  readonly evaluation: Pick<Evaluation, (typeof FOLD_FIGURES)[number]>;
  /** Where it was diagnosed; none where activations overflow. */
  readonly findings?: readonly FoldFinding[];
  /** Rows x outputs. */
  readonly answers?: Float32Array;
}

export interface TrialOutcome extends Judgement {
  readonly deadFraction: number;
  readonly seconds: number;
  readonly epochs: number;
  /** Its loss still fell by a tenth in the last quarter of the epochs. */
  readonly isFalling?: boolean;
  readonly failed?: TrialFailure;
  /** Of a run that was examined. */
  readonly run?: BaselineRun;
  /** Of one whose units were looked at; absent where its numbers overflow. */
  readonly look?: TrialLook;
  /** Of one that was followed. */
  readonly course?: TrialCourse;
  /** Of a fold. */
  readonly fold?: FoldOutcome;
}
