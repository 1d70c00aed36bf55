// Rows in, what each unit did out: the one place that owns buffers, passes, chunks and counters for a look at a
// network. It has memory of its own, so that a training under way finds its own as it was; the network is not changed.
import type { RowStream } from "./row-stream.js";
import { LayerTotals, type UnitStatistics } from "./statistics.js";
import { activationCode, type CounterPlace } from "../wasm/abi.js";
import type { Matrix, SampleRows } from "../core/matrix.js";
import { entriesOfChunks, isSparse, mostEntries } from "../core/sparse.js";
import { finish, type Steps } from "../core/pace.js";
import { BatchBuffers } from "../network/state/batch-buffers.js";
import { chunkSteps, dataRows, rowsAsTheyLie, type RowSource } from "../network/state/chunks.js";
import { type Counting, Passes } from "../network/state/passes.js";
import type { PreparedData, PreparedTargets } from "../network/data.js";
import type { NetworkState } from "../network/state/state.js";
import { Arena, GrowingBlock } from "../wasm/heap.js";

/** A unit by its place. */
export interface UnitIndex {
  /** Index in network.layers. */
  readonly layer: number;
  readonly unit: number;
}

/** Rows of prepared data by their indices. */
export interface IndexedRows {
  readonly data: PreparedData;
  readonly indices: Uint32Array;
}

export type Rows = SampleRows | IndexedRows | RowStream;

/** What layers made of some rows. Views: valid until the next chunk, or until something is allocated. */
export interface Chunk {
  /** Its first row's place among all. */
  readonly start: number;
  readonly rows: number;
  /** What feeds a layer: rows x inputs. */
  inputs(layer: number): Float32Array;
  /** rows x units. */
  preactivations(layer: number): Float32Array;
  /** rows x units: f of the preactivations, whatever becomes of it on the way up; the output layer's are logits. */
  activations(layer: number): Float32Array;
}

/** A chunk in the inspector's own buffers. */
export interface InspectedChunk extends Chunk {
  /** One of a layer's counters, by unit. */
  counter(layer: number, which: CounterPlace): Float32Array;
}

/** Ends the loop by returning false. */
export type VisitChunk<C extends Chunk = Chunk> = (chunk: C) => boolean | void;

export interface RunOptions {
  /** Run so many layers from the first on; default all. */
  readonly layers?: number;
  /** Default "none". */
  readonly counting?: Counting;
}

/** Norms per row of the gradient by a layer's activations, and by its preactivations. */
export interface GradientNorms {
  readonly arriving: number;
  readonly passed: number;
}

const isIndexed = (rows: Rows): rows is IndexedRows => "indices" in rows;
export const isStream = (rows: Rows): rows is RowStream => "load" in rows;

export function countRows(rows: Rows): number {
  return isIndexed(rows) ? rows.indices.length : rows.rows;
}

export class Inspector {
  private readonly arena: Arena;
  private readonly buffers: BatchBuffers;
  private readonly passes: Passes;
  private readonly chunk: { -readonly [key in keyof InspectedChunk]: InspectedChunk[key] };
  /** Indices of the rows that are run. */
  private readonly order: GrowingBlock;
  /** Indices of the units of a layer that are run by themselves. */
  private readonly chosen: GrowingBlock;
  /** Of a gradient on its way back: that by a layer's outputs beside that by its inputs. */
  private readonly gradients: GrowingBlock;

  /** @param parameters a block laid out as the network's, where it is not to be run with its own */
  constructor(
    readonly state: NetworkState,
    private readonly parameters = state.parameters,
  ) {
    const { runtime, spec, layout } = state;
    this.arena = new Arena(runtime.heap, this);
    this.order = new GrowingBlock(this.arena, "the rows to look at");
    this.chosen = new GrowingBlock(this.arena, "the units to look at");
    this.gradients = new GrowingBlock(this.arena, "a gradient by the inputs");
    this.buffers = new BatchBuffers(spec, runtime.heap, this.arena, true);
    this.passes = new Passes(runtime, spec, layout, this.buffers, parameters);
    this.chunk = this.makeChunk();
  }

