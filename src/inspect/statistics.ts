// Unit statistics over many batches: what the forward kernels' counters add up to.
import { isLinear, type ResolvedActivation } from "../activations/activations.js";
import { UNIT_TOTALS, UnitTotal } from "../wasm/abi.js";
import { type Arena, type Heap, Layout } from "../wasm/heap.js";
import type { KernelExports } from "../wasm/exports.js";
import type { BatchBuffers } from "../network/state/batch-buffers.js";

/** The running statistics of one unit's preactivation, and of its activation's size. */
export interface UnitStatistics {
  readonly samples: number;
  /** Samples with a preactivation above 0, or NaN. */
  readonly fired: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly variance: number;
  /** Mean |activation|. */
  readonly meanActivation: number;
  /**
   * The smallest |preactivation|: measured for activations that are flat on either side of 0, of others as far as min
   * and max tell it.
   */
  readonly nearest: number;
}

/** Where the activations lie whose sizes the kernels add up: of a softmax, what goes into it. */
export function countedActivations(name: ResolvedActivation["name"], z: number, a: number): number {
  return name === "softmax" || isLinear(name) ? z : a;
}

/** Totals for the first `units.length` layers, in a block of the arena that is passed. */
export class CounterTotals {
  private readonly offsets: number[];
  private readonly address: number;

  constructor(
    private readonly units: readonly number[],
    private readonly kernels: KernelExports,
    private readonly heap: Heap,
    scratch: Arena,
  ) {
    const layout = new Layout();
    this.offsets = units.map((count) => layout.doubles(count * UNIT_TOTALS));
    this.address = scratch.allocate(layout.bytes, "the units' statistics");
    this.reset();
  }

  reset(): void {
    for (let layer = 0; layer < this.units.length; layer++)
      this.kernels.resetTotals(this.units[layer], this.address + this.offsets[layer]);
  }

  /** Adds what the last forward pass over `rows` rows left behind, preactivations apart from activations. */
  fold(rows: number, buffers: Pick<BatchBuffers, "counters" | "preactivations" | "activations">): void {
    for (let layer = 0; layer < this.units.length; layer++) {
      this.kernels.foldCounters(
        this.units[layer],
        rows,
        buffers.counters(layer),
        this.address + this.offsets[layer],
        buffers.preactivations(layer),
        buffers.activations(layer),
      );
    }
  }

  read(layer: number, unit: number, nearest?: number): UnitStatistics {
    const at = (array: number) =>
      this.heap.f64[((this.address + this.offsets[layer]) >>> 3) + array * this.units[layer] + unit];
    const samples = at(UnitTotal.samples);
    const [min, max] = [at(UnitTotal.min), at(UnitTotal.max)];
    return {
      samples,
      fired: at(UnitTotal.fired),
      min,
      max,
      mean: at(UnitTotal.mean),
      variance: at(UnitTotal.m2) / samples,
      meanActivation: at(UnitTotal.magnitude) / samples,
      nearest: nearest ?? (min > 0 || max < 0 ? Math.min(Math.abs(min), Math.abs(max)) : 0),
    };
  }

  /** @param nearest by unit, where it was measured */
  readLayer(layer: number, nearest?: Float32Array): UnitStatistics[] {
    return Array.from({ length: this.units[layer] }, (_, unit) => this.read(layer, unit, nearest?.[unit]));
  }
}
