// What the layers of another program's network did, from blocks of preactivations or activations as they come: an
// observation like that of a network of this package, for judgeObservation.
import { RowTotals, type RowLayout } from "./row-totals.js";
import type { LayerObservation, LayerWeights, Observation } from "./observation.js";
import { brokenUnits } from "./broken-units.js";
import { isLinear, learnsAlpha, shapeOf } from "../activations/activations.js";
import { factsOf, canDie, firesAbove, type JudgedActivation, rangeOf } from "../activations/analysis.js";
import { type ObservedActivation, resolveObserved, slopeOfValue, valueAtFiring } from "../activations/observed.js";
import { checkInteger, checkName, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** A layer of any network whose units are to be judged. */
export interface WatchedLayer {
  /** What messages call it; no two have the same. */
  readonly name: string;
  /** Default "relu". */
  readonly activation?: ObservedActivation;
  /** How many; of images channels. */
  readonly units: number;
  /**
   * Where a row has more axes than one: "first" if units come before places, as channels x height x width; "last" if
   * after them, as tokens x features. Default "first".
   */
  readonly channels?: "first" | "last";
  /**
   * inputs x units, row-major: what is multiplied by the inputs; of a convolution the rows of one input channel are
   * together.
   */
  readonly kernel?: Float32Array | undefined;
  /** By unit; default 0 where there is a kernel. */
  readonly bias?: Float32Array | undefined;
  /** By unit, the slopes of prelu. */
  readonly slopes?: Float32Array | undefined;
  /** The layer, named before this one, whose activations are its inputs; "rows": the samples themselves. */
  readonly inputs?: string | undefined;
}

/** Which of a layer's numbers they are: before its activation, or after it. */
export type SeenValues = "preactivations" | "activations";

/** Numbers that are kept of units that have not fired so far, of all layers together: 256 MB. */
const MOST_KEPT = 2 ** 26;

/** Units of all layers together: each takes some 2 kB where it is told of. */
const MOST_UNITS = 2 ** 20;

interface Watched {
  readonly path: string;
  readonly given: WatchedLayer;
  readonly activation: JudgedActivation;
  readonly weights: LayerWeights | undefined;
  readonly fedBy: number | "rows" | undefined;
  readonly mayInterleave: boolean;
  totals?: RowTotals;
  which?: SeenValues;
}

/** |activation| by a preactivation; of what is straight on both sides `below` says it. */
function sizeOf(activation: JudgedActivation, slopes: Float32Array | undefined) {
  const { name, alpha = 0 } = activation;
  const { value } = factsOf(activation);
  if (slopes) return (z: number, unit: number) => Math.abs(value(z, slopes[unit]));
  if (shapeOf(name) !== "smooth") return undefined;
  return (z: number) => Math.abs(Math.fround(value(z, alpha)));
}

function countedAs(activation: JudgedActivation, which: SeenValues, slopes: Float32Array | undefined) {
  const { name, alpha = 0 } = activation;
  const { isTwoSided, slope } = factsOf(activation);
  if (which === "activations")
    return {
      firesAbove: valueAtFiring(activation),
      below: -1,
      slopeOf: slopeOfValue(activation),
      canDie: canDie(activation),
    };
  return {
    firesAbove: firesAbove(activation),
    below: isLinear(name) ? -1 : -Math.abs(alpha), // of a rectifier 0
    sizeOf: sizeOf(activation, slopes),
    slopeOf: isTwoSided ? (z: number) => slope(z, alpha) : undefined,
    canDie: canDie(activation),
  };
}

function checkLength(path: string, values: Float32Array | undefined, units: number, what: string): void {
  if (values && values.length !== units)
    throw new RelumineError("shape", path, `to have ${units} numbers, one ${what}`, `${values.length}`);
}

/** What is known of the weights; a bias alone tells how a unit is closed, too. */
function weightsOf(path: string, { units, kernel, bias, slopes }: WatchedLayer): LayerWeights | undefined {
  checkLength(`${path}.bias`, bias, units, "for each unit");
  checkLength(`${path}.slopes`, slopes, units, "for each unit");
  if (kernel && (kernel.length === 0 || kernel.length % units !== 0))
    throw new RelumineError("shape", `${path}.kernel`, `to be inputs x ${units} numbers`, `${kernel.length}`);
  if (!kernel && !bias) return undefined;
  return {
    inputs: kernel ? kernel.length / units : 0,
    units,
    kernel: kernel ?? new Float32Array(0),
    bias: bias ?? new Float32Array(units),
    ...(slopes && { alpha: slopes }),
  };
}

/** Places and strides of [rows, units] or, by `channels`, [rows, units, ...places] or [rows, ...places, units]. */
function layoutOf(path: string, { units, channels = "first" }: WatchedLayer, shape: readonly number[]): RowLayout {
  shape.forEach((size, axis) => checkInteger(`${path}.shape[${axis}]`, size, { low: axis === 0 ? 0 : 1 }));
  const axis = channels === "first" ? 1 : shape.length - 1;
  if (shape.length < 2 || shape[axis] !== units) {
    const expected = `to have ${units} units along axis ${Math.max(1, axis)}`;
    const hint = shape.includes(units, 1) ? 'Say channels: "last" or "first".' : "";
    throw new RelumineError("shape", path, expected, `[${shape.join(", ")}]`, hint);
  }
  const places = shape.reduce((product, size, at) => (at === 0 || at === axis ? product : product * size), 1);
  if (channels === "last" || places === 1) return { places, placeStride: units, unitStride: 1 };
  return { places, placeStride: 1, unitStride: places };
}

/**
 * Counts what units do, block by block, in float64 and in the order of the rows: how the rows are cut into blocks
 * changes no bit. Costs a few nanoseconds a number (more for smooth activations), and memory by units, not rows.
 * @example
 * const watch = new ActivationWatch([{ name: "hidden", units: 64 }]);
 * for (const z of batches) watch.add("hidden", z, [z.length / 64, 64], "preactivations");
 * const diagnosis = judgeObservation(watch.finish());
 */
export class ActivationWatch {
  private readonly layers: Watched[];

  /**
   * @param layers an order in which each is fed by one before it, where that is known
   * @throws RelumineError "value" or "shape", "memory" for more than 2^20 units
   */
  constructor(layers: readonly WatchedLayer[]) {
    const places = new Map<string, number>();
    this.layers = layers.map((given, index) => {
      const path = `layers[${index}]`;
      if (places.has(given.name))
        throw new RelumineError("value", `${path}.name`, "to be another one than those before", describe(given.name));
      checkInteger(`${path}.units`, given.units, { low: 1, high: 2 ** 30 });
      if (given.channels !== undefined) checkName(`${path}.channels`, given.channels, ["first", "last"]);
      const activation = resolveObserved(`${path}.activation`, given.activation ?? "relu");
      if (given.slopes && !learnsAlpha(activation.name))
        throw new RelumineError("value", `${path}.slopes`, "to be left out, as only prelu has them", "some");
      const weights = weightsOf(path, given);
      const fedBy = given.inputs === undefined ? undefined : (places.get(given.inputs) ?? feeding(path, given.inputs));
      const feeder = typeof fedBy === "number" ? layers[fedBy] : undefined;
      if (feeder) checkFed(path, weights, feeder);
      places.set(given.name, index);
      const mayInterleave = feeder?.channels === "last" && (weights?.inputs ?? 0) > feeder.units;
      return { path, given, activation, weights, fedBy, mayInterleave };
    });
    if (layers.length === 0) throw new RelumineError("shape", "layers", "to have at least one layer", "none");
    const units = layers.reduce((sum, each) => sum + each.units, 0);
    if (units > MOST_UNITS)
      throw new RelumineError("memory", "layers", `to have at most ${MOST_UNITS} units together`, `${units}`);
  }

  /**
   * Adds a block of whole rows of a layer.
   * @param layer its index or name
   * @param values as `shape` says, row-major
   * @param shape [rows, units]; with more axes [rows, units, ...places] or [rows, ...places, units], by `channels`:
   *   each place of each row is a sample
   * @param which all blocks of a layer are of one kind
   * @throws RelumineError "shape" or "value"
   */
  add(layer: number | string, values: Float32Array, shape: readonly number[], which: SeenValues): void {
    const watched = this.find(layer);
    const { path, given } = watched;
    const layout = layoutOf(`${path}.${which}`, given, shape);
    const length = shape[0] * given.units * layout.places;
    if (values.length !== length)
      throw new RelumineError("shape", `${path}.${which}`, `to have ${length} numbers`, `${values.length}`);
    if ((watched.which ??= which) !== which)
      throw new RelumineError("value", `${path}.${which}`, `to be ${watched.which}, as before`, which);
    watched.totals ??= this.begin(watched, which);
    watched.totals.add(values, layout);
  }

  private begin({ path, given, activation }: Watched, which: SeenValues): RowTotals {
    const { units, slopes } = given;
    const isFolded = learnsAlpha(activation.name) && (slopes?.some((each) => each <= 0) ?? activation.alpha! <= 0);
    if (which === "activations" && isFolded) {
      const expected = "to be preactivations, as slopes of 0 or less leave open which side a unit was on";
      throw new RelumineError("value", `${path}.activations`, expected, "activations");
    }
    const all = this.layers.reduce((sum, each) => sum + each.given.units, 0);
    return new RowTotals(units, countedAs(activation, which, slopes), Math.max(1, Math.floor(MOST_KEPT / (2 * all))));
  }

  private find(layer: number | string): Watched {
    const found =
      typeof layer === "number" ? this.layers[layer] : this.layers.find(({ given: { name } }) => name === layer);
    if (found) return found;
    throw new RelumineError("value", "layer", "to be the index or the name of a layer", describe(layer));
  }

  /**
   * What was seen; blocks may still be added.
   * @throws RelumineError "shape" where a layer has no rows, or not as many as the first, "value" for activations that
   *   are none of their function's
   */
  finish(): Observation {
    const rows = this.layers[0].totals?.rows ?? 0;
    for (const { path, totals } of this.layers) {
      if (!totals || totals.rows === 0) throw new RelumineError("shape", path, "to have at least one row", "none");
      if (totals.rows !== rows)
        throw new RelumineError("shape", path, `to have ${rows} rows, as layers[0] has`, `${totals.rows}`);
    }
    this.layers.forEach(checkRange);
    return { rows, layers: this.layers.map(observed), fedBy: this.layers.map(({ fedBy }) => fedBy) };
  }

  /** Gives back what it holds. */
  dispose(): void {
    for (const watched of this.layers) delete watched.totals;
  }
}

/** Bounds of activations are known, and their own program rounds, to so much of them. */
const RANGE_ROUNDING = 1e-3;

/** What is called activations may be what goes into them. */
function checkRange({ path, activation, totals, which }: Watched): void {
  if (which !== "activations") return;
  const [low, high] = rangeOf(activation);
  const isBeyond = (value: number): boolean =>
    value < low - RANGE_ROUNDING * Math.abs(low) || value > high + RANGE_ROUNDING * Math.abs(high);
  const beyond = totals!
    .read()
    .flatMap(({ min, max }) => [min, max])
    .find((value) => Number.isFinite(value) && isBeyond(value));
  if (beyond === undefined) return;
  const expected = `to lie within the range of ${activation.name}, ${low} to ${high}`;
  throw new RelumineError("value", `${path}.activations`, expected, `${beyond}`, "Are they preactivations?");
}

function feeding(path: string, inputs: string): "rows" {
  if (inputs === "rows") return inputs;
  const expected = 'to be the name of a layer before this one, or "rows"';
  throw new RelumineError("value", `${path}.inputs`, expected, describe(inputs));
}

function checkFed(path: string, weights: LayerWeights | undefined, { name, units }: WatchedLayer): void {
  if (!weights || weights.inputs % units === 0) return;
  const expected = `to take as many inputs for each of the ${units} units of ${name}`;
  throw new RelumineError("shape", `${path}.kernel`, expected, `${weights.inputs}`);
}

function observed({ given, activation, weights, mayInterleave, totals, which }: Watched): LayerObservation {
  const closedRows = totals!.closedRows();
  const broken = weights && brokenUnits(weights);
  return {
    name: given.name,
    activation,
    units: totals!.read(),
    ...(which === "activations" ? { seen: which } : { opening: totals!.opening() }),
    ...(closedRows && { closedRows }),
    ...(weights && { weights }),
    ...(mayInterleave && { mayInterleave }),
    ...(broken && broken.length > 0 && { brokenUnits: broken }),
  };
}
