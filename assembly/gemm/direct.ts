// Products without packing, for operands so small that packing would cost more than it saves.
//
// C is taken in tiles of two rows and 16 columns: they need the fewest instructions, as V8 makes an address for each broadcast but not for a
// plain load (measured: 0.83 of the time of tiles of 4x8 on Node 20, 0.96 on Node 24). Eight columns that are left are taken four rows at a
// time, the last of them four at a time; rows that are left by themselves. Each element of C is one sum over k in order, as in the packed
// path. In all of them `accumulate` says whether C is added to, (+)=, or overwritten.
import { LANES, loadLanes, multiplyAdd, storeLanes } from "../simd";
import { packFourAlongK, packScalars } from "./pack";

/** Rows of 16 floats that stay in L1. */
const DEPTH: usize = 256;

/** C[4 x 8] (+)= A·B at row i and column j, B's rows contiguous; strides in bytes. */
// @ts-ignore: decorator
@inline
function direct4x8(i: usize, j: usize, K: usize, a: usize, rowBytesA: usize, kBytesA: usize, b: usize, kBytesB: usize, accumulate: bool, c: usize, rowBytesC: usize): void {
  a += i * rowBytesA; b += j << 2; c += i * rowBytesC + (j << 2);
  const a1 = rowBytesA, a2 = a1 + rowBytesA, a3 = a2 + rowBytesA;
  const c1 = c + rowBytesC, c2 = c1 + rowBytesC, c3 = c2 + rowBytesC;
  let c0x0123 = f32x4.splat(0), c0x4567 = c0x0123;
  let c1x0123 = c0x0123, c1x4567 = c0x0123;
  let c2x0123 = c0x0123, c2x4567 = c0x0123;
  let c3x0123 = c0x0123, c3x4567 = c0x0123;
  if (accumulate) {
    c0x0123 = v128.load(c); c0x4567 = v128.load(c, 16);
    c1x0123 = v128.load(c1); c1x4567 = v128.load(c1, 16);
    c2x0123 = v128.load(c2); c2x4567 = v128.load(c2, 16);
    c3x0123 = v128.load(c3); c3x4567 = v128.load(c3, 16);
  }
  for (let k: usize = 0; k < K; k++) {
    const b0123 = v128.load(b), b4567 = v128.load(b, 16);
    const x0 = v128.load_splat<f32>(a);
    c0x0123 = multiplyAdd(x0, b0123, c0x0123); c0x4567 = multiplyAdd(x0, b4567, c0x4567);
    const x1 = v128.load_splat<f32>(a + a1);
    c1x0123 = multiplyAdd(x1, b0123, c1x0123); c1x4567 = multiplyAdd(x1, b4567, c1x4567);
    const x2 = v128.load_splat<f32>(a + a2);
    c2x0123 = multiplyAdd(x2, b0123, c2x0123); c2x4567 = multiplyAdd(x2, b4567, c2x4567);
    const x3 = v128.load_splat<f32>(a + a3);
    c3x0123 = multiplyAdd(x3, b0123, c3x0123); c3x4567 = multiplyAdd(x3, b4567, c3x4567);
    a += kBytesA;
    b += kBytesB;
  }
  v128.store(c, c0x0123); v128.store(c, c0x4567, 16);
  v128.store(c1, c1x0123); v128.store(c1, c1x4567, 16);
  v128.store(c2, c2x0123); v128.store(c2, c2x4567, 16);
  v128.store(c3, c3x0123); v128.store(c3, c3x4567, 16);
}

