// How the cells of a map look: in shades by the share of dead units or by the score, or by what killed most units. The
// terminal and pages draw the same.
import type { DeathMap, MapCell } from "./types.js";
import { axisWord, scoreName, scoreText } from "./words.js";
import { formatValue } from "../sweep-text.js";
import type { Cause } from "../../diagnosis/trace/types.js";
import { formatNumber, formatPercent, formatRange } from "../../text/numbers.js";

/** By what a map is coloured. */
export type MapColor = "dead" | "score" | "cause";

/** What killed most units, as a letter and in words; "unexplained" where nothing was traced. */
const CAUSES: Readonly<Record<Cause, readonly [mark: string, words: string]>> = {
  born: ["b", "born dead"],
  learningRate: ["r", "of the learning rate"],
  momentum: ["m", "of momentum"],
  weightDecay: ["w", "of weight decay"],
  upstream: ["u", "of layers below"],
  drift: ["d", "of drift"],
  unknown: ["?", "of unknown cause"],
  unexplained: ["t", "died in training"],
};

export const causeMark = (cause: Cause): readonly [mark: string, words: string] => CAUSES[cause];

/** Those that killed most units somewhere, in the order above. */
export const causesIn = (cells: readonly MapCell[]): Cause[] =>
  (Object.keys(CAUSES) as Cause[]).filter((cause) => cells.some((cell) => cell.cause === cause));

/** A cell as a number of 0 to 1; undefined where it has none. */
export type ReadShare = (cell: MapCell) => number | undefined;

/** No training came to its end: units were counted where they stopped. */
export const hasStopped = ({ failed, seeds }: MapCell): boolean => failed === seeds;

/** From the constant's score, of no use, to the best. */
export function shareReader({ cells, constant }: Pick<DeathMap, "cells" | "constant">, color: MapColor): ReadShare {
  if (color !== "score") return ({ dead }) => dead;
  const best = Math.max(constant, ...cells.map(({ score = constant }) => score));
  const span = best - constant || 1;
  return ({ score }) => (score === undefined ? undefined : Math.max(0, (score - constant) / span));
}

/** What the two ends of the shades are. */
export function shareEnds(map: DeathMap, color: MapColor): readonly [low: string, high: string] {
  if (color !== "score") return ["0 %", "100 % of the units dead"];
  const best = Math.max(map.constant, ...map.cells.map(({ score = map.constant }) => score));
  return [`${scoreText(map.constant, map)} as always the same`, `${scoreName(map)} ${scoreText(best, map)}`];
}

/** Of a cell that is not in yet the nearest below it on the coarser grids, so that the first pass fills the map. */
export function fillCoarse(map: DeathMap): (column: number, row: number) => MapCell | undefined {
  const columns = map.x.values.length;
  const byPlace = new Map(map.cells.map((cell) => [cell.row * columns + cell.column, cell]));
  const halvings = [columns, map.y?.values.length ?? 1].map((count) => Math.ceil(Math.log2(count)));
  return (column, row) => {
    for (let level = Math.max(...halvings); level >= 0; level--) {
      const [across, up] = halvings.map((most) => 2 ** Math.max(0, most - level));
      const found = byPlace.get((row - (row % up)) * columns + (column - (column % across)));
      if (found) return found;
    }
    return undefined;
  };
}

const percents = (low: number, high: number): string => formatRange(low, high, formatPercent, " to ");

/** One cell in words, for a pointer and for tables. */
export function cellTitle(map: DeathMap, cell: MapCell): string {
  const { x, y } = map;
  const { dead, deadRange, score, scoreRange, cause, failed, seeds } = cell;
  const format = (value: number) => scoreText(value, map);
  return [
    [`${axisWord(x.name)} ${formatValue(cell.x)}`, ...(y ? [`${axisWord(y.name)} ${formatValue(cell.y)}`] : [])].join(
      ", ",
    ),
    dead === undefined
      ? "no network"
      : `${formatPercent(dead)} dead (${percents(deadRange!.low, deadRange!.high)} over ${formatNumber(seeds)} seeds)`,
    ...(score === undefined
      ? []
      : [`${scoreName(map)} ${format(score)} (${formatRange(scoreRange!.low, scoreRange!.high, format, " to ")})`]),
    ...(cause ? [`most ${causeMark(cause)[1]}`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join("; ");
}
