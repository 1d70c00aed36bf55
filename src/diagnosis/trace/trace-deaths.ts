// Deaths caught in the act: a callback that notices when a unit falls silent and stays so, and has the update that did
// it replayed.
import { isEvaluatedOtherwise } from "./find-closing.js";
import { Explainers, type FoundDeath } from "./explain-deaths.js";
import { type Divergence, findDivergence } from "./divergence.js";
import type { Death, Revival } from "./types.js";
import { FiringShares } from "./firing-shares.js";
import { countedBlow } from "./find-blows.js";
import { makeDeath } from "./death-text.js";
import { LastFired } from "./last-fired.js";
import { Unasked } from "./explained-unasked.js";
import { copiesIn, type History, Snapshots } from "./snapshots.js";
import type { SavedTrace, SavedUnexplained } from "./saved-trace.js";
import { intervalOf, windowOf } from "./window.js";
import { groupBy } from "../../core/group-by.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import { type DeathTrace, describeTrace, isSame, type TraceOptions } from "./trace-options.js";
import { defineCallback } from "../../network/training/callbacks.js";
import { batchOf, stepsPerEpoch } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

/** One that waits to be explained, with what that takes: none where all that is kept serves. */
interface Unexplained extends Omit<SavedUnexplained, "history"> {
  readonly history: History | undefined;
}

/** Looks at the silent units from one at those that evaluation may close though batches open them to the next. */
const LOOK_AT = 4;

function byStep(a: Death, b: Death): number {
  return a.step - b.step || a.layer - b.layer || a.unit - b.unit;
}

/** One fit under watch. */
class TracedFit {
  deaths: Death[] = [];
  revivals: Revival[] = [];
  divergence: Divergence | undefined;
  private readonly window: number;
  private readonly interval: number;
  private readonly lastFired: LastFired;
  private readonly shares: FiringShares;
  private readonly snapshots: Snapshots | undefined;
  /** By traced unit: is it on the list? When is it to be looked at again? */
  private isDead: Uint8Array;
  private lookAgainAt: Float64Array;
  /** Those that can explain, and what is explained unasked: where steps are replayed. */
  private readonly explainers: Explainers | undefined;
  private readonly unasked: Unasked | undefined;
  /** Those that no row opened when all were asked for last. */
  private seen: { readonly step: number; readonly changes: number; readonly closed: ReadonlySet<number> } | undefined;
  private unexplained: readonly Unexplained[] = [];
  /** Changes from outside that were seen; those before the running step's update are not yet in a snapshot. */
  private changes: number;
  private isTainted = false;
  /** Places of the units that training sees otherwise than evaluation. */
  private readonly otherwise: readonly number[];
  /** Of these, those that evaluation closed when it was asked last and batches open, as they would be told. */
  private readonly asleep = new Map<number, Death>();

  constructor(
    readonly fit: RunningFit,
    { window, replay = true, explain, memory }: TraceOptions,
    saved: SavedTrace | undefined,
  ) {
    this.window = windowOf(window, fit.plan);
    this.interval = intervalOf(this.window);
    this.lastFired = new LastFired(fit);
    this.shares = new FiringShares(fit, this.window);
    this.otherwise = [...this.lastFired.steps.keys()].filter((each) =>
      this.isEvaluatedOtherwise(this.lastFired.indexOf(each).layer),
    );
    const units = this.lastFired.steps.length;
    this.isDead = new Uint8Array(units);
    this.lookAgainAt = new Float64Array(units);
    this.changes = fit.state.changes;
    const copies = replay ? copiesIn(fit, memory) : 0;
    this.snapshots = copies > 0 ? new Snapshots(fit, this.interval, copies) : undefined;
    if (this.snapshots) {
      this.explainers = new Explainers(fit, this.snapshots, this.window);
      this.unasked = new Unasked(fit, this.snapshots, this.window, explain);
    }
    if (saved) this.resume(saved);
    else this.snapshots?.take(false, false, true);
    fit.watch(() => this.note());
    fit.atEnd(() => {
      if (this.hasUnexplained) this.explainers?.keepRows();
    });
  }

