// The diagnosis of one of this package's networks: its observation, judged.
import { resolveBox } from "./proof/box.js";
import { DEFAULT_THRESHOLDS, type JudgeOptions, judgeObservation } from "./judge-observation.js";
import type { Diagnosis, DiagnoseOptions } from "./types.js";
import { checkBoolean, checkInteger, checkNumber, checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { type Matrix, type Samples, toRows } from "../core/matrix.js";
import { type Chunk, type Inspector, withInspector } from "../inspect/inspector.js";
import { observe, outputsOf } from "../inspect/observation.js";
import type { History, Network } from "../network/types.js";
import { prepareData, prepareTargets, toWeights } from "../network/data.js";
import type { Naming } from "../text/naming.js";
import { type NetworkState, stateOf } from "../network/state/state.js";

export function checkHistory(history: History | undefined): History | undefined {
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
 * The diagnosis of a network's state, in one pass over x beside what proofs and findings ask for; `visit` sees each
 * chunk of that pass. With `layers` of the first so many layers alone.
 */
export function diagnoseState(
  inspector: Inspector,
  x: Matrix,
  options: JudgeOptions,
  visit?: (chunk: Chunk) => void,
  layers?: number,
): Diagnosis {
  return judgeObservation(observe(inspector, x, visit, options.targets !== undefined, layers), options);
}

/** How many layers are looked at; undefined: the network as a whole. */
function readLayers({ spec }: NetworkState, { upTo, targets }: DiagnoseOptions): number | undefined {
  if (upTo === undefined) return undefined;
  const last = checkInteger("upTo", upTo, { low: 0, high: spec.layers.length - 1 });
  if (targets !== undefined)
    throw new RelumineError("value", "targets", "to be left out where upTo leaves the outputs out", describe(targets));
  return last + 1;
}

/** What goes with the targets, checked. */
function readTargets({ spec }: NetworkState, rows: number, given: DiagnoseOptions) {
  const { units } = spec.layers.at(-1)!;
  if (given.targets === undefined) {
    for (const name of ["weights", "validation"] as const)
      if (given[name] !== undefined)
        throw new RelumineError("value", name, "to be left out where no targets are given", describe(given[name]));
    return {};
  }
  return {
    targets: prepareTargets("targets", given.targets, rows, units, spec.loss),
    weights: given.weights && toWeights("weights", given.weights, rows),
    validation: given.validation && prepareData("validation", given.validation, spec.inputs, units, spec.loss),
  };
}

/**
 * Which hidden units are dead on these samples, by what mechanism, and what would open them.
 * @param x rows x inputs; the training rows, as a rule: a verdict holds for the samples it was made on
 * @param network stays as it is, also while it trains
 * @param options targets: one for each row of x, as for fit, which give `learning`; with them weights: what each row
 *   counts, and validation: rows that were held out; history: what fit returned, for the findings on the training
 * @cost about a forward pass: 1.3 times `predict`, with targets 1.6; proofs (`proofs: true`) add up to a second or two
 *   where many units are dead; where the targets are not learned, fits to 400 of the rows add 0.2 s (10 columns, 3
 *   classes) to 1.5 s
 * @throws RelumineError "value", "shape" or "disposed"; numbers that overflow and weights that are no numbers are
 *   findings ("divergence"), not errors
 * @example
 * const diagnosis = diagnose(network, x);
 * console.log(`${diagnosis.dead} of ${diagnosis.units} hidden units are dead`);
 * console.log(String(diagnosis));
 */
export function diagnose(network: Network, x: Samples, options?: DiagnoseOptions): Diagnosis {
  return diagnoseNaming(network, x, options);
}

/** @param naming what messages call layers and so on; default: their indices */
export function diagnoseNaming(
  network: Network,
  x: Samples,
  options: DiagnoseOptions | undefined,
  naming?: Naming,
): Diagnosis {
  const state = stateOf(network);
  const given = checkOptions("diagnose", options, [
    "rareBelow",
    "dormantBelow",
    "inputBox",
    "proofs",
    "targets",
    "weights",
    "validation",
    "history",
    "upTo",
  ]);
  const thresholds = {
    rareBelow: checkNumber("rareBelow", given.rareBelow ?? DEFAULT_THRESHOLDS.rareBelow, { low: 0, high: 1 }),
    dormantBelow: checkNumber("dormantBelow", given.dormantBelow ?? DEFAULT_THRESHOLDS.dormantBelow, { low: 0 }),
  };
  const matrix = toRows("x", x, state.spec.inputs);
  const layers = readLayers(state, given);
  const { targets, weights, validation } = readTargets(state, matrix.rows, given);
  const history = checkHistory(given.history);
  const box = given.inputBox === undefined ? undefined : resolveBox(given.inputBox, matrix);
  const proofs = checkBoolean("proofs", given.proofs ?? false);
  return withInspector(state, (inspector) => {
    const heldOut = validation && { data: validation, outputs: outputsOf(inspector, validation.x) };
    const judged = { thresholds, box, proofs, targets, weights, heldOut, history, naming };
    return diagnoseState(inspector, matrix, judged, undefined, layers);
  });
}
