// C = A·B + beta·C for strided A and B: blocked and packed (Goto and van de Geijn 2008), or direct where operands are small.
//
//   for pc in K by KC, ic in M by MC:   A[MC x KC] packed into panels of MR rows and of 4, which stay in L2
//     for jc in N by NC:                B[KC x NC] packed into panels of NR columns, which stay in L1
//       for jr, ir:                     the micro-kernel on one panel of each
//
// Blocks are of even size, none a remnant. NN, NT and TN differ in the strides that packing sees, and in nothing else.
// Where a product may leave out zeros, a look at its operands says whether that pays; the blocks are then those of
// listed.ts.
import { directColumns, directRows } from "./direct";
import {
  B_LISTED, BLOCK_FLOATS, chooseListed, DENSE, listBlock, listedWidth, LISTS_BYTES, runListed, WIDTH,
} from "./listed";
import { microkernel4x8 } from "./microkernel4x8";
import { microkernel5x8 } from "./microkernel5x8";
import { microkernel6x8 } from "./microkernel6x8";
import { pack } from "./pack";
import { packSelected } from "./select";
import { streamRows } from "./stream";

const MR: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
const NR: usize = 8;
const KC: usize = 512;
const NC: usize = 16;
const A_FLOATS: usize = BLOCK_FLOATS; // blocks of A of at least 256 rows, of more where they are less deep

const PACKED_A_BYTES: usize = A_FLOATS * 4;
const PACKED_B_BYTES: usize = KC * WIDTH * 4;
const TILE_BYTES: usize = 4 * WIDTH * 4;

/** Below this many multiply-adds packing does not pay (measured). */
const DIRECT_BELOW: usize = 64 * 64 * 64 + 1;

/** From this size of B on, for each row of A, its rows are streamed past the few rows of A (measured). */
const STREAM_FROM: usize = 64 * 64;

/** Bytes of packing space that gemm wants, aligned to 16. */
export function gemmWorkspaceBytes(): usize {
  return PACKED_B_BYTES + PACKED_A_BYTES + TILE_BYTES + LISTS_BYTES;
}

/** Where what is known of a listed block lies. */
// @ts-ignore: decorator
@inline
function listsAt(workspace: usize): usize {
  return workspace + PACKED_B_BYTES + PACKED_A_BYTES + TILE_BYTES;
}

// @ts-ignore: decorator
@inline
function runTile(height: usize, kc: usize, packedA: usize, row: usize, packedB: usize, column: usize, accumulate: bool, c: usize, ldc: usize): void {
  if (height == 4) microkernel4x8(kc, packedA, row, packedB, column, accumulate, c, ldc);
  else if (ASC_FEATURE_RELAXED_SIMD) microkernel6x8(kc, packedA, row, packedB, column, accumulate, c, ldc);
  else microkernel5x8(kc, packedA, row, packedB, column, accumulate, c, ldc);
}

/** Copies rows x columns floats between the tile and C. */
function copyTile(rows: usize, columns: usize, from: usize, fromStride: usize, to: usize, toStride: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    const row = from + (i * fromStride << 2), target = to + (i * toStride << 2);
    if (columns == NR) {
      v128.store(target, v128.load(row));
      v128.store(target, v128.load(row, 16), 16);
    } else {
      for (let j: usize = 0; j < columns; j++) store<f32>(target + (j << 2), load<f32>(row + (j << 2)));
    }
  }
}

/** A tile that sticks out of C is computed in `tile` and copied. */
function runEdge(
  height: usize, rows: usize, columns: usize, kc: usize, packedA: usize, row: usize, packedB: usize, column: usize, accumulate: bool, c: usize, ldc: usize, tile: usize,
): void {
  if (accumulate) copyTile(rows, columns, c, ldc, tile, NR);
  runTile(height, kc, packedA, row, packedB, column, accumulate, tile, NR);
  copyTile(rows, columns, tile, NR, c, ldc);
}

