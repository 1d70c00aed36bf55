// Bars that lie: a name above each, its figure at its end, and a whisker where a range is known.
import { line, picture, text, textWidth, uprightGrid, WIDTH } from "./frame.js";
import { type Axis, makeScale, tenth } from "./scale.js";
import { formatNumber } from "../../text/numbers.js";

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** The ends of its range. */
  readonly low?: number;
  readonly high?: number;
  /** What is written at its end; default: the value. */
  readonly text?: string;
  /** Stands out. */
  readonly isAccent?: boolean;
}

export interface BarPlot {
  readonly kind: "bars";
  readonly title: string;
  readonly axis: Axis;
  readonly bars: readonly Bar[];
}

const ROW = 38;
const THICKNESS = 13;

export function barText({ value, text: given }: Bar): string {
  return given ?? formatNumber(value);
}

function barToSvg(bar: Bar, place: number, start: number, at: (value: number) => number): string {
  const y = place + 18;
  const [zero, end] = [at(0), Number.isFinite(bar.value) ? at(bar.value) : at(0)];
  const [left, right] = [Math.min(zero, end), Math.max(zero, end)];
  const whisker =
    bar.low === undefined || bar.high === undefined || !Number.isFinite(bar.low + bar.high)
      ? ""
      : line(at(bar.low), y + THICKNESS / 2, at(bar.high), y + THICKNESS / 2, "whisker");
  const reach = Math.max(right, whisker === "" || bar.high === undefined ? right : at(bar.high));
  return [
    text(start + 4, place + 12, bar.name),
    `<rect x="${left}" y="${y}" width="${Math.max(0.5, tenth(right - left))}" height="${THICKNESS}" ` +
      `class="bar${bar.isAccent ? " accent" : ""}"/>`,
    whisker,
    text(reach + 6, y + 11, barText(bar), { kind: "value" }),
  ].join("");
}

export function barsToSvg({ title, axis, bars }: BarPlot): string {
  const top = 8,
    left = 2;
  const bottom = top + bars.length * ROW + 4;
  const right = WIDTH - 12 - Math.max(...bars.map((bar) => textWidth(barText(bar))));
  const values = bars.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  const x = makeScale([0, ...values], { ...axis, scale: "linear" }, left, right);
  return picture(title, bottom + 40, [
    ...uprightGrid(x, top, bottom, "start"),
    ...bars.map((bar, i) => barToSvg(bar, top + i * ROW, left, x.at)),
    line(x.at(0), top, x.at(0), bottom, "base"),
    text(left, bottom + 34, axis.label, { kind: "axis" }),
  ]);
}
