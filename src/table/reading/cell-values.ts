// A column's cells as float64 under a notation that is known: what preparing a table and encoding later rows share.
// Texts are read once each, however many cells hold them.
import { withDecimals } from "../../text/numbers.js";
import { isFloat32 } from "../../core/checks.js";
import type { Column } from "../columns.js";
import { mayBeThousands } from "../thousands.js";
import { compactDate, type DateNotation, daysOf, readDate, type WrittenDate } from "./dates.js";
import { isInfinite, isMissingNumber } from "./missing.js";
import { type NumberNotation, plainValue, readNumber, valueOf, type WrittenNumber } from "./number-notation.js";

/** What a word is in a column of numbers or dates. */
export const Kind = { value: 0, missing: 1, infinite: 2, other: 3, tooLarge: 4 } as const;

export interface CellValues {
  /** For each row its value; NaN where it has none. */
  readonly values: Float64Array;
  /** For each of the column's words a Kind. */
  readonly kinds: Uint8Array;
  /** Rows whose plain number float32 can't hold: 1e300. */
  readonly tooLarge: number;
  /** A plain number without a value is none of them: it is no date. */
  readonly isPlainOther: boolean;
}

/** Words read one by one; undefined where one is no number (no date). */
export type Read<T> = readonly (T | undefined)[];

function fill(
  column: Column,
  wordValues: Float64Array,
  plain: (value: number, misleads: boolean) => number,
): { values: Float64Array; tooLarge: number } {
  const { numbers, wordOf, misleading } = column;
  const values = new Float64Array(numbers.length);
  let tooLarge = 0;
  for (let row = 0; row < values.length; row++) {
    const word = wordOf[row];
    const value = word < 0 ? plain(numbers[row], misleading?.[row] === 1) : wordValues[word];
    const isTooLarge = word < 0 && !isFloat32(value) && !Number.isNaN(value);
    if (isTooLarge) tooLarge++;
    values[row] = isTooLarge ? Number.NaN : value;
  }
  return { values, tooLarge };
}

function kindOf(word: string, value: number): number {
  if (Number.isFinite(value)) return Kind.value;
  if (isMissingNumber(word)) return Kind.missing;
  if (isInfinite(word)) return Kind.infinite;
  return Number.isNaN(value) ? Kind.other : Kind.tooLarge;
}

/** @param read the words, where they have been read already */
export function numberValues(column: Column, notation: NumberNotation, read?: Read<WrittenNumber>): CellValues {
  const { words } = column;
  const kinds = new Uint8Array(words.length);
  const wordValues = new Float64Array(words.length);
  words.forEach((word, place) => {
    const value = valueOf(read ? read[place] : readNumber(word), notation);
    kinds[place] = kindOf(word, value);
    wordValues[place] = kinds[place] === Kind.value ? value : Number.NaN;
  });
  const filled = fill(column, wordValues, (value, misleads) => plainValue(value, misleads, notation));
  const { values } = filled;
  if (notation.codes.length > 0)
    for (let row = 0; row < values.length; row++) if (notation.codes.includes(values[row])) values[row] = Number.NaN;
  return { ...filled, kinds, isPlainOther: false };
}

/** Days. A plain number is a date where it writes one in eight digits. */
export function dateValues(column: Column, notation: DateNotation, read?: Read<WrittenDate>): CellValues {
  const { words } = column;
  const kinds = new Uint8Array(words.length);
  const wordValues = Float64Array.from(words, (word, place) => {
    const value = daysOf(read ? read[place] : readDate(word), notation);
    kinds[place] = kindOf(word, value);
    if (kinds[place] === Kind.infinite) kinds[place] = Kind.missing;
    return value;
  });
  return {
    ...fill(column, wordValues, notation.form === "date" ? compactDate : () => Number.NaN),
    kinds,
    isPlainOther: true,
  };
}

/** The first of these rows whose cell is of a kind, by default one that is no value and no missing one; -1 for none. */
export function firstOther(
  { wordOf }: Column,
  { kinds, values, isPlainOther }: CellValues,
  rows: Iterable<number>,
  kind: number = Kind.other,
): number {
  for (const row of rows) {
    const word = wordOf[row];
    if (word < 0 ? isPlainOther && kind === Kind.other && Number.isNaN(values[row]) : kinds[word] === kind) return row;
  }
  return -1;
}

/** The rows among these whose number float32 can't hold. */
export function tooLargeRows(
  { wordOf, numbers }: Column,
  { kinds, tooLarge }: CellValues,
  rows: readonly number[],
): readonly number[] {
  if (tooLarge === 0 && !kinds.includes(Kind.tooLarge)) return [];
  return rows.filter((row) => (wordOf[row] < 0 ? !isFloat32(numbers[row]) : kinds[wordOf[row]] === Kind.tooLarge));
}

/** A column's cells as words: numbers too, each written in one way. */
export interface WordColumn {
  readonly texts: readonly string[];
  readonly textOf: Int32Array;
}

export function wordsOf({ numbers, words, wordOf }: Column): WordColumn {
  if (!wordOf.includes(-1)) return { texts: words, textOf: wordOf };
  const texts = [...words];
  const textOf = Int32Array.from(wordOf);
  const places = new Map<number, number>();
  const known = new Map(words.map((word, place) => [word, place]));
  for (let row = 0; row < textOf.length; row++) {
    if (textOf[row] >= 0) continue;
    const value = numbers[row];
    let place = places.get(value) ?? known.get(String(value));
    if (place === undefined) place = texts.push(String(value)) - 1;
    places.set(value, place);
    textOf[row] = place;
  }
  return { texts, textOf };
}

/** Whether a plain cell has the form of thousands: 1.234. */
export function isThousandsAt({ numbers, misleading }: Column, row: number): boolean {
  return mayBeThousands(numbers[row], misleading?.[row] === 1);
}

/** The cell as it was written, or as its number is written. */
export function textAt(column: Column, row: number): string {
  const word = column.wordOf[row];
  if (word >= 0) return column.words[word];
  return isThousandsAt(column, row) ? withDecimals(column.numbers[row], 3) : String(column.numbers[row]);
}
