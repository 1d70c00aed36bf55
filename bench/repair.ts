// npm run repair: faulty programs of the exam, repaired by `prescribe` within 20 times the faulty training, beside what
// the best of the published tools reached in as much (dlfaults/dnn-auto-repair-empirical-assesment, Table III).
import { parseArgs } from "node:util";
import { readCount, runCommand } from "./command.js";
import { median } from "./statistics.js";
import { SOFTMAX } from "../tests/casebook/exam/softmax.js";
import { TRAINING } from "../tests/casebook/exam/training.js";
import { asRows, type Data, images, oneHot, standardized } from "../tests/casebook/exam/data.js";
import { type Program, sigmoid, softmax, N } from "../tests/casebook/exam/program.js";
import { type NetworkSpec, prescribe, type Trial } from "../src/index.js";
import { alignColumns } from "../src/text/columns.js";
import { formatNumber } from "../src/text/numbers.js";

/** Trainings of the baseline that all trials together may cost. */
const BUDGET = 20;

interface Row {
  readonly name: string;
  readonly post: number;
  /** Of the faulty program, of the human fix and of the best tool, as published; squared error for D7. */
  readonly published: readonly [faulty: number, human: number, best: number];
  /** Where the repair's program differs from the exam's. */
  readonly changes?: Partial<Program["faulty"]>;
}

/** One column standardized, and a label as one of two. */
function volumes({ x, y }: Data): Data {
  return { x: standardized(x), y: asRows(y).map(([label]) => [1 - label, label]) };
}

const programs: readonly Program[] = [...SOFTMAX, ...TRAINING];
const programOf = (post: number): Program => programs.find((program) => program.post === post)!;

const rowsWith = (imageCount: number): readonly Row[] => [
  { name: "D1", post: 31880720, published: [0.52, 1, 1], changes: { epochs: 1, batchSize: 32 } },
  {
    name: "D3",
    post: 45442843,
    published: [0.61, 1, 1],
    changes: {
      layers: [sigmoid(1, N), softmax(2, N)],
      data: (seed) => volumes(programOf(45442843).faulty.data(seed)),
      epochs: 10,
      batchSize: 32,
    },
  },
  {
    name: "D4",
    post: 48385830,
    published: [0.1, 0.94, 0.96],
    changes: { data: () => oneHot(images(imageCount), 10) },
  },
  { name: "D6", post: 50306988, published: [0.45, 1, 1] },
  { name: "D7", post: 51181393, published: [6.71, 0.13, 0.01] },
  { name: "D8", post: 56380303, published: [0.22, 0.33, 0.58] },
];

/** Accuracy on the rows held out, or squared error. */
const figureOf = ({ metrics: { accuracy, loss } }: Trial): number => accuracy ?? loss;

/** Epochs that trials trained in all, of what is told of them: a run of more epochs is one from the start. */
function countEpochs() {
  const known = new Map<string, { epochs: number; repeats: number }>();
  let total = 0;
  const onTrial = ({ name, epochs, repeats }: Trial): void => {
    const before = known.get(name);
    const same = before?.epochs === epochs ? before.repeats : 0;
    total += epochs * (repeats - same);
    known.set(name, { epochs, repeats });
  };
  return { onTrial, total: () => total };
}

/** Of a prescription that is to judge its baseline alone. */
function stopAfterOne() {
  const controller = new AbortController();
  return { signal: controller.signal, onTrial: () => controller.abort() };
}

async function repair({ post, changes }: Row, seed: number) {
  const { layers, data, loss, ...fit } = { ...programOf(post).faulty, ...changes };
  const { x, y } = data(seed);
  const spec: NetworkSpec = { inputs: x[0].length, layers, loss, seed };
  const started = performance.now();
  const { onTrial: count, total } = countEpochs();
  const found = await prescribe(
    spec,
    { x, y },
    { batchSize: 32, epochs: 1, ...fit },
    { budget: BUDGET, workers: 1, onTrial: count },
  );
  const seconds = (performance.now() - started) / 1000;
  const mended = { ...programOf(post).faulty, ...changes, ...programOf(post).repair };
  const own = mended.data(seed);
  const { signal, onTrial } = stopAfterOne();
  const human = await prescribe(
    { inputs: own.x[0].length, layers: mended.layers, loss: mended.loss, seed },
    { x: own.x, y: own.y },
    { batchSize: mended.batchSize ?? 32, epochs: mended.epochs ?? 1, optimizer: mended.optimizer },
    { repeats: 1, workers: 1, signal, onTrial },
  );
  return {
    before: figureOf(found.baseline),
    after: figureOf(found.best),
    epochs: total() / (fit.epochs ?? 1),
    // of a training that is not cut short
    times: seconds / (found.baseline.failed ? human.baseline : found.baseline).seconds,
    human: figureOf(human.baseline),
    name: found.best.name,
  };
}

const TITLES = [
  "",
  "published: faulty",
  "human",
  "best tool",
  "here: faulty",
  "human",
  "repaired",
  "worst",
  "epochs",
  "time",
  "",
];

async function rowOf(row: Row, seeds: number): Promise<string[]> {
  const runs = [];
  for (let seed = 0; seed < seeds; seed++) runs.push(await repair(row, seed));
  const after = runs.map((run) => run.after);
  const isLoss = row.name === "D7";
  return [
    row.name,
    ...row.published.map((value) => formatNumber(value, 3)),
    formatNumber(median(runs.map(({ before }) => before)), 3),
    formatNumber(median(runs.map(({ human }) => human)), 3),
    formatNumber(median(after), 3),
    formatNumber(isLoss ? Math.max(...after) : Math.min(...after), 3),
    `${formatNumber(median(runs.map(({ epochs }) => epochs)), 3)} times`,
    `${formatNumber(median(runs.map(({ times }) => times)), 3)} times`,
    runs[0].name,
  ];
}

const NAMES = rowsWith(0).map(({ name }) => name);

const HELP = `usage: npm run repair -- [options]
  --only NAMES  programs, with commas between: ${NAMES.join(", ")} (default: all)
  --seeds N     runs of each program (default 10)
  --images N    of MNIST, for D4 (default 2000; a fifth of them judges)
Exit code: 0 done, 2 bad usage.`;

interface Options {
  readonly rows: readonly Row[];
  readonly seeds: number;
}

/** @throws Error for bad usage; undefined: help is asked for */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "10" },
      images: { type: "string", default: "2000" },
      only: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const seeds = readCount("seeds", values.seeds);
  const rows = rowsWith(readCount("images", values.images, 100));
  const names = values.only?.split(",") ?? NAMES;
  const unknown = names.find((wanted) => !NAMES.includes(wanted));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: no program has that name`);
  return { rows: rows.filter(({ name }) => names.includes(name)), seeds };
}

async function main({ rows, seeds }: Options): Promise<number> {
  const lines = [TITLES];
  for (const row of rows) {
    lines.push(await rowOf(row, seeds));
    console.log(alignColumns(lines.slice(-1), []).join("\n"));
  }
  console.log(`\n${alignColumns(lines, [1, 2, 3, 4, 5, 6, 7, 8, 9]).join("\n")}`);
  return 0;
}

await runCommand(HELP, readOptions, main);
