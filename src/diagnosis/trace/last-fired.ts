// When each hidden unit last fired, read from the counters that every batch leaves behind.
import type { Death } from "./types.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import { dataRows, forEachChunk } from "../../network/state/chunks.js";
import { batchOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";
import { canDie } from "../../activations/analysis.js";
import { BatchCounter } from "../../wasm/abi.js";
import type { ResolvedSpec } from "../../network/spec.js";

export interface TracedLayer {
  readonly layer: number;
  readonly units: number;
  /** Of its first unit among all that are traced. */
  readonly first: number;
}

/** Hidden layers whose units can die. */
export function tracedLayers({ layers }: ResolvedSpec): TracedLayer[] {
  let first = 0;
  return layers.slice(0, -1).flatMap(({ units, activation }, layer) => {
    if (!canDie(activation)) return [];
    first += units;
    return [{ layer, units, first: first - units }];
  });
}

/** Numbers kept of a batch: max, mean, std. */
export const SUMMARY = 3;

export interface SavedFirings {
  readonly steps: Float64Array;
  readonly before: Float32Array;
  readonly after: Float32Array;
}

export class LastFired {
  /** By traced unit: the last step whose batch opened it; 0: none did. */
  steps: Float64Array;
  private readonly layers: readonly TracedLayer[];
  /** Of the last batch that opened it, and of the one after. */
  private before: Float32Array;
  private after: Float32Array;

  constructor(private readonly fit: RunningFit) {
    this.layers = tracedLayers(fit.state.spec);
    const units = this.layers.reduce((sum, layer) => sum + layer.units, 0);
    this.steps = new Float64Array(units);
    this.before = new Float32Array(units * SUMMARY).fill(NaN);
    this.after = new Float32Array(units * SUMMARY).fill(NaN);
  }

  save(): SavedFirings {
    const { steps, before, after } = this;
    return { steps, before, after };
  }

  resume(saved: SavedFirings): void {
    Object.assign(this, saved);
  }

  indexOf(traced: number): UnitIndex {
    const { layer, first } = this.layers.findLast((each) => each.first <= traced)!;
    return { layer, unit: traced - first };
  }

  placeOf({ layer, unit }: UnitIndex): number {
    return this.layers.find((each) => each.layer === layer)!.first + unit;
  }

  /**
   * Reads the counters of the batch of the step that was just made; hands on the units that fired though they are
   * marked.
   */
  note(marked: Uint8Array, onFired: (traced: number) => void): void {
    const { state, plan, step } = this.fit;
    const { rows } = batchOf(plan, step);
    for (const { layer, units, first } of this.layers) {
      const at = state.buffers.counters(layer) >>> 2;
      const { f32 } = state.runtime.heap;
      for (let unit = 0; unit < units; unit++) {
        const traced = first + unit;
        if (f32[at + BatchCounter.fired * units + unit] > 0) {
          this.steps[traced] = step;
          summarize(f32, at + unit, units, rows, this.before, traced * SUMMARY);
          if (marked[traced]) onFired(traced);
        } else if (this.steps[traced] === step - 1) {
          summarize(f32, at + unit, units, rows, this.after, traced * SUMMARY);
        }
      }
    }
  }

  counted(traced: number): Pick<Death, "before" | "after"> {
    const read = (from: Float32Array) => {
      const [max, mean, std] = from.subarray(traced * SUMMARY, (traced + 1) * SUMMARY);
      return { max, mean, std };
    };
    const after = read(
      this.steps[traced] === this.fit.step ? new Float32Array(this.after.length).fill(NaN) : this.after,
    );
    return { before: this.steps[traced] === 0 ? after : read(this.before), after };
  }

  /** Those of the traced units that the weights as they are close on every training row; stops when none is left. */
  findClosed(traced: readonly number[]): number[] {
    const { state, plan, order } = this.fit;
    const chunk = state.buffers.chunk(plan.trainingRows);
    let closed = traced.map((each) => ({ traced: each, ...this.indexOf(each) }));
    for (let start = 0; start < plan.trainingRows && closed.length > 0; start += chunk) {
      const rows = dataRows(plan.data, start, Math.min(chunk, plan.trainingRows - start), order.address);
      const layers = 1 + closed.reduce((top, { layer }) => Math.max(top, layer), 0); // no more than is asked of
      forEachChunk(state, rows, { counting: "fired", layers }, () => {
        closed = closed.filter(({ layer, unit }) => {
          const fired = state.buffers.counters(layer) + BatchCounter.fired * state.spec.layers[layer].units * 4;
          return state.runtime.heap.f32[(fired >>> 2) + unit] === 0;
        });
      });
    }
    return closed.map((each) => each.traced);
  }
}

function summarize(f32: Float32Array, at: number, units: number, rows: number, to: Float32Array, target: number): void {
  const deviation = f32[at + BatchCounter.deviation * units] / rows;
  to[target] = f32[at + BatchCounter.max * units];
  to[target + 1] = f32[at + BatchCounter.pivot * units] + deviation;
  to[target + 2] = Math.sqrt(
    Math.max(0, f32[at + BatchCounter.squaredDeviation * units] / rows - deviation * deviation),
  );
}
