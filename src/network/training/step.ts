// One training step on the inside of a network: gather, forward, loss, backward, clip, update. A fit runs it on the
// network that learns; a replay runs the same, bit for bit, on a copy. Nothing is allocated once it is made; numbers
// that are not whole stay in arrays for that reason, since engines box those that functions return, or that an object
// or a suspended function keeps.
import type { MomentPowers, OptimizerRecipe, UpdateOperands } from "./optimizers.js";
import { FrozenLayers } from "./frozen-layers.js";
import { lossDivisor } from "../losses.js";
import type { Counting } from "../state/passes.js";
import type { Plan } from "./plan.js";
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
  private readonly rows: Uint32Array;

  constructor(
    private readonly state: NetworkState,
    private readonly plan: Plan,
    scratch: Arena,
  ) {
    const { heap } = state.runtime;
    this.address = scratch.allocate(plan.data.rows * 4, "the order of the rows");
    this.rows = new Uint32Array(plan.data.rows);
    for (let row = 0; row < this.rows.length; row++) this.rows[row] = row;
    heap.u32.set(this.rows, this.address >>> 2);
    if (plan.trainingRows === plan.data.rows) return;
    this.rows = splitRows(state.runtime, state.spec.seed, plan.data.rows, plan.trainingRows, this.address);
  }

  /** Shuffles the training rows, differently in each epoch. */
  beginEpoch(epoch: number): void {
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
  private readonly isWeighted: boolean;
  /** What one row's loss is divided by. */
  private readonly rowDivisor: number;
  private readonly meanLoss = new Float64Array(1);
  private readonly frozen: FrozenLayers | undefined;
  /** The lowest layer that learns. */
  private readonly lowest: number;

  constructor(
    private readonly state: NetworkState,
    private readonly plan: Plan,
    private readonly order: RowOrder,
  ) {
    const { gradient } = state;
    this.moments = state.momentsFor(plan.recipe);
    const { slots, powers } = this.moments;
    this.operands = { count: state.parameterFloats, parameters: state.parameters, gradient, slots };
    this.powers = powers;
    this.isClipping = plan.clipNorm !== Infinity;
    const isTouching = isSparse(plan.data.x) && plan.recipe.takesTouchedRows === true && !this.isClipping;
    if (isTouching) this.operands.touched = state.buffers.sparse.touched;
    this.isWeighted = plan.data.weights !== undefined;
    this.rowDivisor = lossDivisor(state.spec.loss, 1, state.spec.layers.at(-1)!.units);
    if (state.spec.layers.some((layer) => layer.frozen)) this.frozen = new FrozenLayers(state, this.operands);
    this.lowest = this.frozen?.lowest ?? 0;
  }

  /** The batch's mean loss, before its update. */
  get loss(): number {
    return this.meanLoss[0];
  }

  /** As a step that was made elsewhere left them. */
  restore(sums: Float64Array, weight: number, loss: number): void {
    this.sums.set(sums);
    this.sums[2] = weight;
    this.meanLoss[0] = loss;
  }

  /** The clipped gradient of the batch's mean loss; false if it or the loss is not finite. */
  differentiate(start: number, rows: number): boolean {
    this.runForward(start, rows);
    if (!this.noteLoss(rows) || !this.runBackward(rows)) return false;
    this.frozen?.clearGradient();
    return !this.isClipping || this.clip();
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
    this.meanLoss[0] = loss;
    this.sums[0] += f64[at];
    this.sums[1] += f64[at + 1];
    this.sums[2] += weight;
    return Number.isFinite(loss);
  }

  /** Forward and loss of a batch, with the gradient of the outputs. */
  runForward(start: number, rows: number): void {
    const { passes, buffers } = this.state;
    const { data } = this.plan;
    passes.rows.gather(data, start, rows, this.order.address);
    passes.forward(rows, this.counting);
    buffers.clearResult();
    passes.loss(rows, data.y.kind, true, this.isWeighted);
  }

  /** Moves the parameters; false if some entry was refused, since it would not have stayed finite. */
  update(rate: number, recipe: OptimizerRecipe = this.plan.recipe): boolean {
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
