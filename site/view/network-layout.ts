// Where units are drawn: columns by layer, broken into several where a layer is tall; all squares are of one size.
import type { Started, UnitName } from "../engine/types.js";

export interface Square extends UnitName {
  readonly x: number;
  readonly y: number;
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
}

const TOP = 26;
const BOTTOM = 6;
const MOST_ENDS = 10;
const END_WIDTH = 30;

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

function fitAt(size: number, layers: readonly number[], width: number, height: number): SquareFit {
  const gap = size >= LABELLED_FROM ? GAP : 4;
  const rows = Math.max(1, Math.floor((height - TOP - BOTTOM + gap) / (size + gap)));
  const widths = layers.map((units) => Math.ceil(units / rows) * (size + GAP) - GAP);
  const rest = width - widths.reduce((sum, each) => sum + each, 0) - 2 * END_WIDTH;
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

function spread(
  count: number,
  height: number,
  x: number,
  names: (index: number) => string,
  side: "in" | "out",
): NetworkLayout["ends"] {
  const shown = Math.min(count, MOST_ENDS);
  const middle = TOP + (height - TOP - BOTTOM) / 2;
  const apart = Math.min(34, (height - TOP - BOTTOM) / shown);
  return Array.from({ length: shown }, (_, index) => ({
    x,
    y: middle + (index - (shown - 1) / 2) * apart,
    name: names(index),
    side,
    index,
  }));
}

export function computeLayout({ recipe, task, spec }: Started, width: number, height: number): NetworkLayout {
  const { size, gap, rows, widths, between } = fitSquares(recipe.layers, width, height);
  const squares: Square[] = [];
  const columns: NetworkLayout["columns"][number][] = [];
  let left = END_WIDTH + between;
  recipe.layers.forEach((units, layer) => {
    const tall = Math.min(units, rows);
    const top = TOP + (height - TOP - BOTTOM - (tall * (size + gap) - gap)) / 2;
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
  const inputs = task.imageSide
    ? []
    : spread(
        task.features.length,
        height,
        END_WIDTH / 2,
        (i) => (task.features[i].length <= 3 ? task.features[i] : `x${i}`),
        "in",
      );
  const outputs = spread(
    spec.layers.at(-1)!.units,
    height,
    width - END_WIDTH / 2,
    (i) => (task.classes.length > 2 ? task.classes[i].slice(0, 4) : "ŷ"),
    "out",
  );
  return { size, labels: size >= LABELLED_FROM, squares, columns, ends: [...inputs, ...outputs] };
}
