// A named table, as the options of a command want it prepared.
import { prepareColumns, type PreparedTable, type PrepareOptions } from "../table/prepare.js";
import type { NamedTable } from "./read-table.js";
import { RelumineError, errorIn } from "../core/errors.js";

export interface NamedPreparedTable extends PreparedTable {
  readonly name: string;
  /** The rows that judge: those held out, or, where none are, those that train. */
  readonly judges: PreparedTable["heldOut"];
}

/** Options that the command line has too, with dashes before them. */
const OPTIONS = ["target", "task", "ignore", "validation", "seed", "columns"];

/** The target may be missing: it is known for the embedded set. */
export type NamedPrepareOptions = Omit<PrepareOptions, "target"> & { readonly target?: string };

/** The options as `prepareTable` of "relumine/table" takes them. */
export function prepareOptions({ known }: NamedTable, options: NamedPrepareOptions): PrepareOptions {
  const { target = known?.target, task, ignore, validation, seed, columns } = options;
  return { target: target as string, task, ignore, validation, seed, columns, divisor: known?.divisor };
}

/**
 * Chooses the task, splits the rows and encodes them.
 * @throws RelumineError naming the file, and the row and column where there is one
 */
export function prepareNamed(named: NamedTable, options: NamedPrepareOptions): NamedPreparedTable {
  const { name, table } = named;
  try {
    const prepared = prepareColumns(table, prepareOptions(named, options));
    const { heldOut, training } = prepared;
    return { name, ...prepared, judges: heldOut.x.rows > 0 ? heldOut : training };
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    const { code, path, expected, given, hint } = error;
    throw errorIn(name, new RelumineError(code, OPTIONS.includes(path) ? `--${path}` : path, expected, given, hint));
  }
}
