// One batch through the network and back. Rows go in at the bottom by `rows`; every address comes from the plan, and
// nothing is allocated here.
import { learnsAlpha } from "../../activations/activations.js";
import { activationCode } from "../../wasm/abi.js";
import type { BatchBuffers } from "./batch-buffers.js";
import { LayerOutput, type TrainingPlace } from "./layer-output.js";
import type { PreparedTargets } from "../data.js";
import type { ParameterLayout } from "./parameters.js";
import { Normalizer } from "./normalizer.js";
import { mostOpen, SKIP_FROM_ROWS } from "./closed-units.js";
import { RowLoader } from "./row-loader.js";
import { factsOf, type Loss, lossDivisor, readsPreactivations } from "../losses.js";
import type { ResolvedSpec } from "../spec.js";
import type { Runtime } from "../../wasm/runtime.js";

interface Layer {
  readonly inputs: number;
  readonly units: number;
  /** The activation's number in the kernels' ABI. */
  readonly code: number;
  readonly alpha: number;
  readonly isPrelu: boolean;
  /** How many units may be open for the others to be left out. */
  readonly mostOpen: number;
  /** Offsets into the block of parameters, and into that of their gradient. */
  readonly kernel: number;
  readonly bias: number;
  /** Without, its gradient is 0. */
  readonly hasBias: boolean;
  readonly alphas: number;
  /** What is added to all that goes into the activation: the bias, or beta where that is normalized. */
  readonly shift: number;
  readonly normalizer: Normalizer | undefined;
  /** What becomes of the activations, where they are not what feeds the next layer or cost something. */
  readonly after: LayerOutput | undefined;
}

const LINEAR = activationCode("linear");

/**
 * What a forward pass leaves in the counters: nothing, how often each unit fired, or all that assembly/counters.ts
 * lists.
 */
export type Counting = "none" | "fired" | "all";

export class Passes {
  /** What copies rows into the batch. */
  readonly rows: RowLoader;
  private readonly layers: readonly Layer[];
  private readonly normalizers: readonly Normalizer[];
  /** By layer, how many units were open on some row of the batch; all of them where skipping would not pay. */
  private readonly openUnits: number[];
  private readonly outputs: number;
  /** The last layer, where it is a softmax; -1. */
  private readonly softmaxLayer: number;
  /** What one row's loss is divided by. */
  private readonly rowDivisor: number;
  /** The loss takes what goes into the last activation, and gives the gradient by it. */
  readonly skipsLastActivation: boolean;
  /** The loss takes the outputs themselves for probabilities. */
  readonly takesProbabilities: boolean;
  private readonly lossName: Loss;
  private readonly labelSmoothing: number;
  private readonly totalWeight = new Float64Array(1);
  /** Of the last forward pass, where a training step made it. */
  private place: TrainingPlace | undefined;

  constructor(
    private readonly runtime: Runtime,
    spec: ResolvedSpec,
    layout: ParameterLayout,
    private readonly buffers: BatchBuffers,
    private readonly parameters: number,
  ) {
    this.rows = new RowLoader(runtime, buffers);
    this.layers = spec.layers.map((layer, index) => {
      const offsets = layout.layers[index];
      const { kernel, bias, alpha = 0 } = offsets;
      const normalizer = layer.normalization && new Normalizer(runtime, layer, offsets, buffers, parameters, index);
      return {
        inputs: index === 0 ? spec.inputs : spec.layers[index - 1].units,
        units: layer.units,
        code: activationCode(layer.activation.name),
        alpha: layer.activation.alpha ?? 0,
        isPrelu: learnsAlpha(layer.activation.name),
        mostOpen: mostOpen(spec, index),
        kernel,
        bias,
        hasBias: layer.useBias !== false,
        alphas: alpha,
        shift: normalizer?.beta ?? bias,
        normalizer,
        after: LayerOutput.of(runtime, layer, index, spec.seed, buffers),
      };
    });
    this.normalizers = this.layers.flatMap(({ normalizer }) => normalizer ?? []);
    const { units, activation } = spec.layers.at(-1)!;
    this.outputs = units;
    this.softmaxLayer = activation.name === "softmax" ? spec.layers.length - 1 : -1;
    this.rowDivisor = lossDivisor(spec.loss, 1, units);
    this.skipsLastActivation = readsPreactivations(spec.loss, activation.name);
    const { name, from, labelSmoothing } = factsOf(spec.loss);
    this.lossName = name;
    this.labelSmoothing = labelSmoothing;
    this.takesProbabilities = from === "probabilities" && !this.skipsLastActivation;
    this.openUnits = spec.layers.map(({ units }) => units);
  }

