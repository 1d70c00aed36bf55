// npm run demo:mnist-normalized: MNIST on 784-512-512-10 with batch normalization, dropout, label smoothing and one
// cycle of the rate: 98.6 % or better after ten epochs is what it is to show.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { interruption, Terminal } from "../../src/cli/terminal.js";
import { adam, createNetwork, type DenseSpec, oneCycle } from "../../src/index.js";
import { type Digits, readMnist } from "./mnist-data.js";
import { readCount, runCommand } from "../command.js";
import { markdownTable, measuredOn, replaceBetweenMarkers } from "../documents.js";

const OPTIONS = {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  seeds: { type: "string", default: "3" },
  write: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const HELP = `usage: npm run demo:mnist-normalized -- [options]
  --seeds N  how many trainings, from seed 0 on (3)
  --quick    a twentieth of the images
  --write    writes the table in docs/demonstrations.md
  --json     one JSON document on stdout
Exit code: 0 done, 1 interrupted, 2 bad usage.`;

const EPOCHS = 10;
const BATCH = 128;
const PEAK = 0.003; // of Adam's rate
const HIDDEN: DenseSpec = { units: 512, normalization: "batch", useBias: false, dropout: 0.2 };
const THREADS = Math.min(8, availableParallelism());

interface Run {
  readonly seed: number;
  /** Share of the test images that the network tells rightly, after each epoch. */
  readonly accuracy: readonly number[];
  readonly seconds: number;
}

interface Options {
  readonly json: boolean;
  readonly quick: boolean;
  readonly write: boolean;
  readonly seeds: number;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

async function train(
  seed: number,
  { training, test }: { training: Digits; test: Digits },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Run> {
  const loss = { name: "crossEntropy", labelSmoothing: 0.1 } as const;
  using network = await createNetwork(
    { inputs: 784, layers: [HIDDEN, HIDDEN, { units: 10 }], loss, seed },
    { threads: THREADS },
  );
  const accuracy: number[] = [];
  const { epochs } = await network.fit(training, {
    epochs: EPOCHS,
    batchSize: BATCH,
    optimizer: adam({ learningRate: PEAK }),
    learningRate: oneCycle({ rising: 0.2 }),
    signal,
    callbacks: [
      {
        onEpochEnd: ({ epoch }) => {
          accuracy.push(network.evaluate(test).accuracy!);
          terminal.log(`seed ${seed}: epoch ${epoch}, test ${percent(accuracy.at(-1)!)}`);
        },
      },
    ],
  });
  const run = { seed, accuracy, seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0) };
  terminal.tell(`seed ${seed}: test ${percent(accuracy.at(-1) ?? NaN)}, ${run.seconds.toFixed(0)} s`);
  return run;
}

function table(runs: readonly Run[]): string {
  const rows = runs.map(({ seed, accuracy, seconds }) => [
    String(seed),
    percent(accuracy[4]!),
    percent(accuracy.at(-1)!),
    seconds.toFixed(0),
  ]);
  const heading = ["seed", "test accuracy after 5 epochs", "after 10", "seconds"];
  return markdownTable(heading, rows) + measuredOn(`, ${THREADS} threads`);
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({ options: OPTIONS });
  return values.help ? undefined : { ...values, seeds: readCount("seeds", values.seeds) };
}

async function main({ json, quick, write, seeds }: Options): Promise<number> {
  const terminal = new Terminal(json);
  const signal = interruption();
  const data = readMnist(quick ? 0.05 : 1);
  const runs: Run[] = [];
  for (let seed = 0; seed < seeds && !signal.aborted; seed++) runs.push(await train(seed, data, terminal, signal));
  if (json) terminal.document({ interrupted: signal.aborted, runs });
  if (signal.aborted) terminal.fail("interrupted: these are the trainings so far");
  else if (write) replaceBetweenMarkers("docs/demonstrations.md", "mnist-normalized", table(runs));
  return signal.aborted ? 1 : 0;
}

await runCommand(HELP, readOptions, main);
