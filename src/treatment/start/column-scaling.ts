// Numbers around 0, of a spread of 1: plain arithmetic in float64, for a page as for the worker that holds its network.
// What is rounded to float32 first has lost its digits where a mean is far from 0: a time in milliseconds keeps none
// that is below two minutes.
import { RelumineError } from "../../core/errors.js";
import { isFloat32 } from "../../core/checks.js";
import {
  denseIfSmall,
  isMatrix,
  type Matrix,
  type Matrix64,
  type Samples,
  toRows64,
  toSomeSamples,
} from "../../core/matrix.js";
import { isSparse, measureSparse, type SparseRows } from "../../core/sparse.js";
import type { Targets } from "../../network/data.js";

/** By column, what is subtracted and what then divides. */
export interface ColumnFigures {
  /** The mean. */
  readonly mean: Float64Array;
  /** The standard deviation, over all rows; 1 where a column is one number throughout. */
  readonly scale: Float64Array;
}

/** Inputs in a network's terms. */
export interface InputScaling extends ColumnFigures {
  /**
   * Samples as (value - mean) / scale, in float64 before they are rounded; a copy. Of sparse rows it has no zeros left:
   * a Matrix.
   * @throws RelumineError "shape", "value", or "memory" where sparse rows are too many without their zeros
   */
  apply(samples: Samples): Matrix;
}

/** Targets in a network's terms, and back. */
export interface TargetScaling extends ColumnFigures {
  /**
   * Targets as (value - mean) / scale, in float64 before they are rounded; a copy.
   * @throws RelumineError "shape" or "value"
   */
  apply(targets: Targets): Matrix;
  /**
   * A network's outputs as the targets were: value·scale + mean.
   * @throws RelumineError "shape" or "value"
   */
  invert(outputs: Samples): Matrix;
}

/** The root of the mean square of n numbers, none of whose squares overflows. */
class Deviation {
  private largest = 0;
  private squares = 0;

  add(value: number): void {
    const size = Math.abs(value);
    if (size > this.largest) {
      this.squares *= (this.largest / size) ** 2;
      this.largest = size;
    }
    if (size > 0) this.squares += (size / this.largest) ** 2;
  }

  of(count: number): number {
    return this.largest * Math.sqrt(this.squares / count);
  }
}

/** Of each column; distances are taken from the first row, so that a mean far from 0 costs no digits. */
export function figuresOf({ rows, columns, data }: Matrix64, isScaled: boolean): ColumnFigures {
  const sums = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) sums[i % columns] += data[i] - data[i % columns];
  const offsets = sums.map((sum) => sum / rows);
  const scale = new Float64Array(columns).fill(1);
  if (isScaled) {
    const deviations = Array.from(scale, () => new Deviation());
    for (let i = 0; i < data.length; i++)
      deviations[i % columns].add(data[i] - data[i % columns] - offsets[i % columns]);
    deviations.forEach((deviation, column) => (scale[column] = deviation.of(rows) || 1));
  }
  return { mean: offsets.map((offset, column) => data[column] + offset), scale };
}

function mapColumns(
  path: string,
  { rows, columns, data }: Matrix64,
  change: (value: number, column: number) => number,
): Matrix {
  const changed = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = change(data[i], i % columns);
    if (!isFloat32(value)) {
      const place = `${path}[${Math.floor(i / columns)}][${i % columns}]`;
      throw new RelumineError("value", place, "to stay within float32's range", `${value}`);
    }
    changed[i] = value;
  }
  return { rows, columns, data: changed };
}

export const standardized = (path: string, rows: Matrix64, { mean, scale }: ColumnFigures): Matrix =>
  mapColumns(path, rows, (value, column) => (value - mean[column]) / scale[column]);

/** By the entries alone, zeros counted. */
function sparseFiguresOf(x: SparseRows, isScaled: boolean): ColumnFigures {
  const { mean, variance } = measureSparse(x);
  return { mean, scale: variance.map((each) => (isScaled ? Math.sqrt(each) || 1 : 1)) };
}

/** @param isScaled else the scale is 1 */
export function inputScaling(x: Samples, isScaled: boolean): InputScaling {
  const rows = isSparse(x) ? denseIfSmall(toSomeSamples("x", x)) : x;
  const figures = isSparse(rows)
    ? sparseFiguresOf(rows as SparseRows, isScaled)
    : figuresOf(toRows64("x", rows), isScaled);
  const columns = figures.mean.length;
  return { ...figures, apply: (samples) => standardized("samples", toRows64("samples", samples, columns, 0), figures) };
}

/** One number a sample as rows of one. */
function rowsOfTargets(y: Targets): Samples {
  if (
    isMatrix(y) ||
    isSparse(y) ||
    typeof y !== "object" ||
    y === null ||
    typeof (y as ArrayLike<unknown>)[0] === "object"
  )
    return y as Samples;
  return Array.from(y as ArrayLike<number>, (value) => [value]);
}

export function targetScaling(y: Targets): TargetScaling {
  const figures = figuresOf(toRows64("y", rowsOfTargets(y)), true);
  const { mean, scale } = figures;
  const columns = mean.length;
  return {
    ...figures,
    apply: (targets) => standardized("targets", toRows64("targets", rowsOfTargets(targets), columns, 0), figures),
    invert: (outputs) =>
      mapColumns(
        "outputs",
        toRows64("outputs", outputs, columns, 0),
        (value, column) => value * scale[column] + mean[column],
      ),
  };
}

/** Figures are folded into a network once. */
export function checkFirst(folded: WeakSet<object>, network: object): void {
  if (!folded.has(network)) return;
  const given = "one that has them in its weights already";
  throw new RelumineError("value", "network", "to be one that these figures were not folded into", given);
}
