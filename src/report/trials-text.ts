// Trials as they come in: a table that is drawn again and again, or a line each.
import { countOf, formatDuration, formatNumber, formatPercent } from "../text/numbers.js";
import type { Trial } from "../treatment/prescribe/types.js";
import { drawTrials, hasUnits, tableOfTrials } from "../treatment/prescribe/prescription-text.js";

function better(a: Trial, b: Trial): number {
  const score = ({ failed, metrics }: Trial): number =>
    failed === undefined ? (metrics.accuracy ?? -metrics.loss) : -Infinity;
  return Math.sign(score(b) - score(a)) || 0; // -Infinity twice gives NaN
}

/** The trials so far as lines, by their last score: some of it is of a few epochs only. */
export function drawLive(trials: readonly Trial[], seconds: number): string[] {
  return [
    `${countOf(trials.length, "trial")} after ${formatDuration(seconds)}`,
    ...drawTrials([...trials].sort(better), tableOfTrials(trials)),
  ];
}

/** `rate ÷ 10: accuracy 97.5 %, 6.3 % of the units dead, after 12 epochs, 3 seeds` */
export function describeTrial({ name, metrics, deadFraction, epochs, repeats, failed }: Trial): string {
  const score =
    metrics.accuracy === undefined
      ? `loss ${formatNumber(metrics.loss)}`
      : `accuracy ${formatPercent(metrics.accuracy)}`;
  const dead = hasUnits({ failed, deadFraction }) ? `, ${formatPercent(deadFraction)} of the units dead` : "";
  const seeds = repeats > 1 ? `, ${repeats} seeds` : "";
  const end = failed === undefined ? "" : ` (${failed.code})`;
  return `${name}: ${score}${dead}, after ${countOf(epochs, "epoch")}${seeds}${end}`;
}
