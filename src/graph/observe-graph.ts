// A graph over all rows: activations fetched in groups that fit in memory, batch by batch, and what their units did.
import { learnsAlpha } from "../activations/activations.js";
import type { ObservedActivation } from "../activations/observed.js";
import { productOf } from "../arrays/numbers.js";
import type { Pace } from "../core/pace.js";
import { RelumineError } from "../core/errors.js";
import { ActivationWatch, type WatchedLayer } from "../inspect/activation-watch.js";
import type { LayerObservation, LayerWeights, Observation } from "../inspect/observation.js";
import type { UnitStatistics } from "../inspect/statistics.js";
import { connections, type Product, vectorOf } from "./feeding.js";
import { takenBeside } from "./outgoing.js";
import { originOf, type Outputs } from "./sources.js";
import { sizeOf, type UnitAxis, unitAt } from "./units-through.js";
import type { RowFeeds } from "./feeds.js";
import type { Graph } from "./graph.js";
import { type Fetched, type OnnxRuntime, type RunGraph, withSession } from "./runtime.js";
import type { WatchedGraph, WatchedPlace } from "./watched-graph.js";
import { GraphBytes, outputField } from "./wire.js";

export interface RunSettings {
  readonly ort: OnnxRuntime;
  readonly session: object | undefined;
  /** Bytes that the activations of a run may take, and what is fed to it. */
  readonly memory: number;
  /** Rows of a run; undefined: what fits. */
  readonly batchSize: number | undefined;
}

/** Rows that a run takes at most where nothing else says so: what lies between activations takes memory too. */
const MOST_ROWS = 256;
/** Bytes that are fetched by a run at most where nothing else says so: a run can't be interrupted. */
const MOST_FETCHED = 2 ** 25;
const BYTES = 4;

/** Places that are fetched together. */
interface Group {
  readonly places: readonly number[];
  /** Bytes of a row. */
  readonly bytes: number;
}

/** Places in groups of which a run's fewest rows fit in memory, where one alone does. */
function group({ places, rowsOfRun = 1 }: WatchedGraph, memory: number): Group[] {
  const groups: { places: number[]; bytes: number; names: Set<string> }[] = [];
  places.forEach(({ size, value: { name } }, index) => {
    const bytes = size * BYTES;
    const last = groups.at(-1);
    if (last && (last.names.has(name) || (last.bytes + bytes) * rowsOfRun <= memory)) {
      last.places.push(index);
      if (!last.names.has(name)) last.bytes += bytes;
      last.names.add(name);
    } else groups.push({ places: [index], bytes, names: new Set([name]) });
  });
  return groups;
}

/** Rows that a run may take: all activations are computed on it, whichever are fetched. */
export function rowsThatFit(
  { places, feeds }: WatchedGraph,
  { memory, batchSize }: Pick<RunSettings, "memory" | "batchSize">,
): number {
  const sizes = new Map(places.map(({ size, value }) => [value.name, size]));
  const numbers = [...sizes.values()].reduce((sum, size) => sum + size, feeds.numbersOfRow);
  const fitting = (bytes: number) => Math.floor(bytes / (numbers * BYTES));
  const usual = Math.min(MOST_ROWS, fitting(MOST_FETCHED));
  return Math.max(1, Math.min(feeds.rows, batchSize ?? usual, fitting(memory)));
}

function layerOf({ graph }: WatchedGraph, { name, node, value }: WatchedPlace): WatchedLayer {
  const { activation } = node;
  const { units, axis, rank } = value;
  const constant = learnsAlpha(activation.name) ? graph.producer(node.output)?.inputs[1] : undefined;
  const slopes = constant === undefined ? undefined : vectorOf(graph.constant(constant), value);
  return {
    name,
    activation: activation as ObservedActivation,
    units,
    channels: axis === rank - 1 ? "last" : "first",
    ...(slopes && { slopes: Float32Array.from(slopes) }),
  };
}

/**
 * One run's numbers of a place, rows first and units in one axis, places in another.
 * @param rows as many are wanted
 * @param run as many there are
 */
function arrange({ name, value }: WatchedPlace, { data, shape }: Fetched, rows: number, run: number) {
  const { axis, units } = value;
  if (shape.length !== value.rank || shape[axis] !== units || shape[0] % run !== 0) {
    const given = `[${shape.join(", ")}]`;
    throw new RelumineError(
      "unsupported",
      `the model's value at ${name}`,
      `to have ${units} units on every run`,
      given,
    );
  }
  const perRow = data.length / run;
  const own = data.subarray(0, rows * perRow);
  const inner = productOf(shape.slice(axis + 1));
  const outer = perRow / units / inner;
  if (axis === value.rank - 1) return { values: own, shape: [rows, outer, units] };
  const values = outer === 1 ? own : unitsFirst(own, rows, outer, units, inner);
  return { values, shape: [rows, units, outer * inner] };
}

/** [rows, outer, units, inner] as [rows, units, outer, inner]. */
function unitsFirst(data: Float32Array, rows: number, outer: number, units: number, inner: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0, from = 0; row < rows; row++)
    for (let before = 0; before < outer; before++)
      for (let unit = 0; unit < units; unit++, from += inner)
        result.set(data.subarray(from, from + inner), ((row * units + unit) * outer + before) * inner);
  return result;
}

