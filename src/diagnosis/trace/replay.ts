// Training repeated on a copy of the network, bit for bit, from a snapshot on; and one pass of it over the steps in
// question, for all that waits for one of them.
import type { History, Snapshot } from "./snapshots.js";
import { batchOf } from "../../network/training/plan.js";
import type { MomentPowers, OptimizerRecipe } from "../../network/training/optimizers.js";
import type { RunningFit } from "../../network/training/running-fit.js";
import { entriesOf } from "../../network/state/sparse-batch.js";
import { NetworkState } from "../../network/state/state.js";
import { RowOrder, TrainingStep } from "../../network/training/step.js";
import { yieldToEventLoop } from "../../core/event-loop.js";
import { type SampleRows, squaredNorm } from "../../core/matrix.js";

/** Which update to make instead of the one that was made. */
export interface Variant {
  readonly rate?: number;
  readonly recipe?: OptimizerRecipe;
}

export class Replay {
  readonly state: NetworkState;
  /** Updates made: the copy has the weights that the network had after this step. */
  position = -1;
  /** No step since the snapshot had another loss than it had in the training. */
  isFaithful = false;
  private readonly steps: TrainingStep;
  private readonly order: RowOrder;
  private epoch = -1;
  /** Weights and moments before the update under trial. */
  private readonly saved: Float32Array[];
  private savedPowers: MomentPowers = { beta1: 1, beta2: 1 };
  /** By position. */
  private readonly passed = new Map<number, Snapshot>();
  private savedStepCounts: Float64Array | undefined;

  constructor(
    private readonly fit: RunningFit,
    private readonly snapshots: History,
  ) {
    const { plan } = fit;
    this.state = new NetworkState(fit.state.runtime, fit.state.spec);
    try {
      const rows = Math.min(plan.batchSize, plan.trainingRows);
      this.state.buffers.ensure(rows, true, entriesOf(plan.data.x, rows));
      this.order = new RowOrder(this.state, plan, this.state.arena);
      this.steps = new TrainingStep(this.state, plan, this.order);
    } catch (error) {
      this.state.dispose();
      throw error;
    }
    const { weightFloats, parameterFloats } = this.state;
    const { slots } = this.steps.operands;
    this.saved = [weightFloats, ...slots.map(() => parameterFloats)].map((floats) => new Float32Array(floats));
  }

  dispose(): void {
    this.state.dispose();
  }

  load(snapshot: Snapshot): void {
    this.snapshots.restore(snapshot, this.state);
    this.position = snapshot.step;
    this.isFaithful = true;
  }

  /**
   * Jumps to the last snapshot at or before `step`, or to a copy of its own behind that, where that is nearer than
   * going on; false if there is none.
   */
  approach(step: number): boolean {
    let snapshot = this.snapshots.before(step);
    if (snapshot?.isBreak && snapshot.step === this.position) this.load(snapshot);
    for (let at = step; snapshot && at > snapshot.step; at--) snapshot = this.passed.get(at) ?? snapshot;
    if (this.position >= 0 && this.position <= step && (!snapshot || snapshot.step <= this.position)) return true;
    if (!snapshot) return false;
    this.load(snapshot);
    return true;
  }

  /** The gradient of the next step, as it was in the training. */
  differentiate(): void {
    const step = this.position + 1;
    const { start, rows } = this.batch();
    this.steps.differentiate(start, rows);
    if (!this.snapshots.knows(step) || this.steps.loss !== this.snapshots.lossOf(step)) this.isFaithful = false;
  }

  /** The next step, as it was. */
  advance(): void {
    this.differentiate();
    this.steps.update(this.snapshots.rateOf(this.position + 1));
    this.position++;
    this.keep();
  }

  /** A copy of where it stands, for another way past: at most as many as there is memory for snapshots. */
  private keep(): void {
    const { position, snapshots, passed } = this;
    if (!this.isFaithful || passed.has(position) || passed.size >= snapshots.copies) return;
    passed.set(position, snapshots.copyOf(this.state, position));
  }

  /** The next step's batch; its rows' indices are those of the order. */
  private batch(): { readonly start: number; readonly rows: number } {
    const { epoch, start, rows } = batchOf(this.fit.plan, this.position + 1);
    this.beginEpoch(epoch);
    return { start, rows };
  }

  private beginEpoch(epoch: number): void {
    if (epoch !== this.epoch) this.order.beginEpoch(this.fit.firstEpoch + epoch - 1);
    this.epoch = epoch;
  }

  /** Rows of the data in a step's batch. */
  rowsOf(step: number): Uint32Array {
    const { epoch, start, rows } = batchOf(this.fit.plan, step);
    this.beginEpoch(epoch);
    const at = (this.order.address >>> 2) + start;
    return this.state.runtime.heap.u32.slice(at, at + rows);
  }