/** The address `position` elements on, or the same address where an index says the positions. */
// @ts-ignore: decorator
@inline
function advance(address: usize, index: usize, position: usize, stride: usize): usize {
  return index ? address : address + (position * stride << 2);
}

/** The index `position` elements on, if there is one. */
// @ts-ignore: decorator
@inline
function advanceIndex(index: usize, position: usize): usize {
  return index ? index + (position << 2) : 0;
}

/** Of `count` rows, how many the tiles of MR take: tiles of 4 take as many others as leave the least to be padded. */
// @ts-ignore: decorator
@inline
function rowsInTall(count: usize): usize {
  const even = ASC_FEATURE_RELAXED_SIMD ? count + (count & 1) : count; // tiles of 6 and 4 make even numbers alone
  const missing: usize = (MR - even % MR) % MR;
  const short = ASC_FEATURE_RELAXED_SIMD ? missing << 1 : missing << 2;
  return even < short ? count : min(count, even - short);
}

/** C[mc x nc] (+)= packed A · packed B, tiles of `height` rows. */
// @ts-ignore: decorator
@inline
function runTiles(height: usize, mc: usize, nc: usize, kc: usize, packedA: usize, packedB: usize, accumulate: bool, c: usize, ldc: usize, tile: usize): void {
  for (let j: usize = 0; j < nc; j += NR) {
    const columns = min(NR, nc - j);
    for (let i: usize = 0; i < mc; i += height) {
      const rows = min(height, mc - i);
      const out = c + (i * ldc + j << 2);
      if (rows == height && columns == NR) runTile(height, kc, packedA, i, packedB, j, accumulate, out, ldc);
      else runEdge(height, rows, columns, kc, packedA, i, packedB, j, accumulate, out, ldc, tile);
    }
  }
}

/** C[mc x nc] (+)= packed A · packed B. */
function runBlock(mc: usize, nc: usize, kc: usize, packedA: usize, packedB: usize, accumulate: bool, c: usize, ldc: usize, tile: usize): void {
  const tall = rowsInTall(mc);
  runTiles(MR, tall, nc, kc, packedA, packedB, accumulate, c, ldc, tile);
  if (tall < mc) runTiles(4, mc - tall, nc, kc, packedA + (tall * kc << 2), packedB, accumulate, c + (tall * ldc << 2), ldc, tile);
}

/** Rows of A as panels of MR and then of 4. */
function packA(count: usize, kc: usize, from: usize, rowStride: usize, kStride: usize, to: usize): void {
  const tall = rowsInTall(count);
  pack(MR, tall, kc, from, rowStride, kStride, to);
  pack(4, count - tall, kc, from + (tall * rowStride << 2), rowStride, kStride, to + (tall * kc << 2));
}

/** Columns of B, or what the indices select of them, as panels of NR. */
function packB(count: usize, kc: usize, from: usize, columnStride: usize, kStride: usize, columnIndex: usize, kIndex: usize, to: usize): void {
  if (columnIndex | kIndex) packSelected(count, kc, from, columnStride, kStride, columnIndex, kIndex, to);
  else pack(NR, count, kc, from, columnStride, kStride, to);
}

/** How many blocks of `size` cover `count`. */
// @ts-ignore: decorator
@inline
export function countBlocks(count: usize, size: usize): usize {
  return (count + size - 1) / size;
}

/** The size of blocks of at most `most` (a multiple of 4) that cover `count` with none much smaller than the others. */
// @ts-ignore: decorator
@inline
function evenly(count: usize, most: usize): usize {
  return countBlocks(count, countBlocks(count, most)) + 3 & ~3;
}

/** Depth of the blocks of K. */
// @ts-ignore: decorator
@inline
export function blockDepth(K: usize): usize {
  return evenly(K, KC);
}

/** Height of the blocks of M, for that depth of K. */
// @ts-ignore: decorator
@inline
export function blockHeight(M: usize, depth: usize): usize {
  return evenly(M, A_FLOATS / depth & ~3);
}

