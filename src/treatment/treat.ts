// A remedy on a network: what is wrong before, the remedy on a copy, what is right after, and only then the copy in the
// network's place. Whatever goes wrong on the way, the network has not been touched; what it was is kept as it is, for
// undo.
import { type BeforeTreatment, finding, type RemedyResult, type Seen, WorkingCopy } from "./remedies/working-copy.js";
import { countOf, formatNumber } from "../text/numbers.js";
import { watch } from "../network/state/watch.js";
import { liftBias } from "./remedies/lift-bias.js";
import { openSamples } from "./remedies/open-samples.js";
import { ConstantUnits, prune } from "./remedies/prune.js";
import { recycle, reinitialize } from "./remedies/redraw.js";
import { checkRemedy, type Remedy, type ResolvedRemedy } from "./remedies/remedy.js";
import { replaceActivation } from "./remedies/replace-activation.js";
import { checkUnitsOf } from "./remedies/selection.js";
import { drawTreatment } from "./treatment-text.js";
import { findBesides } from "./besides.js";
import { KeptOutputs, type OutputWatch, RowsInBlocks, RowsInMemory, type TreatedRows } from "./treated-rows.js";
import type {
  Besides,
  TreatBlocksOptions,
  TreatKnowledge,
  TreatOptions,
  Treatment,
  TreatedUnit,
  TreatmentFinding,
} from "./types.js";
import { isBlocks, readAgain, type SampleSource } from "../core/blocks.js";
import { checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { denseIfSmall, type SampleRows, type Samples, toSomeSamples } from "../core/matrix.js";
import { checkPace, Pace, PACE_OPTIONS } from "../core/pace.js";
import { checkHistory } from "../diagnosis/diagnose.js";
import { type JudgeOptions, judgeSteps } from "../diagnosis/judge-observation.js";
import { prepareTargets } from "../network/data.js";
import { KeptLayers } from "../inspect/layer-sweep.js";
import { type Chunk, type InspectedChunk, withInspectorAsync } from "../inspect/inspector.js";
import { checkWeights, observationOf } from "../inspect/observation.js";
import { hasFinite } from "../inspect/unit-state.js";
import type { Death } from "../diagnosis/trace/types.js";
import type { Diagnosis } from "../diagnosis/types.js";
import { BY_INDEX, type Naming } from "../text/naming.js";
import { networkOf } from "../network/network.js";
import type { Network } from "../network/types.js";
import { cellOf, type NetworkState, type StateCell } from "../network/state/state.js";
import { renew } from "../wasm/runtime.js";

class NetworkTreatment implements Treatment {
  private isUndone = false;

  constructor(
    readonly network: Network,
    readonly remedy: ResolvedRemedy,
    readonly before: Diagnosis,
    readonly after: Diagnosis,
    readonly outputChange: number,
    readonly treated: readonly TreatedUnit[],
    readonly findings: readonly TreatmentFinding[],
    readonly besides: readonly Besides[],
    private readonly back: () => void,
  ) {}

  undo(): void {
    if (this.isUndone) return;
    this.back();
    this.isUndone = true;
  }

  toString(): string {
    return drawTreatment(this);
  }
}

/** Passes over x: for prune and replaceActivation none; for the others one, see each. */
async function apply(
  copy: WorkingCopy,
  remedy: ResolvedRemedy,
  constants: ConstantUnits | undefined,
): Promise<RemedyResult> {
  switch (remedy.kind) {
    case "liftBias":
      return liftBias(copy, remedy);
    case "openSamples":
      return openSamples(copy);
    case "recycle":
      return recycle(copy, remedy);
    case "reinitialize":
      return reinitialize(copy, remedy);
    case "replaceActivation":
      return replaceActivation(copy, remedy.activation);
    case "prune":
      return prune(copy, constants!);
  }
}

/** What a state is like on x. */
interface Looked extends BeforeTreatment {
  readonly outputs: OutputWatch;
}

/** By what a diagnosis judges; proofs are on the range of x, which prune alone asks for. */
type Judged = Pick<JudgeOptions, "proofs" | "proofBudget" | "targets" | "history" | "naming">;

/**
 * All in one pass over x.
 * @param before the state before the treatment, of the state after it
 */
async function look(
  state: NetworkState,
  x: TreatedRows,
  options: Judged,
  pace: Pace,
  { visit, before }: { visit?: ((chunk: Chunk) => void) | undefined; before?: NetworkState } = {},
): Promise<Looked> {
  checkWeights(state);
  return withInspectorAsync(state, async (inspector) => {
    const outputs = x.watchOutputs(state, before);
    try {
      const see = (chunk: InspectedChunk) => {
        outputs.visit(chunk);
        visit?.(chunk);
      };
      const observation = await x.observe(inspector, see, options.targets !== undefined);
      const diagnosis = await pace.run(judgeSteps(observation, options));
      const statistics = observation.layers.map(({ units: counted }) => counted);
      checkFinite(diagnosis, outputs, statistics);
      return { diagnosis, outputs, statistics, columns: observation.inputs!.columns };
    } finally {
      outputs.dispose();
    }
  });
}

type LookedAgain = Pick<Looked, "diagnosis" | "outputs">;

/** The diagnosis of a state that was seen when it was treated, on the samples that the network was looked at before. */
function judgeSeen(
  state: NetworkState,
  x: SampleRows,
  seen: Seen,
  { columns }: Looked,
  options: Judged,
  pace: Pace,
): Promise<LookedAgain> {
  const { statistics, openings } = seen;
  const outputs = new KeptOutputs(seen.outputs);
  return withInspectorAsync(state, async (inspector) => {
    const counted = { statistics, columns, opening: (layer: number) => openings[layer] };
    const diagnosis = await pace.run(judgeSteps(observationOf(inspector, x, counted), options));
    checkFinite(diagnosis, outputs, statistics);
    return { diagnosis, outputs };
  });
}

/**
 * No remedy goes by preactivations that are no numbers, nor is a change of outputs measured behind them: a softmax, or
 * a sigmoid, makes finite outputs of infinite ones.
 */
function checkFinite(
  { layers }: Diagnosis,
  { notFinite: output }: OutputWatch,
  statistics: BeforeTreatment["statistics"],
): void {
  for (const { layer, units } of layers) {
    const unit = units.find(({ state }) => state === "notFinite");
    if (unit) {
      throw notFinite(`layers[${layer}].units[${unit.unit}]`, brokenEnd(unit.preactivation));
    }
  }
  const last = statistics[layers.length].find((unit) => !hasFinite(unit));
  const value = last ? brokenEnd(last) : output;
  if (value !== undefined) throw notFinite(`layers[${layers.length}]`, value);
}

/** Of a range that is not finite. */
const brokenEnd = ({ min, max }: { readonly min: number; readonly max: number }) => (Number.isFinite(max) ? min : max);

function notFinite(path: string, value: number): RelumineError {
  const hint = "Are weights or samples too large?";
  return new RelumineError("value", path, "to have finite preactivations on x", `${value}`, hint);
}

/** The treated units with what the diagnosis afterwards counted. */
function measure(treated: readonly TreatedUnit[], after: Diagnosis, isPruned: boolean): TreatedUnit[] {
  return isPruned
    ? [...treated]
    : treated.map((each) => ({ ...each, activity: after.layers[each.layer].units[each.unit].activity }));
}

function stillDead(after: Diagnosis, isPruned: boolean, naming: Naming): TreatmentFinding[] {
  if (isPruned || after.dead === 0) return [];
  const { layer, unit, mechanism, preactivation } = after.layers
    .flatMap(({ units }) => units)
    .find(({ state }) => state === "dead")!;
  const message =
    `${countOf(after.dead, "unit")} dead after the treatment, the first in layer ${naming.layer(layer)}: ` +
    `unit ${naming.unit(unit)} (${mechanism}, preactivation at most ${formatNumber(preactivation.max)})`;
  return [finding("stillDead", message)];
}

/** Puts the treated state in the network's place; returns what puts the old one back. */
function commit(cell: StateCell, treated: NetworkState): () => void {
  const old = cell.current;
  cell.replace(treated);
  return () => {
    cell.current.checkIdle();
    if (!cell.holds(old))
      throw new RelumineError("value", "treatment", "to be in force", "one that was undone with an earlier one");
    cell.restore(old);
  };
}

function backFromPrune(cell: StateCell, smaller: Network): () => void {
  return () => {
    cell.current.checkAlive();
    cellOf(smaller).current.checkIdle();
    smaller.dispose();
  };
}

/** A treatment before anything is put in the network's place. */
interface Begun {
  readonly cell: StateCell;
  readonly network: Network;
  readonly remedy: ResolvedRemedy;
  readonly seen: Looked;
  readonly besides: readonly Besides[];
  readonly naming: Naming;
}

/** Where there was nothing to treat. */
function leaveAsItWas({ cell, network, remedy, seen, besides }: Begun, { treated, findings }: RemedyResult): Treatment {
  const { diagnosis } = seen;
  const back = () => cell.current.checkIdle();
  return new NetworkTreatment(network, remedy, diagnosis, diagnosis, 0, treated, findings, besides, back);
}

/** The treated state goes where it is to be: in the network's place, or, pruned, into a network of its own. */
function putInPlace(
  { cell, network, remedy, seen, besides, naming }: Begun,
  { treated, findings }: RemedyResult,
  state: NetworkState,
  { diagnosis, outputs }: LookedAgain,
): Treatment {
  const isPruned = remedy.kind === "prune";
  const change = outputs.changeFrom(seen.outputs);
  const all = [...findings, ...stillDead(diagnosis, isPruned, naming)];
  const treatedNetwork = networkOf(state);
  const back = isPruned ? backFromPrune(cell, treatedNetwork) : commit(cell, state);
  return new NetworkTreatment(
    isPruned ? treatedNetwork : network,
    remedy,
    seen.diagnosis,
    diagnosis,
    change,
    measure(treated, diagnosis, isPruned),
    all,
    besides,
    back,
  );
}

function checkDeaths(deaths: unknown): void {
  if (deaths === undefined) return;
  if (!Array.isArray(deaths))
    throw new RelumineError("value", "known.deaths", "to be what traceDeaths found, a list", describe(deaths));
  for (const [i, death] of (deaths as (Partial<Death> | null | undefined)[]).entries())
    if (!Number.isInteger(death?.layer) || !Number.isInteger(death?.unit))
      throw new RelumineError("value", `known.deaths[${i}]`, "to be a death that traceDeaths found", describe(death));
}

function checkKnown(
  { targets, history, deaths }: TreatKnowledge,
  { spec }: NetworkState,
  matrix: SampleRows | undefined,
): Pick<JudgeOptions, "targets" | "history"> & Pick<TreatKnowledge, "deaths"> {
  checkDeaths(deaths);
  const { units } = spec.layers[spec.layers.length - 1];
  if (targets !== undefined && !matrix)
    throw new RelumineError("value", "known.targets", "to be left out where x comes in blocks", describe(targets));
  return {
    ...(targets !== undefined && {
      targets: prepareTargets("known.targets", targets, matrix!.rows, units, spec.loss),
    }),
    history: checkHistory(history),
    ...(deaths && { deaths }),
  };
}

/**
 * Treats the units that are dead on these samples, layer by layer from the front, each on what the treated layers
 * before it give, and says by a diagnosis before and after what it did. On any error the network is as it was.
 *
 * - liftBias: dead units open on ceil(activity · rows) samples, where their preactivations allow it; outputs on x stay
 *   as they are.
 * - openSamples: rows on which every unit of a relu layer is closed open the nearest unit: a dead one, if there is any,
 *   and outputs on x stay as they are; else a living one.
 * - recycle: dormant units get new incoming weights and outgoing weights of 0, and open on some sample.
 * - reinitialize: dead units get new incoming weights, a bias as at the start, and keep their outgoing weights: outputs
 *   change.
 *   `units` of these three: only those, the others stay as they are.
 * - replaceActivation: every hidden layer whose units can die gets the activation, if some unit is dead; outputs
 *   change.
 * - prune: a new, smaller network; outputs on x are the same, bit for bit if no finding or unit says "folded", else up
 *   to rounding.
 *
 * Of a normalized layer it is beta that is lifted, what is drawn has gamma 1, beta 0 and running statistics of these
 * samples, and outputs are those of evaluation. Where each row is normalized over the layer's units, recycle leaves
 * incoming weights as they are, and prune all units, since others would change. Layers that something passes by keep
 * their units too.
 *
 * The moments of what is redrawn or lifted are cleared; all other moments are kept.
 * @param x rows x inputs; the training rows, as a rule: a treatment answers to the samples it was made on. A Matrix,
 *   and targets, are read while it runs and are to stay as they are until the promise is settled; where they don't, the
 *   promise is rejected or the treatment is one of no rows that there were
 * @param network changed in place, but for "prune"
 * @param options targets, history, deaths: what is known of its training, with which `besides` says the better what to
 *   change, so that the treatment lasts; signal, onProgress
 * @cost one and a half to three passes over x, in slices of about a frame; "prune" proves on the input box besides, a
 *   second or two where many units are dead, or what its `budget` allows
 * @throws RelumineError "value" (also where the signal is aborted, or the network is changed meanwhile), "shape",
 *   "memory" or "disposed" (as a rejection)
 * @example
 * const treatment = await treat(network, x, { kind: "liftBias", activity: 0.1 });
 * console.log(String(treatment)); // 3 of 16 hidden units dead before, 0 after ...
 * await network.fit({ x, y }); // go on, or treatment.undo()
 */
export function treat(network: Network, x: Samples, remedy: Remedy, options?: TreatOptions): Promise<Treatment>;
/**
 * The same of rows that come in blocks and need not fit in memory. What is treated, weights, and what is said of units
 * are what a matrix of all rows gives, to the bit, however the blocks are cut; findings and searches that look at rows
 * again have a sample of 1024.
 * @param x a source { rows?, blocks() }, which opens the same blocks anew for each pass
 * @param options deaths, history, signal, onProgress
 * @cost blocks are read twice, and for every remedy but "prune" and "replaceActivation" twice besides for each layer up
 *   to the first that puts out no more than 64 MB for all rows, whose outputs are kept for those above; up to seven
 *   times where units that are drawn stay closed; columns of treated units that have more than 64 MB take a pass for
 *   each 64 MB
 * @throws RelumineError "shape" or "value" (also for an iterable of one pass, or where other rows come than before) as
 *   a rejection; and what the source throws
 * @example const treatment = await treat(network, { rows: 100_000, blocks }, { kind: "prune" });
 */
export function treat(
  network: Network,
  x: SampleSource,
  remedy: Remedy,
  options?: TreatBlocksOptions,
): Promise<Treatment>;
export function treat(
  network: Network,
  x: Samples | SampleSource,
  remedy: Remedy,
  options?: TreatOptions,
): Promise<Treatment> {
  return treatNaming(network, x, remedy, options);
}

/** What those need of layers that are as they were is kept of the first look. */
const goesFrontToBack = ({ kind }: ResolvedRemedy): boolean => kind !== "prune" && kind !== "replaceActivation";

function rowsOf(
  x: Samples | SampleSource,
  { spec }: NetworkState,
  pace: Pace,
  signal: AbortSignal | undefined,
): TreatedRows {
  if (isBlocks(x)) return new RowsInBlocks(readAgain("x", x), spec.inputs, pace, signal);
  return new RowsInMemory(denseIfSmall(toSomeSamples("x", x, spec.inputs)), pace);
}

/** @param naming what messages call layers and so on; default: their indices */
export async function treatNaming(
  network: Network,
  x: Samples | SampleSource,
  remedy: Remedy,
  options: TreatOptions | undefined,
  naming: Naming = BY_INDEX,
): Promise<Treatment> {
  const cell = cellOf(network);
  const resolved = checkRemedy(remedy);
  const known = checkOptions("known", options, ["targets", "history", "deaths", ...PACE_OPTIONS]);
  const pacing = checkPace(known);
  cell.current.checkIdle();
  const runtime = await renew(cell.current.runtime);
  cell.current.checkIdle();
  const original = cell.current;
  if ("units" in resolved) checkUnitsOf(original.spec, resolved.units);
  const pace = new Pace(pacing, watch(cell, "treated"));
  const rows = rowsOf(x, original, pace, pacing.signal);
  const { deaths, ...about } = checkKnown(known, original, rows.matrix);
  const isPruned = resolved.kind === "prune";
  const constants = isPruned ? new ConstantUnits(original) : undefined;
  const judged = { naming, ...(resolved.kind === "prune" && { proofs: true, proofBudget: resolved.budget }) };
  pace.begin(0.5);
  const kept = rows.matrix && goesFrontToBack(resolved) ? new KeptLayers(original, rows.rows) : undefined;
  const visit = constants?.visit ?? kept?.visit;
  const looked = await look(original, rows, { ...judged, ...about }, pace, { visit });
  const seen = { ...looked, ...(kept && { known: { outputs: kept.outputs, statistics: looked.statistics } }) };
  const besides = isPruned ? [] : findBesides(original, seen.diagnosis, deaths);
  const copy = new WorkingCopy(original, seen, rows, runtime, pace, naming);
  const begun = { cell, network, remedy: resolved, seen, besides, naming };
  pace.begin(1);
  try {
    const result = await apply(copy, resolved, constants);
    const { state } = result;
    if (!state) {
      copy.discard();
      await pace.end();
      return leaveAsItWas(begun, result);
    }
    const after =
      result.seen && rows.matrix
        ? await judgeSeen(state, rows.matrix, result.seen, seen, judged, pace)
        : await look(state, rows, judged, pace, { before: original });
    await pace.end();
    return putInPlace(begun, result, state, after);
  } catch (error) {
    copy.discard();
    throw error;
  } finally {
    copy.finish();
  }
}
