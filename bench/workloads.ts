// The five networks that every speed figure of this project is about.

export interface Workload {
  readonly name: string;
  /** Inputs, then the units of each layer. */
  readonly widths: readonly number[];
  readonly batch: number;
  readonly loss: "crossEntropy" | "meanSquaredError";
}

export const WORKLOADS: readonly Workload[] = [
  { name: "W1", widths: [2, 16, 16, 1], batch: 32, loss: "meanSquaredError" },
  { name: "W2", widths: [784, 128, 10], batch: 32, loss: "crossEntropy" },
  { name: "W3", widths: [784, 512, 512, 10], batch: 128, loss: "crossEntropy" },
  { name: "W4", widths: [64, ...Array<number>(20).fill(64), 10], batch: 64, loss: "crossEntropy" },
  { name: "W5", widths: [1024, 2048, 2048, 1000], batch: 256, loss: "crossEntropy" },
];

/** Multiply-adds count two. The first layer passes no gradient on, so its backward pass is one product. */
export function operationsPerStep({ widths, batch }: Workload): number {
  return widths.slice(1).reduce((sum, units, i) => sum + 2 * batch * widths[i]! * units * (i === 0 ? 2 : 3), 0);
}