  /**
   * Z = X·W + b, normalized where the layer is, and A = f(Z), layer by layer, for the first `count` layers, or those of
   * them from `first` on; the counters become those of this batch. Those of fired rows are what backward needs.
   */
  forward(rows: number, counting: Counting, count = this.layers.length, first = 0): void {
    this.place = undefined;
    this.forwardLayers(rows, counting, count, first);
  }

  /** The same of a training step: with dropout, and with the batch's own statistics. */
  forwardInTraining(rows: number, counting: Counting, place: TrainingPlace): void {
    this.place = place;
    this.forwardLayers(rows, counting, this.layers.length, 0);
  }

  private forwardLayers(rows: number, counting: Counting, count: number, first: number): void {
    for (let index = first; index < count; index++) {
      this.multiplyInputs(index, rows, this.layers[index].units, 0);
      this.layers[index].normalizer?.forward(rows, this.place !== undefined);
      this.activate(index, rows, counting);
    }
  }

  /**
   * The preactivations of one layer without what `activate` adds, biases or betas, rows x columns: X·W, or gamma·zhat.
   * @param columnIndex address of the indices (u32) of the units that are wanted; 0: all
   */
  product(index: number, rows: number, columns = this.layers[index].units, columnIndex = 0): void {
    const { units, normalizer } = this.layers[index];
    if (!normalizer) return this.multiplyInputs(index, rows, columns, columnIndex);
    this.multiplyInputs(index, rows, units, 0);
    normalizer.forward(rows, false);
    if (columnIndex === 0) return;
    const z = this.buffers.preactivations(index);
    this.runtime.kernels.gatherColumns(rows, units, columns, columnIndex, z, z);
  }

  /** Z = X·W of one layer, or the wanted columns of it: what is normalized where the layer is. */
  multiplyInputs(index: number, rows: number, columns: number, columnIndex: number): void {
    const { parameters } = this;
    const { units, kernel } = this.layers[index];
    const z = this.buffers.preactivations(index);
    const inputs = this.openInputs(index);
    const input = this.input(index);
    const { kernels } = this.runtime;
    if (index === 0 && this.buffers.sparse.isLoaded)
      this.buffers.sparse.product(kernels, rows, parameters + kernel, z, columns, columnIndex);
    else
      this.multiply(
        rows,
        columns,
        inputs,
        input,
        inputs,
        1,
        parameters + kernel,
        units,
        1,
        z,
        columnIndex,
        this.openIndex(index - 1),
      );
  }

  /** Of a batch's statistics, all of those that running ones are moved by. */
  get momentBytes(): number {
    return this.normalizers.reduce((sum, { momentBytes }) => sum + momentBytes, 0);
  }

  /** Copies those of the last batch. */
  keepMoments(to: number): void {
    let at = to;
    for (let i = 0; i < this.normalizers.length; i++) {
      this.normalizers[i].keepMoments(at);
      at += this.normalizers[i].momentBytes;
    }
  }

  /**
   * Moves running statistics towards the last training batch's, or those of a batch of `rows` that were kept; how many
   * were refused, as they would be infinite.
   */
  moveRunning(rows?: number, kept?: number): number {
    let at = kept,
      refused = 0;
    for (let i = 0; i < this.normalizers.length; i++) {
      refused += this.normalizers[i].moveRunning(rows, at);
      if (at !== undefined) at += this.normalizers[i].momentBytes;
    }
    return refused;
  }

