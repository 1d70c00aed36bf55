/** The kernels' ABI as JavaScript sees it: addresses are byte offsets, sizes and strides count elements. */
export interface KernelExports {
  gemm(
    m: number, n: number, k: number,
    a: number, rowStrideA: number, colStrideA: number,
    b: number, rowStrideB: number, colStrideB: number,
    beta: number, c: number, ldc: number, workspace: number,
  ): void;
}
