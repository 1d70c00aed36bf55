// What a unit did over many batches, in float64.
//
// One batch's counters, as `activationForward` leaves them: seven arrays of `units` float32, one after the other: pivot, fired, min z,
// max z, Σ(z - pivot), Σ(z - pivot)², Σ|a|. A unit fires where it is not closed: where z is above 0, or NaN, which it passes on.
//
// Running totals: seven arrays of `units` float64: samples, fired, min, max, mean, m2 = Σ(z - mean)², Σ|a|. They merge by the pairwise
// update of Chan, Golub and LeVeque (1983), equation 2.1.
import { highDoubles, lowDoubles } from "./reduce";
import { LANES, loadLanes } from "./simd";

/** Arrays in one batch's counters, in order. */
export const enum Counter { Pivot, Fired, Min, Max, Deviation, SquaredDeviation, Magnitude }

const enum Total { Samples, Fired, Min, Max, Mean, M2, Magnitude }

/** The address of array `index`, where arrays lie `stride` bytes apart. */
// @ts-ignore: decorator
@inline
export function arrayAt(base: usize, index: i32, stride: usize): usize {
  return base + <usize>index * stride;
}

/**
 * Lists the units of a batch's counters (7 x units float32) that fired on some row.
 * indices: room for `units` u32. Returns how many they are.
 */
export function listOpen(units: usize, batch: usize, indices: usize): usize {
  const fired = arrayAt(batch, Counter.Fired, units << 2);
  let open: usize = 0;
  for (let u: usize = 0; u < units; u++) {
    store<u32>(indices + (open << 2), <u32>u);
    open += usize(load<f32>(fired + (u << 2)) > 0);
  }
  return open;
}

/**
 * fired[u] becomes 1 where unit u fired on a row of the batch. batch: 7 x units float32; fired: units u32. Returns how
 * many are still 0.
 */
export function markFired(units: usize, batch: usize, fired: usize): usize {
  const counts = arrayAt(batch, Counter.Fired, units << 2);
  let silent: usize = 0;
  for (let at: usize = 0; at < units << 2; at += 4) {
    const mark = load<u32>(fired + at) | u32(load<f32>(counts + at) > 0);
    store<u32>(fired + at, mark);
    silent += mark ^ 1;
  }
  return silent;
}

/**
 * Of some units those z that are above the unit's threshold, in the rows' order. z: rows x units; places: `count` u32,
 * which units; thresholds: count float32; found: count x rows float32, what is found of each unit at its row's start;
 * lengths: count u32, how many.
 */
export function collectAbove(
  rows: usize, units: usize, z: usize, count: usize, places: usize, thresholds: usize, found: usize, lengths: usize,
): void {
  const end = count << 2, run = rows << 2;
  memory.fill(lengths, 0, end);
  for (; rows; rows--, z += units << 2) {
    for (let at: usize = 0, to = found; at < end; at += 4, to += run) {
      const value = load<f32>(z + (<usize>load<u32>(places + at) << 2));
      if (!(value > load<f32>(thresholds + at))) continue;
      const length = load<u32>(lengths + at);
      store<f32>(to + (<usize>length << 2), value);
      store<u32>(lengths + at, length + 1);
    }
  }
}

/** Empties `total` (7 x units float64): min is +infinity, max -infinity, all else 0. */
export function resetTotals(units: usize, total: usize): void {
  const stride = units << 3;
  memory.fill(total, 0, stride * 7);
  for (let u: usize = 0; u < units; u++) {
    store<f64>(arrayAt(total, Total.Min, stride) + (u << 3), Infinity);
    store<f64>(arrayAt(total, Total.Max, stride) + (u << 3), -Infinity);
  }
}

/**
 * Merges the counters of a batch of `rows` rows (7 x units float32) into `total` (7 x units float64). Where all z are
 * equal m2 stays exactly 0; a NaN among the z stays in min, max, mean and m2. No rows, no change. z, a: rows x units,
 * what was counted and its activations, or 0 if they are gone: sums that overflowed or underflowed in float32, or
 * cancel, are made of them once more, in float64.
 */
export function foldCounters(units: usize, rows: usize, batch: usize, total: usize, z: usize, a: usize): void {
  if (rows == 0) return;
  const stride = units << 2;
  for (let u: usize = 0; u < units; u += LANES) {
    const count = min(LANES, units - u);
    const at = u << 2;
    if (z && anyInDoubt(count, <f64>rows, batch + at, stride)) {
      recount(count, rows, batch + at, stride, z + at, a + at, total + (at << 1));
    } else {
      for (let lane: usize = at; lane < at + (count << 2); lane += 4) {
        foldUnit(<f64>rows, batch + lane, stride, total + (lane << 1));
      }
    }
  }
}

/** Σ(z - pivot)² of a row below this has lost digits to float32's smallest numbers. */
const UNDERFLOW: f64 = 1e-32;
/**
 * Where the mean is so far from the pivot that this share of Σ(z - pivot)² is left as m2, float32 has rounded too much
 * of it.
 */
const CANCELLED: f64 = 1e-3;

/** Whether one unit's float32 sums are no good though all its z are finite numbers. */
// @ts-ignore: decorator
@inline
function isInDoubt(rows: f64, from: usize, stride: usize): bool {
  const low = load<f32>(arrayAt(from, Counter.Min, stride)), high = load<f32>(arrayAt(from, Counter.Max, stride));
  if (!isFinite(low) || !isFinite(high)) return false;
  const deviation = <f64>load<f32>(arrayAt(from, Counter.Deviation, stride));
  const squares = <f64>load<f32>(arrayAt(from, Counter.SquaredDeviation, stride));
  const magnitude = load<f32>(arrayAt(from, Counter.Magnitude, stride));
  if (!isFinite(deviation) || !isFinite(squares) || !isFinite(magnitude)) return true;
  return low < high && (squares < UNDERFLOW * rows || squares - (deviation * deviation) / rows < CANCELLED * squares);
}