/** C[2 x 16] (+)= A·B at row i and column j, B's rows contiguous; strides in bytes. */
// @ts-ignore: decorator
@inline
function direct2x16(i: usize, j: usize, K: usize, a: usize, rowBytesA: usize, kBytesA: usize, b: usize, kBytesB: usize, accumulate: bool, c: usize, rowBytesC: usize): void {
  a += i * rowBytesA; b += j << 2; c += i * rowBytesC + (j << 2);
  const c1 = c + rowBytesC;
  let c0x0 = f32x4.splat(0), c0x4 = c0x0, c0x8 = c0x0, c0xc = c0x0;
  let c1x0 = c0x0, c1x4 = c0x0, c1x8 = c0x0, c1xc = c0x0;
  if (accumulate) {
    c0x0 = v128.load(c); c0x4 = v128.load(c, 16); c0x8 = v128.load(c, 32); c0xc = v128.load(c, 48);
    c1x0 = v128.load(c1); c1x4 = v128.load(c1, 16); c1x8 = v128.load(c1, 32); c1xc = v128.load(c1, 48);
  }
  const end = b + K * kBytesB;
  while (b != end) {
    const x0 = v128.load_splat<f32>(a), x1 = v128.load_splat<f32>(a + rowBytesA);
    const b0 = v128.load(b);
    c0x0 = multiplyAdd(x0, b0, c0x0); c1x0 = multiplyAdd(x1, b0, c1x0);
    const b4 = v128.load(b, 16);
    c0x4 = multiplyAdd(x0, b4, c0x4); c1x4 = multiplyAdd(x1, b4, c1x4);
    const b8 = v128.load(b, 32);
    c0x8 = multiplyAdd(x0, b8, c0x8); c1x8 = multiplyAdd(x1, b8, c1x8);
    const bc = v128.load(b, 48);
    c0xc = multiplyAdd(x0, bc, c0xc); c1xc = multiplyAdd(x1, bc, c1xc);
    a += kBytesA;
    b += kBytesB;
  }
  v128.store(c, c0x0); v128.store(c, c0x4, 16); v128.store(c, c0x8, 32); v128.store(c, c0xc, 48);
  v128.store(c1, c1x0); v128.store(c1, c1x4, 16); v128.store(c1, c1x8, 32); v128.store(c1, c1xc, 48);
}

/** C[1 x 8] (+)= A·B at row i and column j, B's rows contiguous; strides in bytes. */
function direct1x8(i: usize, j: usize, K: usize, a: usize, rowBytesA: usize, kBytesA: usize, b: usize, kBytesB: usize, accumulate: bool, c: usize, rowBytesC: usize): void {
  a += i * rowBytesA; b += j << 2; c += i * rowBytesC + (j << 2);
  let c0123 = f32x4.splat(0), c4567 = c0123;
  if (accumulate) { c0123 = v128.load(c); c4567 = v128.load(c, 16); }
  for (let k: usize = 0; k < K; k++) {
    const x = v128.load_splat<f32>(a);
    c0123 = multiplyAdd(x, v128.load(b), c0123);
    c4567 = multiplyAdd(x, v128.load(b, 16), c4567);
    a += kBytesA;
    b += kBytesB;
  }
  v128.store(c, c0123); v128.store(c, c4567, 16);
}

/** C[1 x count] (+)= A·B for one to four columns. */
// @ts-ignore: decorator
@inline
function directRow(count: usize, K: usize, a: usize, kBytesA: usize, b: usize, kBytesB: usize, accumulate: bool, c: usize): void {
  let sum = accumulate ? loadLanes(c, count) : f32x4.splat(0);
  for (let k: usize = 0; k < K; k++) {
    sum = multiplyAdd(v128.load_splat<f32>(a), loadLanes(b, count), sum);
    a += kBytesA;
    b += kBytesB;
  }
  storeLanes(c, sum, count);
}

/** C[M x count] (+)= A·B for one to four columns: four rows at a time share the loads of B. */
function directNarrow(count: usize, M: usize, K: usize, a: usize, rowBytesA: usize, kBytesA: usize, b: usize, kBytesB: usize, accumulate: bool, c: usize, rowBytesC: usize): void {
  let i: usize = 0;
  for (; i + 4 <= M; i += 4) {
    const c0 = c + i * rowBytesC, c1 = c0 + rowBytesC, c2 = c1 + rowBytesC, c3 = c2 + rowBytesC;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    if (accumulate) { s0 = loadLanes(c0, count); s1 = loadLanes(c1, count); s2 = loadLanes(c2, count); s3 = loadLanes(c3, count); }
    let x = a + i * rowBytesA;
    let y = b;
    for (let k: usize = 0; k < K; k++) {
      const v = loadLanes(y, count);
      s0 = multiplyAdd(v128.load_splat<f32>(x), v, s0);
      s1 = multiplyAdd(v128.load_splat<f32>(x + rowBytesA), v, s1);
      s2 = multiplyAdd(v128.load_splat<f32>(x + rowBytesA * 2), v, s2);
      s3 = multiplyAdd(v128.load_splat<f32>(x + rowBytesA * 3), v, s3);
      x += kBytesA;
      y += kBytesB;
    }
    storeLanes(c0, s0, count); storeLanes(c1, s1, count); storeLanes(c2, s2, count); storeLanes(c3, s3, count);
  }
  for (; i < M; i++) directRow(count, K, a + i * rowBytesA, kBytesA, b, kBytesB, accumulate, c + i * rowBytesC);
}

