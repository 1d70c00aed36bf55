// C = A·B + beta·C. A first, plain version; strides are in elements.
export function gemm(
  M: usize, N: usize, K: usize,
  a: usize, rowStrideA: usize, colStrideA: usize,
  b: usize, rowStrideB: usize, colStrideB: usize,
  beta: f32, c: usize, ldc: usize, workspace: usize,
): void {
  for (let i: usize = 0; i < M; i++) {
    for (let j: usize = 0; j < N; j++) {
      const out = c + ((i * ldc + j) << 2);
      let sum: f32 = beta == 0 ? 0 : load<f32>(out);
      for (let k: usize = 0; k < K; k++) {
        sum += load<f32>(a + ((i * rowStrideA + k * colStrideA) << 2)) * load<f32>(b + ((k * rowStrideB + j * colStrideB) << 2));
      }
      store<f32>(out, sum);
    }
  }
}
