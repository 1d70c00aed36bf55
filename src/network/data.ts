// What a caller passes as data, checked and brought into the form that the training loop reads.
import { checkNumber, checkOptions, describe, isFloat32 } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import {
  isMatrix,
  type Matrix,
  type SampleRows,
  type Samples,
  takeRows,
  takeSamples,
  toMatrix,
  toSomeSamples,
} from "../core/matrix.js";
import type { RowViews } from "../core/rows/gather.js";
import { isSparse } from "../core/sparse.js";
import { factsOf, isClassification, type Loss, type LossSpec } from "./losses.js";

/**
 * Class labels 0..K-1 ("crossEntropy"), 0/1 ("binaryCrossEntropy"), or one row of numbers per sample (class
 * probabilities for "crossEntropy").
 */
export type Targets = ArrayLike<number> | Samples;

/** Samples with their targets, row by row. */
export interface DataSet {
  /** rows x inputs. */
  readonly x: Samples;
  /** One target a row. */
  readonly y: Targets;
  /**
   * How much each row counts, numbers from 0 up, not all 0: a loss is the sum of weight·loss over the sum of weights,
   * in a batch as in a whole set. Accuracy and the figures by class count each row once. Default: all the same.
   */
  readonly weights?: ArrayLike<number>;
}

const DATA_NAMES = ["x", "y", "weights"];

/** One value per target column and row: class labels, or numbers as float32. */
export type PreparedTargets =
  | { readonly kind: "labels"; readonly labels: Int32Array }
  | { readonly kind: "rows"; readonly data: Float32Array; readonly columns: number };

export interface PreparedData {
  readonly rows: number;
  readonly x: SampleRows;
  /**
   * Of a matrix, one view a row, made when the row is first read: copying through it is faster than element by element,
   * and leaves no garbage.
   */
  readonly views: RowViews;
  readonly y: PreparedTargets;
  /** One a row; absent where all count the same. */
  readonly weights?: Float32Array;
}

/** One number a sample: a list of them, or undefined where y holds rows. */
function flatOf(y: object): ArrayLike<unknown> | undefined {
  if (isMatrix(y) || isSparse(y)) return undefined;
  const list = y as ArrayLike<unknown>;
  return list.length === 0 || typeof list[0] !== "object" ? list : undefined;
}

/** What may be meant by a label that is refused. */
function labelHint(label: unknown, classes: number): string {
  if (classes === 1) return "The softmax of 1 unit is always 1: use binaryCrossEntropy.";
  if (!Number.isInteger(label)) return typeof label === "number" ? "For numbers take meanSquaredError." : "";
  if ((label as number) < 0 || label === classes) return "Classes are numbered from 0.";
  return "The output layer has a unit for each class.";
}

/** Likewise where 0 and 1 are the classes. */
function binaryHint(label: unknown): string {
  if (!Number.isInteger(label)) return "";
  return label === -1
    ? "Classes are numbered 0 and 1."
    : "For more than two classes take crossEntropy and one output unit for each.";
}

/** Which values a flat list, and how that is said: classes here, where a row a sample may hold probabilities. */
const CLASS = {
  isFine: (value: unknown): value is number => value === 0 || value === 1,
  expected: "to be 0 or 1 (or a row of probabilities)",
  hintAt: binaryHint,
};
const NUMBER = {
  isFine: (value: unknown): value is number => typeof value === "number" && isFloat32(value),
  expected: "to be a finite number",
  hintAt: () => "",
};

function flatToMatrix(
  path: string,
  y: ArrayLike<unknown>,
  rows: number,
  { isFine, expected, hintAt }: typeof CLASS,
): Matrix {
  const data = new Float32Array(rows);
  for (let i = 0; i < rows; i++) {
    const value = y[i];
    // A path is made for what is refused alone: one for each number would take longer than a small step (measured).
    if (!isFine(value)) throw new RelumineError("value", `${path}[${i}]`, expected, describe(value), hintAt(value));
    data[i] = value;
  }
  return { rows, columns: 1, data };
}

function toLabels(path: string, values: ArrayLike<unknown>, rows: number, classes: number): Int32Array {
  const labels = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const label = values[i] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      const expected = `to be a class label, an integer from 0 to ${classes - 1} (the output layer has ${classes} units)`;
      throw new RelumineError("value", `${path}[${i}]`, expected, describe(label), labelHint(label, classes));
    }
    labels[i] = label;
  }
  return labels;
}

/** What a row of probabilities would have to be, and what it is instead; undefined: nothing is wrong with it. */
export function faultOfProbabilities(
  data: Float32Array,
  start: number,
  columns: number,
  sumToOne: boolean,
): readonly [expected: string, given: string] | undefined {
  let sum = 0;
  for (let i = start; i < start + columns; i++) {
    const value = data[i];
    if (!(value >= 0 && value <= 1)) return ["to have numbers from 0 to 1", `${value}`];
    sum += value;
  }
  return sumToOne && Math.abs(sum - 1) > 1e-3 ? ["to sum to 1", `a sum of ${sum}`] : undefined;
}

function checkProbabilities(path: string, { data, columns }: Matrix, sumToOne: boolean): void {
  for (let start = 0; start < data.length; start += columns) {
    const fault = faultOfProbabilities(data, start, columns, sumToOne);
    if (fault) throw new RelumineError("value", `${path}[${start / columns}]`, ...fault);
  }
}

