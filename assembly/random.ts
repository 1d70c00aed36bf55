// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// 2011). Block b of a stream is a pure function of key (seedLow, seedHigh) and counter (b, 0, stream, substream); it holds
// draws 4b to 4b + 3. Integers, exact conversions and float64 in a fixed order: the same bits on every machine, in both builds.
import { LANES } from "./simd";

/** The counter's four words after ten rounds. */
function philox(block: u32, seedLow: u32, seedHigh: u32, stream: u32, substream: u32): v128 {
  const zero = i32x4.splat(0);
  const multipliers = i32x4(0xd2511f53, 0xcd9e8d57, 0, 0);
  const keyIncrement = i32x4(0x9e3779b9, 0, 0xbb67ae85, 0);
  let key = i32x4.replace_lane(i32x4.replace_lane(zero, 0, seedLow), 2, seedHigh);
  let counter = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(zero, 0, block), 2, stream), 3, substream);
  for (let round = 0; round < 10; round++) {
    const even = v128.shuffle<u32>(counter, counter, 0, 2, 0, 2);
    const products = i64x2.extmul_low_i32x4_u(even, multipliers); // low0, high0, low1, high1
    const odd = v128.shuffle<u32>(counter, zero, 1, 4, 3, 4);
    counter = v128.xor(v128.xor(v128.shuffle<u32>(products, products, 3, 2, 1, 0), odd), key);
    key = i32x4.add(key, keyIncrement);
  }
  return counter;
}

/** Puts draw `index` of a stream in lane 0; `words` is what the call for `index - 1` gave. */
// @ts-ignore: decorator
@inline
function nextWord(words: v128, index: u32, seedLow: u32, seedHigh: u32, stream: u32, substream: u32): v128 {
  if (index % <u32>LANES == 0) return philox(index / <u32>LANES, seedLow, seedHigh, stream, substream);
  return v128.shuffle<u32>(words, words, 1, 2, 3, 0);
}

/** The word in lane 0. */
// @ts-ignore: decorator
@inline
function wordOf(words: v128): u32 {
  return i32x4.extract_lane(words, 0);
}

/** The largest float32 below x, for a finite x within float32's range. */
function floatBelow(x: f64): f32 {
  const nearest = <f32>x;
  if (<f64>nearest < x) return nearest;
  if (nearest == 0) return -f32.MIN_VALUE;
  const bits = reinterpret<i32>(nearest);
  return reinterpret<f32>(nearest > 0 ? bits - 1 : bits + 1);
}

/** The smallest float32 not below x. */
function floatNotBelow(x: f64): f32 {
  const nearest = <f32>x;
  return <f64>nearest < x ? -floatBelow(-x) : nearest;
}

/**
 * out[i] = low + (high - low)·draw_i / 2^32, rounded to float32 but never out of [low, high).
 * out: n floats. low < high, with a float32 between them.
 */
export function fillUniform(
  n: usize, out: usize, seedLow: u32, seedHigh: u32, stream: u32, substream: u32, low: f64, high: f64,
): void {
  const smallest = floatNotBelow(low);
  const largest = floatBelow(high);
  const unit = (high - low) / 4294967296.0;
  let words = i32x4.splat(0);
  for (let i: usize = 0; i < n; i++) {
    words = nextWord(words, <u32>i, seedLow, seedHigh, stream, substream);
    const value = <f32>(low + unit * <f64>wordOf(words));
    store<f32>(out + (i << 2), min(max(value, smallest), largest));
  }
}

/**
 * The x below which a standard normal variable falls with probability p, to about 1e-16 relative: Wichura, "Algorithm AS 241",
 * Applied Statistics 37, 1988, PPND16. Its branch for p or 1 - p under exp(-25) is left out: 2^-33 is the least we draw.
 */
function normalQuantile(p: f64): f64 {
  const q = p - 0.5;
  if (abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return q * (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
      + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r + 133.14166789178437745) * r
      + 3.387132872796366608) / (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
      + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0);
  }
  const tail = min(p, 1.0 - p);
  const r = sqrt(-Math.log1p(tail - 1.0)) - 1.6; // tail - 1 is exact: tail is a multiple of 2^-33
  const x = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
    + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r + 4.6303378461565452959) * r
    + 1.42343711074968357734) / (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r
    + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1.0);
  return q < 0 ? -x : x;
}

/**
 * out[i] = mean + deviation·quantile((draw_i + 1/2) / 2^32), rounded to float32; at most 6.3 deviations from the mean.
 * out: n floats. A prefix of a longer fill is the same.
 */
export function fillNormal(
  n: usize, out: usize, seedLow: u32, seedHigh: u32, stream: u32, substream: u32, mean: f64, deviation: f64,
): void {
  let words = i32x4.splat(0);
  for (let i: usize = 0; i < n; i++) {
    words = nextWord(words, <u32>i, seedLow, seedHigh, stream, substream);
    const p = (<f64>wordOf(words) + 0.5) / 4294967296.0;
    store<f32>(out + (i << 2), <f32>(mean + deviation * normalQuantile(p)));
  }
}

/**
 * Puts n 32-bit integers into a random order, each order as likely: Fisher and Yates, from the last place down, with integers
 * below a bound that are unbiased (Lemire, "Fast random integer generation in an interval", 2019).
 */
export function shuffle(n: usize, indices: usize, seedLow: u32, seedHigh: u32, stream: u32, substream: u32): void {
  let words = i32x4.splat(0);
  let draw: u32 = 0;
  for (let bound = <u32>n; bound > 1; bound--) {
    let product: u64;
    do {
      words = nextWord(words, draw++, seedLow, seedHigh, stream, substream);
      product = <u64>wordOf(words) * bound;
    } while (<u32>product < bound && <u32>product < (0 - bound) % bound);
    const last = indices + ((bound - 1) << 2);
    const chosen = indices + ((<usize>(product >> 32)) << 2);
    const moved = load<u32>(last);
    store<u32>(last, load<u32>(chosen));
    store<u32>(chosen, moved);
  }
}
