// A user's table as a task, read by the package as the command line reads it: the same file is the same task. Numbers
// are as they stand in the file, or standardized.
import { RelumineError } from "../../../src/core/errors.js";
import { denseRows, type Matrix } from "../../../src/core/matrix.js";
import type { InputEncoding, TableEncoding } from "../../../src/table/encoding.js";
import { prepareColumns, type PreparedTable } from "../../../src/table/prepare.js";
import { encodeLabelledColumns } from "../../../src/table/prepare-table.js";
import { readTable } from "../../../src/table/read/read-table.js";
import type { Table } from "../../../src/table/columns.js";
import { type LabelledRows, type LearningTask, lossAndOutputs, takeRows } from "../../tasks/learning-task.js";
import type { TableFile } from "./types.js";
import { checkFileSize, COMMAND_LINE } from "../state/file-size.js";
import type { Recipe } from "../../training/recipe.js";

const MOST_ROWS = 20_000;
const MOST_FEATURES = 256;
/** Of two columns that are drawn as a plane: the narrower may not look like a line. */
const LEAST_PART = 0.1;

function check(isGood: boolean, path: string, expected: string, given: string, hint?: string): void {
  if (!isGood) throw new RelumineError("format", path, expected, given, hint);
}

/** Numbers as they stand in the file; a missing one is still the median. */
function unscaled({ inputs, target }: TableEncoding): TableEncoding {
  const plain = { mean: 0, scale: 1 };
  return {
    inputs: inputs.map((input): InputEncoding => ("scale" in input ? { ...input, ...plain } : input)),
    target: target.kind === "number" ? { ...target, ...plain } : target,
  };
}

function asItIs(table: Table, { encoding, heldOutRows }: PreparedTable): Pick<LearningTask, "train" | "heldOut"> {
  const { x, y, rows } = encodeLabelledColumns(unscaled(encoding), table);
  const all: LabelledRows = { x: denseRows(x), y: Float32Array.from(y as readonly number[]) };
  const isHeldOut = new Set(heldOutRows);
  const places = [...rows.keys()]; // both parts are in the order of the file
  return {
    train: takeRows(
      all,
      places.filter((place) => !isHeldOut.has(rows[place])),
    ),
    heldOut: takeRows(
      all,
      places.filter((place) => isHeldOut.has(rows[place])),
    ),
  };
}

function standardized({ training, heldOut }: PreparedTable): Pick<LearningTask, "train" | "heldOut"> {
  const rows = ({ x, y }: PreparedTable["training"]): LabelledRows => ({ x: denseRows(x), y: Float32Array.from(y) });
  return { train: rows(training), heldOut: rows(heldOut) };
}

/** How far a plane of two columns reaches from 0; 0 where one of them would be a line on it. */
function extentOf({ columns, data }: Matrix): number {
  if (columns !== 2) return 0;
  const reach = [0, 0];
  data.forEach((value, i) => (reach[i % 2] = Math.max(reach[i % 2], Math.abs(value))));
  const [low, high] = reach.toSorted((a, b) => a - b);
  return low >= LEAST_PART * high ? high * 1.05 : 0;
}

/** @throws RelumineError "format" that says what is wrong with the table and what was expected */
export async function tableTask(file: TableFile | undefined, scale: Recipe["scale"]): Promise<LearningTask> {
  if (!file) {
    const given = "a link, which does not contain it";
    throw new RelumineError("value", "the data", "to be a CSV file", given, "Choose the file, or drop it in again.");
  }
  checkFileSize(file.name, file.contents.length);
  const table = await readTable(file.contents);
  check(table.rows <= MOST_ROWS, "the table", `to have at most ${MOST_ROWS} rows`, `${table.rows} rows`, COMMAND_LINE);
  const columns = table.columns.map(({ name }) => name);
  check(columns.length > 1, "the table", "to have at least two columns", "1");
  const target = file.target ?? columns.at(-1)!;
  const prepared = prepareColumns(table, { target });
  const features = prepared.columns;
  const expected = `to make at most ${MOST_FEATURES} inputs`;
  check(features.length <= MOST_FEATURES, "the columns", expected, `${features.length} inputs`);
  const { target: encoding } = prepared.encoding;
  const classes = encoding.kind === "classes" ? encoding.classes : [];
  const parts = scale === "asIs" ? asItIs(table, prepared) : standardized(prepared);
  return {
    features,
    classes,
    ...parts,
    ...lossAndOutputs(classes.length),
    extent: extentOf(parts.train.x),
    notes: prepared.notes,
    table: { name: file.name, columns, target },
  };
}
