// What closed a dead unit.
import type { Examination } from "../../inspect/examination.js";
import type { Mechanism, UnitState } from "../types.js";
import { forEachChunk } from "../../network/training/evaluate.js";
import type { UnitTotals } from "../../inspect/statistics.js";

/** Below this share of the bias, what a float32 sum holds beside it may be rounding. */
const LOST_BESIDE_BIAS = 1e-5;

function isSilent(unit: UnitTotals): boolean {
  return unit.meanActivation === 0;
}

/** Whether every unit that feeds this one, by a weight other than 0, is silent; where none does, every unit below. */
function hasSilentInputs({ state, totals }: Examination, layer: number, unit: number): boolean {
  if (layer === 0) return false;
  const below = totals[layer - 1];
  const { units } = state.spec.layers[layer];
  const kernel = state.floats(state.parameters + state.layout.layers[layer].kernel, below.length * units);
  const feeding = below.filter((_, input) => kernel[input * units + unit] !== 0);
  return (feeding.length === 0 ? below : feeding).every(isSilent);
}

function biasOf({ state }: Examination, layer: number, unit: number): number {
  return state.floats(state.parameters + state.layout.layers[layer].bias, state.spec.layers[layer].units)[unit];
}

/** Whether max - bias says too little of the sign of the largest w·x: a heavy bias swallows it in float32. */
function isDoubtful(examination: Examination, layer: number, unit: number): boolean {
  const bias = biasOf(examination, layer, unit);
  return bias !== 0 && Math.abs(examination.totals[layer][unit].max - bias) <= LOST_BESIDE_BIAS * Math.abs(bias);
}

/** w·x of one row, in float64. */
function product(
  kernel: Float32Array,
  units: number,
  unit: number,
  inputs: Float32Array,
  start: number,
  count: number,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += kernel[i * units + unit] * inputs[start + i];
  return sum;
}

/** Those of the doubtful units, by layer, for which w·x is above 0 on some row: one pass for all of them. */
function findOpenWithoutBias(examination: Examination, doubtful: readonly (readonly number[])[]): Set<number>[] {
  const { state, x, buffers, passes } = examination;
  const open = doubtful.map(() => new Set<number>());
  if (doubtful.every(({ length }) => length === 0)) return open;
  forEachChunk({ passes, buffers }, x, false, (_start, rows) => {
    doubtful.forEach((units, layer) => {
      const fanIn = state.inputsOf(layer),
        width = state.spec.layers[layer].units;
      const kernel = state.floats(state.parameters + state.layout.layers[layer].kernel, fanIn * width);
      const inputs = state.floats(layer === 0 ? buffers.inputs : buffers.activations(layer - 1), rows * fanIn);
      for (const unit of units) {
        for (let row = 0; row < rows && !open[layer].has(unit); row++)
          if (product(kernel, width, unit, inputs, row * fanIn, fanIn) > 0) open[layer].add(unit);
      }
    });
  });
  return open;
}

/** By hidden layer, the mechanism of each unit that is dead. */
export function findMechanisms(
  examination: Examination,
  states: readonly (readonly UnitState[])[],
): Map<number, Mechanism>[] {
  const dead = states.map((units) => units.flatMap((state, unit) => (state === "dead" ? [unit] : [])));
  const open = findOpenWithoutBias(
    examination,
    dead.map((units, layer) => units.filter((unit) => isDoubtful(examination, layer, unit))),
  );
  const judge = (layer: number, unit: number): Mechanism => {
    if (hasSilentInputs(examination, layer, unit)) return "silentInputs";
    const fires = isDoubtful(examination, layer, unit)
      ? open[layer].has(unit)
      : examination.totals[layer][unit].max - biasOf(examination, layer, unit) > 0;
    return fires ? "negativeBias" : "negativeWeights";
  };
  return dead.map((units, layer) => new Map(units.map((unit) => [unit, judge(layer, unit)])));
}
