// Activations and their gradients, with what diagnosis needs counted on the way.
//
// Matrices are row-major and tight: z, a, upstream and dz are rows x units; bias and the slopes of prelu are one per unit. Rows are
// taken in blocks that are still in the cache when the next small pass comes over them: bias and counters, column by column with all
// sums in registers; the function itself (the only pass that knows the kind, over one flat run of floats); column sums.
//
// A unit is open where z > 0 and closed elsewhere: at 0 the slope is that of the closed side. NaN in z is passed on by all.
// ELU: Clevert et al. 2016; SELU: Klambauer et al. 2017; GELU: Hendrycks and Gimpel 2016, the exact form; SiLU: Elfwing et al. 2018;
// hard swish: Howard et al. 2019.
import { arrayAt, Counter } from "./counters";
import { exp, expm1, gaussian, normalCdf, normalCdfFromTail, scaledNormalTail, sigmoid, softplus, tanh } from "./math";
import { allFinite } from "./reduce";
import { LANES, loadLanes, storeLanes } from "./simd";

/** The numbers are the ABI. */
const enum Kind { Linear, Relu, LeakyRelu, PRelu, Elu, Selu, Gelu, Silu, Softplus, Sigmoid, Tanh, HardSwish }

/** Rows whose sums are added up before they go into a total: part of the order of summation. */
export const SUM_ROWS: usize = 4;
/** Of z, what one block of passes covers (measured). */
const BLOCK_BYTES: usize = 16384;
const SELU_SCALE: f32 = 1.0507009873554805;
const SELU_SCALE_ALPHA: f32 = 1.7580993408473766;
const SIXTH: f32 = 0.16666667;
const THIRD: f32 = 0.33333334;
const NORMAL_PEAK: f32 = 0.3989422804014327; // 1 / sqrt(2π)

// @ts-ignore: decorator
@inline
function splat(value: f32): v128 {
  return f32x4.splat(value);
}

// @ts-ignore: decorator
@inline
function isOpen(z: v128): v128 {
  return f32x4.gt(z, splat(0));
}

// @ts-ignore: decorator
@inline
function isClosed(z: v128): v128 {
  return f32x4.le(z, splat(0));
}

/** All ones, which is a NaN, where z is one. */
// @ts-ignore: decorator
@inline
function nanMask(z: v128): v128 {
  return f32x4.ne(z, z);
}

/** z within [-limit, limit], beyond which the functions that use it have reached their limits: keeps 0·infinity out. */
// @ts-ignore: decorator
@inline
function clamp(z: v128, limit: f32): v128 {
  return f32x4.pmin(f32x4.pmax(z, splat(-limit)), splat(limit));
}

/** e^-|x| / (1 + e^-|x|)²: the slope of the logistic function, without cancellation on either side. */
// @ts-ignore: decorator
@inline
function logisticSlope(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const d = f32x4.div(splat(1), f32x4.add(e, splat(1)));
  return f32x4.mul(f32x4.mul(e, d), d);
}

/** z · clamp(z + 3, 0, 6) / 6: the gate first, as z · 6 may overflow; z from -3 on, which keeps 0·infinity out. */
// @ts-ignore: decorator
@inline
function hardSwish(z: v128): v128 {
  const bounded = f32x4.pmax(z, splat(-3));
  const gate = f32x4.pmin(f32x4.add(bounded, splat(3)), splat(6));
  return f32x4.mul(bounded, f32x4.mul(gate, splat(SIXTH)));
}

/** (2z + 3) / 6 between the corners; 0 up to the lower, 1 from the upper on. */
// @ts-ignore: decorator
@inline
function hardSwishSlope(z: v128): v128 {
  const between = f32x4.mul(f32x4.add(z, splat(1.5)), splat(THIRD));
  const fromBelow = v128.andnot(between, f32x4.le(z, splat(-3)));
  return v128.bitselect(splat(1), fromBelow, f32x4.ge(z, splat(3)));
}

