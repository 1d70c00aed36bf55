// Inputs and targets around 0, of a spread of 1. The ratio of the inputs' mean to their spread predicts how many units
// die (Simon 2026), and subtracting the mean removes it; a network starts with outputs of about 1, and finds targets of
// another size only by large steps.
import { isLinear } from "../../activations/activations.js";
import {
  checkFirst,
  type ColumnFigures,
  type InputScaling,
  inputScaling,
  type TargetScaling,
  targetScaling,
} from "./column-scaling.js";
import { isFloat32 } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import type { Samples } from "../../core/matrix.js";
import type { Targets } from "../../network/data.js";
import { isClassification } from "../../network/losses.js";
import type { Network, Weights } from "../../network/types.js";
import { type NetworkState, stateOf } from "../../network/state/state.js";

/** What `standardize` returns: the figures, and what to do with them. */
export interface Standardization extends InputScaling {
  /**
   * Lets a network that was trained on standardized inputs take raw ones: its first layer's kernel / scale, and bias -
   * mean·kernel (of one with batch normalization and no biases its running mean + mean·kernel). Once for each network,
   * when it is trained. Predictions stay within some 1e-7·|mean| / scale: inputs are float32.
   * @throws RelumineError "shape"; "value" where the layer has no biases to take up the means, where |mean| / scale is
   *   above 8192, so that raw inputs would lose what tells them apart, or where the weights would overflow; or
   *   "disposed"; the network unchanged
   */
  foldInto(network: Network): void;
}

/** The means alone: the scale is 1. */
export type Centering = Standardization;

/** What `standardizeTargets` returns: the figures, and what to do with them. */
export interface TargetStandardization extends TargetScaling {
  /**
   * Lets a network that was trained on standardized targets predict in their own units: its last layer's kernel·scale,
   * and bias·scale + mean, or gamma and beta where that is normalized. Once for each network, when it is trained.
   * @throws RelumineError "shape"; "value" where the last layer has no biases or is not linear or the loss one of
   *   classes, or where the weights would overflow; or "disposed"; the network unchanged
   */
  foldInto(network: Network): void;
}

/** Of a raw input's digits, float32 holds 24 bits: of those within one scale, 11 must be left. */
const FARTHEST = 2 ** 13;

function checkFigures(state: NetworkState, { mean }: ColumnFigures, columns: number, what: string): void {
  state.checkIdle();
  if (columns !== mean.length)
    throw new RelumineError("shape", "network", `to have ${mean.length} ${what}, as the figures do`, String(columns));
}

function checkFinite(...weights: readonly (Float32Array | Float64Array)[]): void {
  if (weights.every((values) => values.every(isFloat32))) return;
  throw new RelumineError("value", "network", "to have weights that stay finite when it is folded", "one that has not");
}

/** A layer without biases but with batch normalization takes them up in its running mean. */
function setFolded(network: Network, index: number, kernel: Float32Array, bias: Float64Array): void {
  const { runningMean } = network.layers[index].getWeights();
  const hasBias = network.spec.layers[index].useBias !== false;
  if (!hasBias && runningMean) {
    const moved = Float64Array.from(runningMean, (value, unit) => value - bias[unit]);
    checkFinite(kernel, moved);
    return network.layers[index].setWeights({ kernel, runningMean: Float32Array.from(moved) });
  }
  if (!hasBias && bias.some((value) => value !== 0))
    throw new RelumineError(
      "value",
      `layers[${index}]`,
      "to have biases, which take up the means",
      "useBias: false",
      "Keep on transforming the rows with apply().",
    );
  checkFinite(kernel, bias);
  const folded: Partial<Weights> = { kernel, bias: Float32Array.from(bias) };
  network.layers[index].setWeights(folded);
}

/** gamma·scale, beta·scale + mean. */
function setAffine(
  network: Network,
  index: number,
  gamma: Float32Array,
  beta: Float32Array,
  { mean, scale }: ColumnFigures,
): void {
  const folded: Partial<Weights> = {
    gamma: gamma.map((value, unit) => value * scale[unit]),
    beta: beta.map((value, unit) => value * scale[unit] + mean[unit]),
  };
  checkFinite(folded.gamma!, folded.beta!);
  network.layers[index].setWeights(folded);
}

