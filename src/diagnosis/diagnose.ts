// One pass over the samples with the counters of the forward kernels, a second one only where units are dead.
import { activityBounds } from "./activity-bound.js";
import { drawDiagnosis } from "./draw.js";
import { KthLargest } from "./largest.js";
import { findPermanent } from "./permanence.js";
import type { Diagnosis, DiagnoseOptions, LayerDiagnosis, Mechanism, UnitDiagnosis, UnitState } from "./types.js";
import { judge, type Thresholds, TWO_SIDED } from "./verdict.js";
import { checkNumber, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { type Matrix, type Samples, toMatrix } from "../core/matrix.js";
import { BatchBuffers } from "../network/buffers.js";
import { forEachChunk } from "../network/evaluate.js";
import type { Network } from "../network/network.js";
import { Passes } from "../network/passes.js";
import { type NetworkState, stateOf } from "../network/state.js";
import { CounterTotals, type UnitTotals } from "../network/totals.js";
import { Arena } from "../wasm/heap.js";

/** A network under examination: buffers of its own, which keep all preactivations, and what a pass over x counted. */
interface Examination {
  readonly state: NetworkState;
  readonly x: Matrix;
  readonly buffers: BatchBuffers;
  readonly passes: Passes;
  /** By layer (the output layer included) and unit. */
  readonly totals: readonly (readonly UnitTotals[])[];
  /** The smallest |preactivation|, for layers whose activation is two-sided. */
  readonly nearest: readonly (Float32Array | undefined)[];
}

class NetworkDiagnosis implements Diagnosis {
  readonly units: number;
  readonly dead: number;
  readonly deadFraction: number;

  constructor(
    readonly samples: number,
    readonly layers: readonly LayerDiagnosis[],
  ) {
    this.units = layers.reduce((sum, { units }) => sum + units.length, 0);
    this.dead = layers.reduce((sum, { dead }) => sum + dead, 0);
    this.deadFraction = this.units === 0 ? 0 : this.dead / this.units;
  }

  toString(): string {
    return drawDiagnosis(this);
  }
}

function checkWeights(state: NetworkState): void {
  const { kernels } = state.runtime;
  state.spec.layers.forEach(({ units }, layer) => {
    const { kernel, bias, alpha } = state.layout.layers[layer];
    const parts = { kernel: [kernel, state.inputsOf(layer) * units], bias: [bias, units], alpha: [alpha ?? bias, units] } as const;
    for (const [name, [offset, count]] of Object.entries(parts)) {
      if (!kernels.allFinite(count, state.parameters + offset)) {
        throw new RelumineError("value", `layer ${layer} has a ${name} that is not finite; wanted are finite weights (has the training diverged?)`);
      }
    }
  });
}

function checkTotals(totals: readonly (readonly UnitTotals[])[]): void {
  totals.forEach((units, layer) => {
    const unit = units.findIndex(({ min, max }) => !Number.isFinite(min) || !Number.isFinite(max));
    if (unit >= 0) throw new RelumineError("value", `layer ${layer}, unit ${unit} has a preactivation of ${Number.isFinite(units[unit].max) ? units[unit].min : units[unit].max}; wanted are finite ones (are weights or samples too large?)`);
  });
}

function examine(state: NetworkState, x: Matrix, scratch: Arena): Examination {
  const { runtime, spec } = state;
  const buffers = new BatchBuffers(spec, runtime.heap, scratch, true);
  const passes = new Passes(runtime, spec, state.layout, buffers, state.parameters);
  const widths = spec.layers.map(({ units }) => units);
  const counted = new CounterTotals(widths, runtime.kernels, runtime.heap, scratch);
  const nearest = spec.layers.map(({ units, activation }) => (TWO_SIDED.includes(activation.name) ? new Float32Array(units).fill(Infinity) : undefined));
  forEachChunk({ passes, buffers }, x, true, (_start, rows) => {
    counted.fold(rows, buffers);
    nearest.forEach((smallest, layer) => smallest && keepNearest(smallest, state.floats(buffers.preactivations(layer), rows * smallest.length)));
  });
  const totals = widths.map((units, layer) => Array.from({ length: units }, (_, unit) => counted.read(layer, unit)));
  checkTotals(totals);
  return { state, x, buffers, passes, totals, nearest };
}

function keepNearest(nearest: Float32Array, z: Float32Array): void {
  const units = nearest.length;
  for (let i = 0; i < z.length; i++) nearest[i % units] = Math.min(nearest[i % units], Math.abs(z[i]));
}

function isSilent(unit: UnitTotals): boolean {
  return unit.meanActivation === 0;
}

function judgeLayer({ state, totals, nearest }: Examination, layer: number, thresholds: Thresholds): UnitState[] {
  const { activation } = state.spec.layers[layer];
  const layerMean = meanActivation(totals[layer]);
  return totals[layer].map((unit, index) => judge(activation, unit, nearest[layer]?.[index] ?? 0, dormancyOf(unit, layerMean), thresholds));
}

function meanActivation(units: readonly UnitTotals[]): number {
  return units.reduce((sum, unit) => sum + unit.meanActivation, 0) / units.length;
}

function dormancyOf(unit: UnitTotals, layerMean: number): number {
  return layerMean === 0 ? 0 : unit.meanActivation / layerMean;
}

function mechanismOf({ totals }: Examination, layer: number, unit: number, bias: number): Mechanism {
  if (layer > 0 && totals[layer - 1].every(isSilent)) return "silentInputs";
  return totals[layer][unit].max - bias > 0 ? "negativeBias" : "negativeWeights";
}

/** For each dead unit of each layer, its preactivation on the sample that is to be the last to open: the n/100-th largest. */
function openingPreactivations(examination: Examination, states: readonly UnitState[][]): Map<number, number>[] {
  const { state, x, buffers, passes } = examination;
  const k = Math.ceil(x.rows / 100);
  const streams = states.map((units) => new Map(units.flatMap((unit, index) => (unit === "dead" ? [[index, new KthLargest(k)] as const] : []))));
  if (streams.every(({ size }) => size === 0)) return streams.map(() => new Map());
  forEachChunk({ passes, buffers }, x, true, (_start, rows) => {
    streams.forEach((stream, layer) => {
      const { units } = state.spec.layers[layer];
      const z = state.floats(buffers.preactivations(layer), rows * units);
      for (const [unit, largest] of stream) for (let row = 0; row < rows; row++) largest.add(z[row * units + unit]);
    });
  });
  return streams.map((stream) => new Map([...stream].map(([unit, largest]) => [unit, largest.value])));
}

/** Enough to lift z above 0, though bias and preactivation are rounded to float32. */
function liftAbove(z: number, bias: number): number {
  return -z + 2 ** -20 * (Math.abs(z) + Math.abs(bias)) + 1e-30;
}

function diagnoseLayers(examination: Examination, thresholds: Thresholds): LayerDiagnosis[] {
  const { state, totals } = examination;
  const states = totals.map((_, layer) => judgeLayer(examination, layer, thresholds));
  const hidden = states.slice(0, -1);
  const permanent = findPermanent(state, states);
  const opening = openingPreactivations(examination, hidden);
  const boundOf = activityBounds(examination.x.rows);
  return hidden.map((unitStates, layer) => {
    const { units: width, activation } = state.spec.layers[layer];
    const biases = state.floats(state.parameters + state.layout.layers[layer].bias, width);
    const layerMean = meanActivation(totals[layer]);
    const units = unitStates.map((unitState, unit): UnitDiagnosis => {
      const { samples, fired, min, max, mean, variance } = totals[layer][unit];
      const common = {
        layer,
        unit,
        state: unitState,
        activity: fired / samples,
        activityBound: boundOf(fired),
        dormancy: dormancyOf(totals[layer][unit], layerMean),
        preactivation: { min, max, mean, std: Math.sqrt(variance) },
      };
      if (unitState !== "dead") return common;
      return {
        ...common,
        mechanism: mechanismOf(examination, layer, unit, biases[unit]),
        permanent: permanent[layer][unit],
        biasToRevive: liftAbove(opening[layer].get(unit)!, biases[unit]),
      };
    });
    return { layer, activation: activation.name, dead: unitStates.filter((unitState) => unitState === "dead").length, units };
  });
}

/**
 * Which hidden units are dead on these samples, by what mechanism, and what would open them.
 * @param x rows x inputs; the training rows, as a rule: a verdict holds for the samples it was made on
 * @throws RelumineError "value" (NaN in weights or activations: the message names the layer), "shape" or "disposed"
 * @example
 * const diagnosis = diagnose(network, x);
 * console.log(`${diagnosis.dead} of ${diagnosis.units} hidden units are dead`);
 * console.log(String(diagnosis));
 */
export function diagnose(network: Network, x: Samples, options?: DiagnoseOptions): Diagnosis {
  const state = stateOf(network);
  const given = checkOptions("diagnose", options, ["rareBelow", "dormantBelow"]);
  const thresholds = {
    rareBelow: checkNumber("rareBelow", given.rareBelow ?? 0.01, { low: 0, high: 1 }),
    dormantBelow: checkNumber("dormantBelow", given.dormantBelow ?? 0.025, { low: 0 }),
  };
  const matrix = toMatrix("x", x, state.spec.inputs);
  if (matrix.rows === 0) throw new RelumineError("shape", "x is empty; wanted is at least one row");
  checkWeights(state);
  const scratch = new Arena(state.runtime.heap);
  try {
    return new NetworkDiagnosis(matrix.rows, diagnoseLayers(examine(state, matrix, scratch), thresholds));
  } finally {
    scratch.dispose();
  }
}
