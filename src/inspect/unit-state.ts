// From a unit's statistics to its state. Closed means a preactivation of at most 0; open is what is not closed: above
// 0, or NaN, which a unit passes on. The kernels' counters, traces and closed rows all go by that.
import type { UnitStatistics } from "./statistics.js";
import { isPiecewiseLinear, shapeOf } from "../activations/activations.js";
import { factsOf, type JudgedActivation } from "../activations/analysis.js";

/**
 * How a unit behaves on the samples: the first that holds of notFinite, dead, saturated, linear, rare, dormant, alive.
 */
export type UnitState =
  | "alive"
  | "rare" // fires, on fewer than rareBelow of the samples
  | "dormant" // tau-dormant (Sokar et al. 2023), yet fires now and then
  | "dead" // passes neither signal nor gradient on any sample
  | "linear" // never switches: fires on every sample (a leaky unit: or on none)
  | "notFinite" // a preactivation is infinite or NaN on some sample: nothing else is said of it
  | "saturated"; // sigmoid, tanh ...: its derivative is practically 0 on every sample

export const SATURATED_SLOPE = 1e-3;

export interface Thresholds {
  readonly rareBelow: number;
  readonly dormantBelow: number;
}

/** The largest |slope| on any of the rows, or a bound on it. */
function steepestOf(activation: JudgedActivation, { max, nearest, steepest }: UnitStatistics): number {
  return steepest ?? factsOf(activation).largestSlope(max, activation.alpha ?? 0, nearest);
}

/** Neither signal nor gradient passes on any of the rows; NaN among them passes. */
export function isDead(activation: JudgedActivation, unit: UnitStatistics): boolean {
  return unit.meanActivation === 0 && Math.fround(steepestOf(activation, unit)) === 0;
}

/** Every preactivation of the unit is a finite number. */
export function hasFinite({ min, max }: Pick<UnitStatistics, "min" | "max">): boolean {
  return Number.isFinite(min) && Number.isFinite(max);
}

/**
 * The first that holds: notFinite, dead, saturated, linear, rare, dormant, alive.
 */
export function judge(
  activation: JudgedActivation,
  totals: UnitStatistics,
  dormancy: number,
  { rareBelow, dormantBelow }: Thresholds,
): UnitState {
  const { name } = activation;
  const { isLinearWhenOpen, isGate } = factsOf(activation);
  const { fired, samples } = totals;
  if (!hasFinite(totals)) return "notFinite";
  if (isDead(activation, totals)) return "dead";
  if (!isPiecewiseLinear(name) && steepestOf(activation, totals) < SATURATED_SLOPE) return "saturated";
  const shape = shapeOf(name);
  const isLinear = shape === "linear" || (fired === samples && isLinearWhenOpen) || (fired === 0 && shape === "leaky");
  if (isLinear) return "linear";
  if (isGate && fired > 0 && fired < rareBelow * samples) return "rare";
  return dormancy <= dormantBelow ? "dormant" : "alive";
}

/** How many units there are in each state that occurs, by state. */
export function countStates(units: readonly { readonly state: UnitState }[]): ReadonlyMap<UnitState, number> {
  const counts = new Map<UnitState, number>();
  for (const { state } of units) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}
