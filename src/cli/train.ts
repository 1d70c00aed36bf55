// `relumine train`: a table in, a trained network's figures and diagnosis out.
import { Command } from "commander";
import { shorten } from "./cells.js";
import { prepareTable, type PreparedTable } from "./dataset.js";
import { inputWidth } from "./inputs.js";
import { type RegressionErrors, regressionErrors, specFor, tryDiagnose } from "./model.js";
import { addSharedOptions, decimal, oneOf, type SharedOptions } from "./options.js";
import { readTable } from "./read-table.js";
import { interruption, Terminal } from "./terminal.js";
import { formatCount } from "../core/text.js";
import type { Callback, Diagnosis, History, Matrix, Metrics, Network, Optimizer } from "../index.js";
import { formatNumber, formatPercent } from "../report/numbers.js";
import { type ClassResult, describeEpoch, drawClasses, drawData, drawEpochs } from "../report/training.js";
import { ACTIVATION_NAMES, type ActivationName } from "../wasm/activations.js";

const OPTIMIZER_NAMES = ["sgd", "adam", "adamW", "rmsprop"] as const;
const LOGGED_EPOCHS = 20;
const MOST_CLASSES = 20;

interface TrainOptions extends SharedOptions {
  readonly optimizer: (typeof OPTIMIZER_NAMES)[number];
  readonly learningRate?: number;
  readonly activation: ActivationName;
  readonly bias: number;
}

const EXAMPLES = `
Examples:
  $ relumine train penguins.csv --target species
  $ relumine train houses.csv.gz --target price --hidden 128,64 --epochs 200
  $ relumine train digits --hidden 128,128 --epochs 20 --json > result.json

Columns of numbers are standardized by the training rows; missing values become
their median. Columns of words are one-hot; a missing word is a category too.
Words in the target are classes, and so are whole numbers when at most 20, and
at most the square root of the rows, differ; --task overrides that.`;

/** Draws the bar, and where there is none, logs some of the epochs. */
function progressCallback(terminal: Terminal, epochs: number, stepsPerEpoch: number): Callback {
  const every = Math.ceil(epochs / LOGGED_EPOCHS);
  let note = "";
  const draw = (step: number): void => terminal.progress({ label: "training", done: step, total: epochs * stepsPerEpoch, unit: "steps", note });
  return {
    onTrainBegin: () => terminal.startProgress(),
    ...(terminal.hasBar && { onBatchEnd: ({ step }) => draw(step) }),
    onEpochEnd: (log) => {
      note = `loss ${formatNumber(log.loss)}`;
      if (log.epoch % every === 0 || log.epoch === epochs) terminal.log(describeEpoch(log, epochs));
    },
    onTrainEnd: () => terminal.endProgress(),
  };
}

function classResults({ preprocessing: { target }, heldOut }: PreparedTable, { data, columns }: Matrix): ClassResult[] {
  if (target.kind !== "classes") return [];
  const results = target.classes.map((name) => ({ name: shorten(name), rows: 0, right: 0 }));
  heldOut.y.forEach((label, row) => {
    const outputs = data.subarray(row * columns, (row + 1) * columns);
    results[label].rows++;
    if (outputs.indexOf(Math.max(...outputs)) === label) results[label].right++;
  });
  return results;
}

interface Outcome {
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly history: History;
  readonly validation: Metrics & Partial<RegressionErrors>;
  /** Or why there is none. */
  readonly diagnosis: Diagnosis | string;
  readonly classes: readonly ClassResult[];
}

const STOPPED = {
  aborted: "Interrupted: this is what was learnt so far.",
  diverged: "The training diverged: the last finite weights were kept. A lower --learning-rate may help.",
  callback: "The training was stopped.",
};

function describeNetwork({ network: { spec, parameterCount }, optimizer }: Outcome, { batchSize }: TrainOptions): string {
  const shape = [spec.inputs, ...spec.layers.map(({ units }) => units)].join("-");
  return `network ${shape}, ${formatCount(parameterCount)} parameters; ${optimizer.name}, rate ${optimizer.learningRate}, batches of ${batchSize}`;
}

function describeResult(validation: Outcome["validation"], target: string): string {
  const loss = `loss ${formatNumber(validation.loss)}`;
  if (validation.accuracy !== undefined) return `held out: accuracy ${formatPercent(validation.accuracy)}, ${loss}`;
  const r2 = validation.r2 === undefined ? "" : `, R² ${validation.r2.toFixed(3)}`;
  return `held out: mean absolute error ${formatNumber(validation.meanAbsoluteError!)} and root mean square ${formatNumber(validation.rootMeanSquaredError!)}, in units of ${shorten(target)}${r2}; ${loss}`;
}

