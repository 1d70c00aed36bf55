// Rows through a network layer by layer: all rows through one layer before the next one is run, for whoever changes
// layers front to back by what their units do. What feeds a layer is kept for all rows where memory allows it, so that
// no layer is run again for those above it; and of units that were changed only their own columns are run again, by the
// product of selected columns.
//
// Bits: a product adds up each element over the inputs in order, whatever other columns are asked for, and chunks are
// those of an Inspector. So statistics are those of a pass through the network as it is in the end.
import type { Chunk } from "./inspector.js";
import { LayerTotals, type UnitStatistics } from "./statistics.js";
import type { ResolvedActivation } from "../activations/activations.js";
import type { SampleRows } from "../core/matrix.js";
import type { Pace } from "../core/pace.js";
import { RereadRows } from "./row-stream.js";
import { rowsAsTheyLie, type RowSource } from "../network/state/chunks.js";
import { BatchBuffers } from "../network/state/batch-buffers.js";
import type { LayerView } from "../network/state/layer-view.js";
import { Passes } from "../network/state/passes.js";
import type { NetworkState } from "../network/state/state.js";
import { activationCode } from "../wasm/abi.js";
import { Arena, Layout } from "../wasm/heap.js";

/** What is kept of all rows at once, beside the samples, has so many floats at most: 64 MB. */
const MOST_FLOATS = 2 ** 24;
/** For columns that are looked at there is always so much. */
const LEAST_ROOM = 2 ** 21;
/** Columns that are read from rows together: a cache line. */
const COLUMNS_TOGETHER = 16;
/** Rows of which these are read at once: what is read, and what is written, stays in L1 (measured: a tenth). */
const TILE = 16;

const LINEAR = activationCode("linear");

/** Preactivations of a layer's units without their biases. */
export interface Products {
  readonly units: readonly number[];
  /** rows x units; absent where they are not kept. */
  readonly data?: Float32Array;
  readonly statistics: readonly UnitStatistics[];
}

/** What one chunk of rows made of a layer: views, until something is allocated or another chunk is run. */
export interface LayerChunk {
  /** Its first row's place among all. */
  readonly start: number;
  readonly rows: number;
  /** rows x units. */
  readonly preactivations: Float32Array;
  /** rows x units; the output layer's are logits. */
  readonly activations: Float32Array;
}

/** Of a chunk of a layer's rows: the first one's place, how many they are, what the pass left. */
type VisitRows = (start: number, rows: number) => void;

/** What feeds a layer, for all rows: rows x its inputs. */
interface Held {
  readonly layer: number;
  readonly data: Float32Array;
}

/** What hidden layers put out, and what was counted of all layers, before anything is changed. */
export interface KnownLayers {
  /** By layer and unit. */
  readonly statistics: readonly (readonly UnitStatistics[])[];
  /** By layer, from the first on as far as they fit: rows x units. They are the sweep's from now on. */
  readonly outputs: readonly Float32Array[];
}

export interface SweepOptions {
  /** A block laid out as the state's, where its own parameters are not to be run. */
  readonly parameters?: number;
  /** How many are kept of all rows at once, beside the samples and what is known. */
  readonly mostFloats?: number | undefined;
  /** What the state's layers are known to do on these rows: they are run only once something has changed. */
  readonly known?: KnownLayers | undefined;
}

/** Keeps, beside a pass over so many rows, what hidden layers put out, from the first on as far as it fits. */
export class KeptLayers {
  readonly outputs: Float32Array[] = [];
  private readonly widths: readonly number[];

  constructor({ spec }: NetworkState, rows: number, mostFloats = MOST_FLOATS) {
    this.widths = spec.layers.slice(0, -1).map(({ units }) => units);
    let room = mostFloats;
    for (const units of this.widths) {
      room -= rows * units;
      if (room < 0) break;
      this.outputs.push(new Float32Array(rows * units));
    }
  }

  readonly visit = (chunk: Chunk): void =>
    this.outputs.forEach((kept, layer) => kept.set(chunk.inputs(layer + 1), chunk.start * this.widths[layer]));
}

const everyUnit = (count: number): number[] => Array.from({ length: count }, (_, unit) => unit);

