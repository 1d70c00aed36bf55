// Products of sparse rows: a batch X of M rows in CSR form. Row r has the entries offsets[r] to offsets[r + 1] (u32) of
// `columns` (u32, ascending in a row) and `values` (f32); all other elements are 0.
//
// Each element of a result is one sum in the order of k, as in gemm/: what a zero would add is left out, which is
// nothing, as weights are finite and a sum that starts at 0 stays +0. (In the relaxed build a product that is fused may
// leave a sum of -0 where it underflows, which a later 0 would have made +0 in a dense product: no number is another by
// that.)
import { addSixRows } from "./gemm/stream";
import { adagrad, sgd, sgdRest } from "./optimizer";
import { LANES, loadLanes, multiplyAdd, storeLanes } from "./simd";

/** Entries whose rows of B are added at a time (measured). */
const SIX: usize = 6;

/** Address of row `entry` of B, rows of `bytes`. */
// @ts-ignore: decorator
@inline
function rowAt(b: usize, bytes: usize, columns: usize, offset: usize): usize {
  return b + <usize>load<u32>(columns + offset) * bytes;
}

/** c += x·B for six entries. N is a multiple of eight. */
function addSix(N: usize, columns: usize, values: usize, b: usize, bytes: usize, c: usize): void {
  addSixRows(
    N, v128.load_splat<f32>(values), v128.load_splat<f32>(values, 4), v128.load_splat<f32>(values, 8),
    v128.load_splat<f32>(values, 12), v128.load_splat<f32>(values, 16), v128.load_splat<f32>(values, 20),
    rowAt(b, bytes, columns, 0), rowAt(b, bytes, columns, 4), rowAt(b, bytes, columns, 8),
    rowAt(b, bytes, columns, 12), rowAt(b, bytes, columns, 16), rowAt(b, bytes, columns, 20), c,
  );
}

/** c += x·row, N floats. */
// @ts-ignore: decorator
@inline
function addRow(N: usize, value: usize, row: usize, c: usize): void {
  const x = v128.load_splat<f32>(value);
  const whole = N & ~(LANES - 1);
  for (const end = c + (whole << 2); c < end; c += 16, row += 16) {
    v128.store(c, multiplyAdd(x, v128.load(row), v128.load(c)));
  }
  const rest = N - whole;
  if (rest) storeLanes(c, multiplyAdd(x, loadLanes(row, rest), loadLanes(c, rest)), rest);
}

/** C = X·B. B: rows of N floats, C: M x N. */
export function sparseProduct(
  M: usize, N: usize, offsets: usize, columns: usize, values: usize, b: usize, c: usize,
): void {
  const bytes = N << 2, whole = N & ~7, tail = whole << 2;
  memory.fill(c, 0, M * bytes);
  for (let r: usize = 0; r < M; r++, c += bytes) {
    let at = <usize>load<u32>(offsets + (r << 2)) << 2;
    const end = <usize>load<u32>(offsets + (r << 2), 4) << 2;
    for (; at + (SIX << 2) <= end; at += SIX << 2) {
      if (whole) addSix(whole, columns + at, values + at, b, bytes, c);
      if (whole < N) {
        for (let i: usize = 0; i < SIX << 2; i += 4) {
          addRow(N - whole, values + at + i, rowAt(b, bytes, columns, at + i) + tail, c + tail);
        }
      }
    }
    for (; at < end; at += 4) addRow(N, values + at, rowAt(b, bytes, columns, at), c);
  }
}

/** One to four floats of a row, at the places of an index. */
// @ts-ignore: decorator
@inline
function loadSelected(count: usize, index: usize, row: usize): v128 {
  let v = v128.load32_zero(row + (<usize>load<u32>(index) << 2));
  if (count > 1) v = v128.load_lane<f32>(row + (<usize>load<u32>(index, 4) << 2), v, 1);
  if (count > 2) v = v128.load_lane<f32>(row + (<usize>load<u32>(index, 8) << 2), v, 2);
  if (count > 3) v = v128.load_lane<f32>(row + (<usize>load<u32>(index, 12) << 2), v, 3);
  return v;
}

