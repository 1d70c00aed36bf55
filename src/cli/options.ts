// The options that commands share, and how their values are read. What is refused here is bad usage: exit code 2.
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseNumber } from "../table/cells.js";
import { COLUMN_CHOICES, type ColumnChoices } from "../table/column-choice.js";
import type { PreparedTable } from "../table/prepare.js";
import type { LayoutOptions } from "../table/read/layout.js";
import { checkSeparator } from "../table/read/layout.js";
import type { Task } from "../table/target.js";
import { checkInteger, checkName, checkNumber, type NumberRange } from "../core/checks.js";
import { readScheduleWords } from "../network/training/schedules/schedule-words.js";
import { OPTIMIZER_NAMES } from "../network/training/optimizers/names.js";
import { RelumineError } from "../core/errors.js";
import type { SweepFit } from "../sweep/types.js";
import type { FitOptions, Loss, NormalizationKind, Optimizer } from "../index.js";
import { RAW_TYPES, type RawRow, type RawType } from "../arrays/raw.js";
import { ACTIVATION_NAMES, type ActivationName } from "../activations/activations.js";

/** Runs a check; commander's words around the message name the option and what was given. */
function refuse<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    throw new InvalidArgumentError(`It has ${error.expected}.${error.hint && ` ${error.hint}`}`);
  }
}

/** A command line that does not go with what its files hold: exit code 2, as of one that is wrong by itself. */
export class UnfitOption extends RelumineError {}

/** The same refusal where the library's option that it is about is one of the command line's: with dashes before it. */
export function withDashes(error: unknown, names: readonly string[]): unknown {
  if (!(error instanceof RelumineError) || !names.includes(error.path)) return error;
  const { code, path, expected, given, hint } = error;
  return new RelumineError(code, flagOf(path), expected, given, hint);
}

function toNumber(text: string): number {
  return parseNumber(text) ?? Number.NaN;
}

export const integer =
  (range: NumberRange) =>
  (text: string): number =>
    refuse(() => checkInteger("it", toNumber(text), range));
export const decimal =
  (range: NumberRange) =>
  (text: string): number =>
    refuse(() => checkNumber("it", toNumber(text), range));
export const oneOf =
  <T extends string>(names: readonly T[]) =>
  (text: string): T =>
    refuse(() => checkName("it", text, names));

const MAX_UNITS = 2 ** 20;

/** `64,32` */
function layerSizes(text: string): number[] {
  return text.split(",").map((part) => integer({ low: 1, high: MAX_UNITS })(part.trim()));
}

function columnNames(text: string, before: readonly string[]): string[] {
  return [...before, ...text.split(",").map((name) => name.trim())];
}

/** What shells make hard to write. */
const SEPARATOR_NAMES: Readonly<Record<string, string>> = {
  "\\t": "\t",
  tab: "\t",
  blank: " ",
  blanks: " ",
  comma: ",",
  semicolon: ";",
  bar: "|",
};

function separator(text: string): string {
  return refuse(() => checkSeparator(SEPARATOR_NAMES[text] ?? text));
}

/** `zip=words,price=decimal-comma`; names may hold "=". */
function columnChoices(text: string, before: ColumnChoices): ColumnChoices {
  const choices = text.split(",").map((part) => {
    const sign = part.lastIndexOf("=");
    if (sign <= 0) throw new InvalidArgumentError('It has to be such as "zip=words,price=decimal-comma".');
    const choice = part.slice(sign + 1).replaceAll("-", " ");
    return [part.slice(0, sign).trim(), oneOf(COLUMN_CHOICES)(choice.trim())] as const;
  });
  return Object.fromEntries([...Object.entries(before), ...choices]);
}

/** What a command takes as its rows. */
export const DATA_HELP = 'CSV, .npy, .npz, .safetensors, IDX (also gzipped) or Parquet; "digits": the embedded set';

export function arrayOption(): Option {
  return new Option("--array <name>", "the array of the rows, where a file has several");
}

export function ignoreOption(): Option {
  return new Option("--ignore <columns>", "columns to leave out, separated by commas")
    .argParser(columnNames)
    .default([], "none");
}

