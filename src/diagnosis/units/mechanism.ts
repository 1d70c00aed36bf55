// What closed a dead unit.
import { firesAbove } from "../../activations/analysis.js";
import { arraysOf, feederOf, type LayerWeights, type Observation, shiftOf } from "../../inspect/observation.js";
import type { InspectedChunk, Inspector } from "../../inspect/inspector.js";
import { BatchCounter } from "../../wasm/abi.js";
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
  /** What is added last: beta, where the layer is normalized. */
  readonly bias: number;
}

/** The rows of a kernel that one of so many units feeds, by how they may lie. */
const ROWS = {
  together: (from: number, each: number, _units: number) => (n: number) => from * each + n,
  interleaved: (from: number, _each: number, units: number) => (n: number) => n * units + from,
};

/** Whether beta hides the sign of what is normalized by rows, whose means are not known here. */
const isRoundedAway = ({ unit, bias, statistics, weights: { gamma } }: DeadUnit) =>
  gamma?.[unit] !== 0 && isDoubtful(bias, statistics.max);

/** As arraysOf, with the running means. */
const withMean = (weights: LayerWeights): LayerWeights => ({
  ...arraysOf(weights),
  runningMean: weights.runningMean,
});

/** Whether every unit that feeds this one, by a weight other than 0, is silent; where none does, every unit below. */
function hasSilentInputs(
  { unit, weights: { kernel, units } }: DeadUnit,
  below: readonly UnitStatistics[],
  rowsOf: (typeof ROWS)[keyof typeof ROWS],
): boolean {
  const each = kernel.length / units / below.length; // numbers by which one unit feeds this one: a kernel's places
  const feeds = (from: number) => {
    const row = rowsOf(from, each, below.length);
    for (let n = 0; n < each; n++) if (kernel[row(n) * units + unit] !== 0) return true;
    return false;
  };
  const feeding = below.filter((_, from) => feeds(from));
  return (feeding.length === 0 ? below : feeding).every(isSilent);
}

/** The same, in whichever order the kernel's rows may be: undefined where it hangs on that. */
function mayHaveSilentInputs(
  unit: DeadUnit,
  below: readonly UnitStatistics[],
  mayInterleave: boolean | undefined,
): boolean | undefined {
  const together = hasSilentInputs(unit, below, ROWS.together);
  if (!mayInterleave || hasSilentInputs(unit, below, ROWS.interleaved) === together) return together;
  return undefined;
}

/** The units that feed a layer, each by as many rows of its kernel, in order; undefined where they are not known. */
function unitsBelow(observation: Observation, layer: number): readonly UnitStatistics[] | undefined {
  const feeder = feederOf(observation, layer);
  return typeof feeder === "number" ? handedOn(observation, feeder) : undefined;
}

/** What units hand on: one of a residual layer is silent only where what passes it by is, too. */
function handedOn(observation: Observation, layer: number): readonly UnitStatistics[] {
  const { units, isResidual } = observation.layers[layer];
  const past = isResidual ? unitsBelow(observation, layer) : undefined;
  if (!past) return units;
  return units.map((unit, i) => ({ ...unit, meanActivation: unit.meanActivation + past[i].meanActivation }));
}

/** Whether max - bias says too little of the sign of the largest w·x: a heavy bias swallows it in float32. */
function isDoubtful(bias: number, max: number): boolean {
  return bias !== 0 && Math.abs(max - bias) <= LOST_BESIDE_BIAS * Math.abs(bias);
}

/** w·x of one row, in float64. */
function product({ kernel, units, inputs }: LayerWeights, unit: number, x: Float32Array, start: number): number {
  let sum = 0;
  for (let i = 0; i < inputs; i++) sum += kernel[i * units + unit] * x[start + i];
  return sum;
}

/**
 * Whether w·x is above 0 on some of the rows; of a normalized unit gamma·zhat, which has the sign of
 * gamma·(w·x + b - mean). Undefined where the mean is a row's own.
 */