  /** Z += b, or beta, and A = f(Z) of one layer. */
  activate(index: number, rows: number, counting: Counting): void {
    const { kernels } = this.runtime;
    const { buffers, parameters } = this;
    const { units, code, alpha, isPrelu, shift, alphas, after } = this.layers[index];
    const isCounted = counting !== "none";
    const z = buffers.preactivations(index);
    kernels.activationForward(
      code,
      alpha,
      isPrelu ? parameters + alphas : 0,
      rows,
      units,
      z,
      parameters + shift,
      index === this.softmaxLayer ? z : buffers.activations(index),
      isCounted ? buffers.counters(index) : 0,
      Number(counting === "all"),
    );
    if (index === this.softmaxLayer) kernels.softmax(rows, units, z, buffers.activations(index));
    this.findOpen(index, isCounted ? rows : 0);
    after?.forward(rows, this.input(index), this.place);
  }

  /**
   * Notes which units this batch closed: their activations are exactly 0, and so is their gradient. What the others put
   * out is kept apart.
   */
  private findOpen(index: number, rows: number): void {
    const { kernels } = this.runtime;
    const { buffers } = this;
    const { units, mostOpen } = this.layers[index];
    this.openUnits[index] = units;
    if (mostOpen === 0 || rows < SKIP_FROM_ROWS || !buffers.training) return;
    const open = kernels.listOpen(units, buffers.counters(index), buffers.open(index));
    if (open > mostOpen) return;
    kernels.gatherColumns(
      rows,
      units,
      open,
      buffers.open(index),
      buffers.activations(index),
      buffers.openActivations(index),
    );
    this.openUnits[index] = open;
  }

  /** The open units of a layer as an index; 0: all. */
  private openIndex(index: number): number {
    return index < 0 || this.openUnits[index] === this.layers[index].units ? 0 : this.buffers.open(index);
  }

  private openInputs(index: number): number {
    return index === 0 ? this.layers[0].inputs : this.openUnits[index - 1];
  }

  /** A layer's inputs, rows x openInputs. */
  private input(index: number): number {
    if (index === 0) return this.buffers.inputs;
    return this.openIndex(index - 1) === 0 ? this.output(index - 1) : this.buffers.openActivations(index - 1);
  }

  /** What feeds the layer above, rows x units: in the end the activations, unless something becomes of them. */
  output(index: number): number {
    return this.layers[index].after?.address(this.place !== undefined) ?? this.buffers.activations(index);
  }

  /** What the activations of all layers cost in the last step's way back. */
  addActivityPenalties(sum: Float64Array): void {
    for (let i = 0; i < this.layers.length; i++) {
      const { after } = this.layers[i];
      if (after) sum[0] += after.penalty[0];
    }
  }

  /**
   * C = A·B, or what the indices select of B's columns and rows. Zeros may be left out: weights and gradients are
   * finite.
   */
  private multiply(
    m: number,
    n: number,
    k: number,
    a: number,
    rowStrideA: number,
    colStrideA: number,
    b: number,
    rowStrideB: number,
    colStrideB: number,
    c: number,
    columnIndex: number,
    kIndex: number,
    accumulate = 0,
  ): void {
    const { kernels, workspace } = this.runtime;
    kernels.gemmSkippingZeros(
      m,
      n,
      k,
      a,
      rowStrideA,
      colStrideA,
      b,
      rowStrideB,
      colStrideB,
      accumulate,
      c,
      n,
      workspace,
      columnIndex,
      kIndex,
    );
  }

  /** After a forward pass: the gradient by a layer's product of that by its preactivations, in its place. */
  throughNormalization(index: number, rows: number, gradient: number): void {
    this.layers[index].normalizer?.backward(rows, gradient, 0);
  }

