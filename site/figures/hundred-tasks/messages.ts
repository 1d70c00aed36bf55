// What the figure and its engine say to each other, and how the networks are trained.
import { mulberry32 } from "../../../src/core/random.js";

export const TASKS = 100;
export const PIXELS = 64;
export const HIDDEN = [64, 64] as const;
export const UNITS = 128;
export const BATCH = 16;
export const EPOCHS = 6;
export const METHODS = ["SGD alone", "continual backprop", "ReDo"] as const;
export const RATES = [0.1, 0.2, 0.4] as const;
export const OPENING: Settings = { rate: 0.4, seed: 1 };

export interface Settings {
  readonly rate: number;
  readonly seed: number;
}

/** One task, by method: what the network has learned of it, and how many of its hidden units are dead on its rows. */
export interface TaskResult {
  /** Of held-out rows, right after training on this task. */
  readonly accuracy: readonly number[];
  readonly dead: readonly number[];
}

export type Reply =
  | { readonly kind: "started"; readonly training: number; readonly heldOut: number; readonly digit: Float32Array }
  | ({ readonly kind: "progress"; readonly isRunning: boolean; readonly results: readonly TaskResult[] } & Settings);

export type Request =
  | { readonly kind: "run"; readonly isRunning: boolean }
  | ({ readonly kind: "begin"; readonly isRunning: boolean } & Settings);

/** A task's order of the pixels. */
export function pixelOrder(task: number): number[] {
  const random = mulberry32(1000 + task);
  return Array.from({ length: PIXELS }, (_, pixel) => ({ pixel, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ pixel }) => pixel);
}

/** The mean over the last ten tasks up to one, or over those that there are. */
export function meanOfTen(values: readonly number[], task: number): number {
  const last = values.slice(Math.max(0, task - 9), task + 1);
  return last.reduce((sum, value) => sum + value, 0) / last.length;
}
