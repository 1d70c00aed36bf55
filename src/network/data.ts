// What a caller passes as data, checked and brought into the form that the training loop reads.
import { describe, isFloat32 } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { isMatrix, type Matrix, type Samples, toMatrix } from "../core/matrix.js";
import { isClassification, type Loss } from "./losses.js";

/** Class labels 0..K-1 ("crossEntropy"), 0/1 ("binaryCrossEntropy"), or one row of numbers per sample (class probabilities for "crossEntropy"). */
export type Targets = ArrayLike<number> | Samples;

export interface DataSet {
  readonly x: Samples;
  readonly y: Targets;
}

/** One value per target column and row: class labels, or numbers as float32. */
export type PreparedTargets =
  | { readonly kind: "labels"; readonly labels: Int32Array }
  | { readonly kind: "rows"; readonly data: Float32Array; readonly columns: number };

export interface PreparedData {
  readonly rows: number;
  readonly x: Matrix;
  /** One view a row, made when the row is first read: copying through it is faster than element by element, and leaves no garbage. */
  readonly views: (Float32Array | undefined)[];
  readonly y: PreparedTargets;
}

function isFlat(y: Targets): y is ArrayLike<number> {
  return !isMatrix(y) && (y.length === 0 || typeof (y as ArrayLike<unknown>)[0] !== "object");
}

function flatToMatrix(name: string, y: ArrayLike<number>): Matrix {
  const data = new Float32Array(y.length);
  for (let i = 0; i < y.length; i++) {
    if (typeof y[i] !== "number" || !isFloat32(y[i]))
      throw new RelumineError("value", `${name}[${i}] is ${describe(y[i])}; wanted is a finite number`);
    data[i] = y[i];
  }
  return { rows: y.length, columns: 1, data };
}

function toLabels(name: string, values: ArrayLike<number>, classes: number): Int32Array {
  const labels = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const label = values[i];
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RelumineError(
        "value",
        `${name}[${i}] is ${describe(label)}; wanted is a class label, a whole number from 0 to ${classes - 1} (the output layer has ${classes === 1 ? "1 unit, whose softmax is always 1: use binaryCrossEntropy" : `${classes} units`})`,
      );
    }
    labels[i] = label;
  }
  return labels;
}

function checkProbabilities(name: string, { data, columns }: Matrix, sumToOne: boolean): void {
  for (let start = 0; start < data.length; start += columns) {
    let sum = 0;
    for (let i = start; i < start + columns; i++) {
      if (!(data[i] >= 0 && data[i] <= 1))
        throw new RelumineError(
          "value",
          `${name} has ${data[i]} in row ${start / columns}; wanted are numbers from 0 to 1`,
        );
      sum += data[i];
    }
    if (sumToOne && Math.abs(sum - 1) > 1e-3)
      throw new RelumineError(
        "value",
        `${name} row ${start / columns} sums to ${sum}; wanted are class probabilities that sum to 1`,
      );
  }
}

/** A flat list holds classes; a row a sample may hold probabilities. */
function checkClasses(name: string, y: ArrayLike<number>): void {
  for (let i = 0; i < y.length; i++) {
    if (y[i] !== 0 && y[i] !== 1)
      throw new RelumineError(
        "value",
        `${name}[${i}] is ${describe(y[i])}; wanted is a class, 0 or 1 (or one row of probabilities per sample)`,
      );
  }
}

function checkRowCount(name: string, given: number, rows: number): void {
  if (given !== rows)
    throw new RelumineError("shape", `${name} has ${given} rows and x has ${rows}; wanted are as many`);
}

/** Targets for `rows` samples of a network with `units` outputs. */
export function prepareTargets(name: string, y: Targets, rows: number, units: number, loss: Loss): PreparedTargets {
  if (typeof y !== "object" || y === null || (!isMatrix(y) && typeof y.length !== "number")) {
    throw new RelumineError("shape", `${name} is ${describe(y)}; wanted are targets, one for each row of x`);
  }
  checkRowCount(name, isMatrix(y) ? y.rows : y.length, rows);
  if (loss === "crossEntropy" && isFlat(y)) return { kind: "labels", labels: toLabels(name, y, units) };
  if (loss === "binaryCrossEntropy" && isFlat(y)) checkClasses(name, y);
  const matrix = isFlat(y) ? flatToMatrix(name, y) : toMatrix(name, y);
  if (loss === "crossEntropy" && matrix.columns === 1)
    return { kind: "labels", labels: toLabels(name, matrix.data, units) };
  if (matrix.columns !== units) {
    throw new RelumineError(
      "shape",
      `${name} has ${matrix.columns} numbers a row; the output layer has ${units} units and wants as many`,
    );
  }
  if (isClassification(loss)) checkProbabilities(name, matrix, loss === "crossEntropy");
  return { kind: "rows", data: matrix.data, columns: units };
}

/** Checks a data set against a network's inputs, outputs and loss; `name` leads the messages ("data", "validation"). */
export function prepareData(name: string, data: DataSet, inputs: number, units: number, loss: Loss): PreparedData {
  if (typeof data !== "object" || data === null)
    throw new RelumineError("value", `${name} is ${describe(data)}; wanted is { x, y }`);
  const x = toMatrix(`${name}.x`, data.x, inputs);
  if (x.rows === 0) throw new RelumineError("shape", `${name}.x is empty; wanted is at least one row`);
  return { rows: x.rows, x, views: [], y: prepareTargets(`${name}.y`, data.y, x.rows, units, loss) };
}
