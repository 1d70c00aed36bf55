// Two files of any size, rows and their targets, as a training takes them: scaled as a table's columns are, block by
// block, with the rows that judge and a sample of the others in memory.
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { EncodedBatches } from "./encoded-batches.js";
import { type FileNames, heldOutCount, MOST_CLASSES, type Scan, scanRows } from "./scan.js";
import type { TrainingData } from "../prepare-table.js";
import { type RawOptions, withDashes } from "../options.js";
import type { Terminal } from "../terminal.js";
import { targetName } from "../../arrays/choose.js";
import { type RawRow, rawShape } from "../../arrays/raw.js";
import { RelumineError } from "../../core/errors.js";
import {
  batchesOf,
  openFiles,
  type OpenFiles,
  type OpenRows,
  type OpenRowsOptions,
  type RawFile,
} from "../../files/open-rows.js";
import { type NumberEncoding, type TableEncoding, type TargetEncoding, inputNames } from "../../table/encoding.js";
import { balancedWeights } from "../../network/training/class-weights.js";
import { MOST_COLUMNS } from "../../table/read/layout.js";
import { areFewValues, type Task } from "../../table/target.js";
import { countOf } from "../../text/numbers.js";

/** Numbers that are looked at at once. */
const PIECE = 2 ** 18;
const MOST_IN_PIECE = 2 ** 12;

export interface FileOptions extends RawOptions {
  readonly task?: Task;
  readonly validation: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly classWeights?: "balanced";
}

/** As openFiles takes it. What is no file is left to that. */
async function asRaw(file: string, row: RawRow | undefined): Promise<string | RawFile> {
  if (!row) return file;
  const status = await stat(file).catch(() => undefined);
  const shape = status?.isFile() ? rawShape(file, status.size, row) : [1, 1];
  return { file, type: row.type, shape };
}

async function batches(files: OpenFiles, options: OpenRowsOptions): Promise<OpenRows> {
  try {
    return await batchesOf(files, options, true);
  } catch (error) {
    throw withDashes(error, ["batchSize", "seed"]);
  }
}

