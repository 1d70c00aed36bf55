// What remedies do to single units, in the block of parameters and in the optimizer's moments. Callers wrap it in
// `state.edit`.
import { redrawUnit } from "../../network/state/initializers.js";
import { splitSeed } from "../../core/random.js";
import type { KernelInitializer } from "../../network/initializer-spec.js";
import type { LayerView } from "../../network/state/layer-view.js";
import type { NetworkState } from "../../network/state/state.js";

/**
 * Redraws a unit's incoming weights, its bias 0 and its slope as at the start; by default with its layer's initializer.
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
}

/** Sets the weights that enter a unit: a column of the kernel. */
export function setIncoming({ kernel, units, inputs }: LayerView, unit: number, weights: ArrayLike<number>): void {
  for (let input = 0; input < inputs; input++) kernel[input * units + unit] = weights[input];
}

/** Sets a unit's incoming weights, bias and slope to 0. */
function clearUnit({ kernel, bias, alpha, units }: LayerView, unit: number): void {
  for (let at = unit; at < kernel.length; at += units) kernel[at] = 0;
  bias[unit] = 0;
  if (alpha) alpha[unit] = 0;
}

export function zeroOutgoing(state: NetworkState, layer: number, unit: number): void {
  state
    .layer(layer + 1)
    .outgoing(unit)
    .fill(0);
}

/**
 * Clears the moments of a unit's incoming weights, bias, slope and outgoing weights, and of nothing else; its step
 * count starts again.
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
