// One line that says how far a training is.
import { drawBar } from "../text/bar.js";
import { formatWhole } from "../text/numbers.js";

const BAR_WIDTH = 24;

/** `45 s`, `3 min 20 s`, `2 h 5 min` */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function formatRate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toPrecision(2) : formatWhole(perSecond);
}

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
 * @example drawProgress({ label: "training", done: 50, total: 100, unit: "steps" }, 2, 80) // "training ████████████             50 %  25 steps/s  2 s left"
 */
export function drawProgress({ label, done, total, unit, note }: ProgressLine, seconds: number, width: number): string {
  const fraction = total === 0 ? 1 : done / total;
  const parts = [`${label} ${drawBar(fraction, BAR_WIDTH)} ${Math.floor(fraction * 100)} %`];
  if (done > 0 && seconds > 0) {
    parts.push(`${formatRate(done / seconds)} ${unit}/s`, `${formatDuration(((total - done) * seconds) / done)} left`);
  }
  if (note) parts.push(note);
  return parts.join("  ").slice(0, width);
}
