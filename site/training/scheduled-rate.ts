// A recipe's schedule over the whole training. The package's begins anew with each fit, and a change on the way ends
// one: so the rate is asked for by the step of the training. Epochs are those of the recipe's batches.
import { runSchedule } from "../../src/network/training/schedules/running-schedule.js";
import { cosine, oneCycle, type Schedule, warmup } from "../../src/network/training/schedules/schedules.js";
import type { LearningTask } from "../tasks/learning-task.js";
import type { Recipe } from "./recipe.js";

/** As a fit from the start takes it; undefined where the rate is constant. */
export function scheduleOf({ schedule, scheduleEpochs: epochs }: Recipe): Schedule | undefined {
  switch (schedule) {
    case "constant":
      return undefined;
    case "cosine":
      return cosine({ epochs });
    case "warmup":
      return warmup({ epochs });
    case "oneCycle":
      return oneCycle({ epochs });
  }
}

/** The rate of a step, from 1, of the whole training, where `highest` is the one that is set. */
export type RateAt = (step: number, highest: number) => number;

export function rateOf(recipe: Recipe, { train }: Pick<LearningTask, "train">): RateAt {
  const schedule = scheduleOf(recipe);
  if (!schedule) return (_, highest) => highest;
  const stepsPerEpoch = Math.ceil(train.x.rows / recipe.batch);
  const steps = stepsPerEpoch * recipe.scheduleEpochs;
  const out = new Float64Array(1);
  let rate = -1;
  let running: ReturnType<typeof runSchedule>;
  return (step, highest) => {
    if (highest !== rate) running = runSchedule(schedule, out, { rate: (rate = highest), stepsPerEpoch, steps });
    running.begin(step);
    return out[0];
  };
}
