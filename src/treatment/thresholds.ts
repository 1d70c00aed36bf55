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

/** Of the value that would be at this place if the values were sorted. Moves them. */
function placeOf(values: Float32Array, at: number): Place {
  select(values, at);
  const value = values[at];
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

function rangeOf(values: Float32Array): { readonly lowest: number; readonly highest: number } {
  let [lowest, highest] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < lowest) lowest = values[i];
    if (values[i] > highest) highest = values[i];
  }
  return { lowest, highest };
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
function belowAll(values: Float32Array): number {
  const { lowest, highest } = rangeOf(values);
  return Math.fround(lowest - Math.max(0.01, (highest - lowest) / 8, Math.abs(lowest) * 2 ** -10));
}

/**
 * A number that `wanted` of the values are above, or as near to that count as equal values allow, at least one; of two
 * counts that are as near, the larger.
 * @param values are moved
 */
export function thresholdForCount(values: Float32Array, wanted: number): Threshold {
  const n = values.length;
  const exact = n - wanted;
  const { first, next, value, below, above } = placeOf(values, exact);
  const isFewerNearer = next < n && next - exact < exact - first;
  if (isFewerNearer) return { threshold: between(value, above), above: n - next };
  return { threshold: first === 0 ? belowAll(values) : between(below, value), above: n - first };
}

const CLEAR_DEVIATIONS = 0.01; // how far above 0 the lowest row of a unit lies that is to fire on all

/** The candidate if it is below the value, else one a little below the value. */
function strictlyBelow(value: number, candidate: number): number {
  return candidate < value ? candidate : Math.fround(value - Math.max(Math.abs(value) * 2 ** -22, 2 ** -140));
}

export function variance(values: Float32Array): number {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return values.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) / values.length;
}

/**
 * A number that this share of the values, to the nearest value and at least one, are above; where equal values leave
 * two counts that are as near, the smaller, and never all unless all are meant. undefined where all values are equal.
 * @param values are moved
 */
export function thresholdForShare(values: Float32Array, share: number): Threshold | undefined {
  const { lowest, highest } = rangeOf(values);
  const n = values.length;
  if (lowest === highest) return undefined;
  const wanted = Math.max(1, Math.round(share * n));
  if (wanted === n) {
    const clear = Math.fround(lowest - CLEAR_DEVIATIONS * Math.sqrt(variance(values)));
    return { threshold: strictlyBelow(lowest, clear), above: n };
  }
  const exact = n - wanted;
  const { first, next, value, below, above } = placeOf(values, exact);
  const isFewerNearer = first === 0 || (next < n && next - exact <= exact - first);
  return isFewerNearer
    ? { threshold: between(value, above), above: n - next }
    : { threshold: between(below, value), above: n - first };
}
