// A start without normalization layers: each layer's scale from the data (LSUV, Mishkin and Matas 2016), and biases from the data so that
// every hidden unit fires on the wanted share of the samples. Front to back, each layer on what the calibrated ones before it give.
import { checkBoolean, checkNumber, checkOptions } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { type Matrix, type Samples, toRows } from "../../core/matrix.js";
import { BatchBuffers } from "../../network/state/batch-buffers.js";
import { initializeLayer } from "../../network/state/initializers.js";
import type { Network } from "../../network/types.js";
import { Passes } from "../../network/state/passes.js";
import { splitSeed } from "../../core/random.js";
import { type NetworkState, stateOf } from "../../network/state/state.js";
import { Arena } from "../../wasm/heap.js";

export interface CalibrationOptions {
  /** The share of the samples on which each hidden unit is to fire, above 0 and at most 1. Default 0.5. */
  readonly activity?: number;
  /** Draw orthonormal kernels first, as LSUV does. Default false: the kernels keep their directions. */
  readonly orthogonal?: boolean;
}

export interface LayerCalibration {
  readonly layer: number;
  /** What the kernel was multiplied by. */
  readonly scale: number;
  /** Of the preactivations, over the samples: the root of the units' mean variance, before (of an orthonormal kernel, where one was drawn) and after. */
  readonly stdBefore: number;
  readonly std: number;
  /** Least and greatest share of the samples on which a unit fires; constant units, and the output layer, left aside. */
  readonly activity?: { readonly low: number; readonly high: number };
  /** Units whose preactivation is the same on all samples: no bias makes them fire on a share; theirs is left as it was. */
  readonly constant: readonly number[];
}

/** Layers in order, the output layer last: of it only the scale is changed. */
export interface Calibration {
  readonly samples: number;
  readonly layers: readonly LayerCalibration[];
}

const TOLERANCE = 0.1; // of the std, as in the paper
const TRIES = 10;
const BLOCK_FLOATS = 2 ** 23; // preactivations that are looked at together
const CLEAR = 0.01; // how far above 0, in deviations, the lowest sample of a unit lies that is to fire on all

class Calibrator {
  private readonly buffers: BatchBuffers;
  private readonly passes: Passes;

  constructor(
    private readonly state: NetworkState,
    private readonly x: Matrix,
    private readonly activity: number,
    scratch: Arena,
  ) {
    const { spec, runtime, layout, parameters } = state;
    this.buffers = new BatchBuffers(spec, runtime.heap, scratch, true);
    this.passes = new Passes(runtime, spec, layout, this.buffers, parameters);
    this.buffers.ensure(this.buffers.chunk(x.rows), false);
  }

  /** The columns `first` to `end` of a layer's preactivations, one after another. */
  private preactivations(layer: number, first: number, end: number): Float32Array {
    const { rows } = this.x;
    const { units } = this.state.spec.layers[layer];
    const columns = new Float32Array(rows * (end - first));
    const chunk = this.buffers.chunk(rows);
    for (let start = 0; start < rows; start += chunk) {
      const count = Math.min(chunk, rows - start);
      this.passes.copyInputs(this.x, start, count);
      this.passes.forward(count, "none", layer + 1);
      const z = this.state.floats(this.buffers.preactivations(layer), count * units);
      for (let unit = first; unit < end; unit++) {
        const to = (unit - first) * rows + start;
        for (let row = 0; row < count; row++) columns[to + row] = z[row * units + unit];
      }
    }
    return columns;
  }

  /** Hands on each unit's preactivations in turn. */
  private forEachUnit(layer: number, visit: (unit: number, z: Float32Array) => void): void {
    const { rows } = this.x;
    const { units } = this.state.spec.layers[layer];
    const block = Math.max(1, Math.floor(BLOCK_FLOATS / rows));
    for (let first = 0; first < units; first += block) {
      const end = Math.min(units, first + block);
      const columns = this.preactivations(layer, first, end);
      for (let unit = first; unit < end; unit++)
        visit(unit, columns.subarray((unit - first) * rows, (unit - first + 1) * rows));
    }
  }

  private std(layer: number): number {
    let sum = 0;
    this.forEachUnit(layer, (_, z) => {
      sum += variance(z);
    });
    const std = Math.sqrt(sum / this.state.spec.layers[layer].units);
    if (!Number.isFinite(std))
      throw new RelumineError(
        "value",
        "x",
        `to have finite preactivations in layer ${layer}`,
        "what overflows",
        "Are weights or samples too large?",
      );
    return std;
  }

  private part(layer: number, name: "kernel" | "bias"): Float32Array {
    const { units } = this.state.spec.layers[layer];
    return this.state.floats(
      this.state.parameters + this.state.layout.layers[layer][name],
      name === "bias" ? units : this.state.inputsOf(layer) * units,
    );
  }

