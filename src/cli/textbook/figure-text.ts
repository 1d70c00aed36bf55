// A figure over several repeats.
import { median } from "../../core/statistics.js";
import type { Figure } from "../../report/textbook-text.js";
import { formatNumber } from "../../text/numbers.js";

/** Median, and the lowest and the highest of all repeats. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What is not a number makes them all not a number. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0 || values.some(Number.isNaN))
    return { median: Number.NaN, low: Number.NaN, high: Number.NaN };
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** Of a/b, repeat by repeat: what disturbs a repeat disturbs both. */
export function ratio(a: readonly number[], b: readonly number[]): Spread {
  return spread(a.map((value, repeat) => value / b[repeat]));
}

export function figure(name: string, { median: value, low, high }: Spread, unit?: string): Figure {
  return { name, value, low, high, ...(unit !== undefined && { unit }) };
}

/** For sentences: the two significant digits that so few repeats bear out. */
export function short(value: number): string {
  return formatNumber(value, 2);
}
