// A figure over several repeats.
import { median } from "../statistics.js";
import { formatNumber } from "../../report/numbers.js";
import type { Figure } from "../../report/textbook.js";

/** Median, and the lowest and the highest of all repeats. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** Of a/b, repeat by repeat: what disturbs a repeat disturbs both. */
export function ratio(a: readonly number[], b: readonly number[]): Spread {
  return spread(a.map((value, repeat) => value / b[repeat]));
}

export function figure(name: string, { median: value, low, high }: Spread, unit?: string): Figure {
  return { name, value, low, high, ...(unit !== undefined && { unit }) };
}

/** For sentences: two significant digits, plain from 0.001 to 99 999. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "not finite";
  const rounded = Number(value.toPrecision(2));
  const size = Math.abs(rounded);
  return (size !== 0 && (size < 1e-3 || size >= 1e5) ? formatNumber(rounded) : String(rounded)).replace("-", "−");
}

/** For sentences: `97 %`, and `97.4 %` where the last percents matter. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(share > 0.9 || share < 0.1 ? 1 : 0))} %`;
}

/** `a`, `a and b`, `a, b and c` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
