// npm run demo:permuted: the digits with their pixels in another order, task after task. Plain training loses the
// ability to learn as dead units pile up; does continual backprop hold it, does ReDo?
import { writeFileSync, renameSync } from "node:fs";
import { parseArgs } from "node:util";
import { interruption, Terminal } from "../../src/cli/terminal.js";
import {
  adam,
  type PackageCallback,
  continualBackprop,
  createNetwork,
  type DataSet,
  diagnose,
  type Matrix,
  recycleDormant,
} from "../../src/index.js";
import { loadDigits } from "../../tests/support/digits.js";
import { seededRandom } from "../../tests/support/random.js";
import { readCount, runCommand } from "../command.js";
import { markdownTable, measuredOn, replaceBetweenMarkers } from "../documents.js";
import { mean } from "../statistics.js";
import { page } from "./permuted-page.js";
import type { MethodRuns, PermutedRun } from "./permuted-types.js";

const OPTIONS = {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  html: { type: "string" },
  write: { type: "boolean", default: false },
  tasks: { type: "string" },
  seeds: { type: "string" },
  rate: { type: "string", default: "0.01" },
  help: { type: "boolean", default: false },
} as const;

const HELP = `usage: npm run demo:permuted -- [options]
  --tasks N    tasks one after another (default 100; with --quick 6)
  --seeds N    networks for each method (default 3; with --quick 1)
  --rate R     Adam's learning rate (default 0.01)
  --html FILE  writes a page with a plot
  --write      writes the table in docs/demonstrations.md
  --json       one JSON document on stdout
Exit code: 0 done, 1 interrupted, 2 bad usage.`;

const PIXELS = 64;
const SETUP = {
  widths: [64, 100, 100, 10],
  batch: 32,
  replacementRate: 1e-3,
  maturity: 100,
  everySteps: 100,
  dormantBelow: 0.025,
} as const;

interface Method {
  readonly name: string;
  make(): readonly PackageCallback[];
}

const METHODS: readonly Method[] = [
  { name: "plain", make: () => [] },
  {
    name: "continual backprop",
    make: () => [continualBackprop({ replacementRate: SETUP.replacementRate, maturity: SETUP.maturity })],
  },
  { name: "ReDo", make: () => [recycleDormant({ everySteps: SETUP.everySteps, dormantBelow: SETUP.dormantBelow })] },
];

interface Settings {
  readonly tasks: number;
  readonly seeds: number;
  readonly rate: number;
  readonly json: boolean;
  readonly html: string | undefined;
  readonly write: boolean;
}

/** @throws Error for bad usage; undefined: help is asked for */
function readSettings(): Settings | undefined {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return undefined;
  const rate = Number(values.rate);
  if (!(rate > 0 && rate < Infinity)) throw new Error(`--rate ${values.rate}: expected a number above 0`);
  const tasks = readCount("tasks", values.tasks ?? (values.quick ? "6" : "100")),
    seeds = readCount("seeds", values.seeds ?? (values.quick ? "1" : "3"));
  return { tasks, seeds, rate, json: values.json, html: values.html, write: values.write };
}

/** A task's order of the pixels. */
function permutation(task: number): number[] {
  const random = seededRandom(1000 + task);
  return Array.from({ length: PIXELS }, (_, pixel) => ({ pixel, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ pixel }) => pixel);
}

function permuted(
  { x, y }: DataSet & { readonly x: number[][] },
  order: readonly number[],
): DataSet & { readonly x: Matrix } {
  return {
    x: {
      rows: x.length,
      columns: PIXELS,
      data: Float32Array.from(x.flatMap((row) => order.map((pixel) => row[pixel]!))),
    },
    y,
  };
}

