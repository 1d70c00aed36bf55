// The columns of a table -> encodings of a network's inputs. What a column is is seen on all rows that have a target;
// medians, means, scales and categories come from the training rows alone.
import { categoriesOf } from "./reading/categories.js";
import { wordsOf } from "./reading/cell-values.js";
import { quote, shorten } from "./cells.js";
import type { ColumnChoice } from "./column-choice.js";
import { allRows, type Column, type Table } from "./columns.js";
import { type Cycle, formatDate } from "./reading/dates.js";
import { type InputCells, placesOf } from "./encode.js";
import type { DateEncoding, InputEncoding, NumberEncoding } from "./encoding.js";
import {
  type Extreme,
  fewRowsSpread,
  hasCode,
  mergedByFloat32,
  missingCode,
  type Profile,
  profile,
  suspectExtreme,
} from "./reading/extremes.js";
import { type HashedTexts, hashTexts } from "./reading/hashed-words.js";
import { hasIdName, numberIdReason } from "./reading/ids.js";
import type { Notes } from "./notes.js";
import { isPlain, type TableDecimal } from "./reading/number-notation.js";
import { rowName } from "./place-names.js";
import {
  type ColumnReading,
  type DateReading,
  type NumberReading,
  type NumberSigns,
  readColumn,
} from "./reading/read-column.js";
import { mean, median, variance } from "../core/statistics.js";
import { RelumineError } from "../core/errors.js";
import { countOf, formatCount, formatNumber, listWords, plural } from "../text/numbers.js";

const FEW_CATEGORIES = 20; // so many different words are never taken for names of rows
const MANY_CATEGORIES = 100; // from here on they are told
const MOST_CATEGORIES = 1000; // more make a network of inputs that are nearly always 0

/** Mean and standard deviation; 1 for what never changes, so that it becomes 0 and not a rounding error blown up. */
export function standardization(values: readonly number[] | Float64Array): { mean: number; scale: number } {
  const first = values[0];
  const list = values as readonly number[];
  if (list.every((value) => value === first)) return { mean: first, scale: 1 };
  return { mean: mean(list), scale: Math.sqrt(variance(list)) || 1 };
}

/** What the columns have been read as so far. */
interface Candidate {
  readonly column: Column;
  readonly choice: ColumnChoice | undefined;
  /** Of a column of text that is hashed. */
  readonly buckets: number | undefined;
  readonly reading: ColumnReading;
  /** Of numbers and dates. */
  readonly profiled?: Profile;
}

/** An input with its cells, or why the column has none. */
interface Learnt {
  readonly encoding?: InputEncoding;
  readonly cells?: InputCells;
  /** Taken for a number of the row: used only where no other column is left. */
  readonly isId?: boolean;
}

/** What learning is about: the table, its rows, and where notes go. */
export interface LearnContext {
  readonly table: Table;
  readonly rows: readonly number[];
  readonly training: readonly number[];
  readonly notes: Notes;
  /** Codes for missing values that the target shows. */
  readonly codes?: readonly number[];
  /** Divides every number, where the range is known; without it numbers are standardized. */
  readonly divisor?: number;
}

const numberText = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : formatNumber(value, 6);

/** Reads a code as missing values. */
export function withoutCode(reading: NumberReading, { value }: Extreme): NumberReading {
  const values = reading.values.map((each) => (each === value ? Number.NaN : each));
  return { ...reading, values, notation: { ...reading.notation, codes: [value] } };
}

export function codeNote({ value, count, low, high }: Extreme): string {
  return (
    `${numberText(value)} in ${countOf(count, "cell")} read as missing: far outside the rest, ` +
    `${numberText(low)} to ${numberText(high)}; "number" in "columns" keeps it`
  );
}

/** Tells of values that a column's mean and scale hang on. */
export function noteExtremes(
  notes: Notes,
  name: string,
  { table, rows }: Pick<LearnContext, "table" | "rows">,
  values: Float64Array,
  profiled: Profile,
  format: (value: number) => string = numberText,
): void {
  const far = fewRowsSpread(values, rows, profiled);
  if (far && far.rows.length > 0) {
    const places = far.rows.map((row) => `${format(values[row])} in ${rowName(table, row)}`);
    notes.addColumn(
      name,
      `nearly all of its spread comes from ${listWords(places)}: standard deviation ${formatNumber(far.all)}, ` +
        `${formatNumber(far.rest)} without ${plural(far.rows.length, "it", "them")}`,
      "nearly all of their spread comes from 1 to 3 rows",
    );
    return;
  }
  const suspect = suspectExtreme(values, rows, profiled);
  if (suspect)
    notes.addColumn(
      name,
      `${format(suspect.value)} in ${countOf(suspect.count, "cell")} lies far outside the rest, ${format(suspect.low)} to ` +
        `${format(suspect.high)}: if it stands for a missing value, leave those cells empty`,
      "a repeated value lies far outside the rest: if it stands for a missing value, leave those cells empty",
    );
}

