// What the figure and its engine say to each other.
import type { LabelledRows } from "../../tasks/learning-task.js";

export const UNITS = 10;
export const LAST_STEP = 3000;
export const OPENING: Settings = { rate: 1.1, seed: 2 };
/** Steps a second: a death can be watched. */
export const SPEED = 60;

export interface Settings {
  readonly rate: number;
  readonly seed: number;
}

/** Of the first layer: two weights and a bias a unit; the kernel's rows are the inputs. */
export interface LineValues {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

export interface FrameDeath {
  readonly unit: number;
  /** The last straw. */
  readonly step: number;
  /** The step before the blow, where the path begins. */
  readonly from: number;
  /** Weights and bias on the way, from right before the blow to right after the last straw. */
  readonly path: readonly (readonly [x: number, y: number, bias: number])[];
  readonly explanation: string;
}

export interface Frame extends LineValues, Settings {
  readonly kind: "frame";
  readonly step: number;
  readonly isRunning: boolean;
  readonly isOver: boolean;
  /** By unit: the share of the training samples that open it. */
  readonly open: readonly number[];
  /** Held out. */
  readonly accuracy: number;
  /** Of the first layer, by step. */
  readonly deaths: readonly FrameDeath[];
}

export interface Started {
  readonly kind: "started";
  readonly rows: LabelledRows;
}

export type Reply = Frame | Started;

interface HasWay {
  /** As fast as it goes, up to the next death. */
  readonly atOnce: boolean;
}

export type Request =
  | ({ readonly kind: "run"; readonly isRunning: boolean } & HasWay)
  | { readonly kind: "step" }
  | { readonly kind: "rate"; readonly rate: number }
  /** From the start. */
  | ({ readonly kind: "begin"; readonly isRunning: boolean } & HasWay & Settings);
