// The streams of tasks: five kinds of change, each at four ways of training, 20 in all; a seed draws the changes and
// the network.
import { adam, type Matrix, type Optimizer, sgd } from "../../../src/index.js";
import { loadDigits } from "../../../tests/support/digits.js";
import { seededRandom } from "../../../tests/support/random.js";

export const PIXELS = 64;
export const TASKS = 5;
export const BATCH = 32;

export interface Task {
  readonly x: Matrix;
  readonly y: Int32Array;
}

interface Kind {
  readonly name: string;
  readonly epochs: number;
  /** What task `task` makes of the digits. */
  make(digits: Task, task: number, seed: number): Task;
}

interface Way {
  readonly name: string;
  optimizer(): Optimizer;
}

export interface Stream {
  readonly name: string;
  readonly kind: string;
  readonly way: string;
  /** Of a task. */
  readonly epochs: number;
  make(digits: Task, task: number, seed: number): Task;
  optimizer(): Optimizer;
}

function order(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, place) => ({ place, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ place }) => place);
}

const seedOf = (seed: number, task: number): number => 1000 * seed + task;

function mapPixels({ x, y }: Task, change: (row: Float32Array) => ArrayLike<number>): Task {
  const data = new Float32Array(x.data.length);
  for (let row = 0; row < x.rows; row++)
    data.set(change((x.data as Float32Array).subarray(row * PIXELS, (row + 1) * PIXELS)), row * PIXELS);
  return { x: { ...x, data }, y };
}

const KINDS: readonly Kind[] = [
  {
    name: "permuted pixels",
    epochs: 4,
    make(digits, task, seed) {
      const places = order(PIXELS, seedOf(seed, task));
      return mapPixels(digits, (row) => places.map((place) => row[place]!));
    },
  },
  {
    name: "shuffled labels",
    epochs: 4,
    make({ x, y }, task, seed) {
      const rows = order(x.rows, seedOf(seed, task));
      return { x, y: Int32Array.from(rows, (row) => y[row]!) };
    },
  },
  {
    name: "renamed classes",
    epochs: 4,
    make({ x, y }, task, seed) {
      const names = order(10, seedOf(seed, task));
      return { x, y: Int32Array.from(y, (label) => names[label]!) };
    },
  },
  {
    name: "drifting inputs",
    epochs: 4,
    make(digits, task, seed) {
      const random = seededRandom(seedOf(seed, 0));
      const drift = Array.from({ length: PIXELS }, () => 0.3 * task * (2 * random() - 1));
      return mapPixels(digits, (row) => row.map((value, pixel) => value + drift[pixel]!));
    },
  },
  {
    name: "two classes at a time",
    epochs: 20,
    make({ x, y }, task, seed) {
      const names = order(10, seedOf(seed, 0));
      const pair = [names[(2 * task) % 10], names[(2 * task + 1) % 10]];
      const rows = [...y.keys()].filter((row) => pair.includes(y[row]));
      const data = new Float32Array(rows.length * PIXELS);
      rows.forEach((row, at) =>
        data.set((x.data as Float32Array).subarray(row * PIXELS, (row + 1) * PIXELS), at * PIXELS),
      );
      return { x: { rows: rows.length, columns: PIXELS, data }, y: Int32Array.from(rows, (row) => y[row]!) };
    },
  },
];

const WAYS: readonly Way[] = [
  { name: "SGD 0.1", optimizer: () => sgd({ learningRate: 0.1 }) },
  { name: "SGD 0.5", optimizer: () => sgd({ learningRate: 0.5 }) },
  { name: "Adam 0.001", optimizer: () => adam({ learningRate: 0.001 }) },
  { name: "Adam 0.01", optimizer: () => adam({ learningRate: 0.01 }) },
];

export const STREAMS: readonly Stream[] = KINDS.flatMap((kind) =>
  WAYS.map((way) => ({
    name: `${kind.name}, ${way.name}`,
    kind: kind.name,
    way: way.name,
    epochs: kind.epochs,
    make: (digits: Task, task: number, seed: number) => kind.make(digits, task, seed),
    optimizer: () => way.optimizer(),
  })),
);

let read: Task | undefined;

/** The digits' training rows. */
export function digits(): Task {
  read ??= readDigits();
  return read;
}

function readDigits(): Task {
  const { x, y } = loadDigits(0, "src/cli/digits.csv.gz").training;
  return {
    x: { rows: x.length, columns: PIXELS, data: Float32Array.from(x.flat()) },
    y: Int32Array.from(y as readonly number[]),
  };
}
