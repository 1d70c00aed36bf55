// What the targets ask for, whatever the loss: one class a row, several yes-or-no answers, or numbers. By it trials of
// different losses and last layers are judged alike.
import { areOneHot, type Matrix } from "../../core/matrix.js";
import { placeOfLargest } from "../../core/statistics.js";
import type { PlainSet } from "../../network/data.js";
import { factsOf, isClassification } from "../../network/losses.js";
import type { ResolvedSpec } from "../../network/spec.js";

export type Task =
  { readonly kind: "classes"; readonly classes: number } | { readonly kind: "answers" } | { readonly kind: "numbers" };

type PlainTargets = PlainSet["y"];

/** Whole numbers that are not classes of a column begin here. */
const MOST_CLASSES = 100;

/** One number a row, where the targets hold no more: one that stands for all outputs is repeated in each column. */
export function soleColumn(y: Matrix): Float32Array | undefined {
  const { columns, data } = y;
  if (columns === 1) return data;
  if (data.some((value, i) => value !== data[i - (i % columns)])) return undefined;
  return data.filter((_, i) => i % columns === 0);
}

/** @param all the targets of the rows that train, and of those that judge */
export function taskOf({ layers, loss }: ResolvedSpec, all: readonly PlainTargets[]): Task {
  const { units } = layers[layers.length - 1];
  const { name } = factsOf(loss);
  const rows = all.filter((y): y is Matrix => !(y instanceof Int32Array));
  if (rows.length === 0) return { kind: "classes", classes: units };
  if (rows.every((y) => y.columns > 1 && areOneHot(y))) return { kind: "classes", classes: units };
  const columns = rows.map(soleColumn);
  if (columns.every((column) => column !== undefined)) {
    const values = new Set(columns.flatMap((column) => [...column]));
    const areWhole = [...values].every((value) => Number.isInteger(value) && value >= 0);
    const largest = Math.max(...values);
    if (areWhole && values.size > 1 && (largest === 1 || (isClassification(loss) && largest < MOST_CLASSES)))
      return { kind: "classes", classes: largest + 1 };
    if (name === "binaryCrossEntropy" && [...values].every((value) => value >= 0 && value <= 1))
      return { kind: "classes", classes: 2 };
    return { kind: "numbers" };
  }
  if (rows.every(({ data }) => data.every((value) => value === 0 || value === 1))) return { kind: "answers" };
  if (name === "crossEntropy" && rows.every(({ data }) => data.every((value) => value >= 0)))
    return { kind: "classes", classes: units };
  const areShares = rows.every(({ data }) => data.every((value) => value >= 0 && value <= 1));
  return { kind: name === "binaryCrossEntropy" && areShares ? "answers" : "numbers" };
}

const largestOfRows = ({ rows, columns, data }: Matrix): Int32Array =>
  Int32Array.from({ length: rows }, (_, row) => placeOfLargest(data, row * columns, columns));

/** The class of each row. */
export function classesOf(y: PlainTargets): Int32Array {
  if (y instanceof Int32Array) return y;
  const column = soleColumn(y);
  return column ? Int32Array.from(column, Math.round) : largestOfRows(y);
}

/** The class that answers say, -1 where they say none: one number a row is a yes, or the class itself. */
export function classesSaid(answers: Matrix, classes: number): Int32Array {
  if (answers.columns > 1) return largestOfRows(answers);
  return Int32Array.from(answers.data, (value) => {
    if (Number.isNaN(value)) return -1;
    return classes === 2 ? Number(value > 0.5) : Math.max(0, Math.min(classes - 1, Math.round(value)));
  });
}

/** Of an equal share of the rows, what the rarest class has where they count as uneven. */
const RARE = 0.5;

/** Whether some class has so few rows that a network may do well without ever saying it. */
export function hasRareClass(task: Task, y: PlainTargets): boolean {
  if (task.kind !== "classes") return false;
  const counts = new Map<number, number>();
  for (const label of classesOf(y)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return counts.size > 1 && Math.min(...counts.values()) < (RARE * rows) / counts.size;
}
