// A recipe of the workshop as the plan of a map of death: learning rates across, starting biases up.
import type { MapPlan, SweepDataSet, SweepPlan } from "../../../src/sweep.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import { fitOptions } from "../../training/brief-training.js";
import { scheduleOf } from "../../training/scheduled-rate.js";
import { optimizerOf, specOf, targetsOf } from "../../training/recipe-to-network.js";
import type { Recipe } from "../../training/recipe.js";
import { startingWeights, startsBiases } from "../../training/start.js";

/** What a map varies, and how long its trainings are. Values ascend. */
export interface MapRange {
  readonly rates: readonly number[];
  readonly biases: readonly number[];
  /** Starts of each cell. */
  readonly repeats: number;
  readonly epochs: number;
}

/** Rates evenly spaced on a logarithmic scale, to two digits; the recipe of the workshop, 0.8 and 0, is a cell. */
export const FULL_RANGE: MapRange = {
  rates: [0.02, 0.03, 0.046, 0.07, 0.1, 0.16, 0.24, 0.36, 0.55, 0.8, 1.3, 1.9, 2.9, 4.4, 6.6, 10],
  biases: [-1.6, -1.4, -1.2, -1, -0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8],
  repeats: 3,
  epochs: 100,
};

/** A sweep draws its networks from a spec, with a bias for each cell: weights that were set by hand are none of it. */
export const canBeMapped = (recipe: Recipe): boolean => !startingWeights(recipe) && !startsBiases(recipe);

/** What `deathMap` is asked for; the recipe's own rate and bias are the setting that is marked. */
export function mapPlanOf(recipe: Recipe, task: LearningTask, range: MapRange): MapPlan {
  const { name, options } = optimizerOf(recipe, recipe);
  const learningRate = scheduleOf(recipe);
  return {
    base: {
      spec: specOf(recipe, task),
      fit: {
        optimizer: { name, options },
        epochs: range.epochs,
        ...fitOptions(recipe),
        ...(learningRate && { learningRate }),
        ...(recipe.resets !== "none" && { callbacks: [{ name: recipe.resets }] }),
      },
      ...(recipe.start === "calibrated" && { remedies: { calibrate: {} } }),
    },
    x: { name: "learningRate", values: range.rates },
    y: { name: "bias", values: range.biases },
    repeats: range.repeats,
    arithmetic: "reproducible",
  };
}

/** All rows that train train, and the held-out rows judge, as in the workshop. */
export function mapDataOf(recipe: Recipe, { train, heldOut }: LearningTask): SweepDataSet {
  const validation = { x: heldOut.x, y: targetsOf(recipe, heldOut) };
  return { x: train.x, y: targetsOf(recipe, train), validation };
}

/** The sweep that a map of lists is: cells follow each other along x. */
export function sweepPlanOf({ base, x, y, repeats, arithmetic }: MapPlan): SweepPlan {
  return {
    base,
    axes: { ...(y && { [y.name]: y.values }), [x.name]: x.values },
    ...(repeats !== undefined && { repeats }),
    ...(arithmetic !== undefined && { arithmetic }),
  };
}
