// Thresholds between the order statistics of a unit's preactivations: which bias opens it on how many rows.

/** Float32 next to the middle of low < high that is below high. */
function between(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= high || middle < low ? low : middle;
}

/** The values that equal sorted[at] are those from `first` up to, and without, `next`. */
function equalTo(sorted: Float32Array, at: number): { readonly first: number; readonly next: number } {
  const value = sorted[at];
  let first = at;
  let next = at;
  while (first > 0 && sorted[first - 1] === value) first--;
  while (next < sorted.length && sorted[next] === value) next++;
  return { first, next };
}

/** So many rows that at least this share of them is meant. */
export function rowsForShare(share: number, rows: number): number {
  return Math.min(rows, Math.max(1, Math.ceil(share * rows - 1e-9))); // 0.1 · 30 is a little above 3
}

/** Well below all of them: where they are all the same, the textbook's small positive bias is what is left. */
function belowAll(sorted: Float32Array): number {
  const lowest = sorted[0];
  const spread = sorted[sorted.length - 1] - lowest;
  return Math.fround(lowest - Math.max(0.01, spread / 8, Math.abs(lowest) * 2 ** -10));
}

/**
 * A number that `wanted` of the values are above, or as near to that count as equal values allow, at least one; of two
 * counts that are as near, the larger.
 * @param sorted in ascending order
 */
export function thresholdForCount(
  sorted: Float32Array,
  wanted: number,
): { readonly threshold: number; readonly above: number } {
  const n = sorted.length;
  const exact = n - wanted;
  const { first, next } = equalTo(sorted, exact);
  const isFewerNearer = next < n && next - exact < exact - first;
  if (isFewerNearer) return { threshold: between(sorted[first], sorted[next]), above: n - next };
  return { threshold: first === 0 ? belowAll(sorted) : between(sorted[first - 1], sorted[first]), above: n - first };
}

const CLEAR_DEVIATIONS = 0.01; // how far above 0 the lowest row of a unit lies that is to fire on all

/** The candidate if it is below the value, else one a little below the value. */
function below(value: number, candidate: number): number {
  return candidate < value ? candidate : Math.fround(value - Math.max(Math.abs(value) * 2 ** -22, 2 ** -140));
}

export function variance(values: Float32Array): number {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return values.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) / values.length;
}

/**
 * A number that this share of the values, to the nearest value and at least one, are above; where equal values leave
 * two counts that are as near, the smaller, and never all unless all are meant. undefined where all values are equal.
 */
export function thresholdForShare(values: Float32Array, share: number): number | undefined {
  const sorted = values.slice().sort();
  const n = sorted.length;
  if (sorted[0] === sorted[n - 1]) return undefined;
  const wanted = Math.max(1, Math.round(share * n));
  if (wanted === n) {
    const clear = Math.fround(sorted[0] - CLEAR_DEVIATIONS * Math.sqrt(variance(values)));
    return below(sorted[0], clear);
  }
  const exact = n - wanted;
  const { first, next } = equalTo(sorted, exact);
  const isFewerNearer = first === 0 || (next < n && next - exact <= exact - first);
  const cut = isFewerNearer ? next : first;
  return between(sorted[cut - 1], sorted[cut]);
}
