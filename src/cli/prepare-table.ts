// A named table, as the options of a command want it prepared.
import { prepareColumns, type PreparedTable, type PrepareOptions } from "../table/prepare.js";
import type { NamedTable } from "../table/csv.js";
import { toColumns } from "../table/csv.js";
import { RelumineError, errorIn } from "../core/errors.js";

export interface NamedPreparedTable extends PreparedTable {
  readonly name: string;
}

/** Options that the command line has too, with dashes before them. */
const OPTIONS = ["target", "task", "ignore", "validation", "seed", "columns"];

/** The target may be missing: it is known for the embedded set. */
export type NamedPrepareOptions = Omit<PrepareOptions, "target"> & { readonly target?: string };

/**
 * Chooses the task, splits the rows and encodes them.
 * @throws RelumineError naming the file, and the row and column where there is one
 */
export function prepareNamed(
  { name, table, known }: NamedTable,
  { target = known?.target, task, ignore, validation, seed, columns }: NamedPrepareOptions,
): NamedPreparedTable {
  try {
    const options = { target: target as string, task, ignore, validation, seed, columns };
    return { name, ...prepareColumns(toColumns(table), options, known?.divisor) };
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    const { code, path, expected, given, hint } = error;
    throw errorIn(name, new RelumineError(code, OPTIONS.includes(path) ? `--${path}` : path, expected, given, hint));
  }
}