/** C (+)= A·B: A of any strides, the rows of B contiguous. Strides count floats. */
export function directRows(M: usize, N: usize, K: usize, a: usize, rowStrideA: usize, kStrideA: usize, b: usize, kStrideB: usize, accumulate: bool, c: usize, ldc: usize): void {
  const rowBytesA = rowStrideA << 2, kBytesA = kStrideA << 2, kBytesB = kStrideB << 2, rowBytesC = ldc << 2;
  let j: usize = 0;
  for (; j + 16 <= N; j += 16) {
    for (let k: usize = 0; k < K; k += DEPTH) {
      const depth = min(DEPTH, K - k), sums = accumulate || k > 0;
      const fromA = a + k * kBytesA, fromB = b + k * kBytesB;
      let i: usize = 0;
      for (; i + 2 <= M; i += 2) direct2x16(i, j, depth, fromA, rowBytesA, kBytesA, fromB, kBytesB, sums, c, rowBytesC);
      for (; i < M; i++) {
        direct1x8(i, j, depth, fromA, rowBytesA, kBytesA, fromB, kBytesB, sums, c, rowBytesC);
        direct1x8(i, j + 8, depth, fromA, rowBytesA, kBytesA, fromB, kBytesB, sums, c, rowBytesC);
      }
    }
  }
  for (; j + 8 <= N; j += 8) {
    let i: usize = 0;
    for (; i + 4 <= M; i += 4) direct4x8(i, j, K, a, rowBytesA, kBytesA, b, kBytesB, accumulate, c, rowBytesC);
    for (; i < M; i++) direct1x8(i, j, K, a, rowBytesA, kBytesA, b, kBytesB, accumulate, c, rowBytesC);
  }
  for (; j < N; j += LANES) {
    const count = min(LANES, N - j);
    directNarrow(count, M, K, a, rowBytesA, kBytesA, b + (j << 2), kBytesB, accumulate, c + (j << 2), rowBytesC);
  }
}

/** `count` columns of B, which are contiguous along k, as rows of 16 floats. */
function transposeColumns(count: usize, depth: usize, b: usize, colBytesB: usize, to: usize): void {
  let j: usize = 0;
  for (; j + LANES <= count; j += LANES) packFourAlongK(depth, b + j * colBytesB, colBytesB, to + (j << 2), 64);
  packScalars(count - j, depth, b + j * colBytesB, colBytesB, 4, to + (j << 2), 64);
}

/** The same for columns of B that are contiguous along k: 16 at a time, of DEPTH k, are transposed into the workspace. */
export function directColumns(M: usize, N: usize, K: usize, a: usize, rowStrideA: usize, kStrideA: usize, b: usize, colStrideB: usize, accumulate: bool, c: usize, ldc: usize, workspace: usize): void {
  for (let j: usize = 0; j < N; j += 16) {
    const count = min<usize>(16, N - j);
    for (let k: usize = 0; k < K; k += DEPTH) {
      const depth = min(DEPTH, K - k);
      transposeColumns(count, depth, b + (j * colStrideB + k << 2), colStrideB << 2, workspace);
      directRows(M, count, depth, a + (k * kStrideA << 2), rowStrideA, kStrideA, workspace, 16, accumulate || k > 0, c + (j << 2), ldc);
    }
  }
}
