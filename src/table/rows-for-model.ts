// A table -> rows for a model that another program trained, of which no encoding is known: columns of numbers as they
// are written, in their order, or as the table of its training encodes them. Nothing is scaled unless that is asked
// for.
import { areBooleans, fold, isMissingWord, senseOf } from "./reading/categories.js";
import { type CellValues, firstOther, textAt, wordsOf } from "./reading/cell-values.js";
import { quote, shorten } from "./cells.js";
import { checkChoices, type CheckedChoice, type ColumnChoices, ColumnIndex, columnList } from "./column-choice.js";
import { allRows, type Column, type Table } from "./columns.js";
import { encodeInputs, encodeTargets } from "./encode.js";
import { type InputEncoding, inputNames, inputWidth, type TargetEncoding } from "./encoding.js";
import { makeInputRows } from "./input-rows.js";
import { learnInputs } from "./learn-inputs.js";
import { Notes } from "./notes.js";
import { cellName } from "./place-names.js";
import { prepareColumns } from "./prepare.js";
import { numberSigns, readColumn, tableDecimal } from "./reading/read-column.js";
import { describe, isFloat32 } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { Matrix, SampleRows } from "../core/matrix.js";
import { countOf, listWords, plural } from "../text/numbers.js";

/**
 * How numbers become inputs: "none", as they are; "like", by means and standard deviations of the training's table;
 * "standardize", by those of these rows themselves.
 */
export type Scaling = "none" | "like" | "standardize";
export const SCALINGS = ["none", "like", "standardize"] as const satisfies readonly Scaling[];

/** Which columns are inputs, and how they become numbers. */
export interface TableRowOptions {
  /** How many the model has. */
  readonly inputs?: number;
  readonly target?: string;
  readonly ignore?: readonly string[];
  readonly columns?: ColumnChoices;
  /** The training's table: its medians and categories, and its scaling, unless another is asked for. */
  readonly like?: Table;
  readonly scaling?: Scaling;
  /** Divides every number. */
  readonly divisor?: number;
}

/** Rows of a table as a model takes them. */
export interface RowsOfTable {
  readonly x: SampleRows;
  /** Labels 0..K-1 where the target is of words, else its numbers as they are written. */
  readonly y?: readonly number[] | Matrix;
  /** Of a target of words: the name of label 0, of label 1 ... */
  readonly classes?: readonly string[];
  /** Names of x's columns. */
  readonly columns: readonly string[];
  /** The table's rows that x and y hold, from 0. */
  readonly rows: readonly number[];
  readonly notes: readonly string[];
}

const NAMED_INPUTS = 6;

function namesOf(names: readonly string[]): string {
  const first = names.slice(0, NAMED_INPUTS).map((name) => shorten(name));
  return first.length < names.length ? `${first.join(", ")}, …` : listWords(first);
}

function checkWidth(
  names: readonly string[],
  { inputs, target, like }: TableRowOptions,
  left: readonly string[],
): void {
  if (inputs === undefined || names.length === inputs) return;
  const others = left.length > 0 ? `; of words: ${namesOf(left)}` : "";
  const given = `${names.length}: ${namesOf(names)}${others}`;
  const hint =
    names.length > inputs && target === undefined
      ? "Name the column of the targets (target), and those that are no inputs (ignore)."
      : "Name the columns that are no inputs (ignore).";
  const withWords = "Words are encoded as the training's table says (like).";
  throw new RelumineError(
    "shape",
    "the table",
    `to have ${countOf(inputs, "column")} of numbers, as the model has inputs`,
    given,
    names.length < inputs && like === undefined ? withWords : hint,
  );
}

/** A first of several columns that has no name and counts the rows, as pandas writes its index. */
function isIndex({ columns, rows }: Table, column: Column): boolean {
  if (columns.length < 2 || column !== columns[0]) return false;
  if (column.name !== "column 1" || columns[1].name === "column 2") return false;
  const [first] = column.numbers;
  return (first === 0 || first === 1) && allRows({ rows }).every((row) => column.numbers[row] === first + row);
}

type Candidates = readonly { readonly column: Column; readonly choice?: CheckedChoice }[];

/** Columns that may be inputs. */
function candidatesOf(table: Table, { target, ignore = [], columns }: TableRowOptions): Candidates {
  if (!Array.isArray(ignore)) throw new RelumineError("value", "ignore", "to be a list of columns", describe(ignore));
  const index = new ColumnIndex(table);
  for (const name of ignore as readonly string[]) index.column(name, "ignore");
  if (target !== undefined) index.column(target, "target");
  const choices = checkChoices(columns, index);
  const isLeft = ({ name }: Column): boolean =>
    name === target || (ignore as readonly string[]).includes(name) || choices.get(name)?.choice === "ignore";
  return table.columns
    .filter((column) => !isLeft(column))
    .map((column) => ({ column, choice: choices.get(column.name) }));
}

