// The target column -> labels or standardized numbers: what it is, which rows have it, how it is encoded. Plain
// records, as for the inputs.
import { isMissing, parseNumber, quote } from "./cells.js";
import { columnIndex, inspectColumn, standardization } from "./inputs.js";
import { RelumineError } from "../core/errors.js";
import { cellName, type Table } from "./csv.js";

export type TargetEncoding =
  | { readonly kind: "classes"; readonly column: string; readonly classes: readonly string[] }
  | { readonly kind: "number"; readonly column: string; readonly mean: number; readonly scale: number };

const FEW_CLASSES = 20;

export type Task = "classification" | "regression";

/** Rows that have a target, and what the target is. */
export interface TargetChoice {
  readonly task: Task;
  readonly rows: readonly number[];
  /** Why this task: "words", "3 whole numbers" or "asked for". */
  readonly reason: string;
}

function looksLikeClasses(values: readonly number[]): boolean {
  const different = new Set(values);
  return [...different].every(Number.isInteger) && different.size <= Math.min(FEW_CLASSES, Math.sqrt(values.length));
}

/**
 * Classes or numbers? Words are classes, and so are whole numbers when at most 20, and at most the square root of the
 * rows, differ.
 * @throws RelumineError "format" where there is nothing to predict, "value" for words where numbers are asked for
 */
export function chooseTask(table: Table, target: string, asked?: Task): TargetChoice {
  const index = columnIndex(table, target);
  const path = `the target column ${quote(target)}`;
  const rows = table.rows.map((_, row) => row).filter((row) => !isMissing(table.rows[row][index]));
  if (rows.length === 0) throw new RelumineError("format", path, "to have a value in at least two rows", "none");
  const { firstWord, cells, values } = inspectColumn(table, index, rows);
  if (asked === "regression" && firstWord >= 0) {
    throw new RelumineError(
      "value",
      cellName(table, firstWord, target),
      "to be a number, for --task regression",
      quote(cells[firstWord]),
    );
  }
  const different = new Set(rows.map((row) => (firstWord < 0 ? values[row] : cells[row]))).size;
  if (different === 1) {
    throw new RelumineError(
      "format",
      path,
      "to have at least two different values",
      `${quote(cells[rows[0]])} in all ${rows.length} rows`,
    );
  }
  if (asked) return { task: asked, rows, reason: "asked for" };
  if (firstWord >= 0) return { task: "classification", rows, reason: "words" };
  const isClasses = looksLikeClasses(rows.map((row) => values[row]));
  return {
    task: isClasses ? "classification" : "regression",
    rows,
    reason: isClasses ? `${different} whole numbers` : "numbers",
  };
}

/** Class names of the given rows: numbers in order of size, written in one way, words in order of their characters. */
function classNames(cells: readonly string[]): string[] {
  const numbers = cells.map(parseNumber);
  if (numbers.includes(undefined)) return [...new Set(cells)].sort();
  return [...new Set(numbers as number[])].sort((a, b) => a - b).map(String);
}

/** The rows of each class, in the order of the classes; one group for numbers. */
export function groupRows(
  table: Table,
  target: string,
  { task, rows }: TargetChoice,
): { classes: string[]; groups: number[][] } {
  if (task === "regression") return { classes: [], groups: [[...rows]] };
  const index = columnIndex(table, target);
  const classes = classNames(rows.map((row) => table.rows[row][index]));
  const groups: number[][] = classes.map(() => []);
  const places = placesOf(classes);
  for (const row of rows) groups[classPlace(places, table.rows[row][index])!].push(row);
  return { classes, groups };
}

function placesOf(classes: readonly string[]): ReadonlyMap<string, number> {
  return new Map(classes.map((name, place) => [name, place]));
}

function classPlace(places: ReadonlyMap<string, number>, cell: string): number | undefined {
  return places.get(cell) ?? places.get(String(parseNumber(cell)));
}

/** The target's encoding, with a target of numbers standardized by the training rows. */
export function learnTarget(
  table: Table,
  target: string,
  classes: readonly string[],
  training: readonly number[],
): TargetEncoding {
  if (classes.length > 0) return { kind: "classes", column: target, classes };
  const index = columnIndex(table, target);
  return {
    kind: "number",
    column: target,
    ...standardization(training.map((row) => parseNumber(table.rows[row][index])!)),
  };
}

/** The rows whose target is one of the classes. */
export function rowsOfClasses(
  classes: readonly string[],
  table: Table,
  column: number,
  rows: readonly number[],
): number[] {
  const places = placesOf(classes);
  return rows.filter((row) => classPlace(places, table.rows[row][column]) !== undefined);
}

/** Labels 0..K-1, or standardized numbers, of the chosen rows. */
export function encodeTargets(target: TargetEncoding, table: Table, rows: readonly number[]): number[] {
  const index = columnIndex(table, target.column);
  if (target.kind === "number")
    return rows.map((row) => (parseNumber(table.rows[row][index])! - target.mean) / target.scale);
  const places = placesOf(target.classes);
  return rows.map((row) => classPlace(places, table.rows[row][index])!);
}