/** Columns that B is packed for at a time. */
// @ts-ignore: decorator
@inline
export function stripeWidth(way: i32): usize {
  return way == DENSE ? NC : WIDTH;
}

/** Packs or lists block (ic, pc) of A, for `runStripe`. */
export function packBlock(
  way: i32, mc: usize, kc: usize, ic: usize, pc: usize,
  a: usize, rowStrideA: usize, colStrideA: usize, workspace: usize,
): void {
  const from = a + (ic * rowStrideA + pc * colStrideA << 2), packedA = workspace + PACKED_B_BYTES;
  if (way == DENSE) packA(mc, kc, from, rowStrideA, colStrideA, packedA);
  else listBlock(mc, kc, from, rowStrideA, colStrideA, packedA, listsAt(workspace));
}

/**
 * C's block of rows from ic on (+)= the packed block of A · B's rows from pc on, in the columns from jc on; of columns
 * where C is transposed.
 */
export function runStripe(
  way: i32, width: usize, mc: usize, N: usize, kc: usize, ic: usize, jc: usize, pc: usize,
  b: usize, rowStrideB: usize, colStrideB: usize,
  accumulate: bool, c: usize, ldc: usize, workspace: usize,
  columnIndex: usize, kIndex: usize,
): void {
  const nc = min(width, N - jc);
  const packedA = workspace + PACKED_B_BYTES, tile = packedA + PACKED_A_BYTES, sums = accumulate || pc > 0;
  const from = advance(advance(b, kIndex, pc, rowStrideB), columnIndex, jc, colStrideB);
  const columns = advanceIndex(columnIndex, jc), ks = advanceIndex(kIndex, pc);
  const out = c + (way == B_LISTED ? jc * ldc + ic << 2 : ic * ldc + jc << 2);
  if (way == DENSE) {
    packB(nc, kc, from, colStrideB, rowStrideB, columns, ks, workspace);
    runBlock(mc, nc, kc, packedA, workspace, sums, out, ldc, tile);
  } else {
    runListed(
      way, mc, nc, kc, packedA, listsAt(workspace),
      from, rowStrideB, colStrideB, columns, ks, sums, out, ldc, workspace, tile,
    );
  }
}

/**
 * The packed way, for the columns and the rows (k) of B that the indices (u32) select, 0: all; N and K count what is
 * selected. A and C are dense. Where B is listed, the caller has exchanged the operands: C is then N x M.
 */
function multiply(
  way: i32, M: usize, N: usize, K: usize,
  a: usize, rowStrideA: usize, colStrideA: usize,
  b: usize, rowStrideB: usize, colStrideB: usize,
  accumulate: bool, c: usize, ldc: usize, workspace: usize,
  columnIndex: usize, kIndex: usize,
): void {
  const depth = blockDepth(K), height = blockHeight(M, depth);
  for (let pc: usize = 0; pc < K; pc += depth) {
    const kc = min(depth, K - pc);
    for (let ic: usize = 0; ic < M; ic += height) {
      const mc = min(height, M - ic);
      packBlock(way, mc, kc, ic, pc, a, rowStrideA, colStrideA, workspace);
      const width = way == DENSE
        ? NC
        : listedWidth(way, N, kc, rowStrideB, colStrideB, (columnIndex | kIndex) != 0, listsAt(workspace));
      for (let jc: usize = 0; jc < N; jc += width) {
        runStripe(
          way, width, mc, N, kc, ic, jc, pc,
          b, rowStrideB, colStrideB, accumulate, c, ldc, workspace, columnIndex, kIndex,
        );
      }
    }
  }
}

/** C *= beta for beta 0 or 1. */
function clear(M: usize, N: usize, c: usize, ldc: usize): void {
  for (let i: usize = 0; i < M; i++) memory.fill(c + (i * ldc << 2), 0, N << 2);
}

/** Whether gemm packs the operands of a product of this shape: it is not too small, nor C too narrow for its tiles (measured). */
export function isPacked(M: usize, N: usize, K: usize): bool {
  return M >= 4 && N >= 16 && <u64>M * N * K >= DIRECT_BELOW;
}