  save(): SavedTrace {
    const { deaths, revivals, isDead, lookAgainAt, isTainted, snapshots } = this;
    const { spent = 0 } = this.unasked ?? {};
    const histories = [...this.histories];
    const unexplained = this.unexplained.map(({ history, ...each }) => ({
      ...each,
      ...(history && { history: histories.indexOf(history) }),
    }));
    return {
      deaths,
      revivals,
      firings: this.lastFired.save(),
      shares: this.shares.save(),
      isDead,
      lookAgainAt,
      ...(snapshots && { snapshots: snapshots.save() }),
      ...(unexplained.length > 0 && {
        unexplained,
        histories: histories.map((each) => ({ ...each.save(), now: each.now })),
      }),
      ...(spent > 0 && { spent }),
      ...(this.asleep.size > 0 && { asleep: [...this.asleep.values()] }),
      isChanged: this.fit.state.changes !== this.changes,
      isTainted,
    };
  }

  private resume(saved: SavedTrace): void {
    const {
      firings,
      shares,
      snapshots,
      unexplained = [],
      histories,
      isChanged,
      asleep = [],
      spent = 0,
      ...own
    } = saved;
    Object.assign(this, own);
    if (this.unasked) this.unasked.spent = spent;
    for (const death of asleep) this.asleep.set(this.lastFired.placeOf(death), death);
    this.lastFired.resume(firings);
    this.shares.resume(shares);
    const held = snapshots ? this.snapshots!.resume(snapshots, histories) : [];
    this.unexplained = unexplained.map((each) => ({ ...each, history: held[each.history ?? -1] }));
    if (isChanged) this.changes--;
  }

  private note(): void {
    if (this.fit.state.changes !== this.changes) this.isTainted = true;
    this.snapshots?.note();
    this.lastFired.note(this.isDead, this.revive);
    this.shares.note();
  }

  private readonly revive = (traced: number): void => {
    const unit = this.lastFired.indexOf(traced);
    const { step, plan } = this.fit;
    const death = this.deaths.find((each) => isSame(each, unit))!;
    this.strike(death, traced);
    this.revivals.push({ ...unit, diedAt: death.step, step, epoch: step === 0 ? 0 : batchOf(plan, step).epoch });
    // a batch opened it: evaluation may keep it closed
    if (this.isEvaluatedOtherwise(unit.layer) && death.cause !== "unexplained") this.asleep.set(traced, death);
  };

  /** A snapshot and a look at the silent units, both now and then. */
  onBatchEnd(): Promise<void> | undefined {
    this.takeSnapshot(this.snapshots?.isDue() ?? false);
    const { step } = this.fit;
    if (step % this.interval !== 0) return undefined;
    const isLook = this.otherwise.length > 0 && step % (this.interval * LOOK_AT) === 0;
    return isLook ? this.inspectAndLook() : this.inspect();
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
    this.forget();
  }

  private get histories(): ReadonlySet<History> {
    return new Set(this.unexplained.flatMap(({ history }) => history ?? []));
  }

  private wait(unexplained: readonly Unexplained[]): void {
    this.unexplained = unexplained;
    this.snapshots?.release(this.histories);
  }

  /** Those whose snapshots had to go stay as the counters tell them. */
  private forget(): void {
    const gone = this.unexplained.filter(({ history }) => history?.isGone);
    if (gone.length === 0) return;
    this.wait(this.unexplained.filter((each) => !gone.includes(each)));
    this.deaths = this.deaths.map((death) => {
      if (!gone.some((each) => isSame(each, death))) return death;
      const { lastStraw, blow } = death;
      const straw = { ...lastStraw, cause: "unknown", snapshotsGone: true } as const;
      return makeDeath(death, straw, blow && { ...blow, cause: "unknown" });
    });
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
    const { plan } = this.fit;
    const isLast = step === plan.epochs * stepsPerEpoch(plan); // then all are asked for right after
    const closed = isLast ? suspects.filter(this.isClosed()) : this.lastFired.findClosed(suspects);
    for (const traced of suspects) this.lookAgainAt[traced] = step + silentFor(traced);
    return closed.length > 0 ? this.record(closed) : undefined;
  }

