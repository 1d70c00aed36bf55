// A figure over several repeats, and numbers in sentences.
import { type Spread, spread } from "../../core/statistics.js";
import type { Figure } from "../../report/textbook-text.js";
import { formatNumber } from "../../text/numbers.js";

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
