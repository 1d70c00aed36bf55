// The target column -> labels or standardized numbers: what it is, and which rows have it.
import { categoriesOf, isMissingWord } from "./reading/categories.js";
import { firstOther, Kind, textAt, wordsOf } from "./reading/cell-values.js";
import { quote, shorten } from "./cells.js";
import type { ColumnChoice } from "./column-choice.js";
import { allRows, type Column, type Table } from "./columns.js";
import { placesOf, standardized } from "./encode.js";
import type { NumberTarget, TargetEncoding } from "./encoding.js";
import { formatDate } from "./reading/dates.js";
import { type Extreme, missingCode, profile, type Profile, sharedCode } from "./reading/extremes.js";
import { codeNote, literalOf, mergedNote, noteExtremes, standardization, withoutCode } from "./learn-inputs.js";
import { hasSigns, isMissing } from "./reading/missing.js";
import type { Notes } from "./notes.js";
import { isPlain, type TableDecimal } from "./reading/number-notation.js";
import { cellName } from "./place-names.js";
import {
  type DateReading,
  type NumberReading,
  type NumberSigns,
  paddedNote,
  readColumn,
} from "./reading/read-column.js";
import { RelumineError } from "../core/errors.js";
import { countOf, formatCount } from "../text/numbers.js";

const FEW_CLASSES = 20;
const FEW_ROWS = 5; // of a class, on average

/** By what words are refused as targets: the last part of what is expected of them. */
export const FOR_NUMBERS = 'for task "regression"';

/** What is predicted: one of several classes, or a number. */
export type Task = "classification" | "regression";

/** Rows that have a target, and what the target is. */
export interface TargetChoice {
  readonly task: Task;
  readonly rows: readonly number[];
  /** The rows of each class, in the order of the classes; one group for numbers. */
  readonly groups: readonly (readonly number[])[];
  /** The number that stands for a missing target. */
  readonly code?: number;
  /** The encoding and all targets, learnt from the training rows. */
  learn(training: readonly number[]): { encoding: TargetEncoding; encode(rows: readonly number[]): number[] };
}

/** Whether so many different whole numbers among so many rows are classes. */
export function areFewValues(different: number, rows: number): boolean {
  return different <= Math.min(FEW_CLASSES, Math.sqrt(rows));
}

function looksLikeClasses(values: Float64Array, rows: readonly number[]): boolean {
  const different = new Set<number>();
  for (const row of rows) {
    if (!Number.isInteger(values[row])) return false;
    different.add(values[row]);
    if (!areFewValues(different.size, rows.length)) return false;
  }
  return true;
}

/** What is asked of the target column. */
export interface TargetOptions {
  readonly task?: Task;
  readonly choice?: ColumnChoice;
  /** Whether an input shows this code for missing values. */
  readonly isShown: (code: number) => boolean;
}

class TargetReader {
  readonly #path: string;

  constructor(
    readonly table: Table,
    readonly column: Column,
    readonly notes: Notes,
  ) {
    this.#path = `the target column ${quote(column.name)}`;
  }

  #addNote(text: string): void {
    this.notes.add(`${shorten(this.column.name)} (target): ${text}`);
  }

  /** Tells what the target is, which stands first. */
  #describe(what: string, reason: string, rows: readonly number[]): void {
    this.#addNote(`${what} (${reason})`);
    const without = this.table.rows - rows.length;
    if (without > 0)
      this.notes.add(`${countOf(without, "row")} without a target ${without === 1 ? "is" : "are"} left out`);
  }

  #checkDifferent(different: number, rows: readonly number[]): void {
    if (rows.length === 0)
      throw new RelumineError("format", this.#path, "to have a value in at least two rows", "none");
    if (different > 1) return;
    const given = `${quote(textAt(this.column, rows[0]))} in all ${rows.length} rows`;
    throw new RelumineError("format", this.#path, "to have at least two different values", given);
  }

  /** Classes by the texts of the cells. */
  classes(asked: Task | undefined, all: readonly number[], areNumbers: boolean): TargetChoice {
    const { column } = this;
    const words = wordsOf(column);
    const signs = hasSigns(words.texts);
    const isPresent = words.texts.map((text) => !(areNumbers ? isNumberMark(text) : isMissingWord(text, signs)));
    const rows = all.filter((row) => isPresent[words.textOf[row]]);
    const found = categoriesOf(words, rows);
    const names = [...new Set(rows.map((row) => found.nameOf[words.textOf[row]]))];
    const classes = areNumbers ? names.sort((a, b) => Number(a) - Number(b)) : names.sort();
    this.#checkDifferent(classes.length, rows);
    this.#checkClasses(classes, rows, asked);
    const areAllNumbers = classes.every((name) => name !== "" && Number.isFinite(Number(name)));
    const why = areAllNumbers ? `${classes.length} whole numbers` : "words";
    this.#describe(`${classes.length} classes`, asked ? "asked for" : why, rows);
    for (const note of paddedNote(column, rows)) this.#addNote(note);
    if (found.merged) this.#addNote(mergedNote(found.merged, found.mergedCount));
    if (classes.length > FEW_CLASSES && classes.length * FEW_ROWS > rows.length)
      this.#addNote(
        `${formatCount(classes.length)} classes for ${countOf(rows.length, "row")}: few rows to learn each from`,
      );
    const places = placesOf(classes, column);
    const groups: number[][] = classes.map(() => []);
    for (const row of rows) groups[places[row]].push(row);
    return {
      task: "classification",
      rows,
      groups,
      learn: () => ({
        encoding: { kind: "classes", column: column.name, classes, ...literalOf(column) },
        encode: (chosen) => chosen.map((row) => places[row]),
      }),
    };
  }

  #checkClasses(classes: readonly string[], rows: readonly number[], asked: Task | undefined): void {
    if (asked || classes.length <= FEW_CLASSES || classes.length <= rows.length / 2) return;
    const texts = classes.slice(0, 3).map((name) => quote(name));
    throw new RelumineError(
      "format",
      this.#path,
      "to hold numbers, or classes of several rows each",
      `${formatCount(classes.length)} different words in ${countOf(rows.length, "row")}: ${texts.join(", ")}`,
      'If it holds numbers, say "number" for it in "columns"; for classes all the same, ask for task "classification".',
    );
  }

  /** Numbers or dates, standardized by the training rows. */
  numbers(reading: NumberReading | DateReading, asked: Task | undefined, rows: readonly number[]): TargetChoice {
    const { table, column, notes } = this;
    const { values } = reading;
    const profiled = profile(values, rows);
    this.#checkDifferent(profiled.low === profiled.high ? 1 : 2, rows);
    const isDate = reading.kind === "date";
    const reason = isDate ? "dates, in days" : "numbers";
    this.#describe("a number", asked ? "asked for" : reason, rows);
    for (const note of reading.notes) this.#addNote(note);
    const format = isDate ? (days: number) => formatDate(days, reading.notation) : undefined;
    noteExtremes(notes, `${column.name} (target)`, { table, rows }, values, profiled, format);
    const notation = isDate ? { date: reading.notation } : !isPlain(reading.notation) && { notation: reading.notation };
    return {
      task: "regression",
      rows,
      groups: [[...rows]],
      learn: (training) => {
        const scaling = standardization(training.map((row) => values[row]));
        const encoding: NumberTarget = { kind: "number", column: column.name, ...scaling, ...notation };
        return { encoding, encode: (chosen) => standardized(table, values, encoding, chosen) };
      },
    };
  }

  /** Refuses words where numbers are asked for. */
  refuseWords(signs: NumberSigns, all: readonly number[]): RelumineError {
    const { table, column } = this;
    const row = all.find((each) => {
      const place = column.wordOf[each];
      return place >= 0 && !isMissing(column.words[place]) && signs.read?.[place] === undefined;
    });
    return new RelumineError(
      "value",
      cellName(table, row ?? 0, column.name),
      `to be a number, ${FOR_NUMBERS}`,
      quote(textAt(column, row ?? 0)),
    );
  }
}

