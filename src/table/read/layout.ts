// How a table's text is laid out, seen by its first lines: what separates the cells, where the header stands, and what
// the columns are called.
import { quote } from "../cells.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { haveRowNames, looksLikeNumber, looksLikeValues } from "./header.js";
import { nameColumns } from "./names.js";
import { ALONE, scanRecords } from "./records.js";
import { cellsOf, countAmong, mostFrequent, seeSeparator, SEPARATORS, tryCells } from "./separator.js";

export const LONGEST_CELL = 32767; // what a spreadsheet's cell may hold; more is an unclosed quote or no table at all
export const MOST_COLUMNS = 100_000;
const MOST_TITLES = 10; // lines above the header
const SAMPLED_RECORDS = 100;
const FORMAT_SAMPLE = 1000; // characters that show another format
const HASH = "#";

export interface LayoutOptions {
  /** One character, or " " for runs of blanks; without it, it is seen by the first lines. */
  readonly separator?: string;
  /** Does the first line name the columns? Without it, that is seen by the first lines. */
  readonly header?: boolean;
}

/** What the reader is told of a table beside its layout. */
export interface ReadOptions extends LayoutOptions {
  /** Columns that an encoding needs: where the first lines leave it open, these tell separator and header. */
  readonly needed?: readonly string[];
  /** Columns whose cells are kept as they are written, numbers too. */
  readonly literal?: readonly string[];
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

function checkWidth(cells: readonly string[], path: string, needed: readonly string[]): void {
  if (cells.length > MOST_COLUMNS)
    throw new RelumineError("memory", path, `to have at most ${MOST_COLUMNS} columns`, `${cells.length}`);
  const isEnough = cells.length > 1 || needed.includes(nameColumns(cells).names[0]);
  if (!isEnough)
    throw shapeError("the table", "to have at least two columns", "one", "Name what separates the cells (separator).");
  const long = cells.findIndex((name) => name.length > LONGEST_CELL);
  if (long >= 0)
    throw shapeError(
      `${path}, column ${long + 1}`,
      `to have at most ${LONGEST_CELL} characters`,
      `${cells[long].length}`,
    );
}

/** Is it a header, by the columns that are needed? Undefined where they don't tell. */
function hasNeeded(cells: readonly string[], needed: readonly string[] = []): boolean | undefined {
  if (needed.length === 0) return undefined;
  const found = countAmong(needed, cells);
  if (found === needed.length) return true;
  return found === 0 && needed.every((name) => /^column \d+$/.test(name)) ? false : undefined;
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

/**
 * How many of the first records are a title: lines of one cell above a line of names; or without a separator, above
 * rows.
 */
function countTitles(records: readonly SampleRecord[], columns: number, { header: hasHeader }: LayoutOptions): number {
  let count = 0;
  while (count < MOST_TITLES && count < records.length - 1 && isTitle(records[count].cells, columns)) count++;
  if (count === 0) return 0;
  const [header, ...rows] = records.slice(count).map(({ cells }) => cells);
  if (header.length !== columns) return 0;
  const areBare = records.slice(0, count).every(({ cells }) => cells.length === 1);
  const others = records.slice(count);
  const isRs =
    count === 1 &&
    columns === 2 &&
    hasHeader !== false &&
    haveRowNames(
      others.map(({ text }) => text),
      others.map(({ cells }) => cells),
      1,
    );
  if (areBare && !isRs && hasHeader !== true) return count;
  if (hasHeader === false) return 0;
  const areNames = header.filter((cell) => cell !== "" && !looksLikeNumber(cell)).length > 1;
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
  options: ReadOptions,
): Found {
  const columns = mostFrequent(records.map(({ cells }) => cells.length)).value;
  const titles = countTitles(records, columns, options);
  const first = records[titles];
  const rows = records.slice(titles + 1).map(({ cells }) => cells);
  const header = options.header ?? hasNeeded(first.cells, options.needed);
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
  const called =
    count === 1 ? 'the column is called "column 1"' : `the columns are called "column 1" to "column ${count}"`;
  return {
    cells: Array.from({ length: count }, () => ""),
    line: 0,
    firstRow: titles,
    notes: [...notes, `no header: ${called}`],
  };
}

interface FittedHeader {
  readonly cells: readonly string[];
  readonly hasTrailingSeparator: boolean;
  readonly notes: readonly string[];
}

/** A header and rows that differ by one cell: R's row names, or separators at the ends of the rows or the header. */
function fitHeader(cells: readonly string[], records: readonly SampleRecord[]): FittedHeader {
  const rows = records.map((record) => record.cells);
  const texts = records.map(({ text }) => text);
  const asItIs = { cells, hasTrailingSeparator: false, notes: [] };
  const difference = rows.length === 0 ? 0 : rows[0].length - cells.length;
  if (Math.abs(difference) !== 1 || rows.some(({ length }) => length !== rows[0].length)) return asItIs;
  if (difference < 0) return cells.at(-1) === "" ? { ...asItIs, cells: cells.slice(0, -1) } : asItIs;
  if (rows.every((row) => row.at(-1) === "")) return { ...asItIs, cells: [...cells, ""], hasTrailingSeparator: true };
  if (!haveRowNames(texts, rows, cells.length)) return asItIs;
  const notes = ['rows have one cell more than the header: the first is taken for the row\'s name, "column 1"'];
  return { ...asItIs, cells: ["", ...cells], notes };
}

const OTHER_FORMATS: readonly (readonly [string, RegExp])[] = [
  ["JSON", /^\s*(?:\{\s*["}]|\[\s*(?:[[{"]|-?\d[^\]]*\]\s*$))/],
  ["HTML or XML", /^\s*<(?:!--|(?:!doctype|\?xml|html|head|body|table)\b)/i],
];

