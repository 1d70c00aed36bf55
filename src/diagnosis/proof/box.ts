// The box of inputs over which a dead unit is proved closed or woken: one interval an input, as float32 holds it.
import { columnRanges } from "../inputs/columns.js";
import type { InputBox } from "../types.js";
import { checkOptions, describe, isFloat32 } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { densePieces, denseRows, type Matrix, type SampleRows } from "../../core/matrix.js";
import { isSparse, measureSparse } from "../../core/sparse.js";
import type { UnitStatistics } from "../../inspect/statistics.js";

/** low[i] <= high[i], both finite. */
export interface Box {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** Each feature's range in x. */
export function rangeOf(x: SampleRows): Box {
  if (isSparse(x)) {
    const { min, max } = measureSparse(x);
    return { low: Float32Array.from(min), high: Float32Array.from(max) };
  }
  const pieces = Array.from(densePieces(x), ({ piece }) => columnRanges(piece));
  if (pieces.length < 2) return pieces[0] ?? columnRanges(denseRows(x));
  const ofAll = (end: keyof Box, pick: (...values: number[]) => number) =>
    pieces[0][end].map((_, column) => pick(...pieces.map((each) => each[end][column])));
  return { low: ofAll("low", Math.min), high: ofAll("high", Math.max) };
}

/** The corner of the box where a linear function with these coefficients is largest. */
export function cornerOf({ low, high }: Box, coefficients: ArrayLike<number>): Float32Array {
  return low.map((value, i) => (coefficients[i] > 0 ? high[i] : value));
}

/** The number within the box's interval of an input that is nearest to a value. */
export function clampTo({ low, high }: Box, input: number, value: number): number {
  return Math.min(high[input], Math.max(low[input], value));
}

/** The range of columns that were counted. */
export function rangeOfColumns(columns: readonly Pick<UnitStatistics, "min" | "max">[]): Box {
  return {
    low: Float32Array.from(columns, ({ min }) => min),
    high: Float32Array.from(columns, ({ max }) => max),
  };
}

function checkEnd(name: "low" | "high", values: unknown, columns: number): Float32Array {
  const path = `inputBox.${name}`;
  const length = typeof values === "object" && values !== null ? (values as ArrayLike<unknown>).length : undefined;
  if (!Number.isSafeInteger(length))
    throw new RelumineError("value", path, `to be an array of ${columns} numbers, one an input`, describe(values));
  if (length !== columns)
    throw new RelumineError("shape", path, `to have ${columns} numbers, one an input`, `${length}`);
  return Float32Array.from(values as ArrayLike<unknown>, (value, i) => {
    if (typeof value !== "number" || !isFloat32(value))
      throw new RelumineError("value", `${path}[${i}]`, "to be a finite number", describe(value));
    return value;
  });
}

/**
 * @param first the place of the first row among all
 * @throws RelumineError "value"
 */
export function checkSamples(box: Box, x: SampleRows, first = 0): void {
  for (const { start, piece } of densePieces(x)) checkPiece(box, piece, first + start);
}

function checkPiece({ low, high }: Box, { rows, columns, data }: Matrix, first: number): void {
  for (let row = 0, i = 0; row < rows; row++) {
    for (let c = 0; c < columns; c++, i++) {
      if (data[i] >= low[c] && data[i] <= high[c]) continue;
      throw new RelumineError(
        "value",
        "x",
        `to lie in the inputBox, from ${low[c]} to ${high[c]} here`,
        `${data[i]} in row ${first + row}, column ${c} (counted from 0)`,
      );
    }
  }
}

/**
 * The box that was given, rounded to float32 as samples are, or the range of each feature in x.
 * @throws RelumineError "shape" (a box of another width) or "value" (NaN, low above high, samples outside)
 */
export function resolveBox(inputBox: InputBox | undefined, x: SampleRows): Box {
  if (inputBox === undefined) return rangeOf(x);
  const box = readBox(inputBox, x.columns);
  checkSamples(box, x);
  return box;
}

/** @throws RelumineError "shape" (a box of another width) or "value" (NaN, low above high) */
export function readBox(inputBox: InputBox, columns: number): Box {
  const given = checkOptions("inputBox", inputBox, ["low", "high"]);
  const box = { low: checkEnd("low", given.low, columns), high: checkEnd("high", given.high, columns) };
  const turned = box.low.findIndex((low, i) => low > box.high[i]);
  if (turned >= 0)
    throw new RelumineError(
      "value",
      `inputBox.low[${turned}]`,
      `to be at most high, ${given.high[turned]}`,
      `${given.low[turned]}`,
    );
  return box;
}
