// What remedies do to single units, in the block of parameters and in the optimizer's moments. Callers wrap it in
// `state.edit`.
import { redrawUnit } from "../../network/state/initializers.js";
import { splitSeed } from "../../core/random.js";
import type { UnitStatistics } from "../../inspect/statistics.js";
import type { KernelInitializer } from "../../network/initializer-spec.js";
import type { LayerView } from "../../network/state/layer-view.js";
import type { NetworkState } from "../../network/state/state.js";

/** Of float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/**
 * Redraws a unit's incoming weights, its bias 0, its slope and what it is normalized by as at the start; by default
 * with its layer's initializer.
 */
export function redrawIncoming(
  state: NetworkState,
  layer: number,
  unit: number,
  initializer?: KernelInitializer,
): void {
  const view = state.layer(layer);
  const { kernelInitializer, useBias } = state.spec.layers[layer];
  const room = state.redrawRoom();
  const nth = state.redraws++;
  const seed = splitSeed(state.spec.seed);
  redrawUnit(state.runtime, view, unit, nth, initializer ?? kernelInitializer, seed, room, useBias);
  if (view.alpha) view.alpha[unit] = view.activation.alpha!;
  resetNormalization(view, unit);
}

/** What a unit is normalized by as at the start: gamma 1, beta 0, and of a batch's mean and variance none known. */
export function resetNormalization({ gamma, beta, runningMean, runningVariance }: LayerView, unit: number): void {
  if (gamma) gamma[unit] = 1;
  if (beta) beta[unit] = 0;
  if (runningMean) runningMean[unit] = 0;
  if (runningVariance) runningVariance[unit] = 1;
}

/** Statistics of some units' X·W over so many rows. */
type Measured = readonly Pick<UnitStatistics, "mean" | "variance" | "samples">[];

/**
 * Running statistics of these units of a layer with batch normalization as if all batches had been those rows: the
 * variance unbiased, as each step takes it; of a single row it is left.
 */
export function setRunning(view: LayerView, units: readonly number[], measured: Measured): void {
  const { bias, runningMean, runningVariance } = view;
  if (!runningMean || !runningVariance) return;
  units.forEach((unit, i) => {
    const { mean, variance, samples } = measured[i];
    runningMean[unit] = mean + bias[unit];
    if (samples > 1) runningVariance[unit] = Math.min((variance * samples) / (samples - 1), LARGEST);
  });
}

/**
 * A unit of a layer takes up what one of its inputs added on every row: its bias, or, where it has none, the running
 * mean of batch normalization, which each batch's own stands for in training.
 */
export function takeUp({ spec: { layers } }: NetworkState, layer: number, { bias, runningMean }: LayerView) {
  const hasBias = layers[layer].useBias !== false;
  return (unit: number, value: number): void => {
    if (hasBias) bias[unit] += value;
    else if (runningMean) runningMean[unit] -= value;
  };
}

/** Sets the weights that enter a unit: a column of the kernel. */
export function setIncoming({ kernel, units, inputs }: LayerView, unit: number, weights: ArrayLike<number>): void {
  for (let input = 0; input < inputs; input++) kernel[input * units + unit] = weights[input];
}

/** Sets all that a unit has in a block of moments to 0: of incoming weights, bias, slope, gamma and beta. */
function clearUnit({ kernel, bias, alpha, gamma, beta, units }: LayerView, unit: number): void {
  for (let at = unit; at < kernel.length; at += units) kernel[at] = 0;
  bias[unit] = 0;
  for (const each of [alpha, gamma, beta]) if (each) each[unit] = 0;
}

export function zeroOutgoing(state: NetworkState, layer: number, unit: number): void {
  state
    .layer(layer + 1)
    .outgoing(unit)
    .fill(0);
}

/**
 * Clears the moments of a unit's incoming weights, bias, slope, gamma, beta and outgoing weights, and of nothing else;
 * its step count starts again.
 */
export function clearMoments(state: NetworkState, layer: number, unit: number): void {
  state.restartSteps(layer, unit);
  for (const slot of state.lastMoments?.slots ?? []) {
    clearUnit(state.layer(layer, slot), unit);
    state
      .layer(layer + 1, slot)
      .outgoing(unit)
      .fill(0);
  }
}

/**
 * Clears the momentum of a unit's incoming weights and bias: what earlier gradients would still add to its next
 * updates.
 */
export function clearVelocity(state: NetworkState, layer: number, unit: number): void {
  const { velocity } = state;
  if (velocity !== undefined) clearUnit(state.layer(layer, velocity), unit);
}

/** New incoming weights, outgoing weights of 0, and no moments. */
export function resetUnit(state: NetworkState, layer: number, unit: number): void {
  zeroOutgoing(state, layer, unit);
  redrawIncoming(state, layer, unit);
  clearMoments(state, layer, unit);
}
