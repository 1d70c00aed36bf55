// What a column is: numbers, dates or words, and how they are written. Seen by the whole column, never by one cell.
import { areBooleans } from "./categories.js";
import {
  type CellValues,
  dateValues,
  firstOther,
  isThousandsAt,
  Kind,
  numberValues,
  type Read,
  textAt,
  tooLargeRows,
} from "./cell-values.js";
import { quote } from "../cells.js";
import type { ColumnChoice } from "../column-choice.js";
import type { Column, Table } from "../columns.js";
import { compactDate, type DateNotation, type DayOrder, readDate, type WrittenDate } from "./dates.js";
import { isInfinite, isMissing, isMissingNumber } from "./missing.js";
import {
  addPlain,
  addWritten,
  commonUnit,
  decimalOf,
  type Evidence,
  mayMixThousands,
  noEvidence,
  type NumberNotation,
  ownDecimal,
  PLAIN,
  readNumber,
  type TableDecimal,
  unitOf,
  type WrittenNumber,
} from "./number-notation.js";
import { rowName } from "../place-names.js";
import { RelumineError } from "../../core/errors.js";
import { countOf, formatCount, roundTo } from "../../text/numbers.js";

/** The share of the cells that may be none among numbers or dates. */
const MOST_OTHERS = 0.1;
const SAMPLE = 100; // words that are tried before all are
const FEWEST_COMPACT = 8; // different numbers of eight digits that are all dates, and are taken for such

/** Names of columns whose times are spans: 3:45 is 3 minutes and 45 seconds of a song. */
const SPAN_NAME = /duration|elapsed|length|runtime|mm[ _:]?ss|(?:^|[^a-z])(?:laps?|splits?|pace|took)(?:$|[^a-z])/i;

export interface NumberReading extends CellValues {
  readonly kind: "number";
  readonly notation: NumberNotation;
  readonly notes: readonly string[];
}
export interface DateReading extends CellValues {
  readonly kind: "date";
  /** Of times: spans, not hours of a day. */
  readonly areSpans: boolean;
  readonly notation: DateNotation;
  readonly notes: readonly string[];
}
export interface WordReading {
  readonly kind: "words";
  readonly notes: readonly string[];
}
export type ColumnReading = NumberReading | DateReading | WordReading;

/** How many of the rows have each of the column's words. */
interface Counts {
  readonly words: Int32Array;
  /** Rows with a plain number. */
  readonly numbers: number;
  /** Rows whose word is no mark of a missing number. */
  readonly present: number;
}

function countWords({ wordOf, words }: Column, rows: readonly number[]): Counts {
  const counts = new Int32Array(words.length);
  let numbers = 0;
  if (words.length === 0) numbers = rows.length;
  else
    for (const row of rows) {
      if (wordOf[row] < 0) numbers++;
      else counts[wordOf[row]]++;
    }
  let present = numbers;
  words.forEach((word, place) => {
    if (counts[place] > 0 && !isMissingNumber(word)) present += counts[place];
  });
  return { words: counts, numbers, present };
}

/** Words taken apart, where a sample says that it is worth it. */
function readWords<T>(
  { words }: Column,
  counts: Counts,
  read: (word: string) => T | undefined,
  isAsked: boolean,
): Read<T> | undefined {
  const present = words.flatMap((word, place) => (counts.words[place] > 0 && !isMissingNumber(word) ? [place] : []));
  if (present.length > SAMPLE && !isAsked && counts.numbers < counts.present / 2) {
    const step = present.length / SAMPLE;
    const sample = Array.from({ length: SAMPLE }, (_, i) => words[present[Math.floor(i * step)]]);
    if (sample.filter((word) => read(word) !== undefined).length < SAMPLE / 4) return undefined;
  }
  const parts = new Array<T | undefined>(words.length).fill(undefined);
  for (const place of present) parts[place] = read(words[place]);
  return parts.some((part) => part !== undefined) ? parts : undefined;
}

/** What a column shows of its notation before the other columns are known. */
export interface NumberSigns {
  readonly counts: Counts;
  readonly read?: Read<WrittenNumber>;
  readonly evidence: Evidence;
}

function plainEvidence({ numbers, wordOf, misleading }: Column, rows: readonly number[], evidence: Evidence): void {
  for (const row of rows) if (wordOf[row] < 0) addPlain(evidence, numbers[row], misleading?.[row] === 1);
}

