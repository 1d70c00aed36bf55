// The largest rate at which a unit would have lived through an update: over the probed rows, within 1 %.
import { isOpen, type Probe, type UnitIndex } from "./probe.js";
import type { Replay } from "./replay.js";

const GRID = 16;
const PRECISION = 1.005; // the rate that is found, times this, kills
const MARGIN = 1 - 2 ** -10; // the closed form is exact but for rounding
const SMALLEST = 2 ** -24; // of the rate

/**
 * In the first layer: the inputs stay, the update is proportional to the rate, so each preactivation runs on a straight line
 * from z0 at rate 0 to z1 <= 0 at this rate; the last to cross 0 decides.
 */
export function firstLayerRate(rate: number, z0: Float32Array, z1: Float32Array): number | undefined {
  let share = 0;
  for (let row = 0; row < z0.length; row++) if (z0[row] > 0) share = Math.max(share, z0[row] / (z0[row] - z1[row]));
  return share > 0 ? rate * share * MARGIN : undefined;
}

/** Whether each of the units is open at this rate. */
function openAt(replay: Replay, probe: Probe, units: readonly UnitIndex[], rate: number): boolean[] {
  replay.tryUpdate({ rate });
  return probe.preactivations(units).map(isOpen);
}

/**
 * In deeper layers: the replay must stand before the update, with its gradient. Rates are tried from the top down on a grid that all
 * units share, since a preactivation may cross 0 more than once; then each unit's step of the grid is halved.
 */
export function deepRates(replay: Replay, probe: Probe, units: readonly UnitIndex[], rate: number): (number | undefined)[] {
  const low = units.map(() => 0);
  const high = units.map(() => rate);
  const isMissing = (i: number) => low[i] === 0;
  for (let trial = rate * (1 - 1 / GRID); trial > rate * SMALLEST && low.some((value) => value === 0);) {
    const missing = units.map((_, i) => i).filter(isMissing);
    openAt(replay, probe, missing.map((i) => units[i]), trial).forEach((open, k) => ((open ? low : high)[missing[k]] = trial));
    trial = trial > (1.5 * rate) / GRID ? trial - rate / GRID : trial / 2;
  }
  for (;;) {
    const wide = units.map((_, i) => i).filter((i) => low[i] > 0 && high[i] > low[i] * PRECISION);
    if (wide.length === 0) return low.map((value) => value || undefined);
    const trial = (low[wide[0]] + high[wide[0]]) / 2;
    const within = wide.filter((i) => low[i] < trial && trial < high[i]);
    openAt(replay, probe, within.map((i) => units[i]), trial).forEach((open, k) => ((open ? low : high)[within[k]] = trial));
  }
}
