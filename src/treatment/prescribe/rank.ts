// Which trial is better, when that is more than chance, and which is better than always saying the same.
import type { Candidate } from "./candidates.js";
import type { Judgement } from "../trial/judge.js";
import type { TrialFailure, TrialOutcome } from "../trial/trial.js";
import type { Interval, Measure } from "./types.js";
import { mean, sum } from "../../core/statistics.js";
import { studentT } from "../../core/student-t.js";

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

/** What trials are ranked by. */
export interface Scale {
  readonly measure: Measure;
  /** Rows that judge. */
  readonly rows: number;
  /** They are those that train: what is measured on them is no sample of anything. */
  readonly areTraining: boolean;
  /** The best that can be said without looking at the inputs. */
  readonly constant: Judgement;
}

const CONFIDENCE = 0.95;
const LOSS_NOISE = 0.1;
/** Of the constant's loss: by less two networks are as good as each other, whatever the factor. */
const LOSS_FLOOR = 0.002;

/** Mean with its 95 % interval (Student's t); none of fewer than two values, or where one is not finite. */
export function intervalOf(values: readonly number[]): Interval | undefined {
  const n = values.length;
  if (n < 2 || !values.every(Number.isFinite)) return undefined;
  const middle = mean(values);
  const squares = sum(values.map((value) => (value - middle) ** 2));
  const half = studentT(CONFIDENCE, n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { mean: middle, low: middle - half, high: middle + half };
}

/** What figures are read off. */
export type Measured = Pick<Judgement, "metrics" | "balancedAccuracy">;

/** What is measured, as it is told; NaN where it is not known. */
export function figureOf({ metrics, balancedAccuracy }: Measured, measure: Measure): number {
  if (measure === "balancedAccuracy") return balancedAccuracy ?? Number.NaN;
  return measure === "accuracy" ? (metrics.accuracy ?? Number.NaN) : metrics.loss;
}

/** The larger the better. */
export function scoreOf(judged: Measured, measure: Measure): number {
  const figure = figureOf(judged, measure);
  if (Number.isNaN(figure)) return -Infinity;
  return measure === "loss" ? -figure : figure;
}

export function failureOf({ outcomes }: Entry): TrialFailure | undefined {
  return outcomes.find(({ failed }) => failed !== undefined)?.failed;
}

const isKnown = <T>(value: T | undefined): value is T => value !== undefined;

/** Sorting asks for them again and again. */
const means = new WeakMap<Entry["outcomes"], Judgement>();

/** Means over the repeats. */
export function meanJudgement({ outcomes }: Pick<Entry, "outcomes">): Judgement {
  const known = means.get(outcomes) ?? computeMeans(outcomes);
  means.set(outcomes, known);
  return known;
}

function computeMeans(outcomes: Entry["outcomes"]): Judgement {
  const accuracies = outcomes.map(({ metrics: { accuracy } }) => accuracy).filter(isKnown);
  const balanced = outcomes.map(({ balancedAccuracy }) => balancedAccuracy).filter(isKnown);
  return {
    metrics: {
      // what is no number is as bad as what has no bound
      loss: mean(outcomes.map(({ metrics: { loss } }) => (Number.isNaN(loss) ? Infinity : loss))),
      ...(accuracies.length > 0 && { accuracy: mean(accuracies) }),
    },
    ...(balanced.length > 0 && { balancedAccuracy: mean(balanced) }),
    variance: mean(outcomes.map(({ variance }) => variance)),
  };
}

/** Of the repeats that had a network; 0 where none had. */
export function meanDead({ outcomes }: Entry): number {
  const known = outcomes.map(({ deadFraction }) => deadFraction).filter((share) => !Number.isNaN(share));
  return known.length === 0 ? 0 : mean(known);
}

/** What `a` is better by than `b`, repeat by repeat: of the seeds that both were trained with. */
export function gainsOf(a: Entry, b: Entry, measure: Measure): number[] {
  return a.outcomes
    .slice(0, b.outcomes.length)
    .map((outcome, repeat) => scoreOf(outcome, measure) - scoreOf(b.outcomes[repeat], measure));
}

/** The same seeds of both. */
function alike(a: Entry, b: Entry): [Judgement, Judgement] {
  const count = Math.min(a.outcomes.length, b.outcomes.length);
  const [first, second] = [a, b].map(({ outcomes }) => meanJudgement({ outcomes: outcomes.slice(0, count) }));
  return [first, second];
}

/**
 * What two networks of equal skill may differ by. Of accuracies two standard errors of their difference, by how much
 * single rows differ (a row of several answers counts as one), and nothing on the rows that train; of losses a tenth of
 * the smaller one, so that an explosion makes no noise, and at least two thousandths of the constant's.
 */
function noise(a: Judgement, b: Judgement, { measure, rows, areTraining, constant }: Scale): number {
  if (measure === "loss")
    return Math.max(
      LOSS_NOISE * Math.min(Math.abs(a.metrics.loss), Math.abs(b.metrics.loss)),
      LOSS_FLOOR * Math.abs(constant.metrics.loss),
    );
  return areTraining ? 0 : 2 * Math.sqrt((a.variance + b.variance) / rows);
}

/**
 * Is `a` better than `b` by more than chance? By more than the noise on average and in most repeats, and in none worse
 * by as much; where there is but one repeat, by twice the noise, since another seed may tell another story.
 */
export function beats(a: Entry, b: Entry, scale: Scale): boolean {
  if (failureOf(a) !== undefined) return false;
  if (failureOf(b) !== undefined) return true;
  const gains = gainsOf(a, b, scale.measure);
  const least = noise(...alike(a, b), scale) * (gains.length === 1 ? 2 : 1);
  return (
    mean(gains) > least &&
    gains.filter((gain) => gain > least).length > gains.length / 2 &&
    gains.every((gain) => gain >= -least)
  );
}

/** Better than the constant: by the measure, or, where that is the same, by a tenth of the loss. */
function isAbove(judged: Judgement, { measure, constant }: Scale): boolean {
  const [score, least] = [judged, constant].map((each) => scoreOf(each, measure));
  const { loss } = constant.metrics;
  return score > least || (score === least && judged.metrics.loss < loss - LOSS_NOISE * Math.abs(loss));
}

/** On average, and without a failure in any seed. */
export function isAboveConstant(entry: Entry, scale: Scale): boolean {
  return failureOf(entry) === undefined && isAbove(meanJudgement(entry), scale);
}

/**
 * Worse than the baseline with the same seeds: by more than the baseline's noise on average, or below the constant in a
 * seed in which the baseline is not.
 */
function isWorse(entry: Entry, baseline: Entry, scale: Scale): boolean {
  if (failureOf(baseline) !== undefined) return false;
  const [own, given] = alike(entry, baseline);
  const gap = scoreOf(given, scale.measure) - scoreOf(own, scale.measure);
  const least = scale.measure === "loss" ? noise(given, given, scale) : noise(given, given, scale) / Math.SQRT2;
  const hasCollapsed = entry.outcomes.some((outcome, repeat) => {
    const other = baseline.outcomes[repeat];
    return other !== undefined && !isAbove(outcome, scale) && isAbove(other, scale);
  });
  return gap > least || hasCollapsed;
}

/** For sort, in ascending order; infinities have no difference. */
const compare = (a: number, b: number): number => Number(a > b) - Number(a < b);

/** Better first: by score, then loss; in the order given where all is equal. What failed comes last. */
export function byScore(measure: Measure): (a: Entry, b: Entry) => number {
  const meanScore = (entry: Entry): number => scoreOf(meanJudgement(entry), measure);
  const meanLoss = (entry: Entry): number => meanJudgement(entry).metrics.loss;
  return (a, b) => {
    const failed = Number(failureOf(a) !== undefined) - Number(failureOf(b) !== undefined);
    return failed || compare(meanScore(b), meanScore(a)) || compare(meanLoss(a), meanLoss(b));
  };
}

/** Dead units in tenths of all. */
const deadTenths = (entry: Entry): number => Math.floor(meanDead(entry) * 10 + 1e-9);

/** Of numbers, so many times the constant's loss says nothing but that the training ran away. */
const EXPLODED = 1000;

/** It failed, or its loss is beyond comparison: how far beyond says nothing. */
function hasExploded(entry: Entry, { measure, constant }: Scale): boolean {
  if (failureOf(entry) !== undefined) return true;
  const { loss } = constant.metrics;
  return measure === "loss" && loss > 0 && meanJudgement(entry).metrics.loss > EXPLODED * loss;
}

/**
 * Among those that chance may have put apart: fewer dead units, then the baseline, then fewer changes, then those that
 * the diagnosis asks for, then the score, then the epochs.
 */
function byDeadShare(measure: Measure): (a: Entry, b: Entry) => number {
  return (a, b) =>
    deadTenths(a) - deadTenths(b) ||
    Number(b.isBaseline) - Number(a.isBaseline) ||
    a.candidate.changes - b.candidate.changes ||
    Number(b.candidate.isAskedFor) - Number(a.candidate.isAskedFor) ||
    byScore(measure)(a, b) ||
    compare(a.outcomes[0].epochs, b.outcomes[0].epochs);
}

/** Groups that chance may have put apart, one after the other; what is worse than the baseline comes after it. */
function rankFinished(entries: readonly Entry[], scale: Scale): Entry[] {
  const baseline = entries.find(({ isBaseline }) => isBaseline);
  const worse = baseline ? entries.filter((entry) => entry !== baseline && isWorse(entry, baseline, scale)) : [];
  const waiting = entries.filter((entry) => !worse.includes(entry)).sort(byScore(scale.measure));
  const ranked: Entry[] = [];
  while (waiting.length > 0) {
    const leader = waiting[0];
    const level = waiting.filter((entry) => entry === leader || !beats(leader, entry, scale));
    ranked.push(...level.sort(byDeadShare(scale.measure)));
    for (const entry of level) waiting.splice(waiting.indexOf(entry), 1);
  }
  return [...ranked, ...worse.sort(byScore(scale.measure))];
}

/**
 * All in order: finalists that are above the constant, the others, then those stopped early, later rounds first. What
 * failed or exploded is one class, last, in the order given. A baseline that the stopped beat too comes after them.
 */
export function rank(entries: readonly Entry[], scale: Scale): Entry[] {
  const failed = entries.filter((entry) => hasExploded(entry, scale));
  const sound = entries.filter((entry) => !failed.includes(entry));
  const isWhole = sound.filter(({ stoppedEarly }) => !stoppedEarly);
  const finished = [true, false].flatMap((above) =>
    rankFinished(
      isWhole.filter((entry) => isAboveConstant(entry, scale) === above),
      scale,
    ),
  );
  const order = byScore(scale.measure);
  const stopped = sound.filter(({ stoppedEarly }) => stoppedEarly).sort((a, b) => b.round - a.round || order(a, b));
  const baseline = finished.at(-1)?.isBaseline ? finished.pop() : undefined;
  if (!baseline) return [...finished, ...stopped, ...failed];
  const before = stopped.filter((entry) => beats(entry, baseline, scale));
  return [...finished, ...before, baseline, ...stopped.filter((entry) => !before.includes(entry)), ...failed];
}
