// How fast a loss still falls at the end of a training, against its own noise from epoch to epoch.
import { mean } from "../../core/statistics.js";

export interface Pace {
  /** By how much it fell for each epoch, in the last quarter. */
  readonly perEpoch: number;
  /** By how much it falls in as many epochs again, if each quarter does to the next as the last two did. */
  readonly gain: number;
  /** What the last quarter's fall is of that before, at most 1: near 1 the curve is a straight line. */
  readonly straightness: number;
  /** What the last quarter's fall is of a quarter's on average: near 1 the whole curve is a straight line. */
  readonly ofAverage: number;
}

const QUARTERS = 4;
/** How many standard errors a fall has to be. */
const NOISE = 2;

/** Standard deviation around the trend, from the differences of neighbours and the trend of these. */
function noiseOf(losses: readonly number[]): number {
  const differences = losses.slice(1).map((loss, i) => loss - losses[i]);
  const trend = mean(differences);
  // the differences of two numbers have twice their variance
  return Math.sqrt(mean(differences.map((difference) => (difference - trend) ** 2)) / 2);
}

/**
 * Undefined where it does not fall, or by no more than its noise.
 * @param losses one an epoch, at least three
 */
export function paceOf(losses: readonly number[]): Pace | undefined {
  const epochs = losses.length;
  if (epochs < 3 || !losses.every(Number.isFinite)) return undefined;
  if (epochs < 2 * QUARTERS) return paceOfFew(losses);
  const quarter = Math.floor(epochs / QUARTERS);
  const [before, middle, last] = [3, 2, 1].map((i) =>
    mean(losses.slice(epochs - i * quarter, epochs - (i - 1) * quarter)),
  );
  // where it rose between, both quarters together tell
  const [fall, earlier] = before > middle ? [middle - last, before - middle] : [(before - last) / 2, 0];
  const noise = noiseOf(losses.slice(epochs - 2 * quarter)) * Math.sqrt(2 / quarter);
  if (!(fall > NOISE * noise)) return undefined;
  return describe(fall, earlier, quarter, QUARTERS, losses[0] - last);
}

/** Each epoch for itself. */
function paceOfFew(losses: readonly number[]): Pace | undefined {
  const [before, middle, last] = losses.slice(-3);
  const fall = middle - last;
  return fall > 0 ? describe(fall, before - middle, 1, losses.length, losses[0] - last) : undefined;
}

/**
 * Of a training too short for a pace of its own, by the losses that it had at its start, on average and at its end.
 * @param epochs of the training
 */
export function paceOfShort(start: number, average: number, end: number, epochs: number): Pace | undefined {
  const fall = average - end;
  if (!(fall > 0) || !Number.isFinite(start)) return undefined;
  return describe(fall, start - average, epochs / 2, 2, start - end);
}

/**
 * @param spans so many spans of `epochs` epochs make up the training
 * @param total the whole fall
 */
function describe(fall: number, earlier: number, epochs: number, spans: number, total: number): Pace {
  const straightness = earlier > 0 ? Math.min(1, fall / earlier) : 1;
  let gain = 0;
  for (let span = 1; span <= spans; span++) gain += fall * straightness ** span;
  const ofAverage = total > 0 ? (fall * spans) / total : 1;
  return { perEpoch: fall / epochs, gain, straightness, ofAverage };
}
