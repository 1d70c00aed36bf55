// The update with which a training that diverged began to.
import type { Snapshots } from "./snapshots.js";
import { formatCount, formatNumber } from "../../text/numbers.js";

/** Where a training that diverged left what it had come to. */
export interface Divergence {
  /**
   * The update that started it, counted from 1 as in BatchLog: the first after which every batch's loss was above all
   * that were known before; the last update, where its loss was the first to be more.
   */
  readonly step: number;
  /** Of that step, counted from 1. */
  readonly epoch: number;
  /** Its learning rate. */
  readonly rate: number;
  /** The loss of its batch, before it. */
  readonly lossBefore: number;
  /** Of the next batch; Infinity where that was not finite. */
  readonly lossAfter: number;
  /** Updates made before the training was stopped. */
  readonly stoppedAfter: number;
  /** One sentence with the figures. */
  readonly explanation: string;
}

/**
 * @param last updates made
 * @returns undefined where there were none, or nothing is known of them
 */
export function findDivergence(
  log: Pick<Snapshots, "knows" | "lossOf" | "rateOf">,
  last: number,
  epochOf: (step: number) => number,
): Divergence | undefined {
  let first = last;
  while (log.knows(first - 1)) first--;
  if (!log.knows(first)) return undefined;
  let step = last;
  const highest: number[] = []; // of all losses up to each step
  for (let at = first; at <= last; at++) highest.push(Math.max(highest.at(-1) ?? -Infinity, log.lossOf(at)));
  for (let at = last - 1, lowest = log.lossOf(last); at >= first; lowest = Math.min(lowest, log.lossOf(at)), at--)
    if (lowest > highest[at - first]) step = at;
  const figures = {
    step,
    epoch: epochOf(step),
    rate: log.rateOf(step),
    lossBefore: log.lossOf(step),
    lossAfter: step < last ? log.lossOf(step + 1) : Infinity,
    stoppedAfter: last,
  };
  return { ...figures, explanation: explain(figures) };
}

function explain({ step, rate, lossBefore, lossAfter, stoppedAfter }: Omit<Divergence, "explanation">): string {
  const after = lossAfter === Infinity ? "something that is not finite" : formatNumber(lossAfter, 3);
  const end = step === stoppedAfter ? "" : `, stayed above, and was not finite after step ${formatCount(stoppedAfter)}`;
  const from = `step ${formatCount(step)}, at a rate of ${formatNumber(rate, 3)}`;
  return `the divergence began with ${from}: the batches' loss went from ${formatNumber(lossBefore, 3)} to ${after}${end}`;
}
