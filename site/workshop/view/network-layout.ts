// Where units are drawn: columns by layer, broken into several where a layer is tall; all squares are of one size.
import type { Started, UnitName } from "../engine/types.js";
import { hasResidual, isResidual } from "../../training/recipe.js";

export interface Square extends UnitName {
  readonly x: number;
  readonly y: number;
}

export interface Skip {
  readonly layer: number;
  readonly left: number;
  readonly right: number;
  /** Of both ends: the middle of the lowest units. */
  readonly top: number;
  /** Of the line under the units. */
  readonly bottom: number;
}

export interface NetworkLayout {
  readonly size: number;
  /** A square has room for the step of a death. */
  readonly labels: boolean;
  /** Hidden units, layer by layer. */
  readonly squares: readonly Square[];
  readonly columns: readonly {
    readonly center: number;
    readonly layer: number;
    readonly first: number;
    readonly units: number;
  }[];
  /** Inputs and outputs that are drawn, by their centers. */
  readonly ends: readonly {
    readonly x: number;
    readonly y: number;
    readonly name: string;
    readonly side: "in" | "out";
    readonly index: number;
  }[];
  /** What passes a layer by: from before its units under them to behind them, where it is added. */
  readonly skips: readonly Skip[];
  /** How wide the boxes of inputs and outputs are. */
  readonly endWidths: Readonly<Record<"in" | "out", number>>;
}

const TOP = 26;
const BOTTOM = 6;
/** Where a line runs under units. */
const BOTTOM_OF_SKIPS = 18;
const UNDER_UNITS = 9;
const BESIDE_UNITS = 14;
const MOST_ENDS = 10;
const END_MARGIN = 4;
const LEAST_END = 26;
const MOST_END = 104;
const CHARACTER = 7; // pixels, about

/** Room for the longest name, as far as there is any. */
function endWidth(names: readonly string[], width: number): number {
  const longest = names.reduce((most, name) => Math.max(most, name.length), 0);
  return Math.max(LEAST_END, Math.min(MOST_END, width * 0.15, longest * CHARACTER + 8));
}

interface SquareFit {
  readonly size: number;
  readonly gap: number;
  readonly rows: number;
  readonly widths: readonly number[];
  readonly between: number;
}

const LARGEST = 60;
const GAP = 6;
const LABELLED_FROM = 26; // pixels a side
const SINGLE_FROM = 20;

/** @param width between the inputs and the outputs; @param height of the columns */
function fitAt(size: number, layers: readonly number[], width: number, height: number): SquareFit {
  const gap = size >= LABELLED_FROM ? GAP : 4;
  const rows = Math.max(1, Math.floor((height + gap) / (size + gap)));
  const widths = layers.map((units) => Math.ceil(units / rows) * (size + GAP) - GAP);
  const rest = width - widths.reduce((sum, each) => sum + each, 0);
  return { size, gap, rows, widths, between: rest / (layers.length + 1) };
}

/** The largest squares that fit: in one column a layer, if they are not too small then. */
function fitSquares(layers: readonly number[], width: number, height: number): SquareFit {
  const tallest = Math.max(...layers);
  for (let size = LARGEST; size >= SINGLE_FROM; size--) {
    const fit = fitAt(size, layers, width, height);
    if (fit.rows >= tallest && fit.between >= size * 0.6) return fit;
  }
  for (let size = 46; ; size--) {
    const fit = fitAt(size, layers, width, height);
    if (fit.between >= Math.min(36, size) || size <= 7) return fit;
  }
}

function spread(names: readonly string[], height: number, x: number, side: "in" | "out"): NetworkLayout["ends"] {
  const middle = TOP + (height - TOP - BOTTOM) / 2;
  const apart = Math.min(34, (height - TOP - BOTTOM) / names.length);
  return names.map((name, index) => ({ x, y: middle + (index - (names.length - 1) / 2) * apart, name, side, index }));
}

function outputNamesOf({ classes, table }: Started["task"], outputs: number): readonly string[] {
  return classes.length > 2 ? classes : new Array<string>(outputs).fill(table?.target ?? "ŷ");
}

export function computeLayout({ recipe, task, spec }: Started, width: number, height: number): NetworkLayout {
  const inputNames = task.imageSide ? [] : task.features.slice(0, MOST_ENDS);
  const outputNames = outputNamesOf(task, spec.layers.at(-1)!.units).slice(0, MOST_ENDS);
  const endWidths = { in: endWidth(inputNames, width), out: endWidth(outputNames, width) };
  const inner = width - endWidths.in - endWidths.out - 2 * END_MARGIN;
  const columnHeight = height - TOP - (hasResidual(recipe) ? BOTTOM_OF_SKIPS : BOTTOM);
  const { size, gap, rows, widths, between } = fitSquares(recipe.layers, inner, columnHeight);
  const squares: Square[] = [];
  const columns: NetworkLayout["columns"][number][] = [];
  const skips: Skip[] = [];
  let left = endWidths.in + END_MARGIN + between;
  recipe.layers.forEach((units, layer) => {
    const tall = Math.min(units, rows);
    const bottom = TOP + (columnHeight + (tall * (size + gap) - gap)) / 2;
    const top = bottom - (tall * (size + gap) - gap);
    const aside = Math.min(BESIDE_UNITS, between * 0.3);
    if (isResidual(recipe, layer))
      skips.push({
        layer,
        left: left - aside,
        right: left + widths[layer] + aside,
        top: bottom - size / 2,
        bottom: bottom + UNDER_UNITS,
      });
    columns.push({ center: left + widths[layer] / 2, layer, first: squares.length, units });
    for (let unit = 0; unit < units; unit++)
      squares.push({
        layer,
        unit,
        x: Math.round(left + Math.floor(unit / rows) * (size + GAP)),
        y: Math.round(top + (unit % rows) * (size + gap)),
      });
    left += widths[layer] + between;
  });
  const ends = [
    ...spread(inputNames, height, endWidths.in / 2 + 1, "in"),
    ...spread(outputNames, height, width - endWidths.out / 2 - 1, "out"),
  ];
  return { size, labels: size >= LABELLED_FROM, squares, columns, skips, ends, endWidths };
}