  private async inspectAndLook(): Promise<void> {
    await this.inspect();
    await this.lookAsleep();
  }

  /**
   * Units that evaluation closes while batches open them are not called dead before the end; what closed them is read
   * as long as it can be repeated.
   */
  private async lookAsleep(): Promise<void> {
    const asked = this.otherwise.filter((traced) => !this.isDead[traced]);
    const closed = new Set(this.snapshots && asked.length > 0 ? this.lastFired.findClosed(asked) : []);
    for (const traced of asked) if (!closed.has(traced)) this.asleep.delete(traced);
    const found = this.describeFound([...closed].filter((traced) => !this.asleep.has(traced)));
    if (found.length === 0) return;
    const located = (await this.explainers!.whenFree((explainer) => explainer.locate(found))).filter(
      (one) => one !== undefined,
    );
    const born = await this.findBorn(located);
    const others = located.filter((one) => !born.some((each) => isSame(each, one)));
    const deaths = [...born, ...(await this.explainTelling(others)).explained];
    for (const death of deaths) this.asleep.set(this.lastFired.placeOf(death), death);
  }

  /** Which units no training row opens, asked once of the same weights. */
  private isClosed(): (traced: number) => boolean {
    const { step, state } = this.fit;
    if (this.seen?.step !== step || this.seen.changes !== state.changes)
      this.seen = { step, changes: state.changes, closed: new Set(this.lastFired.findClosed(this.units())) };
    const { closed } = this.seen;
    return (traced) => closed.has(traced);
  }

  /** At the end of the training every unit that no training row opens is dead, and no other. */
  async conclude(isDiverged: boolean): Promise<void> {
    if (isDiverged && this.snapshots)
      this.divergence = findDivergence(this.snapshots, this.fit.step, (step) => this.epochOf(step));
    this.takeSnapshot(false);
    const isClosed = this.isClosed();
    for (const traced of this.units()) if (this.isDead[traced] && !isClosed(traced)) this.revive(traced);
    await this.forgetOutdated();
    const isNew = this.units().filter((traced) => !this.isDead[traced] && isClosed(traced));
    if (isNew.length > 0) await this.record(isNew);
  }

  /** Of units that evaluation opened and closed again since their deaths were told, which nobody saw: told anew. */
  private async forgetOutdated(): Promise<void> {
    const told = this.otherwise.filter((traced) => this.isDead[traced]);
    if (!this.snapshots || told.length === 0) return;
    const located = await this.explainers!.whenFree((explainer) => explainer.locate(this.describeFound(told)));
    for (const [i, traced] of told.entries()) {
      const unit = this.lastFired.indexOf(traced);
      const death = this.deaths.find((each) => isSame(each, unit))!;
      const { step = 0 } = located[i] ?? {};
      if (step > (death.closedBy ?? death.step)) this.strike(death, traced);
    }
  }

  private strike(death: Death, traced: number): void {
    this.deaths = this.deaths.filter((each) => each !== death);
    this.wait(this.unexplained.filter((each) => !isSame(each, death)));
    this.isDead[traced] = 0;
  }

  /** As the counters tell them. */
  private describeFound(traced: readonly number[]): FoundDeath[] {
    return traced.map((each) => ({
      ...this.lastFired.indexOf(each),
      step: this.lastFired.steps[each],
      foundAt: this.fit.step,
      counted: this.lastFired.counted(each),
      counters: this.shares.fallOf(each, this.lastFired.steps[each]),
    }));
  }

