// Which cells the workshop's map of death has, and how long it trains them: as much as there is time for.
import { runFromStart } from "../../../training/brief-training.js";
import { FULL_RANGE, type MapRange } from "../../../figures/death-map/map-plan.js";
import { type LearningTask, takeRows } from "../../../tasks/learning-task.js";
import { cutTo } from "../../../../src/text/numbers.js";
import type { OptimizerName, Recipe } from "../../../training/recipe.js";

/** Of the trainings of a map on one core. */
const MOST_SECONDS = 40;
const MOST_STEPS = 1500;
const LEAST_STEPS = 50;
/** A step of which more are tried. */
const FAST_MS = 0.5;
const TURNS = 3;

interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly repeats: number;
}

/** The first that there is time for, else the last, with fewer steps. */
const GRIDS: readonly Grid[] = [
  { columns: FULL_RANGE.rates.length, rows: FULL_RANGE.biases.length, repeats: FULL_RANGE.repeats },
  { columns: 12, rows: 9, repeats: 2 },
  { columns: 8, rows: 7, repeats: 1 },
];

/** From rates that hardly move a weight to those that kill. */
const RATES: Readonly<Record<OptimizerName, readonly [low: number, high: number]>> = {
  sgd: [0.02, 10],
  momentum: [0.002, 2],
  adam: [0.0003, 1],
  nadam: [0.0003, 1],
  adamax: [0.0003, 1],
  rmsprop: [0.0001, 1],
  adagrad: [0.003, 3],
  lion: [0.00003, 0.1],
};
const BIASES = [-1.6, 0.8] as const;

/** Ascending values of which the recipe's own is one, in place of its neighbour. */
function withOwn(values: readonly number[], own: number, distance: (a: number, b: number) => number): number[] {
  if (values.includes(own)) return [...values];
  const nearest = values.reduce((a, b) => (distance(b, own) < distance(a, own) ? b : a));
  return values.map((value) => (value === nearest ? own : value));
}

function ratesFor({ optimizer, rate }: Recipe, count: number): number[] {
  const [low, high] = [Math.min(RATES[optimizer][0], rate), Math.max(RATES[optimizer][1], rate)];
  const places = Array.from({ length: count }, (_, i) => i / (count - 1));
  const rates = places.map((place) => cutTo(low * (high / low) ** place, 2));
  return withOwn([...new Set(rates)], rate, (a, b) => Math.abs(Math.log(a / b)));
}

function biasesFor({ bias }: Recipe, count: number): number[] {
  const [low, high] = [Math.min(BIASES[0], bias), Math.max(BIASES[1], bias)];
  const biases = Array.from(
    { length: count },
    (_, i) => Math.round(100 * (low + ((high - low) * i) / (count - 1))) / 100,
  );
  return withOwn([...new Set(biases)], bias, (a, b) => Math.abs(a - b));
}

export function rangeOf(recipe: Recipe, { columns, rows, repeats }: Grid, epochs: number): MapRange {
  return { rates: ratesFor(recipe, columns), biases: biasesFor(recipe, rows), repeats, epochs };
}

/** Of more rows than there are steps for, a sample, evenly over all of them. */
export function affordableTask(task: LearningTask, rows: number): LearningTask {
  const all = task.train.x.rows;
  if (rows >= all) return task;
  return {
    ...task,
    train: takeRows(
      task.train,
      Array.from({ length: rows }, (_, i) => Math.floor((i * all) / rows)),
    ),
  };
}

export interface PlannedMap {
  readonly range: MapRange;
  readonly task: LearningTask;
}

/** @param perStep milliseconds of one step */
export function planFor(recipe: Recipe, task: LearningTask, perStep: number): PlannedMap {
  const stepsOn = ({ columns, rows, repeats }: Grid) => (MOST_SECONDS * 1000) / perStep / (columns * rows * repeats);
  const grid = GRIDS.find((each) => stepsOn(each) >= MOST_STEPS) ?? GRIDS.at(-1)!;
  const steps = Math.max(LEAST_STEPS, Math.min(MOST_STEPS, Math.floor(stepsOn(grid))));
  const sampled = affordableTask(task, steps * recipe.batch);
  const epochs = Math.max(1, Math.floor(steps / Math.ceil(sampled.train.x.rows / recipe.batch)));
  return { range: rangeOf(recipe, grid, epochs), task: sampled };
}

/** Short trainings show how long a step takes: the fastest, as a machine that is busy elsewhere says little. */
export async function planMap(recipe: Recipe, task: LearningTask): Promise<PlannedMap> {
  async function timeOf(steps: number): Promise<number> {
    const started = performance.now();
    await runFromStart(recipe, affordableTask(task, steps * recipe.batch), steps);
    return (performance.now() - started) / steps;
  }
  await timeOf(LEAST_STEPS); // what is slow but once
  let perStep = await timeOf(LEAST_STEPS);
  for (let turn = 0; turn < TURNS && perStep < FAST_MS; turn++)
    perStep = Math.min(perStep, await timeOf(10 * LEAST_STEPS));
  return planFor(recipe, task, perStep);
}
