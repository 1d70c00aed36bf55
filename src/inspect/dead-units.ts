// How many hidden units are dead, where no more is asked: one forward pass up to the last hidden layer, no proofs and
// no findings.
import { withInspector } from "./inspector.js";
import { isDead } from "./unit-state.js";
import type { UnitStatistics } from "./statistics.js";
import type { ResolvedActivation } from "../activations/activations.js";
import { RelumineError } from "../core/errors.js";
import { type Samples, toSamples } from "../core/matrix.js";
import type { Network } from "../network/types.js";
import { NetworkState, stateOf } from "../network/state/state.js";

export interface DeadCount {
  /** Pass neither signal nor gradient on any of the rows. */
  readonly dead: number;
  /** Never had a preactivation above 0, whatever their activation. */
  readonly neverFired: number;
  readonly units: number;
}

export interface DeadUnits extends DeadCount {
  /** Hidden layers, in order. */
  readonly layers: readonly DeadCount[];
}

function countLayer(activation: ResolvedActivation, units: readonly UnitStatistics[]): DeadCount {
  return {
    dead: units.filter((unit) => isDead(activation, unit)).length,
    neverFired: units.filter(({ fired }) => fired === 0).length,
    units: units.length,
  };
}

/** The hidden layers' statistics over the rows: a forward pass up to the last of them. */
function statisticsOf(state: NetworkState, x: Samples): readonly (readonly UnitStatistics[])[] {
  const matrix = toSamples("x", x, state.spec.inputs);
  if (matrix.rows === 0) throw new RelumineError("shape", "x", "to have at least one row", "none");
  const hidden = state.spec.layers.length - 1;
  if (hidden === 0) return [];
  return withInspector(state, (inspector) => inspector.statistics(matrix, undefined, hidden));
}

/**
 * Whether each unit is dead on the rows, by hidden layer.
 * @param x rows x inputs
 */
export function findDead(network: Network, x: Samples): boolean[][] {
  const state = stateOf(network);
  return statisticsOf(state, x).map((units, layer) =>
    units.map((unit) => isDead(state.layers[layer].activation, unit)),
  );
}

/**
 * The counts that `diagnose` would give, for the cost of a forward pass. A preactivation that overflows is no error
 * here: a unit with a NaN counts as one that fires.
 * @param x rows x inputs
 */
export function countDead(network: Network | NetworkState, x: Samples): DeadUnits {
  const state = network instanceof NetworkState ? network : stateOf(network);
  const layers = statisticsOf(state, x).map((units, index) => countLayer(state.layers[index].activation, units));
  const total = (of: keyof DeadCount) => layers.reduce((sum, layer) => sum + layer[of], 0);
  return { dead: total("dead"), neverFired: total("neverFired"), units: total("units"), layers };
}
