// One layer's part of a block that is laid out as the parameters are: the parameters themselves, their gradient, or the
// optimizer's moments.
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

  /** The weights that leave one of the inputs: a row of the kernel. */
  outgoing(input: number): Float32Array {
    return this.floats(this.kernelAddress + input * this.units * 4, this.units);
  }

  /** A copy of the weights that enter a unit: a column of the kernel. */
  incoming(unit: number): Float32Array {
    const { kernel, units } = this;
    return Float32Array.from({ length: this.inputs }, (_, input) => kernel[input * units + unit]);
  }

  private floats(address: number, count: number): Float32Array {
    return this.heap.f32.subarray(address >>> 2, (address >>> 2) + count);
  }
}
