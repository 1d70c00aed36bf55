// Copies of a network in training, now and then, and what each step since was: enough to repeat the steps in between.
import type { MomentPowers } from "../../network/training/optimizers/recipe.js";
import { sum } from "../../core/statistics.js";
import type { RunningFit } from "../../network/training/running-fit.js";
import type { NetworkState } from "../../network/state/state.js";

/** Unless more are asked for: so much, or as many as are needed, within a limit. */
const KEEP_BYTES = 2 ** 27;
const MOST_BYTES = 2 ** 30;
const KEEP_AT_LEAST = 6; // a death is found up to two intervals late, and its window begins another one earlier
export const KEEP_AT_MOST = 32;
const PER_INTERVAL = 4; // where memory allows: the fewer steps to repeat
/** Of the last snapshots all are kept; of those before, as many as leave no gap wider than an interval. */
const KEEP_DENSE = 16;
const LOGGED_INTERVALS = 20; // steps further back can't be repeated
const LEAST_LOGGED_INTERVALS = 8;
const MOST_LOGGED = 2 ** 20; // where that is enough for the fewest intervals
const LEAST_STEPS = 16; // from one to the next
/** Of the rates and losses that are held for deaths that are unexplained. */
const MOST_HELD_BYTES = 2 ** 26;

export interface Snapshot extends Readonly<MomentPowers> {
  /** Updates made before it. */
  readonly step: number;
  readonly blocks: readonly Float32Array[];
  /** The units' step counts, where they have some of their own. */
  readonly stepCounts: Float64Array | undefined;
  /** Since the last snapshot the network was changed by other than training steps ... */
  readonly isBreak: boolean;
  /** ... before this very step's update, which therefore can't be repeated. */
  readonly isTainted: boolean;
}

/** Of how many steps the rates and losses are kept. */
export function loggedSteps(interval: number): number {
  return Math.max(LEAST_LOGGED_INTERVALS * interval, Math.min(LOGGED_INTERVALS * interval, MOST_LOGGED));
}

/** Where a copy is of: address and floats of the weights, running statistics with them, then of the moments. */
function blocksOf(state: NetworkState, fit: RunningFit): readonly (readonly [address: number, floats: number])[] {
  const { slots } = state.momentsFor(fit.plan.recipe);
  return [[state.parameters, state.weightFloats], ...slots.map((slot) => [slot, state.parameterFloats] as const)];
}

/** How many copies of this fit's weights and moments `memory` bytes hold. */
export function copiesIn(fit: RunningFit, memory: number | undefined): number {
  const bytes = 4 * sum(blocksOf(fit.state, fit).map(([, floats]) => floats));
  const byDefault = Math.min(MOST_BYTES, Math.max(KEEP_BYTES, KEEP_AT_LEAST * bytes));
  return Math.floor((memory ?? byDefault) / bytes);
}

export interface SavedSnapshots {
  readonly kept: readonly Snapshot[];
  readonly lostBreak: boolean;
  readonly rates: Float64Array;
  readonly losses: Float64Array;
}

/** What is held for deaths that are unexplained. */
export interface SavedHistory extends SavedSnapshots {
  /** Updates made by then. */
  readonly now: number;
}

/** Snapshots and the steps in between, as they were when so many updates were made. */
export class History {
  private isLost = false;

  /** @param kept by step */
  constructor(
    protected readonly fit: RunningFit,
    protected kept: Snapshot[],
    protected lostBreak: boolean,
    protected rates: Float64Array,
    protected losses: Float64Array,
    /** For how many copies there is memory: see copiesIn. */
    readonly copies: number,
    private readonly end?: number,
  ) {}

  /** Updates made by then. */
  get now(): number {
    return this.end ?? this.fit.step;
  }

  /** There was no more memory for it: it tells nothing any more. */
  get isGone(): boolean {
    return this.isLost;
  }

  lose(): void {
    this.isLost = true;
    this.kept = [];
  }

  holds(snapshot: Snapshot): boolean {
    return this.kept.includes(snapshot);
  }