const isNumberMark = (text: string): boolean => !Number.isFinite(Number(text)) || text === "";

/**
 * Classes or numbers? Words are classes, and so are whole numbers when at most 20, and at most the square root of the
 * rows, differ. Dates and other numbers are numbers. Cells that are no numbers in a column of such (a tenth at most)
 * have no target; where they repeat among a few whole numbers they are classes too.
 * @throws RelumineError "format" where there is nothing to predict, "value" for words where numbers are asked for
 */
export function chooseTarget(
  table: Table,
  column: Column,
  signs: NumberSigns,
  hint: TableDecimal,
  { task, choice, isShown }: TargetOptions,
  notes: Notes,
): TargetChoice {
  const reader = new TargetReader(table, column, notes);
  const all = allRows(table);
  const reading = readColumn(table, column, all, signs, hint, choice);
  if (reading.kind === "words") {
    if (task === "regression") throw reader.refuseWords(signs, all);
    return reader.classes(task, all, false);
  }
  if (reading.kind === "date") return reader.numbers(reading, task, withValue(reading.values, all));
  const code = choice ? undefined : targetCode(profile(reading.values, all), isShown);
  const numbers = code ? withoutCode(reading, code) : reading;
  const rows = withValue(numbers.values, all);
  const isClasses = task ? task === "classification" : looksLikeClasses(numbers.values, rows);
  if (isClasses && rows.length > 0) {
    if (code) notes.add(`${shorten(column.name)} (target): ${codeNote(code)}`);
    if (hasWrittenNumber(column, numbers, rows) || hasRepeatedOther(column, numbers, all))
      return { ...reader.classes(task, code ? rows : all, false), code: code?.value };
    return { ...reader.classes(task, rows, true), code: code?.value };
  }
  const allNotes = code ? [...numbers.notes, codeNote(code)] : numbers.notes;
  return { ...reader.numbers({ ...numbers, notes: allNotes }, task, rows), code: code?.value };
}

const targetCode = (profiled: Profile, isShown: TargetOptions["isShown"]): Extreme | undefined =>
  missingCode(profiled) ?? sharedCode(profiled, isShown);

function withValue(values: Float64Array, rows: readonly number[]): number[] {
  return rows.filter((row) => !Number.isNaN(values[row]));
}

/** Whether one of the numbers is not in plain notation: a class is called as it is written. */
function hasWrittenNumber({ wordOf }: Column, { kinds }: NumberReading, rows: readonly number[]): boolean {
  return rows.some((row) => wordOf[row] >= 0 && kinds[wordOf[row]] === Kind.value);
}

/** Whether a word that is no number stands in several rows. */
function hasRepeatedOther(column: Column, reading: NumberReading, rows: readonly number[]): boolean {
  if (firstOther(column, reading, rows) < 0) return false;
  const seen = new Set<number>();
  return rows.some((row) => {
    const place = column.wordOf[row];
    if (place < 0 || firstOther(column, reading, [row]) < 0) return false;
    const isRepeated = seen.has(place);
    seen.add(place);
    return isRepeated;
  });
}
