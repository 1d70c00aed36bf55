// A table -> what a network trains on: the rows with a target, split, encoded, and a record of how that was done.
import { shorten, quote } from "./cells.js";
import type { NamedTable } from "./csv.js";
import { columnIndex, encodeInputs, type InputEncoding, learnInputs, columnList } from "./inputs.js";
import { stratifiedSplit } from "./stratified-split.js";
import { chooseTask, encodeTargets, groupRows, learnTarget, type TargetEncoding, type Task } from "./target.js";
import { RelumineError, errorIn } from "../core/errors.js";
import type { Matrix } from "../core/matrix.js";
import type { DataSet } from "../network/data.js";

/** A plain record: with it any later table is encoded in the same way. */
export interface Preprocessing {
  readonly inputs: readonly InputEncoding[];
  readonly target: TargetEncoding;
}

export interface EncodedRows extends DataSet {
  readonly x: Matrix;
  readonly y: readonly number[];
}

export interface PreparedTable {
  readonly name: string;
  readonly task: Task;
  readonly preprocessing: Preprocessing;
  readonly training: EncodedRows;
  readonly heldOut: EncodedRows;
  /** The table's rows that are held out, ascending. */
  readonly heldOutRows: readonly number[];
  /** What was left out, imputed or decided, one sentence each. */
  readonly notes: readonly string[];
}

export interface PrepareOptions {
  /** The column to predict; known for the embedded set. */
  readonly target?: string;
  readonly task?: Task;
  /** Columns to leave out. */
  readonly ignore: readonly string[];
  /** The share of rows to hold out, above 0 and below 1. */
  readonly validation: number;
  readonly seed: number;
}

function checkIgnored(ignore: readonly string[], target: string, table: NamedTable["table"]): void {
  for (const name of ignore) columnIndex(table, name);
  if (ignore.includes(target))
    throw new RelumineError("value", "--ignore", "to name other columns than the target", quote(target));
}

function describeTarget(target: TargetEncoding, reason: string, withoutTarget: number): string[] {
  const what = target.kind === "classes" ? `${target.classes.length} classes` : "a number";
  const notes = [`${shorten(target.column)} (target): ${what} (${reason})`];
  if (withoutTarget > 0)
    notes.push(
      `${withoutTarget} ${withoutTarget === 1 ? "row without a target is" : "rows without a target are"} left out`,
    );
  return notes;
}

function prepareKnownTarget(
  { name, table, known }: NamedTable,
  target: string,
  options: PrepareOptions,
): PreparedTable {
  checkIgnored(options.ignore, target, table);
  const choice = chooseTask(table, target, options.task);
  const { classes, groups } = groupRows(table, target, choice);
  const split = stratifiedSplit(groups, options.validation, options.seed);
  if (split.heldOut.length === 0) {
    throw new RelumineError(
      "value",
      "--validation",
      `to hold out a row of ${choice.rows.length} where every class keeps a training row`,
      `${options.validation}`,
      "More rows or a larger share may do.",
    );
  }
  const { inputs, notes } = learnInputs(
    table,
    [target, ...options.ignore],
    choice.rows,
    split.training,
    known?.divisor,
  );
  const encoding = learnTarget(table, target, classes, split.training);
  const encode = (rows: readonly number[]): EncodedRows => ({
    x: encodeInputs(inputs, table, rows),
    y: encodeTargets(encoding, table, rows),
  });
  return {
    name,
    task: choice.task,
    preprocessing: { inputs, target: encoding },
    training: encode(split.training),
    heldOut: encode(split.heldOut),
    heldOutRows: split.heldOut,
    notes: [...describeTarget(encoding, choice.reason, table.rows.length - choice.rows.length), ...notes],
  };
}

/**
 * Chooses the task, splits the rows and encodes them.
 * @throws RelumineError naming the file, and the row and column where there is one
 */
export function prepareTable(named: NamedTable, options: PrepareOptions): PreparedTable {
  const target = options.target ?? named.known?.target;
  try {
    if (target === undefined) {
      throw new RelumineError("value", "--target", `to be one of ${columnList(named.table)}`, "none");
    }
    return prepareKnownTarget(named, target, options);
  } catch (error) {
    if (error instanceof RelumineError) throw errorIn(named.name, error);
    throw error;
  }
}
