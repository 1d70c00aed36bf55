// Numbers as a terminal shows them.

import { formatCount } from "./columns.js";

const NONE = "-";

/** `97.2 %` */
export function formatPercent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : NONE;
}

/** Four significant digits: `0.0123`, `1.25`, `3.4e+20`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential(2);
  return size >= 1000
    ? value.toFixed(0)
    : value
        .toPrecision(4)
        .replace(/(\.\d*?)0+$/, "$1")
        .replace(/\.$/, "");
}

/** A score: accuracy in percent, R² to three places, and what is no better than the mean as such. */
export function formatScore(score: number, isAccuracy: boolean): string {
  if (isAccuracy) return formatPercent(score);
  if (Number.isNaN(score)) return NONE;
  return score < 0 ? "below 0" : score.toFixed(3);
}

/** `1,437`, rounded. */
export function formatWhole(value: number): string {
  return Number.isFinite(value) ? formatCount(Math.round(value)) : NONE;
}