  dispose(): void {
    this.arena.dispose();
  }

  private makeChunk(): Inspector["chunk"] {
    const { state, buffers } = this;
    const chunk = {
      start: 0,
      rows: 0,
      inputs: (layer: number) =>
        state.floats(
          layer === 0 ? buffers.denseInputs(chunk.rows) : this.passes.output(layer - 1),
          chunk.rows * state.inputsOf(layer),
        ),
      preactivations: (layer: number) =>
        state.floats(buffers.preactivations(layer), chunk.rows * state.spec.layers[layer].units),
      activations: (layer: number) =>
        state.floats(buffers.activations(layer), chunk.rows * state.spec.layers[layer].units),
      counter: (layer: number, which: CounterPlace) => {
        const { units } = state.spec.layers[layer];
        return state.floats(buffers.counters(layer) + which * units * 4, units);
      },
    };
    return chunk;
  }

  private sourceOf(rows: Rows): RowSource {
    if (isStream(rows)) return rows;
    if (!isIndexed(rows)) {
      this.reserve(rows.rows, rows);
      return rowsAsTheyLie(rows);
    }
    const { data, indices } = rows;
    this.reserve(indices.length, data.x, indices);
    const order = this.order.reserve(indices.length * 4);
    this.state.runtime.heap.u32.set(indices, order >>> 2);
    return dataRows(data, 0, indices.length, order);
  }

  /** Makes room for so many rows of x by their indices, so that a later `run` allocates nothing. */
  prepare(rows: number, x: SampleRows): void {
    this.order.reserve(rows * 4);
    this.reserve(rows, x);
  }

  /** Chunks of sparse rows have room for their zeros too, so that a visitor that asks for those moves nothing. */
  private reserve(rows: number, x: SampleRows, indices?: Uint32Array): void {
    const chunk = this.buffers.chunk(rows);
    this.buffers.ensure(chunk, false);
    if (!isSparse(x)) return;
    const entries = indices ? entriesOfChunks(x, indices, chunk) : mostEntries(x, chunk);
    this.buffers.ensure(chunk, false, entries);
  }

  /** How many of `rows` rows one chunk holds. */
  chunkRows(rows: number): number {
    return this.buffers.chunk(rows);
  }

  /** Runs rows forward, a chunk at a time. */
  run(rows: Rows, options: RunOptions, visit: VisitChunk<InspectedChunk>): void {
    finish(this.runSteps(rows, options, visit));
  }

  private runSteps(rows: Rows, options: RunOptions, visit: VisitChunk<InspectedChunk>): Steps<void> {
    return chunkSteps({ passes: this.passes, buffers: this.buffers }, this.sourceOf(rows), options, (start, count) => {
      this.chunk.start = start;
      this.chunk.rows = count;
      return visit(this.chunk);
    });
  }

  /**
   * By layer and unit, in one pass; `visit` sees each chunk.
   * @param layers the first so many are run; default all, the output layer included
   * @param first the layer from which on they are counted
   */
  statistics(
    rows: Rows,
    visit?: VisitChunk<InspectedChunk>,
    layers = this.state.spec.layers.length,
    first = 0,
  ): UnitStatistics[][] {
    return finish(this.statisticsSteps(rows, visit, layers, first));
  }

  /** The same in steps of a chunk. */
  *statisticsSteps(
    rows: Rows,
    visit?: VisitChunk<InspectedChunk>,
    layers = this.state.spec.layers.length,
    first = 0,
  ): Steps<UnitStatistics[][]> {
    const { state, buffers } = this;
    const { runtime, spec } = state;
    const scratch = new Arena(runtime.heap);
    try {
      const counted = spec.layers
        .slice(first, layers)
        .map(({ units, activation }) => new LayerTotals(units, activation.name, runtime, scratch));
      yield* this.runSteps(rows, { counting: "all", layers }, (chunk) => {
        counted.forEach((totals, i) => {
          const layer = first + i;
          totals.add(chunk.rows, buffers.counters(layer), buffers.preactivations(layer), buffers.activations(layer));
        });
        return visit?.(chunk);
      });
      return counted.map((totals) => totals.read());
    } finally {
      scratch.dispose();
    }
  }

