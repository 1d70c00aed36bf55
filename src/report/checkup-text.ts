// A checkup as text: units as they die, and the table of remedies.
import type { Spread } from "../core/statistics.js";
import { drawBar } from "../text/bar.js";
import { formatCount, formatNumber, formatRange, formatScore } from "../text/numbers.js";
import { alignCells, alignColumns } from "../text/columns.js";

const BAR_WIDTH = 12;
const MOST_BARS = 3;

/** One epoch of a network whose units die. */
export interface EpochLine {
  readonly epoch: number;
  readonly loss: number;
  readonly score: number;
  /** By hidden layer; missing where the numbers overflow. */
  readonly dead?: readonly number[];
}

export interface CheckupScale {
  /** Units of each hidden layer. */
  readonly units: readonly number[];
  readonly isAccuracy: boolean;
}

const scoreTitle = ({ isAccuracy }: CheckupScale): string => (isAccuracy ? "accuracy" : "R²");

/** Of the columns epoch, loss and score. */
const WIDTHS = [5, 9, 8];
const NUMBERS = [0, 1, 2];

/** The title above the epochs. */
export function drawEpochTitle(scale: CheckupScale): string {
  const layers = scale.units.map((units, layer) => `layer ${layer}, dead of ${units}`);
  const dead = scale.units.length > MOST_BARS ? ["dead units by layer"] : layers;
  return alignCells(["epoch", "loss", scoreTitle(scale), ...dead], columnWidths(scale), NUMBERS);
}

function columnWidths({ units }: CheckupScale): number[] {
  return [...WIDTHS, ...(units.length > MOST_BARS ? [] : units.map(() => BAR_WIDTH + 6))];
}

function drawDead(dead: readonly number[], { units }: CheckupScale): string[] {
  if (dead.length > MOST_BARS) return [dead.join(" ")];
  return dead.map(
    (count, layer) => alignCells([formatCount(count)], [5], [0]) + ` ${drawBar(count / units[layer], BAR_WIDTH)}`,
  );
}

/**
 * One line an epoch: loss, held-out score, and a bar of dead units for each layer (numbers alone where there are many
 * layers).
 */
export function drawEpochLine({ epoch, loss, score, dead }: EpochLine, scale: CheckupScale): string {
  const layers = dead ? drawDead(dead, scale) : ["overflow"];
  const cells = [String(epoch), formatNumber(loss), formatScore(score, scale.isAccuracy), ...layers];
  return alignCells(cells, columnWidths(scale), NUMBERS);
}

/** A row of the table: a run over one seed or more. */
export interface RunRow {
  readonly name: string;
  /** Over the seeds, as all that follows. */
  readonly score: Spread;
  /** Units that fire on no training row, by hidden layer. */
  readonly closed: readonly Spread[];
  /** They are closed and yet pass gradient, so that they are not dead: Leaky ReLU. */
  readonly isLeaky: boolean;
  readonly verdict: string;
  /** Runs that left the finite numbers. */
  readonly diverged: number;
  readonly stepsPerSecond: Spread;
}

const RIGHT_FROM = 1;

function titles(scale: CheckupScale): string[] {
  const layers = scale.units.map((units, layer) =>
    layer > 0 && scale.units.length > MOST_BARS ? `${layer}/${units}` : `layer ${layer}/${units}`,
  );
  return ["run", scoreTitle(scale), ...layers, "steps/s", "the remedy"];
}

function drawSpread({ low, high }: Spread, format: (value: number) => string): string {
  return low === high || Number.isNaN(low) ? "" : formatRange(low, high, format);
}

/** Closed units of a leaky layer stand in brackets: they are not dead. */
function markLeaky(text: string, isLeaky: boolean): string {
  return isLeaky && text !== "" ? `(${text})` : text;
}

function medianCells(
  { name, score, closed, isLeaky, stepsPerSecond, verdict, diverged }: RunRow,
  scale: CheckupScale,
  hasRanges: boolean,
): string[] {
  const counts = closed.map(({ median }) => markLeaky(formatCount(median), isLeaky));
  const ended = hasRanges ? `${formatCount(diverged)} diverged` : "diverged";
  const parts = [verdict, diverged === 0 ? "" : ended];
  return [
    name,
    formatScore(score.median, scale.isAccuracy),
    ...counts,
    formatCount(stepsPerSecond.median),
    parts.filter(Boolean).join(", "),
  ];
}

function rangeCells({ score, closed, isLeaky }: RunRow, scale: CheckupScale): string[] {
  const counts = closed.map((spread) => markLeaky(drawSpread(spread, formatCount), isLeaky));
  return ["", drawSpread(score, (value) => formatScore(value, scale.isAccuracy)), ...counts, "", ""];
}

/** Title and rows for a page: medians, and over several seeds their ranges. */
export function checkupRows(rows: readonly RunRow[], scale: CheckupScale, hasRanges: boolean): string[][] {
  const cells = rows.map((row) => {
    const ranges = hasRanges ? rangeCells(row, scale) : [];
    return medianCells(row, scale, hasRanges).map((cell, at) => (ranges[at] ? `${cell}, ${ranges[at]}` : cell));
  });
  return [titles(scale), ...cells];
}

export interface TableLine {
  readonly text: string;
  /** The row it belongs to; none: the title. */
  readonly row?: RunRow;
  /** The lowest and highest over the seeds, not the median. */
  readonly isRange: boolean;
}

/** The table as lines: a title, one line for each run and, over several seeds, one more for the range. */
export function drawCheckupTable(rows: readonly RunRow[], scale: CheckupScale, hasRanges: boolean): TableLine[] {
  const plan = rows.flatMap((row) => [
    { row, isRange: false, cells: medianCells(row, scale, hasRanges) },
    ...(hasRanges ? [{ row, isRange: true, cells: rangeCells(row, scale) }] : []),
  ]);
  const right = Array.from({ length: scale.units.length + 2 }, (_, column) => column + RIGHT_FROM);
  const [title, ...lines] = alignColumns([titles(scale), ...plan.map(({ cells }) => cells)], right);
  return [
    { text: title, isRange: false },
    ...lines.map((text, line) => ({ text, row: plan[line].row, isRange: plan[line].isRange })),
  ];
}
