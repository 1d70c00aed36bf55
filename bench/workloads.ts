// The five networks that every speed figure of this project is about.
import type { Matrix } from "../src/index.js";
import { filled, filler } from "./numbers.js";

export interface Workload {
  readonly name: string;
  /** Inputs, then the units of each layer. */
  readonly widths: readonly number[];
  readonly batch: number;
  readonly loss: "crossEntropy" | "meanSquaredError";
  /** Its rows are those of MNIST; otherwise noise. */
  readonly isMnist?: boolean;
  /** What a step is to reach on one core, in percent of R. */
  readonly wantedShare?: number;
}

const RUN_SECONDS = 0.1; // about how long one sample takes: so long that the caches have settled
const ASSUMED_RATE = 20e9; // operations a second, to choose the number of steps in a sample

export const WORKLOADS: readonly Workload[] = [
  { name: "W1", widths: [2, 16, 16, 1], batch: 32, loss: "meanSquaredError" },
  { name: "W2", widths: [784, 128, 10], batch: 32, loss: "crossEntropy", wantedShare: 65 },
  { name: "W3", widths: [784, 512, 512, 10], batch: 128, loss: "crossEntropy", wantedShare: 85 },
  { name: "W4", widths: [64, ...Array<number>(20).fill(64), 10], batch: 64, loss: "crossEntropy", wantedShare: 60 },
  { name: "W5", widths: [1024, 2048, 2048, 1000], batch: 256, loss: "crossEntropy", wantedShare: 85 },
];

/** Beside other libraries also on real rows, of which most entries are 0. */
export const PEER_WORKLOADS: readonly Workload[] = [
  ...WORKLOADS,
  { ...WORKLOADS[1]!, name: "W2-MNIST", isMnist: true },
  { ...WORKLOADS[2]!, name: "W3-MNIST", isMnist: true },
];

/** A workload beside those with names. */
export function classifierOf(widths: readonly number[], batch: number): Workload {
  return { name: "", widths, batch, loss: "crossEntropy" };
}

/** Multiply-adds count two. The first layer passes no gradient on, so its backward pass is one product. */
export function operationsPerStep({ widths, batch }: Workload): number {
  return widths.slice(1).reduce((sum, units, i) => sum + 2 * batch * widths[i]! * units * (i === 0 ? 2 : 3), 0);
}

/** Steps that fill one sample of a measurement. */
export function stepsPerRun(workload: Workload): number {
  return Math.max(2, Math.min(4096, Math.round((RUN_SECONDS * ASSUMED_RATE) / operationsPerStep(workload))));
}

export interface Samples {
  readonly x: Matrix;
  readonly y: ArrayLike<number> & Iterable<number>;
}

/** Rows on which any network of the workload can train. */
export function samples({ widths, loss }: Workload, rows: number): Samples {
  const next = filler(4);
  const inputs = widths[0]!,
    outputs = widths.at(-1)!;
  const x = { rows, columns: inputs, data: filled(rows * inputs, next) };
  return {
    x,
    y: loss === "crossEntropy" ? Array.from({ length: rows }, (_, i) => (i * 7) % outputs) : filled(rows, next),
  };
}

/** So many rows, in which each of the given ones stands several times side by side. */
export function stretch({ x, y }: Samples, rows: number): Samples {
  const from = Array.from({ length: rows }, (_, row) => Math.floor((row * x.rows) / rows));
  const data = new Float32Array(rows * x.columns);
  from.forEach((row, to) => data.set(x.data.subarray(row * x.columns, (row + 1) * x.columns), to * x.columns));
  return { x: { rows, columns: x.columns, data }, y: from.map((row) => y[row]!) };
}

/** 64-64-64-10 as 64-2x64-10. */
export function shorten(widths: readonly number[]): string {
  const [inputs, ...rest] = widths;
  const runs = rest.reduce<{ width: number; count: number }[]>((found, width) => {
    if (found.at(-1)?.width === width) found.at(-1)!.count++;
    else found.push({ width, count: 1 });
    return found;
  }, []);
  return [
    inputs,
    ...runs.map(({ width, count }) => (count > 2 ? `${count}x${width}` : Array<number>(count).fill(width).join("-"))),
  ].join("-");
}
