// Runs the kernels by themselves: every operand lies between NaN fences, so that a read or a write outside it is seen.
import { compileKernels, instantiateKernels, supportsRelaxed, type Build } from "../../src/wasm/binary.js";
import type { KernelExports } from "../../src/wasm/exports.js";

const FENCE = 16; // floats of NaN before and after each operand
const FIRST_ADDRESS = 65536; // the first page belongs to the kernels' constants

/** The builds that this engine can run. */
export const builds: readonly Build[] = supportsRelaxed() ? ["strict", "relaxed"] : ["strict"];

export class Bench<Exports = KernelExports> {
  private next = FIRST_ADDRESS;
  private fences: number[] = [];

  private constructor(
    readonly build: Build,
    readonly kernels: Exports,
    private readonly memory: WebAssembly.Memory,
  ) {}

  static async create(build: Build): Promise<Bench> {
    return Bench.of<KernelExports>(build, await compileKernels(build, false));
  }

  /** The same for another module over a memory of its own. */
  static async of<Exports>(build: Build, module: WebAssembly.Module): Promise<Bench<Exports>> {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
    return new Bench(build, (await instantiateKernels(module, memory)) as Exports, memory);
  }

  /** Forgets all operands. */
  reset(): void {
    this.next = FIRST_ADDRESS;
    this.fences = [];
  }

  /**
   * Room for `count` 32-bit elements, poisoned with NaN, at an address that is a multiple of 4 and, if asked,
   * `misaligned` floats off 16.
   */
  allocate(count: number, misaligned = 0): number {
    const address = this.next + (FENCE + misaligned) * 4;
    const end = address + (count + FENCE) * 4;
    this.next = Math.ceil(end / 16) * 16;
    const missing = this.next - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65536));
    this.floats(address - FENCE * 4, count + 2 * FENCE).fill(Number.NaN);
    this.fences.push(address - FENCE * 4, address + count * 4);
    return address;
  }

  place(values: ArrayLike<number>, misaligned = 0): number {
    const address = this.allocate(values.length, misaligned);
    this.floats(address, values.length).set(values);
    return address;
  }

  placeInt32(values: ArrayLike<number>): number {
    const address = this.allocate(values.length);
    new Int32Array(this.memory.buffer, address, values.length).set(values);
    return address;
  }

  /** Room for float64 results, zeroed. */
  allocateDoubles(count: number): number {
    const address = this.allocate(count * 2 + 2);
    const aligned = Math.ceil(address / 8) * 8;
    new Float64Array(this.memory.buffer, aligned, count).fill(0);
    return aligned;
  }

  /** Views: valid until the next allocation. */
  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }
  ints(address: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, count);
  }
  doubles(address: number, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, count);
  }

  /** Throws if anything was written into a fence. */
  checkFences(): void {
    for (const start of this.fences) {
      if (this.floats(start, FENCE).some((value) => !Number.isNaN(value)))
        throw new Error(`a kernel wrote into the fence at ${start}`);
    }
  }
}

/** The same kernels, with every zero multiplied, but where indices select rows or columns. */
export function multiplyingZeros(kernels: KernelExports): KernelExports {
  return {
    ...kernels,
    gemmSkippingZeros: (...operands) => {
      const isSelected = operands[13] !== 0 || operands[14] !== 0;
      if (isSelected) kernels.gemmSkippingZeros(...operands);
      else kernels.gemm(...(operands.slice(0, 13) as Parameters<KernelExports["gemm"]>));
    },
  };
}
