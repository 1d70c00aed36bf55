// The largest rate at which an update would have spared a unit, over the rows that are read, within 1 %: left it open
// on some row, or on as many rows as are asked for.
import { type Estimates, type FirstLayer, RateLine } from "./rate-line.js";
import { countOpen, isOpen, type UnitReader } from "./unit-readings.js";
import { groupBy } from "../../core/group-by.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import type { Replay } from "./replay.js";
import type { ResolvedSpec } from "../../network/spec.js";

const GRID = 8;
const TRIED_ROWS = 64;
const PRECISION = 1.005; // the rate that is found, times this, kills
const MARGIN = 1 - 2 ** -10; // the closed form is exact but for rounding
const SMALLEST = 2 ** -24; // of the rate

/** Do preactivations of this layer run on straight lines in the rate of an update? */
export function isStraight({ layers }: ResolvedSpec, layer: number): boolean {
  return layer === 0 && !layers[0].normalization;
}

/**
 * In the first layer, unless it is normalized: the inputs stay, the update is proportional to the rate, so each
 * preactivation runs on a straight line from z0 at rate 0 to z1 at this rate. From this rate downwards, each row that
 * crosses 0 opens or closes.
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
 * On how many rows each unit is open at this rate: by its estimates, but for the chunks in which one of them does not
 * tell. Those are passed as they are in a pass of all rows.
 */
function countUnsure(
  replay: Replay,
  reader: UnitReader,
  units: readonly UnitIndex[],
  estimates: readonly Estimates[],
  rate: number,
): number[] {
  const counts = units.map(() => 0);
  if (units.length === 0) return counts;
  replay.tryUpdate({ rate });
  for (let start = 0; start < reader.count; start += reader.chunkRows) {
    const end = Math.min(reader.count, start + reader.chunkRows);
    const parts = estimates.map(({ values }) => values.subarray(start, end));
    const isUnsure = parts.some((part, i) => part.some((value) => Math.abs(value) <= estimates[i].tolerance));
    const chunk = Array.from({ length: end - start }, (_, i) => start + i);
    const told = isUnsure ? reader.preactivations(units, chunk) : parts;
    told.forEach((z, i) => (counts[i] += countOpen(z)));
  }
  return counts;
}

/** What one unit is at rates of one update: judged on the line where there is one that tells, else by a pass. */
class RatedUnit {
  constructor(
    private readonly replay: Replay,
    private readonly reader: UnitReader,
    readonly unit: SparedUnit,
    private readonly line: RateLine | undefined,
    private readonly place: number,
  ) {}

  get least(): number {
    return this.unit.least ?? 1;
  }

  private at(rate: number, places?: readonly number[]): Float32Array {
    return at(this.replay, this.reader, [this.unit], rate, places)[0];
  }

  isSpared(rate: number): boolean {
    const told = this.line?.isSpared(this.place, rate, this.least);
    if (typeof told === "boolean") return told;
    const [count] = told
      ? countUnsure(this.replay, this.reader, [this.unit], [told], rate)
      : [countOpen(this.at(rate))];
    return count >= this.least;
  }

  /** Tells at other rates whether one of the rows opens it that open it most at this one. */
  tryMostOpen(at: number): (rate: number) => boolean {
    const choice = this.line?.mostOpen(this.place, at, TRIED_ROWS);
    let places: number[] | undefined;
    return (rate) =>
      (choice && this.line!.opens(this.place, rate, choice)) ??
      isOpen(this.at(rate, (places ??= mostOpen(this.at(at)))));
  }
}

/**
 * Between a rate that leaves the unit open on some row and one that closes it. Most rates are tried on few rows.
 */
function refine(unit: RatedUnit, open: number, closed: number): number {
  for (let low = open; ;) {
    const [last, high] = halve(low, closed, unit.tryMostOpen(low));
    // some row that was not tried may still be open
    if (high === closed || !unit.isSpared(high)) return last;
    low = high;
  }
}

/** A unit, and how many rows must open it for it to be spared: default 1. */
export type SparedUnit = UnitIndex & { readonly least?: number };

/**
 * Which of these units are spared at a rate: on the line for all at once, by one pass for those that it does not tell.
 */
function areSpared(
  replay: Replay,
  reader: UnitReader,
  units: readonly RatedUnit[],
  places: readonly number[],
  rate: number,
  line: RateLine | undefined,
): boolean[] {
  const leasts = places.map((i) => units[i].least);
  const specs = places.map((i) => units[i].unit);
  if (!line) return at(replay, reader, specs, rate).map((z, k) => countOpen(z) >= leasts[k]);
  const told = line.areSpared(places, rate, leasts);
  const open = [...told.keys()].filter((k) => typeof told[k] !== "boolean");
  const counts = countUnsure(
    replay,
    reader,
    open.map((k) => specs[k]),
    open.map((k) => told[k] as Estimates),
    rate,
  );
  open.forEach((k, i) => (told[k] = counts[i] >= leasts[k]));
  return told as boolean[];
}

/** Units of one layer. */
function ratesInLayer(
  replay: Replay,
  reader: UnitReader,
  units: readonly SparedUnit[],
  rate: number,
  first: FirstLayer | undefined,
): (number | undefined)[] {
  const isLined = first !== undefined && RateLine.serves(replay.state.spec, units[0].layer);
  const candidate = isLined ? new RateLine(replay, reader, units, rate, first) : undefined;
  const line = candidate?.isUsable ? candidate : undefined;
  const rated = units.map((unit, i) => new RatedUnit(replay, reader, unit, line, i));
  const found = units.map((): number | undefined => undefined);
  const between = (unit: RatedUnit, low: number, high: number) =>
    unit.least === 1 ? refine(unit, low, high) : halve(low, high, (tried) => unit.isSpared(tried))[0];
  let missing = units.map((_, i) => i);
  let above = rate;
  for (let trial = rate * (1 - 1 / GRID); trial > rate * SMALLEST && missing.length > 0;) {
    const spared = areSpared(replay, reader, rated, missing, trial, line);
    missing.forEach((i, k) => {
      if (spared[k]) found[i] = between(rated[i], trial, above);
    });
    missing = missing.filter((i) => found[i] === undefined);
    above = trial;
    trial = trial > (1.5 * rate) / GRID ? trial - rate / GRID : trial / 2;
  }
  return found;
}

/**
 * In the others: the replay must stand before the update, with its gradient. Rates are tried from the top down on a
 * grid that all units of a layer share, since a preactivation may cross 0 more than once; then each unit's step of the
 * grid is halved.
 * @param first of the rows that are read; where it is not there, all is told by passes
 */
export function deepRates(
  replay: Replay,
  reader: UnitReader,
  units: readonly SparedUnit[],
  rate: number,
  first: FirstLayer | undefined,
): (number | undefined)[] {
  const found = units.map((): number | undefined => undefined);
  for (const group of groupBy(units.keys(), (i) => units[i].layer).values()) {
    const rates = ratesInLayer(
      replay,
      reader,
      group.map((i) => units[i]),
      rate,
      first,
    );
    group.forEach((place, i) => (found[place] = rates[i]));
  }
  return found;
}