  /**
   * Preactivations of single units, one array a unit; `visit` sees each chunk, of which the highest of their layers is
   * not run as a whole.
   */
  columns(rows: Rows, units: readonly UnitIndex[], visit?: VisitChunk): Float32Array[] {
    const count = countRows(rows);
    const columns = units.map(() => new Float32Array(count));
    const top = Math.max(...units.map(({ layer }) => layer));
    const chosen = this.choose(units, top, this.buffers.chunk(count));
    const places = [...units.keys()].filter((i) => !chosen || units[i].layer < top);
    this.run(rows, { layers: chosen ? top : top + 1 }, (chunk) => {
      for (const i of places) {
        const { layer, unit } = units[i];
        copyColumn(chunk.preactivations(layer), this.state.spec.layers[layer].units, unit, columns[i], chunk.start);
      }
      if (chosen) this.runChosen(chunk, top, chosen, units, columns);
      return visit?.(chunk);
    });
    return columns;
  }

  /**
   * The units of a layer to run by themselves, ascending, where that is cheaper and gives the same bits: in the chunks
   * of so many rows, and in the last one, the whole product would be one of packed operands.
   */
  private choose(units: readonly UnitIndex[], layer: number, rows: number): readonly number[] | undefined {
    const width = this.state.spec.layers[layer].units;
    const chosen = [...new Set(units.filter((each) => each.layer === layer).map(({ unit }) => unit))];
    if (rows < 4 || 2 * chosen.length > width) return undefined;
    return chosen.sort((a, b) => a - b);
  }

  /** Their preactivations on a chunk of which the layers below were run. */
  private runChosen(
    { rows, start }: Chunk,
    top: number,
    chosen: readonly number[],
    units: readonly UnitIndex[],
    columns: readonly Float32Array[],
  ): void {
    const { kernels, heap } = this.state.runtime;
    const { inputs, units: width } = this.state.layer(top);
    const isPacked = rows > 3 && kernels.isPacked(rows, width, inputs) !== 0;
    if (isPacked) {
      const index = this.chosen.reserve(chosen.length * 4);
      heap.u32.set(chosen, index >>> 2);
      this.passes.product(top, rows, chosen.length, index);
    } else this.passes.forward(rows, "none", top + 1, top);
    const z = this.buffers.preactivations(top);
    const { shift } = this.state.layer(top, this.parameters);
    const stride = isPacked ? chosen.length : width;
    units.forEach(({ layer, unit }, i) => {
      if (layer !== top) return;
      copyColumn(
        this.state.floats(z, rows * stride),
        stride,
        isPacked ? chosen.indexOf(unit) : unit,
        columns[i],
        start,
      );
      if (isPacked) for (let row = 0; row < rows; row++) columns[i][start + row] += shift[unit];
    });
  }

  /**
   * A gradient back from a layer's activations to the network's inputs, without the parameters' part: dZ = f'(Z) ∘ dA,
   * dA = dZ·Wᵀ, of a normalized layer between the two back through its normalization.
   * @param chunk the one that was run last, up to this layer or further
   * @param from the layer at whose activations the gradient starts; in those below, what passes a layer by is added
   * @param seed writes that gradient, rows x units
   * @param through makes dZ of a layer's dA in place, rows x units; default: the kernels' f'; ends the way by false
   * @returns the gradient by the network's inputs, rows x inputs: a view, valid until the next allocation
   */
  pushBack(
    chunk: Chunk,
    from: number,
    seed: (gradient: Float32Array) => void,
    through: (layer: number, gradient: Float32Array) => boolean | void = (layer, gradient) =>
      this.throughActivation(chunk, layer, gradient),
  ): Float32Array {
    const { state } = this;
    const { kernels, workspace } = state.runtime;
    const { rows } = chunk;
    const widest = state.layers
      .slice(0, from + 1)
      .reduce((most, { inputs, units }) => Math.max(most, inputs, units), 0);
    const block = this.gradients.reserve(2 * rows * widest * 4);
    let [dz, next] = [block, block + 4 * rows * widest];
    seed(state.floats(dz, rows * state.spec.layers[from].units));
    for (let index = from; index >= 0; index--) {
      const { inputs, units, kernelAddress } = state.layer(index);
      const isPassedBy = state.spec.layers[index].residual === true && index < from;
      const gradient = state.floats(dz, rows * units);
      if (isPassedBy) state.floats(next, rows * units).set(gradient);
      if (through(index, gradient) === false) break;
      this.passes.throughNormalization(index, rows, dz);
      const beta = Number(isPassedBy);
      kernels.gemm(rows, inputs, units, dz, units, 1, kernelAddress, 1, units, beta, next, inputs, workspace);
      [dz, next] = [next, dz];
    }
    return state.floats(dz, rows * state.spec.inputs);
  }

