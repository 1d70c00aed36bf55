/** The kernels' ABI as JavaScript sees it: addresses are byte offsets (0: not wanted), sizes and strides count elements. */
export interface KernelExports {
  /** C = A·B + beta·C, beta 0 or 1; A is m x k, B k x n, C m x n with contiguous columns. */
  gemm(
    m: number, n: number, k: number,
    a: number, rowStrideA: number, colStrideA: number,
    b: number, rowStrideB: number, colStrideB: number,
    beta: number, c: number, ldc: number, workspace: number,
  ): void;
  /** Bytes of packing space, aligned to 16. */
  gemmWorkspaceBytes(): number;
  /** The micro-kernel alone on packed panels (kc x microkernelRows and kc x 8), for benchmarks. */
  microkernel(kc: number, panelA: number, panelB: number, tile: number, repeats: number): void;
  microkernelRows(): number;
  /** f: exp 0, expm1 1, log1p 2, softplus 3, sigmoid 4, tanh 5, normalCdf 6, erf 7. */
  elementary(f: number, n: number, x: number, y: number): void;
}
