// Where the rows of each fold come from: rows that are there, or a table that is read anew for each.
import { checkBoolean, checkInteger, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { blockedFolds, type Split, stratifiedFolds } from "../../table/stratified-split.js";
import type { RowSets } from "../../treatment/trial/rows.js";

/** The rows of one fold, as its network takes them. */
export interface FoldRows {
  readonly sets: RowSets;
  /** Columns. */
  readonly inputs: number;
  /** Of a target that was divided, by what: errors are told in its own units. */
  readonly scale?: number;
}

/** Rows, counted from 0, of which some train and some judge. */
export interface FoldSource {
  readonly rows: number;
  /** The rows of each class, where a row is of one; else one group of all. */
  readonly groups: readonly (readonly number[])[];
  /** What classes are called. */
  readonly classes?: readonly string[];
  /** Which rows stay together. */
  readonly blockOf?: ArrayLike<number>;
  rowsOf(split: Split): FoldRows;
}

export interface SplitOptions {
  readonly folds: number;
  readonly repeats: number;
  readonly stratify: boolean;
}

function checkClasses({ groups, classes }: FoldSource, folds: number): void {
  const least = groups.findIndex((rows) => rows.length > 0 && rows.length < folds);
  if (groups.length < 2 || least < 0) return;
  throw new RelumineError(
    "value",
    "folds",
    `to be at most the rows of each class, of which ${classes?.[least] ?? least} has ${groups[least].length}`,
    `${folds}`,
    "Without stratification folds go without a look at the classes.",
  );
}

/** @throws RelumineError "value" */
export function checkSplit(
  source: FoldSource,
  given: { readonly folds?: number; readonly repeats?: number; readonly stratify?: boolean },
): SplitOptions {
  const folds = checkInteger("folds", given.folds ?? 5, { low: 2 });
  const repeats = checkInteger("repeats", given.repeats ?? 1, { low: 1, high: 1000 });
  const stratify = checkBoolean("stratify", given.stratify ?? true);
  if (folds > source.rows)
    throw new RelumineError("value", "folds", `to be at most as many as rows, ${source.rows}`, `${folds}`);
  const { blockOf } = source;
  const blocks = blockOf && new Set(Array.from(blockOf)).size;
  if (blocks !== undefined && blocks < folds)
    throw new RelumineError("value", "groups", `to be at least as many as folds, ${folds}`, `${blocks} different ones`);
  if (stratify && !blockOf) checkClasses(source, folds);
  return { folds, repeats, stratify };
}

/** A number for each group, one a row. */
export function readGroups(given: unknown, rows: number): Int32Array | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== "object" || given === null || typeof (given as ArrayLike<unknown>).length !== "number")
    throw new RelumineError("shape", "groups", "to be a list, a number or a word a row", describe(given));
  const list = Array.from(given as ArrayLike<unknown>);
  if (list.length !== rows)
    throw new RelumineError("shape", "groups", `to have ${rows} rows, as x has`, `${list.length}`);
  const places = new Map<unknown, number>();
  return Int32Array.from(list, (group, row) => {
    if (typeof group !== "string" && !Number.isFinite(group))
      throw new RelumineError("value", `groups[${row}]`, "to be a finite number or a word", describe(group));
    const place = places.get(group) ?? places.size;
    places.set(group, place);
    return place;
  });
}

/** The fold of each row, of one repeat. */
export function splitInto({ groups, blockOf, rows }: FoldSource, { folds, stratify }: SplitOptions, seed: number) {
  const strata = stratify ? groups : [Array.from({ length: rows }, (_, row) => row)];
  return blockOf ? blockedFolds(strata, blockOf, folds, seed) : stratifiedFolds(strata, folds, seed);
}

export function splitOf(foldOf: Int32Array, fold: number): Split {
  const [training, heldOut]: [number[], number[]] = [[], []];
  foldOf.forEach((each, row) => (each === fold ? heldOut : training).push(row));
  return { training, heldOut };
}
