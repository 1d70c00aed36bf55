// Which dead units no further training on these samples can reach.
import { closedUpTo } from "../../activations/analysis.js";
import {
  arraysOf,
  feederOf,
  type LayerObservation,
  type LayerWeights,
  type Observation,
} from "../../inspect/observation.js";
import type { Mover, UnitState } from "../types.js";

/**
 * Whether training sees other preactivations of a layer than those that were seen: by dropout, or batches' statistics.
 */
function differsInTraining(layers: readonly LayerObservation[], layer: number): boolean {
  const isOwn = layers[layer].normalized === "batch" && layers[layer].differsInTraining;
  return isOwn || layers.slice(0, layer).some((below) => below.differsInTraining);
}

/** Of bounds that hold in exact arithmetic, for what float32 makes of them: far above some roundings of 2^-24. */
const ROUNDED = 1 + 1e-5;

/**
 * Is a unit under batch normalization closed in whatever batch of these rows? Among B numbers none lies more than
 * sqrt(B - 1) of their standard deviations above their mean (Samuelson 1968), so that
 * n <= beta + |gamma|·sqrt(B - 1). Then it gets no gradient, nor do beta and gamma.
 */
function isClosedInAllBatches({ activation, weights, normalized }: LayerObservation, rows: number, unit: number) {
  const { gamma, beta } = weights ?? {};
  if (normalized !== "batch" || !gamma || !beta) return false;
  return beta[unit] + Math.abs(gamma[unit]) * Math.sqrt(rows - 1) * ROUNDED <= closedUpTo(activation);
}

/** Does a unit that is closed on the rows as they were seen stay so in every training step on them? */
export function isClosedInTraining({ layers, rows }: Observation, layer: number, unit: number): boolean {
  return !differsInTraining(layers, layer) || isClosedInAllBatches(layers[layer], rows, unit);
}

/**
 * The lowest layer that gradients still reach: the one above the last layer that is closed as a whole; none where the
 * loss has no gradient.
 */
