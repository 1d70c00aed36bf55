// The preactivations of single units over training rows, with the weights of a copy of the network.
import type { Fall, Preactivation } from "./types.js";
import { squaredNorm } from "../../core/matrix.js";
import { countRows, Inspector, type Rows, type UnitIndex, type VisitChunk } from "../../inspect/inspector.js";
import { type Plan, rowsPerStep } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";
import type { LayerView } from "../../network/state/layer-view.js";
import type { NetworkState } from "../../network/state/state.js";
import { Arena, GrowingBlock } from "../../wasm/heap.js";

/**
 * Units are judged on all training rows, or on as many of them, evenly spaced, behind those of the batch in question.
 */
const MOST_ROWS = 2048;

/** How many rows units are read on. */
export function rowsRead({ trainingRows }: Pick<Plan, "trainingRows">): number {
  return Math.min(trainingRows, MOST_ROWS);
}

/** One unit at one moment. */
export interface Reading {
  /** Its preactivation on each row that was read. */
  readonly z: Float32Array;
  /** Its own weights, and the mean of each of its inputs. */
  readonly kernel: Float64Array;
  readonly bias: number;
  readonly inputs: Float64Array;
  /** "rows": each row by its own statistics. */
  readonly normalized?: Running | "rows";
  readonly summary: Preactivation;
}

/** What batch normalization makes of a sum outside of training: gamma·inverse·(sum - mean) + beta. */
interface Running {
  readonly gamma: number;
  readonly beta: number;
  readonly mean: number;
  readonly inverse: number;
}

function normalizationOf({ spec }: NetworkState, layer: number, weights: LayerView, unit: number) {
  const { normalization } = spec.layers[layer];
  if (!normalization) return undefined;
  const { gamma, beta, runningMean, runningVariance } = weights;
  if (!runningMean || !runningVariance) return "rows";
  const inverse = 1 / Math.sqrt(runningVariance[unit] + normalization.epsilon);
  return { gamma: gamma![unit], beta: beta![unit], mean: runningMean[unit], inverse };
}

/** Reads units on rows of the training, with the weights that the copy has at the time. */
export class UnitReader {
  private readonly inspector: Inspector;
  private rows: Uint32Array = new Uint32Array(0);
  private readonly scratch: Arena;
  private readonly room: GrowingBlock;
  private longest: number | undefined;

  /** @param trainingRows their indices, ascending */
  constructor(
    private readonly fit: RunningFit,
    private readonly state: NetworkState,
    private readonly trainingRows: Uint32Array,
  ) {
    this.inspector = new Inspector(state);
    this.scratch = new Arena(state.runtime.heap);
    this.room = new GrowingBlock(this.scratch, "rows at another rate");
    try {
      this.inspector.prepare(Math.min(trainingRows.length, MOST_ROWS + rowsPerStep(fit.plan)), fit.plan.data.x);
    } catch (error) {
      this.dispose(); // nobody else has it yet
      throw error;
    }
  }

  dispose(): void {
    this.inspector.dispose();
    this.scratch.dispose();
  }

  /**
   * From now on reads all training rows, or where they are too many the batch's rows and some of all.
   * @param isBeside the batch's rows are read beside all that would be without a batch, not in place of some
   */
  readRowsOf(batch: Uint32Array, isBeside = false): void {
    const { trainingRows } = this;
    const count = trainingRows.length;
    const spaced = (rows: number) =>
      Array.from({ length: rows }, (_, i) => trainingRows[Math.floor((i * count) / rows)]);
    this.longest = undefined;
    this.rows =
      count <= MOST_ROWS
        ? trainingRows
        : Uint32Array.from(
            new Set([...batch, ...spaced(isBeside ? MOST_ROWS : Math.max(0, MOST_ROWS - batch.length))]),
          );
  }

  /** The units' preactivations on these rows, or on those at some places among them, unit by unit. */
  preactivations(units: readonly UnitIndex[], places?: readonly number[], visit?: VisitChunk): Float32Array[] {
    const indices = places ? Uint32Array.from(places, (place) => this.rows[place]) : this.rows;
    return this.inspector.columns({ data: this.fit.plan.data, indices }, units, visit);
  }

  /** The largest norm of a row that is read. */
  longestRow(): number {
    const { x } = this.fit.plan.data;
    this.longest ??= Math.sqrt(this.rows.reduce((most, row) => Math.max(most, squaredNorm(x, row)), 0));
    return this.longest;
  }

  /**
   * A product of rows x width floats, which `fill` writes, with some columns: rows x columns. A view, valid until the
   * next allocation.
   */
  multiply(
    rows: number,
    width: number,
    columns: readonly ArrayLike<number>[],
    fill: (a: Float32Array) => void,
  ): Float32Array {
    const { kernels, workspace, heap } = this.state.runtime;
    const n = columns.length;
    const a = this.room.reserve(4 * (rows * width + (width + rows) * n)),
      b = a + 4 * rows * width,
      c = b + 4 * width * n;
    const view = (address: number, count: number) => heap.f32.subarray(address >>> 2, (address >>> 2) + count);
    fill(view(a, rows * width));
    const packed = view(b, width * n);
    columns.forEach((column, j) => {
      for (let k = 0; k < width; k++) packed[k * n + j] = column[k];
    });
    kernels.gemm(rows, n, width, a, width, 1, b, n, 1, 0, c, n, workspace);
    return view(c, rows * n);
  }