function checkRowCount(path: string, given: unknown, rows: number): void {
  if (given !== rows) throw new RelumineError("shape", path, `to have ${rows} rows, as x has`, describe(given));
}

/** Targets for `rows` samples of a network with `units` outputs. The caller's object is read once. */
export function prepareTargets(
  path: string,
  y: Targets,
  rows: number,
  units: number,
  loss: Loss | LossSpec,
): PreparedTargets {
  const { name, takesAnyTargets } = factsOf(loss);
  if (typeof y !== "object" || y === null || (!isMatrix(y) && !isSparse(y) && typeof y.length !== "number"))
    throw new RelumineError("shape", path, "to be targets, one for each row of x", describe(y));
  const flat = flatOf(y);
  if (flat) checkRowCount(path, flat.length, rows);
  const mayBeLabels = name === "crossEntropy" && !(takesAnyTargets && units === 1);
  if (flat && mayBeLabels) return { kind: "labels", labels: toLabels(path, flat, rows, units) };
  const matrix = flat
    ? flatToMatrix(path, flat, rows, name === "binaryCrossEntropy" && !takesAnyTargets ? CLASS : NUMBER)
    : toMatrix(path, y);
  checkRowCount(path, matrix.rows, rows);
  if (mayBeLabels && matrix.columns === 1) return { kind: "labels", labels: toLabels(path, matrix.data, rows, units) };
  if (takesAnyTargets && matrix.columns === 1)
    return { kind: "rows", data: repeat(matrix.data, units), columns: units };
  if (matrix.columns !== units) {
    const expected = `to have ${units} numbers a row, as the output layer has units`;
    const hint = units === 1 && isClassification(loss) ? "A unit for each class goes with crossEntropy." : "";
    throw new RelumineError("shape", path, expected, `${matrix.columns}`, hint);
  }
  if (isClassification(loss) && !takesAnyTargets) checkProbabilities(path, matrix, name === "crossEntropy");
  return { kind: "rows", data: matrix.data, columns: units };
}

/** Each number so many times. */
function repeat(values: Float32Array, times: number): Float32Array {
  if (times === 1) return values;
  const repeated = new Float32Array(values.length * times);
  values.forEach((value, r) => repeated.fill(value, r * times, (r + 1) * times));
  return repeated;
}

/** One number from 0 up for each row, not all 0 unless `mayBeNone`. */
export function toWeights(path: string, weights: ArrayLike<number>, rows: number, mayBeNone = false): Float32Array {
  if (typeof weights !== "object" || weights === null || typeof weights.length !== "number")
    throw new RelumineError("shape", path, "to be a list of numbers, one for each row of x", describe(weights));
  checkRowCount(path, weights.length, rows);
  const copy = new Float32Array(rows);
  let isAny = mayBeNone;
  for (let i = 0; i < rows; i++) {
    const weight = weights[i];
    copy[i] = weight >= 0 && isFloat32(weight) ? weight : checkNumber(`${path}[${i}]`, weight, { low: 0 });
    isAny ||= copy[i] > 0;
  }
  if (!isAny) throw new RelumineError("value", path, "to have a number above 0", "none");
  return copy;
}

/**
 * Checks a data set against a network's inputs, outputs and loss; `path` is "data" or "validation".
 * @param isBatch of a larger one: its rows may all weigh nothing
 */
export function prepareData(
  path: string,
  data: DataSet,
  inputs: number,
  units: number,
  loss: Loss | LossSpec,
  isBatch = false,
): PreparedData {
  if (typeof data !== "object" || data === null)
    throw new RelumineError("value", path, "to be { x, y }", describe(data));
  const given = checkOptions(path, data, DATA_NAMES);
  const x = toSomeSamples(`${path}.x`, given.x, inputs);
  const y = prepareTargets(`${path}.y`, given.y, x.rows, units, loss);
  if (given.weights === undefined) return { rows: x.rows, x, views: [], y };
  return { rows: x.rows, x, views: [], y, weights: toWeights(`${path}.weights`, given.weights, x.rows, isBatch) };
}

/** The targets of these rows. */
export function takeTargets(targets: PreparedTargets, rows: ArrayLike<number>): PreparedTargets {
  if (targets.kind === "labels") return { kind: "labels", labels: Int32Array.from(rows, (row) => targets.labels[row]) };
  const { columns, data } = targets;
  const taken = takeRows({ rows: data.length / columns, columns, data }, rows);
  return { kind: "rows", columns, data: taken.data };
}

/** As plain data, which is a data set again. */
export interface PlainSet {
  readonly x: SampleRows;
  readonly y: Int32Array | Matrix;
  readonly weights?: Float32Array;
}

/** @param rows default: all, which are not copied */
export function toPlain({ x, y, weights }: Omit<PreparedData, "views" | "rows">, rows?: ArrayLike<number>): PlainSet {
  if (rows)
    return toPlain({
      x: takeSamples(x, rows),
      y: takeTargets(y, rows),
      ...(weights && { weights: Float32Array.from(rows, (row) => weights[row]) }),
    });
  const targets = y.kind === "labels" ? y.labels : { rows: x.rows, columns: y.columns, data: y.data };
  return { x, y: targets, ...(weights && { weights }) };
}
