// From figures of trials to what a sweep tells: cells over their seeds, and the best.
import { drawSweep } from "./sweep-text.js";
import { deadShareOf } from "./task.js";
import type { SweepCell, SweepResult, SweepTrialResult, TrialFigures } from "./types.js";
import { groupBy } from "../core/group-by.js";
import { mean } from "../core/statistics.js";
import type { Cause } from "../diagnosis/trace/types.js";
import type { Metrics } from "../network/types.js";
import { intervalOf } from "../treatment/prescribe/rank.js";
import type { Interval } from "../treatment/prescribe/types.js";
import type { JournalReport } from "../treatment/trial/journal/lines.js";

/** What a score is. */
export interface Scale {
  readonly measure: "accuracy" | "loss";
  /** The best constant's, on the rows that judge. */
  readonly constant: Metrics;
}

function scoreOf({ loss, accuracy }: TrialFigures, { measure, constant }: Scale): number | undefined {
  if (measure === "accuracy") return accuracy;
  if (loss === undefined) return undefined;
  return constant.loss > 0 ? 1 - loss / constant.loss : -loss;
}

interface Named {
  readonly id: string;
  readonly planned: { readonly cell: number };
  readonly at: SweepTrialResult["at"];
  readonly seed: number;
  readonly epochs: number;
}

export function resultOf(
  { id, planned, at, seed, epochs }: Named,
  figures: TrialFigures,
  host: string,
  scale: Scale,
): SweepTrialResult {
  const score = scoreOf(figures, scale);
  const deadFraction = deadShareOf(figures);
  return {
    id,
    cell: planned.cell,
    at,
    seed,
    epochs,
    ...(score !== undefined && { score }),
    ...figures,
    ...(deadFraction !== undefined && { deadFraction }),
    host,
  };
}

/** Of all of them; undefined where one has none. */
function meanOf(trials: readonly SweepTrialResult[], read: (trial: SweepTrialResult) => number | undefined) {
  const values = trials.map(read);
  return values.includes(undefined) ? undefined : mean(values as number[]);
}

/** Shares of the units: means by layer of those that have as many layers as the first. */
export function meansByLayer(trials: readonly SweepTrialResult[], which: "dead" | "born"): number[] | undefined {
  const shares = trials
    .flatMap(({ units, [which]: counts }) => (counts ? [counts.map((count, layer) => count / units![layer])] : []))
    .filter((each, _, all) => each.length === all[0].length);
  if (shares.length === 0) return undefined;
  return shares[0].map((_, layer) => mean(shares.map((each) => each[layer])));
}

/** By name. */
export function sumCounts<N extends string>(
  all: readonly Readonly<Partial<Record<N, number>>>[],
): Partial<Record<N, number>> {
  const sums: Partial<Record<N, number>> = {};
  for (const counts of all)
    for (const [name, count] of Object.entries(counts) as [N, number][]) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

export const sumCauses = (trials: readonly SweepTrialResult[]): Partial<Record<Cause, number>> =>
  sumCounts(trials.map(({ causes = {} }) => causes));

const optional = <N extends string, T>(name: N, value: T | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [Name in N]?: T };

/** Of shares, within what shares can be. */
export function clampShare(interval: Interval, isShare: boolean): Interval {
  if (!isShare) return interval;
  return { mean: interval.mean, low: Math.max(0, interval.low), high: Math.min(1, interval.high) };
}

function intervalWithin(values: readonly number[], isShare: boolean): Interval | undefined {
  const interval = intervalOf(values);
  return interval && clampShare(interval, isShare);
}

/**
 * @param all of one cell; those that trained longest count
 * @param isShare the score is one
 */
function cellOf(all: readonly SweepTrialResult[], isShare: boolean): SweepCell {
  const epochs = Math.max(...all.map((trial) => trial.epochs));
  const trials = all.filter((trial) => trial.epochs === epochs).sort((a, b) => a.seed - b.seed);
  const [{ cell, at }] = trials;
  const shares = trials.flatMap(({ deadFraction }) => deadFraction ?? []);
  const failed = trials.filter((trial) => trial.failed).length;
  const scores = failed > 0 ? [] : trials.flatMap(({ score }) => score ?? []);
  const scoreInterval = scores.length === trials.length ? intervalWithin(scores, isShare) : undefined;
  const deadInterval = shares.length === trials.length ? intervalWithin(shares, true) : undefined;
  return {
    cell,
    at,
    ...(failed === 0 &&
      optional(
        "score",
        meanOf(trials, ({ score }) => score),
      )),
    ...optional(
      "loss",
      meanOf(trials, ({ loss }) => loss),
    ),
    ...optional("deadFraction", shares.length > 0 ? mean(shares) : undefined),
    ...optional("dead", meansByLayer(trials, "dead")),
    ...((scoreInterval ?? deadInterval) && {
      interval: { ...optional("score", scoreInterval), ...optional("dead", deadInterval) },
    }),
    causes: sumCauses(trials),
    ...optional(
      "closedSamples",
      meanOf(trials, ({ closedSamples }) => closedSamples),
    ),
    failed,
    seeds: trials.length,
    epochs,
    seconds: mean(trials.map(({ seconds }) => seconds)),
  };
}

/** The highest score, then fewer dead units, then the plan's order; of cells with the most seeds. */
export function bestOf(cells: readonly SweepCell[], isWhole: (cell: SweepCell) => boolean): SweepCell | undefined {
  const judged = cells.filter((cell) => cell.score !== undefined && isWhole(cell));
  const seeds = Math.max(...judged.map((cell) => cell.seeds));
  return judged
    .filter((cell) => cell.seeds === seeds)
    .reduce<SweepCell | undefined>((best, cell) => {
      if (!best || cell.score! > best.score!) return cell;
      return cell.score === best.score && (cell.deadFraction ?? 0) < (best.deadFraction ?? 0) ? cell : best;
    }, undefined);
}

interface Found extends Pick<SweepResult, "data" | "build" | "planned" | "seconds" | "stopped"> {
  readonly trials: readonly SweepTrialResult[];
  readonly repeats: number;
  readonly scale: Scale;
  readonly journal?: JournalReport;
  readonly axes: readonly string[];
  /** Whether a cell was trained to its end. */
  readonly isWhole: (cell: SweepCell) => boolean;
}

export function makeResult({ trials: taken, repeats, scale, axes, isWhole, ...rest }: Found): SweepResult {
  const trials = taken.toSorted((a, b) => a.cell - b.cell || a.epochs - b.epochs || a.seed - b.seed);
  const isShare = scale.measure === "accuracy";
  const cells = [...groupBy(trials, ({ cell }) => cell).values()].map((group) => cellOf(group, isShare));
  const best = bestOf(cells, isWhole);
  const { loss, accuracy } = scale.constant;
  const result = {
    trials,
    cells,
    ...(best && { best }),
    measure: scale.measure,
    constant: { loss, ...(accuracy !== undefined && { accuracy }) },
    ...rest,
  };
  return Object.defineProperty(result, "toString", {
    value: () => drawSweep(result, axes, repeats),
    enumerable: false,
  });
}
