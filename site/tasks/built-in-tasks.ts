// The built-in data sets. Points of the plane are drawn from a fixed seed, so that a link shows everybody the same.
import { COORDINATES, type FeatureName, featureRows, FEATURES } from "./features.js";
import { type LabelledRows, type LearningTask, lossAndOutputs, splitRows, toRows } from "./learning-task.js";
import { randomFrom, shuffledIndices, type Random } from "./random.js";

/** Of a plane: to train on, and held out. */
export const POINTS = 360;
const HELD_OUT = 120;
const DATA_SEED = 7;
const NOISE_SEED = 1007; // of its own, so that the points are the same but for the noise
const EXTENT = 1.2;

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

export interface PlaneOptions {
  /** What the network is given of each point. Default: its coordinates. */
  readonly features?: readonly FeatureName[];
  /** The deviation of what is added to each coordinate or, where the target is a number, to that. Default 0. */
  readonly noise?: number;
  /** How many of the POINTS are held out. Default: a third. */
  readonly heldOut?: number;
}

/** Added to what was drawn: without noise nothing. */
function addNoise({ x, y }: LabelledRows, noise: number, seed: number, isToTarget: boolean): void {
  if (noise === 0) return;
  const random = randomFrom(seed);
  const noisy = isToTarget ? y : x.data;
  for (let i = 0; i < noisy.length; i++) noisy[i] += random.normal() * noise;
}

/** Points that noise has moved are on the plane that is drawn. */
function extentOf(points: readonly LabelledRows[]): number {
  const reach = points.flatMap(({ x }) => [...x.data]).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.max(EXTENT, reach * 1.05);
}

export function planeTask(name: PlaneName, options: PlaneOptions = {}): LearningTask {
  const { features = COORDINATES, noise = 0, heldOut = HELD_OUT } = options;
  const [draw, classes] = PLANES[name];
  const make = (rows: number, part: number) => {
    const random = randomFrom(DATA_SEED + part);
    const drawn = Array.from({ length: rows }, (_, index) => draw(random, index, rows));
    const points = toRows(
      drawn.map(([x, y]) => [x, y]),
      drawn.map(([, , target]) => target),
    );
    addNoise(points, noise, NOISE_SEED + part, classes.length === 0);
    return points;
  };
  const [train, rest] = [make(POINTS - heldOut, 0), make(heldOut, 1)];
  const given = (points: LabelledRows): LabelledRows => ({ x: featureRows(points.x.data, features), y: points.y });
  return {
    features: features.map((each) => FEATURES[each].text),
    classes,
    train: given(train),
    heldOut: given(rest),
    ...lossAndOutputs(classes.length),
    extent: noise > 0 ? extentOf([train, rest]) : EXTENT,
    plane: { features, train: train.x.data, heldOut: rest.x.data },
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
