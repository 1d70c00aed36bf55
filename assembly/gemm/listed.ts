// Products that leave out the zeros of an operand. Block by block its rows are listed (zeros.ts); 32 columns at a time
// the other operand is packed as rows of 32 floats, or taken as it lies, and each listed row goes through the
// micro-kernel. Where zeros add nothing the sums are those of the dense product in the same order, and so are their
// bits, but for the sign of a zero: a sum that holds -0 stays -0, while +0 would be added to it otherwise. (It holds -0
// where C did, or where a fused product was too small for float32.)
import { microkernel1x32, microkernel1x48, microkernel1x4s } from "./microkernel1x32";
import { packFourAlongK, packScalars, transpose4x4 } from "./pack";
import { packSelectedWide } from "./select";
import { listRows, LEAST_DEPTH, lookForZeros } from "./zeros";

/** Floats of a block of A at most. */
export const BLOCK_FLOATS: usize = 512 * 256;

/** Which operand is listed: none, A, or B, in whose place the product is then computed transposed. */
export const DENSE: i32 = 0;
export const A_LISTED: i32 = 1;
export const B_LISTED: i32 = 2;

/** Columns that the other operand is packed for at a time. */
export const WIDTH: usize = 32;
const ROW_BYTES: usize = WIDTH * 4;

/**
 * So many zeros of 64 looks pay: mostly, where C has columns for few accumulators, and where it is computed transposed
 * (measured).
 */
const ENOUGH: usize = 29;
const ENOUGH_IF_NARROW: usize = 45;
const ENOUGH_IF_TRANSPOSED: usize = 32;

/**
 * The other operand is taken as it lies where a block uses each of its rows no more often, or where it is no larger, in
 * bytes (measured).
 */
const UNPACKED_UP_TO_USES: usize = 8;
const UNPACKED_UP_TO_BYTES: usize = 65536;

/**
 * Which operand's zeros are worth leaving out. B's are where A is a transpose, as the inputs are for the weights'
 * gradient: a NaN among those has shown in the forward pass, and so has an infinity, but where all that it goes to is
 * closed.
 */
export function chooseListed(
  M: usize, N: usize, K: usize,
  a: usize, rowStrideA: usize, colStrideA: usize,
  b: usize, rowStrideB: usize, colStrideB: usize, isSelected: bool,
): i32 {
  if (K < LEAST_DEPTH) return DENSE;
  const inA = lookForZeros(M, K, a, rowStrideA << 2, colStrideA << 2);
  const mayListB = rowStrideA == 1 && M >= WIDTH && !isSelected;
  const inB = mayListB ? lookForZeros(N, K, b, colStrideB << 2, rowStrideB << 2) : 0;
  if (inB > inA && inB >= ENOUGH_IF_TRANSPOSED) return B_LISTED;
  return inA >= (N < WIDTH ? ENOUGH_IF_NARROW : ENOUGH) ? A_LISTED : DENSE;
}

/** kc x WIDTH floats that lie side by side. */
function packRows(kc: usize, from: usize, rowBytes: usize, to: usize): void {
  for (const end = to + kc * ROW_BYTES; to < end; to += ROW_BYTES, from += rowBytes) {
    v128.store(to, v128.load(from)); v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32); v128.store(to, v128.load(from, 48), 48);
    v128.store(to, v128.load(from, 64), 64); v128.store(to, v128.load(from, 80), 80);
    v128.store(to, v128.load(from, 96), 96); v128.store(to, v128.load(from, 112), 112);
  }
}

/** kc x count floats as rows of WIDTH; what lies beyond `count` is any number. */
function packWide(count: usize, kc: usize, from: usize, rowBytes: usize, columnBytes: usize, to: usize): void {
  let j: usize = 0;
  if (columnBytes == 4 && count == WIDTH) {
    packRows(kc, from, rowBytes, to);
    j = count;
  } else if (rowBytes == 4) {
    for (; j + 4 <= count; j += 4) packFourAlongK(kc, from + j * columnBytes, columnBytes, to + (j << 2), ROW_BYTES);
  }
  packScalars(count - j, kc, from + j * columnBytes, columnBytes, rowBytes, to + (j << 2), ROW_BYTES);
}

// What is known of a block of A, from `lists` on: kc u16 for each row, u32 counts, and how many entries all have.
const COUNTS: usize = BLOCK_FLOATS * 2;
const TOTAL: usize = COUNTS + BLOCK_FLOATS / LEAST_DEPTH * 4;
export const LISTS_BYTES: usize = TOTAL + 16;

/** Lists the rows of a block; the values go to `values`. */
export function listBlock(
  mc: usize, kc: usize, from: usize, rowStride: usize, kStride: usize, values: usize, lists: usize,
): void {
  store<usize>(lists, listRows(mc, kc, from, rowStride << 2, kStride << 2, values, lists, lists + COUNTS), TOTAL);
}

/** Makes `columns` floats 0. */
// @ts-ignore: decorator
@inline
function clear(columns: usize, c: usize): void {
  for (const end = c + (columns << 2); c < end; c += 16) v128.store(c, f32x4.splat(0));
}

