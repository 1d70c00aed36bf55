// Values far outside the rest: codes for "missing" such as -999, and single rows that a column's whole spread comes
// from.

/** Values at both ends of a column, and its moments. */
export interface Profile {
  readonly count: number;
  readonly low: number;
  readonly high: number;
  /** How often the lowest and the highest occur. */
  readonly lows: number;
  readonly highs: number;
  /** The lowest and the highest without those; NaN where there are none. */
  readonly nextLow: number;
  readonly nextHigh: number;
  readonly sum: number;
  readonly squares: number;
  readonly isWhole: boolean;
}

/** In one pass over the rows that have a value. Sums are taken from the first value, which keeps their digits. */
export function profile(values: Float64Array, rows: readonly number[]): Profile {
  let [count, lows, highs, sum, squares] = [0, 0, 0, 0, 0];
  let [low, high, nextLow, nextHigh, origin] = [Infinity, -Infinity, Infinity, -Infinity, Number.NaN];
  let isWhole = true;
  for (const row of rows) {
    const value = values[row];
    if (value !== value) continue;
    if (count++ === 0) origin = value;
    const distance = value - origin;
    sum += distance;
    squares += distance * distance;
    if (isWhole && !Number.isInteger(value)) isWhole = false;
    if (value < low) {
      nextLow = low;
      low = value;
      lows = 1;
    } else if (value === low) lows++;
    else if (value < nextLow) nextLow = value;
    if (value > high) {
      nextHigh = high;
      high = value;
      highs = 1;
    } else if (value === high) highs++;
    else if (value > nextHigh) nextHigh = value;
  }
  return { count, low, high, lows, highs, nextLow, nextHigh, sum: sum + count * origin, squares, isWhole };
}

/** A value that stands apart from the rest of its column. */
export interface Extreme {
  readonly value: number;
  readonly count: number;
  /** Ends of the rest. */
  readonly low: number;
  readonly high: number;
}

const FEWEST = 3; // cells that make a code
const LEAST_OWN = -50; // from here down the only negative value may be one
/** Written for a missing value in many data sets: nines, the ends of integer types, large powers of ten. */
const CODES = new Set([-99, -32768, -32767, 32767, 65535, -2147483648, -2147483647, 2147483647, 4294967295]);

function isCode(value: number): boolean {
  const size = Math.abs(value);
  return CODES.has(value) || size >= 1e20 || /^9{3,}(\.0|\.9+)?$/.test(String(size));
}

function endsOf(profiled: Profile): Extreme[] {
  const { low, lows, nextLow, high, highs, nextHigh } = profiled;
  if (low === high || nextLow === Infinity) return [];
  return [
    { value: low, count: lows, low: nextLow, high },
    { value: high, count: highs, low, high: nextHigh },
  ];
}

const gapOf = ({ value, low, high }: Extreme): number => (value < low ? low - value : value - high);

/**
 * A repeated value that stands for "missing": one that is often used so, or a negative one in a column that has no
 * other, well outside the rest.
 */
export function missingCode(profiled: Profile): Extreme | undefined {
  return endsOf(profiled).find((end) => {
    const gap = gapOf(end);
    const range = end.high - end.low;
    if (end.count < FEWEST || end.count > profiled.count / 2 || range === 0) return false;
    const isOnlyNegative = end.value < 0 && end.low >= 0;
    if (isCode(end.value)) return gap > 2 * range || (isOnlyNegative && gap > range / 2);
    return end.value <= LEAST_OWN && isOnlyNegative && gap > 2 * range;
  });
}

/** Whether a code that another column shows is one here too: at the end of the column, by itself, of its own sign. */
export function hasCode(profiled: Profile, code: number): Extreme | undefined {
  return endsOf(profiled).find(
    (end) =>
      end.value === code &&
      end.count >= 2 &&
      gapOf(end) > 0 &&
      (code > 0 || end.low >= 0 || gapOf(end) > end.high - end.low),
  );
}

/** A value that is a code here if another column shows it: asked only of what may be one. */
export function sharedCode(profiled: Profile, isShown: (code: number) => boolean): Extreme | undefined {
  const values = endsOf(profiled).map(({ value }) => value);
  for (const value of values) {
    const code = isCode(value) || value <= LEAST_OWN ? hasCode(profiled, value) : undefined;
    if (code && isShown(value)) return code;
  }
  return undefined;
}

