// One training step on the inside of a network: gather, forward, loss, backward, clip, update. A fit runs it on the
// network that learns; a replay runs the same, bit for bit, on a copy. Nothing is allocated once it is made; numbers
// that are not whole stay in arrays for that reason, since engines box those that functions return, or that an object
// or a suspended function keeps.
import type { MomentPowers, OptimizerRecipe, UpdateOperands } from "./optimizers.js";
import { Accumulation } from "./accumulation.js";
import { FrozenLayers } from "./frozen-layers.js";
import { Regularization } from "./regularization.js";
import { hasPenalty } from "../layer-options.js";
import { lossDivisor } from "../losses.js";
import type { PreparedData } from "../data.js";
import { entriesOf } from "../state/sparse-batch.js";
import type { Counting } from "../state/passes.js";
import { type Plan, stepRowsOf } from "./plan.js";
import { isSparse } from "../../core/sparse.js";
import { splitSeed, Stream } from "../../core/random.js";
import type { NetworkState } from "../state/state.js";
import type { Arena } from "../../wasm/heap.js";
import type { Runtime } from "../../wasm/runtime.js";

/**
 * Shuffles the indices at `address` so that the first `trainingRows` are the seed's training rows, ascending, and the
 * others are held out.
 */
export function splitRows(
  { heap, kernels }: Runtime,
  seed: number,
  rows: number,
  trainingRows: number,
  address: number,
): Uint32Array {
  const { low, high } = splitSeed(seed);
  kernels.shuffle(rows, address, low, high, Stream.split, 0);
  const order = heap.u32.slice(address >>> 2, (address >>> 2) + rows);
  order.subarray(0, trainingRows).sort();
  heap.u32.set(order, address >>> 2);
  return order;
}

/** The order in which rows are read: in WASM memory, where the kernel shuffles it. */
export class RowOrder {
  /** Address of the indices, the training rows first. */
  readonly address: number;
  /** Of the network, from 0: the one that was begun last. */
  epoch = 0;
  private readonly rows: Uint32Array;

  constructor(
    private readonly state: NetworkState,
    private readonly plan: Plan,
    scratch: Arena,
  ) {
    const { heap } = state.runtime;
    this.address = scratch.allocate(Math.max(1, plan.data.rows) * 4, "the order of the rows");
    this.rows = new Uint32Array(plan.data.rows);
    for (let row = 0; row < this.rows.length; row++) this.rows[row] = row;
    heap.u32.set(this.rows, this.address >>> 2);
    if (plan.trainingRows === plan.data.rows) return;
    this.rows = splitRows(state.runtime, state.spec.seed, plan.data.rows, plan.trainingRows, this.address);
  }

  /** Shuffles the training rows, differently in each epoch. */
  beginEpoch(epoch: number): void {
    this.epoch = epoch;
    const { heap, kernels } = this.state.runtime;
    heap.u32.set(this.rows, this.address >>> 2);
    if (!this.plan.shuffle) return;
    const { low, high } = splitSeed(this.state.spec.seed);
    kernels.shuffle(this.plan.trainingRows, this.address, low, high, Stream.shuffle, epoch);
  }
}

/** Steps of one plan on one network; `differentiate`, then `update`. */
export class TrainingStep {
  /** Of the batches since it was cleared: the losses, the right answers, the rows' weights. */
  readonly sums = new Float64Array(3);
  readonly operands: UpdateOperands;
  readonly powers: MomentPowers;
  /** What a step counts. */
  counting: Counting = "fired";
  private readonly moments: ReturnType<NetworkState["momentsFor"]>;
  private readonly isClipping: boolean;
  /** What batches are taken from, in the order of the rows; each batch of a source is its own, as it lies. */
  private data: PreparedData;
  private isWeighted: boolean;
  /** Is called once a batch's rows are copied. */
  copied: (() => void) | undefined;
  /** What one row's loss is divided by. */
  private readonly rowDivisor: number;
  private readonly meanLoss = new Float64Array(1);
  /**
   * What the batch's activations and the weights cost beside the loss; the sum of that over the batches since sums were
   * cleared, and how many there were. Absent where nothing costs.
   */
  readonly penalties: Float64Array | undefined;
  private readonly regularization: Regularization;
  private readonly place = { epoch: 0, row: 0 };
  private readonly frozen: FrozenLayers | undefined;
  /** The lowest layer that learns. */
  private readonly lowest: number;
  /** Of the batches since `begin`. */
  private isFinite = true;
  /** Where an update is of several batches. */
  private readonly accumulation: Accumulation | undefined;

