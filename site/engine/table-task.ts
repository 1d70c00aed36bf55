// A CSV that was dropped in, as a task: one column is the target, the others are its features, standardized.
import { RelumineError } from "../../src/index.js";
import { formatBytes } from "../../src/text/numbers.js";
import { parseCsv, type Table } from "../../src/table/csv.js";
import type { GivenTable } from "./types.js";
import { randomFrom, shuffledIndices } from "./random.js";
import { headFor, takeRows, type Task, toRows } from "./task.js";

export const MOST_BYTES = 8 * 2 ** 20;
const MOST_ROWS = 20_000;
const MOST_FEATURES = 256;
const MOST_CLASSES = 20;
const FEWEST_ROWS = 8;

const MISSING = /^(|na|nan|null|\?)$/i;

const MORE = "The command line takes more: relumine train.";

function refuse(path: string, expected: string, given: string, hint?: string): never {
  throw new RelumineError("format", path, expected, given, hint);
}

function isNumeric(cell: string): boolean {
  return Number.isFinite(Number(cell)) && cell.trim() !== "";
}

/** One column as one or more columns of numbers: itself, or one for each text that it holds. */
function encode(name: string, cells: readonly string[]): { names: string[]; columns: number[][] } {
  if (cells.every(isNumeric)) return { names: [name], columns: [standardize(cells.map(Number))] };
  const levels = [...new Set(cells)].sort();
  if (levels.length > MOST_CLASSES)
    refuse(`column "${name}"`, `to hold numbers, or at most ${MOST_CLASSES} texts`, `${levels.length} different texts`);
  return {
    names: levels.map((level) => `${name} = ${level}`),
    columns: levels.map((level) => cells.map((cell) => Number(cell === level))),
  };
}

function standardize(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return values.map((value) => (std > 0 ? (value - mean) / std : 0));
}

/** Classes where the column holds text or few whole numbers; otherwise numbers. */
function readTarget(name: string, cells: readonly string[]): { classes: string[]; y: number[] } {
  const levels = [...new Set(cells)];
  const isNumber = cells.every(isNumeric);
  if (isNumber && (levels.length > 10 || !levels.every((level) => Number.isInteger(Number(level)))))
    return { classes: [], y: standardize(cells.map(Number)) };
  if (levels.length > MOST_CLASSES)
    refuse(
      `the target, "${name}",`,
      `to hold at most ${MOST_CLASSES} classes, or numbers`,
      `${levels.length} different texts`,
    );
  if (levels.length === 1) refuse(`the target, "${name}",`, "to vary", `nothing but "${levels[0]}"`);
  const classes = isNumber ? levels.sort((a, b) => Number(a) - Number(b)) : levels.sort();
  return { classes, y: cells.map((cell) => classes.indexOf(cell)) };
}

function completeRows({ rows, header }: Table): { kept: (readonly string[])[]; notes: string[] } {
  const kept = rows.filter((cells) => !cells.some((cell) => MISSING.test(cell)));
  if (kept.length < FEWEST_ROWS)
    refuse(
      "the table",
      `to have at least ${FEWEST_ROWS} rows with a value in all ${header.length} columns`,
      `${kept.length} of ${rows.length}`,
    );
  if (kept.length > MOST_ROWS) refuse("the table", `to have at most ${MOST_ROWS} rows`, `${kept.length}`, MORE);
  const left = rows.length - kept.length;
  return { kept, notes: left === 0 ? [] : [`${left} of ${rows.length} rows have missing values and are left out`] };
}

/** @throws RelumineError "format" that says what is wrong with the table */
export function tableTask({ text, target }: GivenTable): Task {
  if (text.length > MOST_BYTES)
    refuse("the file", `to have at most ${formatBytes(MOST_BYTES)}`, formatBytes(text.length), MORE);
  const table = parseCsv(text);
  const { kept, notes } = completeRows(table);
  const { header } = table;
  const at = target === undefined ? header.length - 1 : header.indexOf(target);
  if (at < 0) refuse("the target", `to be a column of the table (${header.join(", ")})`, `"${target}"`);
  const { classes, y } = readTarget(
    header[at],
    kept.map((cells) => cells[at]),
  );
  const others = [...header.keys()].filter((column) => column !== at);
  const encoded = others.map((column) =>
    encode(
      header[column],
      kept.map((cells) => cells[column]),
    ),
  );
  const features = encoded.flatMap(({ names }) => names);
  if (features.length > MOST_FEATURES)
    refuse("the table", `to make at most ${MOST_FEATURES} inputs`, `${features.length}`);
  const columns = encoded.flatMap((each) => each.columns);
  const all = toRows(
    kept.map((_, row) => columns.map((column) => column[row])),
    y,
  );
  const order = shuffledIndices(kept.length, randomFrom(1));
  const cut = Math.max(1, Math.round(kept.length / 4));
  const said = `${header[at]} is to be learnt${classes.length > 0 ? `: ${classes.length} classes` : ""}`;
  return {
    features,
    classes,
    train: takeRows(all, order.slice(cut)),
    heldOut: takeRows(all, order.slice(0, cut)),
    ...headFor(classes.length),
    extent: features.length === 2 ? 3 : 0,
    notes: [said, ...notes],
    table: { columns: header, target: header[at] },
  };
}