const FEWEST_LEVELS = 6; // a column of fewer values is a scale with steps of its own

function hasLevels(values: Float64Array, rows: readonly number[]): boolean {
  const levels = new Set<number>();
  for (const row of rows) {
    if (values[row] === values[row]) levels.add(values[row]);
    if (levels.size > FEWEST_LEVELS) return true;
  }
  return false;
}

/** A repeated value outside the rest that may be a code, or a limit: one to be told of. */
export function suspectExtreme(values: Float64Array, rows: readonly number[], profiled: Profile): Extreme | undefined {
  const found = endsOf(profiled).find((end) => {
    const range = end.high - end.low;
    return end.count >= FEWEST && range > 0 && gapOf(end) > (isCode(end.value) ? 1 : 4) * range;
  });
  return found && hasLevels(values, rows) ? found : undefined;
}

const FEW = 3; // rows that a spread may come from
const TEN_FOLD = 100; // of the variance

/** Median and quartiles of the rest, and the rows that lie far off. */
export interface FewRows {
  readonly rows: readonly number[];
  /** Standard deviation with them, and without. */
  readonly all: number;
  readonly rest: number;
}

function squaresAround(values: Float64Array, rows: readonly number[], without: ReadonlySet<number>): number {
  let [count, mean, squares] = [0, 0, 0];
  for (const row of rows) {
    const value = values[row];
    if (value !== value || without.has(row)) continue;
    const distance = value - mean; // Welford
    mean += distance / ++count;
    squares += distance * (value - mean);
  }
  return count === 0 ? 0 : squares / count;
}

/** Rows of the values that lie furthest from the middle, at most FEW of them. */
function furthest(values: Float64Array, rows: readonly number[], middle: number): number[] {
  const found: number[] = [];
  for (const row of rows) {
    const distance = Math.abs(values[row] - middle);
    if (!(found.length < FEW || distance > Math.abs(values[found[FEW - 1]] - middle))) continue;
    if (Number.isNaN(distance)) continue;
    found.push(row);
    found.sort((a, b) => Math.abs(values[b] - middle) - Math.abs(values[a] - middle));
    found.length = Math.min(found.length, FEW);
  }
  return found;
}

/**
 * The few rows without which a column's standard deviation would be a tenth of what it is, or undefined. Columns that
 * are the same nearly everywhere are no such: theirs comes from few rows by nature.
 */
export function fewRowsSpread(values: Float64Array, rows: readonly number[], profiled: Profile): FewRows | undefined {
  const { count, low, high, sum } = profiled;
  if (count < 10) return undefined;
  const middle = sum / count;
  const far = Math.max(high - middle, middle - low);
  const all = squaresAround(values, rows, new Set());
  if (far * far * FEW < all * count * 0.9) return undefined; // three rows as far as the furthest are not enough
  const present = Float64Array.from(rows, (row) => values[row]).sort();
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((share) => present[Math.floor(count * share)]);
  if (!(upper > lower)) return undefined;
  const found = furthest(values, rows, median);
  const rest = squaresAround(values, rows, new Set(found));
  if (rest === 0 || all < TEN_FOLD * rest) return undefined;
  const limit = 10 * Math.sqrt(rest);
  const outside = found.filter((row) => Math.abs(values[row] - median) > limit);
  return { rows: outside, all: Math.sqrt(all), rest: Math.sqrt(rest) };
}

const EXACT_RANGE = 2 ** 24; // of whole numbers that float32 tells apart

/** How many different whole numbers become the same once they are standardized, as float32. */
export function mergedByFloat32(
  values: Float64Array,
  rows: readonly number[],
  { isWhole, low, high }: Profile,
  { mean, scale }: { readonly mean: number; readonly scale: number },
): number {
  if (!isWhole || high - low < EXACT_RANGE) return 0;
  const different = new Set<number>();
  const encoded = new Set<number>();
  for (const row of rows) {
    if (Number.isNaN(values[row])) continue;
    different.add(values[row]);
    encoded.add(Math.fround((values[row] - mean) / scale));
  }
  return different.size - encoded.size;
}
