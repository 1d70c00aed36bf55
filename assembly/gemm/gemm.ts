// C = A·B + beta·C for strided A and B: blocked and packed (Goto and van de Geijn 2008), or direct where operands are small.
//
//   for pc in K by KC, jc in N by NC:   B[KC x NC] packed into panels of NR columns, which stay in L2 or L3
//     for ic in M by MC:                A[MC x KC] packed into panels of MR rows, which stay in L2
//       for jr, ir:                     the micro-kernel on one panel of each; a panel of B stays in L1
//
// NN, NT and TN differ in the strides that packing sees, and in nothing else.
import { directDots, directRows } from "./direct";
import { microkernel5x8 } from "./microkernel5x8";
import { microkernel6x8 } from "./microkernel6x8";
import { pack } from "./pack";

const MR: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
const NR: usize = 8;
const MC: usize = 120; // a multiple of both tiles' rows
const KC: usize = 256;
const NC: usize = 1024;

const PACKED_B_BYTES: usize = KC * NC * 4;
const PACKED_A_BYTES: usize = MC * KC * 4;
const TILE_BYTES: usize = 6 * NR * 4;

/** Below this many multiply-adds packing does not pay (measured). */
const DIRECT_BELOW: usize = 64 * 64 * 64 + 1;

/** Bytes of packing space that gemm wants, aligned to 16. */
export function gemmWorkspaceBytes(): usize {
  return PACKED_B_BYTES + PACKED_A_BYTES + TILE_BYTES;
}

// @ts-ignore: decorator
@inline
function runTile(kc: usize, a: usize, b: usize, accumulate: bool, c: usize, ldc: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) microkernel6x8(kc, a, b, accumulate, c, ldc);
  else microkernel5x8(kc, a, b, accumulate, c, ldc);
}

/** Copies rows x columns floats between matrices with leading dimensions ldFrom and ldTo. */
function copyTile(rows: usize, columns: usize, from: usize, ldFrom: usize, to: usize, ldTo: usize): void {
  for (let i: usize = 0; i < rows; i++) memory.copy(to + (i * ldTo << 2), from + (i * ldFrom << 2), columns << 2);
}

/** A tile that sticks out of C is computed in `tile`, and only what belongs to C is copied there. */
function runEdge(rows: usize, columns: usize, kc: usize, a: usize, b: usize, accumulate: bool, c: usize, ldc: usize, tile: usize): void {
  if (accumulate) copyTile(rows, columns, c, ldc, tile, NR);
  runTile(kc, a, b, accumulate, tile, NR);
  copyTile(rows, columns, tile, NR, c, ldc);
}

/** C[mc x nc] (+)= packed A · packed B. */
function runBlock(mc: usize, nc: usize, kc: usize, packedA: usize, packedB: usize, accumulate: bool, c: usize, ldc: usize, tile: usize): void {
  for (let j: usize = 0; j < nc; j += NR) {
    const columns = min(NR, nc - j);
    const b = packedB + (j * kc << 2);
    for (let i: usize = 0; i < mc; i += MR) {
      const rows = min(MR, mc - i);
      const a = packedA + (i * kc << 2);
      const out = c + ((i * ldc + j) << 2);
      if (rows == MR && columns == NR) runTile(kc, a, b, accumulate, out, ldc);
      else runEdge(rows, columns, kc, a, b, accumulate, out, ldc, tile);
    }
  }
}

function packedGemm(
  M: usize, N: usize, K: usize,
  a: usize, rowStrideA: usize, colStrideA: usize,
  b: usize, rowStrideB: usize, colStrideB: usize,
  accumulate: bool, c: usize, ldc: usize, workspace: usize,
): void {
  const packedA = workspace + PACKED_B_BYTES;
  const tile = packedA + PACKED_A_BYTES;
  for (let pc: usize = 0; pc < K; pc += KC) {
    const kc = min(KC, K - pc);
    for (let jc: usize = 0; jc < N; jc += NC) {
      const nc = min(NC, N - jc);
      pack(NR, nc, kc, b + ((pc * rowStrideB + jc * colStrideB) << 2), colStrideB, rowStrideB, workspace);
      for (let ic: usize = 0; ic < M; ic += MC) {
        const mc = min(MC, M - ic);
        pack(MR, mc, kc, a + ((ic * rowStrideA + pc * colStrideA) << 2), rowStrideA, colStrideA, packedA);
        runBlock(mc, nc, kc, packedA, workspace, accumulate || pc > 0, c + ((ic * ldc + jc) << 2), ldc, tile);
      }
    }
  }
}

/** C *= beta for beta 0 or 1. */
function clear(M: usize, N: usize, c: usize, ldc: usize): void {
  for (let i: usize = 0; i < M; i++) memory.fill(c + (i * ldc << 2), 0, N << 2);
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
  if (M == 0 || N == 0) return;
  const accumulate = beta != 0;
  if (K == 0) {
    if (!accumulate) clear(M, N, c, ldc);
    return;
  }
  const isSmall = M < 4 || N < 4 || <u64>M * N * K < DIRECT_BELOW;
  if (isSmall && colStrideB == 1) directRows(M, N, K, a, rowStrideA, colStrideA, b, rowStrideB, accumulate, c, ldc);
  else if (isSmall && colStrideA == 1 && rowStrideB == 1) directDots(M, N, K, a, rowStrideA, b, colStrideB, accumulate, c, ldc);
  else packedGemm(M, N, K, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB, accumulate, c, ldc, workspace);
}

/** Runs the micro-kernel `repeats` times on one panel of each operand, for the benchmark's R; the tile has MR x NR floats. */
export function microkernel(kc: usize, panelA: usize, panelB: usize, tile: usize, repeats: i32): void {
  for (let i = 0; i < repeats; i++) runTile(kc, panelA, panelB, true, tile, NR);
}

/** Rows of the micro-kernel's tile; it has 8 columns. */
export function microkernelRows(): usize {
  return MR;
}
