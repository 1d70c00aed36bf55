// The deaths that a trace has noticed, explained: one sweep of the replay over the steps in question serves all of
// them, and another looks for their blows (find-blows.ts).
//
// A unit's way through the first: its mean preactivation where the window begins; then the lethal update, with its
// variants; and where that update left it open on some row, whatever closed it later (no batch opened it any more, so
// that its own gradient did not).
import { type Cause, type Death, type Fall, type LastStraw, NO_FALL } from "./types.js";
import { BlowFinder } from "./find-blows.js";
import { ClosingFinder, isEvaluatedOtherwise, statisticsMove } from "./find-closing.js";
import { makeDeath } from "./death-text.js";
import type { CountedFall } from "./firing-shares.js";
import { causeOf, type Removable, ReplayedUpdate, type Without } from "./replayed-update.js";
import { countOpen, isOpen, type Reading, splitChange, UnitReader } from "./unit-readings.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import type { History } from "./snapshots.js";
import { Replay, Sweep, type Waiting } from "./replay.js";
import { batchOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

/** A death to be explained. */
export interface FoundDeath extends UnitIndex {
  readonly step: number;
  /** Updates made when it was found. */
  readonly foundAt: number;
  /** From the counters of the last batch that opened it and of the one after. */
  readonly counted: Pick<Death, "before" | "after">;
  /** Where its share of open rows fell most, by the counters. */
  readonly counters: CountedFall | undefined;
}

/** A case on its way. */
export interface PendingDeath extends FoundDeath, Waiting {
  phase: "window" | "update" | "aftermath";
  readonly windowStart: number;
  /** The reading there. */
  atWindow?: Reading;
  before?: Reading;
  after?: Reading;
  fall: Fall;
  /** Of the lethal update. */
  without: Without;
  survivesAt?: number;
  samples?: Death["samples"];
  straw?: LastStraw;
}

/** The cause where the unit lived through the last update of a batch that opened it: `fall` is what came after. */
function causeOfAftermath({ without }: PendingDeath, fall: Fall, parts: readonly Removable[]): Cause {
  const { statistics = 0 } = fall;
  const own = Math.abs(fall.weights + fall.bias);
  if (Number.isNaN(statistics)) return "unknown";
  if (Math.abs(fall.inputs) >= own + Math.abs(statistics)) return "upstream";
  if (statistics !== 0 && Math.abs(fall.inputs) + Math.abs(statistics) >= own) return "unknown";
  if (parts.length === 1) return parts[0];
  const known = parts.filter((part) => without[part]);
  return known.sort((a, b) => without[b]!.mean - without[a]!.mean)[0] ?? "unknown";
}

/** Units whose readings are held at once. */
const BORN_AT_ONCE = 512;

export class DeathExplainer {
  private readonly sweep: Sweep;
  private readonly update: ReplayedUpdate;
  private readonly blows: BlowFinder;

  constructor(
    private readonly fit: RunningFit,
    private readonly snapshots: History,
    private readonly replay: Replay,
    private readonly reader: UnitReader,
    private readonly window: number,
  ) {
    this.sweep = new Sweep(replay);
    this.update = new ReplayedUpdate(fit, snapshots, replay, reader);
    this.blows = new BlowFinder(fit, snapshots, replay, reader, this.sweep, this.update, window);
  }

  /**
   * Of units that training sees otherwise than evaluation, the step at which they died by evaluation; undefined where
   * that is not known.
   */
  async locate(found: readonly FoundDeath[]): Promise<readonly (FoundDeath | undefined)[]> {
    const closings = new ClosingFinder(this.snapshots, this.replay, this.reader, this.sweep);
    const asked = found.filter(({ layer }) => this.isEvaluatedOtherwise(layer));
    try {
      const steps = asked.length > 0 ? await closings.find(asked, asked[0].foundAt) : [];
      const located = new Map(asked.map((one, i) => [one, steps[i]]));
      return found.map((one) => {
        if (!located.has(one)) return one;
        const step = located.get(one);
        return step === undefined ? undefined : { ...one, step };
      });
    } finally {
      this.replay.forget();
    }
  }

  private isEvaluatedOtherwise(layer: number): boolean {
    return isEvaluatedOtherwise(this.fit.state.spec, layer);
  }

  /** Explains all of them. */
  async run(found: readonly FoundDeath[]): Promise<Death[]> {
    try {
      return await this.explain(found);
    } finally {
      this.replay.forget();
    }
  }

  /** Those among them that were silent from the start, as `run` tells them: no update is replayed. */
  async findBorn(found: readonly FoundDeath[]): Promise<Death[]> {
    const born: Death[] = [];
    for (let done = 0; done < found.length; done += BORN_AT_ONCE) {
      const pending = found.slice(done, done + BORN_AT_ONCE).map((given) => this.admit(given));
      await this.sweep.run(pending, {
        at: (_position, group) => {
          this.byStep(group, (silent) => this.readWindow(silent));
          for (const death of group) death.next = Infinity;
        },
        giveUp: (death) => (death.next = Infinity),
      });
      for (const { straw, ...unit } of pending)
        if (straw?.cause === "born") born.push(makeDeath(unit, straw, undefined));
    }
    return born;
  }

  private async explain(found: readonly FoundDeath[]): Promise<Death[]> {
    const pending = found.map((given) => this.admit(given));
    await this.sweep.run(pending, {
      at: (position, group) => this.proceed(position, group),
      giveUp: (death) => this.giveUp(death),
    });
    const blows = await this.blows.find(
      pending.map((death) => ({
        ...death,
        straw: death.straw!,
        known: this.knownShares(death),
      })),
    );
    return pending.map(({ layer, unit, straw }, i) => makeDeath({ layer, unit }, straw!, blows[i]));
  }

  /** By position: the shares of open rows that were read on the way. */
  private knownShares({ step, windowStart, atWindow, before, after }: PendingDeath): Map<number, number> {
    const shares = new Map<number, number>();
    const note = (position: number, reading: Reading | undefined) =>
      reading && shares.set(position, countOpen(reading.z) / reading.z.length);
    note(windowStart, atWindow);
    note(step - 1, before);
    note(step, after);
    return shares;
  }

  private admit(given: FoundDeath): PendingDeath {
    const { step } = given;
    const wanted = Math.max(0, step - this.window, this.snapshots.lastBreak(step - 1));
    const windowStart = this.snapshots.before(wanted) ? wanted : (this.snapshots.after(wanted)?.step ?? Infinity);
    const { layer, unit, foundAt, counted, counters } = given;
    const death: PendingDeath = {
      layer,
      unit,
      step,
      foundAt,
      counted,
      counters,
      phase: "window",
      next: windowStart,
      windowStart,
      fall: NO_FALL,
      without: {},
    };
    if (windowStart > Math.max(0, step - 1) || this.snapshots.isTainted(step)) this.giveUp(death);
    return death;
  }

  private proceed(position: number, pending: readonly PendingDeath[]): void {
    const inPhase = (phase: PendingDeath["phase"]) => pending.filter((death) => death.phase === phase);
    // where the window begins with the lethal update, the reading before it serves both
    const isAtOnce = ({ phase, step }: PendingDeath) => phase === "window" && position === step - 1;
    for (const death of pending.filter(isAtOnce)) death.phase = "update";
    const falls = inPhase("update");
    this.byStep(inPhase("window"), (group) => this.beginWindow(group));
    this.byStep(inPhase("aftermath"), (group) => this.follow(position, group));
    this.byStep(falls, (group) => this.replayUpdate(position + 1, group)); // one group: it moves the replay on
  }

  /** Those with the same lethal step are probed on the same rows. */
  private byStep(pending: readonly PendingDeath[], act: (group: readonly PendingDeath[]) => void): void {
    for (const step of new Set(pending.map((death) => death.step))) {
      const group = pending.filter((death) => death.step === step);
      const isLocated = group.some(({ layer }) => this.isEvaluatedOtherwise(layer));
      this.reader.readRowsOf(step === 0 ? new Uint32Array(0) : this.replay.rowsOf(step), isLocated);
      act(group);
    }
  }

  private readWindow(pending: readonly PendingDeath[]): void {
    this.reader.read(pending).forEach((reading, i) => {
      const death = pending[i];
      death.atWindow = reading;
      death.phase = "update";
      death.next = death.step - 1;
      if (death.step > 0) return;
      death.before = death.after = reading;
      if (!isOpen(reading.z)) this.finish(death, "born");
    });
  }

  private beginWindow(pending: readonly PendingDeath[]): void {
    this.readWindow(pending);
    const lingering = pending.filter(({ step, straw }) => step === 0 && straw === undefined);
    if (lingering.length > 0) this.weighFirstUpdate(lingering);
    for (const death of lingering) this.linger(death, 0);
  }

  /**
   * No batch opened them, so that no update was lethal: the first one shows whether momentum or decay moves them more.
   */
  private weighFirstUpdate(pending: readonly PendingDeath[]): void {
    if (this.fit.step === 0 || this.update.parts().length < 2) return;
    this.replay.differentiate();
    this.replay.save();
    this.update.without(pending).forEach((without, i) => (pending[i].without = without));
    this.replay.restore();
  }

  /** The lethal update: before, its variants, after. The replay moves on by a step. */
  private replayUpdate(step: number, pending: readonly PendingDeath[]): void {
    const { replay, reader, update } = this;
    update.samples(pending).forEach((samples, i) => (pending[i].samples = samples));
    const first = update.room(pending);
    const before = reader.read(pending, first?.from);
    pending.forEach((death, i) => (death.atWindow ??= before[i]));
    replay.differentiate();
    if (!replay.isFaithful) return pending.forEach((death) => this.giveUp(death));
    replay.save();
    update.without(pending).forEach((without, i) => (pending[i].without = without));
    replay.commit();
    reader.read(pending, first?.to).forEach((after, i) => {
      Object.assign(pending[i], { before: before[i], after, fall: splitChange(before[i], after) });
    });
    replay.back();
    const closed = pending.filter(({ after }) => !isOpen(after!.z));
    update
      .rates(
        closed,
        closed.map((death) => death.before!),
        closed.map((death) => death.after!),
        first,
      )
      .forEach((rate, i) => (closed[i].survivesAt = rate));
    replay.commit();
    for (const death of pending) {
      if (isOpen(death.after!.z)) this.linger(death, step);
      else this.finish(death, this.causeOf(death));
    }
  }

  private causeOf(death: PendingDeath): Cause {
    const { layer, atWindow, after, fall, without, survivesAt } = death;
    const cause = causeOf({ fall, windowMean: atWindow!.summary.mean, after: after!, without });
    // at no rate it lives: what moves whatever the rate closes it
    const isUnknown =
      cause === "learningRate" && survivesAt === undefined && statisticsMove(this.fit.state.spec, layer);
    if (isUnknown) death.fall = { ...fall, statistics: fall.statistics ?? 0 };
    return isUnknown ? "unknown" : cause;
  }

  private linger(death: PendingDeath, position: number): void {
    death.phase = "aftermath";
    // Ever longer strides: at the last the unit is known to be closed.
    death.next = Math.max(position, Math.min(death.foundAt, position + 1 + Math.floor((position - death.step) / 4)));
    if (death.next === position || this.snapshots.hasBreak(death.step, death.next)) this.giveUp(death);
  }

  private follow(position: number, pending: readonly PendingDeath[]): void {
    this.reader.read(pending).forEach((reading, i) => {
      const death = pending[i];
      if (isOpen(reading.z)) this.linger(death, position);
      else
        this.finish(death, causeOfAftermath(death, splitChange(death.after!, reading), this.update.parts()), position);
    });
  }

  private giveUp(death: PendingDeath): void {
    const { before, after } = death;
    this.conclude(
      death,
      "unknown",
      before && after ? { before: before.summary, after: after.summary } : death.counted,
      before && after ? death.fall : undefined,
    );
  }

  private finish(death: PendingDeath, cause: Cause, closedBy?: number): void {
    this.conclude(death, cause, { before: death.before!.summary, after: death.after!.summary }, death.fall, closedBy);
  }

  private conclude(
    death: PendingDeath,
    cause: Cause,
    { before, after }: Pick<Death, "before" | "after">,
    change: Fall | undefined,
    closedBy?: number,
  ): void {
    const { step, survivesAt, samples, atWindow } = death;
    death.next = Infinity;
    death.straw = {
      step,
      epoch: step === 0 ? 0 : batchOf(this.fit.plan, step).epoch,
      cause,
      ...(death.before && { openBefore: countOpen(death.before.z) / death.before.z.length }),
      before,
      after,
      change: change ?? { weights: NaN, bias: NaN, inputs: NaN },
      ...(survivesAt !== undefined && { survivesAt }),
      ...(step > 0 && this.snapshots.knows(step) && { rate: this.snapshots.rateOf(step) }),
      ...(closedBy !== undefined && { closedBy }),
      ...(atWindow && { windowMean: atWindow.summary.mean }),
      ...(samples && { samples }),
    };
  }
}

/**
 * Explainers of one fit: while it runs one, with memory until its end; after it, or from a history that was held, one a
 * call, with memory that is given back at once.
 */
export class Explainers {
  private running: DeathExplainer | undefined;
  /** The training rows, ascending, once the fit has ended. */
  private rows: Uint32Array | undefined;
  /** What is under way: a replay serves one call at a time. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly fit: RunningFit,
    private readonly snapshots: History,
    private readonly window: number,
  ) {}

  /** Before the fit ends, where there is something to explain afterwards. */
  keepRows(): void {
    this.rows = this.trainingRows();
  }

  /** One call at a time. */
  whenFree<T>(act: (explainer: DeathExplainer) => Promise<T>, history?: History): Promise<T> {
    const done = this.last.then(async () => {
      if (!history && !this.fit.isOver)
        return act((this.running ??= this.make((release) => this.fit.atEnd(release), this.snapshots)));
      const releases: (() => void)[] = [];
      try {
        return await act(this.make((release) => releases.push(release), history ?? this.snapshots));
      } finally {
        for (const release of releases) release();
      }
    });
    this.last = done.catch(() => {});
    return done;
  }

  private make(atEnd: (release: () => void) => void, snapshots: History): DeathExplainer {
    const { fit, window } = this;
    const replay = new Replay(fit, snapshots);
    atEnd(() => replay.dispose());
    const reader = new UnitReader(fit, replay.state, this.rows ?? this.trainingRows());
    atEnd(() => reader.dispose());
    return new DeathExplainer(fit, snapshots, replay, reader, window);
  }

  private trainingRows(): Uint32Array {
    const { state, plan, order } = this.fit;
    const from = order.address >>> 2;
    return state.runtime.heap.u32.slice(from, from + plan.trainingRows).sort();
  }
}
