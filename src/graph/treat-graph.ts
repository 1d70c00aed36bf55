// Dead units of an ONNX graph opened again: their biases lifted, the weights that lead away from them set to 0, so that
// the outputs stay the same; checked by running the graph before and after beside each other.
import { checkName, checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { Pace } from "../core/pace.js";
import type { UnitDiagnosis } from "../diagnosis/types.js";
import { countOf, formatNumber } from "../text/numbers.js";
import { ConstantEdits } from "./constant-edits.js";
import { checkModel } from "./check-model.js";
import {
  type DiagnoseGraphOptions,
  diagnoseWatched,
  GRAPH_OPTIONS,
  type GraphDiagnosis,
  type GraphPlan,
  readPlan,
} from "./diagnose-graph.js";
import type { GraphRows } from "./feeds.js";
import { rowsThatFit } from "./observe-graph.js";
import { type Outgoing, outgoingOf, takenBeside } from "./outgoing.js";
import { withSession } from "./runtime.js";
import { closedOperators, type WatchedGraph, type WatchedPlace, watchGraph } from "./watched-graph.js";

/** A unit that was lifted. */
export interface LiftedUnit {
  /** Index in `layers` of the diagnoses. */
  readonly layer: number;
  /** The layer's name. */
  readonly name: string;
  /** Index in its layer. */
  readonly unit: number;
  /** What was added to its bias, as its preactivations see it. */
  readonly lift: number;
  /** On these rows it is dead no longer. */
  readonly isRevived: boolean;
}

/** A dead unit that was left as it is. */
export interface UntreatedUnit {
  /** Index in `layers` of the diagnoses. */
  readonly layer: number;
  /** The layer's name. */
  readonly name: string;
  /** Index in its layer. */
  readonly unit: number;
  /** Why: where it leads, or what feeds it. */
  readonly reason: string;
}

/** How far outputs are from what they were. */
export interface OutputChange {
  /** The largest change of any. */
  readonly largestChange: number;
  /** The mean one. */
  readonly meanChange: number;
  /** The largest size of any before. */
  readonly largest: number;
}

/** What `treatGraph` did. */
export interface GraphTreatment {
  /** The bytes of the treated ONNX file; external data of the first is in it. */
  readonly model: Uint8Array;
  /** The diagnosis before, on these rows. */
  readonly before: GraphDiagnosis;
  /** And of the treated graph. */
  readonly after: GraphDiagnosis;
  /** Units whose biases were lifted. */
  readonly lifted: readonly LiftedUnit[];
  /** Dead units that were left as they are. */
  readonly untreated: readonly UntreatedUnit[];
  /** Over all rows and outputs. */
  readonly outputs: OutputChange;
  /** What has to be known of it. */
  readonly notes: readonly string[];
}

/** An output may differ by what a runtime rounds otherwise when it fuses operators in another way: of its largest. */
const MOST_CHANGE = 1e-5;
/** The same of half precision. */
const MOST_CHANGE_OF_HALF = 2e-3;
/** Rows that a run takes at most where outputs are compared. */
const MOST_COMPARED = 16;

/** What is done to the units of one place; a text says why nothing can be. */
function planOf({ graph }: WatchedGraph, place: WatchedPlace, edits: ConstantEdits): readonly Outgoing[] | string {
  const { place: bias, passed = [] } = place.feeding ?? {};
  if (!bias) return "no bias by unit is known that feeds it";
  if (!edits.canEdit(bias.node, bias.input)) return "its bias is of a type that cannot be written";
  const beside = takenBeside(graph, passed, place.node.output);
  if (beside !== undefined) return `what its bias reaches leads to ${beside} too, past the activation`;
  const outgoing = outgoingOf(graph, place.node.output, place.value);
  if (typeof outgoing === "string") return `it leads to ${outgoing}, whose result would change`;
  if (outgoing.length === 0) return "nothing takes its value";
  if (outgoing.some(({ node, input }) => !edits.canEdit(node, input)))
    return "weights that lead away from it are of a type that cannot be written";
  return outgoing;
}

/** Lifts one unit; false where its bias does not reach it. */
function lift(place: WatchedPlace, unit: number, by: number, edits: ConstantEdits): boolean {
  const { node, input, factors } = place.feeding!.place!;
  const factor = factors[unit];
  if (factor === 0 || !Number.isFinite(factor)) return false;
  const numbers = edits.numbers(node, input, place.value.units);
  const sign = factor > 0 ? 1 : -1;
  const value = edits.rounded(node, input, numbers[unit] + by / factor, sign);
  if (!Number.isFinite(value)) return false;
  numbers[unit] = value;
  return true;
}

interface Done {
  readonly lifted: Omit<LiftedUnit, "isRevived">[];
  readonly untreated: UntreatedUnit[];
}

function liftAll(watched: WatchedGraph, { layers }: GraphDiagnosis, edits: ConstantEdits): Done {
  const done: Done = { lifted: [], untreated: [] };
  watched.places.forEach((place, layer) => {
    const dead = layers[layer].units.filter(({ state }) => state === "dead");
    if (dead.length === 0) return;
    const plan = planOf(watched, place, edits);
    for (const diagnosis of dead) liftUnit(place, diagnosis, plan, edits, done);
  });
  return done;
}

function liftUnit(
  place: WatchedPlace,
  { layer, unit, biasToRevive }: UnitDiagnosis,
  plan: readonly Outgoing[] | string,
  edits: ConstantEdits,
  { lifted, untreated }: Done,
): void {
  const own = { layer, name: place.name, unit };
  if (typeof plan === "string") untreated.push({ ...own, reason: plan });
  else if (biasToRevive === undefined) untreated.push({ ...own, reason: "what would open it is not known" });
  else if (!lift(place, unit, biasToRevive, edits)) untreated.push({ ...own, reason: "its bias is multiplied by 0" });
  else {
    lifted.push({ ...own, lift: biasToRevive });
    for (const { node, input, placesOf } of plan) {
      const weights = edits.numbers(node, input, 0);
      for (const at of placesOf(unit)) weights[at] = 0;
    }
  }
}

/** The changes of one output, summed up. */
interface ChangeSums {
  change: number;
  count: number;
  largestChange: number;
  largest: number;
}

/** Runs both models on all rows beside each other: by output, how far it is from what it was. */
async function compareOutputs(
  watched: WatchedGraph,
  treated: Uint8Array,
  { runs }: GraphPlan,
  pace: Pace,
): Promise<ChangeSums[]> {
  const { graph, feeds, rowsOfRun } = watched;
  const { ort, session } = runs;
  const { outputs } = graph.model;
  const sums = outputs.map((): ChangeSums => ({ change: 0, count: 0, largestChange: 0, largest: 0 }));
  // both sessions keep what a run took
  const step = Math.min(rowsOfRun ?? MOST_COMPARED, rowsThatFit(watched, { ...runs, memory: runs.memory / 2 }));
  await withSession(ort, graph.bytes, session, (before) =>
    withSession(ort, treated, session, async (after) => {
      for (let start = 0; start < feeds.rows; start += step) {
        const rows = Math.min(step, feeds.rows - start);
        const inRun = rowsOfRun ?? rows;
        const first = await before(feeds.make(start, inRun), outputs);
        const second = await after(feeds.make(start, inRun), outputs);
        for (const [index, name] of outputs.entries()) add(sums[index], first.get(name)!.data, second.get(name)!.data);
        await pace.at((start + rows) / feeds.rows);
      }
    }),
  );
  return sums;
}

function changeOf(sums: readonly ChangeSums[]): OutputChange {
  const most = (key: keyof ChangeSums) => Math.max(0, ...sums.map((each) => each[key]));
  const total = (key: keyof ChangeSums) => sums.reduce((sum, each) => sum + each[key], 0);
  return {
    largestChange: most("largestChange"),
    meanChange: total("change") / Math.max(1, total("count")),
    largest: most("largest"),
  };
}

/** @throws RelumineError where an output is another than before */
function checkSame(sums: readonly ChangeSums[], outputs: readonly string[], share: number): void {
  const other = sums.findIndex(({ largestChange, largest }) => !(largestChange <= share * largest));
  if (other < 0) return;
  const change = `a change of ${formatNumber(sums[other].largestChange)} in ${describe(outputs[other])}`;
  throw new RelumineError("unsupported", "the treated model", "to give the same outputs", change);
}

function add(sums: ChangeSums, before: Float32Array, after: Float32Array): void {
  before.forEach((value, i) => {
    const change = Object.is(value, after[i]) ? 0 : Math.abs(value - after[i]);
    sums.change += change;
    sums.largestChange = Number.isNaN(change) ? Infinity : Math.max(sums.largestChange, change);
    if (Number.isFinite(value)) sums.largest = Math.max(sums.largest, Math.abs(value));
  });
  sums.count += before.length;
}

/**
 * Opens dead units of an ONNX graph again, and leaves its outputs as they are. `liftBias`: the bias of each dead unit
 * is raised by its biasToRevive, so that one sample in a hundred opens it, and the weights that lead away from it are
 * set to 0: a training can take it up again. Units that lead into a sum, a concatenation or an output are left as they
 * are, as the outputs would change, and so are those without a bias of their own, and those that a graph within a node
 * takes (a branch of an If, the body of a Loop): `untreated` says why. What is inside of such graphs stays. A bias that
 * is not there is added to its Conv or Gemm; weights that several nodes share are copied for the one that changes; all
 * other bytes of the file stay. The treated graph is run beside the first on all rows.
 * @param model the bytes of an ONNX file; they stay as they are
 * @param rows as diagnoseGraph takes them; the training rows, as a rule
 * @param remedy "liftBias"
 * @param options as of diagnoseGraph
 * @cost two diagnoses, and two runs for the outputs
 * @throws RelumineError as diagnoseGraph; "unsupported" where the treated one gives other outputs
 * @example
 * const { model, lifted, outputs } = await treatGraph(bytes, rows, "liftBias", { ort });
 * console.log(`${lifted.length} units lifted, outputs changed by ${outputs.largestChange} at most`);
 */
export async function treatGraph(
  model: Uint8Array,
  rows: GraphRows,
  remedy: "liftBias",
  options: DiagnoseGraphOptions,
): Promise<GraphTreatment> {
  checkName("remedy", remedy, ["liftBias"]);
  const plan = readPlan(checkOptions("treatGraph", options, GRAPH_OPTIONS));
  const pace = new Pace(plan.pacing);
  const watched = await watchGraph(checkModel(model), rows, plan.settings);
  pace.begin(0.4);
  const before = await diagnoseWatched(watched, plan, pace);
  const edits = new ConstantEdits(watched.graph);
  const { lifted, untreated } = liftAll(watched, before, edits);
  if (lifted.length === 0) {
    const outputs = { largestChange: 0, meanChange: 0, largest: 0 };
    const message = before.dead === 0 ? "no unit is dead on these rows" : "no dead unit can be lifted without a change";
    return {
      model: watched.graph.bytes.slice(),
      before,
      after: before,
      lifted: [],
      untreated,
      outputs,
      notes: [message, ...leftNotes(watched)],
    };
  }
  const treated = edits.apply();
  pace.begin(0.6);
  const changes = await compareOutputs(watched, treated, plan, pace);
  checkSame(changes, watched.graph.model.outputs, edits.hasHalves() ? MOST_CHANGE_OF_HALF : MOST_CHANGE);
  const outputs = changeOf(changes);
  pace.begin(1);
  const again = await watchGraph(treated, rows, plan.settings);
  const after = await diagnoseWatched(again, plan, pace);
  await pace.end();
  const withVerdict = lifted.map((each): LiftedUnit => ({
    ...each,
    isRevived: after.layers[each.layer].units[each.unit].state !== "dead",
  }));
  return {
    model: treated,
    before,
    after,
    lifted: withVerdict,
    untreated,
    outputs,
    notes: notesOf(watched, withVerdict),
  };
}

/** Of what no treatment sees. */
function leftNotes({ graph }: WatchedGraph): string[] {
  const closed = closedOperators(graph);
  return closed.length === 0 ? [] : [`what is inside of ${closed.slice(0, 8).join(", ")} is left as it is`];
}

function notesOf(watched: WatchedGraph, lifted: readonly LiftedUnit[]): string[] {
  const closed = lifted.filter(({ isRevived }) => !isRevived).length;
  return [
    `${countOf(lifted.length, "unit")} lifted by what ${countOf(watched.feeds.rows, "row")} show; ` +
      "other rows may open them more or less often",
    ...(closed === 0 ? [] : [`${countOf(closed, "unit")} of them stay closed on these rows`]),
    ...leftNotes(watched),
  ];
}