/** Listed row i times `columns` (a multiple of four) of B. */
// @ts-ignore: decorator
@inline
function runRow(
  columns: usize, i: usize, kc: usize, values: usize, lists: usize, b: usize, rowBytes: usize,
  accumulate: bool, c: usize,
): void {
  const kept = <usize>load<u32>(lists + COUNTS + (i << 2)), from = values + (i * kc << 2), list = lists + (i * kc << 1);
  if (kept == 0) {
    if (!accumulate) clear(columns, c);
    return;
  }
  for (; columns >= 48 + WIDTH || columns == 48; columns -= 48, b += 192, c += 192) {
    microkernel1x48(kept, from, list, b, rowBytes, accumulate, c);
  }
  for (; columns >= WIDTH; columns -= WIDTH, b += ROW_BYTES, c += ROW_BYTES) {
    microkernel1x32(kept, from, list, b, rowBytes, accumulate, c);
  }
  const eights = columns & ~7;
  if (eights) microkernel1x4s(eights, kept, from, list, b, rowBytes, accumulate, c);
  if (columns & 4) microkernel1x4s(4, kept, from, list, b + (eights << 2), rowBytes, accumulate, c + (eights << 2));
}

/** C[mc x WIDTH] (+)= the block · B. */
function runStrip(
  mc: usize, kc: usize, values: usize, lists: usize, b: usize, rowBytes: usize,
  accumulate: bool, c: usize, ldc: usize,
): void {
  const counts = lists + COUNTS, end = counts + (mc << 2);
  for (let at = counts; at < end; at += 4, values += kc << 2, lists += kc << 1, c += ldc << 2) {
    microkernel1x32(load<u32>(at), values, lists, b, rowBytes, accumulate, c);
  }
}

/** C[mc x nc] (+)= the block · B; columns that are no multiple of four are computed in `tile`. */
function runRows(
  mc: usize, nc: usize, kc: usize, values: usize, lists: usize, b: usize, rowBytes: usize,
  accumulate: bool, c: usize, ldc: usize, tile: usize,
): void {
  if (nc == WIDTH) return runStrip(mc, kc, values, lists, b, rowBytes, accumulate, c, ldc);
  const columns = nc + 3 & ~3, isWhole = columns == nc;
  for (let i: usize = 0; i < mc; i++, c += ldc << 2) {
    if (!isWhole && accumulate) memory.copy(tile, c, nc << 2);
    runRow(columns, i, kc, values, lists, b, rowBytes, accumulate, isWhole ? c : tile);
    if (!isWhole) memory.copy(c, tile, nc << 2);
  }
}

/** Cᵀ[mc x nc] (+)= the block · B, four rows at a time in `tile`: C has nc rows. */
function runTransposed(
  mc: usize, nc: usize, kc: usize, values: usize, lists: usize, b: usize, rowBytes: usize,
  accumulate: bool, c: usize, ldc: usize, tile: usize,
): void {
  const columns = nc + 3 & ~3, bytesC = ldc << 2;
  for (let i: usize = 0; i < mc; i += 4, c += 16) {
    const rows = min<usize>(4, mc - i);
    if (accumulate) packScalars(nc, rows, c, bytesC, 4, tile, ROW_BYTES);
    for (let row: usize = 0; row < rows; row++) {
      runRow(columns, i + row, kc, values, lists, b, rowBytes, accumulate, tile + row * ROW_BYTES);
    }
    const whole = rows == 4 ? nc & ~3 : 0;
    for (let j: usize = 0; j < whole; j += 4) transpose4x4(tile + (j << 2), ROW_BYTES, c + j * bytesC, bytesC);
    packScalars(rows, nc - whole, tile + (whole << 2), ROW_BYTES, 4, c + whole * bytesC, bytesC);
  }
}

/** Whether the listed block takes columns of B as they lie. */
function takesAsItLies(
  way: i32, columns: usize, kc: usize, rowStrideB: usize, colStrideB: usize, isSelected: bool, lists: usize,
): bool {
  if (way != A_LISTED || isSelected || colStrideB != 1 || (columns & 3) != 0) return false;
  return load<usize>(lists, TOTAL) <= UNPACKED_UP_TO_USES * kc || (kc * rowStrideB << 2) <= UNPACKED_UP_TO_BYTES;
}

/**
 * How many of N columns are best done at a time: where none are packed all, so that a row's length is the same for
 * several loops in turn.
 */
export function listedWidth(
  way: i32, N: usize, kc: usize, rowStrideB: usize, colStrideB: usize, isSelected: bool, lists: usize,
): usize {
  return takesAsItLies(way, N, kc, rowStrideB, colStrideB, isSelected, lists) ? N : WIDTH;
}

/**
 * C[mc x nc] (+)= the listed block · B at `from`, or its transpose; nc: at most listedWidth. packed: kc x WIDTH, tile:
 * 4 x WIDTH.
 */
export function runListed(
  way: i32, mc: usize, nc: usize, kc: usize, values: usize, lists: usize,
  from: usize, rowStrideB: usize, colStrideB: usize,
  columnIndex: usize, kIndex: usize, accumulate: bool, c: usize, ldc: usize, packed: usize, tile: usize,
): void {
  const isSelected = (columnIndex | kIndex) != 0;
  let b = packed, rowBytes = ROW_BYTES;
  if (isSelected) packSelectedWide(nc, kc, from, colStrideB, rowStrideB, columnIndex, kIndex, packed);
  else if (takesAsItLies(way, nc, kc, rowStrideB, colStrideB, false, lists)) { b = from; rowBytes = rowStrideB << 2; }
  else packWide(nc, kc, from, rowStrideB << 2, colStrideB << 2, packed);
  if (way == B_LISTED) runTransposed(mc, nc, kc, values, lists, b, rowBytes, accumulate, c, ldc, tile);
  else runRows(mc, nc, kc, values, lists, b, rowBytes, accumulate, c, ldc, tile);
}
