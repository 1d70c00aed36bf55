// Successive halving (Jamieson and Talwalkar 2016): all remedies for a quarter of the epochs, the better half for all
// of them, the better half of those with every seed. The diagnosis's first choice goes all the way, whatever its early
// figures: what works slowly is judged at the end.
import type { TrialJob, TrialOutcome } from "./run-trial.js";
import type { Candidate } from "./candidates.js";
import { byScore, type Entry, failureOf } from "./rank.js";

const SHORT = 4;
const LEAST_FINALISTS = 3;

export interface Rules {
  readonly epochs: number;
  readonly seeds: readonly number[];
  /** The first remedy goes all the way. */
  readonly hasFavourite: boolean;
  /** Undefined if it was aborted. */
  readonly run: (job: TrialJob) => Promise<TrialOutcome | undefined>;
  /** Once for each entry and round. */
  readonly onResult: (entry: Entry) => void;
  readonly isOver: () => boolean;
}

export function enter(candidate: Candidate, isBaseline = false): Entry {
  return { candidate, isBaseline, outcomes: [], budget: 0, round: 0, stoppedEarly: false };
}

/**
 * The entry's trainings with the given repeats; what was finished of them is added to `outcomes`, or replaces it if it
 * is of fewer epochs.
 */
async function train(entry: Entry, repeats: readonly number[], epochs: number, rules: Rules): Promise<void> {
  const { settings } = entry.candidate;
  const outcomes = await Promise.all(
    repeats.map((repeat) => rules.run({ settings, seed: rules.seeds[repeat], epochs })),
  );
  const missing = outcomes.indexOf(undefined);
  const whole = (missing < 0 ? outcomes : outcomes.slice(0, missing)) as TrialOutcome[];
  if (whole.length === 0) return;
  entry.budget = epochs;
  entry.outcomes = [...entry.outcomes.slice(0, repeats[0]), ...whole];
  rules.onResult(entry);
}

async function playRound(
  entries: readonly Entry[],
  round: number,
  epochs: number,
  repeats: readonly number[],
  rules: Rules,
): Promise<void> {
  for (const entry of entries) entry.round = round;
  await Promise.all(entries.map((entry) => train(entry, repeats, epochs, rules)));
}

/** Those that go on; the others are marked as stopped. */
function select(entries: readonly Entry[], first: Entry | undefined): Entry[] {
  const tried = entries.filter(({ outcomes }) => outcomes.length > 0);
  const better = [...tried].sort(byScore).slice(0, Math.max(LEAST_FINALISTS, Math.ceil(tried.length / 2)));
  const chosen = tried.filter((entry) => failureOf(entry) === undefined && (entry === first || better.includes(entry)));
  for (const entry of tried) entry.stoppedEarly = !chosen.includes(entry) && failureOf(entry) === undefined;
  return chosen;
}

/** @param baseline trained already, with the first seed */
export async function compete(baseline: Entry, remedies: readonly Entry[], rules: Rules): Promise<void> {
  const { epochs, seeds } = rules;
  const later = [...seeds.keys()].slice(1);
  const first = rules.hasFavourite ? remedies[0] : undefined;
  let going = [...remedies];
  const isLong = epochs >= SHORT && remedies.length > LEAST_FINALISTS;
  if (isLong) {
    await playRound(going, 1, Math.ceil(epochs / SHORT), [0], rules);
    if (rules.isOver()) return;
    going = select(going, first);
  }
  await playRound(going, 2, epochs, [0], rules);
  if (rules.isOver() || later.length === 0) return;
  going = select(going, first);
  await playRound([baseline, ...going], 3, epochs, later, rules);
}
