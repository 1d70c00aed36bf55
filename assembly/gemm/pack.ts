// Packing: a strided matrix becomes panels of `width` rows (or columns) for the micro-kernel.
// Panel layout: for each k in turn, `width` contiguous floats; what lies beyond `count` is zero.
import { LANES } from "../simd";

/** The address of the panel that begins with row (or column) `first` of what is packed. */
// @ts-ignore: decorator
@inline
export function panel(packed: usize, first: usize, kc: usize): usize {
  return packed + (first * kc << 2);
}

/** Four vectors of four k each, `from` + i·stride, stored as four rows of a panel, `rowBytes` apart. */
// @ts-ignore: decorator
@inline
export function transpose4x4(from: usize, strideBytes: usize, to: usize, rowBytes: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + strideBytes);
  const r2 = v128.load(from + strideBytes * 2);
  const r3 = v128.load(from + strideBytes * 3);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
  v128.store(to + rowBytes, v128.shuffle<f64>(low01, low23, 1, 3));
  v128.store(to + rowBytes * 2, v128.shuffle<f64>(high01, high23, 0, 2));
  v128.store(to + rowBytes * 3, v128.shuffle<f64>(high01, high23, 1, 3));
}

/** Elements [0, count) x [0, kc) one by one: any strides. */
export function packScalars(count: usize, kc: usize, from: usize, acrossBytes: usize, kBytes: usize, to: usize, rowBytes: usize): void {
  for (let i: usize = 0; i < count; i++) {
    let source = from + i * acrossBytes;
    let target = to + (i << 2);
    for (let k: usize = 0; k < kc; k++) {
      store<f32>(target, load<f32>(source));
      source += kBytes;
      target += rowBytes;
    }
  }
}

/** Four rows that are contiguous along k. */
// @ts-ignore: decorator
@inline
export function packFourAlongK(kc: usize, from: usize, acrossBytes: usize, to: usize, rowBytes: usize): void {
  let k: usize = 0;
  for (; k + LANES <= kc; k += LANES) transpose4x4(from + (k << 2), acrossBytes, to + k * rowBytes, rowBytes);
  packScalars(4, kc - k, from + (k << 2), acrossBytes, 4, to + k * rowBytes, rowBytes);
}

/** `width` columns that are contiguous across: one pass, in vectors and then single floats. */
// @ts-ignore: decorator
@inline
function packAcross(width: usize, kc: usize, from: usize, kBytes: usize, to: usize): void {
  const end = to + (kc * width << 2);
  while (to < end) {
    v128.store(to, v128.load(from));
    if (width == 8) v128.store(to, v128.load(from, 16), 16);
    if (width == 5) store<f32>(to, load<f32>(from, 16), 16);
    if (width == 6) store<u64>(to, load<u64>(from, 16), 16);
    from += kBytes;
    to += width << 2;
  }
}

/** Two neighbouring panels of 8 columns that are contiguous across: each line of the cache is read once. */
function packAcrossPair(kc: usize, from: usize, kBytes: usize, to: usize): void {
  const second = kc << 5;
  const end = to + second;
  while (to < end) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to + second, v128.load(from, 32));
    v128.store(to + second, v128.load(from, 48), 16);
    from += kBytes;
    to += 32;
  }
}

/** One whole panel: groups of four rows that are contiguous along k, then single rows. */
// @ts-ignore: decorator
@inline
function packAlongK(width: usize, kc: usize, from: usize, acrossBytes: usize, to: usize): void {
  const rowBytes = width << 2;
  packFourAlongK(kc, from, acrossBytes, to, rowBytes);
  if (width == 8) packFourAlongK(kc, from + (acrossBytes << 2), acrossBytes, to + 16, rowBytes);
  else if (width > 4) packScalars(width - 4, kc, from + (acrossBytes << 2), acrossBytes, 4, to + 16, rowBytes);
}

/** One whole panel. */
// @ts-ignore: decorator
@inline
function packPanel(width: usize, kc: usize, from: usize, acrossBytes: usize, kBytes: usize, to: usize): void {
  if (acrossBytes == 4) packAcross(width, kc, from, kBytes, to);
  else if (kBytes == 4) packAlongK(width, kc, from, acrossBytes, to);
  else packScalars(width, kc, from, acrossBytes, kBytes, to, width << 2);
}

/**
 * Packs `count` x `kc` floats into ceil(count / width) panels; width is a constant 4, 5, 6 or 8, for which this is compiled. Neighbours across lie `acrossStride` floats apart,
 * neighbours along k `kStride`.
 */
// @ts-ignore: decorator
@inline
export function pack(width: usize, count: usize, kc: usize, from: usize, acrossStride: usize, kStride: usize, to: usize): void {
  const acrossBytes = acrossStride << 2;
  const kBytes = kStride << 2;
  const panelBytes = width * kc << 2;
  let i: usize = 0;
  if (width == 8 && acrossBytes == 4) {
    for (; i + 16 <= count; i += 16) {
      packAcrossPair(kc, from + i * acrossBytes, kBytes, to);
      to += panelBytes << 1;
    }
  }
  for (; i + width <= count; i += width) {
    packPanel(width, kc, from + i * acrossBytes, acrossBytes, kBytes, to);
    to += panelBytes;
  }
  if (i < count) {
    memory.fill(to, 0, panelBytes);
    packScalars(count - i, kc, from + i * acrossBytes, acrossBytes, kBytes, to, width << 2);
  }
}
