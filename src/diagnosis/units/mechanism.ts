// What closed a dead unit.
import { arraysOf, type LayerWeights, type Observation } from "../../inspect/observation.js";
import type { UnitStatistics } from "../../inspect/statistics.js";
import type { Mechanism, UnitState } from "../types.js";

/** Below this share of the bias, what a float32 sum holds beside it may be rounding. */
const LOST_BESIDE_BIAS = 1e-5;

function isSilent(unit: UnitStatistics): boolean {
  return unit.meanActivation === 0;
}

/** A dead unit with what is known of its layer. */
interface DeadUnit {
  readonly unit: number;
  readonly statistics: UnitStatistics;
  readonly weights: LayerWeights;
  readonly bias: number;
}

/** Whether every unit that feeds this one, by a weight other than 0, is silent; where none does, every unit below. */
function hasSilentInputs({ unit, weights: { kernel, units } }: DeadUnit, below: readonly UnitStatistics[]): boolean {
  const feeding = below.filter((_, input) => kernel[input * units + unit] !== 0);
  return (feeding.length === 0 ? below : feeding).every(isSilent);
}

/** Whether max - bias says too little of the sign of the largest w·x: a heavy bias swallows it in float32. */
function isDoubtful({ bias, statistics }: DeadUnit): boolean {
  return bias !== 0 && Math.abs(statistics.max - bias) <= LOST_BESIDE_BIAS * Math.abs(bias);
}

/** w·x of one row, in float64. */
function product({ kernel, units, inputs }: LayerWeights, unit: number, x: Float32Array, start: number): number {
  let sum = 0;
  for (let i = 0; i < inputs; i++) sum += kernel[i * units + unit] * x[start + i];
  return sum;
}

/**
 * Those of the units, by layer, for which w·x is above 0 on some row: one pass for all of them; undefined where rows
 * can't be seen again.
 */
function findOpenWithoutBias(
  { again }: Observation,
  doubtful: readonly (readonly DeadUnit[])[],
): ReadonlySet<number>[] | undefined {
  const open = doubtful.map(() => new Set<number>());
  const layers = doubtful.findLastIndex(({ length }) => length > 0) + 1;
  if (layers === 0) return open;
  again?.({ layers }, (chunk) => {
    doubtful.forEach((units, layer) => {
      if (units.length === 0) return;
      const weights = arraysOf(units[0].weights);
      const x = chunk.inputs(layer);
      for (const { unit } of units) {
        for (let at = 0; at < x.length && !open[layer].has(unit); at += weights.inputs)
          if (product(weights, unit, x, at) > 0) open[layer].add(unit);
      }
    });
  });
  return again && open;
}

/** By hidden layer, the mechanism of each dead unit whose weights are known. */
export function findMechanisms(
  observation: Observation,
  states: readonly (readonly UnitState[])[],
): ReadonlyMap<number, Mechanism>[] {
  const dead = states.map((units, layer): DeadUnit[] => {
    const { weights, units: statistics } = observation.layers[layer];
    if (!weights) return [];
    const { bias } = weights;
    return units.flatMap((state, unit) =>
      state === "dead" ? [{ unit, statistics: statistics[unit], weights, bias: bias[unit] }] : [],
    );
  });
  const open = findOpenWithoutBias(
    observation,
    dead.map((units) => units.filter(isDoubtful)),
  );
  const mechanismOf = (layer: number, unit: DeadUnit): Mechanism | undefined => {
    if (layer > 0 && hasSilentInputs(unit, observation.layers[layer - 1].units)) return "silentInputs";
    const fires = isDoubtful(unit) ? open?.[layer].has(unit.unit) : unit.statistics.max - unit.bias > 0;
    if (fires === undefined) return undefined;
    return fires ? "negativeBias" : "negativeWeights";
  };
  return dead.map((units, layer) => {
    const found = new Map<number, Mechanism>();
    for (const unit of units) {
      const mechanism = mechanismOf(layer, unit);
      if (mechanism) found.set(unit.unit, mechanism);
    }
    return found;
  });
}