  private async record(traced: readonly number[]): Promise<void> {
    const found = this.describeFound(traced);
    const deaths = this.snapshots
      ? await this.locateAndExplain(found)
      : found.map((each) => this.describe(each, "unknown"));
    for (const each of traced) {
      this.isDead[each] = 1;
      this.asleep.delete(each);
    }
    this.deaths = [...this.deaths, ...deaths].sort(byStep);
  }

  /** Where training sees other preactivations than evaluation, it is asked first when evaluation closed them. */
  private async locateAndExplain(found: readonly FoundDeath[]): Promise<Death[]> {
    if (!found.some(({ layer }) => this.isEvaluatedOtherwise(layer))) return this.explainSome(found);
    const located = await this.explainers!.whenFree((explainer) => explainer.locate(found));
    const known = located.filter((each) => each !== undefined);
    const earlier = found
      .filter((_, i) => !located[i])
      .map((each) => this.asleep.get(this.lastFired.placeOf(each)) ?? this.describe(each, "unknown"));
    return [...earlier, ...(await this.explainSome(known))];
  }

  private isEvaluatedOtherwise(layer: number): boolean {
    return isEvaluatedOtherwise(this.fit.state.spec, layer);
  }

  /** Those that were silent from the start. */
  private async findBorn(found: readonly FoundDeath[]): Promise<Death[]> {
    const silent = found.filter(({ step }) => step === 0);
    return silent.length > 0 ? this.explainers!.whenFree((explainer) => explainer.findBorn(silent)) : [];
  }

  /** The most telling of those that were not. */
  private async explainTelling(found: readonly FoundDeath[]) {
    const telling = this.unasked!.choose(found);
    const explained =
      telling.size > 0 ? await this.explainers!.whenFree((explainer) => explainer.run([...telling])) : [];
    return { telling, explained };
  }

  /** Those that were silent from the start and the most telling of the others; the rest is for later. */
  private async explainSome(found: readonly FoundDeath[]): Promise<Death[]> {
    const born = await this.findBorn(found);
    const others = found.filter((one) => !born.some((each) => isSame(each, one)));
    const { telling, explained } = await this.explainTelling(others);
    const rest = others.filter((each) => !telling.has(each));
    if (rest.length > 0) {
      const history = this.snapshots!.hold();
      const those = rest.map(({ layer, unit, foundAt, counters }) => ({
        layer,
        unit,
        foundAt,
        ...(counters && { counters }),
        history,
      }));
      this.wait([...this.unexplained, ...those]);
      this.forget();
    }
    return [...born, ...explained, ...rest.map((each) => this.describe(each, "unexplained"))];
  }

  /** Deaths wait to be explained. */
  get hasUnexplained(): boolean {
    return this.unexplained.length > 0;
  }

  /** Explains those of these units whose deaths are unexplained. */
  async explain(units: readonly UnitIndex[]): Promise<void> {
    this.fit.state.checkAlive();
    const asked = this.unexplained.filter((one) => units.some((each) => isSame(each, one)));
    const deaths = asked.map((one) => this.deaths.find((each) => isSame(each, one))!);
    const explained = new Map<Death, Death>();
    for (const [history, group] of groupBy(asked, (each) => each.history)) {
      const those = group.map((each) => deaths[asked.indexOf(each)]);
      const found = group.map(({ layer, unit, foundAt, counters }, i): FoundDeath => {
        const { step, before, after } = those[i];
        return { layer, unit, step, foundAt, counted: { before, after }, counters };
      });
      const told = await this.explainers!.whenFree((explainer) => explainer.run(found), history);
      those.forEach((death, i) => explained.set(death, told[i]));
    }
    // in a fit that goes on meanwhile units open again, and die again
    this.deaths = this.deaths.map((death) => explained.get(death) ?? death);
    this.wait(this.unexplained.filter((each) => !asked.includes(each)));
  }