/** C = X·B for the N columns of B (rows of `width` floats) that an index (u32) selects. C: M x N. */
export function sparseProductSelected(
  M: usize, N: usize, offsets: usize, columns: usize, values: usize, b: usize, width: usize, index: usize, c: usize,
): void {
  for (let r: usize = 0; r < M; r++, c += N << 2) {
    const start = <usize>load<u32>(offsets + (r << 2)) << 2, end = <usize>load<u32>(offsets + (r << 2), 4) << 2;
    for (let j: usize = 0; j < N; j += LANES) {
      const count = min(LANES, N - j);
      let sum = f32x4.splat(0);
      for (let at = start; at < end; at += 4) {
        const row = rowAt(b, width << 2, columns, at);
        sum = multiplyAdd(v128.load_splat<f32>(values + at), loadSelected(count, index + (j << 2), row), sum);
      }
      storeLanes(c + (j << 2), sum, count);
    }
  }
}

/** An entry of the transpose: column and row (u32), value (f32), and four bytes more. */
const ENTRY: usize = 16;

/** Keys of at most so many bits are sorted at once. */
const MOST_BITS: u32 = 11;

/** Puts where each bin begins in the place of how many entries it has. */
function startBins(bits: u32, bins: usize): void {
  let start: u32 = 0;
  for (const end = bins + (4 << bits); bins < end; bins += 4) {
    const count = load<u32>(bins);
    store<u32>(bins, start);
    start += count;
  }
}

/** Where the next entry of a bin lies. */
// @ts-ignore: decorator
@inline
function takePlace(bin: usize, to: usize): usize {
  const place = load<u32>(bin);
  store<u32>(bin, place + 1);
  return to + <usize>place * ENTRY;
}

/**
 * Copies entries in the order of `bits` bits of their columns from bit `shift` on; those that are equal stay in their
 * order.
 */
