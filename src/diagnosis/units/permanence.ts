// Which dead units no further training on these samples can reach.
import type { Mover, UnitState } from "../types.js";
import type { NetworkState } from "../../network/state/state.js";

/**
 * The lowest layer that gradients still reach: the one above the last layer that is closed as a whole; none where the
 * loss has no gradient.
 */
function lowestLearningLayer({ spec }: NetworkState, states: readonly (readonly UnitState[])[]): number {
  // softmax over one output is 1 whatever the weights
  if (spec.loss === "crossEntropy" && spec.layers.at(-1)!.units === 1) return states.length;
  for (let layer = states.length - 1; layer >= 0; layer--) {
    if (states[layer].every((unit) => unit === "dead")) return layer + 1;
  }
  return 0;
}

/**
 * A dead unit gets no gradient, so its own weights stay; only its inputs could still open it. They are fixed where the
 * unit is in the first layer, where no gradient arrives below it, or where each unit that feeds it (with a weight other
 * than 0) is itself permanently dead.
 * @param states by layer, the output layer included, and unit
 */
export function findPermanent(state: NetworkState, states: readonly (readonly UnitState[])[]): boolean[][] {
  const learning = lowestLearningLayer(state, states);
  const permanent: boolean[][] = [];
  states.forEach((units, layer) => {
    const width = units.length;
    const inputs = state.inputsOf(layer);
    const kernel = state.floats(state.parameters + state.layout.layers[layer].kernel, inputs * width);
    const isFedByFixed = (unit: number) => {
      for (let input = 0; input < inputs; input++)
        if (kernel[input * width + unit] !== 0 && !permanent[layer - 1][input]) return false;
      return true;
    };
    permanent.push(
      units.map((unit, index) => unit === "dead" && (layer === 0 || layer < learning || isFedByFixed(index))),
    );
  });
  return permanent;
}

/**
 * What would move a unit, or one that feeds it through a weight other than 0, if the optimizer that trained last went
 * on with gradients of 0: its momentum, where any is left, and its weight decay.
 * @returns by layer and unit
 */
export function findMovers(state: NetworkState): Mover[][][] {
  const moments = state.lastMoments;
  const decays = (moments?.recipe.weightDecay ?? 0) > 0;
  const velocity = moments?.slots[moments.recipe.name === "rmsprop" ? 1 : 0];
  const byLayer: Mover[][][] = [];
  state.spec.layers.forEach(({ units }, layer) => {
    const inputs = state.inputsOf(layer);
    const { kernel, bias, alpha = bias } = state.layout.layers[layer];
    const read = (block: number) => ({
      kernel: state.floats(block + kernel, inputs * units),
      bias: state.floats(block + bias, units),
      alpha: state.floats(block + alpha, units),
    });
    const weights = read(state.parameters);
    const moving = velocity === undefined ? undefined : read(velocity);
    byLayer.push(
      Array.from({ length: units }, (_, unit) => {
        const found = new Set<Mover>();
        if (moving && (moving.bias[unit] !== 0 || moving.alpha[unit] !== 0)) found.add("momentum");
        if (decays && (weights.bias[unit] !== 0 || weights.alpha[unit] !== 0)) found.add("weightDecay");
        for (let at = unit, input = 0; input < inputs; input++, at += units) {
          if (moving && moving.kernel[at] !== 0) found.add("momentum");
          if (weights.kernel[at] === 0) continue;
          if (decays) found.add("weightDecay");
          if (layer > 0) for (const mover of byLayer[layer - 1][input]) found.add(mover);
        }
        return [...found].sort();
      }),
    );
  });
  return byLayer;
}
