// A table -> what a network trains on: the rows with a target, split, encoded, and a record of how that was done.
import { checkChoices, type ColumnChoices, ColumnIndex, columnList } from "./column-choice.js";
import { quote } from "./cells.js";
import { allRows, type Table } from "./columns.js";
import { fillInputs } from "./encode.js";
import { inputNames, type TableEncoding } from "./encoding.js";
import { codesOf, learnInputs } from "./learn-inputs.js";
import { Notes } from "./notes.js";
import { numberSigns, tableDecimal } from "./reading/read-column.js";
import { type Split, stratifiedSplit } from "./stratified-split.js";
import { chooseTarget, type TargetChoice, type Task } from "./target.js";
import { checkInteger, checkName, checkNumber, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { SampleRows } from "../core/matrix.js";
import type { DataSet } from "../network/data.js";

/** Rows as a network trains on them. */
export interface EncodedRows extends DataSet {
  /** Rows x inputs; sparse rows where at most a tenth of the inputs is other than 0, by what the columns are. */
  readonly x: SampleRows;
  /** A label 0..K-1 a row, or a standardized number. */
  readonly y: readonly number[];
}

/** What prepareTable makes of a table. */
export interface PreparedTable {
  /** Classes or numbers. */
  readonly task: Task;
  /** Names of x's columns: `age`, `island = Dream`, `date, season (sine)`. */
  readonly columns: readonly string[];
  /** Rows to train on. */
  readonly training: EncodedRows;
  /** Rows to validate by. */
  readonly heldOut: EncodedRows;
  /** The table's rows that are held out, from 0, ascending. */
  readonly heldOutRows: readonly number[];
  /** What was decided, left out or imputed, and what may be wrong: a sentence each, that names column, row and cell. */
  readonly notes: readonly string[];
  /** How the columns were encoded: plain data. */
  readonly encoding: TableEncoding;
}

/** How a table is to be prepared. */
export interface PrepareOptions {
  /** The column to predict. */
  readonly target: string;
  /** By default seen by the target's values. */
  readonly task?: Task;
  /** Columns to leave out. */
  readonly ignore?: readonly string[];
  /** The share of rows to hold out, from 0 and below 1; 0.2 by default. */
  readonly validation?: number;
  /** Decides which rows are held out; 0 by default. */
  readonly seed?: number;
  /** How single columns are to be read: `{ zip: "words", price: "decimal comma" }`. */
  readonly columns?: ColumnChoices;
  /** Divides every number, where their range is known (255 for pixels); without it numbers are standardized. */
  readonly divisor?: number;
}

const VALIDATION = 0.2;

interface CheckedOptions {
  readonly target: string;
  readonly task?: Task;
  readonly validation: number;
  readonly seed: number;
}

function checkOptions(
  { target, task, validation = VALIDATION, seed = 0 }: PrepareOptions,
  table: Table,
): CheckedOptions {
  if (typeof target !== "string")
    throw new RelumineError(
      "value",
      "target",
      `to be one of ${columnList(table)}`,
      target === undefined ? "none" : describe(target),
    );
  return {
    target,
    ...(task !== undefined && { task: checkName<Task>("task", task, ["classification", "regression"]) }),
    validation: checkNumber("validation", validation, { low: 0, high: 1, openHigh: true }),
    seed: checkInteger("seed", seed, { low: 0 }),
  };
}

/** Columns that are no inputs: those of `ignore`, and those that `columns` ignores. */
function ignoredColumns(
  { ignore = [], columns }: PrepareOptions,
  target: string,
  index: ColumnIndex,
): { ignored: ReadonlySet<string>; choices: ReturnType<typeof checkChoices> } {
  if (!Array.isArray(ignore)) throw new RelumineError("value", "ignore", "to be a list of columns", describe(ignore));
  for (const name of ignore as readonly string[]) index.column(name, "ignore");
  const choices = checkChoices(columns, index);
  const ignored = new Set<string>(ignore as readonly string[]);
  for (const [name, { choice }] of choices) if (choice === "ignore") ignored.add(name);
  if (ignored.has(target))
    throw new RelumineError("value", "ignore", "to name other columns than the target", quote(target));
  if (choices.get(target)?.buckets !== undefined)
    throw new RelumineError("value", "columns", "to hash other columns than the target", quote(target));
  return { ignored, choices };
}

function splitRows({ groups, rows }: TargetChoice, { validation, seed }: CheckedOptions): Split {
  const split = stratifiedSplit(groups, validation, seed);
  if (split.heldOut.length > 0 || validation === 0) return split;
  throw new RelumineError(
    "value",
    "validation",
    `to hold out a row of ${rows.length} where every class keeps a training row`,
    `${validation}`,
    "More rows or a larger share may do.",
  );
}

/**
 * Chooses the task, splits the rows and encodes them.
 * @param splitBy instead of the options' share
 * @throws RelumineError naming row and column where there is one
 */
export function prepareColumns(
  table: Table,
  options: PrepareOptions,
  splitBy?: (choice: TargetChoice) => Split,
): PreparedTable {
  const checked = checkOptions(options, table);
  const divisor =
    options.divisor === undefined ? undefined : checkNumber("divisor", options.divisor, { low: 0, openLow: true });
  const index = new ColumnIndex(table);
  const target = index.column(checked.target, "target");
  const { ignored, choices } = ignoredColumns(options, checked.target, index);
  const notes = new Notes();
  for (const note of table.notes) notes.add(note);
  const all = allRows(table);
  const inputs = table.columns.filter((column) => column !== target && !ignored.has(column.name));
  const signsOf = (rows: readonly number[]) =>
    inputs.map((column) => ({
      column,
      ...choices.get(column.name),
      signs: numberSigns(column, rows, choices.get(column.name)?.choice),
    }));
  const targetSigns = numberSigns(target, all, choices.get(checked.target)?.choice);
  const columns = signsOf(all);
  const hint = tableDecimal([...columns.map(({ signs }) => signs), targetSigns]);
  let shown: ReadonlySet<number> | undefined;
  const isShown = (code: number): boolean =>
    divisor === undefined && (shown ??= codesOf(table, columns, hint)).has(code); // the columns are read for that
  const choice = chooseTarget(
    table,
    target,
    targetSigns,
    hint,
    { task: checked.task, choice: choices.get(checked.target)?.choice, isShown },
    notes,
  );
  const split = splitBy?.(choice) ?? splitRows(choice, checked);
  const { encoding: targetEncoding, encode } = choice.learn(split.training);
  const codes = choice.code === undefined ? [] : [choice.code];
  const context = { table, rows: choice.rows, training: split.training, notes, codes, divisor };
  const learnt = learnInputs(context, choice.rows.length === table.rows ? columns : signsOf(choice.rows), hint);
  const encodeRows = (rows: readonly number[]): EncodedRows => ({
    x: fillInputs(table, learnt.inputs, learnt.cells, rows),
    y: encode(rows),
  });
  return {
    task: choice.task,
    columns: inputNames(learnt.inputs),
    training: encodeRows(split.training),
    heldOut: encodeRows(split.heldOut),
    heldOutRows: split.heldOut,
    notes: notes.list(),
    encoding: { inputs: learnt.inputs, target: targetEncoding },
  };
}
