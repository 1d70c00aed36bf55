// Where values of some things lie, a row each: a line from the lowest to the highest, a box of the mean and a standard
// deviation on either side, a mark at the mean; and a line at zero.
import { line, picture, text, uprightGrid, WIDTH } from "./frame.js";
import { type Axis, makeScale, tenth } from "./scale.js";

interface ValueRange {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly std: number;
}

export interface RangePlot {
  readonly kind: "ranges";
  readonly title: string;
  readonly axis: Axis;
  readonly rows: readonly ValueRange[];
}

const ROW = 32;
const THICKNESS = 9;
const SIDE = 12;

function rowToSvg({ name, low, high, mean, std }: ValueRange, place: number, at: (value: number) => number): string {
  const middle = place + 22;
  const [left, right] = [at(Math.max(low, mean - std)), at(Math.min(high, mean + std))];
  return [
    text(2, place + 12, name),
    line(at(low), middle, at(high), middle, "whisker"),
    `<rect x="${left}" y="${middle - THICKNESS / 2}" width="${Math.max(1, tenth(right - left))}" ` +
      `height="${THICKNESS}" class="bar"/>`,
    line(at(mean), middle - 7, at(mean), middle + 7, "whisker"),
  ].join("");
}

/** Rows with figures that are not finite are left out. */
export function rangesToSvg({ title, axis, rows }: RangePlot): string {
  const top = 6;
  const known = rows.filter(({ low, high, mean, std }) => Number.isFinite(low + high + mean + std));
  const bottom = top + known.length * ROW + 4;
  const values = known.flatMap(({ low, high }) => [low, high]);
  const x = makeScale([0, ...values], { ...axis, scale: "linear" }, SIDE, WIDTH - SIDE);
  return picture(title, bottom + 40, [
    ...uprightGrid(x, top, bottom),
    line(x.at(0), top, x.at(0), bottom, "zero"),
    ...known.map((row, i) => rowToSvg(row, top + i * ROW, x.at)),
    text(2, bottom + 34, axis.label, { kind: "axis" }),
  ]);
}