/** One network through all tasks, each one epoch; or through those that were done when the signal came. */
async function runTasks(
  method: Method,
  seed: number,
  { tasks, rate }: Settings,
  signal: AbortSignal,
  tell: (task: number) => void,
): Promise<PermutedRun> {
  const { training, heldOut } = loadDigits(0, "src/cli/digits.csv.gz");
  const [inputs, ...units] = SETUP.widths;
  using network = await createNetwork({
    inputs,
    layers: units.map((each) => ({ units: each })),
    loss: "crossEntropy",
    seed,
  });
  const optimizer = adam({ learningRate: rate });
  const callbacks = method.make();
  const accuracy: number[] = [],
    dead: number[] = [];
  for (let task = 0; task < tasks && !signal.aborted; task++) {
    const order = permutation(task);
    const data = permuted(training, order);
    await network.fit(data, { epochs: 1, batchSize: SETUP.batch, optimizer, callbacks, signal });
    if (signal.aborted) break; // its epoch may have been cut short
    accuracy.push(network.evaluate(permuted(heldOut, order)).accuracy!);
    dead.push(diagnose(network, data.x, { proofs: false }).dead);
    tell(task + 1);
  }
  return { seed, accuracy, dead };
}

async function runMethod(
  method: Method,
  settings: Settings,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<MethodRuns> {
  const runs: PermutedRun[] = [];
  terminal.startProgress();
  for (let seed = 1; seed <= settings.seeds && !signal.aborted; seed++) {
    runs.push(
      await runTasks(method, seed, settings, signal, (task) => {
        const done = (seed - 1) * settings.tasks + task;
        terminal.progress({ label: method.name, done, total: settings.seeds * settings.tasks, unit: "tasks" });
        if (done % 50 === 0) terminal.log(`${method.name}: ${done} of ${settings.seeds * settings.tasks} tasks`);
      }),
    );
  }
  terminal.endProgress();
  return { name: method.name, runs };
}

/** Mean over runs and over the tasks of one part of the whole. */
function meanOf(runs: readonly PermutedRun[], key: "accuracy" | "dead", from: number, to: number): number {
  return mean(runs.flatMap((run) => run[key].slice(from, to)));
}

/** Accuracy and dead units in the first and in the last tenth of the tasks, at least one. */
function summary({ runs }: MethodRuns): string[] {
  const tasks = Math.min(...runs.map(({ accuracy }) => accuracy.length));
  const part = Math.max(1, Math.round(tasks / 10));
  return (
    [
      [0, part],
      [tasks - part, tasks],
    ] as const
  ).flatMap(([from, to]) => [
    `${(100 * meanOf(runs, "accuracy", from, to)).toFixed(1)} %`,
    meanOf(runs, "dead", from, to).toFixed(0),
  ]);
}

function document(methods: readonly MethodRuns[]): string {
  const heading = ["", "accuracy, first tenth of the tasks", "dead of 200", "accuracy, last tenth", "dead of 200"];
  return (
    markdownTable(
      heading,
      methods.map((method) => [method.name, ...summary(method)]),
    ) + measuredOn()
  );
}

async function main(settings: Settings): Promise<number> {
  const { json, html, write, tasks, seeds, rate } = settings;
  const terminal = new Terminal(json);
  const signal = interruption();
  terminal.tell(
    `${tasks} tasks, each one epoch of the digits with their pixels in another order; ` +
      `${SETUP.widths.join("-")}, Adam ${rate}, batch ${SETUP.batch}, ${seeds} networks a method`,
  );
  terminal.tell(
    [
      "".padEnd(20),
      ...["first tenth", "dead of 200", "last tenth", "dead of 200"].map((cell) => cell.padStart(12)),
    ].join(""),
  );
  const methods: MethodRuns[] = [];
  for (const method of METHODS) {
    if (signal.aborted) break;
    const result = await runMethod(method, settings, terminal, signal);
    if (result.runs.every(({ accuracy }) => accuracy.length === 0)) continue;
    methods.push(result);
    terminal.tell([result.name.padEnd(20), ...summary(result).map((cell) => cell.padStart(12))].join(""));
  }
  if (json) terminal.document({ interrupted: signal.aborted, tasks, rate, setup: SETUP, methods });
  if (html !== undefined && methods.length > 0) {
    writeFileSync(`${html}.part`, page(methods, { tasks, rate, ...SETUP }));
    renameSync(`${html}.part`, html);
  }
  if (signal.aborted) terminal.fail("interrupted: these are the tasks so far");
  else if (write) replaceBetweenMarkers("docs/demonstrations.md", "permuted", document(methods));
  return signal.aborted ? 1 : 0;
}

await runCommand(HELP, readSettings, main);
