// A Parquet file as a table: numbers as they are, booleans, dates and texts as a table of text has them, nulls as
// missing values. Columns of lists, maps, structs and other bytes are left out.
import type { ByteSource } from "../byte-source.js";
import { PageReader } from "./pages.js";
import { type ParquetColumn, readSchema } from "./schema.js";
import { NumberColumns } from "../to-table.js";
import { RelumineError } from "../../core/errors.js";
import { checkUnpacked } from "../../core/packed.js";
import { quote } from "../../table/cells.js";
import { type Column, MOST_CELLS, type Table, TableBuilder } from "../../table/columns.js";
import { LONGEST_CELL, MOST_COLUMNS } from "../../table/read/layout.js";
import { countOf, listWords } from "../../text/numbers.js";

const NAMED = 3;

/** `2020-01-31`, or with its time where it is not midnight. */
function dateText(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return "";
  const text = date.toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text.replace("T", " ").replace(/(\.000)?Z$/, "");
}

/** How a column's values are written as cells; undefined for numbers, which are not. */
function writerOf({ name, meaning }: ParquetColumn): ((value: number | string) => string) | undefined {
  if (meaning.kind === "boolean") return (value) => (value ? "true" : "false");
  if (meaning.kind === "time" || meaning.kind === "julian") return (value) => dateText(value as number);
  if (meaning.kind !== "text") return undefined;
  return (value) => {
    const cell = (value as string).trim();
    if (cell.length <= LONGEST_CELL) return cell;
    const expected = `to have cells of at most ${LONGEST_CELL} characters`;
    throw new RelumineError("format", `the column ${quote(name)}`, expected, `${cell.length}`);
  };
}

/** Hands on each row's value, undefined where it has none. */
async function readColumn(
  pages: PageReader,
  column: ParquetColumn,
  take: (row: number, value: number | string | undefined) => void,
): Promise<void> {
  let row = 0;
  for (const chunk of column.chunks)
    for await (const { rows, isThere, values } of pages.values(column, chunk)) {
      let next = 0;
      for (let i = 0; i < rows; i++) take(row++, isThere?.[i] === 0 ? undefined : values[next++]);
    }
}

async function readTexts(
  pages: PageReader,
  column: ParquetColumn,
  rows: number,
  write: (value: number | string) => string,
): Promise<string[]> {
  const cells = new Array<string>(rows).fill("");
  await readColumn(pages, column, (row, value) => value !== undefined && (cells[row] = write(value)));
  return cells;
}

/** Columns of texts, as the reader of text builds them. */
function textColumns(names: readonly string[], cells: readonly (readonly string[])[], rows: number): readonly Column[] {
  if (names.length === 0) return [];
  const builder = new TableBuilder(names);
  for (let row = 0; row < rows; row++)
    builder.add(
      cells.map((column) => column[row]),
      row + 1,
    );
  return builder.finish().columns;
}

/** @throws RelumineError "format", "unsupported" or "memory" */
export async function readParquet(source: ByteSource): Promise<Table> {
  const { rows, columns, others } = await readSchema(source);
  const named = `${listWords(others.slice(0, NAMED).map(quote))}${others.length > NAMED ? " ..." : ""}`;
  if (columns.length === 0)
    throw new RelumineError(
      "unsupported",
      "the file",
      "to have columns of numbers, dates or texts",
      `lists, structs or other bytes: ${named}`,
    );
  if (rows === 0) throw new RelumineError("format", "the table", "to have at least one row", "none");
  if (columns.length > MOST_COLUMNS || rows * columns.length > MOST_CELLS)
    throw new RelumineError("memory", "the table", `to have at most ${MOST_CELLS} cells`, `${rows * columns.length}`);
  checkUnpacked("the table", 8 * rows * columns.length, source.size);
  const pages = new PageReader(source);
  const numbers = new NumberColumns(rows);
  const found = new Map<string, Column>();
  const texts = new Map<string, string[]>();
  for (const column of columns) {
    const write = writerOf(column);
    if (write) {
      texts.set(column.name, await readTexts(pages, column, rows, write));
      continue;
    }
    const values = new Float64Array(rows).fill(Number.NaN);
    await readColumn(pages, column, (row, value) => value !== undefined && (values[row] = value as number));
    found.set(column.name, numbers.column(column.name, values, 0, 1));
  }
  for (const column of textColumns([...texts.keys()], [...texts.values()], rows)) found.set(column.name, column);
  const notes =
    others.length === 0
      ? []
      : [`${countOf(others.length, "column")} of lists, structs or other bytes left out: ${named}`];
  return { columns: columns.map(({ name }) => found.get(name)!), rows, line: () => undefined, notes };
}
