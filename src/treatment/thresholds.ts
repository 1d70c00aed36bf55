// Thresholds between the order statistics of a unit's preactivations: which bias opens it on how many rows.
import { select } from "../core/statistics.js";

/** Float32 next to the middle of low < high that is below high. */
function between(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= high || middle < low ? low : middle;
}

/** What surrounds a place in the order of some values. */
interface Place {
  /** In ascending order, the values that equal the one there are those from `first` up to, and without, `next`. */
  readonly first: number;
  readonly next: number;
  readonly value: number;
  /** The largest value below it, the least above it: -Infinity, Infinity where there is none. */
  readonly below: number;
  readonly above: number;
}

interface Range {
  readonly lowest: number;
  readonly highest: number;
}

function rangeOf(values: Float32Array): Range {
  let [lowest, highest] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < lowest) lowest = values[i];
    if (values[i] > highest) highest = values[i];
  }
  return { lowest, highest };
}

/** Bins of a histogram from the lowest value to the highest: some tens of values in each, as a rule. */
const BINS = 256;

/**
 * Of the value that would be at this place if the values were sorted: by a histogram, whose bins follow each other as
 * the values do, and by selection in the bin that holds the place.
 */
function placeOf(values: Float32Array, at: number, { lowest, highest }: Range): Place {
  const n = values.length;
  if (lowest === highest) return { first: 0, next: n, value: lowest, below: -Infinity, above: Infinity };
  const scale = (BINS - 1) / (highest - lowest);
  const counts = new Uint32Array(BINS);
  for (let i = 0; i < n; i++) counts[((values[i] - lowest) * scale) | 0]++;
  let [bin, before] = [0, 0];
  while (before + counts[bin] <= at) before += counts[bin++];
  const members = new Float32Array(counts[bin]);
  for (let i = 0, to = 0; i < n; i++) if ((((values[i] - lowest) * scale) | 0) === bin) members[to++] = values[i];
  select(members, at - before);
  const value = members[at - before];
  const own = around(members, value);
  const first = before + own.first;
  const next = before + own.next;
  // what is next to it may be in another bin
  const isInside = (first === 0 || own.below > -Infinity) && (next === n || own.above < Infinity);
  const { below, above } = isInside ? own : around(values, value);
  return { first, next, value, below, above };
}

/** What surrounds a value among some, in which it may be. */
function around(values: Float32Array, value: number): Place {
  let [first, equal, below, above] = [0, 0, -Infinity, Infinity];
  for (let i = 0; i < values.length; i++) {
    const each = values[i];
    if (each < value) {
      first++;
      if (each > below) below = each;
    } else if (each > value) {
      if (each < above) above = each;
    } else {
      equal++;
    }
  }
  return { first, next: first + equal, value, below, above };
}

/** A number that a count of the values are above. */
interface Threshold {
  readonly threshold: number;
  readonly above: number;
}

/** So many rows that at least this share of them is meant. */
export function rowsForShare(share: number, rows: number): number {
  return Math.min(rows, Math.max(1, Math.ceil(share * rows - 1e-9))); // 0.1 · 30 is a little above 3
}

/** Well below all of them: where they are all the same, the textbook's small positive bias is what is left. */
function belowAll({ lowest, highest }: Range): number {
  return Math.fround(lowest - Math.max(0.01, (highest - lowest) / 8, Math.abs(lowest) * 2 ** -10));
}

/**
 * A number that `wanted` of the values are above, or as near to that count as equal values allow, at least one; of two
 * counts that are as near, the larger.
 */
export function thresholdForCount(values: Float32Array, wanted: number): Threshold {
  const n = values.length;
  const exact = n - wanted;
  const range = rangeOf(values);
  const { first, next, value, below, above } = placeOf(values, exact, range);
  const isFewerNearer = next < n && next - exact < exact - first;
  if (isFewerNearer) return { threshold: between(value, above), above: n - next };
  return { threshold: first === 0 ? belowAll(range) : between(below, value), above: n - first };
}

const CLEAR_DEVIATIONS = 0.01; // how far above 0 the lowest row of a unit lies that is to fire on all

/** The candidate if it is below the value, else one a little below the value. */
function strictlyBelow(value: number, candidate: number): number {
  return candidate < value ? candidate : Math.fround(value - Math.max(Math.abs(value) * 2 ** -22, 2 ** -140));
}

function variance(values: Float32Array): number {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return values.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) / values.length;
}

/**
 * A number that this share of the values, to the nearest value and at least one, are above; where equal values leave
 * two counts that are as near, the smaller, and never all unless all are meant. undefined where all values are equal.
 */
export function thresholdForShare(values: Float32Array, share: number): Threshold | undefined {
  const range = rangeOf(values);
  const { lowest, highest } = range;
  const n = values.length;
  if (lowest === highest) return undefined;
  const wanted = Math.max(1, Math.round(share * n));
  if (wanted === n) {
    const clear = Math.fround(lowest - CLEAR_DEVIATIONS * Math.sqrt(variance(values)));
    return { threshold: strictlyBelow(lowest, clear), above: n };
  }
  const exact = n - wanted;
  const { first, next, value, below, above } = placeOf(values, exact, range);
  const isFewerNearer = first === 0 || (next < n && next - exact <= exact - first);
  return isFewerNearer
    ? { threshold: between(value, above), above: n - next }
    : { threshold: between(below, value), above: n - first };
}