  save(): SavedSnapshots {
    const { kept, lostBreak, rates, losses } = this;
    return { kept, lostBreak, rates, losses };
  }

  rateOf(step: number): number {
    return this.rates[step % this.rates.length];
  }

  lossOf(step: number): number {
    return this.losses[step % this.losses.length];
  }

  /** Are the rate and loss of this step still known? */
  knows(step: number): boolean {
    return step > 0 && step <= this.now && step > this.now - this.rates.length;
  }

  /** What a network has come to after a step. */
  copyOf(state: NetworkState, step: number, into?: Snapshot["blocks"]): Snapshot {
    const places = blocksOf(state, this.fit);
    const blocks = into ?? places.map(([, floats]) => new Float32Array(floats));
    blocks.forEach((block, i) => block.set(state.floats(...places[i])));
    const { powers } = state.momentsFor(this.fit.plan.recipe);
    return { step, blocks, ...powers, stepCounts: state.stepCounts, isBreak: false, isTainted: false };
  }

  /** The last one at or before a step; not from before a change that is no longer known. */
  before(step: number): Snapshot | undefined {
    const found = this.kept.findLast((snapshot) => snapshot.step <= step);
    return found?.step === 0 && step > 0 && this.lostBreak ? undefined : found;
  }

  /** The first one after a step. */
  after(step: number): Snapshot | undefined {
    return this.kept.find((snapshot) => snapshot.step > step);
  }

  /**
   * The earliest position from which all steps up to this one can be repeated; Infinity: none.
   * @param now updates made when that was asked
   */
  reach(step: number, now: number): number {
    const from = Math.max(0, now - this.rates.length, this.lastBreak(step - 1));
    const first = this.firstFrom(from);
    return first && first.step < step ? first.step : Infinity;
  }

  /** The first one at or after a step; not that of the start where a change since is no longer known. */
  protected firstFrom(from: number): Snapshot | undefined {
    return this.kept.find(({ step }) => step >= from && (step > 0 || !this.lostBreak));
  }

  /** Those from which all steps up to now can be repeated, the last first. */
  repeatable(): Snapshot[] {
    const from = Math.max(this.lastBreak(this.now), this.now - this.rates.length);
    const first = this.firstFrom(from);
    return first ? this.kept.slice(this.kept.indexOf(first)).reverse() : [];
  }

  /** That of the start, unless the network was changed from outside since. */
  start(): Snapshot | undefined {
    return this.lastBreak(this.now) > 0 ? undefined : this.before(0);
  }

  /** The last change from outside at or before a step: training went on from there. */
  lastBreak(step: number): number {
    return this.kept.findLast((snapshot) => snapshot.isBreak && snapshot.step <= step)?.step ?? 0;
  }

  /** Was the network changed from outside right before this step? */
  isTainted(step: number): boolean {
    return this.kept.some((snapshot) => snapshot.step === step && snapshot.isTainted);
  }

  /** Was it at some time from step `from` to step `to`? */
  hasBreak(from: number, to: number): boolean {
    return (
      (this.lostBreak && from === 0) || this.kept.some(({ step, isBreak }) => isBreak && step >= from && step <= to)
    );
  }

  restore(snapshot: Snapshot, to: NetworkState): void {
    const places = blocksOf(to, this.fit);
    snapshot.blocks.forEach((block, i) => to.floats(...places[i]).set(block));
    const { powers } = to.momentsFor(this.fit.plan.recipe);
    powers.beta1 = snapshot.beta1;
    powers.beta2 = snapshot.beta2;
    if (snapshot.decay !== undefined) powers.decay = snapshot.decay;
    to.setStepCounts(snapshot.stepCounts);
  }
}

/** Those of a fit that is running; the first is that of the start for as long as `keepStart` says. */
export class Snapshots extends History {
  private readonly spare: Snapshot[] = [];
  private readonly every: number;
  /** What is kept for deaths that are unexplained, oldest first. */
  private held: History[] = [];

  /** How many are kept at the most. */
  private readonly capacity: number;