/** Hands on each column of rows x columns in turn, in an array that is the callee's until it returns. */
function forEachColumn(
  data: Float32Array,
  rows: number,
  columns: number,
  visit: (column: number, values: Float32Array) => void,
): void {
  const together = Math.min(COLUMNS_TOGETHER, columns);
  const block = new Float32Array(together * rows);
  for (let first = 0; first < columns; first += together) {
    const count = Math.min(together, columns - first);
    for (let top = 0; top < rows; top += TILE) {
      const end = Math.min(top + TILE, rows);
      for (let i = 0; i < count; i++)
        for (let row = top, at = row * columns + first + i; row < end; row++, at += columns)
          block[i * rows + row] = data[at];
    }
    for (let i = 0; i < count; i++) visit(first + i, block.subarray(i * rows, (i + 1) * rows));
  }
}

export class LayerSweep {
  /** The layer that is run: its inputs are known, and it may be changed. */
  layer = 0;
  private readonly arena: Arena;
  private readonly buffers: BatchBuffers;
  private readonly passes: Passes;
  private readonly chunk: number;
  private readonly parameters: number;
  private readonly mostFloats: number;
  private readonly known: KnownLayers | undefined;
  /** Of the state, when it was as it is known. */
  private readonly changes: number;
  private readonly source: RowSource;
  /** What feeds the layer, or one below it; absent: the samples. */
  private held: Held | undefined;
  /** What `run` made of the layer, rows x units, where it fits. */
  private outputs: Float32Array | undefined;
  /** Of selected units: their indices, biases and slopes, and statistics. */
  private readonly selection: { readonly index: number; readonly bias: number; readonly alpha: number };

