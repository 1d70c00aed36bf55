// Batch and layer normalization between the product and the activation, n = gamma·zhat + beta, and their gradients. Beta is
// left to `activationForward`, which adds it as its bias, and its gradient to `activationBackward`.
//
// Batch (Ioffe and Szegedy 2015): zhat = (z - mean) / sqrt(variance + epsilon), mean and variance of a unit over the rows of a
// batch, or running ones. Layer (Ba, Kiros and Hinton 2016): the same of a row over the units, of z + bias.
//
// Matrices are row-major and tight, rows x units. Means and variances are sums of float64 in two passes, so that a mean far
// from 0 takes nothing off the variance; a mean is subtracted as two floats, high and low. The order of all sums depends on
// the shape alone. NaN and infinity pass on.
import { blockRows, sumFour, sumRows, SUM_ROWS } from "./activation";
import { arrayAt } from "./counters";
import { allFinite, highDoubles, lowDoubles, totalOf } from "./reduce";
import { LANES, loadLanes, storeLanes } from "./simd";

/** Of a unit, a float each: what is subtracted, in two parts, and 1 / sqrt(variance + epsilon). */
const enum Affine { High, Low, Inverse }

/** Doubles of one array of moments: whole groups of four columns. */
// @ts-ignore: decorator
@inline
function momentStride(units: usize): usize {
  return (units + LANES - 1 & ~(LANES - 1)) << 3;
}

/** x, or its squared distance from the center. */
// @ts-ignore: decorator
@inline
function term(squared: bool, x: v128, center: v128): v128 {
  if (!squared) return x;
  const d = f64x2.sub(x, center);
  return f64x2.mul(d, d);
}

/** Adds a block of rows to the sums of up to four columns. */
// @ts-ignore: decorator
@inline
function addColumns(squared: bool, count: usize, isFirst: bool, rows: usize, stride: usize, z: usize, means: usize, sums: usize): void {
  const zero = f64x2.splat(0);
  const centerLow = squared ? v128.load(means) : zero, centerHigh = squared ? v128.load(means, 16) : zero;
  let low = isFirst ? zero : v128.load(sums), high = isFirst ? zero : v128.load(sums, 16);
  for (; rows >= SUM_ROWS; rows -= SUM_ROWS) {
    const z1 = z + stride, z2 = z1 + stride, z3 = z2 + stride;
    const v0 = loadLanes(z, count), v1 = loadLanes(z1, count), v2 = loadLanes(z2, count), v3 = loadLanes(z3, count);
    low = f64x2.add(low, f64x2.add(
      f64x2.add(term(squared, lowDoubles(v0), centerLow), term(squared, lowDoubles(v1), centerLow)),
      f64x2.add(term(squared, lowDoubles(v2), centerLow), term(squared, lowDoubles(v3), centerLow)),
    ));
    high = f64x2.add(high, f64x2.add(
      f64x2.add(term(squared, highDoubles(v0), centerHigh), term(squared, highDoubles(v1), centerHigh)),
      f64x2.add(term(squared, highDoubles(v2), centerHigh), term(squared, highDoubles(v3), centerHigh)),
    ));
    z = z3 + stride;
  }
  for (; rows; rows--, z += stride) {
    const v = loadLanes(z, count);
    low = f64x2.add(low, term(squared, lowDoubles(v), centerLow));
    high = f64x2.add(high, term(squared, highDoubles(v), centerHigh));
  }
  v128.store(sums, low);
  v128.store(sums, high, 16);
}

/** sums[u] = sum over the rows of z[r,u], or of (z[r,u] - means[u])². */
// @ts-ignore: decorator
@inline
function sumMoments(squared: bool, rows: usize, units: usize, z: usize, means: usize, sums: usize): void {
  const stride = units << 2, block = blockRows(units);
  for (let r: usize = 0; r < rows; r += block) {
    const count = min(block, rows - r), isFirst = r == 0;
    const from = z + r * stride;
    let u: usize = 0;
    for (; u + LANES <= units; u += LANES) {
      addColumns(squared, LANES, isFirst, count, stride, from + (u << 2), means + (u << 3), sums + (u << 3));
    }
    if (u < units) addColumns(squared, units - u, isFirst, count, stride, from + (u << 2), means + (u << 3), sums + (u << 3));
  }
}

