// A figure over several repeats.
import { median } from "../../core/statistics.js";
import type { Figure } from "../../report/textbook-text.js";

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

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** For sentences: two significant digits, `0.0012`, `−5`, `8.5·10⁶`. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "not finite";
  const [mantissa, exponent] = Math.abs(value).toExponential(1).split("e");
  const isPlain = value === 0 || (Number(exponent) >= -3 && Number(exponent) < 5);
  const power = exponent
    .replace(/\+/, "")
    .replace("-", "⁻")
    .replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]);
  return `${value < 0 ? "−" : ""}${isPlain ? String(Math.abs(Number(value.toPrecision(2)))) : `${mantissa}·10${power}`}`;
}

/** A ratio, for sentences: `1.0`, `12`. */
export function times(value: number): string {
  return Math.abs(value) < 9.95 ? value.toFixed(1) : short(value);
}

/** For sentences: `97 %`, and `97.4 %` where the last percents matter. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(share > 0.9 || share < 0.1 ? 1 : 0))} %`;
}

/** `a`, `a and b`, `a, b and c` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