/** Runs all rows through the graph, with the values of one group as outputs. */
async function runGroup(
  watched: WatchedGraph,
  own: Group,
  settings: RunSettings,
  watch: ActivationWatch,
  told: (rows: number) => Promise<void> | undefined,
): Promise<boolean> {
  const { graph, feeds, places } = watched;
  const names = [...new Set(own.places.map((index) => places[index].value.name))];
  const added = names.filter((name) => !graph.isOutput(name)).map(outputField);
  const model = new GraphBytes(graph.bytes).edited([], added);
  return withSession(settings.ort, model, settings.session, async (run) => {
    const isMixed = await mixesRows(run, feeds, names);
    const count = isMixed ? 1 : (watched.rowsOfRun ?? rowsThatFit(watched, settings));
    for (let start = 0; start < feeds.rows; start += count) {
      const rows = Math.min(count, feeds.rows - start);
      const inRun = isMixed ? 1 : (watched.rowsOfRun ?? rows);
      const results = await run(isMixed ? feeds.copies(start) : feeds.make(start, inRun), names);
      for (const index of own.places) {
        const { values, shape } = arrange(places[index], results.get(places[index].value.name)!, rows, inRun);
        watch.add(index, values, shape, "preactivations");
      }
      await told(rows);
    }
    return isMixed;
  });
}

/**
 * Whether a run of a fixed batch mixes its rows, or has them along another axis than the first: told by what changes
 * when its first row, or its last one, is another. Such a run takes one row as often as it has rows.
 */
async function mixesRows(run: RunGraph, feeds: RowFeeds, names: readonly string[]): Promise<boolean> {
  const { batch = 1 } = feeds;
  if (batch === 1) return false;
  const other = feeds.leastLike(0);
  const same = await run(feeds.copies(0), names);
  const rows = Array<number>(batch).fill(0);
  for (const changed of [0, batch - 1]) {
    const results = await run(feeds.of(rows.with(changed, other)), names);
    const isElsewhere = names.some((name) => differsElsewhere(same.get(name)!, results.get(name)!, changed, batch));
    if (isElsewhere) return true;
  }
  return false;
}

/** Whether numbers differ outside of those of one row, by the first axis. */
function differsElsewhere(before: Fetched, { data, shape }: Fetched, row: number, batch: number): boolean {
  if (before.data.length !== data.length || shape[0] % batch !== 0) return true;
  const size = data.length / batch;
  return data.some((value, i) => !Object.is(value, before.data[i]) && Math.floor(i / size) !== row);
}

export interface ObservedGraph {
  readonly observation: Observation;
  readonly notes: readonly string[];
}

/** @param pace hears, from 0 to 1, how much of the runs is done */
export async function observeGraph(watched: WatchedGraph, settings: RunSettings, pace: Pace): Promise<ObservedGraph> {
  const { places, feeds } = watched;
  const watch = new ActivationWatch(places.map((place) => layerOf(watched, place)));
  try {
    const groups = group(watched, settings.memory);
    let done = 0;
    let isMixed = false;
    const told = (rows: number) => pace.at((done += rows) / (groups.length * feeds.rows));
    for (const each of groups) {
      pace.verify();
      if (await runGroup(watched, each, settings, watch, told)) isMixed = true;
    }
    const note =
      "rows were run one by one, each in all places of a batch: a batch has them along another axis, or mixed";
    return { observation: withFeeding(watched, watch.finish()), notes: isMixed ? [note] : [] };
  } finally {
    watch.dispose();
  }
}

/** What feeds the layers, added to what was seen of them. */
function withFeeding(watched: WatchedGraph, seen: Observation): Observation {
  const { graph, places } = watched;
  const outputs: Outputs = new Map(places.map(({ node, value }, place) => [node.output, { place, value }]));
  const fed = places.map((place, index) => fedBy(graph, place, seen.layers[index].units, outputs));
  return {
    ...seen,
    fedBy: fed.map(({ from }) => from),
    layers: seen.layers.map((layer, index): LayerObservation => {
      const { weights, isPart } = fed[index];
      if (!weights) return layer;
      return { ...layer, weights, isPart, isShared: isMoved(graph, places[index]) };
    }),
  };
}

/** Whether what closes a unit may be moved: by what shares its weights, or by what else takes its preactivations. */
function isMoved(graph: Graph, { feeding, node }: WatchedPlace): boolean {
  return feeding!.isShared || takenBeside(graph, feeding!.way, node.output) !== undefined;
}

interface Fed {
  readonly from: number | "rows" | undefined;
  readonly isPart: boolean;
  readonly weights?: LayerWeights;
}

/** The bias of a place, and, where some of its units are silent, which units feed them. */
function fedBy(
  graph: Graph,
  { feeding, value }: WatchedPlace,
  units: readonly UnitStatistics[],
  outputs: Outputs,
): Fed {
  if (!feeding) return { from: undefined, isPart: true };
  const bias = Float32Array.from(feeding.bias);
  const weights = { inputs: 0, units: value.units, kernel: new Float32Array(0), bias };
  const { product, isSum } = feeding;
  const blind = { from: undefined, isPart: isSum || !product, weights };
  const isSilent = units.some(({ meanActivation }) => meanActivation === 0);
  if (!product || isSum || !isSilent) return blind;
  const origin = originOf(graph, product.x, outputs);
  if (origin === undefined) return blind;
  if (origin === "rows") return { ...blind, from: "rows" };
  const from = origin.units;
  const inputs = from.units;
  const below = { inputs, size: sizeOf(from), unitAt: (place: number) => unitAt(from, place) };
  const kernel = isTaken(from, product) ? connections(graph, product, below, value.units) : undefined;
  return kernel ? { from: origin.place, isPart: false, weights: { ...weights, inputs, kernel } } : blind;
}

/** Whether a product multiplies what lies along the axis of the units. */
function isTaken(units: UnitAxis, { kind }: Product): boolean {
  return kind === "dense" ? units.axis === units.rank - 1 : units.axis === 1 && sizeOf(units) === units.units;
}
