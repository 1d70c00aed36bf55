// What rates do to a recipe's network, by short trainings from the start: its own rate and a coarse grid first, then
// between. Other starts than the recipe's own are tried as well, so that luck shows as a band.
import { cutTo } from "../../src/text/numbers.js";
import { type BriefTraining, runFromStart } from "./brief-training.js";
import type { ForecastMessage, LearningTask, RateTrial } from "./types.js";
import { LEAST_RATE, MOST_RATE, type Recipe } from "../state/recipe.js";

const RUNS = 3;
const MOST_STEPS = 1500;
const LEAST_STEPS = 50;
/** A run that would take longer has fewer steps. */
const MOST_RUN_MS = 80;
/** So many rates at first; each further round puts one between every two. */
const COARSE = 6;
const ROUNDS = 3;
/** Of the other starts: far from the seeds that people choose. */
const FIRST_SEED = 1_000_003;

/** Shares of the slider's way. */
function placesOf(round: number): number[] {
  const gaps = (COARSE - 1) * 2 ** (round - 1);
  return round === 0
    ? Array.from({ length: COARSE }, (_, i) => i / (COARSE - 1))
    : Array.from({ length: gaps }, (_, i) => (i + 0.5) / gaps);
}

/** The recipe's own first. */
function ratesOf(round: number, own: number): number[] {
  const rates = placesOf(round).map((place) => cutTo(LEAST_RATE * (MOST_RATE / LEAST_RATE) ** place, 3));
  return [...(round === 0 ? [own] : []), ...rates.filter((rate) => rate !== own)];
}

async function tryRate(recipe: Recipe, task: LearningTask, steps: number): Promise<RateTrial> {
  const runs: BriefTraining[] = [];
  for (let run = 0; run < RUNS; run++) {
    const seed = run === 0 ? recipe.seed : FIRST_SEED + run;
    runs.push(await runFromStart({ ...recipe, seed }, task, steps));
  }
  const diverged = runs.filter(({ loss }) => loss === Number.POSITIVE_INFINITY).length;
  return { rate: recipe.rate, dead: runs.map(({ dead }) => dead), diverged };
}

/** The first run shows how many steps fit into the time. */
async function affordableSteps(recipe: Recipe, task: LearningTask): Promise<number> {
  await runFromStart(recipe, task, LEAST_STEPS); // what is slow but once
  const started = performance.now();
  await runFromStart(recipe, task, LEAST_STEPS);
  const perStep = (performance.now() - started) / LEAST_STEPS;
  const affordable = Math.floor(MOST_RUN_MS / perStep / LEAST_STEPS) * LEAST_STEPS;
  return Math.max(LEAST_STEPS, Math.min(MOST_STEPS, affordable));
}

/**
 * What is known so far, again and again, until all is.
 * @param isWanted asked before each rate: another recipe may have come
 */
export async function* forecastRates(
  recipe: Recipe,
  task: LearningTask,
  isWanted: () => boolean,
): AsyncGenerator<ForecastMessage> {
  const steps = await affordableSteps({ ...recipe, rate: LEAST_RATE }, task);
  const trials: RateTrial[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const rate of ratesOf(round, recipe.rate)) {
      if (!isWanted()) return;
      trials.push(await tryRate({ ...recipe, rate }, task, steps));
    }
    const byRate = trials.toSorted((a, b) => a.rate - b.rate);
    yield { kind: "forecast", recipe, steps, trials: byRate, isDone: round === ROUNDS - 1 };
  }
}
