// The built-in data sets. Points of the plane are drawn from a fixed seed, so that a link shows everybody the same.
import { type LearningTask, lossAndOutputs, splitRows, toRows } from "./learning-task.js";
import { randomFrom, shuffledIndices, type Random } from "./random.js";

const TRAIN = 240;
const HELD_OUT = 120;
const DATA_SEED = 7;

/** One point with its class or value. */
type DrawPoint = (random: Random, index: number, of: number) => readonly [x: number, y: number, target: number];

const spiral: DrawPoint = (random, index, of) => {
  const side = index % 2;
  const along = Math.floor(index / 2) / (of / 2);
  const angle = along * 1.6 * 2 * Math.PI + side * Math.PI;
  const radius = 0.08 + along * 0.9;
  return [radius * Math.sin(angle) + random.normal() * 0.02, radius * Math.cos(angle) + random.normal() * 0.02, side];
};

const circle: DrawPoint = (random, index) => {
  const side = index % 2;
  const radius = side === 1 ? 0.45 * Math.sqrt(random.uniform()) : 0.65 + 0.3 * random.uniform();
  const angle = random.uniform() * 2 * Math.PI;
  return [radius * Math.cos(angle), radius * Math.sin(angle), side];
};

const xor: DrawPoint = (random) => {
  const [a, b] = [random.uniform() * 2 - 1, random.uniform() * 2 - 1];
  const pushed = (value: number) => value + Math.sign(value) * 0.06;
  return [pushed(a), pushed(b), Number(a * b < 0)];
};

const regression: DrawPoint = (random) => {
  const [a, b] = [random.uniform() * 2 - 1, random.uniform() * 2 - 1];
  return [a, b, Math.sin(3 * a) * 0.6 + 0.5 * b * b - 0.2];
};

/** A small cloud whose target lies 0.5 below the output at the start (see `startingWeights`), and rises with x. */
const textbook: DrawPoint = (random) => {
  const [a, b] = [random.normal() * 0.4, random.normal() * 0.4];
  return [a, b, -0.4 + 0.15 * a + random.normal() * 0.02];
};

type PlaneName = "spiral" | "circle" | "xor" | "regression" | "textbook";

const PLANES: Readonly<Record<PlaneName, readonly [draw: DrawPoint, classes: readonly string[]]>> = {
  spiral: [spiral, ["blue", "orange"]],
  circle: [circle, ["outside", "inside"]],
  xor: [xor, ["same sign", "different sign"]],
  regression: [regression, []],
  textbook: [textbook, []],
};

export function planeTask(name: PlaneName): LearningTask {
  const [draw, classes] = PLANES[name];
  const make = (rows: number, seed: number) => {
    const random = randomFrom(seed);
    const drawn = Array.from({ length: rows }, (_, index) => draw(random, index, rows));
    return toRows(
      drawn.map(([x, y]) => [x, y]),
      drawn.map(([, , target]) => target),
    );
  };
  return {
    features: ["x", "y"],
    classes,
    train: make(TRAIN, DATA_SEED),
    heldOut: make(HELD_OUT, DATA_SEED + 1),
    ...lossAndOutputs(classes.length),
    extent: 1.2,
    notes: [],
  };
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;

/** @param bytes for each digit its 64 pixels, 0 to 16, then its class */
export function digitsTask(bytes: Uint8Array): LearningTask {
  const count = Math.floor(bytes.length / (PIXELS + 1));
  const images = Array.from({ length: count }, (_, i) =>
    Array.from(bytes.subarray(i * (PIXELS + 1), i * (PIXELS + 1) + PIXELS), (value) => value / 16),
  );
  const all = toRows(
    images,
    images.map((_, i) => bytes[i * (PIXELS + 1) + PIXELS]),
  );
  return {
    features: Array.from({ length: PIXELS }, (_, i) => `pixel ${i + 1}`),
    classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
    ...splitRows(all, shuffledIndices(count, randomFrom(DATA_SEED))),
    ...lossAndOutputs(10),
    extent: 0,
    imageSide: SIDE,
    notes: [],
  };
}