  /** What the counters alone say. */
  private describe(
    { layer, unit, step, counted, counters }: FoundDeath,
    unexplained: "unknown" | "unexplained",
  ): Death {
    const isOtherwise = this.isEvaluatedOtherwise(layer); // whose batches' counters tell little of evaluation
    const isBorn = step === 0 && unexplained === "unknown" && !isOtherwise;
    const part = step === 0 ? 0 : NaN;
    const straw = {
      step,
      epoch: this.epochOf(step),
      cause: isBorn ? "born" : unexplained,
      ...counted,
      change: { weights: part, bias: part, inputs: part },
    } as const;
    const blow =
      counters?.isSudden && !isOtherwise ? countedBlow(counters, this.epochOf(counters.step), unexplained) : undefined;
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
 * Where training sees other preactivations than evaluation (dropout below, or batch normalization there or below it
 * whose statistics move), batches tell neither whether a unit is dead nor when it died: evaluation is asked. Such a
 * unit died in the last update right before which evaluation opened it on some training row, found by reading the
 * snapshots backwards; dropout's batches may still open it. Where all of them find it closed the cause is "unknown".
 * Where rows times the updates since then are more than 65,536, evaluation is not asked after each: one that opened and
 * closed again between two snapshots which find it closed is not seen, and the death is told of an update before that.
 *
 * A rate of one update is changed for that update alone (Adam: with all else as it was). Without momentum means without
 * what earlier gradients left behind: in sgd and rmsprop momentum 0, in the others beta1 0, in that update.
 *
 * What a death goes back to: a death is the step after which no row opens the unit, and that often took the last row of
 * many. So each death has its `blow`, the update or run of few that took most of the unit's rows, beside its
 * `lastStraw` (see Blow for the rule); its `cause` is the blow's. A unit's share of open rows is followed through the
 * counters that every batch leaves, as means over an eighth of a window and over whole windows; that says where to
 * look, and for sets that are small (rows times updates up to 65,536) every update that can be repeated is looked at.
 * There the shares are counted by replay, over the rows named above. Further back than snapshots reach, at most twenty
 * windows and about six where weights and moments take 20 MB or more (see `memory`), the counters' means are given, to
 * an eighth of a window, with the cause "unknown" (Blow.isEstimate).
 *
 * Where many die, a trace explains the most telling of them, as many as may take about as long as the training, and
 * leaves the others "unexplained": see TraceOptions.explain for which, and `explain` of what this returns for the
 * others.
 *
 * Of a fit that diverged, `divergence` names the update that started it; deaths are traced up to there.
 *
 * Each fit resets the trace: a unit that is silent from its start is "born" dead. If setWeights or a remedy changes the
 * network in a callback, the trace goes on from there; a death that can't be replayed for it has the cause "unknown",
 * no parts of the change (NaN), and the figures of the two batches' counters. Put a trace behind the callbacks that
 * change weights (earlyStopping with restoreBest): it judges the weights that it finds in onTrainEnd. A fit that ends
 * with an error leaves the deaths found so far.
 * @param options window: steps, default an epoch's, at least 20; replay: default true; explain: how many of those that
 *   are found at once; memory: bytes for snapshots
 * @cost up to a tenth of a step for small networks, 2 to 3 % for large ones, and a copy of weights and moments an
 *   epoch or more; a death, a replay of its window; where evaluation is asked, up to a pass over the rows in four
 *   windows
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
        onTrainEnd: ({ stopped }) => watch.conclude(stopped === "diverged"),
        read: () => ({ deaths: watch.deaths, revivals: watch.revivals, divergence: watch.divergence }),
        act: (_name, units) => watch.explain(units as readonly UnitIndex[]),
        canAct: () => watch.hasUnexplained,
        save: (isComplete) => (isComplete ? undefined : watch.save()),
      };
    },
  });
}
