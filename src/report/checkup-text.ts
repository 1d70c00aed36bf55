// A checkup as text: units as they die, and the table of cures.
import { drawBar } from "../text/bar.js";
import { formatNumber, formatScore, formatWhole } from "../text/numbers.js";
import { alignColumns } from "../text/columns.js";

const BAR_WIDTH = 12;
const MOST_BARS = 3;

/** One epoch of a network that falls ill. */
export interface EpochLine {
  readonly epoch: number;
  readonly loss: number;
  readonly score: number;
  /** By hidden layer; missing where the numbers overflow. */
  readonly dead?: readonly number[];
}

export interface Scale {
  /** Units of each hidden layer. */
  readonly units: readonly number[];
  readonly isAccuracy: boolean;
}

const scoreTitle = ({ isAccuracy }: Scale): string => (isAccuracy ? "accuracy" : "R²");

/** The title above the epochs. */
export function drawEpochTitle(scale: Scale): string {
  const layers = scale.units.map((units, layer) => `layer ${layer}, dead of ${units}`.padEnd(BAR_WIDTH + 6));
  const dead = scale.units.length > MOST_BARS ? ["dead units by layer"] : layers;
  return ["epoch", "loss".padStart(9), scoreTitle(scale).padStart(8), ...dead].join("  ").trimEnd();
}

/** One line an epoch: loss, held-out score, and a bar of dead units for each layer (numbers alone where there are many layers). */
export function drawEpochLine({ epoch, loss, score, dead }: EpochLine, scale: Scale): string {
  const bars = dead?.map(
    (count, layer) => `${String(count).padStart(5)} ${drawBar(count / scale.units[layer], BAR_WIDTH)}`,
  ) ?? ["overflow"];
  const layers = dead && dead.length > MOST_BARS ? [dead.join(" ")] : bars;
  return [
    String(epoch).padStart(5),
    formatNumber(loss).padStart(9),
    formatScore(score, scale.isAccuracy).padStart(8),
    ...layers,
  ]
    .join("  ")
    .trimEnd();
}

/** Median and ends over the seeds. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** A row of the table: a run over one seed or more. */
export interface RunRow {
  readonly name: string;
  readonly score: Spread;
  /** Units that no training row opens, by hidden layer. */
  readonly closed: readonly Spread[];
  /** They are shut and yet pass gradient, so that they are not dead: Leaky ReLU. */
  readonly isLeaky: boolean;
  readonly verdict: string;
  /** Runs that left the finite numbers. */
  readonly diverged: number;
  readonly stepsPerSecond: Spread;
}

const RIGHT_FROM = 1;

function titles(scale: Scale): string[] {
  const layers = scale.units.map((units, layer) =>
    layer > 0 && scale.units.length > MOST_BARS ? `${layer}/${units}` : `layer ${layer}/${units}`,
  );
  return ["run", scoreTitle(scale), ...layers, "steps/s", "the cure"];
}

function drawSpread({ low, high }: Spread, format: (value: number) => string): string {
  return low === high || Number.isNaN(low) ? "" : `${format(low).replace(" %", "")}..${format(high)}`;
}

/** Shut units of a leaky layer stand in brackets: they are not dead. */
function markLeaky(text: string, isLeaky: boolean): string {
  return isLeaky && text !== "" ? `(${text})` : text;
}

function medianCells(
  { name, score, closed, isLeaky, stepsPerSecond, verdict, diverged }: RunRow,
  scale: Scale,
  hasRanges: boolean,
): string[] {
  const counts = closed.map(({ median }) => markLeaky(formatWhole(median), isLeaky));
  const parts = [verdict, diverged === 0 ? "" : hasRanges ? `${diverged} diverged` : "diverged"];
  return [
    name,
    formatScore(score.median, scale.isAccuracy),
    ...counts,
    formatWhole(stepsPerSecond.median),
    parts.filter(Boolean).join(", "),
  ];
}

function rangeCells({ score, closed, isLeaky }: RunRow, scale: Scale): string[] {
  const counts = closed.map((spread) => markLeaky(drawSpread(spread, String), isLeaky));
  return ["", drawSpread(score, (value) => formatScore(value, scale.isAccuracy)), ...counts, "", ""];
}

export interface TableLine {
  readonly text: string;
  /** The row it belongs to; none: the title. */
  readonly row?: RunRow;
  /** The lowest and highest over the seeds, not the median. */
  readonly isRange: boolean;
}

/** The table as lines: a title, one line for each run and, over several seeds, one more for the range. */
export function drawCheckupTable(rows: readonly RunRow[], scale: Scale, hasRanges: boolean): TableLine[] {
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