/** A unit's entry of the three. */
// @ts-ignore: decorator
@inline
function writeAffine(at: usize, stride: usize, mean: f64, variance: f64, epsilon: f64): void {
  const high = <f32>mean;
  store<f32>(arrayAt(at, Affine.High, stride), high);
  // where the mean is infinite it is so once
  store<f32>(arrayAt(at, Affine.Low, stride), isFinite(high) ? <f32>(mean - <f64>high) : 0);
  store<f32>(arrayAt(at, Affine.Inverse, stride), <f32>(1 / Math.sqrt(variance + epsilon)));
}

/** (z - mean) · inverse. */
// @ts-ignore: decorator
@inline
function normalized(z: v128, high: v128, low: v128, inverse: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.sub(z, high), low), inverse);
}

/** Up to four columns of a block: zhat, where it is kept, and gamma·zhat in z's place. All rows are loaded before any is stored, as in activation.ts. */
// @ts-ignore: decorator
@inline
function normalizeGroup(count: usize, rows: usize, stride: usize, z: usize, affine: usize, gamma: usize, keeps: bool, zhat: usize): void {
  const high = loadLanes(arrayAt(affine, Affine.High, stride), count), low = loadLanes(arrayAt(affine, Affine.Low, stride), count);
  const inverse = loadLanes(arrayAt(affine, Affine.Inverse, stride), count), g = loadLanes(gamma, count);
  for (; rows >= SUM_ROWS; rows -= SUM_ROWS) {
    const z1 = z + stride, z2 = z1 + stride, z3 = z2 + stride;
    const v0 = normalized(loadLanes(z, count), high, low, inverse), v1 = normalized(loadLanes(z1, count), high, low, inverse);
    const v2 = normalized(loadLanes(z2, count), high, low, inverse), v3 = normalized(loadLanes(z3, count), high, low, inverse);
    if (keeps) {
      storeLanes(zhat, v0, count); storeLanes(zhat + stride, v1, count);
      storeLanes(zhat + 2 * stride, v2, count); storeLanes(zhat + 3 * stride, v3, count);
      zhat += SUM_ROWS * stride;
    }
    storeLanes(z, f32x4.mul(v0, g), count); storeLanes(z1, f32x4.mul(v1, g), count);
    storeLanes(z2, f32x4.mul(v2, g), count); storeLanes(z3, f32x4.mul(v3, g), count);
    z = z3 + stride;
  }
  for (; rows; rows--, z += stride) {
    const v = normalized(loadLanes(z, count), high, low, inverse);
    if (keeps) {
      storeLanes(zhat, v, count);
      zhat += stride;
    }
    storeLanes(z, f32x4.mul(v, g), count);
  }
}

function normalizeColumns(rows: usize, units: usize, z: usize, affine: usize, gamma: usize, zhat: usize): void {
  const stride = units << 2, block = blockRows(units), keeps = zhat != 0;
  for (let r: usize = 0; r < rows; r += block) {
    const count = min(block, rows - r);
    let at: usize = 0;
    const whole = stride & ~15;
    for (; at < whole; at += 16) normalizeGroup(LANES, count, stride, z + r * stride + at, affine + at, gamma + at, keeps, zhat + r * stride + at);
    if (at < stride) normalizeGroup(stride - at >> 2, count, stride, z + r * stride + at, affine + at, gamma + at, keeps, zhat + r * stride + at);
  }
}

/**
 * z = gamma·zhat with the batch's own mean and variance (of the population), and zhat, rows x units, or 0 if not wanted. A bias that was
 * added to z would change nothing.
 *
 * moments: overwritten, two arrays of float64, each of whole groups of four: means, Σ(z - mean)². affine: 3 x units float32, overwritten,
 * for the gradient. No rows, no change.
 */
export function batchNormalize(
  rows: usize, units: usize, z: usize, epsilon: f64, gamma: usize, moments: usize, affine: usize, zhat: usize,
): void {
  if (rows == 0) return;
  const squares = moments + momentStride(units), stride = units << 2;
  const count = <f64>rows;
  sumMoments(false, rows, units, z, 0, moments);
  for (let at: usize = 0; at < units << 3; at += 8) store<f64>(moments + at, load<f64>(moments + at) / count);
  for (let at: usize = units << 3; at < momentStride(units); at += 8) store<f64>(moments + at, 0);
  sumMoments(true, rows, units, z, moments, squares);
  for (let u: usize = 0; u < units; u++) {
    writeAffine(affine + (u << 2), stride, load<f64>(moments + (u << 3)), load<f64>(squares + (u << 3)) / count, epsilon);
  }
  normalizeColumns(rows, units, z, affine, gamma, zhat);
}

