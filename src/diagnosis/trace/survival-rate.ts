// The largest rate at which a unit would have lived through an update: over the rows that are read, within 1 %.
import { isOpen, type UnitReader } from "./unit-readings.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import type { Replay } from "./replay.js";

const GRID = 8;
const TRIED_ROWS = 64;
const PRECISION = 1.005; // the rate that is found, times this, kills
const MARGIN = 1 - 2 ** -10; // the closed form is exact but for rounding
const SMALLEST = 2 ** -24; // of the rate

/**
 * In the first layer: the inputs stay, the update is proportional to the rate, so each preactivation runs on a straight
 * line from z0 at rate 0 to z1 <= 0 at this rate; the last to cross 0 decides.
 */
export function firstLayerRate(rate: number, z0: Float32Array, z1: Float32Array): number | undefined {
  let share = 0;
  for (let row = 0; row < z0.length; row++) if (z0[row] > 0) share = Math.max(share, z0[row] / (z0[row] - z1[row]));
  return share > 0 ? rate * share * MARGIN : undefined;
}

/** The unit's preactivations at this rate, on all rows that are read or on those at some places among them. */
function at(
  replay: Replay,
  reader: UnitReader,
  units: readonly UnitIndex[],
  rate: number,
  places?: readonly number[],
): Float32Array[] {
  replay.tryUpdate({ rate });
  return reader.preactivations(units, places);
}

/** The places of the rows with the largest preactivations above 0. */
function mostOpen(z: Float32Array): number[] {
  return [...z.keys()]
    .filter((row) => !(z[row] <= 0))
    .sort((a, b) => z[b] - z[a])
    .slice(0, TRIED_ROWS);
}

/** Halves the range between a rate that leaves the unit open, with its preactivations there, and one that closes it. */
function refine(
  replay: Replay,
  reader: UnitReader,
  unit: UnitIndex,
  open: number,
  z: Float32Array,
  closed: number,
): number {
  let low = open;
  for (let places = mostOpen(z); ;) {
    let high = closed;
    while (high > low * PRECISION) {
      const rate = (low + high) / 2;
      if (isOpen(at(replay, reader, [unit], rate, places)[0])) low = rate;
      else high = rate;
    }
    if (high === closed) return low;
    const [all] = at(replay, reader, [unit], high); // some row that was not tried may still be open
    if (!isOpen(all)) return low;
    low = high;
    places = mostOpen(all);
  }
}

/**
 * In deeper layers: the replay must stand before the update, with its gradient. Rates are tried from the top down on a
 * grid that all units share, since a preactivation may cross 0 more than once; then each unit's step of the grid is
 * halved on the rows that are open there.
 */
export function deepRates(
  replay: Replay,
  reader: UnitReader,
  units: readonly UnitIndex[],
  rate: number,
): (number | undefined)[] {
  const found = units.map((): number | undefined => undefined);
  let missing = units.map((_, i) => i);
  let above = rate;
  for (let trial = rate * (1 - 1 / GRID); trial > rate * SMALLEST && missing.length > 0;) {
    const z = at(
      replay,
      reader,
      missing.map((i) => units[i]),
      trial,
    );
    missing.forEach((i, k) => {
      if (isOpen(z[k])) found[i] = refine(replay, reader, units[i], trial, z[k], above);
    });
    missing = missing.filter((i) => found[i] === undefined);
    above = trial;
    trial = trial > (1.5 * rate) / GRID ? trial - rate / GRID : trial / 2;
  }
  return found;
}
