// How messages call rows and cells of a table.
import { quote } from "./cells.js";
import type { Table } from "./columns.js";

/** `row 3 (line 4)`: rows count from 1 below the header. */
export function rowName(table: Pick<Table, "line">, row: number): string {
  const line = table.line(row);
  return line === undefined ? `row ${row + 1}` : `row ${row + 1} (line ${line})`;
}

/** `row 3 (line 4), column "age"` */
export function cellName(table: Pick<Table, "line">, row: number, column: string): string {
  return `${rowName(table, row)}, column ${quote(column)}`;
}