/** The same of z + bias with means and variances that are given, units floats each. */
export function runningNormalize(
  rows: usize, units: usize, z: usize, bias: usize, means: usize, variances: usize, epsilon: f64, gamma: usize, affine: usize, zhat: usize,
): void {
  const stride = units << 2;
  for (let at: usize = 0; at < stride; at += 4) {
    const center = <f64>load<f32>(means + at) - <f64>load<f32>(bias + at);
    writeAffine(affine + at, stride, center, <f64>load<f32>(variances + at), epsilon);
  }
  normalizeColumns(rows, units, z, affine, gamma, zhat);
}

/**
 * Running means and variances towards those of the batch that `batchNormalize` left in moments, those of z + bias: the variance is the
 * unbiased one, and stays where there is one row. Returns how many entries were refused, since they would not be finite.
 */
export function moveRunning(
  rows: usize, units: usize, momentum: f64, moments: usize, bias: usize, means: usize, variances: usize,
): i32 {
  const squares = moments + momentStride(units);
  let refused = 0;
  for (let u: usize = 0; u < units; u++) {
    const at = u << 2;
    refused += moveTo(means + at, momentum, load<f64>(moments + (u << 3)) + <f64>load<f32>(bias + at));
    if (rows > 1) refused += moveTo(variances + at, momentum, load<f64>(squares + (u << 3)) / <f64>(rows - 1));
  }
  return refused;
}

// @ts-ignore: decorator
@inline
function moveTo(address: usize, momentum: f64, value: f64): i32 {
  const next = <f32>((1 - momentum) * <f64>load<f32>(address) + momentum * value);
  if (!isFinite(next)) return 1;
  store<f32>(address, next);
  return 0;
}

/** Adds a block's x·y to the sums of up to four columns. */
// @ts-ignore: decorator
@inline
function addProducts(count: usize, isFirst: bool, rows: usize, stride: usize, x: usize, y: usize, sums: usize): void {
  let sum = isFirst ? f32x4.splat(0) : loadLanes(sums, count);
  for (; rows >= SUM_ROWS; rows -= SUM_ROWS) {
    sum = f32x4.add(sum, sumFour(
      f32x4.mul(loadLanes(x, count), loadLanes(y, count)),
      f32x4.mul(loadLanes(x + stride, count), loadLanes(y + stride, count)),
      f32x4.mul(loadLanes(x + 2 * stride, count), loadLanes(y + 2 * stride, count)),
      f32x4.mul(loadLanes(x + 3 * stride, count), loadLanes(y + 3 * stride, count)),
    ));
    x += SUM_ROWS * stride;
    y += SUM_ROWS * stride;
  }
  for (; rows; rows--, x += stride, y += stride) sum = f32x4.add(sum, f32x4.mul(loadLanes(x, count), loadLanes(y, count)));
  storeLanes(sums, sum, count);
}

/** sums[u] = sum over a block of x[r,u]·y[r,u], or what it is after it where it is not the first. */
function sumProducts(isFirst: bool, rows: usize, units: usize, x: usize, y: usize, sums: usize): void {
  const stride = units << 2;
  let at: usize = 0;
  for (; at < (stride & ~15); at += 16) addProducts(LANES, isFirst, rows, stride, x + at, y + at, sums + at);
  if (at < stride) addProducts(stride - at >> 2, isFirst, rows, stride, x + at, y + at, sums + at);
}

function sumAllProducts(rows: usize, units: usize, x: usize, y: usize, sums: usize): void {
  const stride = units << 2, block = blockRows(units);
  if (rows == 0) memory.fill(sums, 0, stride);
  for (let r: usize = 0; r < rows; r += block) sumProducts(r == 0, min(block, rows - r), units, x + r * stride, y + r * stride, sums);
}

