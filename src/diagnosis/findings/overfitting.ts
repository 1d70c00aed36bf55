// Too much training: held-out rows that were done better before, or that are done far worse than its own.
import type { Evidence, Found } from "./evidence.js";
import { type LearningEvidence, scoreOf, skillOf } from "../learning/learning.js";
import { FEW_ROWS, isWorseThanConstant, NOISE, SOME } from "../learning/verdict.js";
import { largestOf, mean } from "../../core/statistics.js";
import { findElsewhere } from "./held-out-columns.js";
import { countOf, formatPercent } from "../../text/numbers.js";

/** The held-out rows lost more than this share of what they had gained. */
const LOST_ON_HELD_OUT = 0.5;
/** ... or tell hardly anything: less than this share of what is told of its own, */
const HARDLY_ANY = 0.2;
/** ... and this share where it is said in passing. */
const LOST_SOME = 0.1;

/** Means of a window, so that one epoch's noise is no minimum. */
function smooth(values: readonly number[], width: number): number[] {
  return values.slice(width - 1).map((_, i) => mean(values.slice(i, i + width)));
}

type Measure = (score: number, accuracy: number | undefined) => number;

/**
 * The history's skill by epoch on the held-out rows, smoothed: none where a loss is not finite.
 * @param measure another than the skill
 */
function heldOutSkills({ history, learning }: Evidence, measure?: Measure): number[] {
  const seen = (history?.epochs ?? []).flatMap(({ validation }) => validation ?? []);
  if (!learning || learning.learning.score === undefined || !seen.every(({ loss }) => Number.isFinite(loss))) return [];
  const { constantAccuracy } = learning.learning;
  const of: Measure = measure ?? ((score, accuracy) => skillOf(score, accuracy, constantAccuracy)!);
  const skills = seen.map(({ loss, accuracy }) => of(scoreOf(loss, learning), accuracy));
  return smooth(skills, Math.max(1, Math.min(5, Math.floor(skills.length / 10))));
}

/**
 * Rows that were not trained on did best in the first half, by their answers and by their loss, of which one alone may
 * have been so by chance: more of the same is not what is missing.
 */
export function hasHeldOutPeaked(evidence: Evidence): boolean {
  return [undefined, (score: number) => score].every((measure) => {
    const skills = heldOutSkills(evidence, measure);
    return skills.length > 3 && skills.indexOf(largestOf(skills)) < skills.length / 2;
  });
}

/** Without the rows that were held out, where the observed rows are those of the fit, all of them. */
function ownSkill(
  { observation: { training, rows } }: Evidence,
  { learning, skill }: LearningEvidence,
): number | undefined {
  const { heldOut, score, accuracy, constantAccuracy } = learning;
  const held = training?.fit && heldOut?.rows === undefined ? 1 - training.fit.trainingRows / rows : 0;
  if (!heldOut || !(held > 0)) return skill;
  const without = (all: number | undefined, part: number | undefined) =>
    all === undefined || part === undefined ? undefined : (all - held * part) / (1 - held);
  return skillOf(without(score, heldOut.score), without(accuracy, heldOut.accuracy), constantAccuracy);
}

export function findOverfitting(evidence: Evidence): Found[] {
  const { learning } = evidence;
  const held = learning?.learning.heldOut;
  if (!learning || !held || held.score === undefined || learning.learning.score === undefined) return [];
  const { constantAccuracy, accuracy } = learning.learning;
  const own = ownSkill(evidence, learning)!;
  const skills = heldOutSkills(evidence);
  const now = skillOf(held.score, held.accuracy, constantAccuracy)!;
  const best = Math.max(now, largestOf(skills));
  const bestEpoch = skills.indexOf(best) + 1;
  const lost = best > 0 ? (best - now) / best : 0;
  const gap = own - now;
  // right as often, it may be, and too sure of what is wrong: the verdict's measure
  const isWorse = isWorseThanConstant(held, constantAccuracy);
  const isFarBelow = gap > SOME && (now <= HARDLY_ANY * own || lost > LOST_ON_HELD_OUT);
  const isCause = own > SOME && (isFarBelow || (isWorse && learning.learning.score - held.score > SOME));
  const isFarByLoss = learning.learning.score - held.score > Math.max(SOME, NOISE * (held.scoreError ?? 0));
  const isWorthSaying = isWorse || (gap > LOST_SOME && (lost > LOST_SOME || isFarByLoss));
  if (!isCause && !(own > SOME && isWorthSaying)) return [];
  const few = held.rows !== undefined && held.rows < FEW_ROWS ? ` (${countOf(held.rows, "row")}, which is few)` : "";
  const right = [accuracy, held.accuracy].map((share) => (share === undefined ? "-" : formatPercent(share)));
  const peak = lost > LOST_SOME && bestEpoch > 0;
  const elsewhere = findElsewhere(evidence, isCause);
  if (elsewhere) return [elsewhere];
  return [
    {
      kind: "overfitting",
      role: isCause ? "cause" : "remark",
      message:
        `It knows its own rows better than those held out${few}` +
        // by the answers it may know them as well
        `${now < own ? "" : ", by its loss"}: it has learned ` +
        `${formatPercent(Math.max(0, own))} of its own and ${formatPercent(Math.max(0, now))} of those held out` +
        `${held.score < 0 ? "; its loss on held-out rows is worse than a constant's" : ""}` +
        `${held.accuracy === undefined ? "" : `; accuracy ${right.join(" and ")}`}` +
        `${peak ? `; the best was ${formatPercent(best)}, in epoch ${bestEpoch}` : ""}.`,
      advice: peak
        ? "Stop at the best epoch (earlyStopping), or train on more rows, with a smaller network, or with weight decay."
        : "Train on more rows, with a smaller network, or with weight decay.",
      figures: {
        skill: own,
        heldOutSkill: now,
        heldOutScore: held.score,
        bestSkill: best,
        ...(bestEpoch > 0 && { bestEpoch }),
      },
    },
  ];
}
