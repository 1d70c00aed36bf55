// What remedies are chosen for, and what one is.
import type { Change } from "./changes.js";
import type { Complaint, Complaints } from "./complaints.js";
import type { FittingOutput } from "./output-that-fits.js";
import type { Task } from "../trial/task.js";
import type { TrialSettings } from "../trial/trial.js";
import type { ResolvedSpec } from "../../network/spec.js";

/** Of one family a trial has one remedy at most. */
export type Family =
  | "output"
  | "scaling"
  | "rate"
  | "momentum"
  | "decay"
  | "clip"
  | "bias"
  | "start"
  | "shape"
  | "width"
  | "during"
  | "balance"
  | "epochs"
  | "back"
  | "normalization"
  | "batch"
  | "residual"
  | "dropout"
  | "penalty"
  | "warmup"
  | "mix";

/** What the table is made for. */
export interface Situation {
  readonly baseline: TrialSettings;
  readonly task: Task;
  readonly complaints: Complaints;
  /** The baseline goes on with a network that was trained before. */
  readonly wasTrained: boolean;
  /** Some class has far fewer rows than the others. */
  readonly isUneven: boolean;
  /** Of the baseline's training. */
  readonly wholeEpochs: number;
  /** Updates of the baseline's training. */
  readonly steps: number;
  /** The user's fit has a function for its rates. */
  readonly hasSchedule: boolean;
  /**
   * The first layer takes up their means, and centred inputs fit in memory: of wide sparse ones there would be too many
   * that are not 0.
   */
  readonly canCenter: boolean;
}

export interface Remedy {
  readonly name: string;
  readonly family: Family;
  readonly why: string;
  readonly change: Change;
  /** What asks for it. */
  readonly answers: readonly Complaint[];
  /** It is tried although nothing asks for it, after those that are asked for. */
  readonly isGeneral?: boolean;
  /** False where it can't be tried. */
  readonly when?: boolean;
  /** False where it can be tried beside another output alone. */
  readonly standsAlone?: boolean;
}

/** A situation, and what remedies ask of it. */
export interface Facts extends Situation {
  /** All layers but the last. */
  readonly inner: ResolvedSpec["layers"];
  readonly hasHidden: boolean;
  /** The units' fault is that steps are too large. */
  readonly isOfSteps: boolean;
  readonly output: FittingOutput | undefined;
}
