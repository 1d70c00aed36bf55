// What a step of several batches adds up before its one update: losses, gradients, counters of units, and the batches'
// statistics, which move the running ones with the update, batch by batch. It need not know beforehand how many batches
// come, and holds all that is added, so that between two of them others may use the network.
import type { Counting } from "../state/passes.js";
import type { NetworkState } from "../state/state.js";
import { BATCH_COUNTERS, BatchCounter } from "../../wasm/abi.js";
import type { Arena } from "../../wasm/heap.js";

export class Accumulation {
  /** Of the step so far: the losses, the right answers, the rows' weights, what activations cost by those. */
  readonly sums = new Float64Array(4);
  /** What the activations of one batch cost. */
  readonly penalty = new Float64Array(1);
  /** What the heaviest batch so far weighed, whose gradient is in the sum as it is: no factor is above 1. */
  private largest = 0;
  /** Address of the gradients' sum. */
  private readonly gradient: number;
  /** By layer: the counters of the step's batches so far. */
  private readonly counters: readonly Float32Array[];
  /** Address of the statistics, a block of `momentBytes` for each batch. */
  private readonly moments: number;
  private readonly momentBytes: number;
  /** Of each batch. */
  private readonly rows: Uint32Array;
  private batches = 0;

  constructor(
    private readonly state: NetworkState,
    most: number,
    scratch: Arena,
  ) {
    const { layout, passes, spec } = state;
    this.gradient = scratch.allocate(layout.bytes, "the sum of the batches' gradients");
    this.momentBytes = passes.momentBytes;
    this.moments = this.momentBytes && scratch.allocate(this.momentBytes * most, "the batches' statistics");
    this.rows = new Uint32Array(most);
    this.counters = spec.layers.map(({ units }) => new Float32Array(units * BATCH_COUNTERS));
  }

  begin(): void {
    this.batches = 0;
    this.largest = 0;
    this.sums.fill(0);
  }

  /** After a batch's way back: takes what it left. */
  add(rows: number, weight: number, counting: Counting): void {
    const { state } = this;
    if (this.momentBytes > 0) state.passes.keepMoments(this.moments + this.batches * this.momentBytes);
    this.addGradient(weight);
    for (let layer = 0; layer < this.counters.length; layer++) this.addCounters(layer, rows, counting === "all");
    this.rows[this.batches++] = rows;
  }

  private addGradient(weight: number): void {
    const { state, gradient: sum, batches } = this;
    const { parameterFloats: count, gradient } = state;
    const { kernels, heap } = state.runtime;
    if (weight > this.largest) {
      if (batches > 0) kernels.scale(count, sum, this.largest / weight);
      this.largest = weight;
    }
    if (weight !== this.largest || weight === 0) kernels.scale(count, gradient, weight / (this.largest || 1));
    if (batches > 0) kernels.add(count, sum, gradient, sum);
    else heap.f32.copyWithin(sum >>> 2, gradient >>> 2, (gradient >>> 2) + count);
  }

  /** After the step's last batch: the gradient becomes the batches' mean, the counters those of all rows. */
  finish(): void {
    const { state, gradient: sum } = this;
    const { parameterFloats: count, gradient } = state;
    const { kernels, heap } = state.runtime;
    heap.f32.copyWithin(gradient >>> 2, sum >>> 2, (sum >>> 2) + count);
    const [, , weight] = this.sums;
    if (this.largest !== weight) kernels.scale(count, gradient, this.largest / weight);
    state.buffers.sparse.forgetSpread(); // other rows of it are not 0 now
    this.counters.forEach((counters, layer) => heap.f32.set(counters, state.buffers.counters(layer) >>> 2));
  }

  /** The layer's counters become those of the batches so far. */
  private addCounters(layer: number, rows: number, isAll: boolean): void {
    const { f32 } = this.state.runtime.heap;
    const sum = this.counters[layer];
    const units = sum.length / BATCH_COUNTERS;
    const at = this.state.buffers.counters(layer) >>> 2;
    if (this.batches > 0) {
      const fired = BatchCounter.fired * units;
      for (let unit = fired; unit < fired + units; unit++) f32[at + unit] += sum[unit];
      if (isAll) for (let unit = 0; unit < units; unit++) mergeUnit(f32, at + unit, rows, sum, unit, units);
    }
    for (let i = 0; i < sum.length; i++) sum[i] = f32[at + i];
  }

  /** As Passes.moveRunning, batch by batch. */
  moveRunning(): number {
    let refused = 0;
    for (let i = 0; i < this.batches && this.momentBytes > 0; i++)
      refused += this.state.passes.moveRunning(this.rows[i], this.moments + i * this.momentBytes);
    return refused;
  }
}

/** Adds what the batches before counted of a unit to what the last one did, but for the rows on which it fired. */
function mergeUnit(
  f32: Float32Array,
  at: number,
  rows: number,
  before: Float32Array,
  unit: number,
  units: number,
): void {
  const pivot = BatchCounter.pivot * units,
    min = BatchCounter.min * units,
    max = BatchCounter.max * units,
    first = BatchCounter.deviation * units,
    second = BatchCounter.squaredDeviation * units,
    magnitude = BatchCounter.magnitude * units;
  const shift = f32[at + pivot] - before[unit + pivot]; // deviations become those from the first batch's pivot
  const deviation = f32[at + first];
  f32[at + second] += shift * (2 * deviation + rows * shift) + before[unit + second];
  f32[at + first] = deviation + rows * shift + before[unit + first];
  f32[at + pivot] = before[unit + pivot];
  f32[at + min] = Math.min(f32[at + min], before[unit + min]);
  f32[at + max] = Math.max(f32[at + max], before[unit + max]);
  f32[at + magnitude] += before[unit + magnitude];
}
