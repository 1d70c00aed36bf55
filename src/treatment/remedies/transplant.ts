// Parameters and moments from one state into another whose layers hold some of its units.
import type { LayerView } from "../../network/state/layer-view.js";
import type { NetworkState } from "../../network/state/state.js";

/**
 * What one layer of the new state takes over: which layer's units, and the weights from which of its inputs (none:
 * these stay 0).
 */
export interface LayerSelection {
  readonly layer: number;
  readonly inputs: readonly number[];
  readonly units: readonly number[];
}

type UnitPart = "bias" | "alpha" | "gamma" | "beta" | "runningMean" | "runningVariance";

function copyLayer(from: LayerView, to: LayerView, { inputs, units }: LayerSelection): void {
  const { kernel } = to;
  let at = 0;
  for (const input of inputs) {
    const outgoing = from.outgoing(input);
    for (const unit of units) kernel[at++] = outgoing[unit];
  }
  copyUnits(from, to, units, ["bias", "alpha", "gamma", "beta"]);
}

/** What each unit has one number of. */
function copyUnits(from: LayerView, to: LayerView, units: readonly number[], names: readonly UnitPart[]): void {
  for (const name of names) {
    const [old, next] = [from[name], to[name]];
    if (old && next) units.forEach((unit, i) => (next[i] = old[unit]));
  }
}

/** The step counts of the hidden units that stay: all of beta1^t, then all of beta2^t. */
function copyStepCounts(from: NetworkState, to: NetworkState, selections: readonly LayerSelection[]): void {
  const counts = from.stepCounts;
  if (!counts) return;
  const hidden = from.spec.layers.slice(0, -1);
  const first = (layer: number) => hidden.slice(0, layer).reduce((sum, { units }) => sum + units, 0);
  const kept = selections.slice(0, -1).flatMap(({ layer, units }) => units.map((unit) => first(layer) + unit));
  if (kept.length > 0)
    to.setStepCounts(Float64Array.from([...kept, ...kept.map((at) => counts.length / 2 + at)], (at) => counts[at]));
}

/**
 * Fills `to`, one selection a layer: parameters, the optimizer's moments and step counts, and the place in the sequence
 * of epochs and redraws.
 */
export function transplant(from: NetworkState, to: NetworkState, selections: readonly LayerSelection[]): void {
  to.edit(() => {
    to.epochsBegun = from.epochsBegun;
    to.redraws = from.redraws;
    const old = from.lastMoments;
    const moments = old && to.momentsFor(old.recipe);
    if (old && moments) Object.assign(moments.powers, old.powers);
    copyStepCounts(from, to, selections);
    selections.forEach((selection, index) => {
      const { layer } = selection;
      copyLayer(from.layer(layer), to.layer(index), selection);
      copyUnits(from.layer(layer), to.layer(index), selection.units, ["runningMean", "runningVariance"]);
      old?.slots.forEach((slot, i) =>
        copyLayer(from.layer(layer, slot), to.layer(index, moments!.slots[i]), selection),
      );
    });
  });
}
