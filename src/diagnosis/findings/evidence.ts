// What the findings are made from: a pass over the samples, the verdicts on the units, and what else the caller gave.
import { closedUpTo } from "../../activations/analysis.js";
import type { LayerDiagnosis } from "../types.js";
import type { Examination } from "../../inspect/examination.js";
import type { History } from "../../network/types.js";
import type { PreparedTargets } from "../../network/data.js";
import type { UnitTotals } from "../../inspect/statistics.js";

export interface Evidence extends Examination {
  /** The hidden layers' verdicts. */
  readonly hidden: readonly LayerDiagnosis[];
  readonly targets?: PreparedTargets;
  readonly history?: History;
}

/** Units of a layer, the output layer included, that pass on neither signal nor gradient on any sample. */
export function closedUnits({ state, totals, hidden }: Evidence, layer: number): number[] {
  const isClosed = (unit: number) =>
    layer < hidden.length
      ? hidden[layer].units[unit].state === "dead"
      : totals[layer][unit].max <= closedUpTo(state.spec.layers[layer].activation);
  return Array.from(totals[layer].keys()).filter(isClosed);
}

/** The highest layer of which every unit is closed, or -1. */
export function closedLayer(evidence: Evidence): number {
  return evidence.totals.findLastIndex((units, layer) => closedUnits(evidence, layer).length === units.length);
}

/** With samples that all agree nothing can be said of what never changes. */
export function samplesDiffer({ columns }: Evidence): boolean {
  return columns.some((column) => !isConstant(column));
}

/** The same number on every sample. */
export function isConstant({ min, max }: UnitTotals): boolean {
  return min === max;
}

/** Groups of two or more that have the same key, each in order. */
export function groupBy<K>(items: readonly number[], keyOf: (item: number) => K): number[][] {
  const groups = new Map<K, number[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}
