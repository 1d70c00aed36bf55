// `relumine train`: a table in, a trained network's figures and diagnosis out.
import { wrap } from "../../text/wrap.js";
import { Command, Option } from "commander";
import { prepareNamed, type TrainingData } from "../prepare-table.js";
import { describeEvaluation, type Evaluation, evaluateOn, tellEvaluation } from "../evaluate.js";
import { dataFacts, dataRecord, describeData, judgesName } from "../data-summary.js";
import {
  type Checkpoint,
  Checkpointer,
  type CheckpointOutcome,
  duration,
  explainRefusal,
  mergeOptions,
  readCheckpoint,
} from "../checkpoint.js";
import { addFailOnOption, type FailOnOptions, type Failure, failuresOf, tellFailures } from "../fail-on.js";
import { checkDistinct, checkPlace } from "../files.js";
import { describeDiagnosis, specFor, taskOfLoss, tellLearning, tryDiagnose } from "../network-for-table.js";
import {
  addRawOptions,
  addSharedOptions,
  addTrainingOptions,
  classWeightsOf,
  courseOf,
  describeOptimizer,
  lossOption,
  optimizerOf,
  type RawOptions,
  type TrainingOptions,
  UnfitOption,
} from "../options.js";
import { readTableFile } from "../read-table.js";
import { saveFile } from "../save-file.js";
import { checkPagePlace, htmlOption, type PageOptions, savePage } from "../save-page.js";
import { tableMetadata } from "../../table/stored-table.js";
import { FOR_NUMBERS } from "../../table/target.js";
import { resolveSpec } from "../../network/spec.js";
import { markFailed } from "../run/under-way.js";
import { interruptedError, interruption, Terminal } from "../terminal.js";
import { RelumineError } from "../../core/errors.js";
import type {
  ActivityRecord,
  Callback,
  DeathTrace,
  Diagnosis,
  DivergedFit,
  History,
  KeptWeights,
  Network,
  Optimizer,
} from "../../index.js";
import { drawActivityMap } from "../../report/activity-map.js";
import { drawDeaths } from "../../report/deaths-text.js";
import { shapeText } from "../../report/model-text.js";
import type { Page } from "../../report/page.js";
import { trainingPage } from "../../report/pages/training-page.js";
import { describeEpoch, drawEpochs } from "../../report/training-text.js";
import { formatCount, formatNumber, roundTo } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";

const LOGGED_EPOCHS = 20;
const MOST_FRAMES = 60;

interface TrainOptions extends TrainingOptions, PageOptions, FailOnOptions, RawOptions {
  /** Where to save the network. */
  readonly out?: string;
  /** Where to store the training, how often in milliseconds, and where to take one up. */
  readonly checkpoint?: string;
  readonly every: number;
  readonly resume?: string;
}

const EXAMPLES = `
Examples:
  $ relumine train penguins.csv --target species
  $ relumine train houses.csv.gz --target price --hidden 128,64 --epochs 200
  $ relumine train digits --hidden 128,128 --epochs 20 --json > result.json
  $ relumine train digits --out digits.safetensors --html digits.html
  $ relumine train digits --epochs 9000 --checkpoint digits.training --every 5m
  $ relumine train digits --resume digits.training
  $ relumine train X.npy y.npy --epochs 5 --out large.safetensors
  $ relumine train X.bin y.bin --raw float32:784 --raw-target uint8
  $ relumine train X.npy Y.npy --loss crossEntropy

Columns of numbers are standardized by the training rows; missing values become
their median. Columns of words are one-hot; a missing word is a category too.
Words in the target are classes, and so are whole numbers when at most 20, and
at most the square root of the rows, differ; --task overrides that.

Two files, rows and their targets, may be larger than memory. They are read once
before the training, which scales the columns, and then by blocks, in another
order each epoch; the rows that are held out are kept in memory. --batch-size,
--accumulate and checkpoints hold as of a table; deaths of units are not traced
then. Rows of several targets are numbers, each standardized: a regression with
so many outputs. With --loss crossEntropy they are classes, one-hot (what Keras'
to_categorical writes) or as shares that sum to 1; with binaryCrossEntropy they
are labels of which a row may have several, or numbers from 0 to 1.

What ends the training with a checkpoint, even kill -9 or a power cut, costs at
most the time since the last one: --resume goes on, with the options that it
began with, to the same bits as if it had never ended. --epochs may be more.`;