// @ts-ignore: decorator
@inline
function anyInDoubt(count: usize, rows: f64, from: usize, stride: usize): bool {
  for (let lane: usize = 0; lane < count; lane++) if (isInDoubt(rows, from + (lane << 2), stride)) return true;
  return false;
}

/** Folds up to four units; the sums of those in doubt are taken of z and a. */
function recount(count: usize, rows: usize, from: usize, stride: usize, z: usize, a: usize, to: usize): void {
  const mask = i32x4.splat(0x7fffffff);
  const pivot = loadLanes(from, count);
  const pivotLow = lowDoubles(pivot), pivotHigh = highDoubles(pivot);
  const zero = f64x2.splat(0);
  let sumLow = zero, sumHigh = zero, squaresLow = zero, squaresHigh = zero, sizeLow = zero, sizeHigh = zero;
  for (let r: usize = 0; r < rows; r++, z += stride, a += stride) {
    const v = loadLanes(z, count), size = v128.and(loadLanes(a, count), mask);
    const low = f64x2.sub(lowDoubles(v), pivotLow), high = f64x2.sub(highDoubles(v), pivotHigh);
    sumLow = f64x2.add(sumLow, low);
    sumHigh = f64x2.add(sumHigh, high);
    squaresLow = f64x2.add(squaresLow, f64x2.mul(low, low));
    squaresHigh = f64x2.add(squaresHigh, f64x2.mul(high, high));
    sizeLow = f64x2.add(sizeLow, lowDoubles(size));
    sizeHigh = f64x2.add(sizeHigh, highDoubles(size));
  }
  const n = <f64>rows;
  foldLane(
    n, from, stride, to,
    f64x2.extract_lane(sumLow, 0), f64x2.extract_lane(squaresLow, 0), f64x2.extract_lane(sizeLow, 0),
  );
  if (count > 1) {
    foldLane(
      n, from + 4, stride, to + 8,
      f64x2.extract_lane(sumLow, 1), f64x2.extract_lane(squaresLow, 1), f64x2.extract_lane(sizeLow, 1),
    );
  }
  if (count > 2) {
    foldLane(
      n, from + 8, stride, to + 16,
      f64x2.extract_lane(sumHigh, 0), f64x2.extract_lane(squaresHigh, 0), f64x2.extract_lane(sizeHigh, 0),
    );
  }
  if (count > 3) {
    foldLane(
      n, from + 12, stride, to + 24,
      f64x2.extract_lane(sumHigh, 1), f64x2.extract_lane(squaresHigh, 1), f64x2.extract_lane(sizeHigh, 1),
    );
  }
}

/** What a unit's neighbours do changes nothing about it. */
function foldLane(
  rows: f64, from: usize, stride: usize, to: usize, deviation: f64, squares: f64, magnitude: f64,
): void {
  if (isInDoubt(rows, from, stride)) foldSums(rows, deviation, squares, magnitude, from, stride, to);
  else foldUnit(rows, from, stride, to);
}

/** One unit's own sums; `from` and `to` are its entries in the first arrays, which lie a stride (in bytes) apart. */
function foldUnit(rows: f64, from: usize, stride: usize, to: usize): void {
  foldSums(
    rows,
    <f64>load<f32>(arrayAt(from, Counter.Deviation, stride)),
    <f64>load<f32>(arrayAt(from, Counter.SquaredDeviation, stride)),
    <f64>load<f32>(arrayAt(from, Counter.Magnitude, stride)), from, stride, to,
  );
}

// @ts-ignore: decorator
@inline
function foldSums(
  rows: f64, deviation: f64, squares: f64, magnitude: f64, from: usize, stride: usize, to: usize,
): void {
  const totalStride = stride << 1;
  const batchMean = <f64>load<f32>(arrayAt(from, Counter.Pivot, stride)) + deviation / rows;
  // Rounding in the sums can push the difference below zero.
  const batchM2 = max<f64>(squares - (deviation * deviation) / rows, 0);
  const samples = load<f64>(arrayAt(to, Total.Samples, totalStride));
  const mean = load<f64>(arrayAt(to, Total.Mean, totalStride));
  const share = rows / (samples + rows);
  const delta = batchMean - mean;
  store<f64>(arrayAt(to, Total.Samples, totalStride), samples + rows);
  store<f64>(arrayAt(to, Total.Mean, totalStride), mean + delta * share);
  add(arrayAt(to, Total.M2, totalStride), batchM2 + delta * delta * samples * share);
  add(arrayAt(to, Total.Fired, totalStride), load<f32>(arrayAt(from, Counter.Fired, stride)));
  add(arrayAt(to, Total.Magnitude, totalStride), magnitude);
  const low = arrayAt(to, Total.Min, totalStride);
  const high = arrayAt(to, Total.Max, totalStride);
  store<f64>(low, min<f64>(load<f64>(low), load<f32>(arrayAt(from, Counter.Min, stride))));
  store<f64>(high, max<f64>(load<f64>(high), load<f32>(arrayAt(from, Counter.Max, stride))));
}

// @ts-ignore: decorator
@inline
function add(address: usize, value: f64): void {
  store<f64>(address, load<f64>(address) + value);
}