/** kernel / scale, bias - mean·kernel in the first layer. */
export function foldInputs(network: Network, figures: ColumnFigures): void {
  const state = stateOf(network);
  const { mean, scale } = figures;
  checkFigures(state, figures, state.spec.inputs, "inputs");
  // A scale of 1 is mostly none.
  const far = mean.findIndex((value, input) => scale[input] !== 1 && Math.abs(value) > FARTHEST * scale[input]);
  if (far >= 0)
    throw new RelumineError(
      "value",
      `mean[${far}]`,
      `to be at most ${FARTHEST} times the scale, as raw inputs are float32`,
      `${mean[far]}, with a scale of ${scale[far]}`,
      "Keep on standardizing the rows with apply().",
    );
  const { kernel, bias } = network.layers[0].getWeights();
  const { units } = network.layers[0];
  const folded = kernel.map((weight, i) => weight / scale[Math.floor(i / units)]);
  // By the rounded weights, so that what rounding took from them is multiplied by the spread alone and not by the mean.
  const shifted = Float64Array.from(bias, (value, unit) =>
    mean.reduce((rest, each, input) => rest - each * folded[input * units + unit], value),
  );
  setFolded(network, 0, folded, shifted);
}

/** kernel·scale, bias·scale + mean in the last layer. */
export function foldTargets(network: Network, figures: ColumnFigures): void {
  const state = stateOf(network);
  const { mean, scale } = figures;
  const top = state.spec.layers.length - 1;
  const { units, activation } = state.spec.layers[top];
  checkFigures(state, figures, units, "outputs");
  if (!isLinear(activation.name) || isClassification(state.spec.loss)) {
    const given = isLinear(activation.name) ? "one of classes" : `one that ends in ${activation.name}`;
    throw new RelumineError("value", "network", "to be a regression with a linear last layer", given);
  }
  const { kernel, bias, gamma, beta } = network.layers[top].getWeights();
  if (gamma && beta) return setAffine(network, top, gamma, beta, figures); // a kernel's scale would be normalized away
  setFolded(
    network,
    top,
    kernel.map((weight, i) => weight * scale[i % units]),
    Float64Array.from(bias, (value, unit) => value * scale[unit] + mean[unit]),
  );
}

/** A fold that each network takes once. */
function foldOnce(figures: ColumnFigures, fold: typeof foldInputs): (network: Network) => void {
  const folded = new WeakSet<Network>();
  return (network) => {
    stateOf(network);
    checkFirst(folded, network);
    fold(network, { mean: figures.mean, scale: figures.scale });
    folded.add(network);
  };
}

/**
 * The means and standard deviations of the inputs, to train on standardized ones. All in float64: rows of numbers may
 * hold more digits than float32 does.
 * @param x rows x inputs. What is centred has no zeros: `apply` makes a Matrix of sparse rows. Columns that are mostly
 *   0 are small already and as far from centred as they are rare, so that wide sparse rows are better left as they are
 * @cost two passes over x; apply copies its samples
 * @throws RelumineError "shape" or "value"
 * @example
 * const inputs = standardize(x);
 * await network.fit({ x: inputs.apply(x), y });
 * inputs.foldInto(network); // from now on it takes x as it is
 */
export function standardize(x: Samples): Standardization {
  const scaling = inputScaling(x, true);
  return { ...scaling, foldInto: foldOnce(scaling, foldInputs) };
}

/**
 * The same for the targets of a regression.
 * @param y one number or one row of numbers a sample
 * @cost two passes over y; apply and invert copy
 * @throws RelumineError "shape" or "value"
 * @example
 * const targets = standardizeTargets(y);
 * await network.fit({ x, y: targets.apply(y) });
 * targets.foldInto(network); // from now on it predicts y's own units
 */
export function standardizeTargets(y: Targets): TargetStandardization {
  const scaling = targetScaling(y);
  return { ...scaling, foldInto: foldOnce(scaling, foldTargets) };
}

/**
 * The means of the inputs, to train on centred ones: `standardize` with a scale of 1.
 * @param x rows x inputs
 * @cost one pass over x; apply copies its samples
 * @throws RelumineError "shape" or "value"
 * @example
 * const centering = centerInputs(x);
 * await network.fit({ x: centering.apply(x), y });
 * centering.foldInto(network); // from now on it takes x as it is
 */
export function centerInputs(x: Samples): Centering {
  const scaling = inputScaling(x, false);
  return { ...scaling, foldInto: foldOnce(scaling, foldInputs) };
}
