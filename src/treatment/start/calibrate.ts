// A start without normalization layers: each layer's scale from the data (LSUV, Mishkin and Matas 2016), and biases
// from the data so that every hidden unit fires on the wanted share of the samples. Front to back, each layer on what
// the calibrated ones before it give.
import { checkBoolean, checkNumber, checkOptions } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { type Matrix, type Samples, toRows } from "../../core/matrix.js";
import { forEachColumn } from "../../inspect/columns.js";
import { Inspector } from "../../inspect/inspector.js";
import { initializeLayer } from "../../network/state/initializers.js";
import type { Network } from "../../network/types.js";
import { splitSeed } from "../../core/random.js";
import { type NetworkState, stateOf } from "../../network/state/state.js";
import { thresholdForShare, variance } from "../thresholds.js";

/** Options of `calibrate`. */
export interface CalibrationOptions {
  /** The share of the samples on which each hidden unit is to fire, above 0 and at most 1. Default 0.5. */
  readonly activity?: number;
  /** Draw orthonormal kernels first, as LSUV does. Default false: the kernels keep their directions. */
  readonly orthogonal?: boolean;
}

/** What `calibrate` did to one layer. */
export interface LayerCalibration {
  /** Index in network.layers. */
  readonly layer: number;
  /** What the kernel was multiplied by. */
  readonly scale: number;
  /**
   * Of the preactivations, over the samples: the root of the units' mean variance, before (of an orthonormal kernel,
   * where one was drawn) and after.
   */
  readonly stdBefore: number;
  /** The same after it: within a tenth of 1, unless every unit is constant. */
  readonly std: number;
  /**
   * Least and greatest share of the samples on which a unit fires; constant units, and the output layer, left aside.
   */
  readonly activity?: {
    /** The least share. */
    readonly low: number;
    /** The greatest share. */
    readonly high: number;
  };
  /**
   * Units whose preactivation is the same on all samples: no bias makes them fire on a share; theirs is left as it was.
   */
  readonly constant: readonly number[];
}

/** Layers in order, the output layer last: of it only the scale is changed. */
export interface Calibration {
  /** Rows that it was done on. */
  readonly samples: number;
  /** Each layer, in order. */
  readonly layers: readonly LayerCalibration[];
}

const TOLERANCE = 0.1; // of the std, as in the paper
const TRIES = 10;

class Calibrator {
  private readonly state: NetworkState;

  constructor(
    private readonly inspector: Inspector,
    private readonly x: Matrix,
    private readonly activity: number,
  ) {
    this.state = inspector.state;
    inspector.prepare(x.rows);
  }

  /** Hands on each unit's preactivations in turn. */
  private forEachUnit(layer: number, visit: (unit: number, z: Float32Array) => void): void {
    const units = Array.from({ length: this.state.spec.layers[layer].units }, (_, unit) => unit);
    forEachColumn(this.inspector, this.x, layer, units, visit);
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
        `layers[${layer}]`,
        "to have finite preactivations on x",
        "what overflows",
        "Are weights or samples too large?",
      );
    return std;
  }

  calibrate(layer: number): LayerCalibration {
    const isHidden = layer < this.state.spec.layers.length - 1;
    const biasBefore = this.state.layer(layer).bias.slice();
    if (isHidden) this.state.layer(layer).bias.fill(0);
    const stdBefore = this.std(layer);
    let std = stdBefore;
    let scale = 1;
    for (let turn = 0; turn < TRIES && std > 0 && Math.abs(std - 1) > TOLERANCE; turn++) {
      const factor = 1 / std;
      scale *= factor;
      const kernel = this.state.layer(layer).kernel;
      for (let i = 0; i < kernel.length; i++) kernel[i] *= factor;
      std = this.std(layer);
    }
    const shares = isHidden ? this.setBiases(layer, biasBefore) : { constant: [] };
    return { layer, scale, stdBefore, std, ...shares };
  }

  /** Biases at which each unit fires on the wanted share; z is without biases. */
  private setBiases(layer: number, biasBefore: Float32Array): Pick<LayerCalibration, "activity" | "constant"> {
    const biases = this.state.layer(layer).bias.slice();
    const constant: number[] = [];
    let low = Infinity,
      high = 0;
    this.forEachUnit(layer, (unit, z) => {
      const threshold = thresholdForShare(z, this.activity);
      biases[unit] = threshold === undefined ? biasBefore[unit] : -threshold;
      if (threshold === undefined) {
        constant.push(unit);
        return;
      }
      const share = z.reduce((count, each) => count + Number(each > threshold), 0) / z.length;
      low = Math.min(low, share);
      high = Math.max(high, share);
    });
    this.state.layer(layer).bias.set(biases);
    return { ...(high > 0 && { activity: { low, high } }), constant };
  }
}

/**
 * Brings a network to a good start on these samples: each layer's kernel is scaled until its preactivations have a
 * standard deviation of 1 within 0.1 (LSUV, Mishkin and Matas 2016; of each unit around its own mean, so that biases
 * don't count), and each hidden unit gets the bias at which it fires (preactivation above 0) on the wanted share of the
 * samples, to the nearest sample; equal preactivations fire together. For a network that is not yet trained: what it
 * has learnt would be changed. A layer that is constant on the samples keeps its scale, a constant unit its bias.
 * @param x rows x inputs, at least two rows: those that train, or some hundreds of them
 * @param network one that is not trained yet; its weights are changed
 * @param options activity: default 0.5; orthogonal: default false
 * @cost some forward passes over x
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
  const inspector = new Inspector(state);
  try {
    const calibrator = new Calibrator(inspector, samples, activity);
    const layers = state.edit(() => {
      if (orthogonal) state.spec.layers.forEach((_, layer) => drawOrthogonal(state, layer));
      const calibrated = state.spec.layers.map((_, layer) => calibrator.calibrate(layer));
      if (!state.allParameters().every(Number.isFinite))
        throw new RelumineError(
          "value",
          "x",
          "to be samples of a usual size",
          "what asks for weights that are not finite",
        );
      return calibrated;
    });
    return { samples: samples.rows, layers };
  } catch (error) {
    state.allParameters().set(before);
    throw error;
  } finally {
    inspector.dispose();
  }
}

function drawOrthogonal(state: NetworkState, index: number): void {
  initializeLayer(state.runtime, index, state.layer(index), "orthogonal", 0, splitSeed(state.spec.seed));
}
