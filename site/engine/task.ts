// What a network is to learn: rows to train on, rows held out, and what the page must know to draw them.
import type { Loss, Matrix } from "../../src/index.js";

export interface Rows {
  readonly x: Matrix;
  /** A class or a number a row. */
  readonly y: Float32Array;
}

export interface Task {
  readonly features: readonly string[];
  /** Names of the classes; empty where the target is a number. */
  readonly classes: readonly string[];
  readonly train: Rows;
  readonly heldOut: Rows;
  readonly loss: Loss;
  readonly outputs: number;
  /** With two inputs: the plane that is drawn reaches from -extent to +extent. */
  readonly extent: number;
  /** Rows are square images of this side. */
  readonly imageSide?: number;
  /** Of a table: its columns, and which of them is the target. */
  readonly table?: { readonly columns: readonly string[]; readonly target: string };
  /** What was left out or done to the data, in words. */
  readonly notes: readonly string[];
}

export function toRows(points: readonly (readonly number[])[], y: readonly number[]): Rows {
  const columns = points[0]?.length ?? 0;
  return { x: { rows: points.length, columns, data: Float32Array.from(points.flat()) }, y: Float32Array.from(y) };
}

/** Loss and outputs that fit the number of classes (0: the target is a number). */
export function headFor(classes: number): Pick<Task, "loss" | "outputs"> {
  if (classes === 0) return { loss: "meanSquaredError", outputs: 1 };
  return classes === 2 ? { loss: "binaryCrossEntropy", outputs: 1 } : { loss: "crossEntropy", outputs: classes };
}

/** The rows of a list, in its order. */
export function takeRows({ x, y }: Rows, order: readonly number[]): Rows {
  const data = new Float32Array(order.length * x.columns);
  order.forEach((row, at) => data.set(x.data.subarray(row * x.columns, (row + 1) * x.columns), at * x.columns));
  return { x: { rows: order.length, columns: x.columns, data }, y: Float32Array.from(order, (row) => y[row]) };
}
