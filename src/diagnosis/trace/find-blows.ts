// The update, or run of few updates, that took most of the rows that opened a unit: see Blow for the rule.
//
// The counters of the training say roughly where (firing-shares.ts); the replay counts there, on all training rows or a
// sample of them. Small sets are counted after every update that can be repeated. Where the span is long, it is read at
// a few places, then between the two with the largest fall, until every update is seen. Then the blow is replayed.
import type { Blow, LastStraw } from "./types.js";
import { isEvaluatedOtherwise } from "./find-closing.js";
import type { CountedFall } from "./firing-shares.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import { causeOf, type ReplayedUpdate } from "./replayed-update.js";
import { countOpen, type Reading, splitChange, type UnitReader } from "./unit-readings.js";
import type { History } from "./snapshots.js";
import type { Replay, Sweep, Waiting } from "./replay.js";
import { findRun, type OpenRun, outweighs } from "./open-shares.js";
import { groupBy } from "../../core/group-by.js";
import { batchOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

/** Of a span: so many parts are read at first. */
const PARTS = 16;
/** Rows times updates that are counted without a look at the counters. */
const CHEAP_ROWS = 2 ** 16;
const CHEAP_UPDATES = 512;
/** On either side of the block that the counters name. */
const MARGIN_BLOCKS = 2;
/**
 * Of a run, in updates, and of the window: an even fall over twice as many is none. Momentum of 0.9 remembers so many.
 */
const LONGEST = 10;
const LONGEST_SHARE = 0.25;

/** A unit that died, with what is known of its last straw. */
export interface Deceased extends UnitIndex {
  /** Of the last straw. */
  readonly step: number;
  readonly foundAt: number;
  readonly straw: LastStraw;
  readonly counters: CountedFall | undefined;
  /** Shares of open rows by position. */
  readonly known: Map<number, number>;
}

interface Search extends Waiting, Deceased {
  /** From which position on updates can be repeated. */
  readonly reach: number;
  /** What is still to be read, upwards. */
  positions: number[];
  /** All that was read last. */
  span: readonly number[];
}

interface PendingBlow extends Waiting, UnitIndex {
  readonly run: OpenRun;
  /** Of the run: the update that took most. */
  readonly heaviest: number;
  windowMean?: number;
  blow?: Blow;
}

function spaced(from: number, to: number, parts: number): number[] {
  const count = Math.min(parts, to - from);
  return count <= 0
    ? [from]
    : Array.from({ length: count + 1 }, (_, i) => from + Math.floor((i * (to - from)) / count));
}

/** From which position on the updates up to its last straw can be repeated. */
function reachOf({ step, foundAt }: Pick<Deceased, "step" | "foundAt">, snapshots: History): number {
  return step === 0 ? Infinity : snapshots.reach(step, foundAt);
}

/** Where shares are read first: a span of positions, and one before it. */
interface Places {
  readonly before?: number;
  readonly span: readonly number[];
}

const allOf = ({ before, span }: Places) => (before === undefined ? span : [before, ...span]);

/** @param rows on which shares are counted */
function placesOf(
  { end, counters }: Pick<Deceased, "counters"> & { readonly end: number },
  reach: number,
  rows: number,
  window: number,
): Places | undefined {
  if (reach === Infinity) return undefined;
  const updates = end - reach;
  if (updates <= CHEAP_UPDATES && updates * rows <= CHEAP_ROWS) return { span: spaced(reach, end, updates) };
  if (!counters || counters.step <= reach) return undefined;
  const margin = MARGIN_BLOCKS * (counters.lastStep - counters.step + 1);
  const from = Math.max(reach, counters.step - 1 - margin);
  return {
    before: Math.max(reach, from - window),
    span: spaced(from, Math.min(end, counters.lastStep + margin), PARTS),
  };
}

/** The positions at which the shares of a unit are read at first; of a long span there may be as many again. */
export function searchedPositions(
  { step, foundAt, counters }: Pick<Deceased, "step" | "foundAt" | "counters">,
  snapshots: History,
  rows: number,
  window: number,
): readonly number[] {
  const places = placesOf({ end: step, counters }, reachOf({ step, foundAt }, snapshots), rows, window);
  return places ? allOf(places) : [];
}

export class BlowFinder {
  private readonly longest: number;

  constructor(
    private readonly fit: RunningFit,
    private readonly snapshots: History,
    private readonly replay: Replay,
    private readonly reader: UnitReader,
    private readonly sweep: Sweep,
    private readonly update: ReplayedUpdate,
    private readonly window: number,
  ) {
    this.longest = longestRun(window);
  }

  /** By death. */
  async find(dead: readonly Deceased[]): Promise<(Blow | undefined)[]> {
    this.reader.readRowsOf(new Uint32Array(0)); // the same for all searches: nothing else reads meanwhile
    const searches = dead.map((each) => this.begin(each));
    await this.sweep.run(searches, {
      at: (position, group) => this.read(position, group),
      giveUp: (search) => (search.next = Infinity),
    });
    const found = searches.map((search) => this.conclude(search));
    const pending = found.filter((each): each is PendingBlow => each !== undefined && "run" in each);
    await this.sweep.run(pending, {
      at: (position, group) => this.proceed(position, group),
      giveUp: (blow) => this.giveUp(blow),
    });
    return found.map((each) => (each && "run" in each ? each.blow : each));
  }

  /** Where to look. */
  private begin(dead: Deceased): Search {
    const reach = reachOf(dead, this.snapshots);
    const search: Search = { ...dead, reach, positions: [], span: [], next: Infinity };
    const places = placesOf({ ...dead, end: dead.straw.closedBy ?? dead.step }, reach, this.reader.count, this.window);
    if (places) this.look(search, allOf(places), places.span);
    return search;
  }

  private look(search: Search, positions: readonly number[], span = positions): void {
    search.span = span;
    search.positions = [...new Set(positions)].filter((position) => !search.known.has(position)).sort((a, b) => a - b);
    if (search.positions.length > 0) search.next = search.positions[0];
    else this.narrow(search);
  }

  private read(position: number, group: readonly Search[]): void {
    this.reader.openShares(group).forEach((share, i) => {
      const search = group[i];
      search.known.set(position, share);
      search.positions.shift();
      if (search.positions.length > 0) search.next = search.positions[0];
      else this.narrow(search);
    });
  }

  /** On to the two neighbouring parts of the span with the largest fall: a short run lies in two at the most. */
  private narrow(search: Search): void {
    const { span, known } = search;
    search.next = Infinity;
    if (span.length < 3 || span.at(-1)! - span[0] < span.length) return;
    const fallFrom = (i: number) => known.get(span[i])! - known.get(span[i + 2])!;
    const starts = [...span.keys()].slice(0, -2);
    const most = starts.reduce((best, i) => (fallFrom(i) > fallFrom(best) ? i : best), 0);
    this.look(search, spaced(span[most], span[most + 2], PARTS));
  }

  /** The blow, where it is known without a replay or was none; else what is to be replayed. */
  private conclude(search: Search): Blow | PendingBlow | undefined {
    const { layer, unit, step, straw, counters, known, reach } = search;
    if (step === 0) return undefined;
    const run = findRun(known, { window: this.window, longest: this.longest });
    const isOutOfReach = counters && counters.step <= reach && counters.step > this.snapshots.lastBreak(step - 1);
    // of those that evaluation sees otherwise the counters tell what dropout and batches did
    const isTold = isOutOfReach && !isEvaluatedOtherwise(this.fit.state.spec, layer);
    if (isTold && counters.isSudden && !(run && outweighs(run.before - run.after, counters.before)))
      return countedBlow(counters, batchOf(this.fit.plan, counters.step).epoch);
    if (!run) return undefined;
    if (run.to === step && run.from === step - 1 && straw.closedBy === undefined) return this.strawAsBlow(straw, run);
    if (reach === Infinity) return this.describe(run, "unknown", {});
    const heaviest = run.steps.reduce((best, each) => (each.fall > best.fall ? each : best)).step;
    return { layer, unit, run, heaviest, next: Math.max(reach, run.from - this.window) };
  }

  /** The last straw took most of the rows itself. */
  private strawAsBlow(straw: LastStraw, run: OpenRun): Blow | undefined {
    const { cause, before, after, rate, survivesAt, samples } = straw;
    return cause === "drift" ? undefined : this.describe(run, cause, { before, after, rate, survivesAt, samples });
  }

  private describe(
    { from, to, before, after }: OpenRun,
    cause: Blow["cause"],
    replayed: Partial<Pick<LastStraw, "before" | "after" | "rate" | "survivesAt" | "samples">>,
  ): Blow {
    const step = from + 1;
    const { survivesAt, samples, rate } = replayed;
    return {
      step,
      ...(to > step && { lastStep: to }),
      epoch: batchOf(this.fit.plan, step).epoch,
      openBefore: before,
      openAfter: after,
      isEstimate: false,
      cause,
      ...(replayed.before && { meanBefore: replayed.before.mean }),
      ...(replayed.after && { meanAfter: replayed.after.mean }),
      ...(rate !== undefined && { rate }),
      ...(survivesAt !== undefined && { survivesAt }),
      ...(samples && { samples }),
    };
  }

  private giveUp(pending: PendingBlow): void {
    pending.next = Infinity;
    pending.blow = this.describe(pending.run, "unknown", {});
  }

  private proceed(position: number, group: readonly PendingBlow[]): void {
    // where the window begins with the run, its first reading serves both
    const beginning = group.filter(({ windowMean, run }) => windowMean === undefined && run.from > position);
    for (const same of byRun(beginning)) {
      this.readRows(same[0].run);
      this.reader.read(same).forEach((reading, i) => {
        same[i].windowMean = reading.summary.mean;
        same[i].next = same[i].run.from;
      });
    }
    const [due] = byRun(group.filter(({ run }) => run.from === position));
    if (due) this.replayRun(due[0].run, due); // it moves the replay on: one run
  }

  private readRows({ from }: OpenRun): void {
    this.reader.readRowsOf(this.replay.rowsOf(from + 1));
  }

  private replayRun(run: OpenRun, pending: readonly PendingBlow[]): void {
    const { replay, reader, update } = this;
    const { from, to } = run;
    this.readRows(run);
    const samples = new Map<PendingBlow, LastStraw["samples"]>();
    const findSamples = (step: number) => {
      const those = pending.filter(({ heaviest }) => heaviest === step);
      if (those.length > 0) update.samples(those).forEach((found, i) => samples.set(those[i], found));
    };
    findSamples(from + 1);
    const first = to > from + 1 ? undefined : update.room(pending);
    const before = reader.read(pending, first?.from);
    replay.differentiate();
    if (!replay.isFaithful) return pending.forEach((each) => this.giveUp(each));
    replay.save();
    const units = pending.map(({ layer, unit, run: { after } }, i) => ({
      layer,
      unit,
      least: after === 0 ? 1 : Math.ceil(countOpen(before[i].z) / 2),
    }));
    const without = update.without(units, to);
    if (to > from + 1) {
      replay.restore();
      replay.differentiate();
    }
    replay.commit();
    while (replay.position < to) {
      findSamples(replay.position + 1);
      replay.advance();
    }
    const after = reader.read(pending, first?.to);
    const rates = to > from + 1 ? [] : this.findRates(units, before, after, first);
    pending.forEach((each, i) => {
      each.next = Infinity;
      const fall = splitChange(before[i], after[i]);
      const windowMean = each.windowMean ?? before[i].summary.mean;
      const cause = causeOf({ fall, windowMean, after: after[i], without: without[i] });
      if (cause === "drift") return;
      const [first, last] = [before[i].summary, after[i].summary];
      const rate = this.snapshots.rateOf(from + 1);
      each.blow = this.describe(each.run, cause, {
        before: first,
        after: last,
        rate,
        survivesAt: rates[i],
        samples: samples.get(each),
      });
    });
  }

  private findRates(
    units: Parameters<ReplayedUpdate["rates"]>[0],
    before: readonly Reading[],
    after: readonly Reading[],
    first: ReturnType<ReplayedUpdate["room"]>,
  ): (number | undefined)[] {
    this.replay.back();
    const rates = this.update.rates(units, before, after, first);
    this.replay.commit();
    return rates;
  }
}

/** The longest run of updates that is a blow. */
export function longestRun(window: number): number {
  return Math.max(2, Math.min(LONGEST, Math.floor(LONGEST_SHARE * window)));
}

/** Those with the same run together. */
function byRun(pending: readonly PendingBlow[]): Iterable<PendingBlow[]> {
  return groupBy(pending, ({ run }) => `${run.from} ${run.to}`).values();
}

/** A blow as the counters alone show it. */
export function countedBlow(
  { step, lastStep, before, after }: CountedFall,
  epoch: number,
  cause: "unknown" | "unexplained" = "unknown",
): Blow {
  return {
    step,
    ...(lastStep > step && { lastStep }),
    epoch,
    openBefore: before,
    openAfter: after,
    isEstimate: true,
    cause,
  };
}