  /**
   * @param interval steps from one inspection of the silent units to the next
   * @param copies for how many there is memory: see copiesIn
   */
  constructor(
    fit: RunningFit,
    private readonly interval: number,
    copies: number,
  ) {
    const steps = loggedSteps(interval);
    super(fit, [], false, new Float64Array(steps), new Float64Array(steps), copies);
    this.capacity = Math.min(KEEP_AT_MOST, copies);
    const isDense = this.capacity >= PER_INTERVAL * KEEP_AT_LEAST;
    this.every = isDense ? Math.min(interval, Math.max(LEAST_STEPS, Math.ceil(interval / PER_INTERVAL))) : interval;
  }

  /** @param held what `save` gave of each that is held */
  resume({ kept, lostBreak, rates, losses }: SavedSnapshots, held: readonly SavedHistory[] = []): readonly History[] {
    Object.assign(this, { kept, lostBreak, rates, losses });
    this.held = held.map(
      (each) => new History(this.fit, [...each.kept], each.lostBreak, each.rates, each.losses, this.copies, each.now),
    );
    return this.held;
  }

  /** All that explains deaths which were found now, later as it does now: of the snapshots those that this takes. */
  hold(): History {
    const { fit, kept, rates, losses, lostBreak, now, copies } = this;
    const first = this.firstFrom(now - rates.length);
    const needed = kept.filter((each, i) => i === 0 || each === first || each.isBreak);
    const history = new History(fit, needed, lostBreak, rates.slice(), losses.slice(), copies, now);
    this.held.push(history);
    this.makeRoom();
    return history;
  }

  /** Of those that were held, only these are needed any more. */
  release(needed: ReadonlySet<History>): void {
    this.held = this.held.filter((each) => needed.has(each));
  }

  /** Notes the step that was just made. */
  note(): void {
    const at = this.fit.step % this.rates.length;
    this.rates[at] = this.fit.rate;
    this.losses[at] = this.fit.loss;
  }

  /** Is one due after the step that was just made? */
  isDue(): boolean {
    return this.fit.step % this.every === 0;
  }

  take(isBreak: boolean, isTainted: boolean, keepStart: boolean): void {
    const { fit } = this;
    const last = this.kept.at(-1);
    const replaced = last?.step === fit.step ? this.kept.pop() : undefined;
    if (this.kept.length >= this.capacity)
      this.drop(this.spareable(keepStart && this.kept.length > 1 && this.kept[0].step === 0 ? 1 : 0));
    const used = replaced && !this.isHeld(replaced) ? replaced : this.spare.pop();
    this.kept.push({
      ...this.copyOf(fit.state, fit.step, used?.blocks),
      isBreak: isBreak || (replaced?.isBreak ?? false),
      isTainted: isTainted || (replaced?.isTainted ?? false),
    });
  }

  /** One from between two others that are near to each other; else the oldest that may go. */
  private spareable(oldest: number): number {
    const { kept, interval } = this;
    for (let i = oldest + 1; i < kept.length - KEEP_DENSE; i++) {
      if (!kept[i].isBreak && kept[i + 1].step - kept[i - 1].step <= interval) return i;
    }
    return oldest;
  }

  private drop(index: number): void {
    const [snapshot] = this.kept.splice(index, 1);
    this.lostBreak ||= snapshot.isBreak;
    if (this.isHeld(snapshot)) this.makeRoom();
    else this.spare.push(snapshot);
  }

  private isHeld(snapshot: Snapshot): boolean {
    return this.held.some((each) => each.holds(snapshot));
  }

  /** Loses the oldest of what is held until it takes no more memory than the snapshots leave. */
  private makeRoom(): void {
    const most = Math.max(1, Math.floor(MOST_HELD_BYTES / (2 * this.rates.byteLength)));
    const isTooMuch = () => {
      if (this.held.length > most) return true;
      const others = new Set(this.held.flatMap((each) => each.save().kept.filter((one) => !this.holds(one))));
      return others.size > Math.max(0, this.copies - this.capacity);
    };
    while (isTooMuch()) this.held.shift()!.lose();
  }
}
