// Held-out rows whose columns lie elsewhere than the training's: scaled otherwise, shifted, of another time. That a
// network does badly on them says nothing of what it learned.
import { type Evidence, type Found, varyingColumns } from "./evidence.js";
import { type Matrix, shownMatrix } from "../../core/matrix.js";
import { meanAndSpread } from "../../core/statistics.js";
import { countOf, formatCount, formatNumber } from "../../text/numbers.js";
import { listNames } from "../../text/naming.js";

/** Root mean square of the columns' distances, in spreads of the training's, from which on rows lie elsewhere. */
const ELSEWHERE = 0.8;
/** Standard errors of both samples' numbers that a distance has to be beyond. */
const NOISE = 4;
/** Of the rows, at each end: outliers, which tell nothing of where the others lie. */
const TRIMMED = 0.01;
/** Fewer rows, or fewer that are off a column's commonest value, tell nothing of where it lies. */
const LEAST_ROWS = 20;

interface Place {
  readonly mean: number;
  readonly spread: number;
}

interface Moved {
  readonly column: number;
  readonly own: Place;
  readonly held: Place;
  /** Of the mean, and of the spread beside it, in spreads of the training's. */
  readonly distance: number;
}

/** How many of sorted values differ from the commonest. */
function countVaried(sorted: Float64Array): number {
  let most = 0;
  for (let start = 0, at = 1; at <= sorted.length; at++) {
    if (at < sorted.length && sorted[at] === sorted[start]) continue;
    most = Math.max(most, at - start);
    start = at;
  }
  return sorted.length - most;
}

/** A column in order, without a hundredth at each end, at least one of 20 rows and more. */
function trimmed({ rows, columns, data }: Matrix, column: number): Float64Array {
  const values = new Float64Array(rows);
  for (let row = 0, at = column; row < rows; row++, at += columns) values[row] = data[at];
  const cut = rows < 20 ? 0 : Math.max(1, Math.floor(TRIMMED * rows));
  return values.sort().subarray(cut, rows - cut);
}

/**
 * Columns that change on many of the training's rows, each with how far the held-out rows' lies from it: 0 within
 * noise. A column that is nearly always the same (a rare word's) is none: what is left of it without its ends is
 * chance.
 */
function compareColumns(own: Matrix, held: Matrix, among: readonly number[]): Moved[] {
  return among.flatMap((column) => {
    const kept = trimmed(own, column);
    if (countVaried(kept) < LEAST_ROWS) return [];
    const a = meanAndSpread(kept);
    if (!(a.spread > 0)) return [];
    const b = meanAndSpread(trimmed(held, column));
    const error = NOISE * Math.sqrt(1 / held.rows + 1 / own.rows);
    const beyond = (distance: number) => (distance > error * Math.max(1, b.spread / a.spread) ? distance : 0);
    const shift = beyond(Math.abs(b.mean - a.mean) / a.spread);
    const stretch = beyond(Math.abs(b.spread / a.spread - 1));
    return [{ column, own: a, held: b, distance: Math.hypot(shift, stretch) }];
  });
}

/** In place of overfitting, where held-out rows are known: their columns are not those that it was trained on. */
export function findElsewhere(
  { observation: { inputs }, heldOut, naming }: Evidence,
  isCause: boolean,
): Found | undefined {
  if (!inputs || !heldOut || inputs.x.rows < LEAST_ROWS) return undefined;
  const compared = compareColumns(inputs.x, shownMatrix(heldOut.data.x), varyingColumns(inputs.columns));
  if (compared.length === 0) return undefined;
  const size = Math.sqrt(compared.reduce((sum, { distance }) => sum + distance ** 2, 0) / compared.length);
  if (!(size >= ELSEWHERE)) return undefined;
  const moved = compared.filter(({ distance }) => distance >= ELSEWHERE);
  const worst = compared.reduce((a, b) => (b.distance > a.distance ? b : a));
  const { column, own, held, distance } = worst;
  const names = listNames(
    (moved.length > 0 ? moved : [worst]).map((one) => one.column),
    naming.column,
  );
  return {
    kind: "heldOutElsewhere",
    role: isCause ? "cause" : "remark",
    message:
      `The held-out rows lie elsewhere than the training's in ${formatCount(Math.max(1, moved.length))} of ` +
      `${countOf(compared.length, "input column")} (${names}): column ${naming.column(column)} has a mean of ` +
      `${formatNumber(held.mean)} and a spread of ${formatNumber(held.spread)} there, and ${formatNumber(own.mean)} and ` +
      `${formatNumber(own.spread)} in training, which is ${formatNumber(distance)} spreads off.`,
    advice:
      "Prepare both alike: measure means and spreads on the training rows, and use these for the held-out rows; if they " +
      "are of another time or place, train on rows like them.",
    figures: {
      distance: size,
      columns: moved.length,
      column,
      columnDistance: distance,
      heldOutMean: held.mean,
      heldOutSpread: held.spread,
      mean: own.mean,
      spread: own.spread,
    },
  };
}
