// How a table's text is laid out, seen by its first lines: what separates the cells, where the header stands, and what
// the columns are called.
import { quote } from "../cells.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { looksLikeNumber, looksLikeValues } from "./header.js";
import { BLANKS, parseRecords, scanRecords } from "./records.js";

export const LONGEST_CELL = 32767; // what a spreadsheet's cell may hold; more is an unclosed quote or no table at all
export const MOST_COLUMNS = 100_000;
const MOST_TITLES = 10; // lines above the header
const SAMPLED_RECORDS = 100;
const HASH = "#";

/** What tells cells apart, the likeliest first, as notes and messages call it. */
const SEPARATORS: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "vertical bars",
  [BLANKS]: "blanks",
};

export interface LayoutOptions {
  /** One character, or " " for runs of blanks; without it, it is seen by the first lines. */
  readonly separator?: string;
  /** Does the first line name the columns? Without it, that is seen by the first lines. */
  readonly header?: boolean;
}

/** @throws RelumineError "value" */
export function checkSeparator(separator: unknown): string {
  if (typeof separator === "string" && /^[^\p{L}\d"#\r\n.+-]$/u.test(separator)) return separator;
  throw new RelumineError(
    "value",
    "separator",
    'to be a character such as ";", or " " for blanks',
    describe(separator),
  );
}

export interface Layout {
  readonly separator: string;
  /** Names of the columns, all different. */
  readonly names: readonly string[];
  /** Which of them had no name in the text. */
  readonly isNameless: readonly boolean[];
  /** Rows have one cell more than the header, which is empty. */
  readonly hasTrailingSeparator: boolean;
  /** Where the rows begin in the sample, and on which line. */
  readonly start: number;
  readonly line: number;
  readonly comments: number;
  readonly notes: readonly string[];
}

interface SampleRecord {
  readonly text: string;
  readonly start: number;
  /** On which it begins. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The records, and where the text goes on behind them. */
function sampleRecords(sample: string, isWhole: boolean) {
  const records: Omit<SampleRecord, "cells">[] = [];
  let line = 1;
  const add = (start: number, end: number): void => {
    const text = sample.slice(start, end);
    records.push({ text, start, line });
    line += text.split("\n").length - 1;
  };
  const start = scanRecords(sample, () => true, add);
  const isLastOne = isWhole || records.length === 0;
  if (isLastOne && start < sample.length) add(start, sample.length);
  return {
    all: records.filter(({ text }) => text.trim() !== ""),
    end: { start: isLastOne ? sample.length : start, line },
  };
}

function cellsOf(text: string, separator: string, place = { row: 0, line: 1 }): string[] {
  let all: string[] = [];
  parseRecords(text, separator, place, (cells) => (all = cells));
  return all.map((cell) => cell.trim());
}

function tryCells(text: string, separator: string): string[] {
  try {
    return cellsOf(text, separator);
  } catch {
    return text.split(separator).map((cell) => cell.trim()); // wrong quotes are told when the record's turn comes
  }
}

function mostFrequent(values: readonly number[]): { value: number; count: number } {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).reduce((a, b) => (b.count > a.count ? b : a));
}

/** How well a separator explains the records. */
function judge(records: readonly string[], separator: string) {
  const cells = records.map((text) => tryCells(text, separator));
  const { value: columns, count } = mostFrequent(cells.map(({ length }) => length));
  const regular = cells.filter(({ length }) => length === columns).flat();
  const numbers = regular.filter((cell) => looksLikeNumber(cell) && !(separator === "," && cell.includes(";")));
  const { length: names } = cells[0]; // a header of names of rows has one cell less
  return {
    separator,
    columns,
    hasHeader: names > 1 && Math.abs(names - columns) <= 1,
    regularity: count / records.length,
    numbers: numbers.length / regular.length,
  };
}

/** The separator that cuts the most records into equally many cells, the most numbers among them. */
function seeSeparator(records: readonly string[]): string {
  const score = ({ columns, hasHeader, regularity, numbers }: ReturnType<typeof judge>): readonly number[] => [
    Number(hasHeader),
    Math.round(regularity * 10),
    Math.round(numbers * 20),
    columns,
  ];
  const fits = Object.keys(SEPARATORS)
    .map((separator) => judge(records, separator))
    .filter(({ separator, columns, regularity }) => columns > 1 && (separator !== BLANKS || regularity === 1));
  const isBetter = (a: readonly number[], b: readonly number[]): boolean => {
    const place = a.findIndex((value, i) => value !== b[i]);
    return place >= 0 && a[place] > b[place];
  };
  const best = fits.reduce<(typeof fits)[number] | undefined>(
    (found, each) => (found && !isBetter(score(each), score(found)) ? found : each),
    undefined,
  );
  return best?.separator ?? ",";
}

/**
 * A line that begins with "#": a comment, unless the next character is no blank and the line has as many cells as the
 * table, such as the header `#id,size` and the row `#N/A,3`.
 */
export function isCommentLine(line: string, separator: string, columns: number): boolean {
  if (!line.startsWith(HASH)) return false;
  return /^#(?:[\s#!]|$)/.test(line) || tryCells(line, separator).length !== columns;
}

const shapeError = (path: string, expected: string, given: string, hint?: string): RelumineError =>
  new RelumineError("format", path, expected, given, hint);

function checkNames(cells: readonly string[], line: number): string[] {
  const path = line > 0 ? `the header (line ${line})` : "the table";
  if (cells.length > MOST_COLUMNS)
    throw new RelumineError("memory", path, `to have at most ${MOST_COLUMNS} columns`, `${cells.length}`);
  if (cells.length === 1)
    throw shapeError("the table", "to have at least two columns", "one", "Name what separates the cells (separator).");
  const names = cells.map((cell, column) => cell || `column ${column + 1}`);
  const seen = new Map<string, number>();
  names.forEach((name, column) => {
    if (name.length > LONGEST_CELL)
      throw shapeError(`${path}, column ${column + 1}`, `to have at most ${LONGEST_CELL} characters`, `${name.length}`);
    const first = seen.get(name);
    if (first !== undefined) {
      const given = `${quote(name)} for columns ${first + 1} and ${column + 1}`;
      throw shapeError(path, "to have different names", given);
    }
    seen.set(name, column);
  });
  return names;
}

interface Found {
  readonly cells: readonly string[];
  /** The header's line; 0 where there is none. */
  readonly line: number;
  /** Place of the first row among the records. */
  readonly firstRow: number;
  readonly notes: readonly string[];
}

const isTitle = (cells: readonly string[], columns: number): boolean =>
  columns > 1 && cells[0] !== "" && cells.slice(1).every((cell) => cell === "");

/** How many of the first records are a title: lines of one cell above a line of names. */
function countTitles(records: readonly SampleRecord[], columns: number): number {
  let count = 0;
  while (count < MOST_TITLES && count < records.length - 1 && isTitle(records[count].cells, columns)) count++;
  if (count === 0) return 0;
  const [header, ...rows] = records.slice(count).map(({ cells }) => cells);
  const areNames =
    header.length === columns && header.filter((cell) => cell !== "" && !looksLikeNumber(cell)).length > 1;
  return areNames &&
    !looksLikeValues(
      header,
      rows.filter(({ length }) => length === columns),
    )
    ? count
    : 0;
}

/** The cells of a comment right above the values, if it names the columns, as numpy writes them. */
function namesInComment(
  comment: SampleRecord | undefined,
  first: SampleRecord,
  separator: string,
): string[] | undefined {
  if (!comment || comment.line !== first.line - 1) return undefined;
  const cells = tryCells(comment.text.replace(/^#+/, ""), separator);
  return cells.length === first.cells.length && cells.length > 1 && !cells.some(looksLikeNumber) ? cells : undefined;
}

function findHeader(
  records: readonly SampleRecord[],
  comment: SampleRecord | undefined,
  separator: string,
  { header }: LayoutOptions,
): Found {
  const columns = mostFrequent(records.map(({ cells }) => cells.length)).value;
  const titles = header === false ? 0 : countTitles(records, columns);
  const first = records[titles];
  const rows = records.slice(titles + 1).map(({ cells }) => cells);
  const isRow =
    header === undefined
      ? looksLikeValues(
          first.cells,
          rows.filter(({ length }) => length === first.cells.length),
        )
      : !header;
  const notes = records
    .slice(0, titles)
    .map(({ text, line }) => `line ${line}, ${quote(tryCells(text, separator)[0])}, is a title and was skipped`);
  if (!isRow) {
    const cells = cellsOf(first.text, separator, { row: 0, line: first.line });
    if (cells[0].startsWith(HASH)) cells[0] = cells[0].slice(1).trim();
    return { cells, line: first.line, firstRow: titles + 1, notes };
  }
  const named = titles === 0 && header === undefined ? namesInComment(comment, first, separator) : undefined;
  if (named)
    return {
      cells: named,
      line: comment!.line,
      firstRow: 0,
      notes: [`the header is the comment in line ${comment!.line}`],
    };
  const count = first.cells.length;
  return {
    cells: Array.from({ length: count }, () => ""),
    line: 0,
    firstRow: titles,
    notes: [...notes, `no header: the columns are called "column 1" to "column ${count}"`],
  };
}

/** R numbers its rows from 1, or gives them names; a table has other first columns too. */
function areRowNames(cells: readonly string[]): boolean {
  const isNumbered = cells.every((cell, row) => cell === `${row + 1}`);
  return cells.length > 1 && new Set(cells).size === cells.length && (isNumbered || !cells.some(looksLikeNumber));
}

interface FittedHeader {
  readonly cells: readonly string[];
  readonly hasTrailingSeparator: boolean;
  readonly notes: readonly string[];
}

/** A header and rows that differ by one cell: R's row names, or separators at the ends of the rows or the header. */
function fitHeader(cells: readonly string[], rows: readonly (readonly string[])[]): FittedHeader {
  const asItIs = { cells, hasTrailingSeparator: false, notes: [] };
  const difference = rows.length === 0 ? 0 : rows[0].length - cells.length;
  if (Math.abs(difference) !== 1 || rows.some(({ length }) => length !== rows[0].length)) return asItIs;
  if (difference < 0) return cells.at(-1) === "" ? { ...asItIs, cells: cells.slice(0, -1) } : asItIs;
  if (rows.every((row) => row.at(-1) === "")) return { ...asItIs, cells: [...cells, ""], hasTrailingSeparator: true };
  if (!areRowNames(rows.map(([name]) => name))) return asItIs;
  const notes = ['rows have one cell more than the header: the first is taken for the row\'s name, "column 1"'];
  return { ...asItIs, cells: ["", ...cells], notes };
}

/** Those that fail the test, and those that pass it. */
function divide<T>(all: readonly T[], test: (each: T) => boolean): [T[], T[]] {
  const failed: T[] = [];
  const passed: T[] = [];
  for (const each of all) (test(each) ? passed : failed).push(each);
  return [failed, passed];
}

/**
 * @param sample the text's first lines, which end with "\n"
 * @param isWhole is that all of the text?
 * @throws RelumineError "format" or "memory" for what is no table or has too many columns
 */
export function findLayout(sample: string, isWhole: boolean, options: LayoutOptions): Layout {
  const { all, end } = sampleRecords(sample, isWhole);
  const seen = all.filter(({ text }) => !text.startsWith(HASH)).slice(0, SAMPLED_RECORDS);
  const first = all.slice(0, seen.length < SAMPLED_RECORDS ? all.length : all.indexOf(seen.at(-1)!) + 1);
  const texts = (seen.length > 0 ? seen : first.slice(0, SAMPLED_RECORDS)).map(({ text }) => text);
  if (texts.length === 0) throw shapeError("the table", "to have a header line and rows", "nothing");
  const separator = options.separator ?? seeSeparator(texts);
  const columns = mostFrequent(texts.map((text) => tryCells(text, separator).length)).value;
  const [records, skipped] = divide(first, ({ text }) => isCommentLine(text.trimEnd(), separator, columns)).map(
    (some) => some.map((record) => ({ ...record, cells: tryCells(record.text, separator) })),
  );
  if (records.length === 0) throw shapeError("the table", "to have a header line and rows", "comments alone");
  const comments = skipped.filter(({ start }) => start < records[0].start);
  const found = findHeader(records, comments.at(-1), separator, options);
  const { cells, hasTrailingSeparator, notes } = fitHeader(
    found.cells,
    records.slice(found.firstRow).map((record) => record.cells),
  );
  const { start, line } = records[found.firstRow] ?? end;
  const noteOfSeparator =
    separator === "," || options.separator !== undefined ? [] : [`cells are separated by ${SEPARATORS[separator]}`];
  return {
    separator,
    names: checkNames(cells, found.line),
    isNameless: cells.map((cell) => cell === ""),
    hasTrailingSeparator,
    start,
    line,
    comments: comments.length,
    notes: [...noteOfSeparator, ...found.notes, ...notes],
  };
}
