// Axes: from values to places in a picture, and round numbers to mark.
import { formatNumber, roundTo } from "../../text/numbers.js";

export interface Axis {
  readonly label: string;
  /** Default "linear". On a log axis what is not above 0 lies on a floor of its own, marked 0. */
  readonly scale?: "linear" | "log";
  /** Ends that the axis must reach. */
  readonly low?: number;
  readonly high?: number;
  /** Of things without an order, at 0, 1, 2 and so on: nothing lies between them. */
  readonly names?: readonly string[];
}

export interface Tick {
  readonly value: number;
  readonly text: string;
}

/** Values low to high lie on start to end. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly Tick[];
  /** @returns the place of a value, rounded to a tenth */
  at(value: number): number;
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** `10⁻⁵`; plain from 0.01 to 1000. */
function powerOfTen(exponent: number): string {
  if (exponent >= -2 && exponent <= 3) return formatNumber(10 ** exponent);
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]);
  return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}

/** A step of 1, 2 or 5 times a power of ten that cuts the span into about `count` parts. */
function roundStep(span: number, count: number): number {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((step) => step * power >= rough * 0.999) ?? 10);
}

function linearTicks(low: number, high: number, count: number): Tick[] {
  const step = roundStep(high - low, count);
  const ticks: Tick[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    const value = roundTo(i * step, 12);
    ticks.push({ value, text: formatNumber(value) });
  }
  return ticks;
}

function logTicks(low: number, high: number, count: number): Tick[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((last - first + 1) / count));
  const ticks: Tick[] = [];
  for (let exponent = first; exponent <= last; exponent += every)
    ticks.push({ value: 10 ** exponent, text: powerOfTen(exponent) });
  return ticks;
}

/** A place in a picture, rounded to a tenth. */
export const tenth = (place: number): number => Math.round(place * 10) / 10;

/** Of many names some. */
function namedTicks(names: readonly string[], count: number): Tick[] {
  const every = Math.ceil(names.length / (count + 1));
  return names.flatMap((text, value) => (value % every === 0 ? [{ value, text }] : []));
}

function linearScale(values: readonly number[], axis: Axis, start: number, end: number, count: number): Scale {
  const { low, high, names } = axis;
  const required = [...values, ...[low, high].filter((end) => end !== undefined)];
  let [from, to] = required.length === 0 ? [0, 1] : [Math.min(...required), Math.max(...required)];
  if (from === to) [from, to] = [from - (Math.abs(from) || 1) / 2, to + (Math.abs(to) || 1) / 2];
  const step = roundStep(to - from, count);
  from = low ?? Math.floor(from / step + 1e-9) * step;
  to = high ?? Math.ceil(to / step - 1e-9) * step;
  return {
    low: from,
    high: to,
    ticks: names ? namedTicks(names, count) : linearTicks(from, to, count),
    at: (value) => tenth(start + ((value - from) / (to - from)) * (end - start)),
  };
}

function logScale(values: readonly number[], axis: Axis, start: number, end: number, count: number): Scale {
  const positive = [...values, axis.low ?? 0, axis.high ?? 0].filter((value) => value > 0);
  const [from, to] = positive.length === 0 ? [1, 10] : [Math.min(...positive), Math.max(...positive)];
  const low = 10 ** Math.floor(Math.log10(from) + 1e-9);
  const high = Math.max(low * 10, 10 ** Math.ceil(Math.log10(to) - 1e-9));
  const hasFloor = values.some((value) => value <= 0);
  const lowest = hasFloor ? start + (end - start) * 0.1 : start;
  const at = (value: number): number =>
    value <= 0 ? start : tenth(lowest + (Math.log10(value / low) / Math.log10(high / low)) * (end - lowest));
  return { low, high, ticks: [...(hasFloor ? [{ value: 0, text: "0" }] : []), ...logTicks(low, high, count)], at };
}

/** An axis that holds all values; those that are not finite are left out. */
export function makeScale(values: readonly number[], axis: Axis, start: number, end: number, count = 5): Scale {
  const finite = values.filter(Number.isFinite);
  return axis.scale === "log"
    ? logScale(finite, axis, start, end, count)
    : linearScale(finite, axis, start, end, count);
}