/** Looks at the words of a column as numbers. */
export function numberSigns(column: Column, rows: readonly number[], choice?: ColumnChoice): NumberSigns {
  const counts = countWords(column, rows);
  const evidence = noEvidence();
  const read =
    counts.words.length === 0 || choice === "words"
      ? undefined
      : readWords(column, counts, readNumber, choice === "number");
  if (read) read.forEach((written, place) => written && addWritten(evidence, written, counts.words[place]));
  if (counts.numbers > 0 && choice !== "words") plainEvidence(column, rows, evidence);
  return { counts, read, evidence };
}

/** The decimal mark of a table: a column that needs a comma says so for those that don't tell. */
export function tableDecimal(signs: readonly NumberSigns[]): TableDecimal {
  const marks = signs.map(({ evidence, counts }) => {
    const mark = ownDecimal(evidence);
    return mark === "," && evidence.comma < MOST_OTHERS * counts.present ? undefined : mark;
  });
  const hasPoint = marks.includes(".");
  if (marks.includes(",")) return { mark: ",", isOnly: !hasPoint };
  return hasPoint ? { mark: ".", isOnly: true } : { isOnly: true };
}

function chosenDecimal(choice: ColumnChoice | undefined): "." | "," | undefined {
  if (choice === "decimal comma") return ",";
  return choice === "decimal point" ? "." : undefined;
}

function notationOf(
  { counts, read = [], evidence }: NumberSigns,
  hint: TableDecimal,
  choice: ColumnChoice | undefined,
): NumberNotation {
  const units = new Map<string, { readonly written: WrittenNumber; count: number }>();
  if (counts.numbers > 0)
    units.set("", { written: { point: 0, comma: 0, currency: "", suffix: "", isLong: false }, count: counts.numbers });
  read.forEach((written, place) => {
    if (!written) return;
    const unit = unitOf(written);
    const known = units.get(unit);
    if (known) known.count += counts.words[place];
    else units.set(unit, { written, count: counts.words[place] });
  });
  const decimal = chosenDecimal(choice) ?? decimalOf(evidence, hint);
  return { ...PLAIN, decimal, ...commonUnit(units) };
}

/** How many of the rows have words of a kind. */
function countKind(kinds: Uint8Array, { words }: Counts, kind: number): number {
  let count = 0;
  for (let place = 0; place < kinds.length; place++) if (kinds[place] === kind) count += words[place];
  return count;
}

/** The place of the most frequent word that was read, and is not read as it stands. */
function exampleOf(column: Column, { words }: Counts, kinds: Uint8Array): number {
  let best = -1;
  kinds.forEach((kind, place) => {
    if (kind === Kind.value && words[place] > 0 && (best < 0 || column.words[place].length > column.words[best].length))
      best = place;
  });
  return best;
}

const TO_WORDS = '"columns" can read them as words';

function othersNote(
  table: Table,
  column: Column,
  rows: readonly number[],
  cells: CellValues,
  what: string,
  counts: Counts,
  others: number,
): string[] {
  if (others === 0) return [];
  const row = firstOther(column, cells, rows);
  return [
    `${formatCount(others)} of ${countOf(counts.present, "cell")} ${others === 1 ? `is no ${what}` : `are no ${what}s`}, read as ` +
      `missing: ${quote(textAt(column, row))} in ${rowName(table, row)}${others > 1 ? " first" : ""}; ${TO_WORDS}`,
  ];
}

function infiniteNote(
  table: Table,
  column: Column,
  rows: readonly number[],
  cells: CellValues,
  counts: Counts,
): string[] {
  const tooLarge = tooLargeRows(column, cells, rows);
  const infinite = countKind(cells.kinds, counts, Kind.infinite) + tooLarge.length;
  if (infinite === 0) return [];
  const row = tooLarge[0] ?? firstOther(column, cells, rows, Kind.infinite);
  return [
    `${countOf(infinite, "cell")} without a finite float32 value read as missing: ${quote(textAt(column, row))} in ` +
      rowName(table, row),
  ];
}

/** What the caller may say where the marks leave it open. */
function markHint(decimal: "." | ","): string {
  const other = decimal === "." ? "comma" : "point";
  return `; if the ${other} is the decimal mark, say "decimal ${other}" in "columns"`;
}