function tellOutcome(terminal: Terminal, outcome: Outcome, prepared: PreparedTable, options: TrainOptions): void {
  const { bold, dim, yellow } = terminal.colors;
  const { history, validation, diagnosis, classes } = outcome;
  const [title, ...rows] = drawEpochs(history.epochs);
  terminal.tell(`${describeNetwork(outcome, options)}\n`);
  if (rows.length > 0) terminal.tell([dim(title), ...rows, ""].join("\n"));
  if (history.stopped) terminal.tell(`${yellow(STOPPED[history.stopped])}\n`);
  terminal.tell(bold(describeResult(validation, prepared.preprocessing.target.column)));
  if (classes.length > 0 && classes.length <= MOST_CLASSES) {
    const [classTitle, ...classRows] = drawClasses(classes);
    terminal.tell(["", dim(classTitle), ...classRows].join("\n"));
  }
  terminal.tell(typeof diagnosis === "string" ? `\nNo diagnosis: ${diagnosis}.` : `\n${diagnosis}`);
}

/** The document that --json prints. */
function toDocument({ network, optimizer, history, validation, diagnosis, classes }: Outcome, prepared: PreparedTable): object {
  const { name, task, notes, preprocessing, training, heldOut } = prepared;
  return {
    data: { name, task, trainingRows: training.x.rows, heldOutRows: heldOut.x.rows, notes },
    network: { spec: network.spec, parameterCount: network.parameterCount, runtime: network.runtime, preprocessing },
    optimizer: { name: optimizer.name, learningRate: optimizer.learningRate },
    validation: { ...validation, ...(classes.length > 0 && { classes }) },
    history,
    diagnosis: typeof diagnosis === "string" ? { error: diagnosis } : diagnosis,
  };
}

async function trainNetwork(prepared: PreparedTable, options: TrainOptions, terminal: Terminal, signal: AbortSignal): Promise<Outcome> {
  const { createNetwork, diagnose, ...optimizers } = await import("../index.js");
  const { epochs, batchSize, learningRate } = options;
  const optimizer = optimizers[options.optimizer](learningRate === undefined ? {} : { learningRate });
  const network = await createNetwork(specFor(prepared, options));
  const { training, heldOut } = prepared;
  const progress = progressCallback(terminal, epochs, Math.ceil(training.x.rows / batchSize));
  const history = await network.fit(training, { epochs, batchSize, optimizer, validation: heldOut, callbacks: [progress], signal });
  const outputs = network.predict(heldOut.x);
  return {
    network, optimizer, history,
    validation: { ...network.evaluate(heldOut), ...regressionErrors(prepared, outputs.data) },
    diagnosis: tryDiagnose(diagnose, network, training.x),
    classes: classResults(prepared, outputs),
  };
}

async function train(source: string, options: TrainOptions): Promise<void> {
  const terminal = new Terminal(options.json);
  const signal = interruption();
  const prepared = prepareTable(await readTable(source), options);
  const { name, training, heldOut, notes, preprocessing } = prepared;
  const summary = { name, notes, trainingRows: training.x.rows, heldOutRows: heldOut.x.rows, inputs: inputWidth(preprocessing.inputs), seed: options.seed };
  terminal.tell(`${drawData(summary)}\n`);
  const outcome = await trainNetwork(prepared, options, terminal, signal);
  if (options.json) terminal.document(toDocument(outcome, prepared));
  else tellOutcome(terminal, outcome, prepared, options);
  if (outcome.history.stopped) process.exitCode = 1;
}

export function trainCommand(): Command {
  return addSharedOptions(new Command("train"), { hidden: [64, 32], epochs: 50 })
    .description("Train a network on a table, and diagnose its hidden units.")
    .option("--optimizer <name>", OPTIMIZER_NAMES.join(", "), oneOf(OPTIMIZER_NAMES), "adam")
    .option("--learning-rate <rate>", "step size (default: the optimizer's own)", decimal({ low: 0, openLow: true }))
    .option("--activation <name>", "of the hidden layers", oneOf(ACTIVATION_NAMES), "relu")
    .option("--bias <value>", "starting bias of the hidden units", decimal({}), 0)
    .addHelpText("after", EXAMPLES)
    .action(train);
}
