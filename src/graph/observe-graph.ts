// A graph over all rows: activations fetched in groups that fit in memory, batch by batch, and what their units did.
import { learnsAlpha } from "../activations/activations.js";
import type { ObservedActivation } from "../activations/observed.js";
import type { Pace } from "../core/pace.js";
import { RelumineError } from "../core/errors.js";
import { ActivationWatch, type WatchedLayer } from "../inspect/activation-watch.js";
import type { LayerObservation, LayerWeights, Observation } from "../inspect/observation.js";
import type { UnitStatistics } from "../inspect/statistics.js";
import { connections, type Product, type UnitValue, vectorOf } from "./feeding.js";
import { isInUnitOrder, type Origin, originOf } from "./sources.js";
import { type Fetched, type OnnxRuntime, withSession } from "./runtime.js";
import type { WatchedGraph, WatchedPlace } from "./watched-graph.js";
import { GraphBytes, outputField } from "./wire.js";

export interface RunSettings {
  readonly ort: OnnxRuntime;
  readonly session: object | undefined;
  /** Bytes that the fetched numbers of a run may take. */
  readonly memory: number;
  /** Rows of a run; undefined: what fits. */
  readonly batchSize: number | undefined;
}

/** Rows that a run takes at most where nothing else says so: what is not fetched takes memory too. */
const MOST_ROWS = 256;
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

function rowsOf({ feeds, rowsOfRun }: WatchedGraph, { bytes }: Group, { memory, batchSize }: RunSettings): number {
  if (rowsOfRun !== undefined) return rowsOfRun;
  const fitting = Math.max(1, Math.floor(memory / bytes));
  return Math.min(feeds.rows, batchSize ?? MOST_ROWS, fitting);
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

/** One run's numbers of a place, rows first and units in one axis, places in another. */
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
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
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
): Promise<void> {
  const { graph, bytes, feeds, places } = watched;
  const names = [...new Set(own.places.map((index) => places[index].value.name))];
  const added = names.filter((name) => !graph.isOutput(name)).map(outputField);
  const model = new GraphBytes(bytes).edited([], added);
  const count = rowsOf(watched, own, settings);
  await withSession(settings.ort, model, settings.session, async (run) => {
    for (let start = 0; start < feeds.rows; start += count) {
      const rows = Math.min(count, feeds.rows - start);
      const inRun = watched.rowsOfRun ?? rows;
      const results = await run(feeds.make(start, inRun), names);
      for (const index of own.places) {
        const { values, shape } = arrange(places[index], results.get(places[index].value.name)!, rows, inRun);
        watch.add(index, values, shape, "preactivations");
      }
      await told(rows);
    }
  });
}

/** @param pace hears, from 0 to 1, how much of the runs is done */
export async function observeGraph(watched: WatchedGraph, settings: RunSettings, pace: Pace): Promise<Observation> {
  const { places, feeds } = watched;
  const watch = new ActivationWatch(places.map((place) => layerOf(watched, place)));
  try {
    const groups = group(watched, settings.memory);
    let done = 0;
    for (const each of groups) {
      pace.verify();
      await runGroup(watched, each, settings, watch, (rows) => pace.at((done += rows) / (groups.length * feeds.rows)));
    }
    return withFeeding(watched, watch.finish());
  } finally {
    watch.dispose();
  }
}

/** What feeds the layers, added to what was seen of them. */
function withFeeding(watched: WatchedGraph, seen: Observation): Observation {
  const fed = watched.places.map((place, index) => fedBy(watched, place, seen.layers[index].units));
  return {
    ...seen,
    fedBy: fed.map(({ from }) => from),
    layers: seen.layers.map((layer, index): LayerObservation => {
      const { weights } = fed[index];
      return weights ? { ...layer, weights } : layer;
    }),
  };
}

interface Fed {
  readonly from: number | "rows" | undefined;
  readonly weights?: LayerWeights;
}

/** The bias of a place, and, where some of its units are silent, which units feed them. */
function fedBy(watched: WatchedGraph, { feeding, value }: WatchedPlace, units: readonly UnitStatistics[]): Fed {
  if (!feeding) return { from: undefined };
  const bias = Float32Array.from(feeding.bias);
  const blind = { from: undefined, weights: { inputs: 0, units: value.units, kernel: new Float32Array(0), bias } };
  const isSilent = units.some(({ meanActivation }) => meanActivation === 0);
  const { product } = feeding;
  if (!product || !isSilent) return blind;
  const { graph, places } = watched;
  const outputs = new Map(places.map(({ node }, index) => [node.output, index]));
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const origin = originOf(graph, product.x, (name) => outputs.has(name) || inputs.has(name));
  if (origin === undefined) return blind;
  const from = outputs.get(origin.name);
  if (from === undefined) return { ...blind, from: "rows" };
  const below = places[from].value;
  const kernel = keepsOrder(origin, product, below) ? connections(graph, product, below.units, value.units) : undefined;
  return kernel ? { from, weights: { inputs: below.units, units: value.units, kernel, bias } } : blind;
}

/** Whether a product's inputs are the units of a value in order, or blocks of them. */
function keepsOrder(origin: Origin, { kind }: Product, value: UnitValue): boolean {
  return kind === "dense" ? isInUnitOrder(origin, value) : value.axis === 1 && !origin.isFlattened;
}
