// How long a unit must be silent before a trace looks at it, and how often it looks.
import { type StepRows, stepsPerEpoch } from "../../network/training/plan.js";

const LEAST_WINDOW = 20;
const LEAST_INTERVAL = 16;

/** Steps: the one that was asked for, or an epoch's. */
export function windowOf(window: number | undefined, plan: StepRows): number {
  return window ?? Math.max(LEAST_WINDOW, stepsPerEpoch(plan));
}

/** Steps from one look at the silent units to the next. */
export function intervalOf(window: number): number {
  return Math.max(LEAST_INTERVAL, window);
}