  constructor(
    private readonly state: NetworkState,
    private readonly plan: Plan,
    private readonly order: RowOrder,
    scratch: Arena = state.arena,
  ) {
    const { gradient } = state;
    this.moments = state.momentsFor(plan.recipe);
    const { slots, powers } = this.moments;
    this.operands = { count: state.parameterFloats, parameters: state.parameters, gradient, slots };
    this.powers = powers;
    this.isClipping = plan.clipNorm !== Infinity;
    const { frozen: isFirstFrozen, kernelRegularizer } = state.spec.layers[0];
    const isPenalized = kernelRegularizer !== undefined && !isFirstFrozen; // every row has a gradient then
    const isTouching =
      isSparse(plan.data.x) && plan.recipe.takesTouchedRows === true && !this.isClipping && plan.accumulate === 1;
    if (isTouching && !isPenalized) this.operands.touched = state.buffers.sparse.touched;
    this.data = plan.data;
    this.isWeighted = plan.data.weights !== undefined;
    this.rowDivisor = lossDivisor(state.spec.loss, 1, state.spec.layers.at(-1)!.units);
    if (state.spec.layers.some((layer) => layer.frozen)) this.frozen = new FrozenLayers(state, this.operands);
    this.lowest = this.frozen?.lowest ?? 0;
    this.regularization = new Regularization(state);
    if (hasPenalty(state.spec.layers)) this.penalties = new Float64Array(3);
    const { trainingRows, batchSize } = stepRowsOf(plan);
    const most = trainingRows > 0 ? Math.ceil(trainingRows / batchSize) : Infinity; // of a source it may be unknown
    const batches = Math.min(plan.accumulate, most);
    if (batches > 1) this.accumulation = new Accumulation(state, batches, scratch);
  }

  /** The batch of a source, that the next step is made on. */
  take(batch: PreparedData): void {
    const { buffers } = this.state;
    buffers.ensure(batch.rows, true, entriesOf(batch.x, batch.rows));
    if (batch.weights) buffers.ensureWeights();
    this.data = batch;
    this.isWeighted = batch.weights !== undefined;
  }

  /** The batch's mean loss, before its update. */
  get loss(): number {
    return this.meanLoss[0];
  }

  /** What is added to the batch's loss in the training; undefined where nothing is. */
  get penalty(): number | undefined {
    return this.penalties?.[0];
  }

  /** The mean of that over the batches since sums were cleared. */
  get meanPenalty(): number | undefined {
    return this.penalties && this.penalties[1] / (this.penalties[2] || 1);
  }

  clearSums(): void {
    this.sums.fill(0);
    this.penalties?.fill(0, 1);
  }

  /** As a step that was made elsewhere left them. */
  restore(sums: Float64Array, weight: number, loss: number, penalties?: Float64Array): void {
    if (penalties) this.penalties?.set(penalties);
    this.sums.set(sums);
    this.sums[2] = weight;
    this.meanLoss[0] = loss;
  }

  /** The clipped gradient of the mean loss of a step's rows; false if it or the loss is not finite. */
  differentiate(start: number, rows: number): boolean {
    this.begin();
    const most = this.accumulation ? this.plan.batchSize : rows;
    for (let at = start; at < start + rows; at += most)
      if (!this.addBatch(at, Math.min(most, start + rows - at))) break;
    return this.finish();
  }

  /** Whether a step is of several batches: `begin`, `addBatch` for each, `finish`, as `differentiate` does. */
  get isOfSeveral(): boolean {
    return this.accumulation !== undefined;
  }

  begin(): void {
    this.isFinite = true;
    this.accumulation?.begin();
  }

  /** Forward and back on a batch; false if its loss or gradient is not finite: so is then what `finish` says. */
  addBatch(start: number, rows: number): boolean {
    const { accumulation } = this;
    this.runForward(start, rows);
    this.isFinite = this.noteLoss(rows) && this.runBackward(rows);
    if (!this.isFinite || !accumulation) return this.isFinite;
    const weight = this.isWeighted ? this.state.passes.batchWeight : rows;
    if (this.penalties) {
      accumulation.penalty[0] = 0;
      this.state.passes.addActivityPenalties(accumulation.penalty);
      accumulation.sums[3] += accumulation.penalty[0] * weight;
    }
    accumulation.add(rows, weight, this.counting);
    return true;
  }

  /** As `differentiate`, of the batches since `begin`. */
  finish(): boolean {
    if (this.accumulation) this.takeSums(this.accumulation.sums);
    if (!this.isFinite) return false;
    this.accumulation?.finish();
    if (this.penalties) this.penalize(this.penalties);
    this.frozen?.clearGradient();
    return !this.isClipping || this.clip();
  }

