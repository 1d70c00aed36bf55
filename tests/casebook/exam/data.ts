// The exam's data, in float64, the same for the same seed. C and R are scikit-learn's make_classification and
// make_regression in shape, which the collectors of these programs put in place of data that the posts do not give.
import { readFileSync } from "node:fs";
import { PIXELS, readIdx } from "../../../bench/demos/mnist-data.js";
import { integer, normal, seededRandom } from "../../support/random.js";
import { times } from "../case.js";

type Table = readonly (readonly number[])[];

export interface Data {
  readonly x: Table;
  /** Classes, one number a row or several. */
  readonly y: readonly number[] | Table;
}

/** Numbers for one set of data: uniform, standard normal, and whole. */
export function draws(seed: number) {
  const uniform = seededRandom(0x51ab_1e57 + 7919 * seed);
  const between = (low: number, high: number) => low + (high - low) * uniform();
  const whole = (low: number, high: number) => integer(uniform, low, high);
  const shuffle = <T>(items: readonly T[]) => shuffled(items, uniform);
  return { uniform, between, normal: normal(uniform), whole, shuffle };
}

function shuffled<T>(items: readonly T[], uniform: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = integer(uniform, 0, last);
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

/** The numbers from low up, `count` of them. */
export const steps = (low: number, step: number, count: number) => times(count, (i) => low + step * i);

export const columnsOf = (rows: Table) => rows[0].map((_, column) => rows.map((row) => row[column]));

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Numbers as rows of one; rows as they are. */
export const asRows = (y: Data["y"]): Table => y.map((value) => (typeof value === "number" ? [value] : value));

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/**
 * C(n, d, k, i): two clusters a class, each around a corner of its own of {-1, 1}^i and of its own shape; two mixtures
 * of the i informative columns, then noise; one label in a hundred is drawn anew.
 */
export function classes(seed: number, rows: number, columns: number, count: number, informative = 2): Data {
  const { uniform, between, normal, whole, shuffle } = draws(seed);
  const clusters = 2 * count;
  const corners = new Set<number>();
  while (corners.size < clusters) corners.add(whole(0, 2 ** informative - 1));
  const shapes = Array.from(corners, (corner) => ({
    corner: times(informative, (bit) => (Math.floor(corner / 2 ** bit) % 2 === 0 ? -1 : 1)),
    map: times(informative, () => times(informative, () => between(-1, 1))),
  }));
  const mixtures = times(Math.min(2, columns - informative), () => times(informative, () => between(-1, 1)));
  const order = shuffle(times(columns, (column) => column));
  const made = times(rows, (row) => {
    const { corner, map } = shapes[row % clusters];
    const noise = times(informative, normal);
    const known = corner.map((value, i) => value + dot(noise, map[i]));
    const all = [...known, ...mixtures.map((weights) => dot(known, weights))];
    const full = [...all, ...times(columns - all.length, normal)];
    return { x: order.map((column) => full[column]), y: uniform() < 0.01 ? whole(0, count - 1) : row % count };
  });
  const mixed = shuffle(made);
  return { x: mixed.map(({ x }) => x), y: mixed.map(({ y }) => y) };
}

/** R(n, d, t): t sums of at most ten standard normal columns, each times 100·uniform(0, 1). */
export function sums(seed: number, rows: number, columns: number, targets: number): Data {
  const { uniform, normal, shuffle } = draws(seed);
  const used = shuffle(times(columns, (column) => column)).slice(0, 10);
  const weights = times(targets, () => used.map(() => 100 * uniform()));
  const x = times(rows, () => times(columns, normal));
  const y = x.map((row) =>
    weights.map((of) =>
      dot(
        used.map((column) => row[column]),
        of,
      ),
    ),
  );
  return { x, y };
}

/** Each column with mean 0 and spread 1; a constant one with 0. */
export function standardized(rows: Table): Table {
  const figures = columnsOf(rows).map((values) => {
    const middle = mean(values);
    const spread = Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
    return { middle, scale: spread > 1e-12 * Math.abs(middle) ? spread : Infinity };
  });
  return rows.map((row) => row.map((value, i) => (value - figures[i].middle) / figures[i].scale));
}

/** The rows with their inputs standardized. */
export const inputsStandardized = (data: Data): Data => ({ ...data, x: standardized(data.x) });

export const targetsStandardized = (data: Data): Data => ({ ...data, y: standardized(asRows(data.y)) });

export const bothStandardized = (data: Data): Data => targetsStandardized(inputsStandardized(data));

/** Labels as rows of `count` numbers: 1 in the label's column, else 0. */
export const oneHot = ({ x, y }: Data, count: number): Data => ({
  x,
  y: (y as readonly number[]).map((label) => times(count, (column) => Number(column === label))),
});

/** A function of one input. */
export const curve = (x: readonly number[], f: (value: number) => number): Data => ({ x: asRows(x), y: x.map(f) });

/** Each column from 0 to 1. */
export function scaled(rows: Table): Table {
  const ranges = columnsOf(rows).map((values) => ({ low: Math.min(...values), high: Math.max(...values) }));
  return rows.map((row) => row.map((value, i) => (value - ranges[i].low) / (ranges[i].high - ranges[i].low)));
}

const readRows = (name: string) =>
  readFileSync(new URL(`../../data/${name}`, import.meta.url), "utf8")
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(","));

/** A table whose last column is the class, numbered as the classes come. */
function labelledTable(name: string): Data {
  const cells = readRows(name);
  const names = [...new Set(cells.map((row) => row.at(-1)!))];
  return {
    x: cells.map((row) => row.slice(0, -1).map(Number)),
    y: cells.map((row) => names.indexOf(row.at(-1)!)),
  };
}

export const iris = () => labelledTable("iris.csv");
export const breastCancer = () => labelledTable("breast-cancer.csv");

/** Auto-mpg's 392 complete rows as they stand: origin as three columns, 9 inputs in all, and miles per gallon. */
export function milesPerGallon(): Data {
  const cells = readRows("auto-mpg.csv").filter((row) => row.every((cell) => cell !== ""));
  const origins = ["usa", "europe", "japan"];
  return {
    x: cells.map((row) => [...row.slice(1, -1).map(Number), ...origins.map((name) => Number(row.at(-1) === name))]),
    y: cells.map(([consumption]) => Number(consumption)),
  };
}

/** The first rows of MNIST of which the label is in `only`, pixels 0 to 255. */
export function digits(rows: number, only = 10): Data {
  const many = Math.min(60_000, Math.ceil((rows * 12) / only));
  const labels = readIdx("train-labels-idx1-ubyte", 1).subarray(0, many);
  const pixels = readIdx("train-images-idx3-ubyte", 3);
  const chosen = [...labels.keys()].filter((row) => labels[row] < only).slice(0, rows);
  return {
    x: chosen.map((row) => Array.from(pixels.subarray(row * PIXELS, (row + 1) * PIXELS))),
    y: chosen.map((row) => labels[row]),
  };
}

/** As digits, the pixels divided by a number. */
export function images(rows: number, divisor = 255, only = 10): Data {
  const { x, y } = digits(rows, only);
  return { x: x.map((row) => row.map((pixel) => pixel / divisor)), y };
}
