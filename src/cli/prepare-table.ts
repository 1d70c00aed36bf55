// A named table, as the options of a command want it prepared.
import type { Command } from "commander";
import { withDashes } from "./options.js";
import { type EncodedRows, prepareColumns, type PreparedTable, type PrepareOptions } from "../table/prepare.js";
import type { DataSet } from "../network/data.js";
import type { Matrix, SampleRows } from "../core/matrix.js";
import type { NamedTable } from "./read-table.js";
import type { BatchSource } from "../network/batches.js";
import type { Split } from "../table/stratified-split.js";
import type { TargetChoice } from "../table/target.js";
import { RelumineError, errorIn } from "../core/errors.js";
import { FEWEST_ROWS } from "../treatment/trial/rows.js";

/** Rows that train by blocks, from files; what is in memory then as `training` is a sample of them. */
export interface TrainingBlocks {
  /** Knows how many rows there are. */
  readonly source: BatchSource & { readonly rows: number };
  /** The file of the targets. */
  readonly targets: string;
  /** By class, where all are to count the same. */
  readonly classWeights?: readonly number[];
  close(): Promise<void>;
}

/** Rows with a label or a number each, or with a row of them. */
export interface TrainingRows extends DataSet {
  readonly x: SampleRows;
  readonly y: readonly number[] | Matrix;
}

/** What `train` takes: a table, or two files, whose rows may have several targets. */
export interface TrainingData extends Omit<PreparedTable, "training" | "heldOut"> {
  readonly name: string;
  readonly training: TrainingRows;
  readonly heldOut: TrainingRows;
  /** The rows that judge: those held out, or, where none are, those that train. */
  readonly judges: TrainingRows;
  readonly blocks?: TrainingBlocks;
}

export interface NamedPreparedTable extends TrainingData, PreparedTable {
  readonly training: EncodedRows;
  readonly heldOut: EncodedRows;
  readonly judges: EncodedRows;
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
 * @param splitBy instead of the options' share
 * @throws RelumineError naming the file, and the row and column where there is one
 */
export function prepareNamed(
  named: NamedTable,
  options: NamedPrepareOptions,
  splitBy?: (choice: TargetChoice) => Split,
): NamedPreparedTable {
  const { name, table } = named;
  try {
    const prepared = prepareColumns(table, prepareOptions(named, options), splitBy);
    const { heldOut, training } = prepared;
    return { name, ...prepared, judges: heldOut.x.rows > 0 ? heldOut : training };
  } catch (error) {
    const told = withDashes(error, OPTIONS);
    throw told instanceof RelumineError ? errorIn(name, told) : told;
  }
}

/** Of few rows none are held out, unless that is asked for: those that train judge. */
export function forFewRows<O extends { readonly validation: number }>(
  options: O,
  { table }: NamedTable,
  command: Command,
): O {
  const isUnasked = command.getOptionValueSource("validation") === "default";
  return isUnasked && table.rows < FEWEST_ROWS ? { ...options, validation: 0 } : options;
}

/** The rows as a fit takes them, those that are held out as the ones that judge. */
export const withValidation = ({ training, heldOut }: PreparedTable) => ({
  ...training,
  validation: heldOut.x.rows > 0 ? heldOut : 0,
});
