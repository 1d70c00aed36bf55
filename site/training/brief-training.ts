// Short trainings that nobody sees, which find out what a rate does.
import { createNetwork } from "../../src/network/network.js";
import type { Network } from "../../src/index.js";
import { countDead } from "../../src/inspect/dead-units.js";
import { optimizerOf, specOf, targetsOf } from "./recipe-to-network.js";
import { resetsOf } from "./resets.js";
import { type RateAt, rateOf } from "./scheduled-rate.js";
import type { LearningTask } from "../tasks/learning-task.js";
import type { LiveSettings, Recipe } from "./recipe.js";
import { startingWeights } from "./start.js";

export interface BriefTraining {
  /** Units of each hidden layer. */
  readonly dead: readonly number[];
  /** Infinity where it diverged. */
  readonly loss: number;
}

/** Links repeat a training to the bit, on every machine. */
export const ARITHMETIC = "reproducible";

/** As a recipe starts it. */
export async function startNetwork(recipe: Recipe, task: LearningTask): Promise<Network> {
  const network = await createNetwork(specOf(recipe, task), { arithmetic: ARITHMETIC });
  startingWeights(recipe)?.forEach((weights, layer) => network.layers[layer].setWeights(weights));
  if (recipe.start === "calibrated") {
    const { calibrate } = await import("../../src/treatment/start/calibrate.js");
    await calibrate(network, task.train.x);
  }
  return network;
}

export function fitOptions({ batch, clip }: LiveSettings): { batchSize: number; clipNorm?: number } {
  return { batchSize: batch, ...(clip > 0 && { clipNorm: clip }) };
}

/**
 * Trains it for so many steps, with a recipe's settings.
 * @param rateAt rates of its steps, by default by the recipe's schedule from the start
 */
export async function trainBriefly(
  network: Network,
  task: LearningTask,
  recipe: Recipe,
  steps: number,
  rateAt: RateAt = rateOf(recipe, task),
): Promise<BriefTraining> {
  const data = { x: task.train.x, y: targetsOf(recipe, task.train) };
  let left = steps;
  const { stopped } = await network.fit(data, {
    epochs: steps,
    optimizer: optimizerOf(recipe, recipe),
    learningRate: (step) => rateAt(step, recipe.rate),
    callbacks: [...(await resetsOf(recipe)), { onBatchEnd: (_log, { stop }) => void (--left <= 0 && stop()) }],
    ...fitOptions(recipe),
  });
  return {
    dead: countDead(network, data.x).layers.map(({ dead }) => dead),
    loss: stopped === "diverged" ? Number.POSITIVE_INFINITY : network.evaluate(data).loss,
  };
}

/** A network of its own, as the recipe starts and trains it. */
export async function runFromStart(
  recipe: Recipe,
  task: LearningTask,
  steps: number,
  rateAt?: RateAt,
): Promise<BriefTraining> {
  using network = await startNetwork(recipe, task);
  return await trainBriefly(network, task, recipe, steps, rateAt);
}
