// A start without normalization layers: each layer's scale from the data (LSUV, Mishkin and Matas 2016), and biases
// from the data so that every hidden unit fires on the wanted share of the samples. Front to back, each layer on what
// the calibrated ones before it give.
import { countRows, isBlocks, readAgain, type SampleSource } from "../../core/blocks.js";
import { checkBoolean, checkNumber, checkOptions } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { type SampleRows, type Samples, toSomeSamples } from "../../core/matrix.js";
import { checkPace, Pace, PACE_OPTIONS, type PaceOptions } from "../../core/pace.js";
import { LayerSweep, type Products } from "../../inspect/layer-sweep.js";
import { RereadRows } from "../../inspect/row-stream.js";
import { hasFinite } from "../../inspect/unit-state.js";
import { hasShift } from "../../network/spec.js";
import { initializeLayer } from "../../network/state/initializers.js";
import type { Network } from "../../network/types.js";
import { splitSeed } from "../../core/random.js";
import { cellOf, type NetworkState } from "../../network/state/state.js";
import { watch } from "../../network/state/watch.js";
import { setRunning } from "../remedies/unit-parameters.js";
import { thresholdForShare } from "../thresholds.js";
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
  /** What the kernel was multiplied by: 1 where the layer is normalized, which would undo it. */
  readonly scale: number;
  /**
   * Of the preactivations, over the samples: the root of the units' mean variance, before (of an orthonormal kernel,
   * where one was drawn) and after.
   */
  readonly stdBefore: number;
  /**
   * The same after it: within a tenth of 1, unless every unit is constant, or the layer normalized, of which it is that
   * of what gamma and the normalization make.
   */
  readonly std: number;
  /**
   * Least and greatest share of the samples on which a unit fires; constant units, the output layer, and layers without
   * biases (useBias: false), left aside.
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
const LEAST_ROWS = 2;

class Calibrator {
  /** @param block the parameters that are calibrated, laid out as the state's own */
  constructor(
    private readonly state: NetworkState,
    private readonly sweep: LayerSweep,
    private readonly block: number,
    private readonly activity: number,
  ) {}

  /** The root of the units' mean variance. */
  private std({ units, statistics }: Products): number {
    const { layer } = this.sweep;
    const std = Math.sqrt(statistics.reduce((total, each) => total + each.variance, 0) / units.length);
    if (!statistics.every(hasFinite) || !Number.isFinite(std))
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
    const { sweep, state, block } = this;
    const { layer } = sweep;
    const { normalization } = state.spec.layers[layer];
    if (normalization?.kind === "batch") {
      const { units, statistics } = await sweep.products(undefined, false, false);
      this.std({ units, statistics });
      setRunning(state.layer(layer, block), units, statistics);
    }
    let products = await sweep.products();
    const stdBefore = this.std(products);
    let std = stdBefore;
    let scale = 1;
    const tries = normalization ? 0 : TRIES;
    for (let turn = 0; turn < tries && std > 0 && Math.abs(std - 1) > TOLERANCE; turn++) {
      const factor = 1 / std;
      scale *= factor;
      const { kernel } = state.layer(layer, this.block);
      for (let i = 0; i < kernel.length; i++) kernel[i] *= factor;
      products = await sweep.products();
      std = this.std(products);
    }
    const isHidden = layer < state.spec.layers.length - 1;
    const shares = isHidden && hasShift(state.spec.layers[layer]) ? await this.setBiases(products) : { constant: [] };
    if (sweep.keepsOutputs) await sweep.run(undefined, products); // which feeds the next layer
    return { layer, scale, stdBefore, std, ...shares };
  }

  /** Biases, or betas, at which each unit fires on the wanted share. */
  private async setBiases(products: Products): Promise<Pick<LayerCalibration, "activity" | "constant">> {
    const { sweep, state, block } = this;
    const { rows } = sweep.x;
    const shifts = state.layer(sweep.layer, block).shift.slice();
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
        shifts[unit] = -found.threshold;
        low = Math.min(low, found.above / rows);
        high = Math.max(high, found.above / rows);
      },
      products,
    );
    state.layer(sweep.layer, block).shift.set(shifts);
    return { ...(high > 0 && { activity: { low, high } }), constant };
  }
}

