// One side of a map: its values, and what lies between them.
import type { MapAxis, MapSide } from "./types.js";
import type { SweepAxis, SweepRange } from "../types.js";
import { checkName, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { roundTo } from "../../text/numbers.js";

const CELLS = 24;
/** From such a ratio of the ends on the scale is logarithmic, unless another is asked for. */
const LOG_FROM = 10;

const isNumbers = (values: readonly unknown[]): values is readonly number[] =>
  values.every((value) => typeof value === "number");

const isAscending = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value > values[i - 1]);

const ascending = (values: readonly unknown[]): readonly unknown[] =>
  isNumbers(values) ? values.toSorted((a, b) => a - b) : values;

/**
 * The axis as a sweep takes it, with what a map leaves out; numbers in ascending order, as sides and sentences have
 * them.
 */
export function axisOf(path: string, given: MapAxis): { name: string; values: SweepAxis } {
  const { name, values } = checkOptions(path, given, ["name", "values"]);
  if (typeof name !== "string") throw new RelumineError("value", `${path}.name`, "to be a name", describe(name));
  if (Array.isArray(values)) return { name, values: ascending(values as readonly unknown[]) };
  const range = values as SweepRange | undefined;
  if (typeof range !== "object" || range === null)
    throw new RelumineError("value", `${path}.values`, "to be a list of values, or { from, to }", describe(values));
  const { from, to, count = CELLS } = range;
  const isWide = from > 0 && to > 0 && Math.max(from, to) >= LOG_FROM * Math.min(from, to);
  const scale = checkName(`${path}.values.scale`, range.scale ?? (isWide ? "log" : "linear"), ["linear", "log"]);
  const isFalling = from > to;
  return { name, values: { ...range, ...(isFalling && { from: to, to: from }), count, scale } };
}

/** How many cells an axis asks for; what is no count is told when it is read. */
export function countOn(values: SweepAxis): number {
  const count = Array.isArray(values) ? values.length : (values as SweepRange).count;
  return typeof count === "number" && count > 0 ? count : 1;
}

/** @param asked the axis as it was given; @param values as the plan has them */
export function sideOf(asked: { name: string; values: SweepAxis }, values: readonly unknown[], own: unknown): MapSide {
  const scale = (): MapSide["scale"] => {
    if (!isNumbers(values) || !isAscending(values)) return "list";
    if (!Array.isArray(asked.values)) return (asked.values as SweepRange).scale ?? "linear";
    return values[0] > 0 && values[values.length - 1] >= LOG_FROM * values[0] ? "log" : "linear";
  };
  return { name: asked.name, values, scale: scale(), ...(own !== undefined && { own }) };
}

/** The value at a place between the cells; undefined where there is nothing between them. */
export function valueOn({ values, scale }: MapSide, place: number): number | undefined {
  if (scale === "list") return undefined;
  const [below, share] = [Math.floor(place), place - Math.floor(place)];
  const low = values[below] as number;
  if (share === 0) return low;
  const high = values[below + 1] as number;
  return roundTo(scale === "log" ? low * (high / low) ** share : low + (high - low) * share, 4);
}

/** Where a value lies among the cells; undefined where that is nowhere. */
export function placeOn({ values, scale }: MapSide, value: unknown): number | undefined {
  const same = values.findIndex((each) => JSON.stringify(each) === JSON.stringify(value));
  if (same >= 0) return same;
  if (scale === "list" || typeof value !== "number") return undefined;
  const numbers = values as readonly number[];
  const above = numbers.findIndex((each) => each > value);
  if (above <= 0) return undefined;
  const [low, high] = [numbers[above - 1], numbers[above]];
  const share = scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return above - 1 + share;
}
