// Products of few rows: B is read once from memory, whose speed is the limit.
// Each element of C is one sum over k in order, as in the packed path.
import { multiplyAdd } from "../simd";
import { directRows } from "./direct";

/** Rows of B that are added at a time: of 4 to 16 the fastest in both builds, with two vectors of each a round (measured). */
const SIX: usize = 6;
/** A listed row of B: its factor and its address. */
const ENTRY: usize = 8;

/** c += x·b for six rows b, one after the other. N is a multiple of eight. */
// @ts-ignore: decorator
@inline
export function addSixRows(
  N: usize, x0: v128, x1: v128, x2: v128, x3: v128, x4: v128, x5: v128,
  b0: usize, b1: usize, b2: usize, b3: usize, b4: usize, b5: usize, c: usize,
): void {
  for (const end = c + (N << 2); c < end; c += 32) {
    let s0 = multiplyAdd(x0, v128.load(b0), v128.load(c)), s1 = multiplyAdd(x0, v128.load(b0, 16), v128.load(c, 16)); b0 += 32;
    s0 = multiplyAdd(x1, v128.load(b1), s0); s1 = multiplyAdd(x1, v128.load(b1, 16), s1); b1 += 32;
    s0 = multiplyAdd(x2, v128.load(b2), s0); s1 = multiplyAdd(x2, v128.load(b2, 16), s1); b2 += 32;
    s0 = multiplyAdd(x3, v128.load(b3), s0); s1 = multiplyAdd(x3, v128.load(b3, 16), s1); b3 += 32;
    s0 = multiplyAdd(x4, v128.load(b4), s0); s1 = multiplyAdd(x4, v128.load(b4, 16), s1); b4 += 32;
    s0 = multiplyAdd(x5, v128.load(b5), s0); s1 = multiplyAdd(x5, v128.load(b5, 16), s1); b5 += 32;
    v128.store(c, s0);
    v128.store(c, s1, 16);
  }
}

/** c += x·B for six listed rows of B. */
function streamSix(N: usize, list: usize, c: usize): void {
  addSixRows(
    N, v128.load_splat<f32>(list), v128.load_splat<f32>(list, ENTRY), v128.load_splat<f32>(list, 2 * ENTRY),
    v128.load_splat<f32>(list, 3 * ENTRY), v128.load_splat<f32>(list, 4 * ENTRY), v128.load_splat<f32>(list, 5 * ENTRY),
    load<usize>(list, 4), load<usize>(list, ENTRY + 4), load<usize>(list, 2 * ENTRY + 4),
    load<usize>(list, 3 * ENTRY + 4), load<usize>(list, 4 * ENTRY + 4), load<usize>(list, 5 * ENTRY + 4), c,
  );
}

/** The same for one listed row. */
function streamOne(N: usize, list: usize, c: usize): void {
  const x = v128.load_splat<f32>(list);
  let b = load<usize>(list, 4);
  for (const end = c + (N << 2); c < end; c += 16, b += 16) v128.store(c, multiplyAdd(x, v128.load(b), v128.load(c)));
}

/**
 * C = A·B (+ C) for few rows: B streams past once a row, six of its rows at a time, while C's row stays in L1. Strides count floats.
 * `skipsZeros` leaves out the rows of B whose factor is 0. The list of rows lies in the workspace.
 */
export function streamRows(
  M: usize, N: usize, K: usize, a: usize, rowStrideA: usize, kStrideA: usize, b: usize, kStrideB: usize, accumulate: bool, c: usize, ldc: usize,
  skipsZeros: bool, list: usize,
): void {
  const kBytesA = kStrideA << 2, kBytesB = kStrideB << 2;
  const whole = N & ~7, full = list + SIX * ENTRY;
  const kept: u32 = skipsZeros ? 0 : 1;
  for (let i: usize = 0; i < M; i++) {
    const row = a + (i * rowStrideA << 2), out = c + (i * ldc << 2);
    if (!accumulate) memory.fill(out, 0, whole << 2);
    let next = list;
    for (let k: usize = 0, x = row, y = b; k < K; k++, x += kBytesA, y += kBytesB) {
      const bits = load<u32>(x);
      store<u32>(next, bits);
      store<usize>(next, y, 4);
      if ((bits << 1 | kept) != 0) next += ENTRY; // NaN is kept, -0 is not
      if (next == full) { streamSix(whole, list, out); next = list; }
    }
    for (let entry = list; entry < next; entry += ENTRY) streamOne(whole, entry, out);
    directRows(1, N - whole, K, row, 0, kStrideA, b + (whole << 2), kStrideB, accumulate, out + (whole << 2), ldc);
  }
}
