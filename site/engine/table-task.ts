// A user's CSV as a task: one column is the target, the others are its features, standardized.
import { RelumineError } from "../../src/index.js";
import { mean, variance } from "../../src/core/statistics.js";
import { parseCsv, type Table } from "../../src/table/csv.js";
import { lossAndOutputs, splitRows, toRows } from "./learning-task.js";
import { randomFrom, shuffledIndices } from "./random.js";
import type { LearningTask, TableFile } from "./types.js";
import { checkFileSize, COMMAND_LINE } from "../state/file-size.js";

const MOST_ROWS = 20_000;
const MOST_FEATURES = 256;
const MOST_CLASSES = 20;
const FEWEST_ROWS = 8;

const MISSING = /^(|na|nan|null|\?)$/i;

function checkTable(isGood: boolean, path: string, expected: string, given: string, hint?: string): void {
  if (!isGood) throw new RelumineError("format", path, expected, given, hint);
}

function isNumeric(cell: string): boolean {
  return Number.isFinite(Number(cell)) && cell.trim() !== "";
}

/** One column as one or more columns of numbers: itself, or one for each text that it holds. */
function encode(name: string, cells: readonly string[]): { names: string[]; columns: number[][] } {
  if (cells.every(isNumeric)) return { names: [name], columns: [standardize(cells.map(Number))] };
  const levels = [...new Set(cells)].sort();
  checkTable(
    levels.length <= MOST_CLASSES,
    `column "${name}"`,
    `to hold numbers, or at most ${MOST_CLASSES} different texts`,
    `${levels.length} different texts`,
  );
  return {
    names: levels.map((level) => `${name} = ${level}`),
    columns: levels.map((level) => cells.map((cell) => Number(cell === level))),
  };
}

function standardize(values: readonly number[]): number[] {
  const middle = mean(values);
  const std = Math.sqrt(variance(values));
  return values.map((value) => (std > 0 ? (value - middle) / std : 0));
}

/** Classes where the column holds text or few whole numbers; otherwise numbers. */
function readTarget(name: string, cells: readonly string[]): { classes: string[]; y: number[] } {
  const levels = [...new Set(cells)];
  const isNumber = cells.every(isNumeric);
  if (isNumber && (levels.length > 10 || !levels.every((level) => Number.isInteger(Number(level)))))
    return { classes: [], y: standardize(cells.map(Number)) };
  const path = `the target, "${name}",`;
  checkTable(
    levels.length <= MOST_CLASSES,
    path,
    `to hold numbers, or at most ${MOST_CLASSES} classes`,
    `${levels.length} different texts`,
  );
  checkTable(levels.length > 1, path, "to vary", `"${levels[0]}" in every row`);
  const classes = isNumber ? levels.sort((a, b) => Number(a) - Number(b)) : levels.sort();
  return { classes, y: cells.map((cell) => classes.indexOf(cell)) };
}

function completeRows({ rows, header }: Table): { kept: (readonly string[])[]; notes: string[] } {
  const kept = rows.filter((cells) => !cells.some((cell) => MISSING.test(cell)));
  checkTable(
    kept.length >= FEWEST_ROWS,
    "the table",
    `to have at least ${FEWEST_ROWS} rows with a value in all ${header.length} columns`,
    `${kept.length} of ${rows.length} rows`,
  );
  const expected = `to have at most ${MOST_ROWS} rows`;
  checkTable(kept.length <= MOST_ROWS, "the table", expected, `${kept.length} rows`, COMMAND_LINE);
  const left = rows.length - kept.length;
  return { kept, notes: left === 0 ? [] : [`${left} of ${rows.length} rows have missing values and are left out`] };
}

function targetColumn(header: readonly string[], target = header.at(-1)!): number {
  const column = header.indexOf(target);
  checkTable(column >= 0, "the target", `to be one of the columns ${header.join(", ")}`, `"${target}"`);
  return column;
}

/** @throws RelumineError "format" that says what is wrong with the table and what was expected */
export function tableTask(file: TableFile | undefined): LearningTask {
  if (!file) {
    const given = "a link, which does not contain it";
    throw new RelumineError("value", "the data", "to be a CSV file", given, "Choose the file, or drop it in again.");
  }
  checkFileSize(file.name, file.text.length);
  const table = parseCsv(file.text);
  const { kept, notes } = completeRows(table);
  const { header } = table;
  const target = targetColumn(header, file.target);
  const cellsOf = (column: number) => kept.map((cells) => cells[column]);
  const { classes, y } = readTarget(header[target], cellsOf(target));
  const others = [...header.keys()].filter((column) => column !== target);
  const encoded = others.map((column) => encode(header[column], cellsOf(column)));
  const features = encoded.flatMap(({ names }) => names);
  const expected = `to make at most ${MOST_FEATURES} inputs`;
  checkTable(features.length <= MOST_FEATURES, "the columns", expected, `${features.length} inputs`);
  const columns = encoded.flatMap((each) => each.columns);
  const points = kept.map((_, row) => columns.map((column) => column[row]));
  const classCount = classes.length > 0 ? `: ${classes.length} classes` : "";
  return {
    features,
    classes,
    ...splitRows(toRows(points, y), shuffledIndices(kept.length, randomFrom(1))),
    ...lossAndOutputs(classes.length),
    extent: features.length === 2 ? 3 : 0,
    notes: [`${header[target]} is to be learnt${classCount}`, ...notes],
    table: { columns: header, target: header[target] },
  };
}