  /** What the step's batches come to. */
  private takeSums(step: Float64Array): void {
    for (let i = 0; i < 3; i++) this.sums[i] += step[i];
    this.meanLoss[0] = step[0] / (step[2] * this.rowDivisor || 1);
  }

  /** Of a step's rows: how many, or what they weigh. */
  private weightOf(start: number, rows: number): number {
    const { weights } = this.plan.data;
    if (!weights) return rows;
    const { u32 } = this.state.runtime.heap;
    const at = this.order.address >>> 2;
    let sum = 0;
    for (let row = start; row < start + rows; row++) sum += weights[u32[at + row]];
    return sum;
  }

  /** How much the batch that was run last counts in its step. */
  private shareOf(rows: number, whole: number): number {
    return whole > 0 ? (this.isWeighted ? this.state.passes.batchWeight : rows) / whole : 0;
  }

  /** Runs the batches of a step forward, one by one, with their places and how much each counts in it. */
  *forwardBatches(start: number, rows: number): Generator<{ start: number; rows: number; share: number }> {
    const whole = this.weightOf(start, rows);
    for (let at = start; at < start + rows; at += this.plan.batchSize) {
      const count = Math.min(this.plan.batchSize, start + rows - at);
      this.runForward(at, count);
      yield { start: at, rows: count, share: count === rows ? 1 : this.shareOf(count, whole) };
    }
  }

  /** What weights and activations cost: the gradient of the weights' part, and what all comes to. */
  private penalize(penalties: Float64Array): void {
    penalties[0] = 0;
    this.regularization.penalize(this.operands.gradient, penalties);
    const step = this.accumulation?.sums;
    if (step) penalties[0] += step[3] / (step[2] || 1);
    else this.state.passes.addActivityPenalties(penalties);
    penalties[1] += penalties[0];
    penalties[2]++;
  }

  private runBackward(rows: number): boolean {
    const { gradient, touched } = this.operands;
    return this.state.passes.backward(rows, gradient, this.lowest, touched === undefined);
  }

  /** Takes the loss over from the buffers; false if it is not finite. */
  private noteLoss(rows: number): boolean {
    const {
      buffers,
      passes,
      runtime: {
        heap: { f64 },
      },
    } = this.state;
    const at = buffers.result >>> 3;
    const weight = this.isWeighted ? passes.batchWeight : rows;
    const loss = f64[at] / (weight * this.rowDivisor || 1); // a batch without weight has a loss of 0
    if (!this.accumulation) this.meanLoss[0] = loss;
    const sums = this.accumulation?.sums ?? this.sums;
    sums[0] += f64[at];
    sums[1] += f64[at + 1];
    sums[2] += weight;
    return Number.isFinite(loss);
  }

  /** Forward and loss of a batch, with the gradient of the outputs. */
  runForward(start: number, rows: number): void {
    const { passes, buffers } = this.state;
    const { data, plan } = this;
    if (plan.source) passes.rows.gather(data, 0, rows, 0);
    else passes.rows.gather(data, start, rows, this.order.address);
    this.copied?.();
    this.place.epoch = this.order.epoch;
    this.place.row = start;
    passes.forwardInTraining(rows, this.counting, this.place);
    buffers.clearResult();
    passes.loss(rows, data.y.kind, true, this.isWeighted);
  }

  /** Moves all weights; false if some entry was refused, since it would not have stayed finite. */
  update(rate: number, recipe: OptimizerRecipe = this.plan.recipe): boolean {
    const isMoved = (this.accumulation ?? this.state.passes).moveRunning() === 0;
    const isWhole = this.updateParameters(rate, recipe);
    this.regularization.limit();
    return isWhole && isMoved;
  }

  private updateParameters(rate: number, recipe: OptimizerRecipe): boolean {
    this.operands.ages = this.moments.ages;
    if (this.frozen && !this.moments.ages) return this.frozen.updateOthers(rate, recipe, this.powers);
    return recipe.update(this.state.runtime.kernels, this.operands, rate, this.powers) === 0;
  }

  /** Scales the gradient down to the wanted norm, as PyTorch does; false if the norm is not finite. */
  private clip(): boolean {
    const { clipNorm } = this.plan;
    const { kernels } = this.state.runtime;
    const { count, gradient } = this.operands;
    const norm = Math.sqrt(kernels.sumSquares(count, gradient));
    if (norm > clipNorm) kernels.scale(count, gradient, clipNorm / (norm + 1e-6));
    return Number.isFinite(norm);
  }
}
