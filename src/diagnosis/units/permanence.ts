// Which dead units no further training on these samples can reach.
import { arraysOf, feederOf, type LayerWeights, type Observation } from "../../inspect/observation.js";
import type { Mover, UnitState } from "../types.js";

/**
 * The lowest layer that gradients still reach: the one above the last layer that is closed as a whole; none where the
 * loss has no gradient.
 */
function lowestLearningLayer({ loss, layers, fedBy }: Observation, states: readonly (readonly UnitState[])[]): number {
  if (fedBy) return 0; // gradients may go past a layer
  // softmax over one output is 1 whatever the weights
  if (loss === "crossEntropy" && layers.at(-1)!.units.length === 1) return states.length;
  // past a residual layer gradients go on
  const isShut = (units: readonly UnitState[], layer: number) =>
    !layers[layer].isResidual && units.every((unit) => unit === "dead");
  return states.findLastIndex(isShut) + 1;
}

/**
 * Is each unit that feeds this one, with a weight other than 0, permanently dead? Undefined where that is not known.
 */
function isFedByPermanent(
  weights: LayerWeights | undefined,
  unit: number,
  below: readonly (boolean | undefined)[],
): boolean | undefined {
  let isKnown = true;
  if (weights && weights.inputs !== below.length) weights = undefined; // a kernel of several places
  for (let input = 0; input < below.length; input++) {
    if (below[input] || (weights && weights.kernel[input * weights.units + unit] === 0)) continue;
    if (weights && below[input] === false) return false;
    isKnown = false;
  }
  return isKnown ? true : undefined;
}

/**
 * A dead unit gets no gradient, so its own weights stay; only its inputs could still open it. They are fixed where the
 * unit is in the first layer, where no gradient arrives below it, or where each unit that feeds it (with a weight other
 * than 0) is itself permanently dead.
 * @param states by layer, the output layer included, and unit
 * @returns by layer and unit; undefined where it hangs on weights that are not known, or that others share
 */
export function findPermanent(
  observation: Observation,
  states: readonly (readonly UnitState[])[],
): (boolean | undefined)[][] {
  const learning = lowestLearningLayer(observation, states);
  const permanent: (boolean | undefined)[][] = [];
  /** Whether what a unit hands on stays as it is: with what passes it by. */
  const fixed: (boolean | undefined)[][] = [];
  states.forEach((units, layer) => {
    const { weights, isShared, isResidual } = observation.layers[layer];
    const known = weights && arraysOf(weights);
    const feeder = feederOf(observation, layer);
    const judge = (unit: number) => {
      if (isShared) return undefined;
      if (feeder === "rows" || layer < learning) return true;
      return feeder === undefined ? undefined : isFedByPermanent(known, unit, fixed[feeder]);
    };
    const own = units.map((state, unit) => state === "dead" && judge(unit));
    permanent.push(own);
    const past = isResidual && typeof feeder === "number" ? fixed[feeder] : undefined;
    fixed.push(own.map((each, unit) => each && (past ? past[unit] : true)));
  });
  return permanent;
}

/** Which of a unit's own bias and slope are not 0. */
function movesAlone({ bias, alpha }: Pick<LayerWeights, "bias" | "alpha">, unit: number): boolean {
  return bias[unit] !== 0 || (alpha !== undefined && alpha[unit] !== 0);
}

/**
 * What would move a unit, or one that feeds it through a weight other than 0, if the optimizer that trained last went
 * on with gradients of 0: its momentum, where any is left, and its weight decay.
 * @returns by layer and unit
 */
export function findMovers({ layers, motion }: Observation): Mover[][][] {
  const byLayer: Mover[][][] = [];
  /** Of what feeds the layer that is looked at: of a residual layer below, with what passes that by. */
  let feeding: Mover[][] = [];
  layers.forEach(({ units, weights }, layer) => {
    if (layer > 0) {
      const past = layers[layer - 1].isResidual ? feeding : undefined;
      feeding = byLayer[layer - 1].map((own, unit) => (past ? [...own, ...past[unit]] : own));
    }
    if (!weights || !motion) return byLayer.push(units.map(() => []));
    const own = arraysOf(weights);
    const velocity = motion.velocity && arraysOf(motion.velocity[layer]);
    const width = units.length;
    return byLayer.push(
      units.map((_, unit) => {
        const found = new Set<Mover>();
        if (velocity && movesAlone(velocity, unit)) found.add("momentum");
        if (motion.decays && movesAlone(own, unit)) found.add("weightDecay");
        for (let at = unit, input = 0; input < own.inputs; input++, at += width) {
          if (velocity && velocity.kernel[at] !== 0) found.add("momentum");
          if (own.kernel[at] === 0) continue;
          if (motion.decays) found.add("weightDecay");
          if (layer > 0) for (const mover of feeding[input]) found.add(mover);
        }
        return [...found].sort();
      }),
    );
  });
  return byLayer;
}