function noteMissing({ notes, rows }: LearnContext, name: string, { count }: Profile, middle: string): void {
  const missing = rows.length - count;
  if (missing > 0)
    notes.addColumn(
      name,
      `${formatCount(missing)} missing, replaced by the median, ${middle}`,
      "missing cells, replaced by the medians",
    );
}

function presentValues(values: Float64Array, rows: readonly number[]): Float64Array {
  const present = new Float64Array(rows.length);
  let count = 0;
  for (const row of rows) if (values[row] === values[row]) present[count++] = values[row];
  return present.subarray(0, count);
}

/** Median, mean and scale of the training rows, a missing value counting as the median; undefined without any value. */
function learnScaling({ training, divisor }: LearnContext, values: Float64Array) {
  const present = presentValues(values, training);
  if (present.length === 0) return undefined;
  const middle = median(present);
  if (divisor !== undefined) return { median: middle, mean: 0, scale: divisor };
  const imputed = new Float64Array(training.length);
  training.forEach((row, r) => (imputed[r] = Number.isNaN(values[row]) ? middle : values[row]));
  return { median: middle, ...standardization(imputed) };
}

function noteValue(context: LearnContext, name: string, profiled: Profile, format = numberText): boolean {
  if (profiled.low !== profiled.high) return false;
  context.notes.addColumn(name, `the same value, ${format(profiled.low)}, in every row`, "the same value in every row");
  return true;
}

function noEncoding({ notes }: LearnContext, name: string): Learnt {
  notes.addColumn(name, "left out: no training row has a value", "left out: no training row has a value");
  return {};
}

