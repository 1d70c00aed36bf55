// Raise the bias of a dead unit until a chosen share of the samples opens it, and keep every output as it is.
//
// The unit opens where z without its bias, s, is above -bias: a sum of two floats rounds to 0 only if it is 0. So the bias comes
// from the order statistics of s. Outgoing weights become 0, which the unit's silence allowed: 0 times anything was 0. The weights
// to units that are dead themselves may stay, since these are lifted too and their own outgoing weights shield what lies above;
// so units behind a layer that is silent as a whole get a signal again.
import { type Course, countUnits, finding, nothing, type Outcome } from "./working-copy.js";
import type { TreatedUnit, TreatmentFinding } from "../types.js";
import { clearMoments, outgoing } from "./unit-parameters.js";
import { View } from "./view.js";
import type { NetworkState } from "../../network/state/state.js";

export function wantedSamples(activity: number, samples: number): number {
  return Math.min(samples, Math.max(1, Math.ceil(activity * samples - 1e-9))); // 0.1 · 30 is a little above 3
}

/** Float32 next to the middle of low < high that is below high. */
function between(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= high || middle < low ? low : middle;
}

/** Well below all of them: where they are all the same, the textbook's small positive bias is what is left. */
function belowAll(sorted: Float32Array): number {
  const lowest = sorted[0];
  return Math.fround(lowest - Math.max(0.01, (sorted[sorted.length - 1] - lowest) / 8, Math.abs(lowest) * 2 ** -10));
}

/**
 * A number that `wanted` of the values are above, or as near to that count as equal values allow, at least one.
 * @param sorted in ascending order
 */
export function thresholdFor(
  sorted: Float32Array,
  wanted: number,
): { readonly threshold: number; readonly above: number } {
  const n = sorted.length;
  const value = sorted[n - wanted];
  let first = n - wanted;
  while (first > 0 && sorted[first - 1] === value) first--;
  let next = n - wanted;
  while (next < n && sorted[next] === value) next++;
  const withEquals = n - first,
    withoutEquals = n - next;
  if (withoutEquals > 0 && wanted - withoutEquals < withEquals - wanted)
    return { threshold: between(value, sorted[next]), above: withoutEquals };
  return { threshold: first === 0 ? belowAll(sorted) : between(sorted[first - 1], value), above: withEquals };
}

/** Sets the outgoing weights to 0, but for those to the units that are `spared`. */
function silence(state: NetworkState, layer: number, unit: number, spared: ReadonlySet<number>): void {
  const { start, end } = outgoing(state, layer, unit);
  const weights = state.allParameters();
  for (let at = start; at < end; at++) if (!spared.has(at - start)) weights[at] = 0;
}

/** Lifts these units of a layer; findings say where equal preactivations do not allow the share. */
export function liftUnits(
  view: View,
  layer: number,
  units: readonly number[],
  activity: number,
  spared: readonly number[],
): TreatmentFinding[] {
  const { state, rows } = view;
  const bias = state.layout.layers[layer].bias / 4;
  const wanted = wantedSamples(activity, rows);
  const targets = new Set(spared);
  const missed: string[] = [];
  for (const unit of units) state.allParameters()[bias + unit] = 0;
  view.forEachColumn(layer, units, (unit, z) => {
    const { threshold, above } = thresholdFor(z.sort(), wanted);
    state.allParameters()[bias + unit] = -threshold;
    if (Math.abs(above - activity * rows) > 1) missed.push(`unit ${unit} opens on ${above}`);
  });
  for (const unit of units) {
    silence(state, layer, unit, targets);
    clearMoments(state, layer, unit);
  }
  if (missed.length === 0) return [];
  const more = missed.length > 1 ? `, ${missed.length - 1} more units miss it too` : "";
  return [
    finding(
      "shareNotReached",
      `layer ${layer}: ${missed[0]} of ${rows} samples instead of ${wanted}${more}; equal preactivations leave no other choice`,
      layer,
    ),
  ];
}

export function liftBias(course: Course, activity: number): Outcome {
  const dead = course.deadUnits();
  const count = dead.flat().length;
  if (count === 0) return nothing("no hidden unit is dead on these samples");
  const view = new View(course, course.copy());
  const findings: TreatmentFinding[] = [];
  const treated = dead.flatMap((units, layer): TreatedUnit[] => {
    if (units.length > 0) findings.push(...liftUnits(view, layer, units, activity, dead[layer + 1] ?? []));
    return units.map((unit) => ({ layer, unit, action: "lifted" }));
  });
  findings.push(
    finding(
      "onTheseSamples",
      `${countUnits(count)} lifted by what ${view.rows} samples show; other samples may open them more or less often`,
    ),
  );
  return { state: view.state, treated, findings };
}
