// Files -> tables, piece by piece: what they hold is never in memory as text.
import { RelumineError, errorIn } from "../core/errors.js";
import { suggestion } from "../core/suggestion.js";
import { type ColumnChoices, literalColumns } from "../table/column-choice.js";
import type { Table } from "../table/columns.js";
import type { ReadOptions } from "../table/read/layout.js";
import { readTable } from "../table/read/read-table.js";
import { readPieces } from "./files.js";

export const EMBEDDED = "digits";

export interface NamedTable {
  readonly name: string;
  readonly table: Table;
  /** Of the embedded set: its target, and what to divide its pixels by. */
  readonly known?: { readonly target: string; readonly divisor: number };
}

/** How to read it, and how the caller wants single columns. */
interface FileOptions extends ReadOptions {
  readonly columns?: ColumnChoices;
}

/**
 * Reads a file of separated values, plain or gzipped, or the embedded digits.
 * @throws RelumineError "format" or "memory"; the message begins with the file's name
 */
export async function readTableFile(source: string, options: FileOptions = {}): Promise<NamedTable> {
  const { separator, header, needed, columns, literal = literalColumns(columns) } = options;
  const isEmbedded = source === EMBEDDED;
  const path = isEmbedded ? new URL("digits.csv.gz", import.meta.url) : source;
  const expected = `to be a CSV file, or "${EMBEDDED}" for the embedded digits`;
  const pieces = readPieces(path, source, { expected, hint: suggestion(source, [EMBEDDED]) });
  try {
    const table = await readTable(pieces, isEmbedded ? { literal } : { separator, header, needed, literal });
    return isEmbedded ? { name: source, table, known: { target: "digit", divisor: 16 } } : { name: source, table };
  } catch (error) {
    if (error instanceof RelumineError && error.path !== source) throw errorIn(source, error);
    throw error;
  }
}