  /**
   * How large a gradient is on its way down, by layer: that of the loss on these rows, or, without targets, one drawn
   * at random. Few rows will do: they are run as one batch, in buffers of their size.
   */
  gradientNorms(x: Matrix, targets: PreparedTargets | undefined): GradientNorms[] {
    return withInspector(this.state, (few) => few.measureGradient(x, targets), this.parameters);
  }

  private measureGradient(x: Matrix, targets: PreparedTargets | undefined): GradientNorms[] {
    const { state, buffers, passes } = this;
    const { runtime, spec } = state;
    const last = spec.layers.length - 1;
    const outputs = x.rows * spec.layers[last].units;
    buffers.ensure(x.rows, true);
    if (targets) passes.rows.gather({ rows: x.rows, x, views: [], y: targets }, 0, x.rows, 0);
    else passes.rows.copyInputs(x, 0, x.rows);
    passes.forward(x.rows, "none");
    if (targets) passes.loss(x.rows, targets.kind, true);
    else runtime.kernels.fillNormal(outputs, buffers.gradient(0), 1, 0, 0, 0, 0, 1);
    this.chunk.start = 0;
    this.chunk.rows = x.rows;
    const norms: GradientNorms[] = [];
    const normOf = (values: Float32Array) => {
      let sum = 0;
      for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
      return Math.sqrt(sum / x.rows);
    };
    this.pushBack(
      this.chunk,
      last,
      (gradient) => gradient.set(state.floats(buffers.gradient(0), outputs)),
      (index, gradient) => {
        const arriving = normOf(gradient);
        const isThrough = index === last && targets !== undefined && passes.skipsLastActivation;
        if (!isThrough) this.throughActivation(this.chunk, index, gradient);
        norms[index] = { arriving, passed: normOf(gradient) };
        return index > 0;
      },
    );
    return norms;
  }

  /** dZ = f'(Z) ∘ dA, in place. */
  private throughActivation({ rows }: Chunk, index: number, gradient: Float32Array): void {
    const layer = this.state.layer(index);
    this.state.runtime.kernels.activationBackward(
      activationCode(layer.activation.name),
      layer.activation.alpha ?? 0,
      layer.alphaAddress,
      rows,
      layer.units,
      this.buffers.preactivations(index),
      gradient.byteOffset,
      gradient.byteOffset,
      0,
      0,
    );
  }
}

/**
 * A look at a network whose buffers are given back at its end.
 * @param parameters as the constructor takes them
 */
export function withInspector<T>(state: NetworkState, look: (inspector: Inspector) => T, parameters?: number): T {
  const inspector = new Inspector(state, parameters);
  try {
    return look(inspector);
  } finally {
    inspector.dispose();
  }
}

/** As withInspector, of a look that takes its time. */
export async function withInspectorAsync<T>(
  state: NetworkState,
  look: (inspector: Inspector) => Promise<T>,
): Promise<T> {
  const inspector = new Inspector(state);
  try {
    return await look(inspector);
  } finally {
    inspector.dispose();
  }
}

function copyColumn(from: Float32Array, width: number, place: number, to: Float32Array, start: number): void {
  for (let row = 0, at = place; at < from.length; row++, at += width) to[start + row] = from[at];
}
