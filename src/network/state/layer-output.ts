// What becomes of a layer's activations h before they feed the next one: o = dropout(h) + x, with dropout in training
// alone, and with the layer's own inputs x where they pass it by; and what h costs by an activity regularizer.
import type { BatchBuffers } from "./batch-buffers.js";
import type { ResolvedDenseSpec } from "../spec.js";
import { splitSeed, Stream } from "../../core/random.js";
import type { Runtime } from "../../wasm/runtime.js";

/** Which step of a training it is: decides what dropout drops. */
export interface TrainingPlace {
  /** Of the network, from 0. */
  epoch: number;
  /** Of the batch's first row, in the epoch. */
  row: number;
}

const WORDS = 2 ** 32;

export class LayerOutput {
  readonly isResidual: boolean;
  /** What h cost in the last step of a training. */
  readonly penalty = new Float64Array(1);
  /** The word below which a draw drops an element; 0: none is. */
  private readonly threshold: number;
  private readonly scale: number;
  private readonly l1: number;
  private readonly l2: number;
  private readonly units: number;
  private readonly seedLow: number;
  private readonly seedHigh: number;

  /** Of a layer; undefined where its activations are what feeds the next one, and cost nothing. */
  static of(
    runtime: Runtime,
    layer: ResolvedDenseSpec,
    index: number,
    seed: number,
    buffers: BatchBuffers,
  ): LayerOutput | undefined {
    const { dropout, residual, activityRegularizer } = layer;
    if (dropout === undefined && !residual && !activityRegularizer) return undefined;
    return new LayerOutput(runtime, layer, index, seed, buffers);
  }

  private constructor(
    private readonly runtime: Runtime,
    { units, dropout = 0, residual = false, activityRegularizer, frozen }: ResolvedDenseSpec,
    private readonly index: number,
    seed: number,
    private readonly buffers: BatchBuffers,
  ) {
    this.units = units;
    this.isResidual = residual;
    this.threshold = Math.floor(dropout * WORDS);
    this.scale = 1 / (1 - dropout);
    this.l1 = frozen ? 0 : (activityRegularizer?.l1 ?? 0);
    this.l2 = frozen ? 0 : (activityRegularizer?.l2 ?? 0);
    const { low, high } = splitSeed(seed);
    this.seedLow = low;
    this.seedHigh = high;
  }

  /** What feeds the next layer: rows x units. */
  address(isTraining: boolean): number {
    const isOwn = this.isResidual || (isTraining && this.threshold > 0);
    return isOwn ? this.buffers.outputs(this.index) : this.buffers.activations(this.index);
  }

  /**
   * o of h.
   * @param x what fed the layer, rows x units where that passes it by
   */
  forward(rows: number, x: number, place: TrainingPlace | undefined): void {
    const { buffers, index, units, threshold } = this;
    const { kernels } = this.runtime;
    const h = buffers.activations(index);
    const isDropping = place !== undefined && threshold > 0;
    if (isDropping)
      kernels.dropout(
        rows,
        units,
        place.row,
        this.seedLow,
        this.seedHigh,
        Stream.dropout,
        index,
        place.epoch,
        threshold,
        this.scale,
        h,
        buffers.factors(index),
        buffers.outputs(index),
      );
    if (!this.isResidual) return;
    const to = buffers.outputs(index);
    kernels.add(rows * units, isDropping ? to : h, x, to);
  }

  /**
   * The gradient by h of that by o, in its place.
   * @param columns of the gradient: those of the units that were open
   * @param h the activations of these
   * @param past where the part of the gradient that passes the layer by goes, rows x units; 0: not wanted
   */
  backward(rows: number, columns: number, gradient: number, h: number, past: number, isTraining: boolean): void {
    const { kernels, heap } = this.runtime;
    const count = rows * columns;
    if (past !== 0 && this.isResidual) heap.f32.copyWithin(past >>> 2, gradient >>> 2, (gradient >>> 2) + count);
    this.penalty[0] = 0;
    if (!isTraining) return;
    if (this.threshold > 0) kernels.multiply(count, gradient, this.buffers.factors(this.index));
    if (this.l1 > 0 || this.l2 > 0)
      this.penalty[0] = kernels.penalize(count, h, this.l1 / rows, this.l2 / rows, gradient);
  }
}