/** 1 and 0 of a column that says yes and no, as pandas writes True and False; undefined for other words. */
function truthsOf(column: Column): Float64Array | undefined {
  const { texts, textOf } = wordsOf(column);
  if (!areBooleans(texts.filter((text) => !isMissingWord(text, false)))) return undefined;
  const values = texts.map((text) => (isMissingWord(text, false) ? Number.NaN : Number(senseOf(fold(text)))));
  return Float64Array.from(textOf, (text) => values[text]);
}

interface NumberColumn {
  readonly column: Column;
  readonly values: Float64Array;
}

/** The columns of numbers among them, in order, and the names of the others. */
function numberColumns(table: Table, candidates: Candidates): { numbers: NumberColumn[]; words: string[] } {
  const rows = allRows(table);
  const signs = candidates.map(({ column, choice }) => numberSigns(column, rows, choice?.choice));
  const hint = tableDecimal(signs);
  const numbers: NumberColumn[] = [];
  const words: string[] = [];
  candidates.forEach(({ column, choice }, place) => {
    const reading = readColumn(table, column, rows, signs[place], hint, choice?.choice);
    const isPlain = choice === undefined && column.words.every((word) => isMissingWord(word, false));
    if (reading.kind === "number") {
      refuseOthers(table, column, reading, rows);
      numbers.push({ column, values: reading.values });
    } else if (isPlain) numbers.push({ column, values: column.numbers });
    else {
      const truths = choice === undefined ? truthsOf(column) : undefined;
      if (truths) numbers.push({ column, values: truths });
      else words.push(column.name);
    }
  });
  return { numbers, words };
}

function refuseOthers(table: Table, column: Column, cells: CellValues, rows: readonly number[]): void {
  const row = firstOther(column, cells, rows);
  if (row < 0) return;
  const given = quote(textAt(column, row));
  throw new RelumineError("value", cellName(table, row, column.name), "to be a number, as the column's others", given);
}

function fillNumbers(table: Table, numbers: readonly NumberColumn[], rows: readonly number[], divisor = 1): SampleRows {
  const to = makeInputRows(rows.length, numbers.length);
  numbers.forEach(({ column, values }, place) => {
    rows.forEach((row, r) => {
      const value = values[row] / divisor;
      if (!isFloat32(value)) throw refuseNumber(table, row, column);
      to.set(r, place, value);
    });
  });
  return to.read();
}

function refuseNumber(table: Table, row: number, column: Column): RelumineError {
  const text = textAt(column, row);
  const given = text === "" ? "none" : quote(text);
  const hint = "The training's table (like) has medians for missing values.";
  const expected = "to be a number that float32 holds";
  return new RelumineError("value", cellName(table, row, column.name), expected, given, hint);
}

function refuseNone(target: string): RelumineError {
  return new RelumineError("value", "target", "to be known in at least one row", `none in ${quote(target)}`);
}

/** Rows that have a target, and what it is. */
interface Targets {
  readonly rows: readonly number[];
  readonly y?: readonly number[] | Matrix;
  readonly classes?: readonly string[];
  readonly notes: readonly string[];
}

function noTargets(table: Table): Targets {
  return { rows: allRows(table), notes: [] };
}

function notesOfTargets(missing: number, unknown = 0): string[] {
  const notes = [];
  if (missing > 0) notes.push(`${countOf(missing, "row")} without a target left out`);
  if (unknown > 0) notes.push(`${countOf(unknown, "row")} of a class that the training's table does not have left out`);
  return notes;
}

function unscaled<T extends InputEncoding | TargetEncoding>(encoding: T): T {
  return encoding.kind === "number" ? { ...encoding, mean: 0, scale: 1 } : encoding;
}

function targetsByEncoding(target: TargetEncoding, index: ColumnIndex): Targets {
  // the model's targets were never scaled by anybody here
  const { rows, y, missing, unknown } = encodeTargets(unscaled(target), index);
  const classes = target.kind === "classes" ? { classes: target.classes } : {};
  return { rows, y, ...classes, notes: notesOfTargets(missing, unknown) };
}

/** Numbers as they are written; words in their order as labels, as scikit-learn's LabelEncoder has them. */
function targetsAsWritten(table: Table, name: string): Targets {
  const column = new ColumnIndex(table).column(name, "target");
  const all = allRows(table);
  const {
    numbers: [found],
  } = numberColumns(table, [{ column }]);
  if (found) {
    const rows = all.filter((row) => !Number.isNaN(found.values[row]));
    return { rows, y: rows.map((row) => found.values[row]), notes: notesOfTargets(all.length - rows.length) };
  }
  const { texts, textOf } = wordsOf(column);
  const classes = [...new Set(texts.filter((text) => !isMissingWord(text, false)))].sort();
  const places = new Map(classes.map((text, place) => [text, place]));
  const labelOf = texts.map((text) => places.get(text) ?? -1);
  const rows = all.filter((row) => labelOf[textOf[row]] >= 0);
  const notes = [
    `${shorten(name)} (target): ${countOf(classes.length, "class", "classes")} in the order of their names, ` +
      `${namesOf(classes.map((text, place) => `${place} ${text}`))}`,
    ...notesOfTargets(all.length - rows.length),
  ];
  return { rows, y: rows.map((row) => labelOf[textOf[row]]), classes, notes };
}

