// Products without packing, for operands so small that packing would cost more than it saves.
// Each element of C is one sum over k in order, as in the packed path.
import { LANES, horizontalSum, loadLanes, loadPartial, multiplyAdd, storeLanes } from "../simd";

/** C[4 x 8] += A·B, B's rows contiguous; strides in bytes. */
function direct4x8(K: usize, a: usize, rowBytesA: usize, kBytesA: usize, b: usize, kBytesB: usize, accumulate: bool, c: usize, rowBytesC: usize): void {
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

/** C[1 x 8] += A·B, B's rows contiguous; strides in bytes. */
function direct1x8(K: usize, a: usize, kBytesA: usize, b: usize, kBytesB: usize, accumulate: bool, c: usize): void {
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

/** C[1 x count] += A·B for one to four columns. */
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

/** C[M x count] += A·B for one to four columns: four rows at a time share the loads of B. */
function directColumns(count: usize, M: usize, K: usize, a: usize, rowBytesA: usize, kBytesA: usize, b: usize, kBytesB: usize, accumulate: bool, c: usize, rowBytesC: usize): void {
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

/** C = A·B (+ C): A of any strides, the rows of B contiguous. Strides count floats. */
export function directRows(M: usize, N: usize, K: usize, a: usize, rowStrideA: usize, kStrideA: usize, b: usize, kStrideB: usize, accumulate: bool, c: usize, ldc: usize): void {
  const rowBytesA = rowStrideA << 2, kBytesA = kStrideA << 2, kBytesB = kStrideB << 2, rowBytesC = ldc << 2;
  let j: usize = 0;
  for (; j + 8 <= N; j += 8) {
    const bj = b + (j << 2), cj = c + (j << 2);
    let i: usize = 0;
    for (; i + 4 <= M; i += 4) direct4x8(K, a + i * rowBytesA, rowBytesA, kBytesA, bj, kBytesB, accumulate, cj + i * rowBytesC, rowBytesC);
    for (; i < M; i++) direct1x8(K, a + i * rowBytesA, kBytesA, bj, kBytesB, accumulate, cj + i * rowBytesC);
  }
  for (; j < N; j += LANES) {
    const count = min(LANES, N - j);
    directColumns(count, M, K, a, rowBytesA, kBytesA, b + (j << 2), kBytesB, accumulate, c + (j << 2), rowBytesC);
  }
}

/** Four dot products as one vector: lane i is the sum of the lanes of vi. */
// @ts-ignore: decorator
@inline
function sumLanes(v0: v128, v1: v128, v2: v128, v3: v128): v128 {
  const s01 = f32x4.add(v128.shuffle<f32>(v0, v1, 0, 4, 1, 5), v128.shuffle<f32>(v0, v1, 2, 6, 3, 7));
  const s23 = f32x4.add(v128.shuffle<f32>(v2, v3, 0, 4, 1, 5), v128.shuffle<f32>(v2, v3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(s01, s23, 0, 2), v128.shuffle<f64>(s01, s23, 1, 3));
}

/** C[2 x 4] (+)= A·Bᵀ, both contiguous along k: K4 of the k in vectors, then the `rest` (0 to 3). */
// @ts-ignore: decorator
@inline
function dot2x4(K4: usize, rest: usize, a0: usize, a1: usize, b: usize, colBytesB: usize, c0: usize, c1: usize, accumulate: bool): void {
  const b1 = b + colBytesB, b2 = b1 + colBytesB, b3 = b2 + colBytesB;
  const end = K4 << 2;
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s03 = s00;
  let s10 = s00, s11 = s00, s12 = s00, s13 = s00;
  for (let k: usize = 0; k < end; k += 16) {
    const x0 = v128.load(a0 + k), x1 = v128.load(a1 + k);
    const y0 = v128.load(b + k);
    s00 = multiplyAdd(x0, y0, s00); s10 = multiplyAdd(x1, y0, s10);
    const y1 = v128.load(b1 + k);
    s01 = multiplyAdd(x0, y1, s01); s11 = multiplyAdd(x1, y1, s11);
    const y2 = v128.load(b2 + k);
    s02 = multiplyAdd(x0, y2, s02); s12 = multiplyAdd(x1, y2, s12);
    const y3 = v128.load(b3 + k);
    s03 = multiplyAdd(x0, y3, s03); s13 = multiplyAdd(x1, y3, s13);
  }
  if (rest) {
    const x0 = loadPartial(a0 + end, rest), x1 = loadPartial(a1 + end, rest);
    const y0 = loadPartial(b + end, rest), y1 = loadPartial(b1 + end, rest);
    s00 = multiplyAdd(x0, y0, s00); s10 = multiplyAdd(x1, y0, s10);
    s01 = multiplyAdd(x0, y1, s01); s11 = multiplyAdd(x1, y1, s11);
    const y2 = loadPartial(b2 + end, rest), y3 = loadPartial(b3 + end, rest);
    s02 = multiplyAdd(x0, y2, s02); s12 = multiplyAdd(x1, y2, s12);
    s03 = multiplyAdd(x0, y3, s03); s13 = multiplyAdd(x1, y3, s13);
  }
  const row0 = sumLanes(s00, s01, s02, s03), row1 = sumLanes(s10, s11, s12, s13);
  v128.store(c0, accumulate ? f32x4.add(v128.load(c0), row0) : row0);
  v128.store(c1, accumulate ? f32x4.add(v128.load(c1), row1) : row1);
}

/** C[1 x 1] (+)= a·b: K4 of the k in vectors, then the `rest`. */
function dot1x1(K4: usize, rest: usize, a: usize, b: usize, c: usize, accumulate: bool): void {
  const end = K4 << 2;
  let sum = f32x4.splat(0);
  for (let k: usize = 0; k < end; k += 16) sum = multiplyAdd(v128.load(a + k), v128.load(b + k), sum);
  if (rest) sum = multiplyAdd(loadPartial(a + end, rest), loadPartial(b + end, rest), sum);
  const total = horizontalSum(sum);
  store<f32>(c, accumulate ? load<f32>(c) + total : total);
}

/** C = A·Bᵀ (+ C): A's rows and B's columns contiguous along k. Strides count floats. */
export function directDots(M: usize, N: usize, K: usize, a: usize, rowStrideA: usize, b: usize, colStrideB: usize, accumulate: bool, c: usize, ldc: usize): void {
  const rowBytesA = rowStrideA << 2, colBytesB = colStrideB << 2, rowBytesC = ldc << 2;
  const rest = K & 3;
  const K4 = K - rest;
  let i: usize = 0;
  for (; i + 2 <= M; i += 2) {
    const a0 = a + i * rowBytesA, a1 = a0 + rowBytesA;
    const c0 = c + i * rowBytesC, c1 = c0 + rowBytesC;
    let j: usize = 0;
    for (; j + 4 <= N; j += 4) dot2x4(K4, rest, a0, a1, b + j * colBytesB, colBytesB, c0 + (j << 2), c1 + (j << 2), accumulate);
    for (; j < N; j++) {
      dot1x1(K4, rest, a0, b + j * colBytesB, c0 + (j << 2), accumulate);
      dot1x1(K4, rest, a1, b + j * colBytesB, c1 + (j << 2), accumulate);
    }
  }
  for (; i < M; i++) {
    for (let j: usize = 0; j < N; j++) dot1x1(K4, rest, a + i * rowBytesA, b + j * colBytesB, c + i * rowBytesC + (j << 2), accumulate);
  }
}
