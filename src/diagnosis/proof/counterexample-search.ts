// The search for an input that opens a dead unit: from promising starts, steps along the sign of the gradient within
// the box, for many units at once on the kernels. What opens there counts only if a forward pass in float64 agrees.
//
// Where every path is closed the gradient says nothing. So relu's slope is that of a soft one at first, whose bend is
// as wide as the layer's preactivations are large, and hardens step by step (annealing).
import { slope } from "../../activations/analysis.js";
import { type Box, clampTo } from "./box.js";
import type { Candidate } from "./candidate.js";
import { type Climber, exchange, movesFor } from "./exchange-search.js";
import { type Matrix, movedError } from "../../core/matrix.js";
import { isRectifier } from "../../activations/activations.js";
import type { Chunk } from "../../inspect/inspector.js";
import type { Observation } from "../../inspect/observation.js";
import { inputsAt, type Layer64, preactivationOf } from "./layers64.js";

/** A closed unit below is pretended to have at least this slope, or the search would see no way past it. */
const FAINT_SLOPE = 0.02;
/** The first step, as a share of the box, and what the last one is of it. */
const FIRST_STEP = 0.5;
const LAST_STEP = 0.035;
/** What is left of the heat at the last step. */
const LAST_HEAT = 0.01;
/** Multiply-adds of a step, where the event loop gets its turn after each. */
const STEP_WORK = 1e8;
/**
 * A preactivation in float64 counts as above 0 beyond this share of its terms' sizes: another order of summation cannot
 * turn it.
 */
const MARGIN = 1e-11;

type Runner = NonNullable<Observation["inspector"]>;

/** Inputs that are known to open units of a layer, by unit; the first of each is kept. */
export type FoundInputs = Map<number, Float32Array>;

export class WakeSearch {
  constructor(
    private readonly observation: Pick<Observation, "again" | "inspector"> & {
      readonly inputs?: { readonly x: Matrix };
    },
    private readonly network: readonly Layer64[],
    private readonly box: Box,
  ) {}

  /**
   * For each unit of the layer, the sample that comes nearest to opening it; undefined where the rows can't be seen
   * again.
   */
  *nearestSamples(layer: number, units: readonly number[]): Generator<void, Float32Array[] | undefined> {
    const { again, inputs, inspector } = this.observation;
    if (!again || !inputs) return undefined;
    const width = this.network[layer].units;
    const best = units.map(() => ({ z: -Infinity, row: 0 }));
    const { rows, data, columns } = inputs.x;
    const piece = inspector?.chunkRows(rows) ?? rows;
    for (let first = 0; first < rows; first += piece) {
      if (data.length !== rows * columns) throw movedError("x.data");
      const see = (chunk: Chunk) => {
        const z = chunk.preactivations(layer);
        units.forEach((unit, i) => {
          for (let r = 0, at = unit; at < z.length; r++, at += width)
            if (z[at] > best[i].z) best[i] = { z: z[at], row: first + chunk.start + r };
        });
      };
      const some = data.subarray(first * columns, Math.min(rows, first + piece) * columns);
      if (inspector) inspector.run({ rows: some.length / columns, columns, data: some }, { layers: layer + 1 }, see);
      else again({ layers: layer + 1 }, see);
      yield;
    }
    if (data.length !== rows * columns) throw movedError("x.data");
    return best.map(({ row }) => data.slice(row * columns, (row + 1) * columns));
  }

  /**
   * Adds the inputs found to open units of the layer; `steps` of ascent from each candidate, where the network can be
   * run. In steps: others may have their turn between two.
   */
  *search(layer: number, candidates: readonly Candidate[], steps: number, found: FoundInputs): Generator<void, void> {
    const { inspector } = this.observation;
    if (!inspector) {
      for (const { unit, start } of candidates) this.confirm(layer, unit, Float32Array.from(start), found);
      return;
    }
    const chunk = Math.min(this.rowsAtOnce(layer), inspector.chunkRows(candidates.length));
    for (let at = 0; at < candidates.length; at += chunk) {
      const batch = candidates.slice(at, at + chunk).filter(({ unit }) => !found.has(unit));
      if (batch.length > 0) yield* this.climb(inspector, layer, batch, steps, found);
    }
  }

  /** The same by exchange-search.ts, in so many rounds. */
  *exchange(
    layer: number,
    candidates: readonly Candidate[],
    rounds: number,
    found: FoundInputs,
  ): Generator<void, void> {
    const { inspector } = this.observation;
    if (!inspector) return;
    const climber = this.climberOf(inspector, layer);
    const note = (unit: number, input: Float32Array) => this.confirm(layer, unit, input, found);
    const isWanted = (unit: number) => !found.has(unit);
    const chunk = Math.max(4, Math.floor(this.rowsAtOnce(layer) / movesFor(this.box.low.length)));
    for (let at = 0; at < candidates.length; at += chunk)
      yield* exchange(candidates.slice(at, at + chunk), rounds, this.box, climber, note, isWanted);
  }

  /** Multiply-adds of one candidate's round, forwards and back. */
  exchangeCost(layer: number): number {
    return this.costOf(layer) * (1 + movesFor(this.box.low.length) / 2);
  }

