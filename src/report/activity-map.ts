// Units x epochs as a picture of characters: how often each unit fires, from epoch to epoch. The most active units at
// the end stand on top, so that what dies gathers at the bottom.
import { justify } from "../text/columns.js";
import { countOf, formatCount } from "../text/numbers.js";

export interface MapFrame {
  readonly epoch: number;
  /** For each hidden layer, each unit's share of the samples on which it fires. */
  readonly layers: readonly ArrayLike<number>[];
}

export interface MapOptions {
  /** Samples of each frame; the legend names them. */
  readonly samples: number;
  /** Paints with 256 colours instead of shades. */
  readonly colors?: boolean;
}

const MOST_LINES = 48; // of all layers together
const MOST_LINES_OF_LAYER = 16;
const MOST_COLUMNS = 60;
const WIDEST_FRAME = 4;
const SHADES = [" ", "░", "▒", "▓", "█"];
const SILENT = "·";
/** From dark blue to yellow: light grows with activity. */
const COLORS = [17, 18, 24, 30, 36, 71, 107, 143, 185, 226];
const RED = 203;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** 0..count-1 in at most `most` runs of nearly equal length. */
function group(count: number, most: number): number[][] {
  const groups = Math.min(count, most);
  return Array.from({ length: groups }, (_, g) => {
    const start = Math.floor((g * count) / groups);
    return Array.from({ length: Math.floor(((g + 1) * count) / groups) - start }, (_unused, i) => start + i);
  });
}

/**
 * Units by their activity in the last frame, then by their mean: the silent ones last, the longest silent at the very
 * end.
 */
function sortUnits(frames: readonly MapFrame[], layer: number): number[] {
  const last = frames.at(-1)!.layers[layer];
  const means = Array.from(last, (_, unit) => mean(frames.map(({ layers }) => layers[layer][unit])));
  return means.map((_, unit) => unit).sort((a, b) => last[b] - last[a] || means[b] - means[a] || a - b);
}

function gradeOf(share: number, grades: number): number {
  return Math.min(grades - 1, Math.floor(share * grades));
}

function drawCell(share: number, width: number, colors: boolean): string {
  if (!colors) return (share === 0 ? SILENT : SHADES[gradeOf(share, SHADES.length)]).repeat(width);
  if (share === 0) return `\x1b[38;5;${RED}m${SILENT.repeat(width)}\x1b[39m`;
  return `\x1b[48;5;${COLORS[gradeOf(share, COLORS.length)]}m${" ".repeat(width)}\x1b[49m`;
}

interface Columns {
  readonly groups: readonly (readonly number[])[];
  readonly width: number;
}

function drawLayer(
  frames: readonly MapFrame[],
  layer: number,
  lines: number,
  { groups, width }: Columns,
  colors: boolean,
): string[] {
  const order = sortUnits(frames, layer);
  const rows = group(order.length, lines);
  const silent = order.filter((unit) => frames.at(-1)!.layers[layer][unit] === 0).length;
  const perLine = order.length / rows.length;
  const size = Number.isInteger(perLine) ? formatCount(perLine) : `about ${formatCount(perLine)}`;
  const title =
    `layer ${layer}: ${countOf(order.length, "unit")}, ${perLine === 1 ? "one" : size} a line; ` +
    `${formatCount(silent)} silent at the end`;
  return [
    title,
    ...rows.map((row) => {
      const shareIn = (column: readonly number[]): number =>
        mean(column.flatMap((frame) => row.map((place) => frames[frame].layers[layer][order[place]])));
      return `  ${groups.map((column) => drawCell(shareIn(column), width, colors)).join("")}`;
    }),
  ];
}

function drawAxis(frames: readonly MapFrame[], { groups, width }: Columns): string {
  const [first, last] = [frames[0], frames.at(-1)!].map(({ epoch }) => String(epoch));
  return `  ${justify(first, last, groups.length * width)}  epoch`;
}

/** What the marks say; the shades themselves, so that nobody has to guess. */
function drawLegend({ samples, colors = false }: MapOptions): string {
  const grades = colors ? COLORS.length : SHADES.length;
  const steps = Array.from({ length: grades }, (_, grade) =>
    drawCell((grade + 0.5) / grades, colors ? 1 : 2, colors),
  ).join(colors ? "" : "|");
  const none = `${drawCell(0, 1, colors)} fires on none of ${formatCount(samples)} sampled training rows`;
  return `${none}; 0 % ${colors ? steps : `|${steps}|`} 100 %`;
}

/**
 * The map as lines of at most 80 columns; nothing if there are no frames or no hidden layers.
 * @example drawActivityMap([{ epoch: 0, layers: [[1, 0.5]] }, { epoch: 1, layers: [[1, 0]] }], { samples: 100 })
 */
export function drawActivityMap(frames: readonly MapFrame[], options: MapOptions): string[] {
  const layers = frames[0]?.layers.length ?? 0;
  if (layers === 0) return [];
  const groups = group(frames.length, MOST_COLUMNS);
  const columns = { groups, width: Math.max(1, Math.min(WIDEST_FRAME, Math.floor(MOST_COLUMNS / groups.length))) };
  const lines = Math.max(2, Math.min(MOST_LINES_OF_LAYER, Math.floor(MOST_LINES / layers)));
  const maps = Array.from({ length: layers }, (_, layer) =>
    drawLayer(frames, layer, lines, columns, options.colors ?? false),
  );
  return [
    "How often the hidden units fire, the busiest on top:",
    ...maps.flat(),
    drawAxis(frames, columns),
    drawLegend(options),
  ];
}
