// What a unit did, by its definitions, naively and in float64: imports nothing of the package.

/** Of one unit's numbers, in order, row by row. */
export interface NaiveTotals {
  readonly samples: number;
  readonly fired: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly variance: number;
  readonly meanActivation: number;
}

/**
 * @param rows by row, the unit's numbers at its places
 * @param value f; the identity where the numbers are activations
 * @param firesAbove what a number has to be above
 */
export function naiveTotals(
  rows: readonly (readonly number[])[],
  value: (z: number) => number,
  firesAbove = 0,
): NaiveTotals {
  const all = rows.flat();
  const mean = all.reduce((sum, z) => sum + z, 0) / all.length;
  return {
    samples: all.length,
    fired: all.filter((z) => !(z <= firesAbove)).length,
    min: Math.min(...all),
    max: Math.max(...all),
    mean,
    variance: all.reduce((sum, z) => sum + (z - mean) ** 2, 0) / all.length,
    meanActivation: all.reduce((sum, z) => sum + Math.abs(value(z)), 0) / all.length,
  };
}

/** The largest number of each row, the one that a hundredth of the rows, at least one, reach. */
export function naiveOpening(rows: readonly (readonly number[])[]): number {
  const largest = rows.map((row) => Math.max(...row)).sort((a, b) => b - a);
  return largest[Math.ceil(largest.length / 100) - 1];
}

/** f and f' of the activations that no kernel computes, as PyTorch's and ONNX's documents give them. */
export const judged: Readonly<Record<string, (z: number, alpha: number) => number>> = {
  relu6: (z) => Math.min(Math.max(0, z), 6),
  reluSquared: (z) => Math.max(0, z) ** 2,
  thresholdedRelu: (z, alpha) => (z > alpha ? z : 0),
  hardSigmoid: (z, alpha) => Math.max(0, Math.min(1, alpha * z + 0.5)),
  hardTanh: (z) => Math.min(1, Math.max(-1, z)),
  celu: (z, alpha) => Math.max(0, z) + Math.min(0, alpha * (Math.exp(z / alpha) - 1)),
  mish: (z) => z * Math.tanh(Math.log1p(Math.exp(z))),
  geluTanh: (z) => 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))),
  quickGelu: (z) => z / (1 + Math.exp(-1.702 * z)),
  softsign: (z) => z / (1 + Math.abs(z)),
  logSigmoid: (z) => -Math.log(1 + Math.exp(-z)),
};
