// Parameters and moments from one state into another whose layers hold some of its units.
import type { NetworkState } from "../../network/state/state.js";

/** What one layer of the new state takes over: which layer's units, and the weights from which of its inputs (none: these stay 0). */
export interface Graft {
  readonly layer: number;
  readonly inputs: readonly number[];
  readonly units: readonly number[];
}

function graftBlock(
  from: NetworkState,
  source: number,
  to: NetworkState,
  target: number,
  grafts: readonly Graft[],
): void {
  const read = from.floats(source, from.parameterFloats);
  const write = to.floats(target, to.parameterFloats);
  grafts.forEach(({ layer, inputs, units }, index) => {
    const old = from.layout.layers[layer];
    const { kernel, bias, alpha } = to.layout.layers[index];
    const width = from.spec.layers[layer].units;
    let at = kernel / 4;
    for (const input of inputs) for (const unit of units) write[at++] = read[old.kernel / 4 + input * width + unit];
    units.forEach((unit, i) => {
      write[bias / 4 + i] = read[old.bias / 4 + unit];
      if (alpha !== undefined && old.alpha !== undefined) write[alpha / 4 + i] = read[old.alpha / 4 + unit];
    });
  });
}

/** The step counts of the hidden units that stay: all of beta1^t, then all of beta2^t. */
function graftStepCounts(from: NetworkState, to: NetworkState, grafts: readonly Graft[]): void {
  const counts = from.stepCounts;
  if (!counts) return;
  const hidden = from.spec.layers.slice(0, -1);
  const first = (layer: number) => hidden.slice(0, layer).reduce((sum, { units }) => sum + units, 0);
  const kept = grafts.slice(0, -1).flatMap(({ layer, units }) => units.map((unit) => first(layer) + unit));
  if (kept.length > 0)
    to.setStepCounts(Float64Array.from([...kept, ...kept.map((at) => counts.length / 2 + at)], (at) => counts[at]));
}

/** Fills `to`, one graft a layer: parameters, the optimizer's moments and step counts, and the place in the sequence of epochs and redraws. */
export function transplant(from: NetworkState, to: NetworkState, grafts: readonly Graft[]): void {
  to.epochsBegun = from.epochsBegun;
  to.redraws = from.redraws;
  const old = from.lastMoments;
  const moments = old && to.momentsFor(old.recipe);
  if (old && moments) Object.assign(moments.powers, old.powers);
  graftStepCounts(from, to, grafts);
  graftBlock(from, from.parameters, to, to.parameters, grafts);
  old?.slots.forEach((slot, i) => graftBlock(from, slot, to, moments!.slots[i], grafts));
}
