// Successive halving (Jamieson and Talwalkar 2016): all candidates for a quarter of the epochs, then the best of them
// in pairs, then what is one change away from the best, the better half for all epochs, the best for more of them if
// its loss still falls, the better half of those with every seed. The diagnosis's first choice goes all the way, and
// recipes are trained in full, whatever their early figures: what works slowly is judged at the end.
import type { TrialJob, TrialOutcome, TrialSettings } from "../trial/trial.js";
import { type Candidate, combine, lengthen, neighbours, simpler } from "./candidates.js";
import { byScore, type Entry, failureOf, meanJudgement, scoreOf } from "./rank.js";
import type { Measure } from "./types.js";

const SHORT = 4;
const LEAST_FINALISTS = 3;
/** So many of the best are tried in pairs. */
const PAIRED = 4;
/** So often pairs are made of what is best, pairs among it. */
const TURNS = 3;
/** So many changes of the best are tried in a turn, and so many turns. */
const NEIGHBOURS = { most: 12, turns: 2 };
/** The best may train so many times as long. */
const LONGEST = 3;
/** Of a budget, what the rounds may take at most: the rest is for more of the epochs and of the seeds. */
const SHARES = { short: 0.3, pairs: 0.05, neighbours: 0.08, full: 0.35, simpler: 0.1 };

export interface Rules {
  readonly epochs: number;
  /** The baseline learned nothing: the surroundings of the best are looked at, too. */
  readonly isUnlearned: boolean;
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

/** Multiply-adds that a step takes time for besides its own: measured. */
const STEP = 300_000;

function workOf({ spec, batchSize }: TrialSettings): number {
  const units = [spec.inputs, ...spec.layers.map((layer) => layer.units)];
  const weights = spec.layers.reduce((sum, layer, index) => sum + units[index] * layer.units, 0);
  return STEP + batchSize * weights;
}

/** What trainings cost and what is left for them, in trainings of the baseline. */
class Purse {
  constructor(
    private left: number,
    private readonly baseline: TrialSettings,
    private readonly epochs: number,
  ) {}

  get rest(): number {
    return this.left;
  }

  /** Of a run of a share of the epochs. */
  costOf({ candidate }: Entry, share: number): number {
    const [own, given] = [candidate.settings, this.baseline].map(workOf);
    return ((epochsOf(candidate, this.epochs, share) / Math.max(1, this.epochs)) * own) / given;
  }

  /** What ended early costs what it trained. */
  pay(entry: Entry, outcomes: readonly TrialOutcome[], epochs: number, share: number): void {
    for (const outcome of outcomes) this.left -= this.costOf(entry, share) * trainedShare(outcome, epochs);
  }

  /** As many of them, in order, as a part of what is left pays for. */
  affordable(entries: readonly Entry[], share: number, runs: number, most: number): Entry[] {
    let left = Math.min(most, this.left);
    return entries.filter((entry) => {
      const cost = this.costOf(entry, share) * runs;
      const isPaid = cost <= left + 1e-9;
      if (isPaid) left -= cost;
      return isPaid;
    });
  }
}

/** Of the epochs that a run was to train. */
function trainedShare({ failed, epochs: trained }: TrialOutcome, epochs: number): number {
  return failed ? Math.min(1, (trained + 1) / epochs) : 1;
}

/** Those before the first that was aborted: outcomes are of the first repeats. */
export function wholeOf(outcomes: readonly (TrialOutcome | undefined)[]): readonly TrialOutcome[] {
  const missing = outcomes.indexOf(undefined);
  return (missing < 0 ? outcomes : outcomes.slice(0, missing)) as TrialOutcome[];
}

const keyOf = ({ settings }: Candidate): string => JSON.stringify(settings);

const isSound = (entry: Entry): boolean => failureOf(entry) === undefined;

const wasTried = ({ outcomes }: Entry): boolean => outcomes.length > 0;

/** One competition. */
class Competition {
  readonly all: Entry[] = [];
  private readonly purse: Purse;
  private readonly start: number;
  private readonly order: (a: Entry, b: Entry) => number;
  private first: Entry | undefined;
  /** What is left of the winner without what it can do without. */
  private simplest: Entry | undefined;

  constructor(
    private readonly baseline: Entry,
    private readonly rules: Rules,
  ) {
    const { budget, epochs, measure } = rules;
    const spent = baseline.outcomes.reduce((sum, outcome) => sum + trainedShare(outcome, epochs), 0);
    this.start = Math.max(1, budget - spent);
    this.purse = new Purse(this.start, baseline.candidate.settings, epochs);
    this.order = byScore(measure);
  }

