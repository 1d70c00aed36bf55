// One batch through the network and back. Rows of samples go in at the bottom; every address comes from the plan, and
// nothing is allocated here.
import { activationCode } from "../wasm/activations.js";
import type { BatchBuffers } from "./buffers.js";
import type { PreparedData, PreparedTargets } from "./data.js";
import type { ParameterLayout } from "./parameters.js";
import type { Loss, ResolvedSpec } from "./spec.js";
import type { Matrix } from "../core/matrix.js";
import type { Runtime } from "../wasm/runtime.js";

interface Layer {
  readonly inputs: number;
  readonly units: number;
  /** The activation's number in the kernels' ABI. */
  readonly code: number;
  readonly alpha: number;
  readonly isPrelu: boolean;
  /** Offsets into the block of parameters, and into that of their gradient. */
  readonly kernel: number;
  readonly bias: number;
  readonly alphas: number;
}

/** Losses that are means over samples and outputs; crossEntropy is one over samples. */
export function lossDivisor(loss: Loss, rows: number, outputs: number): number {
  return loss === "crossEntropy" ? rows : rows * outputs;
}

/** Rows this long are copied through views, shorter ones element by element (measured) ... */
const VIEWS_FROM_COLUMNS = 96;
/** ... unless the views, some 130 bytes each, would be too many. */
const VIEWS_UP_TO_ROWS = 2 ** 18;
const RELU = activationCode("relu");
/** A layer's closed units are left out of its products where that saves more than it costs: from this many units and rows on ... */
export const SKIP_FROM_UNITS = 64;
const SKIP_FROM_ROWS = 16;
const SKIP_UP_TO_UNITS = 2 ** 16; // as many as the workspace has room for, see `spread`
/** ... and if no larger share of the units is open (measured). */
const SKIP_UP_TO_OPEN = 3 / 4;

export class Passes {
  private readonly layers: readonly Layer[];
  /** By layer, how many units were open on some row of the batch; all of them where skipping would not pay. */
  private readonly openUnits: number[];
  private readonly outputs: number;

  constructor(
    private readonly runtime: Runtime,
    private readonly spec: ResolvedSpec,
    layout: ParameterLayout,
    private readonly buffers: BatchBuffers,
    private readonly parameters: number,
  ) {
    this.layers = spec.layers.map(({ units, activation }, index) => ({
      inputs: index === 0 ? spec.inputs : spec.layers[index - 1].units,
      units,
      code: activationCode(activation.name),
      alpha: activation.alpha ?? 0,
      isPrelu: activation.name === "prelu",
      kernel: layout.layers[index].kernel,
      bias: layout.layers[index].bias,
      alphas: layout.layers[index].alpha ?? 0,
    }));
    this.outputs = spec.layers.at(-1)!.units;
    this.openUnits = spec.layers.map(({ units }) => units);
  }

  /** Copies rows start .. start + count of the data, taken in the order of the indices at `order` (0: as they are), into the batch. */
  gather(data: PreparedData, start: number, count: number, order: number): void {
    const { heap } = this.runtime;
    const to = this.buffers.inputs >>> 2;
    if (order === 0) this.copyInputs(data.x, start, count);
    else if (data.x.columns < VIEWS_FROM_COLUMNS || data.rows > VIEWS_UP_TO_ROWS) copyRows(heap.f32, to, data.x.data, data.x.columns, start, count, order >>> 2, heap.u32);
    else copyViews(heap.f32, to, data, start, count, order >>> 2, heap.u32);
    this.gatherTargets(data.y, start, count, order);
  }

  /** Copies rows as they lie. */
  copyInputs({ data, columns }: Matrix, start: number, count: number): void {
    this.runtime.heap.f32.set(data.subarray(start * columns, (start + count) * columns), this.buffers.inputs >>> 2);
  }

  private gatherTargets(y: PreparedTargets, start: number, count: number, order: number): void {
    const { heap } = this.runtime;
    const to = this.buffers.targets >>> 2;
    if (y.kind === "labels") copyLabels(heap.i32, to, y.labels, start, count, order >>> 2, heap.u32);
    else copyRows(heap.f32, to, y.data, y.columns, start, count, order >>> 2, heap.u32);
  }

  /**
   * Z = X·W + b and A = f(Z), layer by layer, for the first `count` layers; `counted`, the counters become those of this batch,
   * which backward needs too.
   */
  forward(rows: number, counted: boolean, count = this.layers.length): void {
    const { kernels } = this.runtime;
    const { buffers, parameters } = this;
    let input = buffers.inputs;
    for (let index = 0; index < count; index++) {
      const { inputs, units, code, alpha, isPrelu, kernel, bias, alphas } = this.layers[index];
      const z = buffers.preactivations(index);
      const a = buffers.activations(index);
      this.multiply(rows, units, this.openInputs(index), input, inputs, 1, parameters + kernel, units, 1, z, 0, 0, this.openIndex(index - 1));
      kernels.activationForward(code, alpha, isPrelu ? parameters + alphas : 0, rows, units, z, parameters + bias, a, counted ? buffers.counters(index) : 0);
      this.findOpen(index, counted ? rows : 0);
      input = a;
    }
  }

