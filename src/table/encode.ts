// A table's cells -> the numbers of a network's inputs and targets, by an encoding that is known.
import { CategoryFinder, isMissingWord } from "./reading/categories.js";
import {
  type CellValues,
  dateValues,
  firstOther,
  numberValues,
  textAt,
  tooLargeRows,
  wordsOf,
} from "./reading/cell-values.js";
import { quote } from "./cells.js";
import type { ColumnIndex } from "./column-choice.js";
import { allRows, type Column, type Table } from "./columns.js";
import { phaseOf } from "./reading/dates.js";
import {
  type DateEncoding,
  type InputEncoding,
  inputWidth,
  type NumberTarget,
  type TargetEncoding,
  widthOf,
} from "./encoding.js";
import { hasSigns, isMissingNumber } from "./reading/missing.js";
import { PLAIN } from "./reading/number-notation.js";
import { cellName } from "./place-names.js";
import { isFloat32 } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { Matrix } from "../core/matrix.js";

const MAX_FLOATS = 2 ** 28; // a GiB of inputs

/** What an encoding needs of a column: values, or places of categories. */
export type InputCells = Float64Array | Int32Array;

function refuseOthers(table: Table, column: Column, cells: CellValues, rows: readonly number[], what: string): void {
  const other = firstOther(column, cells, rows);
  const row = other >= 0 ? other : (tooLargeRows(column, cells, rows)[0] ?? -1);
  if (row < 0) return;
  const hint = "Leave a missing value empty.";
  throw new RelumineError(
    "value",
    cellName(table, row, column.name),
    other < 0 ? "to be a number that float32 holds" : `to be a ${what}, as in the training`,
    quote(textAt(column, row)),
    hint,
  );
}

/** For each row the place of its category, or -1. */
export function placesOf(categories: readonly string[], column: Column): Int32Array {
  const finder = new CategoryFinder(categories);
  const { texts, textOf } = wordsOf(column);
  const places = Int32Array.from(texts, (text) => finder.placeOf(text));
  return textOf.map((text) => places[text]);
}

/** Numbers, or dates in days, NaN where one is missing. */
function numericValues(
  table: Table,
  column: Column,
  { notation, date }: Pick<NumberTarget, "notation" | "date">,
  rows: readonly number[],
): Float64Array {
  const cells = date ? dateValues(column, date) : numberValues(column, notation ?? PLAIN);
  if (!(date ?? notation)?.allowsOthers) refuseOthers(table, column, cells, rows, date ? "date" : "number");
  return cells.values;
}

/**
 * The column as the encoding reads it.
 * @throws RelumineError "value" for what is no number (no date) in one of the rows, where the encoding allows none
 */
export function inputCells(table: Table, column: Column, encoding: InputEncoding, rows: readonly number[]): InputCells {
  if (encoding.kind === "category") return placesOf(encoding.categories, column);
  return numericValues(table, column, encoding.kind === "date" ? { date: encoding.notation } : encoding, rows);
}

function encodeDates(
  { median, mean, scale, cycles }: DateEncoding,
  days: InputCells,
  rows: readonly number[],
  { data, columns }: Matrix,
  offset: number,
): void {
  for (let r = 0; r < rows.length; r++) {
    const value = days[rows[r]];
    const isMissing = Number.isNaN(value);
    let place = r * columns + offset;
    data[place++] = ((isMissing ? median : value) - mean) / scale;
    for (const cycle of cycles) {
      const angle = 2 * Math.PI * (isMissing ? 0 : phaseOf(value, cycle));
      data[place++] = isMissing ? 0 : Math.sin(angle);
      data[place++] = isMissing ? 0 : Math.cos(angle);
    }
  }
}

/** An input or a target that scaling makes too large for float32: a value far outside the training's. */
function refuseResult(table: Table, row: number, column: string, value: number): RelumineError {
  const limit = "to be a finite float32 number once it is scaled, (value - mean) / scale";
  return new RelumineError("value", cellName(table, row, column), limit, String(value));
}

/** Refuses what is not finite among the inputs of a column of numbers or dates. */
function checkResults(
  table: Table,
  { column }: InputEncoding,
  cells: InputCells,
  rows: readonly number[],
  { data, columns }: Matrix,
  offset: number,
): void {
  for (let r = 0, place = offset; r < rows.length; r++, place += columns)
    if (!Number.isFinite(data[place])) throw refuseResult(table, rows[r], column, cells[rows[r]]);
}

