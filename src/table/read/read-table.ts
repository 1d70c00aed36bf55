// Text or bytes, at once or in pieces -> a table. Neither the text nor its rows of cells are ever held: what is in
// memory is the columns and a piece of the text.
import { quote } from "../cells.js";
import { type Column, type Table, TableBuilder } from "../columns.js";
import { rowName } from "../place-names.js";
import { RelumineError } from "../../core/errors.js";
import { countOf } from "../../text/numbers.js";
import { decodeChunks } from "./decode.js";
import { checkSeparator, findLayout, isCommentLine, type Layout, LONGEST_CELL, type ReadOptions } from "./layout.js";
import { ALONE, isBlankRecord, LONGEST_RECORD, parseRecords, scanRecords } from "./records.js";
import { CHUNK, readChunks, type TableSource } from "./source.js";

const SAMPLE = 2 ** 16; // characters by which the layout is seen, if two lines are not longer

/** Makes every line end with "\n": a sample of the text tells how its lines end. */
class LineEnds {
  readonly #onlyCR: boolean;
  #held = "";

  constructor(sample: string) {
    this.#onlyCR = !sample.includes("\n") && sample.includes("\r");
  }

  /** A last CR waits for what comes after it. */
  push(text: string, isLast = false): string {
    if (this.#onlyCR) return text.replaceAll("\r", "\n");
    const all = this.#held + text;
    this.#held = !isLast && all.endsWith("\r") ? "\r" : "";
    const whole = this.#held === "" ? all : all.slice(0, -1);
    return whole.includes("\r") ? whole.replaceAll("\r\n", "\n") : whole;
  }
}

function checkText(text: string, line: number): void {
  const nul = text.indexOf("\0");
  if (nul < 0) return;
  const path = `line ${line + text.slice(0, nul).split(/\r\n?|\n/).length - 1}`;
  const hint = text[nul + 1] > " " && text[nul + 2] === "\0" ? "Is it UTF-16? Then it wants a byte order mark." : "";
  throw new RelumineError("format", path, "to be text, comma-separated values", "a NUL character", hint);
}

function checkLength(length: number, line: number): void {
  if (length <= LONGEST_RECORD) return;
  throw new RelumineError(
    "format",
    `line ${line}`,
    `to have at most ${LONGEST_RECORD} characters`,
    `${length} and more`,
  );
}

/** Takes the text behind the header, in pieces, and builds the table. */
class RowReader {
  readonly #layout: Layout;
  readonly #builder: TableBuilder;
  /** Begins where a record does. */
  #rest = "";
  /** Characters that the rest must have before it is looked through again: a long record is so in twice its length. */
  #worthALook = 0;
  #line: number;
  #comments: number;
  #emptyRows = 0;

  constructor(layout: Layout, literal?: readonly string[]) {
    this.#layout = layout;
    this.#builder = new TableBuilder(layout.names, literal);
    this.#line = layout.line;
    this.#comments = layout.comments;
  }

  /** @param text with "\n" at the ends of lines */
  push(text: string): void {
    if (text.includes("\0")) checkText(this.#rest + text, this.#line);
    const length = this.#rest.length + text.length;
    if (length <= LONGEST_RECORD && (length < this.#worthALook || !text.includes("\n"))) {
      this.#rest += text; // copied once, when it is looked through
      return;
    }
    const all = this.#rest + text;
    const isPlain = !all.includes('"') && !all.includes("#");
    const end = isPlain ? this.#readPlain(all) : this.#readRecords(all);
    this.#rest = all.slice(end);
    this.#worthALook = end === 0 ? 2 * all.length : 0;
    if (this.#rest.length > LONGEST_RECORD) {
      this.#parse(this.#rest); // a wrong quote is told first
      checkLength(this.#rest.length, this.#line);
    }
  }

  #readPlain(text: string): number {
    const end = text.lastIndexOf("\n") + 1;
    this.#parse(text.slice(0, end));
    return end;
  }

  /** Comments become empty lines. */
  #readRecords(text: string): number {
    const { separator, names } = this.#layout;
    const parts: string[] = [];
    let copied = 0;
    const end = scanRecords(
      text,
      (line) => isCommentLine(line, separator, names.length),
      (start, after, isComment) => {
        if (!isComment) return;
        parts.push(text.slice(copied, start), "\n");
        copied = after;
        this.#comments++;
      },
    );
    this.#parse(parts.join("") + text.slice(copied, end));
    return end;
  }

  #parse(records: string): void {
    if (records === "") return;
    const place = { row: this.#builder.rows + 1, line: this.#line };
    parseRecords(records, this.#layout.separator, place, (cells, line) => {
      this.#line = line + 1;
      if (!isBlankRecord(cells)) this.#add(cells, line);
    });
  }

  #add(cells: string[], line: number): void {
    const { names, hasTrailingSeparator, separator } = this.#layout;
    let isEmpty = separator !== ALONE;
    if (!isEmpty) cells.length = 1;
    for (let column = 0; column < cells.length; column++) {
      const cell = cells[column].trim();
      cells[column] = cell;
      if (cell !== "") isEmpty = false;
      if (cell.length > LONGEST_CELL) this.#refuseCell(line, column, cell);
    }
    const isRagged = cells.length !== names.length || (hasTrailingSeparator && cells.at(-1) !== "");
    if (isRagged) this.#refuseRow(cells, line);
    if (isEmpty) this.#emptyRows++;
    else this.#builder.add(cells, line);
  }