/**
 * dz = gamma·inverse·(dn - dBeta / rows - zhat·dGamma / rows) in dn's place, after dGamma[u] = sum over rows of dn·zhat. dBeta: the sums of
 * dn, units. affine: as `batchNormalize` left it. The gradient of a bias is exactly 0. Returns 1 if every dGamma is finite, else 0.
 */
export function batchNormalizeBackward(
  rows: usize, units: usize, dn: usize, zhat: usize, gamma: usize, affine: usize, dBeta: usize, dGamma: usize,
): i32 {
  const stride = units << 2, block = blockRows(units);
  const inverse = arrayAt(affine, Affine.Inverse, stride);
  sumAllProducts(rows, units, dn, zhat, dGamma);
  for (let r: usize = 0; r < rows; r += block) {
    const count = min(block, rows - r), from = r * stride;
    let at: usize = 0;
    for (; at < (stride & ~15); at += 16) {
      differentiateGroup(
        LANES, rows, count, stride, dn + from + at, zhat + from + at, gamma + at, inverse + at, dBeta + at, dGamma + at,
      );
    }
    if (at < stride) {
      differentiateGroup(
        stride - at >> 2, rows, count, stride,
        dn + from + at, zhat + from + at, gamma + at, inverse + at, dBeta + at, dGamma + at,
      );
    }
  }
  return allFinite(units, dGamma);
}

/** (dn - mean - zhat·slope)·scale. */
// @ts-ignore: decorator
@inline
function differentiated(dn: v128, mean: v128, zhat: v128, slope: v128, scale: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.sub(dn, mean), f32x4.mul(zhat, slope)), scale);
}

/** Up to four columns of a block, as in `normalizeGroup`. */
// @ts-ignore: decorator
@inline
function differentiateGroup(
  count: usize, all: usize, rows: usize, stride: usize, dn: usize, zhat: usize, gamma: usize, inverse: usize, dBeta: usize, dGamma: usize,
): void {
  const n = f32x4.splat(<f32>all);
  const scale = f32x4.mul(loadLanes(gamma, count), loadLanes(inverse, count));
  const mean = f32x4.div(loadLanes(dBeta, count), n), slope = f32x4.div(loadLanes(dGamma, count), n);
  for (; rows >= SUM_ROWS; rows -= SUM_ROWS) {
    const d1 = dn + stride, d2 = d1 + stride, d3 = d2 + stride;
    const h1 = zhat + stride, h2 = h1 + stride, h3 = h2 + stride;
    const v0 = differentiated(loadLanes(dn, count), mean, loadLanes(zhat, count), slope, scale);
    const v1 = differentiated(loadLanes(d1, count), mean, loadLanes(h1, count), slope, scale);
    const v2 = differentiated(loadLanes(d2, count), mean, loadLanes(h2, count), slope, scale);
    const v3 = differentiated(loadLanes(d3, count), mean, loadLanes(h3, count), slope, scale);
    storeLanes(dn, v0, count); storeLanes(d1, v1, count);
    storeLanes(d2, v2, count); storeLanes(d3, v3, count);
    dn = d3 + stride;
    zhat = h3 + stride;
  }
  for (; rows; rows--, dn += stride, zhat += stride) {
    storeLanes(dn, differentiated(loadLanes(dn, count), mean, loadLanes(zhat, count), slope, scale), count);
  }
}

/**
 * dz = gamma·inverse·dn in dn's place, where mean and variance do not depend on the rows: after `runningNormalize`. dGamma and dBias, or 0
 * if not wanted: sums of dn·zhat and of dz, units. Returns 1 if they are finite, else 0.
 */
export function runningNormalizeBackward(
  rows: usize, units: usize, dn: usize, zhat: usize, gamma: usize, affine: usize, dGamma: usize, dBias: usize,
): i32 {
  const stride = units << 2, block = blockRows(units);
  const inverse = arrayAt(affine, Affine.Inverse, stride);
  if (dGamma) sumAllProducts(rows, units, dn, zhat, dGamma);
  if (dBias && rows == 0) memory.fill(dBias, 0, stride);
  for (let r: usize = 0; r < rows; r += block) {
    const count = min(block, rows - r), from = dn + r * stride;
    for (let row: usize = 0; row < count; row++) scaleRow(units, from + row * stride, gamma, inverse);
    if (dBias) sumRows(false, r == 0, count, units, from, dBias);
  }
  return areFinite(units, dGamma, dBias);
}