function lowestLearningLayer(observation: Observation, states: readonly (readonly UnitState[])[]): number {
  const { loss, layers, fedBy } = observation;
  if (fedBy) return 0; // gradients may go past a layer
  if (layers.some(({ hasActivityPenalty }) => hasActivityPenalty)) return 0; // they begin below the loss, too
  // softmax over one output is 1 whatever the weights
  if (loss === "crossEntropy" && layers.at(-1)!.units.length === 1) return states.length;
  // past a residual layer gradients go on; and what is closed here may be open in training, where that differs
  const isShut = (units: readonly UnitState[], layer: number) =>
    !layers[layer].isResidual &&
    units.every((state, unit) => state === "dead" && isClosedInTraining(observation, layer, unit));
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
 *
 * Of a normalized unit that is closed where running statistics stand for a batch's own the same is not known: training
 * may open it, and running statistics move without a gradient. It is permanent where no batch can open it. Where a row
 * is normalized over the layer's units, gradients of the others move a closed unit's weights, too; permanent is it only
 * where none arrives. What lies above running statistics that move is fixed only where it is fed by nothing else than
 * permanent units. Frozen layers hand on what they are fed: above them, as above the rows, inputs stay.
 * @param states by layer, the output layer included, and unit
 * @returns by layer and unit; undefined where it hangs on weights that are not known, or that others share
 */
export function findPermanent(
  observation: Observation,
  states: readonly (readonly UnitState[])[],
): (boolean | undefined)[][] {
  const { layers, rows } = observation;
  const isShut = (layer: number, unit: number) => isClosedInAllBatches(layers[layer], rows, unit);
  const learning = lowestLearningLayer(observation, states);
  /** Running statistics up to the layer move what it is fed, gradient or not. */
  const moves = (layer: number) =>
    layers.slice(0, layer + 1).some(({ normalized, differsInTraining }) => normalized === "batch" && differsInTraining);
  const permanent: (boolean | undefined)[][] = [];
  /** Whether what a unit hands on stays as it is: with what passes it by. */
  const fixed: (boolean | undefined)[][] = [];
  states.forEach((units, layer) => {
    const { weights, isShared, isResidual, normalized, isFrozen, differsInTraining } = layers[layer];
    const known = weights && arraysOf(weights);
    const feeder = feederOf(observation, layer);
    const isFed = feeder === "rows" || (feeder !== undefined && fixed[feeder].every((each) => each === true));
    const isStill = isFrozen === true && isFed; // of a frozen layer that is fed by such, or by the rows, nothing moves
    const judge = (unit: number) => {
      if (isShared) return undefined;
      if (isStill) return true;
      if (normalized === "batch") return isShut(layer, unit) || (layer < learning && !moves(layer));
      if (layer < learning && !moves(layer)) return true;
      if (normalized) return false;
      if (feeder === "rows") return true;
      return feeder === undefined ? undefined : isFedByPermanent(known, unit, fixed[feeder]);
    };
    const own = units.map((state, unit) => state === "dead" && judge(unit));
    permanent.push(own);
    const past = isResidual && typeof feeder === "number" ? fixed[feeder] : undefined;
    const stays = isStill && !differsInTraining; // dropout hands on other numbers in training
    fixed.push(own.map((each, unit) => stays || (each && (past ? past[unit] : true))));
  });
  return permanent;
}

/** In the order in which texts tell of them. */
export const MOVERS = ["momentum", "weightDecay", "maxNorm"] as const satisfies readonly Mover[];

/** Whether one of a unit's own numbers beside its kernel is not 0. */
function movesAlone({ bias, alpha, gamma, beta }: LayerWeights, unit: number): boolean {
  return [bias, alpha, gamma, beta].some((values) => values !== undefined && values[unit] !== 0);
}

/**
 * What would move a unit, or one that feeds it through a weight other than 0, if the optimizer that trained last went
 * on with gradients of 0: its momentum, where any is left, and its weight decay; and under whatever optimizer penalties
 * on its kernel, and a limit of its norm that is above the limit: scaled down once, it weighs less beside the bias.
 * @returns by layer and unit
 */
export function findMovers({ layers, motion }: Observation): Mover[][][] {
  const byLayer: Mover[][][] = [];
  const isRestrained = layers.some(({ hasKernelPenalty, maxNorm }) => hasKernelPenalty || maxNorm !== undefined);
  /** Of what feeds the layer that is looked at: of a residual layer below, with what passes that by. */
  let feeding: Mover[][] = [];
  layers.forEach(({ units, weights, hasKernelPenalty, maxNorm = Infinity }, layer) => {
    if (layer > 0) {
      const past = layers[layer - 1].isResidual ? feeding : undefined;
      feeding = byLayer[layer - 1].map((own, unit) => (past ? [...own, ...past[unit]] : own));
    }
    if (!weights || !(motion || isRestrained)) return byLayer.push(units.map(() => []));
    const own = arraysOf(weights);
    const velocity = motion?.velocity && arraysOf(motion.velocity[layer]);
    const width = units.length;
    return byLayer.push(
      units.map((_, unit) => {
        const found = new Set<Mover>();
        if (velocity && movesAlone(velocity, unit)) found.add("momentum");
        if (motion?.decays && movesAlone(own, unit)) found.add("weightDecay");
        let squares = 0;
        for (let at = unit, input = 0; input < own.inputs; input++, at += width) {
          if (velocity && velocity.kernel[at] !== 0) found.add("momentum");
          if (own.kernel[at] === 0) continue;
          squares += own.kernel[at] ** 2;
          if (motion?.decays || hasKernelPenalty) found.add("weightDecay");
          if (layer > 0) for (const mover of feeding[input]) found.add(mover);
        }
        if (Math.sqrt(squares) > maxNorm * ROUNDED) found.add("maxNorm");
        return [...found].sort();
      }),
    );
  });
  return byLayer;
}
