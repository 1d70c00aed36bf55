// A graph with the places in it that are looked at, ready to run: its activations by name, where their rows and units
// lie, and in which groups of them they are fetched.
import { RelumineError } from "../core/errors.js";
import type { ObservedActivationName } from "../activations/activations.js";
import { productOf } from "../arrays/numbers.js";
import { listNames } from "../text/naming.js";
import { countOf, formatNumber } from "../text/numbers.js";
import { ASKED_ONLY, type ActivationNode, findActivations } from "./activation-nodes.js";
import { unitAxis } from "./axes.js";
import { type GraphRows, readFeeds, type RowFeeds } from "./feeds.js";
import { type Feeding, feedingOf, type UnitValue } from "./feeding.js";
import { Graph } from "./graph.js";
import { type Probed, probeShapes } from "./probe.js";
import type { OnnxRuntime } from "./runtime.js";
import { SHAPED } from "./units-through.js";

/** What a graph is run by, and how it is looked at; checked. */
export interface GraphSettings {
  readonly ort: OnnxRuntime;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly session: object | undefined;
  readonly activations: readonly ObservedActivationName[];
}

/** An activation of a graph, with where its units lie. */
export interface WatchedPlace {
  readonly node: ActivationNode;
  /** Unlike any other's. */
  readonly name: string;
  readonly value: UnitValue;
  /** Numbers of one row, about. */
  readonly size: number;
  readonly feeding: Feeding | undefined;
}

export interface WatchedGraph {
  readonly graph: Graph;
  readonly feeds: RowFeeds;
  readonly places: readonly WatchedPlace[];
  /** Rows that a run may take; undefined: as many as there is memory for. */
  readonly rowsOfRun: number | undefined;
  readonly notes: readonly string[];
}

/** Operators with something inside that is not looked at: graphs of their own, or a local function's nodes. */
export function closedOperators(graph: Graph): string[] {
  const { nodes, functions } = graph.model;
  const closed = nodes.filter((node) => graph.hasInner(node) || functions.has(node.op));
  return [...new Set(closed.map(({ op }) => op))];
}

function nothingFound(graph: Graph, given: string): RelumineError {
  const operators = [...new Set(graph.model.nodes.map(({ op }) => op))].sort().slice(0, 24);
  const isClosed = closedOperators(graph).length > 0;
  const inner = isClosed ? "What is inside of If, Loop and local functions is not looked at. " : "";
  const hint =
    `${inner}Sigmoid and Tanh are watched where options.activations names them. ` +
    `The graph's operators: ${operators.join(", ")}`;
  return new RelumineError("unsupported", "the model's graph", "to have activations that can be watched", given, hint);
}

/** Names that differ: of two nodes of one name the second gets a number. */
function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let count = 2; taken.has(own); count++) own = `${name} (${count})`;
    taken.add(own);
    return own;
  });
}

function placeOf(graph: Graph, node: ActivationNode, name: string, { shapes, rows }: Probed): WatchedPlace | string {
  const shape = shapes.get(node.z)!;
  const axis = unitAxis(graph, node.z, shape.length);
  if (shape.length < 2 || axis === 0) return "no axis of units beside that of the rows";
  if (axis === undefined) return "units along an axis that the graph does not tell";
  if (shape.some((size) => size === 0)) return "no numbers";
  if (shape[0] % rows !== 0) return "rows that cannot be told apart";
  const value: UnitValue = { name: node.z, rank: shape.length, axis, units: shape[axis] };
  return { node, name, value, size: productOf(shape) / rows, feeding: feedingOf(graph, value) };
}

/** Of what is left out and why, one sentence a reason. */
function leftOutNotes(leftOut: ReadonlyMap<string, readonly string[]>): string[] {
  return [...leftOut].map(
    ([reason, names]) =>
      `${countOf(names.length, "activation")} left out, with ${reason}: ${listNames(
        names.map((_, i) => i),
        (i) => names[i],
      )}`,
  );
}

/**
 * Reads a graph, finds its activations, and runs it once or twice for the shapes.
 * @throws RelumineError
 */
export async function watchGraph(model: Uint8Array, rows: GraphRows, settings: GraphSettings): Promise<WatchedGraph> {
  const { ort, session, files, dimensions, activations } = settings;
  const graph = new Graph(model, files);
  const feeds = readFeeds(ort, graph.inputs, rows, dimensions);
  const isInput = new Set(graph.inputs.map(({ name }) => name));
  const nodes = findActivations(graph).filter(
    ({ activation: { name }, z }) => (!ASKED_ONLY.includes(name) || activations.includes(name)) && !isInput.has(z),
  );
  if (nodes.length === 0) throw nothingFound(graph, "none");
  const names = distinct(nodes.map(({ name }) => name));
  const wanted = new Set(nodes.map(({ z }) => z));
  const shaped = graph.valuesAt(SHAPED);
  const probed = await probeShapes({ ort, session }, graph.bytes, feeds, wanted, shaped, graph.names());
  graph.shapes = probed.shapes;
  const leftOut = new Map<string, string[]>();
  const places: WatchedPlace[] = [];
  nodes.forEach((node, index) => {
    const name = names[index];
    const refusal = node.refusal ?? (probed.apart.has(node.z) ? "the same numbers whatever the rows are" : undefined);
    const place = refusal ?? placeOf(graph, node, name, probed);
    if (typeof place !== "string") places.push(place);
    else leftOut.set(place, [...(leftOut.get(place) ?? []), name]);
  });
  if (places.length === 0) throw nothingFound(graph, [...leftOut.keys()].join(", "));
  return {
    graph,
    feeds,
    places,
    rowsOfRun: probed.oneByOne === undefined ? feeds.batch : 1,
    notes: [...notesOf(graph, probed), ...highNotes(places), ...leftOutNotes(leftOut)],
  };
}

/** Of what is closed above a number too. */
function highNotes(places: readonly WatchedPlace[]): string[] {
  const cut = places.filter(({ node }) => node.high !== undefined);
  if (cut.length === 0) return [];
  const listed = listNames(
    cut.map((_, i) => i),
    (i) => `${cut[i].name} (at ${formatNumber(cut[i].node.high!)})`,
  );
  return [`judged as relu, though cut off above as well, which is not looked at: ${listed}`];
}

function notesOf(graph: Graph, { oneByOne }: Probed): string[] {
  const closed = closedOperators(graph);
  return [
    ...(oneByOne === undefined ? [] : [`rows were run one by one: ${oneByOne}`]),
    ...(closed.length === 0 ? [] : [`what is inside of ${closed.slice(0, 8).join(", ")} is not looked at`]),
  ];
}
