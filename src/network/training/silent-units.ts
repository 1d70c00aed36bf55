// The hidden units that fired on no sample of an epoch.
import type { BatchBuffers } from "../state/batch-buffers.js";
import type { KernelExports } from "../../wasm/exports.js";
import type { Arena, Heap } from "../../wasm/heap.js";

/**
 * Which units fired on no sample, and nothing else: what every step of a training looks at, but only as long as a layer
 * has one.
 */
export class SilentUnits {
  /** Addresses of the marks, by layer. */
  private readonly marks: number[];
  private counts: number[] = [];

  constructor(
    private readonly units: readonly number[],
    private readonly kernels: KernelExports,
    private readonly heap: Heap,
    scratch: Arena,
  ) {
    this.marks = units.map((count) => scratch.allocate(count * 4, "the units' marks"));
  }

  reset(): void {
    this.counts = [...this.units];
    this.marks.forEach((address, layer) => this.heap.u32.fill(0, address >>> 2, (address >>> 2) + this.units[layer]));
  }

  /** Takes the counters that the last forward pass left behind. */
  note(buffers: Pick<BatchBuffers, "counters">): void {
    const { counts, marks, units } = this;
    for (let layer = 0; layer < counts.length; layer++) {
      if (counts[layer] > 0)
        counts[layer] = this.kernels.markFired(units[layer], buffers.counters(layer), marks[layer]);
    }
  }

  /** By layer, a copy of the marks of the units that fired. */
  save(): Uint32Array[] {
    return this.marks.map((address, layer) => this.heap.u32.slice(address >>> 2, (address >>> 2) + this.units[layer]));
  }

  restore(fired: readonly Uint32Array[]): void {
    fired.forEach((marks, layer) => this.heap.u32.set(marks, this.marks[layer] >>> 2));
    this.counts = fired.map((marks) => marks.reduce((count, mark) => count + Number(mark === 0), 0));
  }

  /** How many units of a layer fired on no sample since the last reset. */
  count(layer: number): number {
    return this.counts[layer];
  }
}
