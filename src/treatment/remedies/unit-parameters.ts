// What remedies do to single units, in the block of parameters and in the optimizer's moments. Callers count up `state.changes`.
import { redrawUnit } from "../../network/state/initializers.js";
import { splitSeed } from "../../core/random.js";
import type { KernelInitializer } from "../../network/spec.js";
import type { NetworkState } from "../../network/state/state.js";

/** Draws a unit's incoming weights anew, its bias 0 and its slope as at the start; by default with its layer's initializer. */
export function redrawIncoming(
  state: NetworkState,
  layer: number,
  unit: number,
  initializer?: KernelInitializer,
): void {
  const view = state.layer(layer);
  const { kernelInitializer } = state.spec.layers[layer];
  const nth = state.redraws++;
  redrawUnit(state.runtime, view, unit, nth, initializer ?? kernelInitializer, splitSeed(state.spec.seed));
  if (view.alpha) view.alpha[unit] = view.activation.alpha!;
}

/** Of a unit: where its outgoing weights lie, in floats from the start of the block; they are one row of the next kernel. */
export function outgoing(
  state: NetworkState,
  layer: number,
  unit: number,
): { readonly start: number; readonly end: number } {
  const { units } = state.spec.layers[layer + 1];
  const start = state.layout.layers[layer + 1].kernel / 4 + unit * units;
  return { start, end: start + units };
}

export function zeroOutgoing(state: NetworkState, layer: number, unit: number): void {
  const { start, end } = outgoing(state, layer, unit);
  state.allParameters().fill(0, start, end);
}

/** Clears the moments of a unit's incoming weights, bias, slope and outgoing weights, and of nothing else; their step count starts again. */
export function clearMoments(state: NetworkState, layer: number, unit: number): void {
  const { kernel, bias, alpha } = state.layout.layers[layer];
  const { units } = state.spec.layers[layer];
  const inputs = state.inputsOf(layer);
  const { start, end } = outgoing(state, layer, unit);
  state.restartSteps(layer, unit);
  for (const slot of state.lastMoments?.slots ?? []) {
    const moments = state.floats(slot, state.parameterFloats);
    for (let input = 0; input < inputs; input++) moments[kernel / 4 + input * units + unit] = 0;
    moments[bias / 4 + unit] = 0;
    if (alpha !== undefined) moments[alpha / 4 + unit] = 0;
    moments.fill(0, start, end);
  }
}

/** Clears the momentum of a unit's incoming weights and bias: what earlier gradients would still add to its next updates. */
export function clearVelocity(state: NetworkState, layer: number, unit: number): void {
  const { kernel, bias } = state.layout.layers[layer];
  const { units } = state.spec.layers[layer];
  const moments = state.lastMoments;
  const slot = moments?.slots[moments.recipe.name === "rmsprop" ? 1 : 0]; // rmsprop's first is the mean of squares
  if (slot === undefined) return;
  const velocity = state.floats(slot, state.parameterFloats);
  for (let input = 0; input < state.inputsOf(layer); input++) velocity[kernel / 4 + input * units + unit] = 0;
  velocity[bias / 4 + unit] = 0;
}