  /** Notes which units this batch closed: their activations are exactly 0, and so is their gradient. */
  private findOpen(index: number, rows: number): void {
    const { units, code } = this.layers[index];
    this.openUnits[index] = units;
    if (code !== RELU || units < SKIP_FROM_UNITS || units > SKIP_UP_TO_UNITS || rows < SKIP_FROM_ROWS) return;
    const open = this.runtime.kernels.listOpen(units, this.buffers.counters(index), this.buffers.open(index));
    if (open <= units * SKIP_UP_TO_OPEN) this.openUnits[index] = open;
  }

  /** The open units of a layer as an index for gemmSelected; 0: all. */
  private openIndex(index: number): number {
    return index < 0 || this.openUnits[index] === this.layers[index].units ? 0 : this.buffers.open(index);
  }

  private openInputs(index: number): number {
    return index === 0 ? this.layers[0].inputs : this.openUnits[index - 1];
  }

  /** C = A·B, or what the indices select of A's rows, B's columns and k; C is dense. */
  private multiply(
    m: number, n: number, k: number, a: number, rowStrideA: number, colStrideA: number,
    b: number, rowStrideB: number, colStrideB: number, c: number, rowIndex: number, columnIndex: number, kIndex: number,
  ): void {
    const { kernels, workspace, heap } = this.runtime;
    if (k === 0) {
      heap.f32.fill(0, c >>> 2, (c >>> 2) + m * n);
    } else if (rowIndex === 0 && columnIndex === 0 && kIndex === 0) {
      kernels.gemm(m, n, k, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB, 0, c, n, workspace);
    } else {
      kernels.gemmSelected(m, n, k, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB, 0, c, n, workspace, rowIndex, columnIndex, kIndex);
    }
  }

  /** Adds the batch's loss and right answers to the result; with `gradient`, writes the gradient of the mean loss for `backward`. */
  loss(rows: number, targets: PreparedTargets["kind"], gradient: boolean): void {
    const { kernels } = this.runtime;
    const { buffers, outputs } = this;
    const { loss } = this.spec;
    const y = buffers.activations(this.layers.length - 1);
    const dy = gradient ? buffers.gradient(0) : 0;
    const scale = 1 / lossDivisor(loss, rows, outputs);
    if (loss === "crossEntropy") {
      const kernel = targets === "labels" ? kernels.softmaxCrossEntropy : kernels.softmaxCrossEntropyDense;
      kernel(rows, outputs, y, buffers.targets, dy, scale, buffers.result);
    } else {
      kernels[loss](rows * outputs, y, buffers.targets, dy, scale, buffers.result);
    }
  }

  /**
   * The gradient of every parameter of the layers from `lowest` up, from that of the outputs; false if it is not finite. That of layer
   * `lowest`'s preactivations stays in buffers.gradient(number of layers above it).
   */
  backward(rows: number, gradient: number, lowest = 0): boolean {
    const { kernels, workspace } = this.runtime;
    const { buffers, parameters } = this;
    let finite = 1;
    let turn = 0;
    for (let index = this.layers.length - 1; index >= lowest; index--) {
      const { inputs, units, code, alpha, isPrelu, kernel, bias, alphas } = this.layers[index];
      const dz = buffers.gradient(turn);
      finite &= kernels.activationBackward(
        code, alpha, isPrelu ? parameters + alphas : 0, rows, units, buffers.preactivations(index),
        dz, dz, gradient + bias, isPrelu ? gradient + alphas : 0,
      );
      const x = index === 0 ? buffers.inputs : buffers.activations(index - 1);
      const dKernel = gradient + kernel;
      const below = this.openIndex(index - 1), here = this.openIndex(index);
      const openInputs = this.openInputs(index), openUnits = this.openUnits[index];
      this.multiply(openInputs, openUnits, rows, x, 1, inputs, dz, units, 1, dKernel, below, here, 0);
      if (below !== 0 || here !== 0) kernels.spread(inputs, units, openInputs, openUnits, below, here, dKernel, workspace);
      if (index > lowest) {
        const dx = buffers.gradient(turn + 1);
        this.multiply(rows, openInputs, openUnits, dz, units, 1, parameters + kernel, 1, units, dx, 0, below, here);
        if (below !== 0) kernels.spread(rows, inputs, rows, openInputs, 0, below, dx, workspace);
      }
      turn++;
    }
    return finite === 1;
  }
}

function copyRows(to: Float32Array, target: number, from: Float32Array, columns: number, start: number, count: number, order: number, indices: Uint32Array): void {
  for (let row = start; row < start + count; row++) {
    let source = (order === 0 ? row : indices[order + row]) * columns;
    for (let c = 0; c < columns; c++) to[target++] = from[source++];
  }
}

function copyViews(to: Float32Array, target: number, { x: { data, columns }, views }: PreparedData, start: number, count: number, order: number, indices: Uint32Array): void {
  for (let at = order + start; at < order + start + count; at++) {
    const row = indices[at];
    to.set((views[row] ??= data.subarray(row * columns, (row + 1) * columns)), target);
    target += columns;
  }
}

function copyLabels(to: Int32Array, target: number, from: Int32Array, start: number, count: number, order: number, indices: Uint32Array): void {
  for (let row = start; row < start + count; row++) to[target++] = from[order === 0 ? row : indices[order + row]];
}