export function columnsOption(): Option {
  return new Option("--columns <choices>", `how to read columns, e.g. zip=words: ${COLUMN_CHOICES.join(", ")}`)
    .argParser(columnChoices)
    .default({}, "seen");
}

/** How the table's text is laid out, where the first lines don't show it. */
export function addLayoutOptions(command: Command): Command {
  return command
    .option("--separator <character>", 'between cells: a character, "tab" or "blanks" (default: seen)', separator)
    .option("--header", "the first line names the columns (default: seen)")
    .option("--no-header", "the first line is a row");
}

/** How a table is read and split. */
export interface TableOptions extends LayoutOptions {
  readonly target?: string;
  readonly task?: Task;
  readonly ignore: readonly string[];
  readonly columns: ColumnChoices;
  readonly validation: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** What `train` and `checkup` both take. */
export interface SharedOptions extends TableOptions {
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
}

/** Adds the table, and how its columns are read. */
export function addTableOptions(command: Command): Command {
  return addLayoutOptions(command)
    .argument("<table>", DATA_HELP)
    .option("-t, --target <column>", "the column, or array, to predict")
    .addOption(arrayOption())
    .addOption(
      new Option("--task <task>", "classification or regression (default: seen by the target's values)").argParser(
        oneOf(["classification", "regression"]),
      ),
    )
    .addOption(ignoreOption())
    .addOption(columnsOption());
}

/** Adds how its rows are split, and --json. */
export function addSplitOptions(command: Command): Command {
  return addSeedOptions(
    command.option(
      "--validation <share>",
      "share of the rows that is held out; 0: the rows that train judge",
      decimal({ low: 0, high: 1, openHigh: true }),
      0.2,
    ),
  );
}

/** Adds --seed and --json. */
export function addSeedOptions(command: Command): Command {
  return command
    .option(
      "--seed <number>",
      "decides the split, the initial weights and the order",
      integer({ low: 0, high: Number.MAX_SAFE_INTEGER }),
      0,
    )
    .option("--json", "print one JSON document instead");
}

/** Adds the table and the shared options; defaults differ by command. */
export function addSharedOptions(
  command: Command,
  defaults: { readonly hidden: readonly number[]; readonly epochs: number },
): Command {
  return addSplitOptions(addNetworkOptions(addTableOptions(command), defaults));
}

/** Adds the layers, and how long they train. */
export function addNetworkOptions(
  command: Command,
  defaults: { readonly hidden: readonly number[]; readonly epochs: number },
): Command {
  return command
    .addOption(hiddenOption(defaults.hidden))
    .option("--epochs <count>", "passes over the training rows", integer({ low: 1, high: 1e6 }), defaults.epochs)
    .addOption(batchSizeOption());
}

export function hiddenOption(hidden: readonly number[]): Option {
  return new Option("--hidden <units>", "units of each hidden layer")
    .argParser(layerSizes)
    .default(hidden, hidden.join(","));
}

export function batchSizeOption(): Option {
  const checked = integer({ low: 1, high: 1e6 });
  return new Option("--batch-size <rows>", "rows of one step").argParser(checked).default(32);
}

/** What layers are told beside their sizes. */
export interface LayerOptions {
  readonly activation: ActivationName;
  /** Where the biases of hidden units start; false: they have none. */
  readonly bias: number | false;
  readonly normalization?: NormalizationKind;
  readonly dropout?: number;
  readonly l1?: number;
  readonly l2?: number;
  readonly maxNorm?: number;
  readonly residual?: boolean;
}

/** How `train` and `cure` train. */
export interface TrainingOptions extends SharedOptions, LayerOptions {
  readonly optimizer: (typeof OPTIMIZER_NAMES)[number];
  readonly learningRate?: number;
  /** As readScheduleWords takes it. */
  readonly schedule?: string;
  /** Batches of one update. */
  readonly accumulate?: number;
  readonly classWeights?: "balanced";
  readonly labelSmoothing?: number;
  /** Of `train` alone. */
  readonly loss?: TrainLoss;
}

export const NORMALIZATIONS = ["batch", "layer"] as const satisfies readonly NormalizationKind[];

/** Names of LayerOptions, which build a network. */
export const LAYER_OPTIONS = [
  "activation",
  "bias",
  "normalization",
  "dropout",
  "l1",
  "l2",
  "maxNorm",
  "residual",
] as const satisfies readonly (keyof LayerOptions)[];

/** Ends with the code of a wrong command line. */
function refuseLine(command: Command, option: string, expected: string, given: string): never {
  return command.error(`error: ${new RelumineError("value", option, expected, given).message}`);
}

/** To commander `--bias` and `--no-bias` are one option, of which the last is taken. */
function refuseBiasTwice(command: Command): void {
  const told = new Set<string>();
  for (const name of ["bias", "no-bias"])
    command.on(`option:${name}`, () => {
      if (told.add(name).size > 1) refuseLine(command, "--no-bias", "to be told without --bias", "both");
    });
}

/** A training that goes on, or a network from a file, has the layers that it has. */
function checkResidual(command: Command): void {
  const { residual, hidden, resume, model } = command.opts<
    LayerOptions & { readonly hidden: readonly number[]; readonly resume?: string; readonly model?: string }
  >();
  if (!residual || resume !== undefined || model !== undefined) return;
  if (hidden.length > 1 && new Set(hidden).size === 1) return;
  const given = hidden.length === 1 ? "one layer" : hidden.join(",");
  refuseLine(command, "--residual", "to be for two hidden layers or more of as many units", given);
}

/** Adds what layers are told. */
export function addLayerOptions(command: Command): Command {
  const told = command
    .option("--activation <name>", "of the hidden layers", oneOf(ACTIVATION_NAMES), "relu")
    .option("--bias <value>", "starting bias of the hidden units", decimal({}), 0)
    .option("--no-bias", "hidden units have none")
    .option("--normalization <kind>", "of the hidden layers: batch or layer", oneOf(NORMALIZATIONS))
    .option("--dropout <share>", "of the hidden activations, in training", decimal({ low: 0, high: 1, openHigh: true }))
    .option("--l1 <factor>", "penalty on the sizes of all weights", decimal({ low: 0 }))
    .option("--l2 <factor>", "penalty on their squares", decimal({ low: 0 }))
    .option("--max-norm <norm>", "most of the weights that go into a hidden unit", decimal({ low: 0, openLow: true }))
    .option("--residual", "inputs of hidden layers but the first pass them by, too");
  refuseBiasTwice(told);
  return told.hook("preAction", checkResidual);
}

/** `--batch-size` */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** @param optimizer the default, which differs by command */
export function addTrainingOptions(command: Command, optimizer?: (typeof OPTIMIZER_NAMES)[number]): Command {
  const shared = command
    .addOption(optimizerOption(optimizer))
    .option("--learning-rate <rate>", "step size (default: the optimizer's own)", decimal({ low: 0, openLow: true }))
    .option("--schedule <schedule>", "how the rate changes, e.g. cosine, or warmup:epochs=2,cosine", scheduleWords)
    .option("--accumulate <batches>", "batches of one update (default: 1)", integer({ low: 1, high: 2 ** 20 }));
  return addLossOptions(addLayerOptions(shared));
}

export function optimizerOption(optimizer: (typeof OPTIMIZER_NAMES)[number] = "adam"): Option {
  const named = new Option("--optimizer <name>", OPTIMIZER_NAMES.join(", "));
  return named.argParser(oneOf(OPTIMIZER_NAMES)).default(optimizer);
}

/** Adds how labels count. */
export function addLossOptions(command: Command): Command {
  return command
    .addOption(classWeightsOption())
    .option(
      "--label-smoothing <share>",
      "share of each label that counts for all classes alike (default: none)",
      decimal({ low: 0, high: 1, openHigh: true }),
    );
}

/** Those that a last layer of numbers or logits has: poisson wants one of rates. */
export const TRAIN_LOSSES = [
  "meanSquaredError",
  "meanAbsoluteError",
  "huber",
  "crossEntropy",
  "binaryCrossEntropy",
] as const satisfies readonly Loss[];
export type TrainLoss = (typeof TRAIN_LOSSES)[number];

export function lossOption(): Option {
  const what = `${TRAIN_LOSSES.join(", ")} (default: crossEntropy of classes, meanSquaredError of numbers)`;
  return new Option("--loss <name>", what).argParser(oneOf(TRAIN_LOSSES));
}

export function classWeightsOption(): Option {
  const what = '"balanced": all classes count the same in training, however many rows each has';
  return new Option("--class-weights <how>", what).argParser(oneOf(["balanced"]));
}

/** Of files without a header. */
export interface RawOptions {
  /** What a row is, and of the targets' file. */
  readonly raw?: RawRow;
  readonly rawTarget?: RawRow;
}

/** `float32:784`, or `uint8` for one number a row. */
function rawRow(words: string): RawRow {
  const [type, columns = "1", ...more] = words.split(":");
  if (more.length > 0) throw new InvalidArgumentError('It has to be such as "float32:784".');
  return {
    type: oneOf(Object.keys(RAW_TYPES) as RawType[])(type),
    columns: integer({ low: 1, high: 2 ** 26 })(columns),
  };
}

/** Adds what files without a header are told by. */
export function addRawOptions(command: Command): Command {
  return command
    .option("--raw <row>", "the rows' file has no header: type and numbers of a row, e.g. float32:784", rawRow)
    .option("--raw-target <row>", "nor has that of the targets, e.g. uint8", rawRow);
}

const MOST_THREADS = 64;

/** Of what is done side by side. */
export function threadsOption(what = "trainings at a time", most = MOST_THREADS): Option {
  return new Option("--threads <count>", `${what} (default: one a core)`).argParser(integer({ low: 1, high: most }));
}

/** The option of fit that `--class-weights` asks for. */
export function classWeightsOf(
  { classWeights, loss }: Pick<TrainingOptions, "classWeights" | "loss">,
  {
    encoding: { target },
    blocks,
  }: Pick<PreparedTable, "encoding"> & { readonly blocks?: Pick<FitOptions, "classWeights"> },
): Pick<FitOptions, "classWeights"> {
  if (classWeights === undefined) return {};
  if (blocks?.classWeights ?? target.kind === "classes") return { classWeights: blocks?.classWeights ?? classWeights };
  const [where, given] =
    loss === "binaryCrossEntropy"
      ? ["a row has no one class", "several labels a row"]
      : ["there are no classes", "a target of numbers"];
  throw new RelumineError("value", "--class-weights", `to be left out where ${where}`, given);
}

function scheduleWords(words: string): string {
  try {
    readScheduleWords(words);
    return words;
  } catch (error) {
    throw error instanceof RelumineError ? new InvalidArgumentError(error.message) : error;
  }
}

/** The rate's schedule and the batches of an update, where they are given: options of fit. */
export const courseOf = ({ schedule, accumulate }: Pick<TrainingOptions, "schedule" | "accumulate">) => ({
  ...(schedule !== undefined && { learningRate: readScheduleWords(schedule) }),
  ...(accumulate !== undefined && { accumulate }),
});

/** Optimizer, rate, schedule and batches of an update as a plan has them. */
export function planFitOf({
  optimizer,
  learningRate,
  schedule,
  accumulate,
}: TrainingOptions): Pick<SweepFit, "optimizer" | "learningRate" | "accumulate"> {
  const rate: Record<string, number> = learningRate === undefined ? {} : { learningRate };
  const course = courseOf({ schedule, accumulate });
  return schedule === undefined
    ? { optimizer, ...rate, ...course }
    : { optimizer: { name: optimizer, options: rate }, ...course };
}

/** The optimizer that the options name, by the library's own functions. */
export function optimizerOf(
  { optimizer, learningRate }: Pick<TrainingOptions, "optimizer" | "learningRate">,
  library: typeof import("../index.js"),
): Optimizer {
  return library[optimizer](learningRate === undefined ? {} : { learningRate });
}

/** `adam, rate 0.001, batches of 32` */
export function describeOptimizer(
  { name, learningRate }: Pick<Optimizer, "name" | "learningRate">,
  { batchSize, accumulate = 1 }: Pick<TrainingOptions, "batchSize" | "accumulate">,
) {
  const each = accumulate > 1 ? `, ${accumulate} of them an update` : "";
  return `${name}, rate ${learningRate}, batches of ${batchSize}${each}`;
}