function learnNumber(context: LearnContext, { column, choice, reading, profiled }: Candidate): Learnt {
  const { notes, table, rows, divisor } = context;
  const { name } = column;
  const { values, notation } = reading as NumberReading;
  const scaling = learnScaling(context, values);
  if (scaling === undefined) return noEncoding(context, name);
  const reason = choice || divisor ? undefined : numberIdReason(name, values, rows, profiled!);
  const mark = notation.decimal === "," ? "$& with decimal commas" : "$&";
  for (const note of reading.notes)
    notes.addColumn(name, note, note.split(/, such as|: "/)[0].replace(/^read as numbers.*/, mark));
  const encoding: NumberEncoding = {
    kind: "number",
    column: name,
    ...scaling,
    ...(!isPlain(notation) && { notation }),
  };
  if (reason !== undefined) {
    notes.addColumn(name, `left out: ${reason}`, "left out: they number the rows");
    return { encoding, cells: values, isId: true };
  }
  noteMissing(context, name, profiled!, numberText(scaling.median));
  if (divisor === undefined && !noteValue(context, name, profiled!))
    noteExtremes(notes, name, { table, rows }, values, profiled!);
  const merged = divisor === undefined ? mergedByFloat32(values, rows, profiled!, scaling) : 0;
  if (merged > 0)
    notes.addColumn(
      name,
      `${formatCount(merged)} of its whole numbers are the same as others once they are float32`,
      "whole numbers that are the same once they are float32",
    );
  if (
    !choice &&
    /(?:^|[_\s-])id$|[a-z]I[dD]$/i.test(name) &&
    hasIdName(name) &&
    profiled!.high - profiled!.low > FEW_CATEGORIES
  )
    notes.addColumn(
      name,
      'named like an id, read as a number: "ignore" or "words" in "columns" may be right',
      'named like ids, read as numbers: "ignore" or "words" in "columns" may be right',
    );
  return { encoding, cells: values };
}

const ONE_YEAR = 350; // days, nearly

/** The cycles that dates span: a year, a part of the day, weeks. */
function cyclesOf(
  values: Float64Array,
  rows: readonly number[],
  { low, high }: Profile,
  { notation: { form }, areSpans }: DateReading,
): Cycle[] {
  let [weekdays, daysOfMonth, earliest, latest] = [0, 0, 1, 0];
  for (const row of rows) {
    const value = values[row];
    if (value !== value) continue;
    const whole = Math.floor(value);
    earliest = Math.min(earliest, value - whole);
    latest = Math.max(latest, value - whole);
    if (form === "time") continue;
    weekdays |= 1 << (((whole % 7) + 7) % 7);
    daysOfMonth |= 1 << new Date(whole * 86_400_000).getUTCDate();
  }
  const cycles: Cycle[] = [];
  const hasTimes = latest - earliest >= 0.25 && high - low !== 0;
  if (form === "time") return hasTimes && high < 1 && !areSpans ? ["time of day"] : [];
  if (high - low >= ONE_YEAR) cycles.push("season");
  if (hasTimes) cycles.push("time of day");
  // months, ends of months and quarters fall on all weekdays, which says nothing
  if (high - low >= 14 && bitCount(weekdays) >= 5 && bitCount(daysOfMonth) > 4) cycles.push("weekday");
  return cycles;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function learnDates(context: LearnContext, { column, reading, profiled }: Candidate): Learnt {
  const { notes, rows, table } = context;
  const { name } = column;
  const { values, notation } = reading as DateReading;
  const scaling = learnScaling({ ...context, divisor: undefined }, values);
  if (scaling === undefined) return noEncoding(context, name);
  const cycles = cyclesOf(values, rows, profiled!, reading as DateReading);
  const format = (days: number): string => formatDate(days, notation);
  const what = notation.form === "time" ? "times" : "dates";
  const beside =
    cycles.length === 0 ? "" : `, and ${listWords(cycles.map((cycle) => `the ${cycle}`))} as sine and cosine`;
  if (!noteValue(context, name, profiled!, format))
    notes.addColumn(
      name,
      `read as ${what}, ${format(profiled!.low)} to ${format(profiled!.high)}: a number of days${beside}`,
      `read as ${what}${beside}`,
    );
  for (const note of reading.notes) notes.addColumn(name, note, note.split(': "')[0]);
  noteMissing(context, name, profiled!, format(scaling.median));
  noteExtremes(notes, name, { table, rows }, values, profiled!, format);
  const encoding: DateEncoding = { kind: "date", column: name, notation, cycles, ...scaling };
  return { encoding, cells: values };
}

/** Names of rows rather than kinds of them, or undefined. */
function manyWords(different: number, present: number): string | undefined {
  const areNames = different === present || different > Math.max(FEW_CATEGORIES, present / 2);
  if (different < 2 || (!areNames && different <= MOST_CATEGORIES)) return undefined;
  const most = areNames ? "" : `, more than ${formatCount(MOST_CATEGORIES)}`;
  return `left out: ${formatCount(different)} different words in ${countOf(present, "row")}${most}`;
}

function noteCategories(
  { notes, rows }: LearnContext,
  name: string,
  { present, different, merged, mergedCount }: ReturnType<typeof categoriesOf>,
): void {
  const missing = rows.length - present;
  if (missing > 0)
    notes.addColumn(
      name,
      `${formatCount(missing)} missing, a category of their own`,
      "missing cells, a category of their own",
    );
  if (merged) notes.addColumn(name, mergedNote(merged, mergedCount), "spellings of one word are one category");
  if (different === 1 && missing === 0)
    notes.addColumn(name, "the same word in every row", "the same word in every row");
  if (different > MANY_CATEGORIES)
    notes.addColumn(
      name,
      `${formatCount(different)} different words, an input each`,
      `more than ${MANY_CATEGORIES} different words, an input each`,
    );
}

export function mergedNote(merged: readonly string[], count: number): string {
  const spellings = listWords(merged.slice(0, 4).map((word) => quote(word)));
  return count === 1
    ? `${spellings} are one category`
    : `${count} words are spelt in several ways, and are one category each: ${spellings}`;
}

/** What an encoding keeps of a column whose cells are words as they are written. */
export const literalOf = ({ isLiteral }: Column): { literal?: true } => (isLiteral ? { literal: true } : {});

function learnCategories(context: LearnContext, { column, choice, reading }: Candidate): Learnt {
  const { rows, training, notes } = context;
  const { name } = column;
  const words = wordsOf(column);
  const found = categoriesOf(words, rows);
  if (found.present === 0) return noEncoding(context, name);
  const reason = choice ? undefined : manyWords(found.different, found.present);
  for (const note of reading.notes) notes.addColumn(name, note, note.split(/ of "|: "/)[0]);
  if (reason !== undefined) {
    notes.addColumn(name, reason, "left out: nearly as many different words as rows, or more than 1,000");
    return {};
  }
  noteCategories(context, name, found);
  const used = new Set<string>();
  for (const row of training) used.add(found.nameOf[words.textOf[row]]);
  const categories = [...used].sort();
  const encoding: InputEncoding = { kind: "category", column: name, categories, ...literalOf(column) };
  return { encoding, cells: placesOf(categories, column) };
}

function learnTexts({ notes }: LearnContext, { name }: Column, buckets: number, cells: HashedTexts): Learnt {
  notes.addColumn(
    name,
    `its words are hashed into ${countOf(buckets, "input")}`,
    `words are hashed into ${countOf(buckets, "input")}`,
  );
  return { encoding: { kind: "hash", column: name, buckets }, cells };
}

function learnColumn(context: LearnContext, candidate: Candidate): Learnt {
  const { column, buckets } = candidate;
  if (buckets !== undefined) return learnTexts(context, column, buckets, hashTexts(wordsOf(column), buckets));
  if (candidate.reading.kind === "number") return learnNumber(context, candidate);
  if (candidate.reading.kind === "date") return learnDates(context, candidate);
  return learnCategories(context, candidate);
}

/** Numbers with codes for missing values taken out: a code that one column shows is one in the others too. */
function withoutCodes(
  { notes, rows, divisor, codes: shown = [] }: LearnContext,
  candidates: readonly Candidate[],
): readonly Candidate[] {
  if (divisor !== undefined) return candidates;
  const canHave = ({ reading, choice }: Candidate): boolean => reading.kind === "number" && choice === undefined;
  const own = candidates.map((each) => (canHave(each) ? missingCode(each.profiled!) : undefined));
  const codes = new Set([...own.flatMap((code) => (code ? [code.value] : [])), ...shown]);
  return candidates.map((each, place) => {
    if (!canHave(each)) return each;
    let code = own[place];
    for (const value of codes) code ??= hasCode(each.profiled!, value);
    if (!code) return each;
    const reading = withoutCode(each.reading as NumberReading, code);
    notes.addColumn(
      each.column.name,
      codeNote(code),
      `${numberText(code.value)} read as missing: far outside the rest`,
    );
    return { ...each, reading, profiled: profile(reading.values, rows) };
  });
}

export interface LearntInputs {
  readonly inputs: readonly InputEncoding[];
  /** What each of them needs of its column. */
  readonly cells: readonly InputCells[];
}

/** A column that is to be an input. */
export interface InputColumn {
  readonly column: Column;
  readonly signs: NumberSigns;
  readonly choice?: ColumnChoice;
  readonly buckets?: number;
}

function readCandidate(
  { table, rows }: Pick<LearnContext, "table" | "rows">,
  { column, signs, choice, buckets }: InputColumn,
  hint: TableDecimal,
): Candidate {
  const reading = readColumn(table, column, rows, signs, hint, choice);
  if (reading.kind === "words") return { column, choice, buckets, reading };
  return { column, choice, buckets, reading, profiled: profile(reading.values, rows) };
}

/** The codes for missing values that columns of numbers show by themselves. */
export function codesOf(table: Table, columns: readonly InputColumn[], hint: TableDecimal): ReadonlySet<number> {
  const rows = allRows(table);
  const codes = columns.map((each) => {
    const { reading, choice, profiled } = readCandidate({ table, rows }, each, hint);
    return reading.kind === "number" && choice === undefined ? missingCode(profiled!) : undefined;
  });
  return new Set(codes.flatMap((code) => (code ? [code.value] : [])));
}

/**
 * How to encode the columns.
 * @param hint the table's decimal mark, for columns that show none
 * @throws RelumineError "format" where none of them is left
 */
export function learnInputs(context: LearnContext, columns: readonly InputColumn[], hint: TableDecimal): LearntInputs {
  const { notes } = context;
  const candidates = columns.map((each) => readCandidate(context, each, hint));
  const learnt = withoutCodes(context, candidates).map((candidate) => learnColumn(context, candidate));
  const usable = learnt.filter(({ encoding }) => encoding !== undefined);
  const chosen = usable.some(({ isId }) => !isId) ? usable.filter(({ isId }) => !isId) : usable;
  if (chosen.length === 0) {
    throw new RelumineError(
      "format",
      "the table",
      "to have a column to learn from beside the target",
      ["none", ...notes.ofColumns()].join("; "),
    );
  }
  if (chosen[0].isId)
    notes.add(`${shorten(chosen[0].encoding!.column)} is used all the same: there is no other column`);
  return { inputs: chosen.map(({ encoding }) => encoding!), cells: chosen.map(({ cells }) => cells!) };
}