function refuseOtherFormats(sample: string, isWhole: boolean): void {
  const start = isWhole ? sample : sample.slice(0, FORMAT_SAMPLE);
  const [format] = OTHER_FORMATS.find(([, pattern]) => pattern.test(start)) ?? [];
  if (format === undefined) return;
  const hint = "Write its records as CSV: a line of names, then a line of cells for each.";
  throw shapeError("the table", "to be text, comma-separated values", format, hint);
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
export function findLayout(sample: string, isWhole: boolean, options: ReadOptions): Layout {
  refuseOtherFormats(sample, isWhole);
  const { needed = [] } = options;
  const { all, end } = sampleRecords(sample, isWhole);
  const seen = all.filter(({ text }) => !text.startsWith(HASH)).slice(0, SAMPLED_RECORDS);
  const first = all.slice(0, seen.length < SAMPLED_RECORDS ? all.length : all.indexOf(seen.at(-1)!) + 1);
  const texts = (seen.length > 0 ? seen : first.slice(0, SAMPLED_RECORDS)).map(({ text }) => text);
  if (texts.length === 0) throw shapeError("the table", "to have a header line and rows", "nothing");
  const separator = options.separator ?? seeSeparator(texts, needed);
  const columns = mostFrequent(texts.map((text) => tryCells(text, separator).length)).value;
  const [records, skipped] = divide(first, ({ text }) => isCommentLine(text.trimEnd(), separator, columns)).map(
    (some) => some.map((record) => ({ ...record, cells: tryCells(record.text, separator) })),
  );
  if (records.length === 0) throw shapeError("the table", "to have a header line and rows", "comments alone");
  const comments = skipped.filter(({ start }) => start < records[0].start);
  const found = findHeader(records, comments.at(-1), separator, options);
  const { cells, hasTrailingSeparator, notes } = fitHeader(found.cells, records.slice(found.firstRow));
  checkWidth(cells, found.line > 0 ? `the header (line ${found.line})` : "the table", needed);
  const { names, notes: notesOfNames } = nameColumns(cells);
  const { start, line } = records[found.firstRow] ?? end;
  const noteOfSeparator =
    separator === "," || separator === ALONE || options.separator !== undefined
      ? []
      : [`cells are separated by ${SEPARATORS[separator]}`];
  return {
    separator,
    names,
    isNameless: cells.map((cell) => cell === ""),
    hasTrailingSeparator,
    start,
    line,
    comments: comments.length,
    notes: [...noteOfSeparator, ...found.notes, ...notes, ...notesOfNames],
  };
}