async function scan(
  names: FileNames,
  files: OpenFiles,
  { validation, seed, batchSize: given }: FileOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<{ readonly seen: Scan; readonly isCut: boolean }> {
  await batches(files, { batchSize: given, seed }); // what is refused, before all is read
  for (const side of ["x", "y"] as const)
    if (files[side].columns > MOST_COLUMNS)
      throw new RelumineError(
        "memory",
        names[side],
        `to have rows of at most ${MOST_COLUMNS} numbers`,
        `${files[side].columns}`,
      );
  const { columns: targets } = files.y;
  const widest = Math.max(files.x.columns, targets);
  const batchSize = Math.max(1, Math.min(MOST_IN_PIECE, Math.floor(PIECE / widest)));
  const rows = await batches(files, { batchSize, shuffle: false });
  try {
    const { count: heldOut, isCut } = heldOutCount(rows.rows, widest, validation);
    const tell = terminal.startShare("reading");
    return { seen: await scanRows(names, rows, { targets, heldOut, seed, signal, tell }), isCut };
  } finally {
    terminal.endProgress();
  }
}

/** Classes or numbers? By the rule for a table's column of numbers; several a row are numbers. */
function taskOf({ values, areWhole, rows, target: { columns } }: Scan, { task }: FileOptions, { y }: FileNames): Task {
  if (task === "classification" && columns > 1) {
    const expected = "to have one label a row, for --task classification";
    throw new RelumineError(
      "shape",
      y,
      expected,
      `${columns} numbers`,
      "Of one-hot rows numpy makes labels: y.argmax(1).",
    );
  }
  const seen = areWhole && values !== undefined && areFewValues(values.length, rows) ? "classification" : "regression";
  if (task === "classification" && !values)
    throw new RelumineError(
      "value",
      y,
      `to have at most ${MOST_CLASSES} different labels, for --task classification`,
      "more",
    );
  return task ?? seen;
}

function encodingOf(seen: Scan, task: Task, { y }: FileNames): TableEncoding {
  const name = targetName(basename(y).replace(/\.(npy|bin|raw)$/i, ""));
  const column = name === "" || /^column( \d+)?$/.test(name) ? "target" : name; // inputs are called so
  const inputs = Array.from(seen.medians, (median, c): NumberEncoding => ({
    kind: "number",
    column: `column ${c + 1}`,
    median,
    ...seen.inputs.scaling(c),
  }));
  return { inputs, target: targetOf(seen, task, column) };
}

function targetOf({ values, target }: Scan, task: Task, column: string): TargetEncoding {
  if (task === "classification") return { kind: "classes", column, classes: values!.map(String) };
  const [first, ...others] = Array.from(target.means, (_, t) => target.scaling(t));
  return others.length === 0
    ? { kind: "number", column, ...first }
    : { kind: "numbers", column, outputs: [first, ...others] };
}

function describeTarget(target: TargetEncoding): { readonly what: string; readonly reason: string } {
  if (target.kind === "classes")
    return { what: countOf(target.classes.length, "class", "classes"), reason: "whole numbers" };
  if (target.kind === "number") return { what: "a number", reason: "numbers" };
  return { what: `${countOf(target.outputs.length, "number")} a row`, reason: "columns" };
}

const ONE_HOT_NOTE = "every row has a single 1: its place, as a label, would train a classifier (numpy: y.argmax(1))";

/** Of several numbers a row. */
function targetNotes({ target, areOneHot }: Scan, { target: { column } }: TableEncoding): string[] {
  if (target.columns === 1) return [];
  const constant = Array.from(target.means, (_, t) => target.isConstant(t)).filter(Boolean).length;
  return [
    ...(areOneHot ? [`${column} (target): ${ONE_HOT_NOTE}`] : []),
    ...(constant > 0
      ? [`${column} (target): ${countOf(constant, "column")} with the same value in every training row`]
      : []),
  ];
}

function notesOf(seen: Scan, encoding: TableEncoding, options: FileOptions, isCut: boolean): string[] {
  const { target } = encoding;
  const { what, reason } = describeTarget(target);
  const heldOut = countOf(seen.heldOut.x.rows, "row");
  const constant = encoding.inputs.filter((_, c) => seen.inputs.isConstant(c)).length;
  return [
    `${target.column} (target): ${what} (${options.task ? "asked for" : reason})`,
    ...targetNotes(seen, encoding),
    `read by blocks; the diagnosis is of ${countOf(seen.sample.x.rows, "training row")} that were drawn`,
    ...(isCut ? [`${heldOut} are held out, drawn from all: as many as are kept in memory`] : []),
    ...(constant > 0 ? [`${countOf(constant, "column")} with the same value in every training row`] : []),
  ];
}

function classWeightsOf({ values, counts, inputs }: Scan): number[] {
  return balancedWeights(
    values!.map((value) => counts.get(value)),
    inputs.rows,
  );
}

/**
 * Opens both files, which stay so for the training, and reads them once.
 * @throws RelumineError that names the file, or says that a signal came first
 */
export async function prepareFiles(
  names: FileNames,
  options: FileOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TrainingData> {
  const files = await openFiles(await asRaw(names.x, options.raw), await asRaw(names.y, options.rawTarget));
  try {
    return await prepare(names, files, options, terminal, signal);
  } catch (error) {
    await files.close();
    throw error;
  }
}

async function prepare(
  names: FileNames,
  files: OpenFiles,
  options: FileOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TrainingData> {
  const { seen, isCut } = await scan(names, files, options, terminal, signal);
  const task = taskOf(seen, options, names);
  const encoding = encodingOf(seen, task, names);
  const { batchSize, validation, seed, classWeights } = options;
  const rows = await batches(files, { batchSize, seed, without: seen.heldOutRows });
  const source = new EncodedBatches(rows, encoding, names);
  const training = source.encodeRows(seen.sample);
  const heldOut = source.encodeRows(seen.heldOut, seen.heldOutRows);
  return {
    name: names.x,
    task,
    columns: inputNames(encoding.inputs),
    training,
    heldOut,
    heldOutRows: [],
    judges: validation > 0 ? heldOut : training,
    notes: notesOf(seen, encoding, options, isCut),
    encoding,
    blocks: {
      source,
      targets: names.y,
      ...(classWeights && task === "classification" && { classWeights: classWeightsOf(seen) }),
      close: () => rows.close(),
    },
  };
}
