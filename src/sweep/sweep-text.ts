// A sweep as a terminal shows it: its best cells.
import type { SweepCell, SweepResult, SweepTrialResult } from "./types.js";
import { groupBy } from "../core/group-by.js";
import { describeJournal } from "../treatment/trial/journal/report-text.js";
import { alignColumns } from "../text/columns.js";
import { countOf, formatDuration, formatNumber, formatPercent, formatRange, formatScore } from "../text/numbers.js";
import { endOf } from "../text/printable.js";
import { wrap } from "../text/wrap.js";

const MOST_SHOWN = 10;
const LONGEST_NAME = 24;

/** `learningRate`; of a path what fits. */
const shown = (name: string): string => endOf(name, LONGEST_NAME);

/** @param digits of a number; default: those of formatNumber */
export const formatValue = (value: unknown, digits?: number): string => {
  if (typeof value === "number") return formatNumber(value, digits);
  return typeof value === "string" ? value : JSON.stringify(value);
};

/** `learningRate 0.1, bias -1` */
export const formatAt = (at: SweepCell["at"]): string =>
  Object.entries(at)
    .map(([name, value]) => `${name} ${formatValue(value)}`)
    .join(", ");

function drawCells(
  cells: readonly SweepCell[],
  axes: readonly string[],
  isAccuracy: boolean,
  repeats: number,
): string[] {
  const score = (value: number) => formatScore(value, isAccuracy);
  const rows = cells.map((cell) => [
    ...axes.map((axis) => formatValue(cell.at[axis])),
    cell.score === undefined ? "failed" : score(cell.score),
    ...(repeats > 1
      ? [cell.interval?.score ? formatRange(cell.interval.score.low, cell.interval.score.high, score) : ""]
      : []),
    cell.deadFraction === undefined ? "-" : formatPercent(cell.deadFraction),
    ...(repeats > 1 ? [String(cell.seeds)] : []),
    String(cell.epochs),
  ]);
  const titles = [
    ...axes.map(shown),
    isAccuracy ? "accuracy" : "score",
    ...(repeats > 1 ? ["95 %"] : []),
    "dead",
    ...(repeats > 1 ? ["seeds"] : []),
    "epochs",
  ];
  const numbers = titles
    .map((_, column) => column)
    .filter((column) => column >= axes.length || isNumeric(cells, axes[column]));
  return alignColumns([titles, ...rows], numbers);
}

const isNumeric = (cells: readonly SweepCell[], axis: string): boolean =>
  cells.every(({ at }) => typeof at[axis] === "number");

/** Scores in descending order; what has none comes last. */
const byScore = (a: SweepCell, b: SweepCell): number =>
  (b.score ?? -Infinity) - (a.score ?? -Infinity) || a.cell - b.cell;

function describeConstant({ measure, constant }: Pick<SweepResult, "measure" | "constant">): string {
  return measure === "accuracy" && constant.accuracy !== undefined
    ? `Always to say the same: accuracy ${formatPercent(constant.accuracy)}.`
    : `Scores: 1 is perfect, 0 as good as always to say the same, whose loss is ${formatNumber(constant.loss)}.`;
}

/** How trials failed, by code, with the first of each. */
function describeFailures(trials: readonly SweepTrialResult[]): string[] {
  const failed = trials.filter((trial) => trial.failed);
  return [...groupBy(failed, (trial) => trial.failed!.code)].map(([code, all]) => {
    const [{ at, seed, failed: failure }] = all;
    const { message } = failure!;
    const end = message.endsWith(".") ? "" : ".";
    const where = `${formatAt(at)}, seed ${seed}`;
    return `${countOf(all.length, "trial")} failed (${code}), such as at ${where}: ${message}${end}`;
  });
}

export function drawSweep(result: Omit<SweepResult, "toString">, axes: readonly string[], repeats: number): string {
  const { trials, cells, best, measure, planned, seconds, stopped, journal } = result;
  const failed = trials.filter((trial) => trial.failed).length;
  const end = [
    `${countOf(trials.length, "trial")} of ${countOf(cells.length, "cell")} in ${formatDuration(seconds)}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(stopped ? [`stopped with ${planned - trials.length} to go`] : []),
  ].join(", ");
  const shown = cells.toSorted(byScore);
  const first = best ? [best, ...shown.filter((cell) => cell !== best)] : shown;
  const more = first.length > MOST_SHOWN ? [`… and ${countOf(first.length - MOST_SHOWN, "other")}`] : [];
  return [
    `${end}.`,
    ...(best ? [wrap(`Best: ${formatAt(best.at)}.`)] : []),
    ...(cells.length > 0
      ? ["", ...drawCells(first.slice(0, MOST_SHOWN), axes, measure === "accuracy", repeats), ...more, ""]
      : []),
    ...[
      ...describeFailures(trials),
      describeConstant(result),
      ...(journal ? describeJournal(journal, "trial") : []),
    ].map((line) => wrap(line)),
  ].join("\n");
}
