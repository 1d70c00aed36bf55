// What a network looks like with given weights: each unit's response over the plane, its preactivation over the training rows,
// the answer, loss and accuracy. Works on a mirror of the network, so that the one that trains is not touched.
import { createNetwork, type Network, type NetworkSpec } from "../../src/index.js";
import { judge } from "../../src/inspect/unit-state.js";
import type { UnitState } from "../../src/diagnosis/types.js";
import { BatchBuffers } from "../../src/network/state/batch-buffers.js";
import type { Metrics } from "../../src/network/types.js";
import { type PreparedData, prepareData } from "../../src/network/data.js";
import { applyLink } from "../../src/network/losses.js";
import { evaluateRows, forEachChunk } from "../../src/network/training/evaluate.js";
import { Passes } from "../../src/network/state/passes.js";
import { type NetworkState, stateOf } from "../../src/network/state/state.js";
import { CounterTotals } from "../../src/inspect/statistics.js";
import { analysisOf } from "../../src/activations/analysis.js";
import { Arena } from "../../src/wasm/heap.js";
import type { UnitName } from "./types.js";
import { targetsOf } from "./recipe-to-network.js";
import type { Rows, Task } from "./task.js";
import type { Recipe } from "../state/recipe.js";
import { MAP_SIDE, PLANE_SIDE } from "./activation-maps.js";

/** Unit by unit, hidden layers in order. */
export interface UnitFigures {
  readonly states: readonly UnitState[];
  /** min, max, mean, std of the preactivation and the share of rows that open the unit: five numbers a unit. */
  readonly figures: Float32Array;
}

export interface Measured extends UnitFigures {
  readonly loss: number;
  readonly accuracy?: number;
  readonly heldOut: Metrics;
}

export interface Picture extends Measured {
  /** MAP_SIDE² numbers a unit, 128 for 0, scaled so that the largest size is 127; none without a plane. */
  readonly maps: Uint8Array;
  /** PLANE_SIDE² rows of answers (probabilities or values); none without a plane. */
  readonly plane: Float32Array;
  /** Without a plane: each unit's mean activation by class (or by tenth of the target). */
  readonly profiles: Float32Array;
  /** The answers on the held-out rows; none with a plane. */
  readonly answers: Float32Array;
  /** The chosen unit's preactivations on the training rows. */
  readonly chosen: Float32Array;
}

const EMPTY = new Float32Array(0);

function gridOf(extent: number): Float32Array {
  const at = (i: number) => (((i + 0.5) / PLANE_SIDE) * 2 - 1) * extent;
  return Float32Array.from({ length: PLANE_SIDE * PLANE_SIDE * 2 }, (_, i) =>
    i % 2 === 0 ? at((i >> 1) % PLANE_SIDE) : -at(Math.floor((i >> 1) / PLANE_SIDE)),
  );
}

/** For each training row its class, or the tenth of the targets that it lies in. */
function binsOf({ classes, train: { y } }: Task): { of: Uint8Array; count: number } {
  if (classes.length > 0) return { of: Uint8Array.from(y), count: classes.length };
  const sorted = Float32Array.from(y).sort();
  const edges = Array.from({ length: 9 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / 10)]);
  return { of: Uint8Array.from(y, (value) => edges.filter((edge) => value >= edge).length), count: 10 };
}

export class Painter {
  private readonly state: NetworkState;
  private readonly arena: Arena;
  private readonly buffers: BatchBuffers;
  private readonly passes: Passes;
  private readonly totals: CounterTotals;
  private readonly widths: readonly number[];
  private readonly train: PreparedData;
  private readonly heldOut: PreparedData;
  private readonly grid: Float32Array | undefined;
  private readonly bins: { of: Uint8Array; count: number };

  private constructor(
    readonly mirror: Network,
    task: Task,
    recipe: Recipe,
  ) {
    this.state = stateOf(mirror);
    const { runtime, spec, layout, parameters } = this.state;
    this.arena = new Arena(runtime.heap);
    this.buffers = new BatchBuffers(spec, runtime.heap, this.arena, true);
    this.passes = new Passes(runtime, spec, layout, this.buffers, parameters);
    this.widths = spec.layers.slice(0, -1).map(({ units }) => units);
    this.totals = new CounterTotals(this.widths, runtime.kernels, runtime.heap, this.arena);
    const prepare = (rows: Rows) =>
      prepareData("data", { x: rows.x, y: targetsOf(recipe, rows) }, spec.inputs, spec.layers.at(-1)!.units, spec.loss);
    this.train = prepare(task.train);
    this.heldOut = prepare(task.heldOut);
    this.grid = task.extent > 0 ? gridOf(task.extent) : undefined;
    this.bins = binsOf(task);
  }

  static async create(spec: NetworkSpec, task: Task, recipe: Recipe): Promise<Painter> {
    return new Painter(await createNetwork(spec, { arithmetic: "reproducible" }), task, recipe);
  }

  dispose(): void {
    this.arena.dispose();
    this.mirror.dispose();
  }

  /** Takes over a network's weights, as its block of parameters. */
  take(parameters: Float32Array): void {
    this.state.allParameters().set(parameters);
  }