function sortEntries(count: usize, from: usize, to: usize, shift: u32, bits: u32, bins: usize): void {
  const mask: u32 = (1 << bits) - 1, end = from + count * ENTRY;
  memory.fill(bins, 0, 4 << bits);
  for (let entry = from; entry < end; entry += ENTRY) {
    const bin = bins + <usize>((load<u32>(entry) >> shift & mask) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
  }
  startBins(bits, bins);
  for (let entry = from; entry < end; entry += ENTRY) {
    v128.store(takePlace(bins + <usize>((load<u32>(entry) >> shift & mask) << 2), to), v128.load(entry));
  }
}

/**
 * The entries of X by column, and by row in a column: sorted by their digits, so that time and memory go by the
 * entries, not by the width of X. entries, spare: ENTRY bytes each; returns which of the two holds them.
 */
export function transposeEntries(
  M: usize, width: u32, offsets: usize, columns: usize, values: usize,
  entries: usize, spare: usize, bins: usize,
): usize {
  let to = entries;
  for (let r: usize = 0; r < M; r++) {
    const end = <usize>load<u32>(offsets + (r << 2), 4) << 2;
    for (let at = <usize>load<u32>(offsets + (r << 2)) << 2; at < end; at += 4, to += ENTRY) {
      store<u32>(to, load<u32>(columns + at));
      store<u32>(to, <u32>r, 4);
      store<u32>(to, load<u32>(values + at), 8);
    }
  }
  const count = (to - entries) / ENTRY;
  const keyBits: u32 = 32 - <u32>clz(width - 1 | 1);
  const rounds = (keyBits + MOST_BITS - 1) / MOST_BITS, bits = (keyBits + rounds - 1) / rounds;
  for (let shift: u32 = 0; shift < keyBits; shift += bits) {
    sortEntries(count, entries, spare, shift, bits, bins);
    const sorted = spare;
    spare = entries;
    entries = sorted;
  }
  return entries;
}

/** Σ value·row over entries of one column, in their order, for `count` (1 to 4) floats of the rows at `d`. */
// @ts-ignore: decorator
@inline
function sumLanes(count: usize, entry: usize, end: usize, d: usize, bytes: usize, to: usize): void {
  let sum = f32x4.splat(0);
  for (; entry < end; entry += ENTRY) {
    sum = multiplyAdd(v128.load_splat<f32>(entry, 8), loadLanes(d + <usize>load<u32>(entry, 4) * bytes, count), sum);
  }
  storeLanes(to, sum, count);
}

/** The same for 16 floats. */
// @ts-ignore: decorator
@inline
function sum16(entry: usize, end: usize, d: usize, bytes: usize, to: usize): void {
  let s0 = f32x4.splat(0), s4 = s0, s8 = s0, sc = s0;
  for (; entry < end; entry += ENTRY) {
    const x = v128.load_splat<f32>(entry, 8), row = d + <usize>load<u32>(entry, 4) * bytes;
    s0 = multiplyAdd(x, v128.load(row), s0); s4 = multiplyAdd(x, v128.load(row, 16), s4);
    s8 = multiplyAdd(x, v128.load(row, 32), s8); sc = multiplyAdd(x, v128.load(row, 48), sc);
  }
  v128.store(to, s0); v128.store(to, s4, 16); v128.store(to, s8, 32); v128.store(to, sc, 48);
}

/**
 * The rows of Xᵀ·D that are not 0 by their places alone: lists the columns of X that have entries, ascending, and
 * writes a row of N floats for each, one after the other; returns how many. entries: as transposeEntries leaves them.
 * D: M x N.
 */
export function sparseGradient(count: usize, N: usize, entries: usize, d: usize, list: usize, g: usize): usize {
  const bytes = N << 2, first = list, last = entries + count * ENTRY;
  while (entries < last) {
    const column = load<u32>(entries);
    let end = entries + ENTRY;
    while (end < last && load<u32>(end) == column) end += ENTRY;
    store<u32>(list, column);
    let j: usize = 0;
    for (; j + 16 <= N; j += 16) sum16(entries, end, d + (j << 2), bytes, g + (j << 2));
    for (; j < N; j += LANES) sumLanes(min(LANES, N - j), entries, end, d + (j << 2), bytes, g + (j << 2));
    list += 4;
    g += bytes;
    entries = end;
  }
  return list - first >> 2;
}

/** Copies rows of N floats that lie one after the other to the listed rows of G. */
export function spreadRows(count: usize, list: usize, N: usize, from: usize, g: usize): void {
  const bytes = N << 2;
  for (const end = list + (count << 2); list < end; list += 4, from += bytes) {
    memory.copy(g + <usize>load<u32>(list) * bytes, from, bytes);
  }
}

/** Makes the listed rows of G 0, N floats each. */
export function clearRows(count: usize, list: usize, N: usize, g: usize): void {
  const bytes = N << 2;
  for (const end = list + (count << 2); list < end; list += 4) {
    memory.fill(g + <usize>load<u32>(list) * bytes, 0, bytes);
  }
}

/**
 * p -= learningRate·g for the listed rows of p, N floats each; those of g lie one after the other. Returns how many
 * entries were refused.
 */
export function sgdRows(
  count: usize, list: usize, N: usize, parameters: usize, gradient: usize, learningRate: f32,
): i32 {
  const bytes = N << 2, whole = N & ~(LANES - 1);
  let refused: i32 = 0;
  for (const end = list + (count << 2); list < end; list += 4, gradient += bytes) {
    const row = parameters + <usize>load<u32>(list) * bytes;
    refused += sgd(whole, row, gradient, 0, learningRate, 0, 0, 0);
    if (whole < N) refused += sgdRest(N - whole, row + (whole << 2), gradient + (whole << 2), learningRate);
  }
  return refused;
}

/** The same as adagrad's step without decay; `sum` is laid out as p is. */
export function adagradRows(
  count: usize, list: usize, N: usize, parameters: usize, gradient: usize, sum: usize, learningRate: f32, epsilon: f32, initial: f32,
): i32 {
  const bytes = N << 2;
  let refused: i32 = 0;
  for (const end = list + (count << 2); list < end; list += 4, gradient += bytes) {
    const offset = <usize>load<u32>(list) * bytes;
    refused += adagrad(N, parameters + offset, gradient, sum + offset, learningRate, epsilon, initial, 0);
  }
  return refused;
}
