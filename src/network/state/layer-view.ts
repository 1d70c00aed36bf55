// One layer's part of a block that is laid out as the parameters are: the weights themselves, their gradient, or the
// optimizer's moments; the latter two have no running statistics.
import type { LayerOffsets } from "./parameters.js";
import type { ResolvedActivation } from "../../activations/activations.js";
import type { Heap } from "../../wasm/heap.js";

/** Arrays are views into the heap, valid until the next allocation: ask again after one. */
export class LayerView {
  constructor(
    private readonly heap: Heap,
    /** Address of the block. */
    private readonly block: number,
    private readonly offsets: LayerOffsets,
    readonly inputs: number,
    readonly units: number,
    readonly activation: ResolvedActivation,
  ) {}

  get kernelAddress(): number {
    return this.block + this.offsets.kernel;
  }
  get biasAddress(): number {
    return this.block + this.offsets.bias;
  }
  /** 0 where the layer has no PReLU slopes. */
  get alphaAddress(): number {
    return this.offsets.alpha === undefined ? 0 : this.block + this.offsets.alpha;
  }
  /** What is added to all that goes into the activation: the bias, or beta where that is normalized. */
  get shiftAddress(): number {
    const { normalization, bias } = this.offsets;
    return this.block + (normalization?.beta ?? bias);
  }

  /** inputs x units, row-major. */
  get kernel(): Float32Array {
    return this.floats(this.kernelAddress, this.inputs * this.units);
  }
  /** units. */
  get bias(): Float32Array {
    return this.floats(this.biasAddress, this.units);
  }
  /** PReLU slopes, one a unit; undefined for other activations. */
  get alpha(): Float32Array | undefined {
    return this.alphaAddress === 0 ? undefined : this.floats(this.alphaAddress, this.units);
  }

  get shift(): Float32Array {
    return this.floats(this.shiftAddress, this.units);
  }
  /** What what is normalized is multiplied by, one a unit; undefined where nothing is, as the three below. */
  get gamma(): Float32Array | undefined {
    return this.part(this.offsets.normalization?.gamma);
  }
  /** What is added then, one a unit. */
  get beta(): Float32Array | undefined {
    return this.part(this.offsets.normalization?.beta);
  }
  /** Of batch normalization alone, in a block of weights: what stands for a batch's mean outside of training. */
  get runningMean(): Float32Array | undefined {
    return this.part(this.offsets.normalization?.running?.mean);
  }
  /** The same of the variance. */
  get runningVariance(): Float32Array | undefined {
    return this.part(this.offsets.normalization?.running?.variance);
  }

  /** The weights that leave one of the inputs: a row of the kernel. */
  outgoing(input: number): Float32Array {
    return this.floats(this.kernelAddress + input * this.units * 4, this.units);
  }

  /** A copy of the weights that enter a unit: a column of the kernel. */
  incoming(unit: number): Float32Array {
    const { kernel, units } = this;
    return Float32Array.from({ length: this.inputs }, (_, input) => kernel[input * units + unit]);
  }

  private part(offset: number | undefined): Float32Array | undefined {
    return offset === undefined ? undefined : this.floats(this.block + offset, this.units);
  }

  private floats(address: number, count: number): Float32Array {
    return this.heap.f32.subarray(address >>> 2, (address >>> 2) + count);
  }
}
