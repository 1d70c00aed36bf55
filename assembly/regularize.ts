// What holds weights and activations down in training: penalties on their sizes and limits of their norms; and the
// products and sums, element by element, of layers with dropout or a connection past them. Nothing here fuses: both
// builds give the same bits.
import { highDoubles, lowDoubles, totalOf } from "./reduce";
import { LANES, loadLanes, storeLanes } from "./simd";

/** l1·sign(x) + slope·x, 0 at 0. */
// @ts-ignore: decorator
@inline
function pull(x: v128, l1: v128, slope: v128): v128 {
  const sign = v128.and(x, i32x4.splat(<i32>0x80000000));
  return f32x4.add(v128.and(v128.or(l1, sign), f32x4.ne(x, f32x4.splat(0))), f32x4.mul(slope, x));
}

/**
 * gradient += l1·sign(x) + 2·l2·x; returns l1·Σ|x| + l2·Σx². x, gradient: n floats; sums are float64.
 */
export function penalize(n: usize, x: usize, l1: f64, l2: f64, gradient: usize): f64 {
  const size = f32x4.splat(<f32>l1), slope = f32x4.splat(<f32>(2.0 * l2));
  let lowSizes = f64x2.splat(0), highSizes = lowSizes, lowSquares = lowSizes, highSquares = lowSizes;
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i), at = i << 2;
    const v = loadLanes(x + at, count);
    storeLanes(gradient + at, f32x4.add(loadLanes(gradient + at, count), pull(v, size, slope)), count);
    const low = lowDoubles(v), high = highDoubles(v);
    lowSizes = f64x2.add(lowSizes, f64x2.abs(low));
    highSizes = f64x2.add(highSizes, f64x2.abs(high));
    lowSquares = f64x2.add(lowSquares, f64x2.mul(low, low));
    highSquares = f64x2.add(highSquares, f64x2.mul(high, high));
  }
  return l1 * totalOf(lowSizes, highSizes) + l2 * totalOf(lowSquares, highSquares);
}

/** The squares of the lower two of four floats at `offset`, as float64. */
// @ts-ignore: decorator
@inline
function squaresAt(row: usize, offset: usize): v128 {
  const x = f64x2.promote_low_f32x4(v128.load64_zero(row + offset));
  return f64x2.mul(x, x);
}

/** sums[u] (float64) = Σ kernel[i,u]², four rows at a time. */
function sumColumnSquares(inputs: usize, units: usize, kernel: usize, sums: usize): void {
  const stride = units << 2, pairs = units & ~1;
  memory.fill(sums, 0, units << 3);
  for (let i: usize = 0; i < inputs; ) {
    const rows: usize = inputs - i >= 4 ? 4 : 1;
    for (let u: usize = 0; u < pairs; u += 2) {
      let sum = squaresAt(kernel, u << 2);
      if (rows == 4) {
        const others = f64x2.add(squaresAt(kernel + 2 * stride, u << 2), squaresAt(kernel + 3 * stride, u << 2));
        sum = f64x2.add(f64x2.add(sum, squaresAt(kernel + stride, u << 2)), others);
      }
      v128.store(sums + (u << 3), f64x2.add(v128.load(sums + (u << 3)), sum));
    }
    if (pairs < units) {
      let sum = 0.0;
      for (let r: usize = 0; r < rows; r++) {
        const x = <f64>load<f32>(kernel + r * stride + (pairs << 2));
        sum += x * x;
      }
      store<f64>(sums + (pairs << 3), load<f64>(sums + (pairs << 3)) + sum);
    }
    i += rows;
    kernel += rows * stride;
  }
}

/**
 * Scales each column of a kernel, inputs x units, whose norm is above `most` down to it; the others keep their bits.
 * scratch: 12 bytes a unit, from a multiple of 8 on. Returns how many were scaled.
 */
export function limitNorms(inputs: usize, units: usize, kernel: usize, most: f64, scratch: usize): i32 {
  const factors = scratch + (units << 3);
  sumColumnSquares(inputs, units, kernel, scratch);
  let scaled = 0;
  for (let u: usize = 0; u < units; u++) {
    const norm = sqrt(load<f64>(scratch + (u << 3)));
    store<f32>(factors + (u << 2), norm > most ? <f32>(most / norm) : 1);
    if (norm > most) scaled++;
  }
  if (scaled) for (let i: usize = 0; i < inputs; i++, kernel += units << 2) multiply(units, kernel, factors);
  return scaled;
}

/** x *= factors, element by element, in place. */
export function multiply(n: usize, x: usize, factors: usize): void {
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i), at = i << 2;
    storeLanes(x + at, f32x4.mul(loadLanes(x + at, count), loadLanes(factors + at, count)), count);
  }
}

/** to = a + b, element by element; to may be one of them. */
export function add(n: usize, a: usize, b: usize, to: usize): void {
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i), at = i << 2;
    storeLanes(to + at, f32x4.add(loadLanes(a + at, count), loadLanes(b + at, count)), count);
  }
}