function opensWithoutBias(weights: LayerWeights, unit: number, x: Float32Array): boolean | undefined {
  const { inputs, gamma, bias, runningMean } = weights;
  const sign = gamma ? Math.sign(gamma[unit]) : 1;
  if (sign === 0) return false;
  if (gamma && !runningMean) return undefined;
  const centre = gamma ? runningMean![unit] - bias[unit] : 0;
  for (let at = 0; at < x.length; at += inputs) if (sign * (product(weights, unit, x, at) - centre) > 0) return true;
  return false;
}

/** The bias as it counts here. */
const shiftAt = (weights: LayerWeights, unit: number) => shiftOf(weights)[unit];

/**
 * Looks, beside the only pass over some rows, for closed units that would open without their biases: on chunks whose
 * largest preactivations leave it open, as those of all rows then do, too.
 * @param count the first so many layers are run
 */
export function watchOpenWithoutBias({ state }: Inspector, count: number) {
  const layers = state.layers.slice(0, count);
  const closed = layers.map(({ units }) => new Set(Array(units).keys()));
  const open = layers.map(() => new Set<number>());
  return {
    visit(chunk: InspectedChunk): void {
      layers.forEach((layer, index) => {
        const [fired, max] = [chunk.counter(index, BatchCounter.fired), chunk.counter(index, BatchCounter.max)];
        const weights = withMean(layer);
        for (const unit of closed[index]) {
          if (fired[unit] > 0) closed[index].delete(unit);
          else if (isDoubtful(shiftAt(weights, unit), max[unit]) && !open[index].has(unit))
            if (opensWithoutBias(weights, unit, chunk.inputs(index))) open[index].add(unit);
        }
      });
    },
    read: (layer: number): ReadonlySet<number> => open[layer],
  };
}

/**
 * Those of the units, by layer, for which w·x is above 0 on some row: one pass for all of them; undefined where rows
 * can't be seen again.
 */
function findOpenWithoutBias(
  { again, openWithoutBias }: Observation,
  doubtful: readonly (readonly DeadUnit[])[],
): ReadonlySet<number>[] | undefined {
  if (openWithoutBias) return doubtful.map((_, layer) => openWithoutBias(layer));
  const open = doubtful.map(() => new Set<number>());
  const layers = doubtful.findLastIndex(({ length }) => length > 0) + 1;
  if (layers === 0) return open;
  again?.({ layers }, (chunk) => {
    doubtful.forEach((units, layer) => {
      if (units.length === 0) return;
      const weights = withMean(units[0].weights);
      const x = chunk.inputs(layer);
      for (const { unit } of units)
        if (!open[layer].has(unit) && opensWithoutBias(weights, unit, x)) open[layer].add(unit);
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
    const bias = shiftOf(weights);
    return units.flatMap((state, unit) =>
      state === "dead" ? [{ unit, statistics: statistics[unit], weights, bias: bias[unit] }] : [],
    );
  });
  const open = findOpenWithoutBias(
    observation,
    dead.map((units) => units.filter(({ bias, statistics }) => isDoubtful(bias, statistics.max))),
  );
  const mechanismOf = (layer: number, unit: DeadUnit): Mechanism | undefined => {
    const below = unitsBelow(observation, layer);
    const { activation, seen, mayInterleave, isPart, normalized } = observation.layers[layer];
    if (unit.weights.gamma?.[unit.unit] === 0 && !isPart) return "zeroGamma"; // whatever feeds it
    // each row of a layer is normalized over all of its units: what feeds the others moves this one, too
    const isSilentBelow =
      below && (normalized === "layer" ? below.every(isSilent) : mayHaveSilentInputs(unit, below, mayInterleave));
    if (isSilentBelow) return "silentInputs";
    if (seen === "activations" || (below && isSilentBelow === undefined)) return undefined;
    const { bias, statistics } = unit;
    const fires = isDoubtful(bias, statistics.max)
      ? open?.[layer].has(unit.unit)
      : statistics.max - bias > firesAbove(activation);
    if (fires === undefined || (normalized === "layer" && isRoundedAway(unit))) return undefined;
    if (fires) return "negativeBias";
    return isPart ? undefined : "negativeWeights";
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
