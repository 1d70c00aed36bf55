// Deaths caught in the act: a callback that notices when a unit falls silent and stays so, and has the update that did
// it replayed.
import { DeathExplainer, type FoundDeath } from "./explain-deaths.js";
import type { Death, Revival } from "./types.js";
import { FiringShares, type SavedShares } from "./firing-shares.js";
import { countedBlow } from "./find-blows.js";
import { makeDeath } from "./make-death.js";
import { UnitReader } from "./unit-readings.js";
import { Replay } from "./replay.js";
import { LastFired, type SavedFirings } from "./last-fired.js";
import { type SavedSnapshots, Snapshots } from "./snapshots.js";
import { intervalOf, windowOf } from "./window.js";
import { type DeathTrace, describeTrace, type TraceOptions } from "./trace-options.js";
import { defineCallback } from "../../network/training/callbacks.js";
import { batchOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

/** What a trace keeps. */
export interface SavedTrace {
  readonly deaths: Death[];
  readonly revivals: Revival[];
  readonly firings: SavedFirings;
  readonly shares: SavedShares;
  /** By traced unit, as in TracedFit. */
  readonly isDead: Uint8Array;
  readonly lookAgainAt: Float64Array;
  readonly snapshots?: SavedSnapshots;
  /** The network was changed from outside since the last step ... */
  readonly isChanged: boolean;
  /** ... or before its update. */
  readonly isTainted: boolean;
}

function byStep(a: Death, b: Death): number {
  return a.step - b.step || a.layer - b.layer || a.unit - b.unit;
}

/** One fit under watch. */
class TracedFit {
  deaths: Death[] = [];
  revivals: Revival[] = [];
  private readonly window: number;
  private readonly interval: number;
  private readonly lastFired: LastFired;
  private readonly shares: FiringShares;
  private readonly snapshots: Snapshots | undefined;
  /** By traced unit: is it on the list? When is it to be looked at again? */
  private isDead: Uint8Array;
  private lookAgainAt: Float64Array;
  private explainer: DeathExplainer | undefined;
  /** Changes from outside that were seen; those before the running step's update are not yet in a snapshot. */
  private changes: number;
  private isTainted = false;

  constructor(
    readonly fit: RunningFit,
    { window, replay = true }: TraceOptions,
    saved: SavedTrace | undefined,
  ) {
    this.window = windowOf(window, fit.plan);
    this.interval = intervalOf(this.window);
    this.lastFired = new LastFired(fit);
    this.shares = new FiringShares(fit, this.window);
    const units = this.lastFired.steps.length;
    this.isDead = new Uint8Array(units);
    this.lookAgainAt = new Float64Array(units);
    this.changes = fit.state.changes;
    this.snapshots = replay ? new Snapshots(fit, this.interval) : undefined;
    if (saved) this.resume(saved);
    else this.snapshots?.take(false, false, true);
    fit.watch(() => this.note());
  }

  save(): SavedTrace {
    const { deaths, revivals, isDead, lookAgainAt, isTainted, snapshots } = this;
    return {
      deaths,
      revivals,
      firings: this.lastFired.save(),
      shares: this.shares.save(),
      isDead,
      lookAgainAt,
      ...(snapshots && { snapshots: snapshots.save() }),
      isChanged: this.fit.state.changes !== this.changes,
      isTainted,
    };
  }

  private resume({ firings, shares, snapshots, isChanged, ...own }: SavedTrace): void {
    Object.assign(this, own);
    this.lastFired.resume(firings);
    this.shares.resume(shares);
    if (snapshots) this.snapshots!.resume(snapshots);
    if (isChanged) this.changes--;
  }

  private note(): void {
    if (this.fit.state.changes !== this.changes) this.isTainted = true;
    this.snapshots?.note();
    this.lastFired.note(this.isDead, this.revive);
    this.shares.note();
  }

  private readonly revive = (traced: number): void => {
    const { layer, unit } = this.lastFired.indexOf(traced);
    const { step, plan } = this.fit;
    const death = this.deaths.find((each) => each.layer === layer && each.unit === unit)!;
    this.deaths = this.deaths.filter((each) => each !== death);
    this.revivals.push({ layer, unit, diedAt: death.step, step, epoch: step === 0 ? 0 : batchOf(plan, step).epoch });
    this.isDead[traced] = 0;
  };

  /** A snapshot and a look at the silent units, both now and then. */
  onBatchEnd(): Promise<void> | undefined {
    this.takeSnapshot(this.snapshots?.isDue() ?? false);
    return this.fit.step % this.interval === 0 ? this.inspect() : undefined;
  }

  /** Takes one if it is due or the network was changed from outside. */
  takeSnapshot(isDue: boolean): void {
    const { state } = this.fit;
    const isBreak = state.changes !== this.changes || this.isTainted;
    if (isBreak || isDue)
      this.snapshots?.take(
        isBreak,
        this.isTainted,
        this.units().some((traced) => this.lastFired.steps[traced] === 0 && !this.isDead[traced]),
      );
    this.changes = state.changes;
    this.isTainted = false;
  }

  private units(): number[] {
    return [...this.isDead.keys()];
  }

  private inspect(): Promise<void> | undefined {
    const { step } = this.fit;
    const silentFor = (traced: number) => step - this.lastFired.steps[traced];
    const suspects = this.units().filter(
      (traced) => !this.isDead[traced] && silentFor(traced) >= this.window && this.lookAgainAt[traced] <= step,
    );
    if (suspects.length === 0) return undefined;
    const closed = this.lastFired.findClosed(suspects);
    for (const traced of suspects) this.lookAgainAt[traced] = step + silentFor(traced);
    return closed.length > 0 ? this.record(closed) : undefined;
  }

  /** At the end of the training every unit that no training row opens is dead, and no other. */
  async conclude(): Promise<void> {
    this.takeSnapshot(false);
    const closed = this.lastFired.findClosed(this.units());
    const isClosed = new Set(closed);
    for (const traced of this.units()) if (this.isDead[traced] && !isClosed.has(traced)) this.revive(traced);
    const isNew = closed.filter((traced) => !this.isDead[traced]);
    if (isNew.length > 0) await this.record(isNew);
  }

  private async record(traced: readonly number[]): Promise<void> {
    const found = traced.map((each): FoundDeath => ({
      ...this.lastFired.indexOf(each),
      step: this.lastFired.steps[each],
      counted: this.lastFired.counted(each),
      counters: this.shares.fallOf(each, this.lastFired.steps[each]),
    }));
    const deaths = this.snapshots
      ? await this.explain(this.snapshots, found)
      : found.map((each) => this.describe(each));
    for (const each of traced) this.isDead[each] = 1;
    this.deaths = [...this.deaths, ...deaths].sort(byStep);
  }

  private explain(snapshots: Snapshots, found: readonly FoundDeath[]): Promise<Death[]> {
    if (!this.explainer) {
      const replay = new Replay(this.fit, snapshots);
      this.fit.atEnd(() => replay.dispose());
      const reader = new UnitReader(this.fit, replay.state);
      this.fit.atEnd(() => reader.dispose());
      this.explainer = new DeathExplainer(this.fit, snapshots, replay, reader, this.window);
    }
    return this.explainer.run(found);
  }

  /** What the counters alone say. */
  private describe({ layer, unit, step, counted, counters }: FoundDeath): Death {
    const part = step === 0 ? 0 : NaN;
    const straw = {
      step,
      epoch: this.epochOf(step),
      cause: step === 0 ? "born" : "unknown",
      ...counted,
      change: { weights: part, bias: part, inputs: part },
    } as const;
    const blow = counters?.isSudden ? countedBlow(counters, this.epochOf(counters.step)) : undefined;
    return makeDeath({ layer, unit }, straw, blow);
  }

  private epochOf(step: number): number {
    return step === 0 ? 0 : batchOf(this.fit.plan, step).epoch;
  }
}

/**
 * A callback that catches each death as it happens and replays the lethal update to find its cause. The training's bits
 * are the same with it.
 *
 * Traced are the hidden units that are flat where they are closed: relu, and leakyRelu and elu with an alpha of 0. One
 * that no batch opened for `window` steps is looked at, and is dead if no training row opens it; at the end of the
 * training all are looked at. A unit that fires again goes from `deaths` to `revivals`. `before` and `after` are over
 * all training rows; of more than 2048 rows, over the lethal batch's and others, evenly spaced, 2048 in all.
 *
 * A rate of one update is changed for that update alone (Adam: with all else as it was). Without momentum means without
 * what earlier gradients left behind: in sgd and rmsprop momentum 0, in adam and adamW beta1 0, in that update.
 *
 * What a death goes back to: a death is the step after which no row opens the unit, and that often took the last row of
 * many. So each death has its `blow`, the update or run of few that took most of the unit's rows, beside its
 * `lastStraw` (see Blow for the rule); its `cause` is the blow's. A unit's share of open rows is followed through the
 * counters that every batch leaves, as means over an eighth of a window and over whole windows; that says where to
 * look, and for sets that are small (rows times updates up to 65,536) every update that can be repeated is looked at.
 * There the shares are counted by replay, over the rows named above. Further back than snapshots reach, at most twenty
 * windows and about six where weights and moments take 20 MB or more, the counters' means are given, to an eighth of a
 * window, with the cause "unknown" (Blow.isEstimate).
 *
 * Each fit resets the trace: a unit that is silent from its start is "born" dead. If setWeights or a remedy changes the
 * network in a callback, the trace goes on from there; a death that can't be replayed for it has the cause "unknown",
 * no parts of the change (NaN), and the figures of the two batches' counters. Put a trace behind the callbacks that
 * change weights (earlyStopping with restoreBest): it judges the weights that it finds in onTrainEnd. A fit that ends
 * with an error leaves the deaths found so far.
 * @param options window: steps, default an epoch's, at least 20; replay: default true
 * @cost up to a tenth of a step for small networks, 2 to 3 % for large ones, and a copy of weights and moments an
 *   epoch or more; a death, a replay of its window
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example
 * const trace = traceDeaths();
 * await network.fit({ x, y }, { callbacks: [trace] });
 * for (const { explanation } of trace.deaths) console.log(explanation);
 */
export function traceDeaths(options?: TraceOptions): DeathTrace {
  const description = describeTrace(options);
  return defineCallback({
    ...description,
    start(fit, _context, saved) {
      const watch = new TracedFit(fit, description.options, saved as SavedTrace | undefined);
      return {
        onBatchEnd: () => watch.onBatchEnd(),
        onEpochEnd: () => watch.takeSnapshot(false),
        onTrainEnd: () => watch.conclude(),
        read: () => ({ deaths: watch.deaths, revivals: watch.revivals }),
        save: (isComplete) => (isComplete ? undefined : watch.save()),
      };
    },
  });
}
