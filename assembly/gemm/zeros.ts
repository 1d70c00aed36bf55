// Where zeros are, so that they can be left out: a look at an operand, and lists of the entries of its rows that are
// not 0. -0 is a zero, NaN is none.
//
// A block of rows becomes, for each row: kc floats for the values, side by side from the beginning, as many u16 for
// their k, and how many they are (u32). Rows are whatever lies `acrossBytes` apart, columns too.
import { LANES } from "../simd";

/** Looks at an operand; after the first of them those with hardly a zero are left alone. */
const LOOKS: usize = 64;
const FIRST_LOOKS: usize = 16;
const FEW: usize = 2;

/** Rows that are listed at a time where they lie side by side: a line of the cache. */
const SIXTEEN: usize = 16;

/** Products of fewer steps are not looked at. */
export const LEAST_DEPTH: usize = 16;

/** Of 64 entries of count x K, how many are 0; 0 if few seem to be. */
export function lookForZeros(count: usize, K: usize, from: usize, acrossBytes: usize, kBytes: usize): usize {
  let found: usize = 0;
  for (let look: usize = 0; look < LOOKS; look++) {
    const k = <usize>(<u64>(look * 40503 + 20000 & 0xffff) * K >> 16); // evenly, in the order of the golden section
    found += usize(load<u32>(from + look * count / LOOKS * acrossBytes + k * kBytes) << 1 == 0);
    if (look + 1 == FIRST_LOOKS && found < FEW) return 0;
  }
  return found;
}

/** Bytes that bring the lanes of a mask to the front, of four floats and of four u16. */
const FLOATS_TO_FRONT = memory.data<u32>([
  0, 0, 0, 0, 0x03020100, 0, 0, 0,
  0x07060504, 0, 0, 0, 0x03020100, 0x07060504, 0, 0,
  0x0b0a0908, 0, 0, 0, 0x03020100, 0x0b0a0908, 0, 0,
  0x07060504, 0x0b0a0908, 0, 0, 0x03020100, 0x07060504, 0x0b0a0908, 0,
  0x0f0e0d0c, 0, 0, 0, 0x03020100, 0x0f0e0d0c, 0, 0,
  0x07060504, 0x0f0e0d0c, 0, 0, 0x03020100, 0x07060504, 0x0f0e0d0c, 0,
  0x0b0a0908, 0x0f0e0d0c, 0, 0, 0x03020100, 0x0b0a0908, 0x0f0e0d0c, 0,
  0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0, 0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
], 16);

/** Whether some lane is neither 0 nor -0. */
// @ts-ignore: decorator
@inline
function isAny(bits: v128): bool {
  return v128.any_true(i32x4.shl(bits, 1));
}

/** A bit for each lane that is neither. */
// @ts-ignore: decorator
@inline
function maskOf(bits: v128): i32 {
  return i32x4.bitmask(i32x4.ne(i32x4.shl(bits, 1), i32x4.splat(0)));
}

/**
 * Lists the entries of one row whose neighbours along k lie side by side: four are written at a time, and the next ones
 * over those that are 0.
 */
function listAlong(kc: usize, from: usize, values: usize, list: usize): usize {
  const first = values;
  let k: usize = 0;
  for (; k + LANES <= kc; k += LANES, from += 16) {
    const v = v128.load(from);
    if (!isAny(v)) continue;
    const mask = <usize>maskOf(v);
    const front = v128.load(FLOATS_TO_FRONT + (mask << 4));
    v128.store(values, v128.swizzle(v, front));
    const places = v128.swizzle(i32x4.add(i32x4.splat(<i32>k), i32x4(0, 1, 2, 3)), front);
    v128.store64_lane(list, v128.narrow<i32>(places, places), 0);
    const count = <usize>popcnt<u32>(<u32>mask);
    values += count << 2;
    list += count << 1;
  }
  return (values - first >> 2) + listFrom(k, kc, from, 4, values, list);
}

/** Lists the entries of one row of any strides from place k on. */
function listFrom(k: usize, kc: usize, from: usize, kBytes: usize, values: usize, list: usize): usize {
  const first = values;
  for (; k < kc; k++, from += kBytes) {
    const bits = load<u32>(from);
    store<u32>(values, bits);
    store<u16>(list, <u16>k);
    const one = usize(bits << 1 != 0);
    values += one << 2;
    list += one << 1;
  }
  return values - first >> 2;
}

/** Appends what is not 0 of one step to the lists of four rows. */
function append(v: v128, k: usize, kc: usize, values: usize, list: usize, counts: usize): void {
  const mask = maskOf(v);
  const n0 = <usize>load<u32>(counts), n1 = <usize>load<u32>(counts, 4);
  const n2 = <usize>load<u32>(counts, 8), n3 = <usize>load<u32>(counts, 12);
  const v1 = values + (kc << 2), v2 = v1 + (kc << 2), v3 = v2 + (kc << 2);
  const l1 = list + (kc << 1), l2 = l1 + (kc << 1), l3 = l2 + (kc << 1);
  v128.store32_lane(values + (n0 << 2), v, 0);
  store<u16>(list + (n0 << 1), <u16>k);
  store<u32>(counts, <u32>n0 + (mask & 1));
  v128.store32_lane(v1 + (n1 << 2), v, 1);
  store<u16>(l1 + (n1 << 1), <u16>k);
  store<u32>(counts, <u32>n1 + (mask >> 1 & 1), 4);
  v128.store32_lane(v2 + (n2 << 2), v, 2);
  store<u16>(l2 + (n2 << 1), <u16>k);
  store<u32>(counts, <u32>n2 + (mask >> 2 & 1), 8);
  v128.store32_lane(v3 + (n3 << 2), v, 3);
  store<u16>(l3 + (n3 << 1), <u16>k);
  store<u32>(counts, <u32>n3 + (mask >> 3), 12);
}

/** Lists SIXTEEN rows that lie side by side at each k. */
function listAcross(kc: usize, from: usize, kBytes: usize, values: usize, list: usize, counts: usize): void {
  memory.fill(counts, 0, SIXTEEN << 2);
  for (let k: usize = 0; k < kc; k++, from += kBytes) {
    const left = v128.or(v128.load(from), v128.load(from, 16));
    const right = v128.or(v128.load(from, 32), v128.load(from, 48));
    if (!isAny(v128.or(left, right))) continue;
    for (let i: usize = 0; i < SIXTEEN; i += LANES) {
      const v = v128.load(from + (i << 2));
      if (isAny(v)) append(v, k, kc, values + (i * kc << 2), list + (i * kc << 1), counts + (i << 2));
    }
  }
}

/** Lists the entries of `count` rows of kc; returns how many they are. */
export function listRows(
  count: usize, kc: usize, from: usize, acrossBytes: usize, kBytes: usize,
  values: usize, lists: usize, counts: usize,
): usize {
  let i: usize = 0;
  if (acrossBytes == 4) {
    for (; i + SIXTEEN <= count; i += SIXTEEN) {
      listAcross(kc, from + (i << 2), kBytes, values + (i * kc << 2), lists + (i * kc << 1), counts + (i << 2));
    }
  }
  for (; i < count; i++) {
    const row = from + i * acrossBytes, to = values + (i * kc << 2), list = lists + (i * kc << 1);
    const kept = kBytes == 4 ? listAlong(kc, row, to, list) : listFrom(0, kc, row, kBytes, to, list);
    store<u32>(counts + (i << 2), <u32>kept);
  }
  let total: usize = 0;
  for (i = 0; i < count; i++) total += load<u32>(counts + (i << 2));
  return total;
}