  /**
   * Adds the batch's loss and right answers to the result; with `gradient`, writes the gradient of the mean loss for
   * `backward`. Where the batch was gathered with weights, each row's loss counts as much, and `batchWeight` is their
   * sum.
   */
  loss(rows: number, targets: PreparedTargets["kind"], gradient: boolean, isWeighted = false): void {
    const { buffers, outputs } = this;
    const top = this.layers.length - 1;
    const y = this.skipsLastActivation ? buffers.preactivations(top) : buffers.activations(top);
    const dy = gradient ? buffers.gradient(0) : 0;
    if (isWeighted) {
      this.weightedLoss(rows, targets, y, dy);
    } else {
      this.runLoss(rows, targets, y, buffers.targets, dy, rows * this.rowDivisor, buffers.result);
    }
    if (gradient && this.softmaxLayer >= 0 && !this.skipsLastActivation)
      this.runtime.kernels.softmaxBackward(rows, outputs, buffers.activations(top), dy, dy);
  }

  /** Row by row, each scaled by its weight. */
  private weightedLoss(rows: number, targets: PreparedTargets["kind"], y: number, dy: number): void {
    const { kernels, heap } = this.runtime;
    const { buffers, outputs } = this;
    const { f32, f64 } = heap;
    const weights = buffers.weights >>> 2,
      row = buffers.rowResult >>> 3,
      result = buffers.result >>> 3;
    const divisor = this.rowDivisor;
    const stride = outputs * 4,
      targetStride = targets === "labels" ? 4 : stride;
    let total = 0;
    for (let r = 0; r < rows; r++) total += f32[weights + r];
    this.totalWeight[0] = total;
    for (let r = 0; r < rows; r++) {
      const weight = f32[weights + r];
      const gradient = dy === 0 ? 0 : dy + r * stride;
      f64[row] = f64[row + 1] = 0;
      this.runLoss(1, targets, y + r * stride, buffers.targets + r * targetStride, gradient, divisor, row * 8);
      if (weight > 0) f64[result] += weight * f64[row];
      f64[result + 1] += f64[row + 1];
      if (gradient !== 0 && weight > 0) kernels.scale(outputs, gradient, weight / total);
      else if (gradient !== 0) f32.fill(0, gradient >>> 2, (gradient + stride) >>> 2);
    }
  }

  /** The sum of the weights of the rows that the last weighted loss was of. */
  get batchWeight(): number {
    return this.totalWeight[0];
  }

  private runLoss(
    rows: number,
    targets: PreparedTargets["kind"],
    y: number,
    t: number,
    dy: number,
    divisor: number,
    result: number,
  ): void {
    const { kernels } = this.runtime;
    const { outputs, lossName, labelSmoothing } = this;
    if (lossName === "crossEntropy") {
      const labelled = targets === "labels";
      if (this.takesProbabilities)
        kernels.probabilityCrossEntropy(rows, outputs, y, t, Number(labelled), dy, divisor, result, labelSmoothing);
      else if (labelled) kernels.softmaxCrossEntropy(rows, outputs, y, t, dy, divisor, result, labelSmoothing);
      else kernels.softmaxCrossEntropyDense(rows, outputs, y, t, dy, divisor, result, labelSmoothing);
    } else if (this.takesProbabilities) {
      kernels.probabilityBinaryCrossEntropy(rows * outputs, y, t, dy, divisor, result, labelSmoothing);
    } else if (lossName === "binaryCrossEntropy") {
      kernels.binaryCrossEntropy(rows * outputs, y, t, dy, divisor, result, labelSmoothing);
    } else {
      kernels[lossName](rows * outputs, y, t, dy, divisor, result);
    }
  }