  /**
   * The entry's trainings with the given repeats; what was finished of them is added to `outcomes`, or replaces it if
   * it is of fewer epochs.
   */
  private async train(entry: Entry, repeats: readonly number[], share: number): Promise<void> {
    const { rules } = this;
    const { settings } = entry.candidate;
    const epochs = epochsOf(entry.candidate, rules.epochs, share);
    const outcomes = await Promise.all(
      repeats.map((repeat) => rules.run({ settings, seed: rules.seeds[repeat], epochs })),
    );
    const whole = wholeOf(outcomes);
    if (whole.length === 0) return;
    this.purse.pay(entry, whole, epochs, share);
    entry.budget = share;
    entry.outcomes = [...entry.outcomes.slice(0, repeats[0]), ...whole];
    rules.onResult(entry);
  }

  private async play(entries: readonly Entry[], round: number, share: number, repeats: readonly number[]) {
    for (const entry of entries) entry.round = round;
    await Promise.all(entries.map((entry) => this.train(entry, repeats, share)));
  }

  /** Those that go on; the others are marked as stopped. */
  private select(entries: readonly Entry[], favoured: readonly Entry[], afford: (going: Entry[]) => Entry[]): Entry[] {
    const tried = entries.filter(wasTried);
    const better = tried
      .toSorted(this.order)
      .slice(0, Math.max(LEAST_FINALISTS, Math.ceil(tried.length / 2)))
      .filter(isSound);
    const paid = afford([...new Set([...favoured.filter(wasTried).filter(isSound), ...better])]);
    const chosen = tried.filter((entry) => paid.includes(entry));
    for (const entry of tried) entry.stoppedEarly = !chosen.includes(entry) && isSound(entry);
    return chosen;
  }

  private bestOf(entries: readonly Entry[]): Entry {
    return [this.baseline, ...entries].filter(wasTried).toSorted(this.order)[0];
  }

  private get best(): Entry {
    return this.bestOf(this.all);
  }

  /** The best of those that were trained in full. */
  private get winner(): Entry {
    return this.bestOf(this.all.filter(({ budget }) => budget === 1));
  }

  /** Every row is right: nothing is left to gain. */
  private isPerfect(entry: Entry): boolean {
    const { measure } = this.rules;
    return measure !== "loss" && scoreOf(meanJudgement(entry), measure) === 1;
  }

  private get isOver(): boolean {
    return this.rules.isOver();
  }

  /** Those that were not tried yet, as many as may be entered. */
  private enterNew(candidates: readonly Candidate[], part: number, share = 1 / SHORT): Entry[] {
    const known = new Set([this.baseline, ...this.all].map(({ candidate }) => keyOf(candidate)));
    const fresh = candidates.filter((candidate) => !known.has(keyOf(candidate)) && known.add(keyOf(candidate)));
    const most = fresh.slice(0, Math.max(0, this.rules.most - this.all.length)).map((candidate) => enter(candidate));
    const entered = this.purse.affordable(most, share, 1, this.start * part);
    this.all.push(...entered);
    return entered;
  }

  /** The best of the first round, two and two; what is better in pairs may be better still with a third. */
  private async pairUp(): Promise<void> {
    const { settings } = this.baseline.candidate;
    for (let turn = 0; turn < TURNS; turn++) {
      const best = this.all.filter(wasTried).filter(isSound).toSorted(this.order).slice(0, PAIRED);
      const pairs = best.flatMap((a, place) =>
        best.slice(place + 1).map((b) => combine(settings, a.candidate, b.candidate)),
      );
      const paired = this.enterNew(
        pairs.filter((candidate) => candidate !== undefined),
        SHARES.pairs,
      );
      await this.play(paired, 1, 1 / SHORT, [0]);
      if (this.isOver || !paired.includes(this.all.toSorted(this.order)[0])) return;
    }
  }

  /** Around the best, and around what is better there. What fails by itself may do well beside it. */
  private async lookAround(remedies: readonly Entry[]): Promise<void> {
    const singles = remedies.map(({ candidate }) => candidate);
    for (let turn = 0; turn < NEIGHBOURS.turns; turn++) {
      const { best } = this;
      if (this.isOver || !isSound(best) || this.isPerfect(best)) return;
      const near = neighbours(this.baseline.candidate.settings, best.candidate, singles);
      const entered = this.enterNew(near.slice(0, NEIGHBOURS.most), SHARES.neighbours);
      await this.play(entered, 1, 1 / SHORT, [0]);
      if (this.best === best) return;
    }
  }

