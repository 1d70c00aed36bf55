// npm run demo:mnist: MNIST on 784-512-512-10; then the same with most units dead after a lethal rate, diagnosed, treated, and trained
// on without starting again.
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { interruption, Terminal } from "../../src/cli/terminal.js";
import { adam, type Callback, createNetwork, diagnose, type History, type Network, treat } from "../../src/index.js";
import { type Digits, firstRows, mnistFolder, readMnist } from "./mnist-data.js";
import { runCommand } from "../command.js";
import { markdownTable, measuredOn, replaceBetweenMarkers } from "../documents.js";

const OPTIONS = {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const HELP = `usage: npm run demo:mnist -- [options]
  --quick  a twentieth of the images
  --write  writes the table in docs/demonstrations.md
  --json   one JSON document on stdout
Exit code: 0 done, 1 interrupted, 2 bad usage.`;

const EPOCHS = 10;
const BATCH = 128;
const RATE = 0.001; // of Adam, falling in a line to 0 over all epochs
const LETHAL_RATE = 0.03;
const LETHAL_EPOCHS = 2;
const THREADS = Math.min(8, availableParallelism());
const DIAGNOSED_ROWS = 5000; // training rows that the diagnosis looks at

interface Course {
  readonly name: string;
  /** Share of the test images that the network tells rightly, after each epoch. */
  readonly accuracy: readonly number[];
  /** Hidden units dead on the rows that the diagnosis looks at, by layer, at the end. */
  readonly dead: readonly number[];
  readonly seconds: number;
}

interface Data {
  readonly training: Digits;
  readonly test: Digits;
}

class Demonstration {
  constructor(
    private readonly data: Data,
    private readonly terminal: Terminal,
    private readonly signal: AbortSignal,
  ) {}

  create(): Promise<Network> {
    return createNetwork(
      { inputs: 784, layers: [{ units: 512 }, { units: 512 }, { units: 10 }], loss: "crossEntropy" },
      { threads: THREADS },
    );
  }

  countDead(network: Network): number[] {
    const { layers } = diagnose(
      network,
      firstRows(this.data.training, Math.min(DIAGNOSED_ROWS, this.data.training.x.rows)),
      {
        proofs: false,
      },
    );
    return layers.map(({ dead }) => dead);
  }

  /** Trains from one epoch to another of the course; the rate depends on the place in it. */
  async train(
    name: string,
    network: Network,
    rate: (share: number) => number,
    from: number,
    to: number,
  ): Promise<Course> {
    const { training, test } = this.data;
    const steps = Math.ceil(training.x.rows / BATCH);
    const accuracy: number[] = [];
    const watch: Callback = {
      onBatchEnd: ({ step }) =>
        this.terminal.progress({ label: name, done: step, total: (to - from) * steps, unit: "steps" }),
      onEpochEnd: ({ epoch, loss }) => {
        accuracy.push(network.evaluate(test).accuracy!);
        this.terminal.log(`${name}: epoch ${from + epoch}, loss ${loss.toFixed(4)}, test ${percent(accuracy.at(-1)!)}`);
      },
    };
    this.terminal.startProgress();
    const history: History = await network.fit(training, {
      epochs: to - from,
      batchSize: BATCH,
      optimizer: adam({ learningRate: RATE }),
      signal: this.signal,
      callbacks: [watch],
      learningRate: (step) => rate((from * steps + step - 1) / (EPOCHS * steps)),
    });
    const seconds = history.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
    const course = { name, accuracy, dead: this.countDead(network), seconds };
    this.terminal.tell(line(course));
    return course;
  }

  async healthy(): Promise<Course> {
    using network = await this.create();
    return await this.train("healthy", network, fall, 0, EPOCHS);
  }

  /** The training at a lethal rate, and from its end on: a lower rate alone, and the same after the dead units were treated. */
  async lethalAndTreated(): Promise<Course[]> {
    using network = await this.create();
    const courses = [await this.train("lethal rate", network, () => LETHAL_RATE, 0, LETHAL_EPOCHS)];
    using twin = await network.clone();
    if (!this.signal.aborted)
      courses.push(await this.train("then a lower rate alone", twin, fall, LETHAL_EPOCHS, EPOCHS));
    if (this.signal.aborted) return courses;
    const { before, after } = await treat(
      network,
      firstRows(this.data.training, Math.min(DIAGNOSED_ROWS, this.data.training.x.rows)),
      { kind: "recycle" },
    );
    this.terminal.tell(`treated: ${before.dead} of ${before.units} hidden units were dead, ${after.dead} are`);
    courses.push(await this.train("then treated, and a lower rate", network, fall, LETHAL_EPOCHS, EPOCHS));
    return courses;
  }
}

const fall = (share: number): number => RATE * (1 - share);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function line({ name, accuracy, dead, seconds }: Course): string {
  const test = `test ${percent(accuracy.at(-1) ?? NaN)} after ${accuracy.length} epochs, ${seconds.toFixed(1)} s`;
  return `${name.padEnd(32)} ${test}; dead units by layer: ${dead.join(", ")}`;
}

interface Peer {
  readonly version: string;
  readonly accuracy: number;
  readonly seconds: number;
}

/** The healthy course on PyTorch, on as many threads; undefined where python3 has none. */
function runPeer(): Peer | undefined {
  try {
    execFileSync("python3", ["-c", "import torch"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return JSON.parse(
    execFileSync("python3", ["bench/demos/mnist-torch.py", mnistFolder, String(EPOCHS), String(THREADS)], {
      encoding: "utf8",
    }),
  ) as Peer;
}

function table(courses: readonly Course[], peer: Peer | undefined): string {
  const heading = ["course", "epochs", "test accuracy", "dead units, layer 1 and 2, of 512 each", "seconds"];
  const rows = courses.map(({ name, accuracy, dead, seconds }) => [
    name,
    String(accuracy.length),
    percent(accuracy.at(-1)!),
    dead.join(", "),
    seconds.toFixed(0),
  ]);
  const last = peer
    ? [`PyTorch ${peer.version}, healthy`, String(EPOCHS), percent(peer.accuracy), "", peer.seconds.toFixed(0)]
    : ["PyTorch", "", "not installed here", "", ""];
  return markdownTable(heading, [...rows, last]) + measuredOn(`, ${THREADS} threads`);
}

function readOptions(): { json: boolean; quick: boolean; write: boolean } | undefined {
  const { values } = parseArgs({ options: OPTIONS });
  return values.help ? undefined : values;
}

async function main({ json, quick, write }: { json: boolean; quick: boolean; write: boolean }): Promise<number> {
  const terminal = new Terminal(json);
  const signal = interruption();
  const demonstration = new Demonstration(readMnist(quick ? 0.05 : 1), terminal, signal);
  const courses = [await demonstration.healthy()];
  if (!signal.aborted) courses.push(...(await demonstration.lethalAndTreated()));
  const peer = quick || signal.aborted ? undefined : runPeer();
  if (json) terminal.document({ interrupted: signal.aborted, courses, ...(peer && { peer }) });
  if (signal.aborted) terminal.fail("interrupted: these are the courses so far");
  else if (write) replaceBetweenMarkers("docs/demonstrations.md", "mnist", table(courses, peer));
  return signal.aborted ? 1 : 0;
}

await runCommand(HELP, readOptions, main);