  calibrate(layer: number): LayerCalibration {
    const isHidden = layer < this.state.spec.layers.length - 1;
    const biasBefore = this.part(layer, "bias").slice();
    if (isHidden) this.part(layer, "bias").fill(0);
    const stdBefore = this.std(layer);
    let std = stdBefore;
    let scale = 1;
    for (let turn = 0; turn < TRIES && std > 0 && Math.abs(std - 1) > TOLERANCE; turn++) {
      const factor = 1 / std;
      scale *= factor;
      const kernel = this.part(layer, "kernel");
      for (let i = 0; i < kernel.length; i++) kernel[i] *= factor;
      std = this.std(layer);
    }
    const shares = isHidden ? this.setBiases(layer, biasBefore) : { constant: [] };
    return { layer, scale, stdBefore, std, ...shares };
  }

  /** Biases at which each unit fires on the wanted share; z is without biases. */
  private setBiases(layer: number, biasBefore: Float32Array): Pick<LayerCalibration, "activity" | "constant"> {
    const biases = this.part(layer, "bias").slice();
    const constant: number[] = [];
    let low = Infinity,
      high = 0;
    this.forEachUnit(layer, (unit, z) => {
      const threshold = thresholdFor(z, this.activity);
      biases[unit] = threshold === undefined ? biasBefore[unit] : -threshold;
      if (threshold === undefined) {
        constant.push(unit);
        return;
      }
      const share = z.reduce((count, each) => count + Number(each > threshold), 0) / z.length;
      low = Math.min(low, share);
      high = Math.max(high, share);
    });
    this.part(layer, "bias").set(biases);
    return { ...(high > 0 && { activity: { low, high } }), constant };
  }
}

function variance(z: Float32Array): number {
  const mean = z.reduce((sum, each) => sum + each, 0) / z.length;
  return z.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) / z.length;
}

/**
 * A float32 number that as near as can be the wanted share of z, at least one, lies above: halfway between two neighbours in order. Among equal z
 * no number lies; then at their nearer end. undefined where all z are equal.
 */
function thresholdFor(z: Float32Array, activity: number): number | undefined {
  const sorted = z.slice().sort();
  const n = sorted.length;
  if (sorted[0] === sorted[n - 1]) return undefined;
  const wanted = Math.max(1, Math.round(activity * n));
  if (wanted === n) return below(sorted[0], Math.fround(sorted[0] - CLEAR * Math.sqrt(variance(z))));
  let up = n - wanted,
    down = n - wanted; // z[up] is the first that fires
  while (up < n && sorted[up] === sorted[up - 1]) up++;
  while (down > 0 && sorted[down] === sorted[down - 1]) down--;
  const first = down === 0 || (up < n && up - (n - wanted) <= n - wanted - down) ? up : down;
  const middle = Math.fround(sorted[first - 1] + (sorted[first] - sorted[first - 1]) / 2);
  return middle < sorted[first] ? middle : sorted[first - 1];
}

/** The candidate if it is below the value, else the value's lower neighbour for sure. */
function below(value: number, candidate: number): number {
  return candidate < value ? candidate : Math.fround(value - Math.max(Math.abs(value) * 2 ** -22, 2 ** -140));
}

/**
 * Brings a network to a good start on these samples: each layer's kernel is scaled until its preactivations have a standard deviation of 1 within 0.1
 * (LSUV, Mishkin and Matas 2016; of each unit around its own mean, so that biases don't count), and each hidden unit gets the bias at which it
 * fires (preactivation above 0) on the wanted share of the samples, to the nearest sample; equal preactivations fire together. For a network that
 * is not yet trained: what it has learnt would be changed. A layer that is constant on the samples keeps its scale, a constant unit its bias.
 * @param x rows x inputs, at least two rows: those that train, or some hundreds of them
 * @param options activity: default 0.5; orthogonal: default false
 * @throws RelumineError "shape", "value", "memory" or "disposed", the network as it was
 * @example
 * const { layers } = calibrate(network, x, { activity: 0.5 });
 * console.log(layers.map(({ scale }) => scale));
 */
export function calibrate(network: Network, x: Samples, options?: CalibrationOptions): Calibration {
  const state = stateOf(network);
  const given = checkOptions("calibrate", options, ["activity", "orthogonal"]);
  const activity = checkNumber("activity", given.activity ?? 0.5, { low: 0, high: 1, openLow: true });
  const orthogonal = checkBoolean("orthogonal", given.orthogonal ?? false);
  const samples = toRows("x", x, state.spec.inputs, 2);
  state.checkIdle();
  const before = state.allParameters().slice();
  const scratch = new Arena(state.runtime.heap);
  try {
    const calibrator = new Calibrator(state, samples, activity, scratch);
    if (orthogonal) state.spec.layers.forEach((_, layer) => drawOrthogonal(state, layer));
    const layers = state.spec.layers.map((_, layer) => calibrator.calibrate(layer));
    if (!state.allParameters().every(Number.isFinite))
      throw new RelumineError(
        "value",
        "x",
        "to be samples of a usual size",
        "what asks for weights that are not finite",
      );
    state.edit(() => undefined); // all of it
    return { samples: samples.rows, layers };
  } catch (error) {
    state.allParameters().set(before);
    throw error;
  } finally {
    scratch.dispose();
  }
}

function drawOrthogonal(state: NetworkState, index: number): void {
  initializeLayer(state.runtime, index, state.layer(index), "orthogonal", 0, splitSeed(state.spec.seed));
}