/** How the numbers are written, by an example. */
function notationNote(
  column: Column,
  rows: readonly number[],
  signs: NumberSigns,
  { values, kinds }: CellValues,
  notation: NumberNotation,
  isGuess: boolean,
): string[] {
  const { counts, evidence } = signs;
  const place = exampleOf(column, counts, kinds);
  const plain = notation.decimal === "," && evidence.pointThousands > 0;
  const row = place < 0 && plain ? rows.find((each) => isThousandsAt(column, each))! : column.wordOf.indexOf(place);
  if (place < 0 && !plain) return [];
  const hasUnit = notation.unit !== "" && !notation.hasMagnitudes;
  const where = hasUnit ? ` in ${notation.unit}` : "";
  const without = hasUnit ? bareCount(column, signs) : 0;
  const bare = without > 0 ? `, ${countOf(without, "cell")} without ${notation.unit} too` : "";
  const guess = isGuess ? markHint(notation.decimal) : "";
  return [`read as numbers${where}${bare}, such as ${quote(textAt(column, row))} as ${plainText(values[row])}${guess}`];
}

/** Whether the marks of the column could be read in the other way, and nobody said how. */
function isMarkGuess({ evidence }: NumberSigns, { decimal }: NumberNotation, hint: TableDecimal): boolean {
  if (ownDecimal(evidence) !== undefined) return false;
  return (evidence.ambiguous > 0 && hint.mark === undefined) || (evidence.pointThousands > 0 && decimal === ",");
}

/** Cells with a decimal point among others with a decimal comma. */
function pointNote(
  column: Column,
  rows: readonly number[],
  { read = [], evidence }: NumberSigns,
  { values }: CellValues,
  { decimal }: NumberNotation,
): string[] {
  if (decimal === "." || evidence.point === 0) return [];
  const { numbers, wordOf } = column;
  const row = rows.find((each) => {
    if (Number.isNaN(values[each])) return false;
    if (wordOf[each] < 0) return !Number.isInteger(numbers[each]) && !isThousandsAt(column, each);
    const written = read[wordOf[each]];
    return written !== undefined && Number.isNaN(written.comma);
  });
  if (row === undefined) return [];
  return [
    `${countOf(evidence.point, "cell")} with a decimal point among decimal commas, such as ` +
      `${quote(textAt(column, row))}, read as ${plainText(values[row])}`,
  ];
}

/** How many cells have no unit. */
function bareCount({ words }: Column, { counts, read = [] }: NumberSigns): number {
  let count = counts.numbers;
  words.forEach((_, place) => {
    const written = read[place];
    if (written && unitOf(written) === "") count += counts.words[place];
  });
  return count;
}

/** The number without marks between thousands. */
function plainText(value: number): string {
  return roundTo(value, 12).toString();
}

function mixedNote({ evidence, counts }: NumberSigns, { decimal }: NumberNotation): string[] {
  if (decimal === "," || !mayMixThousands(evidence, counts.numbers)) return [];
  return [
    "has fractions of three decimals beside whole numbers: if the point stands between thousands, say " +
      '"decimal comma" in "columns"',
  ];
}

/**
 * "$240,000" in quotes between commas: who separates by commas has the point for decimals, and money has two of these.
 */
