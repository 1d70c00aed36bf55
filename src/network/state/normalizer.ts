// The normalization of one layer's preactivations: between the product and the activation, and on the way back. A
// training step takes a batch's own statistics and moves the running ones with its update, so that a step that is not
// made, or made again, leaves none.
import type { BatchBuffers } from "./batch-buffers.js";
import type { LayerOffsets } from "./parameters.js";
import type { ResolvedSpec } from "../spec.js";
import type { Runtime } from "../../wasm/runtime.js";

export class Normalizer {
  private readonly isBatch: boolean;
  /** Whether a training step takes the batch's statistics. */
  private readonly learns: boolean;
  private readonly units: number;
  private readonly epsilon: number;
  private readonly momentum: number;
  /** Addresses. */
  private readonly bias: number;
  private readonly gamma: number;
  private readonly mean: number;
  private readonly variance: number;
  /** Of the parameters in their block. */
  private readonly offsets: { readonly bias: number; readonly gamma: number; readonly beta: number };
  /** Whether the last forward pass took the batch's statistics, and of how many rows. */
  private isOfBatch = false;
  private rows = 0;

  constructor(
    private readonly runtime: Runtime,
    { units, normalization, frozen }: ResolvedSpec["layers"][number],
    { bias, normalization: offsets }: LayerOffsets,
    private readonly buffers: BatchBuffers,
    parameters: number,
    private readonly index: number,
  ) {
    const { kind, epsilon, momentum = 0 } = normalization!;
    const { gamma, beta, running } = offsets!;
    this.isBatch = kind === "batch";
    this.learns = this.isBatch && !frozen;
    this.units = units;
    this.epsilon = epsilon;
    this.momentum = momentum;
    this.bias = parameters + bias;
    this.gamma = parameters + gamma;
    this.mean = parameters + (running?.mean ?? 0);
    this.variance = parameters + (running?.variance ?? 0);
    this.offsets = { bias, gamma, beta };
  }

  /** Offset of beta in the block of parameters. */
  get beta(): number {
    return this.offsets.beta;
  }

  /** Makes gamma·zhat of X·W, in its place. */
  forward(rows: number, isTraining: boolean): void {
    const { runtime, buffers, index, units, epsilon, gamma, bias } = this;
    const { kernels } = runtime;
    const z = buffers.preactivations(index);
    const zhat = buffers.normalized(index);
    const affine = buffers.affine(index);
    this.rows = rows;
    this.isOfBatch = isTraining && this.learns;
    if (!this.isBatch) kernels.layerNormalize(rows, units, z, bias, epsilon, gamma, zhat, affine);
    else if (this.isOfBatch)
      kernels.batchNormalize(rows, units, z, epsilon, gamma, buffers.moments(index), affine, zhat);
    else kernels.runningNormalize(rows, units, z, bias, this.mean, this.variance, epsilon, gamma, affine, zhat);
  }

  /**
   * The gradient by X·W of that by n, in its place, after the last forward pass.
   * @param gradient the block of the parameters' gradient, where beta's part stands already; 0: not wanted
   * @returns 1, or 0 if what it writes there is not finite
   */
  backward(rows: number, dn: number, gradient: number): number {
    const { runtime, buffers, index, units, gamma, offsets } = this;
    const { kernels } = runtime;
    const zhat = buffers.normalized(index);
    const affine = buffers.affine(index);
    const dBias = gradient && gradient + offsets.bias;
    const dGamma = gradient && gradient + offsets.gamma;
    if (!this.isBatch) return kernels.layerNormalizeBackward(rows, units, dn, zhat, gamma, affine, dGamma, dBias);
    if (!this.isOfBatch) return kernels.runningNormalizeBackward(rows, units, dn, zhat, gamma, affine, dGamma, dBias);
    runtime.heap.f32.fill(0, dBias >>> 2, (dBias >>> 2) + units); // it shifts the mean as much
    const dBeta = gradient + offsets.beta;
    return kernels.batchNormalizeBackward(rows, units, dn, zhat, gamma, affine, dBeta, dGamma);
  }

  /** Of a batch's statistics that running ones are moved by; 0: none are. */
  get momentBytes(): number {
    return this.learns ? 2 * Math.ceil(this.units / 4) * 4 * 8 : 0;
  }

  /** Copies those of the last batch. */
  keepMoments(to: number): void {
    const from = this.learns ? this.buffers.moments(this.index) : 0;
    this.runtime.heap.f64.copyWithin(to >>> 3, from >>> 3, (from + this.momentBytes) >>> 3);
  }

  /**
   * Moves the running statistics towards those of the last batch, or of one whose statistics were kept; how many were
   * refused, as they would be infinite.
   */
  moveRunning(rows = this.rows, moments = this.learns ? this.buffers.moments(this.index) : 0): number {
    if (!this.isOfBatch) return 0;
    const { runtime, units, momentum, bias, mean, variance } = this;
    return runtime.kernels.moveRunning(rows, units, momentum, moments, bias, mean, variance);
  }
}
