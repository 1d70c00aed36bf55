// The parts that tasks are made of, see LearningTask.
import type { LabelledRows, LearningTask } from "./types.js";

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
