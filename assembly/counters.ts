// What a unit did over many batches, in float64.
//
// One batch's counters, as `activationForward` leaves them: seven arrays of `units` float32, one after the other: pivot, fired, min z,
// max z, Σ(z - pivot), Σ(z - pivot)², Σ|a|. A unit fires where it is not closed: where z is above 0, or NaN, which it passes on.
//
// Running totals: seven arrays of `units` float64: samples, fired, min, max, mean, m2 = Σ(z - mean)², Σ|a|. They merge by the pairwise
// update of Chan, Golub and LeVeque (1983), equation 2.1.

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

/** fired[u] becomes 1 where unit u fired on a row of the batch. batch: 7 x units float32; fired: units u32. Returns how many are still 0. */
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
 * Merges the counters of a batch of `rows` rows (7 x units float32) into `total` (7 x units float64). Where all z are equal m2 stays
 * exactly 0; a NaN among the z stays in min, max, mean and m2. No rows, no change.
 */
export function foldCounters(units: usize, rows: usize, batch: usize, total: usize): void {
  if (rows == 0) return;
  const stride = units << 2;
  for (let u: usize = 0; u < units; u++) foldUnit(<f64>rows, batch + (u << 2), stride, total + (u << 3), stride << 1);
}

/** The same for one unit; `from` and `to` are its entries in the first arrays, which lie a stride (in bytes) apart. */
// @ts-ignore: decorator
@inline
function foldUnit(rows: f64, from: usize, stride: usize, to: usize, totalStride: usize): void {
  const deviation = <f64>load<f32>(arrayAt(from, Counter.Deviation, stride));
  const batchMean = <f64>load<f32>(arrayAt(from, Counter.Pivot, stride)) + deviation / rows;
  // Rounding in the float32 sums can push the difference below zero.
  const batchM2 = max<f64>(<f64>load<f32>(arrayAt(from, Counter.SquaredDeviation, stride)) - (deviation * deviation) / rows, 0);
  const samples = load<f64>(arrayAt(to, Total.Samples, totalStride));
  const mean = load<f64>(arrayAt(to, Total.Mean, totalStride));
  const share = rows / (samples + rows);
  const delta = batchMean - mean;
  store<f64>(arrayAt(to, Total.Samples, totalStride), samples + rows);
  store<f64>(arrayAt(to, Total.Mean, totalStride), mean + delta * share);
  add(arrayAt(to, Total.M2, totalStride), batchM2 + delta * delta * samples * share);
  add(arrayAt(to, Total.Fired, totalStride), load<f32>(arrayAt(from, Counter.Fired, stride)));
  add(arrayAt(to, Total.Magnitude, totalStride), load<f32>(arrayAt(from, Counter.Magnitude, stride)));
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
