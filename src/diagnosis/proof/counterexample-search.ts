// The search for an input that opens a dead unit: from promising starts, steps along the sign of the gradient within
// the box, for many units at once on the kernels. What opens there counts only if a forward pass in float64 agrees.
import { slope } from "../../activations/analysis.js";
import type { Box } from "./box.js";
import type { Examination } from "../../inspect/examination.js";
import { inputsAt, type Layer64, preactivationOf } from "./layers64.js";
import { forEachChunk } from "../../network/training/evaluate.js";
import type { Arena } from "../../wasm/heap.js";

/** A closed unit below is pretended to have at least this slope, or the search would see no way past it. */
const FAINT_SLOPE = 0.02;
/** The first step, as a share of the box, and what each next one keeps of it. */
const FIRST_STEP = 0.5;
const STEP_DECAY = 0.75;
/**
 * A preactivation in float64 counts as above 0 beyond this share of its terms' sizes: another order of summation cannot
 * turn it.
 */
const MARGIN = 1e-11;

export interface Candidate {
  readonly unit: number;
  /** One number an input, within the box. */
  readonly start: ArrayLike<number>;
}

export class WakeSearch {
  constructor(
    private readonly examination: Examination,
    private readonly network: readonly Layer64[],
    private readonly box: Box,
    private readonly scratch: Arena,
  ) {}

  /** For each unit of the layer, the sample that comes nearest to opening it. */
  nearestSamples(layer: number, units: readonly number[]): Float32Array[] {
    const { state, x, buffers, passes } = this.examination;
    const width = this.network[layer].units;
    const best = units.map(() => ({ z: -Infinity, row: 0 }));
    forEachChunk({ passes, buffers }, x, false, (start, rows) => {
      const z = state.floats(buffers.preactivations(layer), rows * width);
      units.forEach((unit, i) => {
        for (let r = 0; r < rows; r++)
          if (z[r * width + unit] > best[i].z) best[i] = { z: z[r * width + unit], row: start + r };
      });
    });
    return best.map(({ row }) => x.data.subarray(row * x.columns, (row + 1) * x.columns));
  }

  /** Inputs found to open units of the layer, by unit; `steps` of ascent from each candidate. */
  search(layer: number, candidates: readonly Candidate[], steps: number): Map<number, Float32Array> {
    const found = new Map<number, Float32Array>();
    const chunk = this.examination.buffers.chunk(candidates.length);
    for (let at = 0; at < candidates.length; at += chunk) {
      const batch = candidates.slice(at, at + chunk).filter(({ unit }) => !found.has(unit));
      if (batch.length > 0) this.climb(layer, batch, steps, found);
    }
    return found;
  }

  private climb(layer: number, batch: readonly Candidate[], steps: number, found: Map<number, Float32Array>): void {
    const columns = this.network[0].inputs;
    const x = { rows: batch.length, columns, data: new Float32Array(batch.length * columns) };
    batch.forEach(({ start }, r) => x.data.set(start, r * columns));
    for (let step = 0, size = FIRST_STEP; ; step++, size *= STEP_DECAY) {
      forEachChunk(this.examination, x, false, () => this.note(layer, batch, x.data, found));
      if (step >= steps || batch.every(({ unit }) => found.has(unit))) return;
      this.move(x.data, this.gradient(layer, batch), size);
    }
  }

  /** Keeps the inputs that the last forward pass saw open a unit, if float64 confirms them. */
  private note(layer: number, batch: readonly Candidate[], data: Float32Array, found: Map<number, Float32Array>): void {
    const { state, buffers } = this.examination;
    const { units } = this.network[layer];
    const columns = this.network[0].inputs;
    const z = state.floats(buffers.preactivations(layer), batch.length * units);
    batch.forEach(({ unit }, r) => {
      if (found.has(unit) || !(z[r * units + unit] > 0)) return;
      const input = data.slice(r * columns, (r + 1) * columns);
      if (this.opens(layer, unit, input)) found.set(unit, input);
    });
  }

  /** Does float64 agree that the input opens the unit? */
  opens(layer: number, unit: number, input: ArrayLike<number>): boolean {
    const { z, size } = preactivationOf(this.network[layer], unit, inputsAt(this.network, layer, input));
    return z > MARGIN * size;
  }

  /** d z[unit] / d input for each row of the batch that was last run forward; a view that the next allocation ends. */
  private gradient(layer: number, batch: readonly Candidate[]): Float32Array {
    const { state, buffers } = this.examination;
    const { kernels, heap, workspace } = state.runtime;
    const rows = batch.length;
    const { kernel, inputs, units } = this.network[layer];
    const widest = Math.max(...this.network.map((below) => below.inputs));
    const block = this.scratch.allocate(8 * rows * widest, "the search for waking inputs");
    let from = block,
      to = block + 4 * rows * widest;
    const top = state.floats(from, rows * inputs);
    for (let r = 0; r < rows; r++)
      for (let i = 0; i < inputs; i++) top[r * inputs + i] = kernel[i * units + batch[r].unit];
    for (let l = layer - 1; l >= 0; l--) {
      const below = this.network[l];
      const z = state.floats(buffers.preactivations(l), rows * below.units);
      const dz = state.floats(from, rows * below.units);
      for (let i = 0; i < dz.length; i++) {
        const s = slope(below.name, z[i], below.alpha[i % below.units]);
        dz[i] *= s === 0 ? FAINT_SLOPE : s;
      }
      kernels.gemm(
        rows,
        below.inputs,
        below.units,
        from,
        below.units,
        1,
        state.parameters + state.layout.layers[l].kernel,
        1,
        below.units,
        0,
        to,
        below.inputs,
        workspace,
      );
      [from, to] = [to, from];
    }
    const result = heap.f32.slice(from >>> 2, (from >>> 2) + rows * this.network[0].inputs);
    this.scratch.free(block);
    return result;
  }

  private move(x: Float32Array, gradient: Float32Array, size: number): void {
    const { low, high } = this.box;
    const columns = low.length;
    for (let i = 0, c = 0; i < x.length; i++, c = c + 1 === columns ? 0 : c + 1) {
      const moved = x[i] + size * Math.sign(gradient[i]) * (high[c] - low[c]);
      x[i] = moved > high[c] ? high[c] : moved < low[c] ? low[c] : moved;
    }
  }
}