function scaleRow(units: usize, dn: usize, gamma: usize, inverse: usize): void {
  const end = units << 2;
  let at: usize = 0;
  for (; at < (end & ~15); at += 16) scaleLanes(LANES, dn + at, gamma + at, inverse + at);
  if (at < end) scaleLanes(end - at >> 2, dn + at, gamma + at, inverse + at);
}

// @ts-ignore: decorator
@inline
function scaleLanes(count: usize, dn: usize, gamma: usize, inverse: usize): void {
  storeLanes(dn, f32x4.mul(loadLanes(dn, count), f32x4.mul(loadLanes(gamma, count), loadLanes(inverse, count))), count);
}

function areFinite(units: usize, dGamma: usize, dBias: usize): i32 {
  return (dGamma ? allFinite(units, dGamma) : 1) & (dBias ? allFinite(units, dBias) : 1);
}

/**
 * z = gamma·zhat of z + bias with each row's own mean and variance over the units. zhat, rows x units, and inverses, a float a row,
 * 1 / sqrt(variance + epsilon), or 0 if not wanted: what the gradient needs.
 */
export function layerNormalize(
  rows: usize, units: usize, z: usize, bias: usize, epsilon: f64, gamma: usize, zhat: usize, inverses: usize,
): void {
  const stride = units << 2, keeps = zhat != 0;
  for (let r: usize = 0; r < rows; r++, z += stride) {
    const mean = addBias(units, z, bias) / <f64>units;
    const variance = squaredDistance(units, z, mean) / <f64>units;
    const inverse = <f32>(1 / Math.sqrt(variance + epsilon));
    const high = <f32>mean;
    const low: f32 = isFinite(high) ? <f32>(mean - <f64>high) : 0;
    normalizeRow(units, z, high, low, inverse, gamma, keeps, zhat);
    if (!keeps) continue;
    store<f32>(inverses + (r << 2), inverse);
    zhat += stride;
  }
}

/** z += bias in up to four places; the sum. */
// @ts-ignore: decorator
@inline
function addLanes(count: usize, z: usize, bias: usize): v128 {
  const v = f32x4.add(loadLanes(z, count), loadLanes(bias, count));
  storeLanes(z, v, count);
  return v;
}

/** z += bias, one row; its sum. Two vectors at a time, so that one sum need not wait for the other. */
function addBias(units: usize, z: usize, bias: usize): f64 {
  let low = f64x2.splat(0), high = low, otherLow = low, otherHigh = low;
  const end = units << 2;
  let at: usize = 0;
  for (; at < (end & ~31); at += 32) {
    const v = addLanes(LANES, z + at, bias + at), w = addLanes(LANES, z + at + 16, bias + at + 16);
    low = f64x2.add(low, lowDoubles(v));
    high = f64x2.add(high, highDoubles(v));
    otherLow = f64x2.add(otherLow, lowDoubles(w));
    otherHigh = f64x2.add(otherHigh, highDoubles(w));
  }
  for (; at < end; at += 16) {
    const v = addLanes(min(LANES, end - at >> 2), z + at, bias + at);
    low = f64x2.add(low, lowDoubles(v));
    high = f64x2.add(high, highDoubles(v));
  }
  return totalOf(f64x2.add(low, otherLow), f64x2.add(high, otherHigh));
}

/** Σ(z - mean)², one row. */
function squaredDistance(units: usize, z: usize, mean: f64): f64 {
  const center = f64x2.splat(mean);
  let low = f64x2.splat(0), high = low, otherLow = low, otherHigh = low;
  const end = z + (units << 2), pairs = z + ((units << 2) & ~31);
  for (; z < pairs; z += 32) {
    const v = v128.load(z), w = v128.load(z, 16);
    low = f64x2.add(low, term(true, lowDoubles(v), center));
    high = f64x2.add(high, term(true, highDoubles(v), center));
    otherLow = f64x2.add(otherLow, term(true, lowDoubles(w), center));
    otherHigh = f64x2.add(otherHigh, term(true, highDoubles(w), center));
  }
  let sum = totalOf(f64x2.add(low, otherLow), f64x2.add(high, otherHigh));
  for (; z < end; z += 4) {
    const d = <f64>load<f32>(z) - mean;
    sum += d * d;
  }
  return sum;
}

