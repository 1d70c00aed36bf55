// Means, medians and their uncertainty.
import { filler } from "./numbers.js";

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between two values where it falls between them. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!,
    above = sorted[Math.ceil(at)]!;
  return below + (above - below) * (at - Math.floor(at));
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A half of the values lies between them. */
export function quartiles(values: readonly number[]): Interval {
  return { low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

const RESAMPLES = 2000;

/** The 95 % confidence interval of the median: percentiles of its bootstrap (Efron 1979), from a fixed seed. */
export function medianInterval(values: readonly number[]): Interval {
  const next = filler(5);
  const draw = () => values[Math.floor(((next() + 1) / 2) * values.length)]!;
  const medians = Array.from({ length: RESAMPLES }, () => median(values.map(draw))).sort((a, b) => a - b);
  return { low: medians[Math.floor(RESAMPLES * 0.025)]!, high: medians[Math.ceil(RESAMPLES * 0.975) - 1]! };
}