function areEnglishAmounts({ separator }: Table, { words }: Column, { read = [] }: NumberSigns): boolean {
  const areBare = ({ point, comma, currency }: WrittenNumber, word: string): boolean =>
    !Number.isNaN(point) && !Number.isNaN(comma) && point !== comma && (currency === "" || /^[(+-]*\d/.test(word));
  return separator === "," && !read.some((written, place) => written && areBare(written, words[place]));
}

const LAST_OF_TWO_DIGITS = 59; // of minutes; hours, days and months are below

/** Codes whose leading zeros are lost, other than hours, minutes, days and months of two digits. */
export function paddedNote({ padded, numbers, wordOf }: Column, rows: readonly number[]): string[] {
  if (!padded) return [];
  const { first, longest } = padded;
  if (longest === 2 && !rows.some((row) => wordOf[row] < 0 && numbers[row] > LAST_OF_TWO_DIGITS)) return [];
  return [`leading zeros are dropped: ${quote(first)} is read as ${Number(first)}; "words" in "columns" keeps them`];
}

function readNumbers(
  table: Table,
  column: Column,
  rows: readonly number[],
  signs: NumberSigns,
  hint: TableDecimal,
  choice: ColumnChoice | undefined,
): NumberReading | undefined {
  const { counts, read, evidence } = signs;
  const isChosen = choice === "number" || chosenDecimal(choice) !== undefined;
  const isPlain = counts.words.length === 0 && evidence.pointThousands === 0 && chosenDecimal(choice) === undefined;
  const found = isPlain ? PLAIN : notationOf(signs, hint, choice);
  const cells = numberValues(column, found, read ?? []);
  const others = countKind(cells.kinds, counts, Kind.other);
  const isNumber = counts.present > 0 && counts.present > others;
  if (!isNumber || (!isChosen && others > MOST_OTHERS * counts.present)) return undefined;
  if (!isChosen && longCount(signs) > counts.present / 2) return undefined;
  const allowsOthers = others > 0 || tooLargeRows(column, cells, rows).length > 0;
  const notation = { ...found, allowsOthers };
  const isEnglish = notation.decimal === "." && areEnglishAmounts(table, column, signs);
  const isGuess = !isChosen && !isEnglish && isMarkGuess(signs, notation, hint);
  return {
    kind: "number",
    ...cells,
    notation,
    notes: [
      ...notationNote(column, rows, signs, cells, notation, isGuess),
      ...pointNote(column, rows, signs, cells, notation),
      ...othersNote(table, column, rows, cells, "number", counts, others),
      ...infiniteNote(table, column, rows, cells, counts),
      ...mixedNote(signs, notation),
      ...(isChosen ? [] : paddedNote(column, rows)),
    ],
  };
}

function longCount({ counts, read = [] }: NumberSigns): number {
  let long = 0;
  read.forEach((written, place) => {
    if (written?.isLong) long += counts.words[place];
  });
  return long;
}

/** Rows in the order of their dates, or against it: what most files are in. */
function isSorted(column: Column, rows: readonly number[], days: ArrayLike<number>): boolean {
  let [up, down] = [true, true];
  let last = Number.NaN;
  for (const row of rows) {
    const value = column.wordOf[row] < 0 ? Number.NaN : days[column.wordOf[row]];
    if (Number.isNaN(value)) continue;
    if (value < last) up = false;
    if (value > last) down = false;
    last = value;
  }
  return up !== down;
}

/** Which of 1/2/2012's numbers is the day, and how that is known. */
function dayOrder(
  column: Column,
  rows: readonly number[],
  read: Read<WrittenDate>,
  counts: Counts,
  choice?: ColumnChoice,
) {
  const [day, month, both] = [0, 0, 0].map((_, which) => {
    let count = 0;
    read.forEach((date, place) => {
      if (!date || date.form === "time") return;
      const [isDay, isMonth] = [!Number.isNaN(date.dayFirst), !Number.isNaN(date.monthFirst)];
      if ([isDay && !isMonth, isMonth && !isDay, isDay && isMonth && date.dayFirst !== date.monthFirst][which])
        count += counts.words[place];
    });
    return count;
  });
  if (choice === "day first" || choice === "month first") return { order: choice, isGuess: false };
  if (day !== month) return { order: (day > month ? "day first" : "month first") as DayOrder, isGuess: false };
  const dayDays = read.map((date) => date?.dayFirst ?? Number.NaN);
  const monthDays = read.map((date) => date?.monthFirst ?? Number.NaN);
  const isDaySorted = both > 0 && isSorted(column, rows, dayDays);
  const isMonthSorted = both > 0 && isSorted(column, rows, monthDays);
  if (isDaySorted !== isMonthSorted)
    return { order: (isDaySorted ? "day first" : "month first") as DayOrder, isGuess: false };
  const hasSlash = column.words.some((word, place) => counts.words[place] > 0 && /\d\/\d/.test(word));
  return { order: (hasSlash ? "month first" : "day first") as DayOrder, isGuess: both > 0 };
}

function readDates(
  table: Table,
  column: Column,
  rows: readonly number[],
  counts: Counts,
  choice: ColumnChoice | undefined,
): DateReading | undefined {
  const isChosen = choice === "date" || choice === "day first" || choice === "month first";
  const read = readWords(column, counts, readDate, isChosen);
  if (!read && !isChosen) return undefined;
  const parts = read ?? [];
  const { order, isGuess } = dayOrder(column, rows, parts, counts, choice);
  const dates = ["date", "time"] as const;
  const readings = dates.map((form) => ({
    form,
    cells: dateValues(column, { form, order, allowsOthers: true }, parts),
  }));
  readings.sort((a, b) => countKind(b.cells.kinds, counts, Kind.value) - countKind(a.cells.kinds, counts, Kind.value));
  const { form, cells } = readings[0];
  const plain = form === "date" ? countCompact(column, rows) : 0;
  const dated = countKind(cells.kinds, counts, Kind.value) + plain;
  const others = countKind(cells.kinds, counts, Kind.other) + counts.numbers - plain;
  if (dated === 0 || (!isChosen && others > MOST_OTHERS * counts.present)) return undefined;
  const notation = { form, order, allowsOthers: others > 0 };
  const zones = new Set(parts.flatMap((date) => (date?.zone === undefined ? [] : [date.zone])));
  const notes = [
    ...(isGuess
      ? [
          `may have the day or the month first, read with the ${order.replace(" first", "")} first; "columns" can say so`,
        ]
      : []),
    ...(zones.size > 1 ? ["zones are not counted: the hour is the one that is written"] : []),
    ...othersNote(table, column, rows, cells, form, counts, others),
  ];
  const areSpans = parts.some((date) => date?.isSpan) || SPAN_NAME.test(column.name);
  return { kind: "date", areSpans, ...cells, notation, notes };
}

function countCompact({ numbers, wordOf }: Column, rows: readonly number[]): number {
  let count = 0;
  for (const row of rows) if (wordOf[row] < 0 && !Number.isNaN(compactDate(numbers[row]))) count++;
  return count;
}

/** Whole numbers that all write a date: 20120131. */
function isCompactDates(column: Column, rows: readonly number[], counts: Counts): boolean {
  if (counts.numbers === 0 || counts.numbers < counts.present) return false;
  const seen = new Set<number>();
  for (const row of rows) {
    if (column.wordOf[row] >= 0) continue;
    if (Number.isNaN(compactDate(column.numbers[row]))) return false;
    if (seen.size < FEWEST_COMPACT) seen.add(column.numbers[row]);
  }
  return seen.size >= FEWEST_COMPACT || (seen.size > 1 && /date|day|datum|fecha|jour/i.test(column.name));
}

/** Why a column with numbers in it is not one of numbers. */
function wordsNote(
  table: Table,
  column: Column,
  rows: readonly number[],
  { counts, read = [] }: NumberSigns,
): string[] {
  const isWord = (row: number): boolean => {
    const place = column.wordOf[row];
    return (
      place >= 0 && read[place] === undefined && !isMissing(column.words[place]) && !isInfinite(column.words[place])
    );
  };
  let numbers = counts.numbers;
  const units = new Set<string>();
  read.forEach((written, place) => {
    if (!written || written.isLong) return;
    numbers += counts.words[place];
    if (units.size < 3) units.add(unitOf(written));
  });
  if (numbers <= counts.present / 2) return [];
  const row = rows.find(isWord);
  if (row !== undefined) return [`read as words because of ${quote(textAt(column, row))} in ${rowName(table, row)}`];
  const named = [...units].filter(Boolean).map((unit) => quote(unit));
  return units.size > 1 ? [`read as words because of different units: ${named.join(", ")}`] : [];
}

function isBoolean(column: Column, rows: readonly number[], counts: Counts): boolean {
  const words = column.words.filter((word, place) => counts.words[place] > 0 && !isMissing(word));
  if (words.length === 0 || words.length > 24) return false;
  if (counts.numbers === 0) return areBooleans(words);
  const numbers = new Set<number>();
  for (const row of rows) {
    if (column.wordOf[row] >= 0) continue;
    numbers.add(column.numbers[row]);
    if (numbers.size > 2) return false;
  }
  return areBooleans([...words, ...[...numbers].map(String)]);
}

function refuse(column: Column, choice: ColumnChoice, row: number, table: Table): RelumineError {
  const what = choice.includes("decimal") || choice === "number" ? "numbers" : "dates";
  const given = `none, but ${quote(textAt(column, row))} in ${rowName(table, row)}`;
  return new RelumineError("value", `the column ${quote(column.name)}`, `to hold ${what}, for "${choice}"`, given);
}

/**
 * Decides what the column is by these rows.
 * @param hint the table's decimal mark, for a column that shows none
 * @throws RelumineError "value" where the choice is not possible
 */
export function readColumn(
  table: Table,
  column: Column,
  rows: readonly number[],
  signs: NumberSigns,
  hint: TableDecimal,
  choice?: ColumnChoice,
): ColumnReading {
  const { counts } = signs;
  if (choice === "words") return { kind: "words", notes: [] };
  const isDateChoice = choice === "date" || choice === "day first" || choice === "month first";
  if (!isDateChoice) {
    if (!choice && isBoolean(column, rows, counts)) return { kind: "words", notes: [] };
    if (!choice && isCompactDates(column, rows, counts)) return readDates(table, column, rows, counts, "date")!;
    const numbers = readNumbers(table, column, rows, signs, hint, choice);
    if (numbers) return numbers;
  }
  const dates = choice && !isDateChoice ? undefined : readDates(table, column, rows, counts, choice);
  if (dates) return dates;
  if (choice) throw refuse(column, choice, rows[0], table);
  return { kind: "words", notes: [...wordsNote(table, column, rows, signs), ...paddedNote(column, rows)] };
}