  #rowName(line: number): string {
    return rowName({ line: () => line }, this.#builder.rows);
  }

  #refuseCell(line: number, column: number, cell: string): never {
    const name = this.#layout.names[column];
    const path = `${this.#rowName(line)}, column ${name === undefined ? column + 1 : quote(name)}`;
    throw new RelumineError("format", path, `to have at most ${LONGEST_CELL} characters`, `${cell.length}`);
  }

  #refuseRow(cells: readonly string[], line: number): never {
    const { hasTrailingSeparator } = this.#layout;
    const names = hasTrailingSeparator ? this.#layout.names.slice(0, -1) : this.#layout.names;
    const where =
      cells.length < names.length
        ? `no cell for column ${quote(names[cells.length])}`
        : `cells past the last column ${quote(names.at(-1)!)}`;
    const expected = `to have ${names.length} cells, as the header has`;
    throw new RelumineError("format", this.#rowName(line), expected, `${cells.length}: ${where}`);
  }

  finish(notes: readonly string[]): Table {
    this.#parse(this.#rest);
    this.#rest = "";
    const { names, isNameless, separator } = this.#layout;
    if (this.#builder.rows === 0) {
      const given = `a header (${names.length} columns) alone`;
      throw new RelumineError("format", "the table", "to have at least one row", given);
    }
    const table = this.#builder.finish();
    const columns = withoutTrailing(table.columns, isNameless);
    const left = table.columns.length - columns.length;
    const own = [...this.#layout.notes];
    if (this.#comments > 0) own.push(`${countOf(this.#comments, "comment line was", "comment lines were")} skipped`);
    if (this.#emptyRows > 0)
      own.push(`${countOf(this.#emptyRows, "row without a value was", "rows without a value were")} skipped`);
    if (left > 0) own.push(`${countOf(left, "column", "columns")} at the end, without a name or a value, left out`);
    return { ...table, columns, notes: [...notes, ...own], separator };
  }
}

/** Without the last columns that have neither a name nor a value. */
function withoutTrailing(columns: readonly Column[], isNameless: readonly boolean[]): readonly Column[] {
  const isEmpty = ({ words, wordOf }: Column): boolean => words.length === 1 && words[0] === "" && !wordOf.includes(-1);
  const last = columns.findLastIndex((column, place) => !isNameless[place] || !isEmpty(column));
  return columns.slice(0, last + 1);
}

/** Sees the layout by the first lines, and reads on from there. */
class TableReader {
  readonly #options: ReadOptions;
  #sample = "";
  #sampleLines = 0;
  #endsWithCR = false;
  #lineEnds: LineEnds | undefined;
  #rows: RowReader | undefined;

  constructor(options: ReadOptions) {
    if (options.separator !== undefined) checkSeparator(options.separator);
    this.#options = options;
  }

  /** @param text of which CR LF may be cut in two, but nothing else that is one character */
  push(text: string): void {
    if (this.#rows) return this.#rows.push(this.#lineEnds!.push(text));
    this.#sample += text;
    if (this.#endsWithCR && text.startsWith("\n")) this.#sampleLines--; // one line end, cut in two
    checkText(text, this.#sampleLines + 1);
    this.#sampleLines += text.split(/\r\n?|\n/).length - 1;
    this.#endsWithCR = text.endsWith("\r");
    const { length } = this.#sample;
    if ((length >= SAMPLE && this.#sampleLines > 1) || length > 2 * LONGEST_RECORD) this.#begin(false);
  }

  #begin(isWhole: boolean): RowReader {
    this.#lineEnds = new LineEnds(this.#sample);
    const sample = this.#lineEnds.push(this.#sample, isWhole);
    this.#sample = "";
    checkLength(sample.search(/\n|$/), 1);
    const layout = findLayout(sample, isWhole, this.#options);
    this.#rows = new RowReader(layout, this.#options.literal);
    this.#rows.push(sample.slice(layout.start));
    return this.#rows;
  }

  finish(notes: readonly string[]): Table {
    const rows = this.#rows ?? this.#begin(true);
    rows.push(this.#lineEnds!.push("", true));
    return rows.finish(notes);
  }
}

/**
 * Reads a table of separated values. Where that isn't said, the separator (`,` `;` tab `|` or blanks) and the header
 * are seen by the first lines; comment lines, title lines above the header, empty lines and separators at the ends of
 * rows are skipped and noted; UTF-8, UTF-16 with its mark, Windows-1252, gzip and all line ends are understood.
 * Memory: 8 bytes for a number, 4 for a word, 12 in columns that have both, and the different words.
 * @throws RelumineError "format" for what is no table: the path names row, line and column; "memory" for one of more
 * than 100,000 columns, 2^28 cells or 2^24 different words
 * @example (await readTable("x;y\n1,5;2\n")).columns.map(({ name }) => name) // ["x", "y"]
 */
export async function readTable(source: TableSource, options: ReadOptions = {}): Promise<Table> {
  const reader = new TableReader(options);
  const notes: string[] = [];
  for await (const text of decodeChunks(readChunks(source), notes)) reader.push(text);
  return reader.finish(notes);
}

/** The same of a text that is at hand, at once. */
export function parseTable(text: string, options: ReadOptions = {}): Table {
  const reader = new TableReader(options);
  for (let start = text.startsWith("\ufeff") ? 1 : 0; start < text.length; start += CHUNK)
    reader.push(text.slice(start, start + CHUNK));
  return reader.finish([]);
}
