// Sums and checks over one contiguous block of floats, and the leaves that every sweep over such a block shares.
// Sums are kept in float64, in two pairs of lanes: element i goes to sum i mod 4. Their order depends on n alone and nothing
// here fuses, so both builds give the same bits. (The utility of units is a sum in float32.)
import { horizontalSum, LANES, loadLanes, storeLanes } from "./simd";

/** Lanes 0 and 1 of four floats as doubles. */
// @ts-ignore: decorator
@inline
export function lowDoubles(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** Lanes 2 and 3 of four floats as doubles. */
// @ts-ignore: decorator
@inline
export function highDoubles(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

/** (sum0 + sum2) + (sum1 + sum3): the order is part of the result. */
// @ts-ignore: decorator
@inline
export function totalOf(low: v128, high: v128): f64 {
  const sums = f64x2.add(low, high);
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/** Sum of x², float64; the squares are exact. */
export function sumSquares(n: usize, x: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < n; i += LANES) {
    const v = loadLanes(x + (i << 2), min(LANES, n - i));
    const a = lowDoubles(v);
    const b = highDoubles(v);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  return totalOf(low, high);
}

/** x *= factor, in place. */
export function scale(n: usize, x: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i);
    const address = x + (i << 2);
    storeLanes(address, f32x4.mul(loadLanes(address, count), factors), count);
  }
}

/** 1 if no element is infinite or NaN, else 0. */
export function allFinite(n: usize, x: usize): i32 {
  let residue = i32x4.splat(0);
  for (let i: usize = 0; i < n; i += LANES) {
    const v = loadLanes(x + (i << 2), min(LANES, n - i));
    residue = v128.or(residue, f32x4.sub(v, v)); // x - x is 0, but NaN where x is not finite
  }
  return i32(!v128.any_true(residue));
}

/**
 * The contribution utility of the units behind a kernel (Dohare et al. 2024), utility[r] += gain·(magnitude[r]·scale·Σ|kernel[r]| - utility[r]),
 * and activation[r] += gain·(magnitude[r]·scale - activation[r]). kernel: rows x columns floats; magnitude, utility, activation: one
 * float a row.
 */
export function updateUtility(
  rows: usize, columns: usize, kernel: usize, magnitude: usize, scale: f32, gain: f32, utility: usize, activation: usize,
): void {
  const whole = columns - columns % (2 * LANES);
  for (let r: usize = 0; r < rows; r++) {
    let even = f32x4.splat(0);
    let odd = even;
    let c: usize = 0;
    for (; c < whole; c += 2 * LANES) {
      even = f32x4.add(even, f32x4.abs(v128.load(kernel + (c << 2))));
      odd = f32x4.add(odd, f32x4.abs(v128.load(kernel + (c << 2), 16)));
    }
    for (; c < columns; c += LANES) odd = f32x4.add(odd, f32x4.abs(loadLanes(kernel + (c << 2), min(LANES, columns - c))));
    const mean = load<f32>(magnitude + (r << 2)) * scale;
    moveTowards(utility + (r << 2), mean * horizontalSum(f32x4.add(even, odd)), gain);
    moveTowards(activation + (r << 2), mean, gain);
    kernel += columns << 2;
  }
}

/** Below what any unit counts for an average is 0: one that fades for ever would end among the denormal numbers, which are slow. */
const FADED: f32 = 1e-30;

// @ts-ignore: decorator
@inline
function moveTowards(address: usize, sample: f32, gain: f32): void {
  const old = load<f32>(address);
  const average = old + gain * (sample - old);
  store<f32>(address, average < FADED ? 0 : average);
}
