// A start without normalization layers: each layer's scale from the data (LSUV, Mishkin and Matas 2016), and biases
// from the data so that every hidden unit fires on the wanted share of the samples. Front to back, each layer on what
// the calibrated ones before it give.
import { checkBoolean, checkNumber, checkOptions } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { type Matrix, type Samples, toRows } from "../../core/matrix.js";
import { checkPace, Pace, PACE_OPTIONS, type PaceOptions } from "../../core/pace.js";
import { LayerSweep, type Products } from "../../inspect/layer-sweep.js";
import { initializeLayer } from "../../network/state/initializers.js";
import type { Network } from "../../network/types.js";
import { splitSeed } from "../../core/random.js";
import { cellOf, type NetworkState } from "../../network/state/state.js";
import { watch } from "../../network/state/watch.js";
import { thresholdForShare, variance } from "../thresholds.js";
import { Arena } from "../../wasm/heap.js";

/** Options of `calibrate`. */
export interface CalibrationOptions extends PaceOptions {
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

/** Of mean variances outside of these, squares in float32 may have overflowed or vanished. */
const SQUARES = { low: 1e-20, high: 1e30 };

class Calibrator {
  /** @param block the parameters that are calibrated, laid out as the state's own */
  constructor(
    private readonly state: NetworkState,
    private readonly sweep: LayerSweep,
    private readonly block: number,
    private readonly activity: number,
  ) {}

  /** The root of the units' mean variance. */
  private async std({ units, statistics, data }: Products): Promise<number> {
    const { layer } = this.sweep;
    const isFinite = statistics.every(({ min, max }) => Number.isFinite(min) && Number.isFinite(max));
    let sum = statistics.reduce((total, each) => total + each.variance, 0);
    const mean = sum / units.length;
    if (isFinite && !(mean >= SQUARES.low && mean <= SQUARES.high)) {
      sum = 0;
      await this.sweep.forEachProduct(units, (_, z) => (sum += variance(z)), {
        units,
        statistics,
        ...(data && { data }),
      });
    }
    const std = Math.sqrt(sum / units.length);
    if (!isFinite || !Number.isFinite(std))
      throw new RelumineError(
        "value",
        `layers[${layer}]`,
        "to have finite preactivations on x",
        "what overflows",
        "Are weights or samples too large?",
      );
    return std;
  }

  /** The layer that the sweep has come to. */
  async calibrate(): Promise<LayerCalibration> {
    const { sweep, state } = this;
    const { layer } = sweep;
    let products = await sweep.products();
    const stdBefore = await this.std(products);
    let std = stdBefore;
    let scale = 1;
    for (let turn = 0; turn < TRIES && std > 0 && Math.abs(std - 1) > TOLERANCE; turn++) {
      const factor = 1 / std;
      scale *= factor;
      const { kernel } = state.layer(layer, this.block);
      for (let i = 0; i < kernel.length; i++) kernel[i] *= factor;
      products = await sweep.products();
      std = await this.std(products);
    }
    const isHidden = layer < state.spec.layers.length - 1;
    const shares = isHidden ? await this.setBiases(products) : { constant: [] };
    if (sweep.keepsOutputs) await sweep.run(undefined, products); // which feeds the next layer
    return { layer, scale, stdBefore, std, ...shares };
  }

  /** Biases at which each unit fires on the wanted share. */
  private async setBiases(products: Products): Promise<Pick<LayerCalibration, "activity" | "constant">> {
    const { sweep, state, block } = this;
    const { rows } = sweep.x;
    const biases = state.layer(sweep.layer, block).bias.slice();
    const constant: number[] = [];
    let low = Infinity,
      high = 0;
    await sweep.forEachProduct(
      products.units,
      (unit, z) => {
        const found = thresholdForShare(z, this.activity);
        if (!found) {
          constant.push(unit);
          return;
        }
        biases[unit] = -found.threshold;
        low = Math.min(low, found.above / rows);
        high = Math.max(high, found.above / rows);
      },
      products,
    );
    state.layer(sweep.layer, block).bias.set(biases);
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
 * @param network one that is not trained yet; its weights are changed when all is done
 * @param options activity: default 0.5; orthogonal: default false; signal, onProgress
 * @cost two to four forward passes over x, in slices of about a frame
 * @throws RelumineError "shape", "value" (also where the signal is aborted, or the network is changed meanwhile),
 *   "memory" or "disposed" (as a rejection), the network as it was
 * @example
 * const { layers } = await calibrate(network, x, { activity: 0.5 });
 * console.log(layers.map(({ scale }) => scale));
 */
export async function calibrate(network: Network, x: Samples, options?: CalibrationOptions): Promise<Calibration> {
  const cell = cellOf(network);
  const state = cell.current;
  const given = checkOptions("calibrate", options, ["activity", "orthogonal", ...PACE_OPTIONS]);
  const activity = checkNumber("activity", given.activity ?? 0.5, { low: 0, high: 1, openLow: true });
  const orthogonal = checkBoolean("orthogonal", given.orthogonal ?? false);
  const pacing = checkPace(given);
  const samples = toRows("x", x, state.spec.inputs, 2);
  state.checkIdle();
  const check = watch(cell, "calibrated");
  const pace = new Pace(pacing, check);
  const scratch = new Arena(state.runtime.heap);
  try {
    const block = scratch.allocate(state.layout.bytes, "the weights that are calibrated");
    state.floats(block, state.parameterFloats).set(state.allParameters());
    const layers = await calibrateBlock(state, block, { samples, activity, orthogonal }, pace);
    if (!state.floats(block, state.parameterFloats).every(Number.isFinite))
      throw new RelumineError(
        "value",
        "x",
        "to be samples of a usual size",
        "what asks for weights that are not finite",
      );
    pace.end();
    check();
    state.edit(() => state.allParameters().set(state.floats(block, state.parameterFloats)));
    return { samples: samples.rows, layers };
  } finally {
    scratch.dispose();
  }
}

interface Task {
  readonly samples: Matrix;
  readonly activity: number;
  readonly orthogonal: boolean;
}

/** Calibrates parameters that nobody else sees. */
async function calibrateBlock(
  state: NetworkState,
  block: number,
  { samples, activity, orthogonal }: Task,
  pace: Pace,
): Promise<LayerCalibration[]> {
  if (orthogonal) state.spec.layers.forEach((_, layer) => drawOrthogonal(state, layer, block));
  const sweep = new LayerSweep(state, samples, pace, block);
  try {
    const calibrator = new Calibrator(state, sweep, block, activity);
    const layers: LayerCalibration[] = [];
    for (; sweep.layer < state.spec.layers.length; sweep.next()) layers.push(await calibrator.calibrate());
    return layers;
  } finally {
    sweep.dispose();
  }
}

function drawOrthogonal(state: NetworkState, index: number, block: number): void {
  initializeLayer(state.runtime, index, state.layer(index, block), "orthogonal", 0, splitSeed(state.spec.seed));
}
