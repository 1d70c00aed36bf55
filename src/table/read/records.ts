// Text -> records of cells. Lines are gathered until a record ends outside of quotes, quotes are checked to stand
// around whole cells (RFC 4180), and Papa Parse, which would let others pass, takes the cells apart.
import Papa from "papaparse";
import { RelumineError } from "../../core/errors.js";

/** Characters of one record: a hundred thousand cells of 40. */
export const LONGEST_RECORD = 2 ** 22;

/** Cells are separated by runs of blanks. */
export const BLANKS = " ";

/** The whole line is one cell: a character that no text may hold. */
export const ALONE = "\0";

const QUOTE = '"';
const HASH = 35;

/**
 * Goes through the records of a text whose lines end with "\n".
 * @param isComment is asked about lines that begin with "#", without their "\n"
 * @param visit gets each whole record's place, its "\n" included
 * @returns where the last record begins, which is not whole
 */
export function scanRecords(
  text: string,
  isComment: (line: string) => boolean,
  visit: (start: number, end: number, isComment: boolean) => void,
): number {
  let quote = text.indexOf(QUOTE);
  let isOpen = false;
  let start = 0;
  let lineStart = 0;
  for (let newline = text.indexOf("\n"); newline >= 0; newline = text.indexOf("\n", lineStart)) {
    const isSkipped = !isOpen && text.charCodeAt(lineStart) === HASH && isComment(text.slice(lineStart, newline));
    for (; quote >= 0 && quote < newline; quote = text.indexOf(QUOTE, quote + 1)) if (!isSkipped) isOpen = !isOpen;
    lineStart = newline + 1;
    if (isOpen) continue;
    visit(start, lineStart, isSkipped);
    start = lineStart;
  }
  return start;
}

/** Each part of the text that lies outside of quotes, changed. */
export function outsideQuotes(text: string, change: (part: string) => string): string {
  if (!text.includes(QUOTE)) return change(text);
  return text
    .split(QUOTE)
    .map((part, place) => (place % 2 === 0 ? change(part) : part))
    .join(QUOTE);
}

/** Lines whose cells are separated by runs of blanks, with tabs instead. */
function tabsForBlanks(lines: string): string {
  const tabs = outsideQuotes(lines, (part) =>
    part
      .replaceAll(/[ \t]+/g, "\t")
      .replaceAll("\n\t", "\n")
      .replaceAll("\t\n", "\n"),
  );
  return tabs.slice(tabs.startsWith("\t") ? 1 : 0, tabs.length - (tabs.endsWith("\t") ? 1 : 0));
}

/** A quote that stands neither around a cell nor doubled within. */
interface QuoteFault {
  readonly index: number;
  readonly isOpen: boolean;
}

/** Where the quote that closes is; -1 where there is none. */
function closingQuote(text: string, open: number): number {
  let close = text.indexOf(QUOTE, open + 1);
  while (close >= 0 && text[close + 1] === QUOTE) close = text.indexOf(QUOTE, close + 2);
  return close;
}

/**
 * Checks the quotes of whole records.
 * @returns the text without the blanks between quotes and separators
 */
function checkQuotes(text: string, separator: string): string | QuoteFault {
  const isBlank = (index: number): boolean => {
    const character = text[index];
    return character !== separator && character !== "\n" && character !== undefined && character.trim() === "";
  };
  const isEdge = (index: number): boolean => {
    const character = text[index];
    return character === undefined || character === separator || character === "\n";
  };
  let checked = "";
  let copied = 0;
  for (let open = text.indexOf(QUOTE); open >= 0;) {
    let before = open - 1;
    while (before >= copied && isBlank(before)) before--;
    if (!isEdge(before)) return { index: open, isOpen: false };
    const close = closingQuote(text, open);
    if (close < 0) return { index: open, isOpen: true };
    let after = close + 1;
    while (isBlank(after)) after++;
    if (!isEdge(after)) return { index: close, isOpen: false };
    // "" alone in its line is a missing value, where nothing is an empty line: two empty cells say so
    const isMissing = separator === ALONE && close === open + 1;
    if (before + 1 < open || after > close + 1 || isMissing) {
      checked += text.slice(copied, before + 1) + (isMissing ? ALONE : text.slice(open, close + 1));
      copied = after;
    }
    open = text.indexOf(QUOTE, after);
  }
  return copied === 0 ? text : checked + text.slice(copied);
}

function takeApart(text: string, delimiter: string): string[][] {
  return Papa.parse<string[]>(text, { delimiter, newline: "\n" }).data;
}

const countOf = (text: string, part: string): number => text.split(part).length - 1;

/** @param row how many records are before the text, the header's counted */
function describeFault(text: string, { index, isOpen }: QuoteFault, delimiter: string, place: RecordPlace): Error {
  const before = text.slice(0, index);
  const records = takeApart(`${before}x`, delimiter); // x: a cell has begun
  const row = place.row + records.slice(0, -1).filter((cells) => !isBlankRecord(cells)).length;
  const path = `${row === 0 ? "the header" : `row ${row}`} (line ${place.line + countOf(before, "\n")}), column ${records.at(-1)!.length}`;
  return isOpen
    ? new RelumineError("format", path, "to have a closing quote before the next cell", "a quote that is never closed")
    : new RelumineError(
        "format",
        path,
        'to have quotes around whole cells, and "" for one within',
        "a quote inside a cell",
      );
}

/** What the first record of a text is called: its row, 0 for the header, and the line on which it begins. */
export interface RecordPlace {
  readonly row: number;
  readonly line: number;
}

/** An empty line. */
export function isBlankRecord(cells: readonly string[]): boolean {
  return cells.length === 1 && cells[0].trim() === "";
}

/**
 * The cells of whole records, trimmed of nothing; empty lines are records of one empty cell, and of two where ALONE
 * separates and the one cell is "".
 * @param visit gets each record and the line on which it ends
 * @throws RelumineError "format" for a quote inside a cell, or one that is never closed
 */
export function parseRecords(
  records: string,
  separator: string,
  place: RecordPlace,
  visit: (cells: string[], line: number) => void,
): void {
  const lines = records.endsWith("\n") ? records.slice(0, -1) : records;
  if (lines === "") return visit([""], place.line);
  const hasQuotes = lines.includes(QUOTE);
  const delimiter = separator === BLANKS ? "\t" : separator;
  const text = separator === BLANKS ? tabsForBlanks(lines) : lines;
  const checked = hasQuotes ? checkQuotes(text, delimiter) : text;
  if (typeof checked !== "string") throw describeFault(text, checked, delimiter, place);
  let { line } = place;
  for (const cells of takeApart(checked, delimiter)) {
    if (hasQuotes) for (const cell of cells) if (cell.includes("\n")) line += countOf(cell, "\n");
    visit(cells, line++);
  }
}