/**
 * Brings a network to a good start on these samples: each layer's kernel is scaled until its preactivations have a
 * standard deviation of 1 within 0.1 (LSUV, Mishkin and Matas 2016; of each unit around its own mean, so that biases
 * don't count), and each hidden unit gets the bias at which it fires (preactivation above 0) on the wanted share of the
 * samples, to the nearest sample; equal preactivations fire together. For a network that is not yet trained: what it
 * has learnt would be changed. A layer that is constant on the samples keeps its scale, a constant unit its bias; of a
 * layer without biases only the scale is changed. A normalized layer keeps its kernel, since normalization undoes any
 * scale, and gets its betas set; the running statistics of batch normalization become those of the samples.
 * @param x rows x inputs, at least two rows: those that train, or some hundreds of them. A Matrix is read while it runs
 *   and is to stay as it is until the promise is settled. Or a source { rows?, blocks() } of rows that need not fit in
 *   memory, which opens the same blocks anew for each pass: what is done is what a matrix of all rows gives
 * @param network one that is not trained yet; its weights are changed when all is done
 * @param options activity: default 0.5; orthogonal: default false; signal, onProgress
 * @cost two to four forward passes over x, in slices of about a frame. Blocks are read two to six times for each layer
 *   up to the first that puts out no more than 64 MB for all rows, whose outputs are kept for those above; where a
 *   layer puts out more, its units' columns take a pass for each 64 MB of them. A source that says its `rows` is read
 *   once less
 * @throws RelumineError "shape", "value" (also where the signal is aborted, or the network is changed meanwhile),
 *   "memory" or "disposed" (as a rejection), the network as it was
 * @example
 * const { layers } = await calibrate(network, x, { activity: 0.5 });
 * console.log(layers.map(({ scale }) => scale));
 */
export async function calibrate(
  network: Network,
  x: Samples | SampleSource,
  options?: CalibrationOptions,
): Promise<Calibration> {
  const cell = cellOf(network);
  const state = cell.current;
  const given = checkOptions("calibrate", options, ["activity", "orthogonal", ...PACE_OPTIONS]);
  const activity = checkNumber("activity", given.activity ?? 0.5, { low: 0, high: 1, openLow: true });
  const orthogonal = checkBoolean("orthogonal", given.orthogonal ?? false);
  const pacing = checkPace(given);
  const source = isBlocks(x) ? readAgain("x", x) : toSomeSamples("x", x, state.spec.inputs, LEAST_ROWS);
  state.checkIdle();
  const pace = new Pace(pacing, watch(cell, "calibrated"));
  const samples = "blocks" in source ? await rowsAgain(source, state, pace, pacing.signal) : source;
  const scratch = new Arena(state.runtime.heap);
  try {
    const block = scratch.allocate(state.layout.weightBytes, "the weights that are calibrated");
    state.floats(block, state.weightFloats).set(state.allWeights());
    const layers = await calibrateBlock(state, block, { samples, activity, orthogonal }, pace);
    if (!state.floats(block, state.weightFloats).every(Number.isFinite))
      throw new RelumineError(
        "value",
        "x",
        "to be samples of a usual size",
        "what asks for weights that are not finite",
      );
    await pace.end();
    state.edit(() => state.allWeights().set(state.floats(block, state.weightFloats)));
    return { samples: samples.rows, layers };
  } finally {
    scratch.dispose();
  }
}

async function rowsAgain(
  source: SampleSource,
  { spec }: NetworkState,
  pace: Pace,
  signal: AbortSignal | undefined,
): Promise<RereadRows> {
  const rows = await countRows("x", source, spec.inputs, pace, signal);
  pace.verify();
  if (rows < LEAST_ROWS) throw new RelumineError("shape", "x", `to have at least ${LEAST_ROWS} rows`, `${rows}`);
  return new RereadRows(source, spec.inputs, rows, signal);
}

interface Task {
  readonly samples: SampleRows | RereadRows;
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
  const sweep = new LayerSweep(state, samples, pace, { parameters: block });
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
  const { useBias } = state.spec.layers[index];
  initializeLayer(
    state.runtime,
    index,
    state.layer(index, block),
    "orthogonal",
    0,
    splitSeed(state.spec.seed),
    useBias,
  );
}