/** f(z). */
// @ts-ignore: decorator
@inline
function activation(kind: Kind, z: v128, alpha: v128): v128 {
  if (kind == Kind.Relu) return f32x4.pmax(z, splat(0));
  if (kind == Kind.LeakyRelu || kind == Kind.PRelu) return v128.bitselect(z, f32x4.mul(alpha, z), isOpen(z));
  if (kind == Kind.Elu) return v128.bitselect(z, f32x4.mul(alpha, expm1(z)), isOpen(z));
  if (kind == Kind.Selu) {
    return v128.bitselect(f32x4.mul(z, splat(SELU_SCALE)), f32x4.mul(expm1(z), splat(SELU_SCALE_ALPHA)), isOpen(z));
  }
  if (kind == Kind.Gelu) {
    const bounded = f32x4.pmax(z, splat(-15));
    return f32x4.mul(bounded, normalCdf(bounded));
  }
  if (kind == Kind.Silu) {
    const bounded = f32x4.pmax(z, splat(-104));
    return f32x4.mul(bounded, sigmoid(bounded));
  }
  if (kind == Kind.Softplus) return softplus(z);
  if (kind == Kind.Sigmoid) return sigmoid(z);
  if (kind == Kind.HardSwish) return hardSwish(z);
  return tanh(z);
}

/** f'(z). */
// @ts-ignore: decorator
@inline
function slope(kind: Kind, z: v128, alpha: v128): v128 {
  if (kind == Kind.LeakyRelu || kind == Kind.PRelu) return v128.or(v128.bitselect(splat(1), alpha, isOpen(z)), nanMask(z));
  if (kind == Kind.Elu) return v128.bitselect(splat(1), f32x4.mul(alpha, exp(z)), isOpen(z));
  if (kind == Kind.Selu) return v128.bitselect(splat(SELU_SCALE), f32x4.mul(exp(z), splat(SELU_SCALE_ALPHA)), isOpen(z));
  if (kind == Kind.Gelu) {
    const bounded = clamp(z, 15);
    const t = f32x4.abs(bounded);
    const bell = gaussian(t);
    const cdf = normalCdfFromTail(z, f32x4.mul(bell, scaledNormalTail(t)));
    return f32x4.add(cdf, f32x4.mul(bounded, f32x4.mul(bell, splat(NORMAL_PEAK))));
  }
  if (kind == Kind.Silu) return f32x4.add(sigmoid(z), f32x4.mul(clamp(z, 104), logisticSlope(z)));
  if (kind == Kind.Softplus) return sigmoid(z);
  if (kind == Kind.Sigmoid) return logisticSlope(z);
  if (kind == Kind.HardSwish) return hardSwishSlope(z);
  return f32x4.mul(logisticSlope(f32x4.add(z, z)), splat(4));
}

/** upstream · f'(z); a closed relu stops even an infinite or NaN upstream. */
// @ts-ignore: decorator
@inline
function gradient(kind: Kind, z: v128, upstream: v128, alpha: v128): v128 {
  if (kind == Kind.Relu) return v128.or(v128.and(upstream, isOpen(z)), nanMask(z));
  return f32x4.mul(upstream, slope(kind, z, alpha));
}

/** a = f(z) over rows x units: one flat run of floats, or for prelu, which reads its slopes at `alphas`, a run for each row. */
// @ts-ignore: decorator
@inline
function activateAs(kind: Kind, alpha: f32, alphas: usize, rows: usize, units: usize, z: usize, a: usize): void {
  const run = kind == Kind.PRelu ? units : rows * units;
  for (const end = z + ((rows * units) << 2); z < end; z += run << 2, a += run << 2) {
    let i: usize = 0;
    for (; i + LANES <= run; i += LANES) activateColumns(kind, alpha, alphas, LANES, i << 2, z, a);
    if (i < run) activateColumns(kind, alpha, alphas, run - i, i << 2, z, a);
  }
}