/** gemm or gemmSkippingZeros. */
function choose(
  M: usize, N: usize, K: usize,
  a: usize, rowStrideA: usize, colStrideA: usize,
  b: usize, rowStrideB: usize, colStrideB: usize,
  accumulate: bool, c: usize, ldc: usize, workspace: usize, columnIndex: usize, kIndex: usize, skipsZeros: bool,
): void {
  if (M == 0 || N == 0) return;
  if (K == 0) {
    if (!accumulate) clear(M, N, c, ldc);
    return;
  }
  const isSelected = (columnIndex | kIndex) != 0;
  if (!isSelected) {
    if (N == 1 && ldc == 1 && M > 1) { // its transpose
      return choose(
        1, M, K, b, colStrideB, rowStrideB, a, colStrideA, rowStrideA,
        accumulate, c, M, workspace, 0, 0, false,
      );
    }
    const isLong = N * K >= M * STREAM_FROM || (skipsZeros && rowStrideA == K);
    if (M < 4 && N >= 8 && colStrideB == 1 && isLong) {
      return streamRows(
        M, N, K, a, rowStrideA, colStrideA, b, rowStrideB,
        accumulate, c, ldc, skipsZeros, workspace,
      );
    }
    const isSmall = !isPacked(M, N, K);
    if (isSmall && colStrideB == 1) {
      return directRows(M, N, K, a, rowStrideA, colStrideA, b, rowStrideB, accumulate, c, ldc);
    }
    if (isSmall && rowStrideB == 1) {
      return directColumns(M, N, K, a, rowStrideA, colStrideA, b, colStrideB, accumulate, c, ldc, workspace);
    }
  }
  const way = skipsZeros
    ? chooseListed(M, N, K, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB, isSelected)
    : DENSE;
  if (way == B_LISTED) {
    multiply(
      way, N, M, K, b, colStrideB, rowStrideB, a, colStrideA, rowStrideA,
      accumulate, c, ldc, workspace, 0, 0,
    );
  } else {
    multiply(
      way, M, N, K, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB,
      accumulate, c, ldc, workspace, columnIndex, kIndex,
    );
  }
}

/**
 * C = A·B + beta·C. A: M x K, B: K x N, C: M x N with contiguous columns, ldc floats a row. Strides count floats.
 * beta is 0 (C is not read) or 1.
 */
export function gemm(
  M: usize, N: usize, K: usize,
  a: usize, rowStrideA: usize, colStrideA: usize,
  b: usize, rowStrideB: usize, colStrideB: usize,
  beta: f32, c: usize, ldc: usize, workspace: usize,
): void {
  choose(M, N, K, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB, beta != 0, c, ldc, workspace, 0, 0, false);
}

/**
 * As gemm, but zeros of A may be left out, and those of B where A is a transpose (rowStrideA 1): NaN and infinity that
 * they would be multiplied by do not show. With indices (u32), for the columns and the rows (k) of B that they select,
 * 0: all; N and K count what is selected, A and C are dense.
 */
export function gemmSkippingZeros(
  M: usize, N: usize, K: usize,
  a: usize, rowStrideA: usize, colStrideA: usize,
  b: usize, rowStrideB: usize, colStrideB: usize,
  accumulate: bool, c: usize, ldc: usize, workspace: usize,
  columnIndex: usize, kIndex: usize,
): void {
  choose(
    M, N, K, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB,
    accumulate, c, ldc, workspace, columnIndex, kIndex, true,
  );
}

/** Runs the micro-kernel `repeats` times on one panel of each operand, for the benchmark's R; the tile has MR x NR floats. */
export function microkernel(kc: usize, panelA: usize, panelB: usize, tile: usize, repeats: i32): void {
  for (let i = 0; i < repeats; i++) runTile(MR, kc, panelA, 0, panelB, 0, true, tile, NR);
}

/** Rows of the micro-kernel's tile; it has 8 columns. */
export function tileRows(): usize {
  return MR;
}
