// How far a dead unit's bias has to be lifted.
import { KthLargest } from "./kth-largest.js";
import type { Observation } from "../../inspect/observation.js";
import type { UnitState } from "../types.js";

/**
 * For each dead unit of each hidden layer, its preactivation on the row that is to be the last to open it: the n/100-th largest.
 * Nothing where the rows can't be seen again.
 */
export function openingPreactivations(
  { rows, again }: Observation,
  states: readonly (readonly UnitState[])[],
): ReadonlyMap<number, number>[] {
  const k = Math.ceil(rows / 100);
  const streams = states.map(
    (units) => new Map(units.flatMap((unit, index) => (unit === "dead" ? [[index, new KthLargest(k)] as const] : []))),
  );
  const layers = streams.findLastIndex(({ size }) => size > 0) + 1;
  if (layers === 0 || !again) return states.map(() => new Map());
  again({ layers }, (chunk) => {
    streams.forEach((stream, layer) => {
      if (stream.size === 0) return;
      const z = chunk.preactivations(layer);
      const width = states[layer].length;
      for (const [unit, largest] of stream) for (let at = unit; at < z.length; at += width) largest.add(z[at]);
    });
  });
  return streams.map((stream) => new Map([...stream].map(([unit, largest]) => [unit, largest.value])));
}

/** What to add to a bias to lift z above 0, though bias and preactivation are rounded to float32. */
export function liftAbove(z: number, bias: number): number {
  return -z + 2 ** -20 * (Math.abs(z) + Math.abs(bias)) + 1e-30;
}