// @ts-ignore: decorator
@inline
function activateColumns(kind: Kind, alpha: f32, alphas: usize, count: usize, at: usize, z: usize, a: usize): void {
  const closed = kind == Kind.PRelu ? loadLanes(alphas + at, count) : splat(alpha);
  storeLanes(a + at, activation(kind, loadLanes(z + at, count), closed), count);
}

function activate(kind: Kind, alpha: f32, alphas: usize, rows: usize, units: usize, z: usize, a: usize): void {
  switch (kind) {
    case Kind.Linear: if (a != z) memory.copy(a, z, (rows * units) << 2); return;
    case Kind.Relu: return activateAs(Kind.Relu, alpha, alphas, rows, units, z, a);
    case Kind.LeakyRelu: return activateAs(Kind.LeakyRelu, alpha, alphas, rows, units, z, a);
    case Kind.PRelu: return activateAs(Kind.PRelu, alpha, alphas, rows, units, z, a);
    case Kind.Elu: return activateAs(Kind.Elu, alpha, alphas, rows, units, z, a);
    case Kind.Selu: return activateAs(Kind.Selu, alpha, alphas, rows, units, z, a);
    case Kind.Gelu: return activateAs(Kind.Gelu, alpha, alphas, rows, units, z, a);
    case Kind.Silu: return activateAs(Kind.Silu, alpha, alphas, rows, units, z, a);
    case Kind.Softplus: return activateAs(Kind.Softplus, alpha, alphas, rows, units, z, a);
    case Kind.Sigmoid: return activateAs(Kind.Sigmoid, alpha, alphas, rows, units, z, a);
    case Kind.HardSwish: return activateAs(Kind.HardSwish, alpha, alphas, rows, units, z, a);
    case Kind.Tanh: return activateAs(Kind.Tanh, alpha, alphas, rows, units, z, a);
  }
}

/** dz = upstream · f'(z), in the same runs. */
// @ts-ignore: decorator
@inline
function differentiateAs(
  kind: Kind, alpha: f32, alphas: usize, rows: usize, units: usize, z: usize, upstream: usize, dz: usize,
): void {
  const run = kind == Kind.PRelu ? units : rows * units;
  for (const end = z + ((rows * units) << 2); z < end; z += run << 2, upstream += run << 2, dz += run << 2) {
    let i: usize = 0;
    for (; i + LANES <= run; i += LANES) differentiateColumns(kind, alpha, alphas, LANES, i << 2, z, upstream, dz);
    if (i < run) differentiateColumns(kind, alpha, alphas, run - i, i << 2, z, upstream, dz);
  }
}

// @ts-ignore: decorator
@inline
function differentiateColumns(
  kind: Kind, alpha: f32, alphas: usize, count: usize, at: usize, z: usize, upstream: usize, dz: usize,
): void {
  const closed = kind == Kind.PRelu ? loadLanes(alphas + at, count) : splat(alpha);
  storeLanes(dz + at, gradient(kind, loadLanes(z + at, count), loadLanes(upstream + at, count), closed), count);
}