  private async playShort(remedies: readonly Entry[]): Promise<Entry[]> {
    this.all.push(...this.affordOrFirst(remedies, 1 / SHORT, SHARES.short));
    await this.play(this.all, 1, 1 / SHORT, [0]);
    if (!this.isOver) await this.pairUp();
    if (!this.isOver && this.rules.isUnlearned) await this.lookAround(remedies);
    if (this.isOver) return [];
    const recipes = this.all.filter(({ candidate }) => candidate.isRecipe);
    return this.select(this.all, [...this.favourites(), ...recipes, this.best], (entries) =>
      this.affordOrFirst(entries, 1, SHARES.full),
    );
  }

  private affordOrFirst(entries: readonly Entry[], share: number, part: number): Entry[] {
    const paid = this.purse.affordable(entries, share, 1, this.start * part);
    return paid.length > 0 ? paid : entries.slice(0, 1);
  }

  private favourites(): Entry[] {
    return this.rules.hasFavourite && this.first ? [this.first] : [];
  }

  /** What the winner can do without, part by part. */
  private async simplify(): Promise<Entry[]> {
    const { settings } = this.baseline.candidate;
    const tried: Entry[] = [];
    let { winner } = this;
    while (!this.isOver && isSound(winner)) {
      const left = simpler(settings, winner.candidate);
      const entered = this.enterNew(left, SHARES.simpler, 1);
      await this.play(entered, 2, 1, [0]);
      tried.push(...entered);
      const known = new Set(left.map(keyOf));
      const least = scoreOf(meanJudgement(winner), this.rules.measure);
      const { length } = winner.candidate.parts; // without a part that changes nothing it is the winner again
      const as = this.all
        .filter(({ candidate }) => candidate.parts.length < length)
        .filter((entry) => entry.budget === 1 && isSound(entry) && known.has(keyOf(entry.candidate)))
        .find((entry) => scoreOf(meanJudgement(entry), this.rules.measure) >= least);
      if (!as) break;
      winner = as;
      this.simplest = as;
    }
    return tried;
  }

  /** The best for as many times the epochs as can be paid, where its loss still falls. */
  private async trainLonger(): Promise<Entry[]> {
    const { winner } = this;
    if (winner === this.baseline || this.isPerfect(winner) || !isSound(winner) || !winner.outcomes[0].isFalling)
      return [];
    if (this.all.length >= this.rules.most) return [];
    const times = Math.min(LONGEST, Math.floor(this.purse.rest / this.purse.costOf(winner, 1)));
    const longer = times > 1 ? lengthen(this.baseline.candidate.settings, winner.candidate, times) : undefined;
    if (!longer) return [];
    const entry = enter(longer);
    this.all.push(entry);
    await this.play([entry], 2, 1, [0]);
    return [entry];
  }

  /** As many seeds as can be paid for of the best, and of what is left of it beside it. */
  private async playSeeds(entries: readonly Entry[]): Promise<void> {
    const { seeds } = this.rules;
    const sound = entries.filter(wasTried).filter(isSound).toSorted(this.order);
    if (sound.length === 0) return;
    const foremost = [...new Set([sound[0], ...(this.simplest ? [this.simplest] : [])])];
    const runsOf = (all: readonly Entry[]): number =>
      Math.floor(this.purse.rest / all.reduce((cost, entry) => cost + this.purse.costOf(entry, 1), 0) + 1e-9);
    const runs = Math.min(seeds.length - 1, runsOf(foremost) || runsOf(foremost.slice(0, 1)));
    if (runs < 1) return;
    const going = this.select(entries, [...foremost, ...this.favourites()], (all) =>
      this.purse.affordable(all, 1, runs, Infinity),
    );
    this.rules.onResult(this.baseline);
    await this.play(
      going,
      3,
      1,
      Array.from({ length: runs }, (_, index) => index + 1),
    );
  }

  async run(remedies: readonly Entry[]): Promise<void> {
    this.first = remedies[0];
    const isLong = this.rules.epochs >= SHORT && remedies.length > LEAST_FINALISTS;
    if (!isLong) this.all.push(...this.affordOrFirst(remedies, 1, SHARES.full * 2));
    const going = isLong ? await this.playShort(remedies) : [...this.all];
    if (this.isOver) return;
    await this.play(going, 2, 1, [0]);
    if (this.isOver) return;
    const later = this.rules.isUnlearned ? [...(await this.trainLonger()), ...(await this.simplify())] : [];
    if (!this.isOver) await this.playSeeds([...going, ...later]);
  }
}

/**
 * @param baseline trained already, with every seed
 * @returns all that were entered, pairs too
 */
export async function compete(baseline: Entry, remedies: readonly Entry[], rules: Rules): Promise<readonly Entry[]> {
  const competition = new Competition(baseline, rules);
  await competition.run(remedies);
  return competition.all;
}
