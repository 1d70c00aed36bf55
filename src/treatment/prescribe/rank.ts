// Which trial is better, and when that is more than chance.
import type { Candidate } from "./candidates.js";
import type { TrialOutcome } from "./run-trial.js";
import type { Interval, TrialFailure } from "./types.js";
import type { Metrics } from "../../network/types.js";

/** A remedy, or the baseline, with what came of it so far. */
export interface Entry {
  readonly candidate: Candidate;
  readonly isBaseline: boolean;
  /** By repeat, each after `budget` epochs. */
  outcomes: readonly TrialOutcome[];
  budget: number;
  /** The last round it took part in. */
  round: number;
  stoppedEarly: boolean;
}

const T95 = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]; // two-sided 95 %, by degrees of freedom
const LOSS_NOISE = 0.1;

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean with its 95 % interval (Student's t); none of fewer than two values. */
export function intervalOf(values: readonly number[]): Interval | undefined {
  const n = values.length;
  if (n < 2) return undefined;
  const mean = meanOf(values);
  const half =
    (T95[n - 2] ?? 1.96 + 2.4 / (n - 1)) *
    Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1) / n);
  return { mean, low: mean - half, high: mean + half };
}

/** The larger the better. */
function scoreOf({ accuracy, loss }: Metrics): number {
  const score = accuracy ?? -loss;
  return Number.isNaN(score) ? -Infinity : score;
}

export function failureOf({ outcomes }: Entry): TrialFailure | undefined {
  return outcomes.find(({ failed }) => failed !== undefined)?.failed;
}

export const meanMetrics = ({ outcomes }: Entry): Metrics => ({
  loss: meanOf(outcomes.map(({ metrics }) => metrics.loss)),
  ...(outcomes[0].metrics.accuracy !== undefined && {
    accuracy: meanOf(outcomes.map(({ metrics }) => metrics.accuracy!)),
  }),
});
export const meanDead = ({ outcomes }: Entry): number => meanOf(outcomes.map(({ deadFraction }) => deadFraction));
const meanScore = (entry: Entry): number => scoreOf(meanMetrics(entry));

/** What `a` is better by than `b`, repeat by repeat. */
export function gainsOf(a: Entry, b: Entry): number[] {
  return a.outcomes
    .slice(0, b.outcomes.length)
    .map(({ metrics }, repeat) => scoreOf(metrics) - scoreOf(b.outcomes[repeat].metrics));
}

/**
 * What two networks of equal skill may differ by: two standard errors of accuracies on so many rows, or a tenth of the
 * loss.
 */
function noise(a: Metrics, b: Metrics, rows: number): number {
  if (a.accuracy === undefined || b.accuracy === undefined) return LOSS_NOISE * Math.abs(b.loss);
  const variance = ({ accuracy = 0 }: Metrics): number => accuracy * (1 - accuracy);
  return 2 * Math.sqrt((variance(a) + variance(b)) / rows);
}

/**
 * Is `a` better than `b` by more than chance? By more than the noise on average and in most repeats, and in none worse
 * by as much; where there is but one repeat, by twice the noise, since another seed may tell another story.
 */
export function beats(a: Entry, b: Entry, rows: number): boolean {
  if (failureOf(a) !== undefined) return false;
  if (failureOf(b) !== undefined) return true;
  const gains = gainsOf(a, b);
  const least = noise(meanMetrics(a), meanMetrics(b), rows) * (gains.length === 1 ? 2 : 1);
  return (
    meanScore(a) > meanScore(b) &&
    meanOf(gains) > least &&
    gains.filter((gain) => gain > least).length > gains.length / 2 &&
    gains.every((gain) => gain >= -least)
  );
}

/** Better first: by score, then loss; in the order given where all is equal. What failed comes last. */
export function byScore(a: Entry, b: Entry): number {
  const failed = Number(failureOf(a) !== undefined) - Number(failureOf(b) !== undefined);
  return failed || compare(meanScore(b), meanScore(a)) || compare(meanMetrics(a).loss, meanMetrics(b).loss);
}

/** For sort, in ascending order; infinities have no difference. */
const compare = (a: number, b: number): number => Number(a > b) - Number(a < b);

/** Dead units in tenths of all; unknown is the worst. */
function deadTenths(entry: Entry): number {
  const share = meanDead(entry);
  return Number.isNaN(share) ? 11 : Math.floor(share * 10 + 1e-9);
}

/** Among those that chance may have put apart: fewer dead units, then the baseline, then the score, then the time. */
function byDeadShare(a: Entry, b: Entry): number {
  const seconds = ({ outcomes }: Entry): number => meanOf(outcomes.map((outcome) => outcome.seconds));
  return (
    deadTenths(a) - deadTenths(b) ||
    Number(b.isBaseline) - Number(a.isBaseline) ||
    byScore(a, b) ||
    compare(seconds(a), seconds(b))
  );
}

function rankFinished(entries: readonly Entry[], rows: number): Entry[] {
  const waiting = [...entries].sort(byScore);
  const ranked: Entry[] = [];
  while (waiting.length > 0) {
    const leader = waiting[0];
    const level = waiting.filter(
      (entry) =>
        entry === leader ||
        ((failureOf(entry) === undefined) === (failureOf(leader) === undefined) && !beats(leader, entry, rows)),
    );
    ranked.push(...level.sort(byDeadShare));
    for (const entry of level) waiting.splice(waiting.indexOf(entry), 1);
  }
  return ranked;
}

/**
 * All in order: finalists, then those stopped early, later rounds first; what failed last. A baseline that the stopped
 * beat too comes after them.
 */
export function rank(entries: readonly Entry[], rows: number): Entry[] {
  const failed = entries.filter((entry) => failureOf(entry) !== undefined);
  const sound = entries.filter((entry) => failureOf(entry) === undefined);
  const finished = rankFinished(
    sound.filter(({ stoppedEarly }) => !stoppedEarly),
    rows,
  );
  const stopped = sound.filter(({ stoppedEarly }) => stoppedEarly).sort((a, b) => b.round - a.round || byScore(a, b));
  const baseline = finished.at(-1)?.isBaseline ? finished.pop() : undefined;
  if (!baseline) return [...finished, ...stopped, ...failed];
  const before = stopped.filter((entry) => beats(entry, baseline, rows));
  return [...finished, ...before, baseline, ...stopped.filter((entry) => !before.includes(entry)), ...failed];
}