/** Draws the bar, and where there is none, logs some of the epochs. */
function progressCallback(terminal: Terminal, epochs: number, stepsPerEpoch: number): Callback {
  const every = Math.ceil(epochs / LOGGED_EPOCHS);
  let note = "";
  const draw = (step: number): void =>
    terminal.progress({ label: "training", done: step, total: epochs * stepsPerEpoch, unit: "steps", note });
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

interface Trained {
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly history: History;
  readonly activity: ActivityRecord;
  /** Undefined of files that are read by blocks. */
  readonly trace: DeathTrace | undefined;
  readonly checkpoint: CheckpointOutcome | undefined;
}

interface Outcome extends Trained {
  readonly validation: Evaluation;
  /** Or why there is none. */
  readonly diagnosis: Diagnosis | string;
}

const STOPPED = {
  aborted: "Interrupted: this is what was learnt so far.",
  diverged: "The training diverged. A lower --learning-rate may help.",
  callback: "The training was stopped.",
};

/** Which weights there are after a divergence; the better ones are saved. */
function describeDivergence({ epoch, step, last, epochStart, goOnFrom }: DivergedFit): string {
  const loss = (weights: KeptWeights) =>
    weights.loss === undefined ? "no finite loss" : `loss ${formatNumber(weights.loss)}`;
  const where =
    `In update ${formatCount(step)}, epoch ${epoch}; ` +
    `the last finite weights have ${loss(last)} on the training rows`;
  if (!epochStart) return `${where}.`;
  const saved =
    goOnFrom === "epochStart" ? "; --out saves those, what follows is of the last" : "; --out saves the last";
  return `${where}, those that epoch ${epochStart.epoch} started with ${loss(epochStart)}${saved}.`;
}

function describeNetwork({ network: { spec, parameterCount }, optimizer }: Outcome, options: TrainOptions): string {
  const parameters = `${formatCount(parameterCount)} parameters`;
  return `network ${shapeText(spec)}, ${parameters}; ${describeOptimizer(optimizer, options)}`;
}

/** How it ended, where that was before its last epoch. */
function describeEnding({ history, trace }: Outcome): string[] {
  return [
    ...(history.stopped ? [STOPPED[history.stopped]] : []),
    ...(trace?.divergence ? [`It diverged: ${trace.divergence.explanation}.`] : []),
    ...(history.diverged ? [describeDivergence(history.diverged)] : []),
  ];
}

function pageOf(outcome: Outcome, prepared: TrainingData, options: TrainOptions, madeBy: string): Page {
  const { network, history, trace, validation, diagnosis } = outcome;
  const { name, notes, encoding } = prepared;
  return trainingPage({
    title: `Training on ${name}`,
    facts: [...dataFacts(prepared, options.seed), ["training", describeNetwork(outcome, options)]],
    notes,
    spec: network.spec,
    madeBy,
    epochs: history.epochs,
    ending: describeEnding(outcome),
    deaths: trace?.deaths,
    revived: trace?.revivals.length ?? 0,
    evaluation: {
      where: judgesName(prepared),
      figures: describeEvaluation(validation, encoding.target.column),
      ...validation,
    },
    diagnosis,
  });
}

function tellOutcome(terminal: Terminal, outcome: Outcome, prepared: TrainingData, options: TrainOptions): void {
  const { dim, yellow } = terminal.colors;
  const { history, validation, diagnosis, activity, trace } = outcome;
  const [title, ...rows] = drawEpochs(history.epochs);
  tellLearning(terminal, diagnosis);
  terminal.tell(`${describeNetwork(outcome, options)}\n`);
  if (rows.length > 0) terminal.tell([dim(title), ...rows, ""].join("\n"));
  describeEnding(outcome).forEach((text, place) => {
    terminal.tell(`${place === 0 && history.stopped ? yellow(text) : wrap(text)}\n`);
  });
  tellEvaluation(terminal, judgesName(prepared), validation, prepared.encoding.target);
  const map = drawActivityMap(activity.frames, { samples: activity.samples, colors: terminal.hasColors });
  if (map.length > 0) terminal.tell(["", ...map].join("\n"));
  if (trace && (options.activation === "relu" || trace.deaths.length > 0))
    terminal.tell(["", ...drawDeaths(trace.deaths, trace.revivals.length)].join("\n"));
  terminal.tell(`\n${describeDiagnosis(diagnosis)}`);
}

function activityNumbers({ samples, frames }: ActivityRecord): object {
  const round = (share: number): number => roundTo(share, 4);
  return {
    samples,
    frames: frames.map(({ epoch, layers }) => ({ epoch, layers: layers.map((shares) => Array.from(shares, round)) })),
  };
}

/** The document that --json prints. */
function toDocument(
  { network, optimizer, history, validation, diagnosis, activity, trace, checkpoint }: Outcome,
  prepared: TrainingData,
  saved: Saved | undefined,
  failures: readonly Failure[],
): object {
  const { encoding } = prepared;
  return {
    data: dataRecord(prepared),
    network: {
      spec: network.spec,
      parameterCount: network.parameterCount,
      runtime: network.runtime,
      preprocessing: encoding,
    },
    optimizer: { name: optimizer.name, learningRate: optimizer.learningRate },
    learning: typeof diagnosis === "string" ? undefined : diagnosis.learning,
    validation,
    history,
    activity: activityNumbers(activity),
    ...(trace && { deaths: trace.deaths, revivals: trace.revivals }),
    diagnosis: typeof diagnosis === "string" ? { error: diagnosis } : diagnosis,
    saved,
    checkpoint,
    ...(failures.length > 0 && { failures }),
  };
}

/** The network of the checkpoint, if its table was such a one. */
function takeUp({ network, file }: Checkpoint, prepared: TrainingData, options: TrainOptions): Network {
  const { inputs, layers, loss } = resolveSpec(specFor(prepared, options));
  const { spec } = network;
  if (
    inputs === spec.inputs &&
    layers.at(-1)!.units === spec.layers.at(-1)!.units &&
    JSON.stringify(loss) === JSON.stringify(spec.loss)
  )
    return network;
  throw new RelumineError("value", "the table", `to be the one that ${file} was begun with`, "another");
}

async function trainNetwork(
  prepared: TrainingData,
  options: TrainOptions,
  terminal: Terminal,
  signal: AbortSignal,
  checkpoint: Checkpoint | undefined,
): Promise<Trained> {
  const library = await import("../../index.js");
  const { createNetwork, recordActivity, traceDeaths } = library;
  const { epochs, batchSize, accumulate = 1 } = options;
  const optimizer = optimizerOf(options, library);
  const classWeights = classWeightsOf(options, prepared);
  const network = checkpoint ? takeUp(checkpoint, prepared, options) : await createNetwork(specFor(prepared, options));
  // An untrained network would take the place of what is in the file.
  if (signal.aborted) throw interruptedError();
  const { training, judges, blocks } = prepared;
  const rows = blocks?.source.rows ?? training.x.rows;
  const progress = progressCallback(terminal, epochs, Math.ceil(rows / (batchSize * accumulate)));
  const framesEvery = checkpoint?.options.framesEvery ?? Math.ceil(epochs / MOST_FRAMES);
  const activity = recordActivity(training.x, { everyEpochs: framesEvery });
  const trace = blocks ? undefined : traceDeaths();
  const writer = checkpointerFor(prepared, options, framesEvery, terminal);
  const fit = network.fit(blocks?.source ?? training, {
    epochs,
    ...(!blocks && { batchSize }),
    optimizer,
    ...courseOf(options),
    validation: judges,
    ...classWeights,
    callbacks: [progress, ...(trace ? [trace] : []), activity, ...(writer ? [writer.callback] : [])],
    signal,
    resume: checkpoint !== undefined,
  });
  const history = await fit.catch((error: unknown) => {
    throw checkpoint ? explainRefusal(error, checkpoint) : error;
  });
  if (history.stopped === "aborted") await writer?.write(network);
  return { network, optimizer, history, activity, trace, checkpoint: writer?.outcome };
}

/** A training that goes on writes to the file that it came from, where no other is named. */
function checkpointerFor(
  prepared: TrainingData,
  options: TrainOptions,
  framesEvery: number,
  terminal: Terminal,
): Checkpointer | undefined {
  const file = options.checkpoint ?? options.resume;
  return file === undefined
    ? undefined
    : new Checkpointer(file, options.every, options, framesEvery, tableMetadata(prepared), terminal);
}

async function judge(trained: Trained, { training, judges, encoding }: TrainingData): Promise<Outcome> {
  const { diagnose } = await import("../../index.js");
  const { network, history } = trained;
  return {
    ...trained,
    validation: evaluateOn(network, judges, encoding),
    diagnosis: tryDiagnose(diagnose, network, training.x, {
      targets: training.y,
      history,
      ...(judges !== training && { validation: judges }),
    }),
  };
}

/** Where the network lies now, or why it doesn't. */
type Saved = { readonly file: string; readonly bytes: number } | { readonly file: string; readonly error: string };

async function save(file: string, network: Network, prepared: TrainingData): Promise<Saved> {
  const { exportNetwork } = await import("../../index.js");
  try {
    const bytes = await exportNetwork(network, "safetensors", { metadata: tableMetadata(prepared) });
    await saveFile(file, bytes);
    return { file, bytes: bytes.length };
  } catch (error) {
    if (error instanceof RelumineError) return { file, error: error.message };
    throw error;
  }
}

function tellSaved(terminal: Terminal, saved: Saved): void {
  if ("bytes" in saved) terminal.tell(`\nSaved: ${onOneLine(saved.file)}, ${formatCount(saved.bytes)} bytes`);
  else terminal.fail(`the network was not saved: ${saved.error}`);
}

async function checkPlaces(sources: readonly string[], options: TrainOptions): Promise<void> {
  const { out, checkpoint, resume } = options;
  const writes = checkpoint ?? resume;
  const option = checkpoint ? "--checkpoint" : "--resume";
  for (const source of sources)
    checkDistinct([
      ["--out", await checkPlace(out, source)],
      [option, await checkPlace(writes, source, option)],
      ["--html", await checkPagePlace(options, source)],
    ]);
}

/** What is for tables alone, by names of options: how one is read. */
const OF_TABLES = ["target", "array", "ignore", "columns", "separator", "header"];

function refuseTableOptions(targets: string, command: Command): void {
  for (const name of OF_TABLES)
    if (command.getOptionValueSource(name) === "cli")
      command.error(`error: option '--${name}' is for tables; '${targets}' holds the targets`);
}

/** What is wrong with the loss before anything is read: it decides the task, and a table has one column of targets. */
function refuseLoss({ loss, task }: TrainOptions, targets: string | undefined, command: Command): void {
  if (loss === undefined) return;
  const own = taskOfLoss(loss);
  if (task !== undefined && task !== own)
    command.error(`error: option '--loss ${loss}' is for ${own}, not for '--task ${task}'`);
  if (targets === undefined && loss === "binaryCrossEntropy")
    command.error(`error: option '--loss ${loss}' is for two files, rows and targets; of a table take crossEntropy`);
}

function refuseRawOptions({ raw, rawTarget }: RawOptions, command: Command): void {
  if (raw ?? rawTarget)
    command.error(`error: option '--raw${raw ? "" : "-target"}' is for two files, rows and targets`);
}

/** A loss that is asked for decides the task: words are no numbers. */
async function prepareTable(source: string, options: TrainOptions): Promise<TrainingData> {
  const { loss, task = loss && taskOfLoss(loss) } = options;
  const table = await readTableFile(source, options);
  try {
    return prepareNamed(table, { ...options, task });
  } catch (error) {
    const isUnfit = error instanceof RelumineError && error.expected.endsWith(FOR_NUMBERS) && !options.task;
    if (!isUnfit) throw error;
    const { code, path, expected, given } = error;
    throw new UnfitOption(code, path, expected.replace(FOR_NUMBERS, `for --loss ${loss}`), given);
  }
}

async function prepare(
  source: string,
  targets: string | undefined,
  options: TrainOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TrainingData> {
  if (targets === undefined) return prepareTable(source, options);
  const { prepareFiles } = await import("../by-blocks/prepare-files.js");
  return prepareFiles({ x: source, y: targets }, options, terminal, signal);
}

async function train(
  source: string,
  targets: string | undefined,
  given: TrainOptions,
  command: Command,
): Promise<void> {
  if (targets !== undefined) refuseTableOptions(targets, command);
  else refuseRawOptions(given, command);
  const terminal = new Terminal(given.json);
  const signal = interruption();
  await checkPlaces(targets === undefined ? [source] : [source, targets], given);
  const checkpoint = given.resume === undefined ? undefined : await readCheckpoint(given.resume);
  const options = checkpoint ? mergeOptions(given, checkpoint, command) : given;
  refuseLoss(options, targets, command);
  const prepared = await prepare(source, targets, options, terminal, signal);
  try {
    await trainOn(prepared, options, terminal, signal, checkpoint);
  } finally {
    await prepared.blocks?.close();
  }
}

async function trainOn(
  prepared: TrainingData,
  options: TrainOptions,
  terminal: Terminal,
  signal: AbortSignal,
  checkpoint: Checkpoint | undefined,
): Promise<void> {
  terminal.tell(`${describeData(prepared, options.seed)}\n`);
  const trained = await trainNetwork(prepared, options, terminal, signal, checkpoint);
  const write = async () => (options.out === undefined ? undefined : save(options.out, trained.network, prepared));
  const isToGoBack = trained.history.diverged?.goOnFrom === "epochStart";
  const before = isToGoBack ? undefined : await write();
  const outcome = await judge(trained, prepared); // of a training that diverged, what it came to
  if (isToGoBack) trained.network.restoreEpochStart();
  const saved = isToGoBack ? await write() : before;
  const failures = failuresOf(options.failOn, outcome.diagnosis);
  if (options.json) terminal.document(toDocument(outcome, prepared, saved, failures));
  else tellOutcome(terminal, outcome, prepared, options);
  if (saved) tellSaved(terminal, saved);
  await savePage(terminal, options, (madeBy) => pageOf(outcome, prepared, options, madeBy));
  const { history, checkpoint: stored } = outcome;
  if (stored && !stored.error && history.stopped === "aborted")
    terminal.tell(`\nStored: ${onOneLine(stored.file)}; --resume goes on from there`);
  if (history.stopped || stored?.error || (saved && "error" in saved)) markFailed();
  tellFailures(terminal, failures);
}

export function trainCommand(): Command {
  const command = addTrainingOptions(addSharedOptions(new Command("train"), { hidden: [64, 32], epochs: 50 }));
  return addFailOnOption(addRawOptions(command))
    .argument("[targets]", "of each row of the first file a label, a number or several: .npy, or --raw; read by blocks")
    .description("Train a network on a table, and diagnose its hidden units.")
    .option("--out <file>", 'save the network and how the columns were read, as safetensors: see "relumine diagnose"')
    .addOption(lossOption())
    .addOption(htmlOption())
    .option("--checkpoint <file>", "store the training itself now and then, when it is interrupted, and at its end")
    .addOption(
      new Option("--every <time>", "from one checkpoint to the next").argParser(duration).default(30_000, "30s"),
    )
    .option("--resume <file>", "go on with the training of a checkpoint, and store it there")
    .addHelpText("after", EXAMPLES)
    .action(train);
}
