// Preactivations of many units, a unit at a time.
import { countRows, type Inspector, type Rows } from "./inspector.js";

/** They are held for as many units at once as fit in so many floats. */
const COLUMN_FLOATS = 2 ** 23;

/** Hands on each unit's preactivations in turn; as many passes as memory for the columns asks for. */
export function forEachColumn(
  inspector: Inspector,
  rows: Rows,
  layer: number,
  units: readonly number[],
  visit: (unit: number, z: Float32Array) => void,
): void {
  const together = Math.max(1, Math.floor(COLUMN_FLOATS / countRows(rows)));
  for (let first = 0; first < units.length; first += together) {
    const group = units.slice(first, first + together).map((unit) => ({ layer, unit }));
    inspector.columns(rows, group).forEach((z, i) => visit(group[i].unit, z));
  }
}
