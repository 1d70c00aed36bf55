// Comma-separated values (RFC 4180): text in, a header and rows of text cells out. Knows nothing of numbers or files.
// The parser's browser build runs in Node too.
import { type CsvError, parse } from "csv-parse/browser/esm/sync";
import { RelumineError } from "../core/errors.js";
import { quote } from "./cells.js";
import { type Table as ColumnTable, TableBuilder } from "./columns.js";

export interface Table {
  /** Column names, all different. */
  readonly header: readonly string[];
  /** One array of trimmed cells per row, each as long as the header. */
  readonly rows: readonly (readonly string[])[];
  /** The line of the file on which each row ends, counted from 1. */
  readonly lines: readonly number[];
}

export interface NamedTable {
  readonly name: string;
  readonly table: Table;
  /** Of the embedded set: its target, and what to divide its pixels by. */
  readonly known?: { readonly target: string; readonly divisor: number };
}

/** The same table by columns. */
export function toColumns({ header, rows, lines }: Table): ColumnTable {
  const builder = new TableBuilder(header);
  rows.forEach((cells, row) =>
    builder.add(
      cells.map((cell) => cell.trim()),
      lines[row],
    ),
  );
  return builder.finish();
}

const LONGEST_CELL = 32767; // what a spreadsheet's cell may hold; more is an unclosed quote or no table at all
const CELL_LIMIT = `to have at most ${LONGEST_CELL} characters`;

/** `row 3 (line 4)`: rows count from 1 below the header. */
export function rowName(table: Pick<Table, "lines">, row: number): string {
  return `row ${row + 1} (line ${table.lines[row]})`;
}

/** `row 3 (line 4), column "age"` */
export function cellName(table: Pick<Table, "lines">, row: number, column: string): string {
  return `${rowName(table, row)}, column ${quote(column)}`;
}

function malformed(path: string, expected: string, given: string): RelumineError {
  return new RelumineError("format", path, expected, given);
}

/** What a CSV error says, with its place: the parser's own line counts to the end of an unclosed quote. */
function describeFault(error: unknown, records: readonly unknown[], lines: readonly number[]): RelumineError {
  const { code, column } = error as CsvError & { column?: unknown };
  if (code === undefined) throw error;
  const row = records.length === 0 ? "the header" : `row ${records.length}`;
  const at = typeof column === "number" ? `, column ${column + 1}` : "";
  const path = `${row} (line ${(lines.at(-1) ?? 0) + 1})${at}`;
  return code === "CSV_QUOTE_NOT_CLOSED"
    ? malformed(path, 'to have a closing " before the next comma', "a quote that is never closed")
    : malformed(path, 'to have quotes around whole cells, and "" for one within', "a quote inside a cell");
}

function parseRecords(text: string): { records: string[][]; lines: number[] } {
  const records: string[][] = [];
  const lines: number[] = [];
  try {
    parse(text.replaceAll("\r\n", "\n"), {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (record: string[], { lines: line }) => {
        records.push(record);
        lines.push(line);
        return null;
      },
    });
  } catch (error) {
    throw describeFault(error, records, lines);
  }
  return { records, lines };
}

/** Names for the columns: a nameless one, such as R's row names, is called by its place. */
function checkHeader(cells: readonly string[]): string[] {
  const header = cells.map((cell, column) => cell || `column ${column + 1}`);
  const seen = new Map<string, number>();
  header.forEach((name, column) => {
    if (name.length > LONGEST_CELL) throw malformed(`the header's column ${column + 1}`, CELL_LIMIT, `${name.length}`);
    const first = seen.get(name);
    if (first !== undefined)
      throw malformed(
        "the header",
        "to have different names",
        `${quote(name)} for columns ${first + 1} and ${column + 1}`,
      );
    seen.set(name, column);
  });
  if (header.length === 1) {
    const other = [";", "\t", "|"].find((mark) => header[0].includes(mark));
    const given = other === undefined ? "one" : `one: the header holds ${JSON.stringify(other)}`;
    throw malformed("the table", "to have at least two columns, separated by commas", given);
  }
  return header;
}

function checkRow(cells: readonly string[], row: number, table: Pick<Table, "header" | "lines">): void {
  const { header } = table;
  if (cells.length !== header.length) {
    const where =
      cells.length < header.length
        ? `no cell for column ${quote(header[cells.length])}`
        : `cells past the last column ${quote(header.at(-1)!)}`;
    const expected = `to have ${header.length} cells, as the header has`;
    throw malformed(rowName(table, row), expected, `${cells.length}: ${where}`);
  }
  const column = cells.findIndex((cell) => cell.length > LONGEST_CELL);
  if (column >= 0) {
    throw malformed(cellName(table, row, header[column]), CELL_LIMIT, `${cells[column].length}`);
  }
}

/**
 * Reads a table whose first line names the columns. A byte order mark, CRLF, quoted commas and line breaks, and empty
 * lines are understood.
 * @throws RelumineError "format" for what is no such table; the message names the row, its line and the column
 * @example parseCsv("x,y\n1,2\n").rows // [["1", "2"]]
 */
export function parseCsv(text: string): Table {
  const nul = text.indexOf("\0");
  if (nul >= 0)
    throw malformed(
      `line ${text.slice(0, nul).split("\n").length}`,
      "to be text, comma-separated values",
      "a NUL character",
    );
  const { records, lines } = parseRecords(text);
  if (records.length === 0) throw malformed("the table", "to have a header line and rows", "nothing");
  const table = { header: checkHeader(records[0]), rows: records.slice(1), lines: lines.slice(1) };
  if (table.rows.length === 0)
    throw malformed("the table", "to have at least one row", `a header (${table.header.length} columns) alone`);
  table.rows.forEach((cells, row) => checkRow(cells, row, table));
  return table;
}
