// Which dead units no further training on these samples can reach.
import type { UnitState } from "./types.js";
import type { NetworkState } from "../network/state.js";

/** The lowest layer that gradients still reach: the one above the last layer that is closed as a whole. */
function lowestLearningLayer(states: readonly (readonly UnitState[])[]): number {
  for (let layer = states.length - 1; layer >= 0; layer--) {
    if (states[layer].every((unit) => unit === "dead")) return layer + 1;
  }
  return 0;
}

/**
 * A dead unit gets no gradient, so its own weights stay; only its inputs could still open it. They are fixed where the
 * unit is in the first layer, where no gradient arrives below it, or where each unit that feeds it (with a weight other
 * than 0) is itself dead for good.
 * @param states by layer, the output layer included, and unit
 */
export function findPermanent(state: NetworkState, states: readonly (readonly UnitState[])[]): boolean[][] {
  const learning = lowestLearningLayer(states);
  const permanent: boolean[][] = [];
  states.forEach((units, layer) => {
    const width = units.length;
    const inputs = state.inputsOf(layer);
    const kernel = state.floats(state.parameters + state.layout.layers[layer].kernel, inputs * width);
    const isFedByFixed = (unit: number) => {
      for (let input = 0; input < inputs; input++) if (kernel[input * width + unit] !== 0 && !permanent[layer - 1][input]) return false;
      return true;
    };
    permanent.push(units.map((unit, index) => unit === "dead" && (layer === 0 || layer < learning || isFedByFixed(index))));
  });
  return permanent;
}
