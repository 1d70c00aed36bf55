// Sums, means, medians and ranges of a few numbers, in float64; which is the largest.

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** -Infinity of nothing, NaN where one is NaN. As Math.max, of any number of values: a call takes some 100 000. */
export function largestOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

/** The mean squared distance to the mean. */
export function variance(values: readonly number[]): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}

/**
 * Moves values until values[k] is what it would be if they were sorted, with none above it before it (Hoare's
 * selection, by the middle of three). Counts on there being no NaN.
 */
export function select(values: Float64Array | Float32Array, k: number): void {
  let [low, high] = [0, values.length - 1];
  for (let rounds = 0; low < high; rounds++) {
    if (rounds > MOST_ROUNDS) {
      values.subarray(low, high + 1).sort(); // an order that was made for this to be slow
      return;
    }
    const [first, middle, last] = [values[low], values[(low + high) >> 1], values[high]];
    const pivot = Math.max(Math.min(first, middle), Math.min(Math.max(first, middle), last));
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}

const MOST_ROUNDS = 60; // a third of the values is left out by each, as a rule

/** NaN of nothing, and above all others; halves are taken before they are added, so that it cannot overflow. */
export function median(values: ArrayLike<number>): number {
  const copy = new Float64Array(values);
  const middle = copy.length >> 1;
  if (copy.length === 0) return Number.NaN;
  if (copy.some((value) => value !== value)) copy.sort();
  else select(copy, middle);
  if (copy.length % 2 === 1) return copy[middle];
  let below = -Infinity;
  for (let i = 0; i < middle; i++) below = Math.max(below, copy[i]);
  return below / 2 + copy[middle] / 2;
}

/**
 * The place of the largest of `count` values from `first` on, counted from there: the first of equals, -1 where one is
 * NaN, as the kernels judge.
 */
export function placeOfLargest(values: ArrayLike<number>, first = 0, count = values.length): number {
  let best = first;
  for (let i = first; i < first + count; i++) {
    if (Number.isNaN(values[i])) return -1;
    if (values[i] > values[best]) best = i;
  }
  return best - first;
}

/** Median, lowest and highest. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Median and ends; all NaN of nothing, and where one of the values is NaN. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0 || values.some(Number.isNaN))
    return { median: Number.NaN, low: Number.NaN, high: Number.NaN };
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** Mean, and the root of the mean squared distance from it. */
export function meanAndSpread(values: Float64Array): { readonly mean: number; readonly spread: number } {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return { mean, spread: Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length) };
}

/**
 * Of all pairs of one number of each, the share in which that of `high` is above that of `low`, and half of those in
 * which they are equal: the area under the ROC curve (Mann and Whitney 1947). Sorts both.
 * @returns undefined where there are no pairs, or one of the numbers is NaN
 */
export function shareAbove(high: Float32Array, low: Float32Array): number | undefined {
  if (high.length === 0 || low.length === 0) return undefined;
  high.sort();
  low.sort();
  if (Number.isNaN(high.at(-1)) || Number.isNaN(low.at(-1))) return undefined; // it is sorted last
  let [below, upTo, twice] = [0, 0, 0];
  for (const value of high) {
    while (below < low.length && low[below] < value) below++;
    while (upTo < low.length && low[upTo] <= value) upTo++;
    twice += below + upTo;
  }
  return twice / (2 * high.length * low.length);
}
