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
  areSparse,
  type DateEncoding,
  type InputEncoding,
  inputWidth,
  type NumberEncoding,
  type NumbersTarget,
  type NumberTarget,
  targetColumns,
  type TargetEncoding,
  widthOf,
} from "./encoding.js";
import { type HashedTexts, hashTexts } from "./reading/hashed-words.js";
import { hasSigns, isMissingNumber } from "./reading/missing.js";
import { PLAIN } from "./reading/number-notation.js";
import { type InputRows, makeInputRows } from "./input-rows.js";
import { cellName } from "./place-names.js";
import { isFloat32 } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { Matrix, SampleRows } from "../core/matrix.js";

/** What an encoding needs of a column: values, places of categories, or what hashing made of its texts. */
export type InputCells = Float64Array | Int32Array | HashedTexts;

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
  if (encoding.kind === "hash") return hashTexts(wordsOf(column), encoding.buckets);
  return numericValues(table, column, encoding.kind === "date" ? { date: encoding.notation } : encoding, rows);
}

/** What an encoding writes: the rows, where its inputs begin, and how it refuses what scaling makes too large. */
interface Place {
  readonly to: InputRows;
  readonly offset: number;
  readonly rows: readonly number[];
  refuse(row: number, value: number): never;
}

/** (value - mean) / scale of each row, the median where it is missing. */
function encodeScaled(
  { median, mean, scale }: Pick<NumberEncoding, "median" | "mean" | "scale">,
  values: Float64Array,
  { to, offset, rows, refuse }: Place,
  then?: (r: number, value: number) => void,
): void {
  for (let r = 0; r < rows.length; r++) {
    const value = values[rows[r]];
    const scaled = ((value !== value ? median : value) - mean) / scale;
    if (!isFloat32(scaled)) refuse(rows[r], value);
    to.set(r, offset, scaled);
    then?.(r, value);
  }
}

function encodeDates(encoding: DateEncoding, days: Float64Array, place: Place): void {
  const { to, offset } = place;
  encodeScaled(encoding, days, place, (r, value) => {
    const isMissing = Number.isNaN(value);
    encoding.cycles.forEach((cycle, c) => {
      const angle = 2 * Math.PI * (isMissing ? 0 : phaseOf(value, cycle));
      to.set(r, offset + 1 + 2 * c, isMissing ? 0 : Math.sin(angle));
      to.set(r, offset + 2 + 2 * c, isMissing ? 0 : Math.cos(angle));
    });
  });
}

/** An input or a target that scaling makes too large for float32: a value far outside the training's. */
function refuseResult(table: Table, row: number, column: string, value: number): RelumineError {
  const limit = "to be a finite float32 number once it is scaled, (value - mean) / scale";
  return new RelumineError("value", cellName(table, row, column), limit, String(value));
}

function encodeTexts({ offsets, buckets, values, textOf }: HashedTexts, { to, offset, rows }: Place): void {
  for (let r = 0; r < rows.length; r++) {
    const text = textOf[rows[r]];
    for (let i = offsets[text]; i < offsets[text + 1]; i++) to.set(r, offset + buckets[i], values[i]);
  }
}

function encodePlaces(places: Int32Array, { to, offset, rows }: Place): void {
  for (let r = 0; r < rows.length; r++) {
    const place = places[rows[r]];
    if (place >= 0) to.set(r, offset + place, 1);
  }
}

/** Writes one column's inputs. */
function encodeColumn(encoding: InputEncoding, cells: InputCells, place: Place): void {
  if (encoding.kind === "date") encodeDates(encoding, cells as Float64Array, place);
  else if (encoding.kind === "number") encodeScaled(encoding, cells as Float64Array, place);
  else if (encoding.kind === "hash") encodeTexts(cells as HashedTexts, place);
  else encodePlaces(cells as Int32Array, place);
}

/** How many numbers a row of the table has in these inputs. */
function countEntries(inputs: readonly InputEncoding[], cells: readonly InputCells[], row: number): number {
  return inputs.reduce((sum, encoding, i) => {
    if (encoding.kind === "category") return sum + Number((cells[i] as Int32Array)[row] >= 0);
    if (encoding.kind !== "hash") return sum + widthOf(encoding);
    const { offsets, textOf } = cells[i] as HashedTexts;
    return sum + offsets[textOf[row] + 1] - offsets[textOf[row]];
  }, 0);
}

/**
 * The chosen rows as network inputs.
 * @param cells of each input
 * @returns rows.length x inputWidth(inputs), sparse where most inputs of a row are 0 by what they are
 * @throws RelumineError "memory" for more than 2^28 numbers, "value" for one that float32 can't hold once it is scaled
 */
export function fillInputs(
  table: Table,
  inputs: readonly InputEncoding[],
  cells: readonly InputCells[],
  rows: readonly number[],
): SampleRows {
  const entriesOf = areSparse(inputs) ? (r: number) => countEntries(inputs, cells, rows[r]) : undefined;
  const to = makeInputRows(rows.length, inputWidth(inputs), entriesOf);
  let offset = 0;
  inputs.forEach((encoding, i) => {
    const refuse = (row: number, value: number) => {
      throw refuseResult(table, row, encoding.column, value);
    };
    encodeColumn(encoding, cells[i], { to, offset, rows, refuse });
    offset += widthOf(encoding);
  });
  return to.read();
}

/**
 * Rows of a later table as inputs.
 * @throws RelumineError "value" for a missing column, or a word in a column of numbers; "memory"
 */
export function encodeInputs(
  inputs: readonly InputEncoding[],
  index: ColumnIndex,
  rows: readonly number[],
): SampleRows {
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
  /** Of each of these rows: a label 0..K-1, a standardized number, or a row of them. */
  readonly y: readonly number[] | Matrix;
  /** Rows without a target, and rows of a class that the encoding doesn't have. */
  readonly missing: number;
  readonly unknown: number;
}

/** Rows that have all the numbers. */
function encodeRowsOfNumbers(target: NumbersTarget, index: ColumnIndex): EncodedTargets {
  const { table } = index;
  const all = allRows(table);
  const names = targetColumns(target);
  const values = names.map((name) => numericValues(table, index.column(name), {}, all));
  const rows = all.filter((row) => values.every((column) => !Number.isNaN(column[row])));
  const data = new Float32Array(rows.length * names.length);
  names.forEach((column, c) => {
    const encoded = standardized(table, values[c], { column, ...target.outputs[c] }, rows);
    encoded.forEach((value, r) => (data[r * names.length + c] = value));
  });
  const y = { rows: rows.length, columns: names.length, data };
  return { rows, y, missing: table.rows - rows.length, unknown: 0 };
}

/**
 * Targets of a later table.
 * @throws RelumineError "value" for a missing column, or a word among numbers
 */
export function encodeTargets(target: TargetEncoding, index: ColumnIndex): EncodedTargets {
  if (target.kind === "numbers") return encodeRowsOfNumbers(target, index);
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
