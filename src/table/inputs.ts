// Table cells -> network inputs. Encodings are plain records, learnt from the training rows and good for any later
// table. Numbers are imputed by the median and scaled, (value - mean) / scale; words are one-hot, one input per
// category.
import { isMissing, parseNumber, shorten, quote } from "./cells.js";
import { mean, median, variance } from "../core/statistics.js";
import { RelumineError } from "../core/errors.js";
import { formatNumber } from "../text/numbers.js";
import { suggestion } from "../core/suggestion.js";
import { rowName, type Table, cellName } from "./csv.js";
import type { Matrix } from "../core/matrix.js";

interface NumberEncoding {
  readonly kind: "number";
  readonly column: string;
  /** Stands in for a missing value. */
  readonly median: number;
  readonly mean: number;
  readonly scale: number;
}
interface CategoryEncoding {
  readonly kind: "category";
  readonly column: string;
  /** One input each, in this order; "" is the missing value. A word that is not here gives zeros. */
  readonly categories: readonly string[];
}
export type InputEncoding = NumberEncoding | CategoryEncoding;

const MAX_FLOATS = 2 ** 28; // a GiB of inputs
const FEW_CATEGORIES = 20; // so many different words are never taken for names of rows

/** `age, height, …` */
export function columnList({ header }: Table): string {
  const names = header.slice(0, 12).map((column) => shorten(column));
  return [...names, ...(header.length > 12 ? ["…"] : [])].join(", ");
}

export function columnIndex(table: Table, name: string): number {
  const index = table.header.indexOf(name);
  if (index >= 0) return index;
  throw new RelumineError(
    "value",
    "the column",
    `to be one of ${columnList(table)}`,
    quote(name),
    suggestion(name, table.header),
  );
}

/** Mean and standard deviation; 1 for what never changes, so that it becomes 0 and not a rounding error blown up. */
export function standardization(values: readonly number[]): { mean: number; scale: number } {
  const first = values[0];
  if (values.every((value) => value === first)) return { mean: first, scale: 1 };
  return { mean: mean(values), scale: Math.sqrt(variance(values)) || 1 };
}

/** A column of the table with what was seen in it. */
export interface Column {
  readonly name: string;
  readonly cells: readonly string[];
  /** Each cell's number; NaN for a missing one and for a word. */
  readonly values: Float64Array;
  /** Row of the first cell that is neither missing nor a number, or -1. */
  readonly firstWord: number;
  readonly numbers: number;
  readonly missing: number;
}

export function inspectColumn(table: Table, index: number, rows: readonly number[]): Column {
  const cells = table.rows.map((row) => row[index]);
  const values = new Float64Array(cells.length).fill(Number.NaN);
  let firstWord = -1;
  let numbers = 0;
  let missing = 0;
  for (const row of rows) {
    const value = parseNumber(cells[row]);
    if (value !== undefined) {
      values[row] = value;
      numbers++;
    } else if (isMissing(cells[row])) missing++;
    else if (firstWord < 0) firstWord = row;
  }
  return { name: table.header[index], cells, values, firstWord, numbers, missing };
}

/** An input's encoding, or why the column is left out, and what its user should know. */
interface Learnt {
  readonly encoding?: InputEncoding;
  readonly note?: string;
}

function learnNumber(column: Column, training: readonly number[], divisor: number | undefined): Learnt {
  const values = training.map((row) => column.values[row]);
  const present = values.filter((value) => !Number.isNaN(value));
  if (present.length === 0) return { note: "left out: no training row has a value" };
  const middle = median(present);
  const scaling =
    divisor === undefined
      ? standardization(values.map((value) => (Number.isNaN(value) ? middle : value)))
      : { mean: 0, scale: divisor };
  const encoding = { kind: "number", column: column.name, median: middle, ...scaling } as const;
  return column.missing === 0
    ? { encoding }
    : { encoding, note: `${column.missing} missing, replaced by the median, ${formatNumber(middle, 6)}` };
}