  /**
   * @param x rows that are read anew for each pass as long as nothing that they feed is kept, or a matrix
   */
  constructor(
    private readonly state: NetworkState,
    readonly x: SampleRows | RereadRows,
    private readonly pace: Pace,
    { parameters = state.parameters, mostFloats = MOST_FLOATS, known }: SweepOptions = {},
  ) {
    this.parameters = parameters;
    this.mostFloats = mostFloats;
    this.known = known;
    this.changes = state.changes;
    const { runtime, spec, layout } = state;
    this.arena = new Arena(runtime.heap, this);
    this.buffers = new BatchBuffers(spec, runtime.heap, this.arena, true);
    this.passes = new Passes(runtime, spec, layout, this.buffers, parameters);
    this.chunk = this.buffers.chunk(x.rows);
    this.source = x instanceof RereadRows ? x : rowsAsTheyLie(x);
    try {
      this.buffers.ensure(this.chunk, false, this.source.entries?.(this.chunk));
      this.selection = this.makeSelection();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  private makeSelection(): LayerSweep["selection"] {
    const widest = Math.max(...this.state.spec.layers.map(({ units }) => units));
    const parts = new Layout();
    const [index, bias, alpha] = [0, 1, 2].map(() => parts.floats(widest));
    const address = this.arena.allocate(parts.bytes, "the units that are run again");
    return { index: address + index, bias: address + bias, alpha: address + alpha };
  }

  dispose(): void {
    this.arena.dispose();
  }

  private get units(): number {
    return this.state.spec.layers[this.layer].units;
  }

  private get activation(): ResolvedActivation {
    return this.state.spec.layers[this.layer].activation;
  }

  private get view(): LayerView {
    return this.state.layer(this.layer, this.parameters);
  }

  /** Floats that may still be kept. */
  private get room(): number {
    return this.mostFloats - (this.held?.data.length ?? 0) - (this.outputs?.length ?? 0);
  }

  /** Whether `run` keeps what the layer puts out: else the next one runs it again, chunk by chunk. */
  get keepsOutputs(): boolean {
    const isLast = this.layer === this.state.spec.layers.length - 1;
    return !isLast && this.x.rows * this.units <= this.room + (this.outputs?.length ?? 0);
  }

  /**
   * For each chunk of the rows.
   * @param isFed with what feeds the layer in its place
   */
  private async forEachChunk(visit: VisitRows, isFed = true): Promise<void> {
    const { x, chunk, pace } = this;
    const shareAt = (row: number) => (this.layer + row / x.rows) / this.state.spec.layers.length;
    let start = 0;
    const isRead = isFed && !this.held && x instanceof RereadRows;
    const reading = isRead ? x.open(chunk, () => pace.at(shareAt(start))) : undefined;
    try {
      for (; start < x.rows; start += chunk) {
        const rows = Math.min(chunk, x.rows - start);
        await reading?.next();
        if (isFed) this.load(start, rows);
        visit(start, rows);
        const pause = pace.at(shareAt(isFed ? start + rows : x.rows)); // what fed it was run before
        if (pause) await pause;
      }
      await reading?.end();
    } finally {
      await reading?.close();
    }
  }

  private load(start: number, rows: number): void {
    const { held, state, passes } = this;
    if (held) {
      const inputs = state.inputsOf(held.layer);
      const values = held.data.subarray(start * inputs, (start + rows) * inputs);
      state.runtime.heap.f32.set(values, passes.output(held.layer - 1) >>> 2);
    } else {
      this.source.load(passes, start, rows);
    }
    passes.forward(rows, "none", this.layer, held?.layer ?? 0);
  }

  /** Adds up the counters of chunks of some units, while `each` runs them. */
  private async count(
    units: number,
    { name }: Pick<ResolvedActivation, "name">,
    each: (add: (rows: number) => void) => Promise<void>,
  ): Promise<UnitStatistics[]> {
    const { layer, buffers } = this;
    const { runtime } = this.state;
    const scratch = new Arena(runtime.heap);
    try {
      const totals = new LayerTotals(units, name, runtime, scratch);
      await each((rows) =>
        totals.add(rows, buffers.counters(layer), buffers.preactivations(layer), buffers.activations(layer)),
      );
      return totals.read();
    } finally {
      scratch.dispose();
    }
  }

  /**
   * Runs the layer, as it is now: what its units do.
   * @param visit sees each chunk
   * @param products of all units, where they are there already
   */
  async run(visit?: (chunk: LayerChunk) => void, products?: Products): Promise<UnitStatistics[]> {
    const { state, buffers, passes, layer, units } = this;
    const kept = state.changes === this.changes && !visit ? this.known?.outputs[layer] : undefined;
    if (kept) {
      this.outputs = kept;
      return [...this.known!.statistics[layer]];
    }
    const z = buffers.preactivations(layer);
    this.outputs = undefined;
    const outputs = this.keepsOutputs ? new Float32Array(this.x.rows * units) : undefined;
    const known = products?.data;
    const statistics = await this.count(units, this.activation, (add) => {
      const runRows: VisitRows = (start, rows) => {
        if (known) this.place(known, start, rows, units);
        else passes.product(layer, rows);
        passes.activate(layer, rows, "all");
        add(rows);
        const activations = state.floats(buffers.activations(layer), rows * units);
        outputs?.set(state.floats(passes.output(layer), rows * units), start * units);
        visit?.({ start, rows, preactivations: state.floats(z, rows * units), activations });
      };
      return this.forEachChunk(runRows, !known || this.isResidual);
    });
    this.outputs = outputs;
    return statistics;
  }

  /**
   * Runs some of a hidden layer's units again, after `run`: they have changed. What they do now.
   * @param known the products of just these units, if they are there already
   */
  async again(units: readonly number[], known?: Products): Promise<UnitStatistics[]> {
    if (units.length === 0) return [];
    const { state, buffers, passes, layer, selection, outputs } = this;
    const { kernels } = state.runtime;
    const { activation } = this;
    this.select(units);
    const alphas = this.view.alphaAddress === 0 ? 0 : selection.alpha;
    const products = known?.data;
    return this.count(units.length, activation, (add) => {
      const runRows: VisitRows = (start, rows) => {
        const a = buffers.activations(layer);
        if (products) this.place(products, start, rows, units.length);
        else passes.product(layer, rows, units.length, selection.index);
        kernels.activationForward(
          activationCode(activation.name),
          activation.alpha ?? 0,
          alphas,
          rows,
          units.length,
          buffers.preactivations(layer),
          selection.bias,
          a,
          buffers.counters(layer),
          1,
        );
        add(rows);
        if (outputs) this.scatter(outputs, start, units, state.floats(a, rows * units.length), this.past(rows));
      };
      return this.forEachChunk(runRows, !products || this.isResidual);
    });
  }

  /** Writes a chunk of products that are there already to where they are made. */
  private place(products: Float32Array, start: number, rows: number, units: number): void {
    const z = this.buffers.preactivations(this.layer);
    this.state.runtime.heap.f32.set(products.subarray(start * units, (start + rows) * units), z >>> 2);
  }

  /** Whether what feeds the layer passes it by, too. */
  private get isResidual(): boolean {
    return this.state.spec.layers[this.layer].residual === true;
  }

  private past(rows: number): Float32Array | undefined {
    return this.isResidual ? this.state.floats(this.passes.output(this.layer - 1), rows * this.units) : undefined;
  }

  /** Writes the indices, biases and slopes of these units side by side. */
  private select(units: readonly number[]): void {
    const { f32, u32 } = this.state.runtime.heap;
    const { selection, view } = this;
    const { shift, alpha } = view;
    u32.set(units, selection.index >>> 2);
    f32.set(
      units.map((unit) => shift[unit]),
      selection.bias >>> 2,
    );
    if (alpha)
      f32.set(
        units.map((unit) => alpha[unit]),
        selection.alpha >>> 2,
      );
  }

  /** @param past what passes the layer by, of all units */
  private scatter(
    outputs: Float32Array,
    start: number,
    units: readonly number[],
    from: Float32Array,
    past: Float32Array | undefined,
  ): void {
    const width = this.units;
    for (let at = 0, to = start * width, by = 0; at < from.length; at += units.length, to += width, by += width)
      for (let i = 0; i < units.length; i++)
        outputs[to + units[i]] = past ? from[at + i] + past[by + units[i]] : from[at + i];
  }

  /**
   * The preactivations of these units without their biases, or betas.
   * @param units default: all
   * @param isKept whether they are kept; default: where they fit
   * @param isNormalized false: what is normalized, X·W
   */
  async products(
    units: readonly number[] = everyUnit(this.units),
    isKept = this.x.rows * units.length <= this.room,
    isNormalized = true,
  ): Promise<Products> {
    const { state, buffers, passes, layer, selection } = this;
    const { kernels, heap } = state.runtime;
    const count = units.length;
    const data = isKept ? new Float32Array(this.x.rows * count) : undefined;
    const index = count === this.units ? 0 : selection.index;
    if (index !== 0) this.select(units);
    const statistics = await this.count(count, { name: "linear" }, (add) =>
      this.forEachChunk((start, rows) => {
        const z = buffers.preactivations(layer);
        if (isNormalized) passes.product(layer, rows, count, index);
        else passes.multiplyInputs(layer, rows, count, index);
        kernels.activationForward(LINEAR, 0, 0, rows, count, z, 0, z, buffers.counters(layer), 1);
        add(rows);
        data?.set(heap.f32.subarray(z >>> 2, (z >>> 2) + rows * count), start * count);
      }),
    );
    return { units, statistics, ...(data && { data }) };
  }

  /**
   * Hands on the preactivations without biases of each of these units in turn, in an array that is the callee's until
   * it returns.
   * @param known the products of just these units, if they are there already
   * @returns the products of just these units, where they are there now
   */
  async forEachProduct(
    units: readonly number[],
    visit: (unit: number, values: Float32Array) => void,
    known?: Products,
  ): Promise<Products | undefined> {
    const { rows } = this.x;
    if (known?.data) {
      forEachColumn(known.data, rows, units.length, (column, values) => visit(units[column], values));
      return known;
    }
    const together = Math.max(1, Math.floor(Math.max(this.room, Math.min(LEAST_ROOM, this.mostFloats)) / rows));
    for (let first = 0; first < units.length; first += together) {
      const group = units.slice(first, first + together);
      const products = await this.products(group, true);
      forEachColumn(products.data!, rows, group.length, (column, values) => visit(group[column], values));
      if (group.length === units.length) return products;
      const pause = this.pace.at((this.layer + 1) / this.state.spec.layers.length);
      if (pause) await pause;
    }
    return undefined;
  }

  /** Goes on to the next layer, which the last `run` feeds. */
  next(): void {
    this.layer++;
    if (this.outputs) this.held = { layer: this.layer, data: this.outputs };
    this.outputs = undefined;
  }
}
