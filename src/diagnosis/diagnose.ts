// From what a pass over the samples counted to a diagnosis: states, mechanisms, permanence, proofs, findings.
import { activityBounds } from "./units/firing-rate-bound.js";
import { resolveBox } from "./proof/box.js";
import { drawDiagnosis } from "./diagnosis-text.js";
import { checkWeights, type Examination, examine } from "../inspect/examination.js";
import { findAll } from "./findings/findings.js";
import { KthLargest } from "./units/kth-largest.js";
import { findMechanisms } from "./units/mechanism.js";
import { findMovers, findPermanent } from "./units/permanence.js";
import { proveDeadUnits, type UnitProof } from "./proof/prove.js";
import type { Diagnosis, DiagnoseOptions, Finding, LayerDiagnosis, UnitDiagnosis, UnitState } from "./types.js";
import { judge, type Thresholds } from "../inspect/unit-state.js";
import { checkBoolean, checkNumber, checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { type Samples, toRows } from "../core/matrix.js";
import type { History, Network } from "../network/types.js";
import { prepareTargets } from "../network/data.js";
import { forEachChunk } from "../network/training/evaluate.js";
import { stateOf } from "../network/state/state.js";
import type { UnitTotals } from "../inspect/statistics.js";
import { Arena } from "../wasm/heap.js";

class NetworkDiagnosis implements Diagnosis {
  readonly units: number;
  readonly dead: number;
  readonly deadFraction: number;

  constructor(
    readonly samples: number,
    readonly layers: readonly LayerDiagnosis[],
    readonly findings: readonly Finding[],
  ) {
    this.units = layers.reduce((sum, { units }) => sum + units.length, 0);
    this.dead = layers.reduce((sum, { dead }) => sum + dead, 0);
    this.deadFraction = this.units === 0 ? 0 : this.dead / this.units;
  }

  toString(): string {
    return drawDiagnosis(this);
  }
}

function judgeLayer({ state, totals }: Examination, layer: number, thresholds: Thresholds): UnitState[] {
  const { activation } = state.spec.layers[layer];
  const layerMean = meanActivation(totals[layer]);
  return totals[layer].map((unit) => judge(activation, unit, dormancyOf(unit, layerMean), thresholds));
}

function meanActivation(units: readonly UnitTotals[]): number {
  return units.reduce((sum, unit) => sum + unit.meanActivation, 0) / units.length;
}

function dormancyOf(unit: UnitTotals, layerMean: number): number {
  return layerMean === 0 ? 0 : unit.meanActivation / layerMean;
}

/**
 * For each dead unit of each layer, its preactivation on the sample that is to be the last to open: the n/100-th
 * largest.
 */
function openingPreactivations(examination: Examination, states: readonly UnitState[][]): Map<number, number>[] {
  const { state, x, buffers, passes } = examination;
  const k = Math.ceil(x.rows / 100);
  const streams = states.map(
    (units) => new Map(units.flatMap((unit, index) => (unit === "dead" ? [[index, new KthLargest(k)] as const] : []))),
  );
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

type Prove = (examination: Examination, states: readonly UnitState[][]) => Map<number, UnitProof>[];

function diagnoseLayers(examination: Examination, thresholds: Thresholds, prove: Prove): LayerDiagnosis[] {
  const { state, totals } = examination;
  const states = totals.map((_, layer) => judgeLayer(examination, layer, thresholds));
  const hidden = states.slice(0, -1);
  const proofs = prove(examination, hidden);
  const permanent = findPermanent(state, states);
  const movers = permanent.some((units) => units.includes(true)) ? findMovers(state) : [];
  const mechanisms = findMechanisms(examination, hidden);
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
        mechanism: mechanisms[layer].get(unit)!,
        permanent: permanent[layer][unit],
        ...(permanent[layer][unit] && movers[layer][unit].length > 0 && { stillMovedBy: movers[layer][unit] }),
        biasToRevive: liftAbove(opening[layer].get(unit)!, biases[unit]),
        ...proofs[layer].get(unit),
      };
    });
    return {
      layer,
      activation: activation.name,
      dead: unitStates.filter((unitState) => unitState === "dead").length,
      units,
    };
  });
}

function checkHistory(history: History | undefined): History | undefined {
  const epochs: unknown = (history as History | null | undefined)?.epochs;
  if (
    history !== undefined &&
    !(
      Array.isArray(epochs) &&
      epochs.every((log) => typeof log?.loss === "number" && typeof log.learningRate === "number")
    )
  ) {
    throw new RelumineError("value", "history", "to be what fit returns, { epochs, stopped }", describe(history));
  }
  return history;
}

/**
 * Which hidden units are dead on these samples, by what mechanism, and what would open them.
 * @param x rows x inputs; the training rows, as a rule: a verdict holds for the samples it was made on
 * @param options targets: one for each row of x, as for fit; history: what fit returned; both are read for the findings
 * alone
 * @throws RelumineError "value" (NaN in weights or activations: the message names the layer), "shape" or "disposed"
 * @example
 * const diagnosis = diagnose(network, x);
 * console.log(`${diagnosis.dead} of ${diagnosis.units} hidden units are dead`);
 * console.log(String(diagnosis));
 */
export function diagnose(network: Network, x: Samples, options?: DiagnoseOptions): Diagnosis {
  const state = stateOf(network);
  const given = checkOptions("diagnose", options, [
    "rareBelow",
    "dormantBelow",
    "inputBox",
    "proofs",
    "targets",
    "history",
  ]);
  const thresholds = {
    rareBelow: checkNumber("rareBelow", given.rareBelow ?? 0.01, { low: 0, high: 1 }),
    dormantBelow: checkNumber("dormantBelow", given.dormantBelow ?? 0.025, { low: 0 }),
  };
  const matrix = toRows("x", x, state.spec.inputs);
  const { units } = state.spec.layers.at(-1)!;
  const targets =
    given.targets === undefined
      ? undefined
      : prepareTargets("targets", given.targets, matrix.rows, units, state.spec.loss);
  const history = checkHistory(given.history);
  const box = resolveBox(given.inputBox, matrix);
  const wantsProofs = checkBoolean("proofs", given.proofs ?? true);
  checkWeights(state);
  const scratch = new Arena(state.runtime.heap);
  try {
    const examination = examine(state, matrix, scratch);
    const layers = diagnoseLayers(examination, thresholds, (...found) =>
      wantsProofs ? proveDeadUnits(...found, box, scratch) : found[1].map(() => new Map()),
    );
    return new NetworkDiagnosis(matrix.rows, layers, findAll({ ...examination, hidden: layers, targets, history }));
  } finally {
    scratch.dispose();
  }
}
