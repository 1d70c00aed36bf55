// A copy under treatment, seen layer by layer: what each unit does on x with the weights as they are now.
import type { Course } from "./working-copy.js";
import { judge } from "../../inspect/unit-state.js";
import { BatchBuffers } from "../../network/state/batch-buffers.js";
import { Passes } from "../../network/state/passes.js";
import type { NetworkState } from "../../network/state/state.js";
import { CounterTotals, type UnitTotals } from "../../inspect/statistics.js";
import { Arena } from "../../wasm/heap.js";

/** Preactivations are read for as many units at once as fit in so many floats. */
const COLUMN_FLOATS = 2 ** 23;
const THRESHOLDS = { rareBelow: 0, dormantBelow: 0 }; // the verdict "dead" reads neither

export class View {
  private readonly buffers: BatchBuffers;
  private readonly passes: Passes;

  constructor(
    private readonly course: Course,
    readonly state: NetworkState,
  ) {
    const { runtime, spec, layout, parameters } = state;
    this.buffers = new BatchBuffers(spec, runtime.heap, course.scratch, true);
    this.passes = new Passes(runtime, spec, layout, this.buffers, parameters);
  }

  get rows(): number {
    return this.course.x.rows;
  }

  /** Runs x, chunk by chunk, through the layers up to this one. */
  run(layer: number, counted: boolean, visit: (rows: number, start: number) => void): void {
    const { passes, buffers } = this;
    const { x } = this.course;
    const chunk = buffers.chunk(x.rows);
    buffers.ensure(chunk, false);
    for (let start = 0; start < x.rows; start += chunk) {
      const rows = Math.min(chunk, x.rows - start);
      passes.copyInputs(x, start, rows);
      passes.forward(rows, counted ? "all" : "none", layer + 1);
      visit(rows, start);
    }
  }

  totals(layer: number): UnitTotals[] {
    const { runtime, spec } = this.state;
    const scratch = new Arena(runtime.heap);
    try {
      const totals = new CounterTotals([spec.layers[layer].units], runtime.kernels, runtime.heap, scratch);
      this.run(layer, true, (rows) => totals.fold(rows, { counters: () => this.buffers.counters(layer) }));
      return totals.readLayer(0);
    } finally {
      scratch.dispose();
    }
  }

  /** The layer's units that are dead on x. */
  dead(layer: number): number[] {
    const { activation } = this.state.spec.layers[layer];
    return this.totals(layer).flatMap((unit, index) =>
      judge(activation, unit, 1, THRESHOLDS) === "dead" ? [index] : [],
    );
  }

  /** Hands on each unit's preactivations, one for each row of x. */
  forEachColumn(layer: number, units: readonly number[], visit: (unit: number, z: Float32Array) => void): void {
    const width = this.state.spec.layers[layer].units;
    const together = Math.max(1, Math.floor(COLUMN_FLOATS / this.rows));
    for (let first = 0; first < units.length; first += together) {
      const group = units.slice(first, first + together);
      const columns = group.map(() => new Float32Array(this.rows));
      this.run(layer, false, (rows, start) => {
        const z = this.state.floats(this.buffers.preactivations(layer), rows * width);
        columns.forEach((column, i) => {
          for (let row = 0, at = group[i]; row < rows; row++, at += width) column[start + row] = z[at];
        });
      });
      columns.forEach((column, i) => visit(group[i], column));
    }
  }

  /** A layer's activations of the rows that the running pass has just seen. */
  activations(layer: number, rows: number): Float32Array {
    return this.state.floats(this.buffers.activations(layer), rows * this.state.spec.layers[layer].units);
  }

  preactivations(layer: number, rows: number): Float32Array {
    return this.state.floats(this.buffers.preactivations(layer), rows * this.state.spec.layers[layer].units);
  }
}
