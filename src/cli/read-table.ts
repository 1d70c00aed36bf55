// Files -> tables, piece by piece: what they hold is never in memory as text.
import type { FileArray } from "../arrays/file-array.js";
import { openData } from "../arrays/open.js";
import { openTargets, tableOf } from "../arrays/read-rows.js";
import { type ColumnChoices, literalColumns } from "../table/column-choice.js";
import type { RawOptions } from "./options.js";
import type { Table } from "../table/columns.js";
import type { ReadOptions } from "../table/read/layout.js";
import { EMBEDDED, EMBEDDED_FACTS, withDataFile } from "./data-file.js";

export interface NamedTable {
  readonly name: string;
  readonly table: Table;
  /** Of the embedded set: its target, and what to divide its pixels by. */
  readonly known?: { readonly target: string; readonly divisor: number };
}

/** How to read it, and how the caller wants single columns. */
interface FileOptions extends ReadOptions, RawOptions {
  readonly columns?: ColumnChoices;
  /** The array of the targets, where the file is of arrays. */
  readonly target?: string;
  /** What the target's columns are called, where it has several. */
  readonly targetColumns?: readonly string[];
  /** That of the rows. */
  readonly array?: string;
  /** The file of the targets, where that of the rows has none. */
  readonly targets?: string;
}

/**
 * Reads a file of separated values, plain or gzipped, of arrays, or the embedded digits.
 * @throws RelumineError "format", "unsupported" or "memory"; the message begins with the file's name
 */
export function readTableFile(source: string, options: FileOptions = {}): Promise<NamedTable> {
  const { separator, header, needed, columns, literal = literalColumns(columns), target, targets, array } = options;
  const { raw, rawTarget, targetColumns: names } = options;
  const isEmbedded = source === EMBEDDED;
  return withDataFile(source, async (data) => {
    const file = await openData(data, isEmbedded ? { literal } : { separator, header, needed, literal, raw });
    const tableWith = (y?: FileArray) => tableOf(file, { target, array, names, ...(y && { targets: y }) });
    const table = await (targets === undefined
      ? tableWith()
      : withDataFile(targets, async (own) => tableWith(await openTargets(own, rawTarget))));
    return isEmbedded ? { name: source, table, known: EMBEDDED_FACTS } : { name: source, table };
  });
}