  /**
   * For each row of the next step, |dz|·|(x, 1)| of the units of one layer: the length of its part of the
   * unit's gradient. Spoils the gradient.
   */
  gradientLengths(layer: number, units: readonly number[]): Float64Array[] {
    const step = this.batch();
    const all = units.map(() => new Float64Array(step.rows));
    for (const { start, rows, share } of this.steps.forwardBatches(step.start, step.rows)) {
      const lengths = this.batchLengths(layer, units, start, rows);
      lengths.forEach((each, i) =>
        all[i].set(share === 1 ? each : each.map((length) => length * share), start - step.start),
      );
    }
    return all;
  }

  /** Of the batch that went forward last. */
  private batchLengths(layer: number, units: readonly number[], start: number, rows: number): Float64Array[] {
    const { passes, buffers, spec } = this.state;
    passes.backward(rows, this.steps.operands.gradient, layer);
    const width = spec.layers[layer].units;
    const gradient = buffers.gradient(spec.layers.length - 1 - layer);
    passes.spreadGradient(layer, rows, gradient);
    const dz = this.state.floats(gradient, rows * width);
    const lengths = this.inputLengths(layer, start, rows);
    return units.map((unit) => lengths.map((length, row) => length * Math.abs(dz[row * width + unit])));
  }

  /** |(x, 1)| of what goes into a layer, for each row of a batch. */
  private inputLengths(layer: number, start: number, rows: number): Float64Array {
    const lengthOf = (x: SampleRows, row: number) => Math.sqrt(squaredNorm(x, row, 1));
    if (layer === 0) {
      const at = (this.order.address >>> 2) + start;
      const indices = this.state.runtime.heap.u32.subarray(at, at + rows);
      return Float64Array.from(indices, (row) => lengthOf(this.fit.plan.data.x, row));
    }
    const columns = this.state.inputsOf(layer);
    const data = this.state.floats(this.state.passes.output(layer - 1), rows * columns);
    return Float64Array.from({ length: rows }, (_, row) => lengthOf({ rows, columns, data }, row));
  }

  /** Gives the memory of those back. */
  forget(): void {
    this.passed.clear();
  }

  /** Keeps the copy as it is before an update. */
  save(): void {
    const { parameters, slots } = this.steps.operands;
    [parameters, ...slots].forEach((address, i) => this.saved[i].set(this.state.floats(address, this.saved[i].length)));
    this.savedPowers = { ...this.steps.powers };
    this.savedStepCounts = this.state.stepCounts;
  }

  /** Undoes `commit`. */
  back(): void {
    this.position--;
  }

  /** Goes back to what was saved. */
  restore(): void {
    const { parameters, slots } = this.steps.operands;
    [parameters, ...slots].forEach((address, i) => this.state.floats(address, this.saved[i].length).set(this.saved[i]));
    Object.assign(this.steps.powers, this.savedPowers);
    this.state.setStepCounts(this.savedStepCounts);
  }

  /** From what was saved, the next step's update in a variant; the gradient must be that of `differentiate`. */
  tryUpdate({ rate = this.snapshots.rateOf(this.position + 1), recipe }: Variant): void {
    this.restore();
    this.steps.update(rate, recipe);
  }

  /** From what was saved, all updates up to the one of step `last` in a variant, each with a gradient of its own. */
  tryUpdates(last: number, { rate, recipe }: Variant): void {
    const { position } = this;
    this.restore();
    for (; this.position < last; this.position++) {
      const { start, rows } = this.batch();
      this.steps.differentiate(start, rows);
      this.steps.update(rate ?? this.snapshots.rateOf(this.position + 1), recipe);
    }
    this.position = position;
  }

  /** From what was saved, the next step's update as it was. */
  commit(): void {
    this.tryUpdate({});
    this.position++;
    this.keep();
  }
}

const YIELD_AFTER = 8; // milliseconds

/** Waits for the replay to stand at a position; Infinity: has what it wanted. */
export interface Waiting {
  next: number;
}

export interface Stops<T extends Waiting> {
  /** The replay stands where these wait for it. May move it on; must move each of them on, or leave some for later. */
  at(position: number, group: readonly T[]): void;
  /** The replay can't get there, or is no longer faithful. Must end the wait. */
  giveUp(one: T): void;
}

export class Sweep {
  private lastYield = performance.now();

  constructor(private readonly replay: Replay) {}

  /** Until none waits any more; yields to the event loop every few milliseconds. */
  async run<T extends Waiting>(all: readonly T[], stops: Stops<T>): Promise<void> {
    for (;;) {
      const next = all.reduce((least, one) => Math.min(least, one.next), Infinity);
      if (next === Infinity) return;
      const group = all.filter((one) => one.next === next);
      if (!this.replay.approach(next) || !this.replay.isFaithful) for (const one of group) stops.giveUp(one);
      else if (this.replay.position < next) this.replay.advance();
      else stops.at(next, group);
      if (performance.now() - this.lastYield > YIELD_AFTER) {
        await yieldToEventLoop();
        this.lastYield = performance.now();
      }
    }
  }
}
