// Successive halving (Jamieson and Talwalkar 2016): all candidates for a quarter of the epochs, then the best of them
// in pairs, the better half for all epochs, the better half of those with every seed. The diagnosis's first choice goes
// all the way, whatever its early figures: what works slowly is judged at the end.
import type { TrialJob, TrialOutcome } from "./trial.js";
import { type Candidate, combine } from "./candidates.js";
import { byScore, type Entry, failureOf } from "./rank.js";
import type { Measure } from "./types.js";

const SHORT = 4;
const LEAST_FINALISTS = 3;
/** So many of the best are tried in pairs. */
const PAIRED = 4;
/** So often pairs are made of what is best, pairs among it. */
const TURNS = 3;
/** Of a budget, what the short rounds, and the first training in full, may take at most. */
const SHARES = { short: 0.4, full: 0.35 };

export interface Rules {
  readonly epochs: number;
  readonly seeds: readonly number[];
  /** The first remedy goes all the way. */
  readonly hasFavourite: boolean;
  readonly measure: Measure;
  /** All trainings together, in trainings of the baseline. */
  readonly budget: number;
  /** Most candidates; those that are made of others count too. */
  readonly most: number;
  /** Undefined if it was aborted. */
  readonly run: (job: TrialJob) => Promise<TrialOutcome | undefined>;
  /** Once for each entry and round. */
  readonly onResult: (entry: Entry) => void;
  readonly isOver: () => boolean;
}

export function enter(candidate: Candidate, isBaseline = false): Entry {
  return { candidate, isBaseline, outcomes: [], budget: 0, round: 0, stoppedEarly: false };
}

/** The epochs of a run that trains a share of what it is to. */
export function epochsOf({ settings }: Candidate, epochs: number, share = 1): number {
  return Math.max(Math.min(1, epochs), Math.ceil(epochs * (settings.epochs ?? 1) * share));
}

/** What a run costs, in trainings of the baseline. */
const costOf = ({ candidate: { settings } }: Entry, share: number): number => (settings.epochs ?? 1) * share;

/** As many of them, in order, as the rest of a budget pays for; at least one. */
function affordable(entries: readonly Entry[], share: number, runs: number, budget: number): Entry[] {
  let left = budget;
  return entries.filter((entry, place) => {
    const cost = costOf(entry, share) * runs;
    const isPaid = cost <= left + 1e-9 || place === 0;
    if (isPaid) left -= cost;
    return isPaid;
  });
}

/** Those before the first that was aborted: outcomes are of the first repeats. */
export function wholeOf(outcomes: readonly (TrialOutcome | undefined)[]): readonly TrialOutcome[] {
  const missing = outcomes.indexOf(undefined);
  return (missing < 0 ? outcomes : outcomes.slice(0, missing)) as TrialOutcome[];
}

/**
 * The entry's trainings with the given repeats; what was finished of them is added to `outcomes`, or replaces it if it
 * is of fewer epochs.
 */
async function train(entry: Entry, repeats: readonly number[], share: number, rules: Rules): Promise<void> {
  const { settings } = entry.candidate;
  const epochs = epochsOf(entry.candidate, rules.epochs, share);
  const outcomes = await Promise.all(
    repeats.map((repeat) => rules.run({ settings, seed: rules.seeds[repeat], epochs })),
  );
  const whole = wholeOf(outcomes);
  if (whole.length === 0) return;
  entry.budget = share;
  entry.outcomes = [...entry.outcomes.slice(0, repeats[0]), ...whole];
  rules.onResult(entry);
}

async function playRound(
  entries: readonly Entry[],
  round: number,
  share: number,
  repeats: readonly number[],
  rules: Rules,
): Promise<void> {
  for (const entry of entries) entry.round = round;
  await Promise.all(entries.map((entry) => train(entry, repeats, share, rules)));
}

/** Those that go on; the others are marked as stopped. */
function select(
  entries: readonly Entry[],
  first: Entry | undefined,
  rules: Rules,
  afford: (going: Entry[]) => Entry[],
) {
  const tried = entries.filter(({ outcomes }) => outcomes.length > 0);
  const better = [...tried]
    .sort(byScore(rules.measure))
    .slice(0, Math.max(LEAST_FINALISTS, Math.ceil(tried.length / 2)))
    .filter((entry) => failureOf(entry) === undefined);
  const isFirst = (entry: Entry) => entry === first && failureOf(entry) === undefined;
  const favoured = tried.filter(isFirst);
  const paid = afford([...favoured, ...better.filter((entry) => !isFirst(entry))]);
  const chosen = tried.filter((entry) => paid.includes(entry));
  for (const entry of tried) entry.stoppedEarly = !chosen.includes(entry) && failureOf(entry) === undefined;
  return chosen;
}

/** The best of the first round, two and two. */
function pairUp(baseline: Entry, entries: readonly Entry[], { measure }: Rules): Entry[] {
  const best = entries
    .filter((entry) => entry.outcomes.length > 0 && failureOf(entry) === undefined)
    .sort(byScore(measure))
    .slice(0, PAIRED);
  const known = new Set(entries.map(({ candidate }) => JSON.stringify(candidate.settings)));
  return best
    .flatMap((a, place) =>
      best.slice(place + 1).map((b) => combine(baseline.candidate.settings, a.candidate, b.candidate)),
    )
    .filter((candidate) => candidate !== undefined)
    .filter(({ settings }) => {
      const key = JSON.stringify(settings);
      return !known.has(key) && known.add(key);
    })
    .map((candidate) => enter(candidate));
}

/**
 * @param baseline trained already, with every seed
 * @returns all that were entered, pairs too
 */
export async function compete(baseline: Entry, remedies: readonly Entry[], rules: Rules): Promise<readonly Entry[]> {
  const { seeds, budget } = rules;
  const later = [...seeds.keys()].slice(1);
  const rest = Math.max(0, budget - baseline.outcomes.length);
  const isLong = rules.epochs >= SHORT && remedies.length > LEAST_FINALISTS;
  const all = affordable(remedies, isLong ? 1 / SHORT : 1, 1, rest * (isLong ? SHARES.short : SHARES.full * 2));
  const first = rules.hasFavourite ? all[0] : undefined;
  let going = [...all];
  if (isLong) {
    await playRound(going, 1, 1 / SHORT, [0], rules);
    if (rules.isOver()) return all;
    for (let turn = 0; turn < TURNS; turn++) {
      const pairs = pairUp(baseline, all, rules).slice(0, Math.max(0, rules.most - all.length));
      const paired = pairs.length === 0 ? [] : affordable(pairs, 1 / SHORT, 1, rest * (SHARES.short / 4));
      all.push(...paired);
      await playRound(paired, 1, 1 / SHORT, [0], rules);
      if (rules.isOver()) return all;
      // What is better in pairs may be better still with a third.
      if (!paired.includes([...all].sort(byScore(rules.measure))[0])) break;
    }
    going = select(all, first, rules, (entries) => affordable(entries, 1, 1, rest * SHARES.full));
  }
  await playRound(going, 2, 1, [0], rules);
  if (rules.isOver() || later.length === 0) return all;
  const short = isLong ? 1 / SHORT : 0;
  const spent = all.reduce((sum, entry) => sum + costOf(entry, short + Number(entry.round > 1)), 0);
  going = select(going, first, rules, (entries) => affordable(entries, 1, later.length, rest - spent));
  rules.onResult(baseline);
  await playRound(going, 3, 1, later, rules);
  return all;
}