/** Writes one column's inputs into the matrix, from the given column of it on. */
function encodeColumn(
  encoding: InputEncoding,
  cells: InputCells,
  rows: readonly number[],
  matrix: Matrix,
  offset: number,
): void {
  const { data, columns } = matrix;
  if (encoding.kind === "date") encodeDates(encoding, cells, rows, matrix, offset);
  else if (encoding.kind === "number") {
    const { median, mean, scale } = encoding;
    for (let r = 0; r < rows.length; r++) {
      const value = cells[rows[r]];
      data[r * columns + offset] = ((value !== value ? median : value) - mean) / scale;
    }
  } else
    for (let r = 0; r < rows.length; r++) {
      const place = cells[rows[r]];
      if (place >= 0) data[r * columns + offset + place] = 1;
    }
}

/**
 * The chosen rows as network inputs.
 * @param cells of each input
 * @returns rows.length x inputWidth(inputs)
 * @throws RelumineError "memory" for more than 2^28 numbers, "value" for one that float32 can't hold once it is scaled
 */
export function fillInputs(
  table: Table,
  inputs: readonly InputEncoding[],
  cells: readonly InputCells[],
  rows: readonly number[],
): Matrix {
  const columns = inputWidth(inputs);
  if (rows.length * columns > MAX_FLOATS) {
    throw new RelumineError(
      "memory",
      "the table",
      `to make at most ${MAX_FLOATS} numbers`,
      `${rows.length} rows x ${columns} inputs`,
      "Leave columns of many words out (ignore).",
    );
  }
  const matrix = { rows: rows.length, columns, data: new Float32Array(rows.length * columns) };
  let offset = 0;
  inputs.forEach((encoding, place) => {
    encodeColumn(encoding, cells[place], rows, matrix, offset);
    if (encoding.kind !== "category") checkResults(table, encoding, cells[place], rows, matrix, offset);
    offset += widthOf(encoding);
  });
  return matrix;
}

/**
 * Rows of a later table as inputs.
 * @throws RelumineError "value" for a missing column, or a word in a column of numbers; "memory"
 */
export function encodeInputs(inputs: readonly InputEncoding[], index: ColumnIndex, rows: readonly number[]): Matrix {
  const cells = inputs.map((encoding) => inputCells(index.table, index.column(encoding.column), encoding, rows));
  return fillInputs(index.table, inputs, cells, rows);
}

/**
 * Standardized numbers of rows that have one.
 * @throws RelumineError "value" for one that float32 can't hold
 */
export function standardized(
  table: Table,
  values: Float64Array,
  { column, mean, scale }: Pick<NumberTarget, "column" | "mean" | "scale">,
  rows: readonly number[],
): number[] {
  return rows.map((row) => {
    const result = (values[row] - mean) / scale;
    if (!isFloat32(result)) throw refuseResult(table, row, column, values[row]);
    return result;
  });
}

export interface EncodedTargets {
  /** Rows whose target is known, ascending. */
  readonly rows: readonly number[];
  /** Of each of these rows: a label 0..K-1, or a standardized number. */
  readonly y: readonly number[];
  /** Rows without a target, and rows of a class that the encoding doesn't have. */
  readonly missing: number;
  readonly unknown: number;
}

/**
 * Targets of a later table.
 * @throws RelumineError "value" for a missing column, or a word among numbers
 */
export function encodeTargets(target: TargetEncoding, index: ColumnIndex): EncodedTargets {
  const { table } = index;
  const column = index.column(target.column);
  const all = allRows(table);
  if (target.kind === "number") {
    const values = numericValues(table, column, target, all);
    const rows = all.filter((row) => !Number.isNaN(values[row]));
    return { rows, y: standardized(table, values, target, rows), missing: table.rows - rows.length, unknown: 0 };
  }
  const places = placesOf(target.classes, column);
  const rows = all.filter((row) => places[row] >= 0);
  const signs = hasSigns(target.classes);
  const areNumbers = target.classes.every((name) => Number.isFinite(Number(name)));
  const isMissing = column.words.map((word) => (areNumbers ? isMissingNumber(word) : isMissingWord(word, signs)));
  const missing = all.filter(
    (row) => places[row] < 0 && column.wordOf[row] >= 0 && isMissing[column.wordOf[row]],
  ).length;
  return { rows, y: rows.map((row) => places[row]), missing, unknown: table.rows - rows.length - missing };
}
