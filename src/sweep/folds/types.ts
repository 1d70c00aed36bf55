// What users of a cross-validation meet: what is asked, and what came of it.
import type { SweepFit, SweepProgress, TrialFigures } from "../types.js";
import type { Matrix } from "../../core/matrix.js";
import type { FindingKind, FindingRole } from "../../diagnosis/types.js";
import type { Interval } from "../../treatment/prescribe/types.js";
import type { JournalReport, TrialJournal } from "../../treatment/trial/journal/lines.js";
import type { RowScaling } from "../../treatment/trial/trial.js";

/** How the rows are split, and what is asked of each fold. */
export interface FoldOptions {
  /** Parts of the rows, each of which is held out once; from 2 to as many as there are rows. Default 5. */
  readonly folds?: number;
  /** How often all of it is done, each time with another split and other initial weights. Default 1. */
  readonly repeats?: number;
  /**
   * Whether each fold has its share of every class. Default: where a row is of one class; then a class of fewer rows
   * than folds is refused.
   */
  readonly stratify?: boolean;
  /** Each fold is diagnosed, without proofs: its findings. Default true; dead units are told in any case. */
  readonly diagnose?: boolean;
  /** What is said of each row by a network that did not see it: `predictions` of the result. Default false. */
  readonly predictions?: boolean;
  /** Deaths are traced, so that `causes` says what killed each unit; several times the time. Default false. */
  readonly trace?: boolean;
  /** As for createNetwork. Default "fast". */
  readonly arithmetic?: "fast" | "reproducible";
  /** Folds that train at the same time, each in a worker; 1: none, they train here. Default "auto": one a core. */
  readonly workers?: number | "auto";
  /** Keeps each fold as it is done; what is there already is not trained again. */
  readonly journal?: TrialJournal;
  /** Ends it; the result is of the folds that are in. */
  readonly signal?: AbortSignal;
  /** Called with each fold as it comes in. */
  readonly onFold?: (fold: FoldResult) => void;
  /** Called with how far it is, whenever a fold is in. */
  readonly onProgress?: (progress: SweepProgress) => void;
}

/** Options of `crossValidate`: those of `fit` as plain data, and how the rows are split. */
export interface CrossValidateOptions extends FoldOptions, SweepFit {
  /** A number or a word a row: rows of one group are never in two folds. Folds are then as even as groups allow. */
  readonly groups?: ArrayLike<number | string>;
  /** Columns are brought to mean 0 and spread 1, by the figures of the rows that train alone. */
  readonly standardize?: RowScaling;
}

/** What a fold may tell, and the mean over folds may be of. */
export interface FoldFigures {
  /** On the rows of the fold, by the network's own loss. */
  readonly loss?: number;
  /** Of classes. */
  readonly accuracy?: number;
  /** As Evaluation.f1. */
  readonly f1?: number;
  /** As Evaluation.auc. */
  readonly auc?: number;
  /** As Evaluation.r2. */
  readonly r2?: number;
  /** As Evaluation.meanAbsoluteError. */
  readonly meanAbsoluteError?: number;
  /** The share of hidden units that are dead on the rows that trained. */
  readonly deadFraction?: number;
}

/** A finding of one fold's diagnosis. */
export interface FoldFinding {
  /** What it is about. */
  readonly kind: FindingKind;
  /** As Finding.role. */
  readonly role: FindingRole;
  /** One sentence with the figures. */
  readonly message: string;
  /** Index in network.layers, where it is about one layer. */
  readonly layer?: number;
}

/** One training, judged by the rows that it did not see. Figures that are no finite numbers are absent. */
export interface FoldResult
  extends FoldFigures, Pick<TrialFigures, "units" | "dead" | "born" | "causes" | "closedSamples" | "learning"> {
  /** From 0 on. */
  readonly repeat: number;
  /** From 0 on. */
  readonly fold: number;
  /** Of its network. */
  readonly seed: number;
  /** How many rows trained. */
  readonly trainingRows: number;
  /** The rows that judge, ascending: their places in the data. */
  readonly rows: readonly number[];
  /** That it trained. */
  readonly epochs: number;
  /** Of its diagnosis; absent without one, and where its numbers overflow. */
  readonly findings?: readonly FoldFinding[];
  /** Of the training alone. */
  readonly seconds: number;
  /** It diverged, or why it was not trained: what it came to counts all the same. */
  readonly failed?: TrialFigures["failed"];
  /** It was not trained now: the journal had it. */
  readonly resumed?: boolean;
}

/** One figure over the folds. */
export interface FoldSummary {
  /** Over all folds that are in. */
  readonly mean: number;
  /** Standard deviation: the root of the summed squares / (folds - 1). */
  readonly deviation: number;
  /**
   * 95 % by the corrected resampled t (Nadeau and Bengio 2003): mean ± t·deviation·sqrt(1 / J + held out / training
   * rows), with J - 1 degrees of freedom for J folds of all repeats. The second term is there since trainings share
   * rows: without it the interval is too narrow by half and more. Shares stay within 0 and 1.
   */
  readonly interval: Interval;
}

/** A finding that several folds may have. */
export interface SharedFinding extends FoldFinding {
  /** How many folds have it, of those that were diagnosed. */
  readonly folds: number;
  /** It is found in all of them. */
  readonly isShared: boolean;
}

/** What came of a cross-validation. */
export interface CrossValidation {
  /** By repeat, then fold. */
  readonly folds: readonly FoldResult[];
  /** Of each figure that every fold has; of two folds or more. */
  readonly summary: { readonly [Name in keyof FoldFigures]?: FoldSummary };
  /** By kind, layer and role, those of most folds first; the message is that of the first fold that has it. */
  readonly findings: readonly SharedFinding[];
  /** Folds that diverged or were not trained. */
  readonly failed: number;
  /** Folds of all repeats. */
  readonly planned: number;
  /** By repeat: a row for each row of the data, by the network that did not see it; NaN where there is none. */
  readonly predictions?: readonly Matrix[];
  /** Program and arithmetic: other builds may give other bits. */
  readonly build: string;
  /** Where there is one. */
  readonly journal?: JournalReport;
  /** The signal ended it. */
  readonly stopped?: "aborted";
  /** Wall-clock time. */
  readonly seconds: number;
  /** For a terminal of 80 columns. */
  toString(): string;
}