/** The inputs that the training's table has, and the target. */
function learnLike(
  like: Table,
  table: Table,
  { target, ignore: given, columns, divisor }: TableRowOptions,
): { inputs: readonly InputEncoding[]; target?: TargetEncoding; notes: readonly string[] } {
  const ignore = [...(given ?? []), ...like.columns.filter((column) => isIndex(like, column)).map(({ name }) => name)];
  if (target !== undefined) {
    const { encoding } = prepareColumns(like, { target, ignore, columns, divisor, validation: 0 });
    return { ...encoding, notes: [] };
  }
  const has = new ColumnIndex(table);
  const chosen = candidatesOf(like, { ignore, columns });
  const shared = chosen.filter(({ column }) => has.has(column.name));
  const rows = allRows(like);
  const inputs = shared.map(({ column, choice }) => ({
    column,
    ...choice,
    signs: numberSigns(column, rows, choice?.choice),
  }));
  const context = { table: like, rows, training: rows, notes: new Notes(), divisor };
  const left = chosen.filter(({ column }) => !shared.some((each) => each.column === column));
  const notes =
    left.length > 0 ? [`not in this table, and no inputs: ${namesOf(left.map((each) => each.column.name))}`] : [];
  return { inputs: learnInputs(context, inputs, tableDecimal(inputs.map(({ signs }) => signs))).inputs, notes };
}

function rowsLike(table: Table, like: Table, options: TableRowOptions): RowsOfTable {
  const { scaling, divisor } = options;
  const learnt = learnLike(like, table, options);
  const inputs = scaling === "none" && divisor === undefined ? learnt.inputs.map(unscaled) : learnt.inputs;
  const names = inputNames(inputs);
  checkWidth(names, { ...options, like }, []);
  const index = new ColumnIndex(table);
  const { target } = learnt;
  const targets = target && index.has(target.column) ? targetsByEncoding(target, index) : noTargets(table);
  const areMixed = inputs.some(({ kind }) => kind !== "number");
  return {
    ...targets,
    x: encodeInputs(inputs, index, targets.rows),
    columns: names,
    notes: [
      ...table.notes,
      ...learnt.notes,
      ...(areMixed ? [`inputs in this order: ${inputWidth(inputs) > 12 ? namesOf(names) : names.join(", ")}`] : []),
      ...targets.notes,
    ],
  };
}

function rowsAsWritten(table: Table, options: TableRowOptions): RowsOfTable {
  const { target, divisor } = options;
  const candidates = candidatesOf(table, options);
  const index = candidates.find(({ column }) => isIndex(table, column));
  const { numbers, words } = numberColumns(
    table,
    candidates.filter((each) => each !== index),
  );
  const names = numbers.map(({ column }) => column.name);
  checkWidth(names, options, words);
  if (names.length === 0)
    throw new RelumineError("format", "the table", "to have a column of numbers", `none: ${columnList(table)}`);
  const targets = target === undefined ? noTargets(table) : targetsAsWritten(table, target);
  return {
    ...targets,
    x: fillNumbers(table, numbers, targets.rows, divisor),
    columns: names,
    notes: [
      ...table.notes,
      ...(index ? [`${shorten(index.column.name)}, which counts the rows, is no input`] : []),
      ...(words.length > 0 ? [`not of numbers, and no ${plural(words.length, "input")}: ${namesOf(words)}`] : []),
      ...targets.notes,
    ],
  };
}

/**
 * The rows of a table as inputs of a model that another program trained. Without the training's table: the columns of
 * numbers in their order, as they are written; yes and no are 1 and 0; other words are no inputs.
 * @throws RelumineError "shape" for another number of inputs than the model's, "value" for a missing number, by its
 *   place, or an unknown column
 */
export function rowsForModel(table: Table, options: TableRowOptions): RowsOfTable {
  const { like, scaling = like ? "like" : "none" } = options;
  if (scaling === "like" && !like)
    throw new RelumineError(
      "value",
      "scaling",
      'to be "none" or "standardize" without the training\'s table',
      '"like"',
    );
  const learnFrom = scaling === "standardize" ? table : like;
  const read = learnFrom ? rowsLike(table, learnFrom, { ...options, scaling }) : rowsAsWritten(table, options);
  if (read.rows.length === 0) throw refuseNone(options.target ?? "");
  return read;
}
