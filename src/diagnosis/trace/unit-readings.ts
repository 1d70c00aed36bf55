// The preactivations of single units over training rows, with the weights of a copy of the network.
import type { Fall, Preactivation } from "./types.js";
import { BatchBuffers } from "../../network/state/batch-buffers.js";
import { Passes } from "../../network/state/passes.js";
import type { RunningFit } from "../../network/training/running-fit.js";
import type { NetworkState } from "../../network/state/state.js";

/** Units are judged on all training rows, or on as many of them, evenly spaced, behind those of the lethal batch. */
export const PROBED_ROWS = 2048;

export interface UnitIndex {
  readonly layer: number;
  readonly unit: number;
}

/** One unit at one moment. */
export interface Reading {
  /** Its preactivation on each probed row. */
  readonly z: Float32Array;
  /** Its own weights, and the mean of each of its inputs. */
  readonly kernel: Float64Array;
  readonly bias: number;
  readonly inputs: Float64Array;
  readonly summary: Preactivation;
}

export class Probe {
  private readonly buffers: BatchBuffers;
  private readonly passes: Passes;
  private readonly trainingRows: Uint32Array;
  private readonly address: number;
  private aimed: Uint32Array = new Uint32Array(0);

  constructor(
    private readonly fit: RunningFit,
    private readonly state: NetworkState,
  ) {
    const { runtime, spec, layout, arena, parameters } = state;
    const { trainingRows } = fit.plan;
    this.buffers = new BatchBuffers(spec, runtime.heap, arena, true);
    this.passes = new Passes(runtime, spec, layout, this.buffers, parameters);
    const from = fit.order.address >>> 2;
    this.trainingRows = runtime.heap.u32.slice(from, from + trainingRows).sort();
    this.address = arena.allocate(Math.min(trainingRows, PROBED_ROWS + fit.plan.batchSize) * 4, "the probed rows");
    this.buffers.ensure(this.buffers.chunk(Math.min(trainingRows, PROBED_ROWS)), false);
  }

  /** Probes all training rows, or where they are too many the batch's rows and some of all. */
  aim(batch: Uint32Array): void {
    const { trainingRows } = this;
    const count = trainingRows.length;
    const spaced = (wanted: number) =>
      Array.from({ length: wanted }, (_, i) => trainingRows[Math.floor((i * count) / wanted)]);
    this.aimed =
      count <= PROBED_ROWS
        ? trainingRows
        : Uint32Array.from(new Set([...batch, ...spaced(Math.max(0, PROBED_ROWS - batch.length))]));
  }

  /** Runs rows of the data through the layers below `layers`, and hands on each chunk. */
  private run(indices: Uint32Array, layers: number, visit: (start: number, rows: number) => void): void {
    const count = indices.length;
    const chunk = this.buffers.chunk(count);
    this.state.runtime.heap.u32.set(indices, this.address >>> 2);
    for (let start = 0; start < count; start += chunk) {
      const rows = Math.min(chunk, count - start);
      this.passes.gather(this.fit.plan.data, start, rows, this.address);
      this.passes.forward(rows, "fired", layers);
      visit(start, rows);
    }
  }

  /** The preactivations of units over the probed rows, or over those at some places among them, unit by unit. */
  preactivations(
    units: readonly UnitIndex[],
    places?: readonly number[],
    visitInputs?: (rows: number) => void,
  ): Float32Array[] {
    const indices = places ? Uint32Array.from(places, (place) => this.aimed[place]) : this.aimed;
    const z = units.map(() => new Float32Array(indices.length));
    const highest = Math.max(...units.map(({ layer }) => layer));
    this.run(indices, highest + 1, (start, rows) => {
      units.forEach(({ layer, unit }, i) => {
        const width = this.state.spec.layers[layer].units;
        const all = this.state.floats(this.buffers.preactivations(layer), rows * width);
        for (let row = 0; row < rows; row++) z[i][start + row] = all[row * width + unit];
      });
      visitInputs?.(rows);
    });
    return z;
  }

  read(units: readonly UnitIndex[]): Reading[] {
    const { spec, layout } = this.state;
    const means = new Map(units.map(({ layer }) => [layer, new Float64Array(this.state.inputsOf(layer))]));
    const all = this.preactivations(units, undefined, (rows) => {
      for (const [layer, mean] of means) this.addInputs(layer, rows, mean);
    });
    for (const mean of means.values()) mean.forEach((sum, i) => (mean[i] = sum / this.aimed.length));
    return units.map(({ layer, unit }, i) => {
      const width = spec.layers[layer].units;
      const weights = this.state.floats(
        this.state.parameters + layout.layers[layer].kernel,
        this.state.inputsOf(layer) * width,
      );
      const inputs = means.get(layer)!;
      const kernel = Float64Array.from(inputs, (_, input) => weights[input * width + unit]);
      const bias = this.state.floats(this.state.parameters + layout.layers[layer].bias, width)[unit];
      return { z: all[i], kernel, bias, inputs, summary: summarize(all[i], dot(kernel, inputs) + bias) };
    });
  }

  private addInputs(layer: number, rows: number, sums: Float64Array): void {
    const columns = sums.length;
    const x = this.state.floats(
      layer === 0 ? this.buffers.inputs : this.buffers.activations(layer - 1),
      rows * columns,
    );
    for (let i = 0, column = 0; i < x.length; i++) {
      sums[column] += x[i];
      if (++column === columns) column = 0;
    }
  }
}

/** The symmetric split of the change of the mean of w·x + b: exact, whichever of them moved. */
export function splitChange(from: Reading, to: Reading): Fall {
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

export function isOpen(z: Float32Array): boolean {
  return z.some((value) => !(value <= 0));
}
