// A table as rows of text cells, for those that want it whole and at once.
import { parseTable } from "./read/read-table.js";
import { textAt } from "./reading/cell-values.js";

export interface Table {
  /** Column names, all different. */
  readonly header: readonly string[];
  /** One array of trimmed cells per row, each as long as the header. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * Reads a table as `readTable` does; numbers come as JavaScript writes them.
 * @throws RelumineError as readTable
 * @example parseCsv("x,y\n1,2.0\n").rows // [["1", "2"]]
 */
export function parseCsv(text: string): Table {
  const { columns, rows } = parseTable(text);
  return {
    header: columns.map(({ name }) => name),
    rows: Array.from({ length: rows }, (_, row) => columns.map((column) => textAt(column, row))),
  };
}
