// Unit statistics over many batches: what the forward kernels' counters add up to.
import { isLinear, type ResolvedActivation } from "../activations/activations.js";
import { analysisOf } from "../activations/analysis.js";
import { UNIT_TOTALS, UnitTotal } from "../wasm/abi.js";
import { type Arena, Layout } from "../wasm/heap.js";
import type { Runtime } from "../wasm/runtime.js";

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
  /** The largest |slope| on any sample, where it was measured, as far as it matters: from 0.001 on, at least that. */
  readonly steepest?: number;
}

/** Where the activations lie whose sizes the kernels add up: of a softmax, what goes into it. */
function countedActivations(name: ResolvedActivation["name"], z: number, a: number): number {
  return name === "softmax" || isLinear(name) ? z : a;
}

/** Keeps, by unit, the smallest |preactivation| of any row so far. */
function keepNearest(nearest: Float32Array, z: Float32Array): void {
  const units = nearest.length;
  for (let row = 0; row < z.length; row += units)
    for (let unit = 0; unit < units; unit++) nearest[unit] = Math.min(nearest[unit], Math.abs(z[row + unit]));
}

/** The smallest size that numbers between these two may have. */
export function nearestOf(min: number, max: number): number {
  return min > 0 || max < 0 ? Math.min(Math.abs(min), Math.abs(max)) : 0;
}

/** The totals of one layer's units, in a block of the arena that is passed. */
export class LayerTotals {
  private readonly address: number;
  /** By unit, where it is measured. */
  private readonly nearest: Float32Array | undefined;

  constructor(
    private readonly units: number,
    private readonly name: ResolvedActivation["name"],
    private readonly runtime: Runtime,
    scratch: Arena,
  ) {
    const layout = new Layout();
    layout.doubles(units * UNIT_TOTALS);
    this.address = scratch.allocate(layout.bytes, "the units' statistics");
    runtime.kernels.resetTotals(units, this.address);
    if (analysisOf(name).isTwoSided) this.nearest = new Float32Array(units).fill(Infinity);
  }

  /** Adds what a pass over `rows` rows left behind: addresses, those of z and a apart. */
  add(rows: number, counters: number, z: number, a: number): void {
    const { units, name, runtime, nearest } = this;
    runtime.kernels.foldCounters(units, rows, counters, this.address, z, countedActivations(name, z, a));
    if (nearest) keepNearest(nearest, runtime.heap.f32.subarray(z >>> 2, (z >>> 2) + rows * units));
  }

  /** By unit. */
  read(): UnitStatistics[] {
    const { nearest } = this;
    return Array.from({ length: this.units }, (_, unit) => this.statisticsOf(unit, nearest?.[unit]));
  }

  private statisticsOf(unit: number, nearest: number | undefined): UnitStatistics {
    const at = (array: number) => this.runtime.heap.f64[(this.address >>> 3) + array * this.units + unit];
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
      nearest: nearest ?? nearestOf(min, max),
    };
  }
}