function differentiate(
  kind: Kind, alpha: f32, alphas: usize, rows: usize, units: usize, z: usize, upstream: usize, dz: usize,
): void {
  switch (kind) {
    case Kind.Linear: return memory.copy(dz, upstream, (rows * units) << 2);
    case Kind.Relu: return differentiateAs(Kind.Relu, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.LeakyRelu: return differentiateAs(Kind.LeakyRelu, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.PRelu: return differentiateAs(Kind.PRelu, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.Elu: return differentiateAs(Kind.Elu, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.Selu: return differentiateAs(Kind.Selu, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.Gelu: return differentiateAs(Kind.Gelu, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.Silu: return differentiateAs(Kind.Silu, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.Softplus: return differentiateAs(Kind.Softplus, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.Sigmoid: return differentiateAs(Kind.Sigmoid, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.HardSwish: return differentiateAs(Kind.HardSwish, alpha, alphas, rows, units, z, upstream, dz);
    case Kind.Tanh: return differentiateAs(Kind.Tanh, alpha, alphas, rows, units, z, upstream, dz);
  }
}

/** Counters of no rows at all. */
function clearCounters(units: usize, counters: usize): void {
  const stride = units << 2;
  memory.fill(counters, 0, stride * 7);
  for (let at: usize = 0; at < stride; at += 4) {
    store<f32>(arrayAt(counters, Counter.Min, stride) + at, Infinity);
    store<f32>(arrayAt(counters, Counter.Max, stride) + at, -Infinity);
  }
}

/**
 * Up to four columns of a block: adds the bias to z if `biased`, and what z then shows to the counters: how often the units fired if `counted`,
 * everything but the magnitudes if `all`; the first block begins them. All four rows are loaded before any is stored: rows are often 4 KiB apart, where the processor
 * makes a load wait for a store.
 */
// @ts-ignore: decorator
@inline
function prepareColumns(count: usize, isFirst: bool, rows: usize, stride: usize, z: usize, biased: bool, bias: usize, counted: bool, all: bool, counter: usize): void {
  const fired = arrayAt(counter, Counter.Fired, stride);
  const lowest = arrayAt(counter, Counter.Min, stride), highest = arrayAt(counter, Counter.Max, stride);
  const deviation = arrayAt(counter, Counter.Deviation, stride), squaredDeviation = arrayAt(counter, Counter.SquaredDeviation, stride);
  const b = biased ? loadLanes(bias, count) : splat(0);
  const rowCount = i32x4.splat(<i32>rows);
  let pivot = b, closed = splat(0), low = splat(Infinity), high = splat(-Infinity), sum = splat(0), squares = splat(0);
  if (all && isFirst) {
    pivot = f32x4.add(loadLanes(z, count), b);
    storeLanes(counter, pivot, count);
  } else if (all) {
    pivot = loadLanes(counter, count);
    low = loadLanes(lowest, count);
    high = loadLanes(highest, count);
    sum = loadLanes(deviation, count);
    squares = loadLanes(squaredDeviation, count);
  }
  for (; rows >= SUM_ROWS; rows -= SUM_ROWS) {
    const z1 = z + stride, z2 = z1 + stride, z3 = z2 + stride;
    let v0 = loadLanes(z, count), v1 = loadLanes(z1, count), v2 = loadLanes(z2, count), v3 = loadLanes(z3, count);
    if (biased) {
      v0 = f32x4.add(v0, b); v1 = f32x4.add(v1, b); v2 = f32x4.add(v2, b); v3 = f32x4.add(v3, b);
      storeLanes(z, v0, count); storeLanes(z1, v1, count); storeLanes(z2, v2, count); storeLanes(z3, v3, count);
    }
    // A mask is -1 where true.
    if (counted) closed = i32x4.add(closed, i32x4.add(i32x4.add(isClosed(v0), isClosed(v1)), i32x4.add(isClosed(v2), isClosed(v3))));
    if (all) {
      // pmin and pmax are one instruction each, min and max many; but they may lose a NaN, which markNaN puts back.
      low = f32x4.pmin(low, f32x4.pmin(f32x4.pmin(v0, v1), f32x4.pmin(v2, v3)));
      high = f32x4.pmax(high, f32x4.pmax(f32x4.pmax(v0, v1), f32x4.pmax(v2, v3)));
      const d0 = f32x4.sub(v0, pivot), d1 = f32x4.sub(v1, pivot), d2 = f32x4.sub(v2, pivot), d3 = f32x4.sub(v3, pivot);
      sum = f32x4.add(sum, sumFour(d0, d1, d2, d3));
      squares = f32x4.add(squares, sumFour(f32x4.mul(d0, d0), f32x4.mul(d1, d1), f32x4.mul(d2, d2), f32x4.mul(d3, d3)));
    }
    z = z3 + stride;
  }
  for (; rows; rows--) {
    let v = loadLanes(z, count);
    if (biased) {
      v = f32x4.add(v, b);
      storeLanes(z, v, count);
    }
    const d = f32x4.sub(v, pivot);
    closed = i32x4.add(closed, isClosed(v));
    low = f32x4.pmin(low, v);
    high = f32x4.pmax(high, v);
    sum = f32x4.add(sum, d);
    squares = f32x4.add(squares, f32x4.mul(d, d));
    z += stride;
  }
  if (!counted) return;
  const before = isFirst ? splat(0) : loadLanes(fired, count);
  storeLanes(fired, f32x4.add(before, f32x4.convert_i32x4_s(i32x4.add(rowCount, closed))), count);
  if (!all) return;
  storeLanes(lowest, low, count);
  storeLanes(highest, high, count);
  storeLanes(deviation, sum, count);
  storeLanes(squaredDeviation, squares, count);
}

function prepareRows(isFirst: bool, rows: usize, units: usize, z: usize, bias: usize, all: bool, counters: usize): void {
  const stride = units << 2;
  const biased = bias != 0;
  const counted = counters != 0;
  let left = units;
  for (; left >= LANES; left -= LANES, z += 16, bias += 16, counters += 16) {
    prepareColumns(LANES, isFirst, rows, stride, z, biased, bias, counted, all, counters);
  }
  if (left) prepareColumns(left, isFirst, rows, stride, z, biased, bias, counted, all, counters);
}

/** A NaN among the z is one among the a, and so in the magnitudes: min and max get it from there. */
function markNaN(units: usize, counters: usize): void {
  const stride = units << 2;
  for (let at: usize = 0; at < stride; at += 4) {
    const magnitude = load<f32>(arrayAt(counters, Counter.Magnitude, stride) + at);
    if (magnitude == magnitude) continue;
    store<f32>(arrayAt(counters, Counter.Min, stride) + at, magnitude);
    store<f32>(arrayAt(counters, Counter.Max, stride) + at, magnitude);
  }
}

/** The order is part of the result. */
// @ts-ignore: decorator
@inline
export function sumFour(x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  return f32x4.add(f32x4.add(x0, x1), f32x4.add(x2, x3));
}

// @ts-ignore: decorator
@inline
function addLanes(address: usize, v: v128, count: usize): void {
  storeLanes(address, f32x4.add(loadLanes(address, count), v), count);
}

// @ts-ignore: decorator
@inline
function sumColumns(mask: v128, count: usize, isFirst: bool, rows: usize, stride: usize, x: usize, sums: usize): void {
  let sum = isFirst ? splat(0) : loadLanes(sums, count);
  for (; rows >= SUM_ROWS; rows -= SUM_ROWS) {
    const x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride;
    sum = f32x4.add(sum, sumFour(
      v128.and(loadLanes(x, count), mask), v128.and(loadLanes(x1, count), mask), v128.and(loadLanes(x2, count), mask), v128.and(loadLanes(x3, count), mask),
    ));
    x = x3 + stride;
  }
  for (; rows; rows--, x += stride) sum = f32x4.add(sum, v128.and(loadLanes(x, count), mask));
  storeLanes(sums, sum, count);
}

/** sums[u] = sum over a block of x[r,u], or of |x[r,u]|, or what they are after it where it is not the first. */
export function sumRows(magnitudes: bool, isFirst: bool, rows: usize, units: usize, x: usize, sums: usize): void {
  const mask = i32x4.splat(magnitudes ? 0x7fffffff : -1);
  let left = units;
  for (; left >= LANES; left -= LANES, x += 16, sums += 16) sumColumns(mask, LANES, isFirst, rows, units << 2, x, sums);
  if (left) sumColumns(mask, left, isFirst, rows, units << 2, x, sums);
}

/** Rows of a block: as many groups as stay in L1 between two passes, but at least two (measured). */
// @ts-ignore: decorator
@inline
export function blockRows(units: usize): usize {
  return max<usize>(2 * SUM_ROWS, BLOCK_BYTES / max<usize>(units << 2, 4) & ~(SUM_ROWS - 1));
}

/** dAlphas[u] += upstream[u] · min(z[u], 0), one row. */
function addAlphaGradients(units: usize, z: usize, upstream: usize, dAlphas: usize): void {
  for (let u: usize = 0; u < units; u += LANES, z += 16, upstream += 16, dAlphas += 16) {
    const count = min(LANES, units - u);
    const v = loadLanes(z, count);
    addLanes(dAlphas, v128.andnot(f32x4.mul(loadLanes(upstream, count), v), isOpen(v)), count);
  }
}

/**
 * z[r,u] += bias[u], a[r,u] = f(z[r,u]), and statistics of these rows.
 *
 * z, a: rows x units; a may be z. bias: units, or 0 for none (then z is only read). alphas: units, read by prelu alone; alpha is the
 * closed side's slope (leakyRelu) or scale (elu). counters: 7 x units, overwritten, laid out as counters.ts says, or 0 for none; with
 * no rows the pivot and the sums are 0, min is +infinity and max -infinity. Unless `all` are wanted, those of fired rows alone are made.
 */
export function activationForward(
  kind: Kind, alpha: f32, alphas: usize, rows: usize, units: usize, z: usize, bias: usize, a: usize, counters: usize, all: bool,
): void {
  const stride = units << 2;
  if (counters && rows == 0) clearCounters(units, counters);
  const block = bias | counters ? blockRows(units) : rows;
  for (let r: usize = 0; r < rows; r += block) {
    const count = min(block, rows - r);
    const from = z + r * stride;
    const to = a + r * stride;
    if (bias | counters) prepareRows(r == 0, count, units, from, bias, all, counters);
    activate(kind, alpha, alphas, count, units, from, to);
    if (all) sumRows(true, r == 0, count, units, to, arrayAt(counters, Counter.Magnitude, stride));
  }
  if (all) markNaN(units, counters);
}

/**
 * dz[r,u] = upstream[r,u] · f'(z[r,u]), dBias[u] = sum over rows of dz[r,u], dAlphas[u] = sum over rows of upstream[r,u] · min(z[r,u], 0).
 *
 * z, upstream, dz: rows x units; dz may be upstream. For linear, relu and leakyRelu the activation will do in place of z, as their slope
 * depends on z > 0 alone. dBias, dAlphas (prelu only): units, overwritten, or 0 if not wanted. Where a relu is closed dz is +0 whatever
 * upstream is. Returns 1 if every dBias is finite or none is wanted, else 0.
 */
export function activationBackward(
  kind: Kind, alpha: f32, alphas: usize, rows: usize, units: usize, z: usize, upstream: usize, dz: usize, dBias: usize, dAlphas: usize,
): i32 {
  const stride = units << 2;
  const wantsAlphas = kind == Kind.PRelu && dAlphas != 0;
  if (dBias && rows == 0) memory.fill(dBias, 0, stride);
  if (wantsAlphas) memory.fill(dAlphas, 0, stride);
  const block = dBias || wantsAlphas ? blockRows(units) : rows;
  for (let r: usize = 0; r < rows; r += block) {
    const count = min(block, rows - r);
    const at = r * stride;
    // Before dz may overwrite upstream.
    if (wantsAlphas) for (let i: usize = 0; i < count; i++) addAlphaGradients(units, z + at + i * stride, upstream + at + i * stride, dAlphas);
    differentiate(kind, alpha, alphas, count, units, z + at, upstream + at, dz + at);
    if (dBias) sumRows(false, r == 0, count, units, dz + at, dBias);
  }
  return dBias ? allFinite(units, dBias) : 1;
}
