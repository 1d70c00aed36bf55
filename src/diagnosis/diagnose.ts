// The diagnosis of one of this package's networks: its observation, judged.
import { checkSamples, readBox, resolveBox } from "./proof/box.js";
import { type JudgeOptions, judgeObservation, judgeSteps, readThresholds } from "./judge-observation.js";
import type { Diagnosis, DiagnoseBlocksOptions, DiagnoseOptions } from "./types.js";
import { observeBlocks } from "./observe-blocks.js";
import { isBlocks, readSource, type SampleBlocks } from "../core/blocks.js";
import { checkBoolean, checkInteger, checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { denseIfSmall, type SampleRows, type Samples, toSomeSamples } from "../core/matrix.js";
import { checkPace, Pace, PACE_OPTIONS } from "../core/pace.js";
import { type Chunk, type Inspector, withInspector, withInspectorAsync } from "../inspect/inspector.js";
import { observe, outputsOf } from "../inspect/observation.js";
import type { EpochLog, History, Network } from "../network/types.js";
import { prepareData, prepareTargets, toWeights } from "../network/data.js";
import type { Naming } from "../text/naming.js";
import { cellOf, type NetworkState, stateOf } from "../network/state/state.js";
import { watch } from "../network/state/watch.js";

function isEpochLog(log: unknown): log is EpochLog {
  const { loss, learningRate } = (log ?? {}) as Partial<EpochLog>;
  return typeof loss === "number" && Number.isFinite(learningRate); // losses may be anything
}

export function checkHistory(history: History | undefined): History | undefined {
  if (history === undefined) return undefined;
  const epochs: unknown = (history as History | null)?.epochs;
  // findIndex sees holes too
  if (Array.isArray(epochs) && epochs.findIndex((log) => !isEpochLog(log)) < 0) return history;
  throw new RelumineError("value", "history", "to be what fit returns, { epochs, stopped }", describe(history));
}

/**
 * The diagnosis of a network's state, in one pass over x beside what proofs and findings ask for; `visit` sees each
 * chunk of that pass. With `layers` of the first so many layers alone.
 */
export function diagnoseState(
  inspector: Inspector,
  x: SampleRows,
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
 * @cost 1.1 to 1.5 times `predict`; proofs (`proofs: true`) add up to a second or two where many units are dead; where
 *   the targets are not learned, fits to 400 of the rows add 0.2 s (10 columns, 3 classes) to 1.5 s
 * @throws RelumineError "value", "shape" or "disposed"; numbers that overflow and weights that are no numbers are
 *   findings ("divergence"), not errors
 * @example
 * const diagnosis = diagnose(network, x);
 * console.log(`${diagnosis.dead} of ${diagnosis.units} hidden units are dead`);
 * console.log(String(diagnosis));
 */
export function diagnose(network: Network, x: Samples, options?: DiagnoseOptions): Diagnosis;
/**
 * The same of rows that come in blocks and need not fit in memory, in one pass, in slices of about a frame. What is
 * said of units, and of columns, is what a matrix of all rows gives, to the bit, however the blocks are cut. Findings
 * and searches that look at rows again have a sample of 1024, drawn evenly, always the same: units and columns that are
 * the same on all rows are compared on it, and no column is told for its outliers.
 * @param network is to stay as it is until the promise is settled: not trained, and not changed
 * @param x an async iterable of blocks, each a Matrix or an array of rows, or a source { rows?, blocks() }; the
 *   iterator is closed where it is not read to its end
 * @param options signal, onProgress, and those that go without targets
 * @cost about a forward pass; memory for the weights, some chunks of rows and the sample, and of units that have not
 *   fired so far for the largest hundredth of their preactivations, up to 256 MB: where that is not enough, and where
 *   `rows` is not given it may be sooner, biasToRevive is left out
 * @throws RelumineError "shape" or "value" (also where the signal is aborted, or the network is changed meanwhile), as
 *   a rejection; and what the source throws
 * @example
 * async function* blocks() {
 *   for (const file of files) yield await readRows(file); // a Matrix, or an array of rows
 * }
 * const { dead } = await diagnose(network, { rows: 100_000, blocks });
 */
export function diagnose(network: Network, x: SampleBlocks, options?: DiagnoseBlocksOptions): Promise<Diagnosis>;
export function diagnose(
  network: Network,
  x: Samples | SampleBlocks,
  options?: DiagnoseOptions | DiagnoseBlocksOptions,
): Diagnosis | Promise<Diagnosis> {
  return isBlocks(x) ? diagnoseBlocks(network, x, options) : diagnoseNaming(network, x, options);
}

const UNIT_OPTIONS = ["rareBelow", "dormantBelow", "inputBox", "proofs", "history", "upTo"] as const;
const TARGET_OPTIONS = ["targets", "weights", "validation"] as const;

async function diagnoseBlocks(
  network: Network,
  x: SampleBlocks,
  options: DiagnoseBlocksOptions | undefined,
): Promise<Diagnosis> {
  const cell = cellOf(network);
  const state = cell.current;
  const { inputs: width } = state.spec;
  const given = checkOptions("diagnose", options, [...UNIT_OPTIONS, ...PACE_OPTIONS]);
  const thresholds = readThresholds(given);
  const history = checkHistory(given.history);
  const box = given.inputBox && readBox(given.inputBox, width);
  const proofs = checkBoolean("proofs", given.proofs ?? false);
  const layers = readLayers(state, given);
  const pacing = checkPace(given);
  const source = readSource("x", x);
  state.checkIdle();
  const pace = new Pace(pacing, watch(cell, "diagnosed"));
  return withInspectorAsync(state, async (inspector) => {
    const visitRows = box && ((rows: SampleRows, start: number) => checkSamples(box, rows, start));
    if (proofs) pace.begin(0.5);
    const observation = await observeBlocks(inspector, source, pace, { signal: pacing.signal, layers, visitRows });
    pace.begin(1);
    const diagnosis = await pace.run(judgeSteps(observation, { thresholds, box, proofs, history }));
    await pace.end();
    return diagnosis;
  });
}

/** @param naming what messages call layers and so on; default: their indices */
export function diagnoseNaming(
  network: Network,
  x: Samples,
  options: DiagnoseOptions | undefined,
  naming?: Naming,
): Diagnosis {
  const state = stateOf(network);
  const given = checkOptions("diagnose", options, [...UNIT_OPTIONS, ...TARGET_OPTIONS]);
  const thresholds = readThresholds(given);
  const matrix = denseIfSmall(toSomeSamples("x", x, state.spec.inputs));
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
