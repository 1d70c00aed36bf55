// One line that says how far a training is.
import { drawBar } from "../text/bar.js";
import { formatDuration, formatNumber } from "../text/numbers.js";

const BAR_WIDTH = 24;

export interface ProgressLine {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly note?: string;
}

/**
 * The line, cut to `width`.
 * @param seconds since the start: rate and time left come from it
 * @example
 * drawProgress({ label: "training", done: 50, total: 100, unit: "steps" }, 2, 80)
 * // "training ████████████             50 %  25 steps/s  2 s left"
 */
export function drawProgress({ label, done, total, unit, note }: ProgressLine, seconds: number, width: number): string {
  const fraction = total === 0 ? 1 : done / total;
  const parts = [`${label} ${drawBar(fraction, BAR_WIDTH)} ${Math.floor(fraction * 100)} %`];
  if (done > 0 && seconds > 0) {
    parts.push(
      `${formatNumber(done / seconds, 2)} ${unit}/s`,
      `${formatDuration(((total - done) * seconds) / done)} left`,
    );
  }
  if (note) parts.push(note);
  return parts.join("  ").slice(0, width);
}
