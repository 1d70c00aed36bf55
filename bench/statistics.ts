// Means, medians and their uncertainty.
import { filler } from "./measure.js";

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/** The 95 % confidence interval of the median: percentiles of its bootstrap (Efron 1979), from a fixed seed. */
export function medianInterval(values: readonly number[]): Interval {
  const next = filler(5);
  const draw = () => values[Math.floor(((next() + 1) / 2) * values.length)]!;
  const medians = Array.from({ length: RESAMPLES }, () => median(values.map(draw))).sort((a, b) => a - b);
  return { low: medians[Math.floor(RESAMPLES * 0.025)]!, high: medians[Math.ceil(RESAMPLES * 0.975) - 1]! };
}
