// C[1 x 32] (+)= one row of A, of which only the entries that are not 0 are listed, times the rows of B that they stand
// for; 4, 8, 16 or 24 columns likewise. Eight accumulators hide the latency of a fused multiply-add; what limits the
// loop are the loads of B, so that it reaches two thirds of the rate of the packed tiles (measured; two and three rows
// that share a list need fewer loads, and multiply more zeros).
import { multiplyAdd } from "../simd";

/** `vectors` (a constant 1, 2, 4, 6, 8 or 12) of C. */
// @ts-ignore: decorator
@inline
function row(
  vectors: i32, kept: usize, values: usize, list: usize, b: usize, stride: usize, accumulate: bool, c: usize,
): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
  let c6 = c0, c7 = c0, c8 = c0, c9 = c0, ca = c0, cb = c0;
  if (accumulate) {
    c0 = v128.load(c);
    if (vectors > 1) c1 = v128.load(c, 16);
    if (vectors > 2) { c2 = v128.load(c, 32); c3 = v128.load(c, 48); }
    if (vectors > 4) { c4 = v128.load(c, 64); c5 = v128.load(c, 80); }
    if (vectors > 6) { c6 = v128.load(c, 96); c7 = v128.load(c, 112); }
    if (vectors > 8) { c8 = v128.load(c, 128); c9 = v128.load(c, 144); ca = v128.load(c, 160); cb = v128.load(c, 176); }
  }
  for (const end = values + (kept << 2); values < end; values += 4, list += 2) {
    const x = v128.load_splat<f32>(values);
    const from = b + <usize>load<u16>(list) * stride;
    c0 = multiplyAdd(x, v128.load(from), c0);
    if (vectors > 1) c1 = multiplyAdd(x, v128.load(from, 16), c1);
    if (vectors > 2) { c2 = multiplyAdd(x, v128.load(from, 32), c2); c3 = multiplyAdd(x, v128.load(from, 48), c3); }
    if (vectors > 4) { c4 = multiplyAdd(x, v128.load(from, 64), c4); c5 = multiplyAdd(x, v128.load(from, 80), c5); }
    if (vectors > 6) { c6 = multiplyAdd(x, v128.load(from, 96), c6); c7 = multiplyAdd(x, v128.load(from, 112), c7); }
    if (vectors > 8) {
      c8 = multiplyAdd(x, v128.load(from, 128), c8); c9 = multiplyAdd(x, v128.load(from, 144), c9);
      ca = multiplyAdd(x, v128.load(from, 160), ca); cb = multiplyAdd(x, v128.load(from, 176), cb);
    }
  }
  v128.store(c, c0);
  if (vectors > 1) v128.store(c, c1, 16);
  if (vectors > 2) { v128.store(c, c2, 32); v128.store(c, c3, 48); }
  if (vectors > 4) { v128.store(c, c4, 64); v128.store(c, c5, 80); }
  if (vectors > 6) { v128.store(c, c6, 96); v128.store(c, c7, 112); }
  if (vectors > 8) { v128.store(c, c8, 128); v128.store(c, c9, 144); v128.store(c, ca, 160); v128.store(c, cb, 176); }
}

export function microkernel1x32(
  kept: usize, values: usize, list: usize, b: usize, stride: usize, accumulate: bool, c: usize,
): void {
  row(8, kept, values, list, b, stride, accumulate, c);
}

/** 48 columns: for short lists, a loop less in 128. */
export function microkernel1x48(
  kept: usize, values: usize, list: usize, b: usize, stride: usize, accumulate: bool, c: usize,
): void {
  row(12, kept, values, list, b, stride, accumulate, c);
}

/** The same for `columns` of 4, 8, 16 or 24. */
export function microkernel1x4s(
  columns: usize, kept: usize, values: usize, list: usize, b: usize, stride: usize, accumulate: bool, c: usize,
): void {
  if (columns == 4) row(1, kept, values, list, b, stride, accumulate, c);
  else if (columns == 8) row(2, kept, values, list, b, stride, accumulate, c);
  else if (columns == 16) row(4, kept, values, list, b, stride, accumulate, c);
  else row(6, kept, values, list, b, stride, accumulate, c);
}