function normalizeRow(units: usize, z: usize, high: f32, low: f32, inverse: f32, gamma: usize, keeps: bool, zhat: usize): void {
  const highs = f32x4.splat(high), lows = f32x4.splat(low), inverses = f32x4.splat(inverse);
  const end = units << 2;
  let at: usize = 0;
  for (; at < (end & ~15); at += 16) normalizeLanes(LANES, z + at, highs, lows, inverses, gamma + at, keeps, zhat + at);
  if (at < end) normalizeLanes(end - at >> 2, z + at, highs, lows, inverses, gamma + at, keeps, zhat + at);
}

// @ts-ignore: decorator
@inline
function normalizeLanes(
  count: usize, z: usize, high: v128, low: v128, inverse: v128, gamma: usize, keeps: bool, zhat: usize,
): void {
  const v = normalized(loadLanes(z, count), high, low, inverse);
  if (keeps) storeLanes(zhat, v, count);
  storeLanes(z, f32x4.mul(v, loadLanes(gamma, count)), count);
}

/**
 * dz = inverse·(g - mean(g) - zhat·mean(g·zhat)), g = gamma·dn, means over the row, in dn's place. zhat, inverses: as `layerNormalize` left
 * them. dGamma and dBias, or 0 if not wanted: sums over the rows of dn·zhat and of dz, units. Returns 1 if they are finite, else 0.
 */
export function layerNormalizeBackward(
  rows: usize, units: usize, dn: usize, zhat: usize, gamma: usize, inverses: usize, dGamma: usize, dBias: usize,
): i32 {
  const stride = units << 2, block = blockRows(units);
  if (dGamma) sumAllProducts(rows, units, dn, zhat, dGamma);
  if (dBias && rows == 0) memory.fill(dBias, 0, stride);
  for (let r: usize = 0; r < rows; r += block) {
    const count = min(block, rows - r), from = r * stride;
    for (let row: usize = r; row < r + count; row++) {
      differentiateRow(units, dn + row * stride, zhat + row * stride, gamma, load<f32>(inverses + (row << 2)));
    }
    if (dBias) sumRows(false, r == 0, count, units, dn + from, dBias);
  }
  return areFinite(units, dGamma, dBias);
}

/** g = gamma·dn in dn's place, in up to four places. */
// @ts-ignore: decorator
@inline
function timesGamma(count: usize, dn: usize, gamma: usize): v128 {
  const g = f32x4.mul(loadLanes(dn, count), loadLanes(gamma, count));
  storeLanes(dn, g, count);
  return g;
}

function differentiateRow(units: usize, dn: usize, zhat: usize, gamma: usize, inverse: f32): void {
  let low = f64x2.splat(0), high = low, slopeLow = low, slopeHigh = low;
  const end = units << 2, whole = end & ~15;
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const g = timesGamma(LANES, dn + at, gamma + at), p = f32x4.mul(g, v128.load(zhat + at));
    low = f64x2.add(low, lowDoubles(g));
    high = f64x2.add(high, highDoubles(g));
    slopeLow = f64x2.add(slopeLow, lowDoubles(p));
    slopeHigh = f64x2.add(slopeHigh, highDoubles(p));
  }
  if (at < end) {
    const count = end - at >> 2;
    const g = timesGamma(count, dn + at, gamma + at), p = f32x4.mul(g, loadLanes(zhat + at, count));
    low = f64x2.add(low, lowDoubles(g));
    high = f64x2.add(high, highDoubles(g));
    slopeLow = f64x2.add(slopeLow, lowDoubles(p));
    slopeHigh = f64x2.add(slopeHigh, highDoubles(p));
  }
  const mean = f32x4.splat(<f32>(totalOf(low, high) / <f64>units));
  const slope = f32x4.splat(<f32>(totalOf(slopeLow, slopeHigh) / <f64>units));
  const scale = f32x4.splat(inverse);
  for (at = 0; at < whole; at += 16) {
    v128.store(dn + at, differentiated(v128.load(dn + at), mean, v128.load(zhat + at), slope, scale));
  }
  if (at < end) {
    const count = end - at >> 2;
    const d = differentiated(loadLanes(dn + at, count), mean, loadLanes(zhat + at, count), slope, scale);
    storeLanes(dn + at, d, count);
  }
}