  /** Of how many rows a chunk is in which they are read. */
  get chunkRows(): number {
    return this.inspector.chunkRows(this.rows.length);
  }

  /** How many rows are read. */
  get count(): number {
    return this.rows.length;
  }

  /** The share of these rows that opens each unit. */
  openShares(units: readonly UnitIndex[]): number[] {
    return this.preactivations(units).map((z) => countOpen(z) / z.length);
  }

  /** @param first takes the first layer's preactivations on these rows, rows x units; the units must lie above it */
  read(units: readonly UnitIndex[], first?: Float32Array): Reading[] {
    const rows = { data: this.fit.plan.data, indices: this.rows };
    return readUnits(this.inspector, rows, units, (chunk) => {
      first?.set(chunk.preactivations(0), chunk.start * this.state.spec.layers[0].units);
    });
  }
}

/** Units on some rows, with the network's weights as they are; `visit` sees each chunk. */
export function readUnits(
  inspector: Inspector,
  rows: Rows,
  units: readonly UnitIndex[],
  visit?: VisitChunk,
): Reading[] {
  const { state } = inspector;
  const means = new Map(units.map(({ layer }) => [layer, new Float64Array(state.inputsOf(layer))]));
  const all = inspector.columns(rows, units, (chunk) => {
    for (const [layer, sums] of means) addRows(chunk.inputs(layer), sums);
    return visit?.(chunk);
  });
  const count = countRows(rows);
  for (const mean of means.values()) mean.forEach((sum, i) => (mean[i] = sum / count));
  return units.map(({ layer, unit }, i) => {
    const weights = state.layer(layer);
    const inputs = means.get(layer)!;
    const kernel = Float64Array.from(weights.incoming(unit));
    const bias = weights.bias[unit];
    const normalized = normalizationOf(state, layer, weights, unit);
    const mean = meanOf(dot(kernel, inputs) + bias, all[i], normalized);
    return { z: all[i], kernel, bias, inputs, ...(normalized && { normalized }), summary: summarize(all[i], mean) };
  });
}

/** Adds each row of x to the sums of its columns. */
function addRows(x: Float32Array, sums: Float64Array): void {
  const width = sums.length;
  const four = 4 * width;
  let at = 0;
  for (; at + four <= x.length; at += four) {
    for (let column = 0, i = at; column < width; column++, i++) {
      const two = sums[column] + x[i] + x[i + width];
      sums[column] = two + x[i + 2 * width] + x[i + 3 * width];
    }
  }
  for (; at < x.length; at += width) for (let column = 0; column < width; column++) sums[column] += x[at + column];
}

/** The mean of what goes into the activation, by that of w·x + b where it follows from that. */
function meanOf(sum: number, z: Float32Array, normalized: Reading["normalized"]): number {
  if (normalized === undefined) return sum;
  if (normalized === "rows") return z.reduce((total, value) => total + value, 0) / z.length;
  return normalized.gamma * normalized.inverse * (sum - normalized.mean) + normalized.beta;
}

/** The symmetric split of the change of the mean: exact, whichever moved. */
export function splitChange(from: Reading, to: Reading): Fall {
  const sum = splitSum(from, to);
  const [a, b] = [from.normalized, to.normalized];
  if (a === undefined || b === undefined) return sum;
  if (a === "rows" || b === "rows") return { weights: NaN, bias: NaN, inputs: NaN, statistics: NaN };
  const half = (x: number, y: number) => (x + y) / 2;
  const scale = half(a.gamma * a.inverse, b.gamma * b.inverse);
  const centre = ({ kernel, inputs, bias }: Reading, { mean }: Running) => dot(kernel, inputs) + bias - mean;
  const centred = half(centre(from, a), centre(to, b));
  return {
    weights: scale * sum.weights + centred * half(a.inverse, b.inverse) * (b.gamma - a.gamma),
    bias: scale * sum.bias + b.beta - a.beta,
    inputs: scale * sum.inputs,
    statistics: centred * half(a.gamma, b.gamma) * (b.inverse - a.inverse) - scale * (b.mean - a.mean),
  };
}

/** The same of the mean of w·x + b. */
function splitSum(from: Reading, to: Reading): Fall {
  const mean = (a: Float64Array, b: Float64Array) => a.map((value, i) => (value + b[i]) / 2);
  const difference = (a: Float64Array, b: Float64Array) => b.map((value, i) => value - a[i]);
  return {
    weights: dot(difference(from.kernel, to.kernel), mean(from.inputs, to.inputs)),
    bias: to.bias - from.bias,
    inputs: dot(mean(from.kernel, to.kernel), difference(from.inputs, to.inputs)),
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/**
 * @param mean the mean in float64: what the parts of a change add up to, without the rounding of single preactivations
 */
function summarize(z: Float32Array, mean: number): Preactivation {
  const max = z.reduce((a, b) => Math.max(a, b), -Infinity);
  const centre = z.reduce((sum, value) => sum + value, 0) / z.length;
  const variance = z.reduce((sum, value) => sum + (value - centre) ** 2, 0) / z.length;
  return { max, mean: Math.min(mean, max), std: Math.sqrt(variance) };
}

/** On how many rows: open is what is not closed, as the kernels count (inspect/unit-state.ts). */
export function countOpen(z: Float32Array | Float64Array): number {
  let count = 0;
  for (const value of z) if (!(value <= 0)) count++;
  return count;
}

export function isOpen(z: Float32Array): boolean {
  return z.some((value) => !(value <= 0));
}
