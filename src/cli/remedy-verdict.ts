// What a remedy did, by one rule: how much of what the fault took is back.

/**
 * How a network came out: score is accuracy or R², closed the share of hidden units that fire on no training row (NaN:
 * not known).
 */
export interface RemedyOutcome {
  readonly score: number;
  readonly closed: number;
}

export type RemedyVerdict = "cured" | "helped" | "did nothing" | "made it worse" | "nothing to cure";

const LEAST_SCORE_LOST = 0.02; // smaller differences are what another seed would give
const LEAST_UNITS_LOST = 0.05;
const CURED = 0.9;
const NOTICED = 0.1;

export const VERDICT_RULE =
  "Rule: what the fault took is the score and the units that fire between the healthy run and the " +
  "faulty one. Cured: at least 90 % of both is back. " +
  "Helped: at least 10 % is back (the mean of the two). Made it worse: a further 10 % is lost, of the " +
  "mean or of the score. Did nothing: in between.";

/** R² has no lower end and may not be a number: below 0, no better than the mean, counts as 0. */
function clampScore(score: number): number {
  return score > 0 ? score : 0;
}

/** The shares that are back, from -1 to 1, of the losses that are large enough to measure; NaN of others. */
function sharesBack(healthy: RemedyOutcome, faulty: RemedyOutcome, remedy: RemedyOutcome): number[] {
  const score = [healthy, faulty, remedy].map((outcome) => clampScore(outcome.score));
  const open = [healthy, faulty, remedy].map((outcome) => 1 - outcome.closed);
  const measured: [number[], number][] = [
    [score, LEAST_SCORE_LOST],
    [open, LEAST_UNITS_LOST],
  ];
  return measured.map(([[before, after, now], least]) =>
    before - after >= least ? Math.max(-1, Math.min(1, (now - after) / (before - after))) : Number.NaN,
  );
}

/** The verdict on a remedy by VERDICT_RULE; "nothing to cure" where the fault took nothing worth the name. */
export function judgeRemedy(healthy: RemedyOutcome, faulty: RemedyOutcome, remedy: RemedyOutcome): RemedyVerdict {
  const [ofScore, ofUnits] = sharesBack(healthy, faulty, remedy);
  if (ofScore <= -NOTICED) return "made it worse"; // whatever fires: open units that answer worse are no help
  const shares = [ofScore, ofUnits].filter((share) => !Number.isNaN(share));
  if (shares.length === 0) return "nothing to cure";
  if (shares.every((share) => share >= CURED)) return "cured";
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  if (mean >= NOTICED) return "helped";
  return mean <= -NOTICED ? "made it worse" : "did nothing";
}