  /**
   * The gradient of every parameter of the layers from `lowest` up, from that of the outputs; false if it is not
   * finite. That of the layers' preactivations is rows x open units on the way.
   * @param isWhole or, of sparse inputs, of the first kernel the rows alone that `buffers.sparse.touched` tells of
   */
  backward(rows: number, gradient: number, lowest = 0, isWhole = true): boolean {
    const { kernels, workspace } = this.runtime;
    const { buffers, parameters } = this;
    const top = this.layers.length - 1;
    let finite = 1;
    if (this.openIndex(top) !== 0)
      kernels.gatherColumns(
        rows,
        this.outputs,
        this.openUnits[top],
        buffers.open(top),
        buffers.gradient(0),
        buffers.gradient(0),
      );
    for (let index = top; index >= lowest; index--) {
      const layer = this.layers[index];
      const { units, code, alpha, isPrelu, kernel, bias, hasBias, shift, alphas, after, normalizer } = layer;
      const dz = buffers.gradient(top - index);
      const here = this.openIndex(index),
        open = this.openUnits[index];
      const z = here === 0 ? buffers.preactivations(index) : buffers.openActivations(index);
      const below = buffers.gradient(top - index + 1);
      if (after) {
        const h = here === 0 ? buffers.activations(index) : z; // which leaves units out works in place
        after.backward(rows, open, dz, h, index > lowest ? below : 0, this.place !== undefined);
      }
      finite &= kernels.activationBackward(
        index === top && this.skipsLastActivation ? LINEAR : code,
        alpha,
        isPrelu ? parameters + alphas : 0,
        rows,
        open,
        z,
        dz,
        dz,
        gradient + shift,
        isPrelu ? gradient + alphas : 0,
      );
      if (here !== 0) kernels.spread(1, units, 1, open, 0, here, gradient + shift, workspace);
      if (normalizer) finite &= normalizer.backward(rows, dz, gradient);
      // its sums said whether all is finite
      if (!hasBias) this.runtime.heap.f32.fill(0, (gradient + bias) >>> 2, ((gradient + bias) >>> 2) + units);
      if (index === 0 && buffers.sparse.isLoaded) this.differentiateSparse(rows, dz, isWhole ? gradient + kernel : 0);
      else this.differentiateDense(index, rows, dz, gradient + kernel);
      if (index > lowest) this.passOn(index, rows, dz, below);
    }
    return finite === 1;
  }

  /** The gradient of what goes into a layer, rows x open units of the layer below. */
  private passOn(index: number, rows: number, dz: number, to: number): void {
    const { units, kernel, after } = this.layers[index];
    const open = this.openUnits[index];
    const below = this.openIndex(index - 1),
      here = this.openIndex(index);
    const openInputs = this.openInputs(index);
    const isAdded = Number(after?.isResidual === true); // to what passed the layer by
    this.multiply(rows, openInputs, open, dz, open, 1, this.parameters + kernel, 1, units, to, below, here, isAdded);
  }

  /** A kernel's gradient; of closed units it is 0. */
  private differentiateDense(index: number, rows: number, dz: number, gradient: number): void {
    const { kernels, workspace } = this.runtime;
    const { inputs, units } = this.layers[index];
    const openInputs = this.openInputs(index),
      open = this.openUnits[index];
    const below = this.openIndex(index - 1),
      here = this.openIndex(index);
    if (index === 0) this.buffers.sparse.forgetSpread();
    this.multiply(openInputs, open, rows, this.input(index), 1, openInputs, dz, open, 1, gradient, 0, 0);
    if (below !== 0 || here !== 0) kernels.spread(inputs, units, openInputs, open, below, here, gradient, workspace);
  }

  /** The first kernel's gradient; 0: the touched rows alone. */
  private differentiateSparse(rows: number, dz: number, gradient: number): void {
    const { kernels, workspace } = this.runtime;
    const { sparse } = this.buffers;
    this.spreadOpen(0, rows, dz);
    sparse.differentiate(kernels, rows, dz, workspace);
    if (gradient !== 0) sparse.spread(kernels, gradient);
  }

  /** After `backward` down to this layer, once: makes the gradient of its preactivations rows x units. */
  spreadGradient(index: number, rows: number, address: number): void {
    if (index > 0 || !this.buffers.sparse.isLoaded) this.spreadOpen(index, rows, address); // else it is so already
  }

  private spreadOpen(index: number, rows: number, address: number): void {
    const { kernels, workspace } = this.runtime;
    const open = this.openIndex(index);
    if (open !== 0)
      kernels.spread(rows, this.layers[index].units, rows, this.openUnits[index], 0, open, address, workspace);
  }
}
