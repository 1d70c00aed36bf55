// Dropout (Srivastava et al. 2014), with what is kept scaled up in training ("inverted"), so that nothing is done
// elsewhere. Which elements are dropped is a pure function of seed, layer, epoch and place: the generator of random.ts,
// sixteen draws at a time. Nothing here fuses: both builds give the same bits.
/** How many draws are made at once: four blocks of the generator. */
const DRAWS: i64 = 16;

/** The lower and the upper halves of the products of four integers with another. */
// @ts-ignore: decorator
@inline
function lowProducts(x: v128, factor: v128): v128 {
  return i32x4.mul(x, factor);
}
// @ts-ignore: decorator
@inline
function highProducts(x: v128, factor: v128): v128 {
  return v128.shuffle<u32>(i64x2.extmul_low_i32x4_u(x, factor), i64x2.extmul_high_i32x4_u(x, factor), 1, 3, 5, 7);
}

/** One element by its word. */
// @ts-ignore: decorator
@inline
function dropOne(word: u32, i: i64, n: i64, threshold: u32, scale: f32, h: usize, factors: usize, out: usize): void {
  if (i < 0 || i >= n) return;
  const at = <usize>i << 2;
  const factor = word >= threshold ? scale : 0;
  store<f32>(factors + at, factor);
  store<f32>(out + at, load<f32>(h + at) * factor);
}

/** Four elements from place i on, of which some may lie outside. */
// @ts-ignore: decorator
@inline
function dropFour(words: v128, i: i64, n: i64, threshold: u32, scale: f32, h: usize, factors: usize, out: usize): void {
  if (i >= 0 && i + 4 <= n) {
    const at = <usize>i << 2;
    const factor = v128.and(i32x4.ge_u(words, i32x4.splat(<i32>threshold)), f32x4.splat(scale));
    v128.store(factors + at, factor);
    v128.store(out + at, f32x4.mul(v128.load(h + at), factor));
    return;
  }
  dropOne(i32x4.extract_lane(words, 0), i, n, threshold, scale, h, factors, out);
  dropOne(i32x4.extract_lane(words, 1), i + 1, n, threshold, scale, h, factors, out);
  dropOne(i32x4.extract_lane(words, 2), i + 2, n, threshold, scale, h, factors, out);
  dropOne(i32x4.extract_lane(words, 3), i + 3, n, threshold, scale, h, factors, out);
}

/**
 * factors = scale where the element's word is at least `threshold`, else 0; out = h·factors. h, factors, out: rows x
 * units; `out` may be `h`. The word of element (r, u) is draw (firstRow + r)·units + u of the stream of this layer and
 * epoch: the generator's counter is (block, layer and the block's upper half, stream, epoch).
 */
export function dropout(
  rows: usize, units: usize, firstRow: u32, seedLow: u32, seedHigh: u32, stream: u32, layer: u32, epoch: u32,
  threshold: u32, scale: f32, h: usize, factors: usize, out: usize,
): void {
  const n = <i64>rows * <i64>units, first = <i64>firstRow * <i64>units;
  const factor0 = i32x4.splat(0xd2511f53), factor1 = i32x4.splat(0xcd9e8d57);
  const weyl0 = i32x4.splat(0x9e3779b9), weyl1 = i32x4.splat(0xbb67ae85);
  const firstKey0 = i32x4.splat(seedLow), firstKey1 = i32x4.splat(seedHigh);
  for (let i = -(first % DRAWS); i < n; i += DRAWS) {
    const block = <u64>(first + i) / 4;
    let c0 = i32x4.add(i32x4.splat(<i32>block), i32x4(0, 1, 2, 3));
    let c1 = i32x4.splat(<i32>(layer + (<u32>(block >> 32) << 16))), c2 = i32x4.splat(stream), c3 = i32x4.splat(epoch);
    let key0 = firstKey0, key1 = firstKey1;
    for (let round = 0; round < 10; round++) {
      const high0 = highProducts(c0, factor0), high1 = highProducts(c2, factor1);
      const low0 = lowProducts(c0, factor0), low1 = lowProducts(c2, factor1);
      c0 = v128.xor(v128.xor(high1, c1), key0);
      c2 = v128.xor(v128.xor(high0, c3), key1);
      c1 = low1;
      c3 = low0;
      key0 = i32x4.add(key0, weyl0);
      key1 = i32x4.add(key1, weyl1);
    }
    // c0 to c3 hold the four words of four blocks each: in order, the words of the first block come first
    const even = v128.shuffle<u32>(c0, c1, 0, 4, 1, 5), odd = v128.shuffle<u32>(c2, c3, 0, 4, 1, 5);
    const later = v128.shuffle<u32>(c0, c1, 2, 6, 3, 7), last = v128.shuffle<u32>(c2, c3, 2, 6, 3, 7);
    dropFour(v128.shuffle<u64>(even, odd, 0, 2), i, n, threshold, scale, h, factors, out);
    dropFour(v128.shuffle<u64>(even, odd, 1, 3), i + 4, n, threshold, scale, h, factors, out);
    dropFour(v128.shuffle<u64>(later, last, 0, 2), i + 8, n, threshold, scale, h, factors, out);
    dropFour(v128.shuffle<u64>(later, last, 1, 3), i + 12, n, threshold, scale, h, factors, out);
  }
}