function learnCategories(table: Table, column: Column, rows: readonly number[], training: readonly number[]): Learnt {
  const words = new Set(rows.map((row) => column.cells[row]).filter((cell) => !isMissing(cell)));
  const present = rows.length - column.missing;
  if (words.size > 1 && (words.size === present || words.size > Math.max(FEW_CATEGORIES, present / 2))) {
    return { note: `left out: ${words.size} different words in ${present} rows` };
  }
  const categories = [
    ...new Set(training.map((row) => (isMissing(column.cells[row]) ? "" : column.cells[row]))),
  ].sort();
  const notes = [];
  if (column.missing > 0) notes.push(`${column.missing} missing, a category of their own`);
  if (column.numbers > present / 2)
    notes.push(
      `read as words because of "${shorten(column.cells[column.firstWord])}" in ${rowName(table, column.firstWord)}`,
    );
  return {
    encoding: { kind: "category", column: column.name, categories },
    ...(notes.length > 0 && { note: notes.join("; ") }),
  };
}

export interface LearntInputs {
  readonly inputs: readonly InputEncoding[];
  /** One sentence for each column that was imputed, left out or read in a way that may surprise. */
  readonly notes: readonly string[];
}

/**
 * How to encode every column but those in `leftOut`. What a column is (numbers or words) is seen on all `rows`;
 * medians, means, scales and categories come from the training rows alone.
 * @param divisor divides every number, where the range is known; without it numbers are standardized
 */
export function learnInputs(
  table: Table,
  leftOut: readonly string[],
  rows: readonly number[],
  training: readonly number[],
  divisor?: number,
): LearntInputs {
  const inputs: InputEncoding[] = [];
  const notes: string[] = [];
  table.header.forEach((name, index) => {
    if (leftOut.includes(name)) return;
    const column = inspectColumn(table, index, rows);
    const { encoding, note } =
      column.firstWord < 0 ? learnNumber(column, training, divisor) : learnCategories(table, column, rows, training);
    if (encoding) inputs.push(encoding);
    if (note) notes.push(`${shorten(name)}: ${note}`);
  });
  if (inputs.length === 0) {
    throw new RelumineError(
      "format",
      "the table",
      "to have a column to learn from beside the target",
      ["none", ...notes].join("; "),
    );
  }
  return { inputs, notes };
}

function encodingWidth(encoding: InputEncoding): number {
  return encoding.kind === "number" ? 1 : encoding.categories.length;
}

/** How many inputs a network needs. */
export function inputWidth(inputs: readonly InputEncoding[]): number {
  return inputs.reduce((width, encoding) => width + encodingWidth(encoding), 0);
}

function encodeColumn(
  table: Table,
  rows: readonly number[],
  encoding: InputEncoding,
  matrix: Matrix,
  offset: number,
): void {
  const index = columnIndex(table, encoding.column);
  const places =
    encoding.kind === "category" ? new Map(encoding.categories.map((category, place) => [category, place])) : undefined;
  rows.forEach((row, r) => {
    const cell = table.rows[row][index];
    const start = r * matrix.columns + offset;
    if (encoding.kind === "number") {
      const value = parseNumber(cell);
      if (value === undefined && !isMissing(cell)) {
        throw new RelumineError("value", cellName(table, row, encoding.column), "to be a number", quote(cell));
      }
      matrix.data[start] = ((value ?? encoding.median) - encoding.mean) / encoding.scale;
    } else {
      const place = places!.get(isMissing(cell) ? "" : cell);
      if (place !== undefined) matrix.data[start + place] = 1;
    }
  });
}

/**
 * The chosen rows as network inputs.
 * @returns rows.length x inputWidth(inputs)
 * @throws RelumineError "memory" for more than 2^28 numbers, "value" for a word in a column of numbers or a missing
 * column
 * @example encodeInputs(preprocessing.inputs, table, [0, 1, 2])
 */
export function encodeInputs(inputs: readonly InputEncoding[], table: Table, rows: readonly number[]): Matrix {
  const columns = inputWidth(inputs);
  if (rows.length * columns > MAX_FLOATS) {
    throw new RelumineError(
      "memory",
      "the table",
      `to make at most ${MAX_FLOATS} numbers`,
      `${rows.length} rows x ${columns} inputs`,
      "Leave columns of many words out (--ignore).",
    );
  }
  const matrix = { rows: rows.length, columns, data: new Float32Array(rows.length * columns) };
  let offset = 0;
  for (const encoding of inputs) {
    encodeColumn(table, rows, encoding, matrix, offset);
    offset += encodingWidth(encoding);
  }
  return matrix;
}
