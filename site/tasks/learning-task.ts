// What networks on the site learn.
import type { Loss, Matrix } from "../../src/index.js";
import type { FeatureName } from "./features.js";

export interface LabelledRows {
  readonly x: Matrix;
  /** A class or a number for each row. */
  readonly y: Float32Array;
}

/** What a network is to learn: rows to train on, rows held out, and what the page must know to draw them. */
export interface LearningTask {
  readonly features: readonly string[];
  /** Names of the classes; empty where the target is a number. */
  readonly classes: readonly string[];
  readonly train: LabelledRows;
  readonly heldOut: LabelledRows;
  readonly loss: Loss;
  readonly outputs: number;
  /** The plane that is drawn reaches from -extent to +extent; 0: there is none. */
  readonly extent: number;
  /**
   * Of points: what the inputs are made of, and where the points lie, two numbers each. Absent: the inputs are these.
   */
  readonly plane?: {
    readonly features: readonly FeatureName[];
    readonly train: Float32Array;
    readonly heldOut: Float32Array;
  };
  /** Rows are square images of this side. */
  readonly imageSide?: number;
  /** Of a table: its file, its columns, and which of them is the target. */
  readonly table?: { readonly name: string; readonly columns: readonly string[]; readonly target: string };
  /** What was left out or done to the data, in words. */
  readonly notes: readonly string[];
}

/** Where the rows lie on the plane, two numbers each. */
export function pointsOf(task: LearningTask, part: "train" | "heldOut"): Float32Array {
  return task.plane?.[part] ?? task[part].x.data;
}

export function toRows(points: readonly (readonly number[])[], y: readonly number[]): LabelledRows {
  const columns = points[0]?.length ?? 0;
  return { x: { rows: points.length, columns, data: Float32Array.from(points.flat()) }, y: Float32Array.from(y) };
}

/** Loss and number of outputs by the number of classes (0: the target is a number). */
export function lossAndOutputs(classes: number): Pick<LearningTask, "loss" | "outputs"> {
  if (classes === 0) return { loss: "meanSquaredError", outputs: 1 };
  return classes === 2 ? { loss: "binaryCrossEntropy", outputs: 1 } : { loss: "crossEntropy", outputs: classes };
}

/** The rows of a list, in its order. */
export function takeRows({ x, y }: LabelledRows, order: readonly number[]): LabelledRows {
  const data = new Float32Array(order.length * x.columns);
  order.forEach((row, at) => data.set(x.data.subarray(row * x.columns, (row + 1) * x.columns), at * x.columns));
  return { x: { rows: order.length, columns: x.columns, data }, y: Float32Array.from(order, (row) => y[row]) };
}

/** Holds out a quarter of the rows, the first of a shuffled order, and at least one. */
export function splitRows(rows: LabelledRows, order: readonly number[]): Pick<LearningTask, "train" | "heldOut"> {
  const heldOut = Math.max(1, Math.round(order.length / 4));
  return { train: takeRows(rows, order.slice(heldOut)), heldOut: takeRows(rows, order.slice(0, heldOut)) };
}
