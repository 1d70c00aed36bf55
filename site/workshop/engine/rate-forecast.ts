// What rates do to a recipe's network: the package's forecast of training, over the rates of the slider, in as many
// steps as there is time for.
import { forecastTraining, type RateForecast } from "../../../src/diagnosis/forecast/training.js";
import type { TrainingForecastOptions, Weights } from "../../../src/index.js";
import { cutTo } from "../../../src/text/numbers.js";
import { ARITHMETIC, fitOptions, startNetwork } from "../../training/brief-training.js";
import { optimizerOf, specOf, targetsOf } from "../../training/recipe-to-network.js";
import type { ForecastMessage } from "./types.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import { LEAST_RATE, MOST_RATE, type Recipe } from "../../training/recipe.js";
import { startingWeights } from "../../training/start.js";

/** Starts; the recipe's own is the first. */
const STARTS = 3;
const RATES = 21;
const MOST_STEPS = 1500;
const LEAST_STEPS = 50;
const ATTEMPTS = 4;
/** A training that would take longer has fewer steps. */
const MOST_RUN_MS = 80;
/** A machine that is slower than it seemed at first. */
const MOST_SECONDS = 30;

/** Evenly over the slider's way, and the recipe's own. */
function ratesFor(own: number): number[] {
  const places = Array.from({ length: RATES }, (_, i) => i / (RATES - 1));
  return [...new Set([own, ...places.map((place) => cutTo(LEAST_RATE * (MOST_RATE / LEAST_RATE) ** place, 3))])];
}

interface Length {
  readonly rows: number;
  readonly epochs: number;
}

const stepsOf = ({ rows, epochs }: Length, { batch }: Recipe) => epochs * Math.ceil(rows / batch);

/** About so many steps; of many rows a sample. */
function lengthOf(steps: number, { batch }: Recipe, rows: number): Length {
  const few = Math.min(rows, steps * batch);
  return { rows: few, epochs: Math.max(1, Math.floor(steps / Math.ceil(few / batch))) };
}

/** Weights that no initializer draws: starts differ then in the order of the rows alone. */
async function weightsFor(recipe: Recipe, task: LearningTask): Promise<Weights[] | undefined> {
  if (recipe.start !== "calibrated") return startingWeights(recipe);
  using network = await startNetwork(recipe, task);
  return network.layers.map((layer) => layer.getWeights());
}

function optionsFor(
  recipe: Recipe,
  startWeights: Weights[] | undefined,
  length: Length,
  signal: AbortSignal,
): TrainingForecastOptions {
  const { batchSize, ...clipping } = fitOptions(recipe);
  return {
    ...length,
    ...clipping,
    batchSize,
    optimizer: optimizerOf(recipe, recipe),
    arithmetic: ARITHMETIC,
    ...(startWeights && { startWeights }),
    signal,
  };
}

/**
 * The rates' trainings, told each time another start of all of them has trained.
 * @param signal another recipe has come
 */
export async function forecastRates(
  recipe: Recipe,
  task: LearningTask,
  signal: AbortSignal,
  tell: (message: ForecastMessage) => void,
): Promise<void> {
  const spec = specOf(recipe, task);
  const data = { x: task.train.x, y: targetsOf(recipe, task.train) };
  const startWeights = await weightsFor(recipe, task);
  const run = (length: Length, more: TrainingForecastOptions) =>
    forecastTraining(spec, data, { ...optionsFor(recipe, startWeights, length, signal), ...more });

  /** The fastest of some short runs, as others may have the processor meanwhile, shows how many steps fit. */
  async function affordableSteps(): Promise<number> {
    const few = lengthOf(LEAST_STEPS, recipe, data.x.rows);
    let fastest = Infinity; // and of the first much is slow but once
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const started = performance.now();
      await run(few, { rates: [LEAST_RATE], seeds: 1 });
      fastest = Math.min(fastest, performance.now() - started);
    }
    const steps = Math.floor((MOST_RUN_MS * stepsOf(few, recipe)) / fastest);
    return Math.max(LEAST_STEPS, Math.min(MOST_STEPS, steps));
  }

  const length = lengthOf(await affordableSteps(), recipe, data.x.rows);
  const rates = ratesFor(recipe.rate);
  const sample = length.rows < data.x.rows ? { sample: length.rows } : {};
  const about = { kind: "forecast" as const, recipe, steps: stepsOf(length, recipe), ...sample };
  const known = new Map<number, RateForecast>(); // from the lowest rate up, as they are trained
  let trained = 0;
  const onRate = (found: RateForecast) => {
    known.set(found.rate, found);
    if (++trained % rates.length === 0 && trained < STARTS * rates.length && !signal.aborted)
      tell({ ...about, rates: [...known.values()], isDone: false });
  };
  const found = await run(length, { rates, seeds: STARTS, seconds: MOST_SECONDS, onRate });
  if (!signal.aborted) tell({ ...about, rates: found.rates, isDone: true });
}
