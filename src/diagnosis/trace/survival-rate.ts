// The largest rate at which an update would have spared a unit, over the rows that are read, within 1 %: left it open
// on some row, or on as many rows as are asked for.
import { countOpen, isOpen, type UnitReader } from "./unit-readings.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import type { Replay } from "./replay.js";

const GRID = 8;
const TRIED_ROWS = 64;
const PRECISION = 1.005; // the rate that is found, times this, kills
const MARGIN = 1 - 2 ** -10; // the closed form is exact but for rounding
const SMALLEST = 2 ** -24; // of the rate

/**
 * In the first layer: the inputs stay, the update is proportional to the rate, so each preactivation runs on a straight
 * line from z0 at rate 0 to z1 at this rate. From this rate downwards, each row that crosses 0 opens or closes.
 * @param least so many rows must open it
 */
export function firstLayerRate(rate: number, z0: Float32Array, z1: Float32Array, least = 1): number | undefined {
  let open = countOpen(z1);
  const crossings: { readonly share: number; readonly opens: boolean }[] = [];
  z0.forEach((from, row) => {
    if (from > 0 !== z1[row] > 0) crossings.push({ share: from / (from - z1[row]), opens: from > 0 });
  });
  crossings.sort((a, b) => b.share - a.share);
  for (const { share, opens } of crossings) {
    open += opens ? 1 : -1;
    if (open >= least) return share > 0 ? rate * share * MARGIN : undefined;
  }
  return undefined;
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

/** Halves the range between a rate that spares the unit and one that does not. */
function halve(low: number, high: number, isSpared: (rate: number) => boolean): [low: number, high: number] {
  while (high > low * PRECISION) {
    const rate = (low + high) / 2;
    if (isSpared(rate)) low = rate;
    else high = rate;
  }
  return [low, high];
}

/**
 * Between a rate that leaves the unit open on some row, with its preactivations there, and one that closes it. Most
 * rates are tried on few rows.
 */
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
    const tried = places;
    const [last, high] = halve(low, closed, (rate) => isOpen(at(replay, reader, [unit], rate, tried)[0]));
    if (high === closed) return last;
    const [all] = at(replay, reader, [unit], high); // some row that was not tried may still be open
    if (!isOpen(all)) return last;
    low = high;
    places = mostOpen(all);
  }
}

/** A unit, and how many rows must open it for it to be spared: default 1. */
export type SparedUnit = UnitIndex & { readonly least?: number };

/**
 * In deeper layers: the replay must stand before the update, with its gradient. Rates are tried from the top down on a
 * grid that all units share, since a preactivation may cross 0 more than once; then each unit's step of the grid is
 * halved.
 */
export function deepRates(
  replay: Replay,
  reader: UnitReader,
  units: readonly SparedUnit[],
  rate: number,
): (number | undefined)[] {
  const found = units.map((): number | undefined => undefined);
  const isSpared = ({ least = 1 }: SparedUnit, z: Float32Array) => countOpen(z) >= least;
  const between = (unit: SparedUnit, low: number, z: Float32Array, high: number) =>
    (unit.least ?? 1) === 1
      ? refine(replay, reader, unit, low, z, high)
      : halve(low, high, (tried) => isSpared(unit, at(replay, reader, [unit], tried)[0]))[0];
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
      if (isSpared(units[i], z[k])) found[i] = between(units[i], trial, z[k], above);
    });
    missing = missing.filter((i) => found[i] === undefined);
    above = trial;
    trial = trial > (1.5 * rate) / GRID ? trial - rate / GRID : trial / 2;
  }
  return found;
}