  /** Loss, accuracy and the units' verdicts. */
  measure(visit?: (start: number, rows: number) => void): Measured {
    const inside = { passes: this.passes, buffers: this.buffers };
    const nearest = this.state.spec.layers.map(({ units, activation }) =>
      analysisOf(activation.name).isTwoSided ? new Float32Array(units).fill(Infinity) : undefined,
    );
    this.totals.reset();
    forEachChunk(inside, this.train.x, true, (start, rows) => {
      this.totals.fold(rows, this.buffers);
      nearest.forEach((smallest, layer) => smallest && keepNearest(smallest, this.preactivations(layer, rows)));
      visit?.(start, rows);
    });
    const { loss, accuracy } = evaluateRows(this.state, this.train, 0, this.train.rows, 0);
    return {
      ...this.judgeUnits(nearest),
      loss,
      ...(accuracy !== undefined && { accuracy }),
      heldOut: evaluateRows(this.state, this.heldOut, 0, this.heldOut.rows, 0),
    };
  }

  paint(chosen?: UnitName): Picture {
    const values = chosen ? new Float32Array(this.train.rows) : EMPTY;
    const units = this.widths.reduce((sum, width) => sum + width, 0);
    const profiles = this.grid ? EMPTY : new Float32Array(units * this.bins.count);
    const measured = this.measure((start, rows) => {
      if (chosen) this.copyColumn(chosen, rows, values.subarray(start, start + rows));
      if (!this.grid) this.addToProfiles(profiles, start, rows);
    });
    const maps = new Uint8Array(this.grid ? units * MAP_SIDE * MAP_SIDE : 0);
    const plane = this.grid ? this.paintPlane(this.grid, maps) : EMPTY;
    return {
      ...measured,
      maps,
      plane,
      profiles,
      answers: this.grid ? EMPTY : this.mirror.predict(this.heldOut.x).data,
      chosen: values,
    };
  }

  private preactivations(layer: number, rows: number): Float32Array {
    return this.state.floats(this.buffers.preactivations(layer), rows * this.state.spec.layers[layer].units);
  }

  private judgeUnits(nearest: readonly (Float32Array | undefined)[]): UnitFigures {
    const states: UnitState[] = [];
    const figures: number[] = [];
    this.widths.forEach((_, layer) => {
      const totals = this.totals.readLayer(layer, nearest[layer]);
      const layerMean = totals.reduce((sum, { meanActivation }) => sum + meanActivation, 0) / totals.length;
      totals.forEach((unit) => {
        const dormancy = layerMean === 0 ? 0 : unit.meanActivation / layerMean;
        states.push(
          judge(this.state.spec.layers[layer].activation, unit, dormancy, {
            rareBelow: 0.01,
            dormantBelow: 0.025,
          }),
        );
        figures.push(unit.min, unit.max, unit.mean, Math.sqrt(unit.variance), unit.fired / unit.samples);
      });
    });
    return { states, figures: Float32Array.from(figures) };
  }

  private copyColumn({ layer, unit }: UnitName, rows: number, to: Float32Array): void {
    const z = this.preactivations(layer, rows);
    const width = this.state.spec.layers[layer].units;
    for (let row = 0; row < rows; row++) to[row] = z[row * width + unit];
  }

  private addToProfiles(profiles: Float32Array, start: number, rows: number): void {
    const { of, count } = this.bins;
    let first = 0;
    this.widths.forEach((width, layer) => {
      const a = this.state.floats(this.buffers.activations(layer), rows * width);
      for (let row = 0; row < rows; row++) {
        for (let unit = 0; unit < width; unit++)
          profiles[(first + unit) * count + of[start + row]] += a[row * width + unit];
      }
      first += width;
    });
  }

  /** The answers on the grid; writes each unit's map, of every second point, into `maps`. */
  private paintPlane(grid: Float32Array, maps: Uint8Array): Float32Array {
    const { spec, runtime } = this.state;
    const last = spec.layers.length - 1;
    const outputs = spec.layers[last].units;
    const plane = new Float32Array(PLANE_SIDE * PLANE_SIDE * outputs);
    const z = this.widths.map((width) => new Float32Array(PLANE_SIDE * PLANE_SIDE * width));
    const x = { rows: PLANE_SIDE * PLANE_SIDE, columns: 2, data: grid };
    forEachChunk({ passes: this.passes, buffers: this.buffers }, x, false, (start, rows) => {
      const at = this.buffers.activations(last);
      applyLink(runtime, spec.loss, rows, outputs, at);
      plane.set(this.state.floats(at, rows * outputs), start * outputs);
      this.widths.forEach((width, layer) => z[layer].set(this.preactivations(layer, rows), start * width));
    });
    let first = 0;
    this.widths.forEach((width, layer) => {
      for (let unit = 0; unit < width; unit++)
        drawMap(
          z[layer],
          width,
          unit,
          maps.subarray((first + unit) * MAP_SIDE * MAP_SIDE, (first + unit + 1) * MAP_SIDE * MAP_SIDE),
        );
      first += width;
    });
    return plane;
  }
}

function drawMap(z: Float32Array, width: number, unit: number, map: Uint8Array): void {
  const step = PLANE_SIDE / MAP_SIDE;
  const valueAt = (i: number) =>
    z[(Math.floor(i / MAP_SIDE) * step * PLANE_SIDE + (i % MAP_SIDE) * step) * width + unit];
  let largest = 1e-30;
  for (let i = 0; i < map.length; i++) largest = Math.max(largest, Math.abs(valueAt(i)));
  for (let i = 0; i < map.length; i++) map[i] = 128 + Math.round((127 * valueAt(i)) / largest);
}

function keepNearest(nearest: Float32Array, z: Float32Array): void {
  const units = nearest.length;
  for (let i = 0; i < z.length; i++) nearest[i % units] = Math.min(nearest[i % units], Math.abs(z[i]));
}
