// Two files of any size, rows and their targets, as a training takes them: scaled as a table's columns are, block by
// block, with the rows that judge and a sample of the others in memory.
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { EncodedBatches } from "./encoded-batches.js";
import { areShares, type RowKind } from "./target-rows.js";
import { type FileNames, heldOutCount, MOST_CLASSES, type Scan, scanRows } from "./scan.js";
import type { TrainingData } from "../prepare-table.js";
import { type RawOptions, type TrainLoss, UnfitOption, withDashes } from "../options.js";
import { taskOfLoss } from "../network-for-table.js";
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
import {
  inputNames,
  type NumberEncoding,
  outputWidth,
  type TableEncoding,
  type TargetEncoding,
  UNSCALED,
} from "../../table/encoding.js";
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
  readonly loss?: TrainLoss;
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
  { validation, seed, loss, batchSize: given }: FileOptions,
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
    return { seen: await scanRows(names, rows, { targets, heldOut, seed, loss, signal, tell }), isCut };
  } finally {
    terminal.endProgress();
  }
}

/** Classes or numbers? By the loss, else by the rule for a table's column of numbers; several a row are numbers. */
function taskOf(
  { values, areWhole, rows, target: { columns } }: Scan,
  { loss, task = loss && taskOfLoss(loss) }: FileOptions,
  { y }: FileNames,
): Task {
  if (areShares(loss, columns)) return "classification";
  if (loss === "crossEntropy" && !areWhole) {
    const expected = "to have labels, which are whole numbers, for --loss crossEntropy";
    const hint = "A share of two classes takes binaryCrossEntropy, numbers meanSquaredError.";
    throw new UnfitOption("value", y, expected, "other numbers", hint);
  }
  if (task === "classification" && columns > 1) {
    const expected = "to have one label a row, for --task classification";
    throw new RelumineError(
      "shape",
      y,
      expected,
      `${columns} numbers`,
      "One-hot rows take --loss crossEntropy, or labels of them: y.argmax(1).",
    );
  }
  const seen = areWhole && values !== undefined && areFewValues(values.length, rows) ? "classification" : "regression";
  if (task === "classification" && !values)
    throw new RelumineError(
      "value",
      y,
      `to have at most ${MOST_CLASSES} different labels, for ${loss ? `--loss ${loss}` : "--task classification"}`,
      "more",
    );
  return task ?? seen;
}

function encodingOf(seen: Scan, task: Task, { loss }: FileOptions, { y }: FileNames): TableEncoding {
  const name = targetName(basename(y).replace(/\.(npy|bin|raw)$/i, ""));
  const column = name === "" || /^column( \d+)?$/.test(name) ? "target" : name; // inputs are called so
  const inputs = Array.from(seen.medians, (median, c): NumberEncoding => ({
    kind: "number",
    column: `column ${c + 1}`,
    median,
    ...seen.inputs.scaling(c),
  }));
  return { inputs, target: targetOf(seen, task, column, loss) };
}

function targetOf({ values, target }: Scan, task: Task, column: string, loss: TrainLoss | undefined): TargetEncoding {
  const areAsTheyLie = areShares(loss, target.columns);
  if (task === "classification" && !areAsTheyLie) return { kind: "classes", column, classes: values!.map(String) };
  const [first, ...others] = Array.from(target.means, (_, t) => (areAsTheyLie ? UNSCALED : target.scaling(t)));
  return others.length === 0
    ? { kind: "number", column, ...first }
    : { kind: "numbers", column, outputs: [first, ...others] };
}

/** What the target is, and by what it was seen to be that. */
function describeTarget(target: TargetEncoding): readonly [what: string, reason: string] {
  if (target.kind === "classes") return [countOf(target.classes.length, "class", "classes"), "whole numbers"];
  if (target.kind === "number") return ["a number", "numbers"];
  return [`${countOf(target.outputs.length, "number")} a row`, "columns"];
}

/** The same of shares, which are asked for. */
function describeShares({ columns, kind }: Scan["targetRows"], loss: TrainLoss): string {
  if (loss === "crossEntropy")
    return `${countOf(columns, "class", "classes")}, ${kind === "oneHot" ? "one-hot" : "shares of 1"}`;
  return columns === 1 ? "a label, 0 or 1" : `${countOf(columns, "label")} a row`;
}

/** What rows seem to be where no loss is asked for. */
const NOTES: Readonly<Record<RowKind, string>> = {
  oneHot: "every row has a single 1, as classes have: --loss crossEntropy trains a classifier",
  shares: "every row sums to 1, as shares of classes do: --loss crossEntropy trains a classifier",
  severalLabels: "all are 0 or 1, as several labels a row are: --loss binaryCrossEntropy trains each as such",
};

/** Of several numbers a row. */
function targetNotes(
  { target, targetRows: { kind } }: Scan,
  { target: { column } }: TableEncoding,
  loss: TrainLoss | undefined,
): string[] {
  if (target.columns === 1) return [];
  const constant = Array.from(target.means, (_, t) => target.isConstant(t)).filter(Boolean).length;
  return [
    ...(kind && !loss ? [`${column} (target): ${NOTES[kind]}`] : []),
    ...(constant > 0
      ? [`${column} (target): ${countOf(constant, "column")} with the same value in every training row`]
      : []),
  ];
}

function notesOf(seen: Scan, encoding: TableEncoding, options: FileOptions, isCut: boolean): string[] {
  const { target } = encoding;
  const { task, loss } = options;
  const [what, reason] = describeTarget(target);
  const told = loss && areShares(loss, outputWidth(target)) ? describeShares(seen.targetRows, loss) : what;
  const heldOut = countOf(seen.heldOut.x.rows, "row");
  const constant = encoding.inputs.filter((_, c) => seen.inputs.isConstant(c)).length;
  return [
    `${target.column} (target): ${told} (${(task ?? loss) ? "asked for" : reason})`,
    ...targetNotes(seen, encoding, loss),
    `read by blocks; the diagnosis is of ${countOf(seen.sample.x.rows, "training row")} that were drawn`,
    ...(isCut ? [`${heldOut} are held out, drawn from all: as many as are kept in memory`] : []),
    ...(constant > 0 ? [`${countOf(constant, "column")} with the same value in every training row`] : []),
  ];
}

/** Of labels, or of what each class has of the rows' shares. */
function classWeightsOf(
  { values, counts, inputs: { rows }, targetRows: { sums } }: Scan,
  target: TargetEncoding,
): number[] {
  if (target.kind === "classes")
    return balancedWeights(
      values!.map((value) => counts.get(value)),
      rows,
    );
  return balancedWeights(sums.length === 1 ? [rows - sums[0], sums[0]] : [...sums], rows);
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
  const encoding = encodingOf(seen, task, options, names);
  const { batchSize, validation, seed, classWeights, loss } = options;
  const hasClasses = task === "classification" && !(loss === "binaryCrossEntropy" && seen.target.columns > 1);
  const rows = await batches(files, { batchSize, seed, without: seen.heldOutRows });
  const areRows = encoding.target.kind === "numbers" || areShares(loss, seen.target.columns);
  const source = new EncodedBatches(rows, encoding, names, areRows);
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
      ...(classWeights && hasClasses && { classWeights: classWeightsOf(seen, encoding.target) }),
      close: () => rows.close(),
    },
  };
}