  private climberOf(inspector: Runner, layer: number): Climber {
    const columns = this.network[0].inputs;
    const { units: width } = this.network[layer];
    const run = (rows: readonly ArrayLike<number>[], visit: (chunk: Chunk) => void) => {
      const data = new Float32Array(rows.length * columns);
      rows.forEach((row, r) => data.set(row, r * columns));
      inspector.run({ rows: rows.length, columns, data }, { layers: layer + 1 }, visit);
    };
    return {
      values: (units, rows) => {
        const values = new Float32Array(rows.length);
        run(rows, ({ start, rows: count, preactivations }) => {
          const z = preactivations(layer);
          for (let r = 0; r < count; r++) values[start + r] = z[r * width + units[start + r]];
        });
        return values;
      },
      gradients: (candidates) => {
        const gradients: Float32Array[] = [];
        const starts = candidates.map(({ start }) => start);
        run(starts, (chunk) => {
          const batch = candidates.slice(chunk.start, chunk.start + chunk.rows);
          const all = this.gradient(inspector, layer, batch, chunk, 1);
          batch.forEach((_, r) => gradients.push(all.slice(r * columns, (r + 1) * columns)));
        });
        return gradients;
      },
    };
  }

  private rowsAtOnce(layer: number): number {
    return Math.max(16, Math.floor(STEP_WORK / this.costOf(layer)));
  }

  /** Multiply-adds of a row and step, forwards and back. */
  costOf(layer: number): number {
    return 2 * this.network.slice(0, layer + 1).reduce((sum, { kernel }) => sum + kernel.length, 0);
  }

  private *climb(
    inspector: Runner,
    layer: number,
    batch: readonly Candidate[],
    steps: number,
    found: FoundInputs,
  ): Generator<void, void> {
    const columns = this.network[0].inputs;
    const x = { rows: batch.length, columns, data: new Float32Array(batch.length * columns) };
    // a caller's rows may have changed since their range was taken
    batch.forEach(({ start }, r) => {
      for (let c = 0; c < columns; c++) x.data[r * columns + c] = clampTo(this.box, c, start[c]);
    });
    const isFound = () => batch.every(({ unit }) => found.has(unit));
    for (let step = 0; step <= steps && !isFound(); step++) {
      const size = FIRST_STEP * LAST_STEP ** (step / steps);
      const cooling = LAST_HEAT ** (step / steps);
      inspector.run(x, { layers: layer + 1 }, (chunk) => {
        this.note(layer, batch, chunk, x.data, found);
        if (step < steps && !isFound()) this.move(x.data, this.gradient(inspector, layer, batch, chunk, cooling), size);
      });
      yield;
    }
  }

  /** Keeps the inputs that the last forward pass saw open a unit, if float64 confirms them. */
  private note(layer: number, batch: readonly Candidate[], chunk: Chunk, data: Float32Array, found: FoundInputs): void {
    const { units } = this.network[layer];
    const columns = this.network[0].inputs;
    const z = chunk.preactivations(layer);
    batch.forEach(({ unit }, r) => {
      if (z[r * units + unit] > 0) this.confirm(layer, unit, data.slice(r * columns, (r + 1) * columns), found);
    });
  }

  /** Keeps the input if it is the unit's first that opens it in float64. */
  private confirm(layer: number, unit: number, input: Float32Array, found: FoundInputs): void {
    if (!found.has(unit) && this.opens(layer, unit, input)) found.set(unit, input);
  }

  /** Does float64 agree that the input opens the unit? */
  opens(layer: number, unit: number, input: ArrayLike<number>): boolean {
    const { z, size } = preactivationOf(this.network[layer], unit, inputsAt(this.network, layer, input));
    return z > MARGIN * size;
  }

  /**
   * d z[unit] / d input for each row of the batch, of a layer above the first; a view that the next allocation ends.
   */
  private gradient(
    inspector: Runner,
    layer: number,
    batch: readonly Candidate[],
    chunk: Chunk,
    cooling: number,
  ): Float32Array {
    const { kernel, inputs, units } = this.network[layer];
    return inspector.pushBack(
      chunk,
      layer - 1,
      (top) =>
        batch.forEach(({ unit }, r) => {
          for (let i = 0; i < inputs; i++) top[r * inputs + i] = kernel[i * units + unit];
        }),
      (below, dz) => {
        const { name, alpha, units: width } = this.network[below];
        const z = chunk.preactivations(below);
        batch.forEach(({ heat = 0 }, r) => {
          const first = r * width;
          if (heat > 0 && isRectifier(name)) return softenSlopes(dz, z, first, width, heat * cooling);
          for (let j = 0; j < width; j++) {
            const s = slope(name, z[first + j], alpha[j]);
            dz[first + j] *= s === 0 ? FAINT_SLOPE : s;
          }
        });
      },
    );
  }

  private move(x: Float32Array, gradient: Float32Array, size: number): void {
    const { low, high } = this.box;
    const columns = low.length;
    for (let i = 0, c = 0; i < x.length; i++, c = c + 1 === columns ? 0 : c + 1) {
      const moved = x[i] + size * (Math.sign(gradient[i]) || 0) * (high[c] - low[c]); // or it is NaN
      x[i] = clampTo(this.box, c, moved);
    }
  }
}

/** Times the slopes of softplus with a bend of `heat` times the row's root mean square. */
function softenSlopes(dz: Float32Array, z: Float32Array, first: number, width: number, heat: number): void {
  let sum = 0;
  for (let i = first; i < first + width; i++) sum += z[i] * z[i];
  const bend = heat * Math.sqrt(sum / width) + 1e-30;
  for (let i = first; i < first + width; i++) dz[i] /= 1 + Math.exp(-z[i] / bend);
}
