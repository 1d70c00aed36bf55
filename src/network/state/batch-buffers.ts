// What one batch needs, in one block: targets, each layer's preactivations and activations, the counters that the
// forward kernels leave behind, and two gradient matrices used in turn; in others the inputs, as rows or as entries of
// sparse ones. They grow when a batch is larger than any before.
import { BATCH_COUNTERS } from "../../wasm/abi.js";
import { type Arena, GrowingBlock, type Heap, Layout } from "../../wasm/heap.js";
import { worksInPlace } from "../../activations/activations.js";
import { mostOpen } from "./closed-units.js";
import { layOutParameters } from "./parameters.js";
import { SparseBatch } from "./sparse-batch.js";
import type { ResolvedSpec } from "../spec.js";

const CHUNK_ROWS = 256;
const CHUNK_BYTES = 2 ** 24;

/** Offsets from the block's start. */
interface LayerBuffers {
  /** rows x units: preactivations; the same as `activations` where the activation may overwrite them. */
  readonly preactivations: number;
  readonly activations: number;
  /** BATCH_COUNTERS x units. */
  readonly counters: number;
  /** Indices of the units that were open on some row of the batch. */
  readonly open: number;
  /** Their activations alone, in training, where the others may be left out. */
  readonly openActivations: number;
  /** rows x units: what feeds the next layer, where it is not the activations. */
  readonly outputs: number;
  /** rows x units: what the activations were multiplied by, of a layer with dropout in training. */
  readonly factors: number;
  readonly normalization: NormalizationBuffers | undefined;
}

/** What the kernels of assembly/normalization.ts keep for the way back; offsets, 0: not kept. */
interface NormalizationBuffers {
  /** rows x units: zhat. */
  readonly normalized: number;
  /** batch: 3 x units; layer: one a row. */
  readonly affine: number;
  /** batch: float64, 2 x units, of whole groups of four. */
  readonly moments: number;
}

interface BatchLayout {
  readonly targets: number;
  readonly result: number;
  readonly layers: readonly LayerBuffers[];
  readonly gradients: readonly [number, number];
  readonly bytes: number;
}

function layOutNormalization(
  layout: Layout,
  { units, normalization }: ResolvedSpec["layers"][number],
  rows: number,
  training: boolean,
  keepPreactivations: boolean,
): NormalizationBuffers | undefined {
  if (!normalization) return undefined;
  const isBatch = normalization.kind === "batch";
  return {
    normalized: training || (keepPreactivations && !isBatch) ? layout.floats(rows * units) : 0,
    affine: layout.floats(isBatch ? 3 * units : rows),
    moments: isBatch ? layout.doubles(2 * Math.ceil(units / 4) * 4) : 0,
  };
}

function layOutBatch(spec: ResolvedSpec, rows: number, training: boolean, keepPreactivations: boolean): BatchLayout {
  const layout = new Layout();
  const layers = spec.layers.map((layer, index) => {
    const { units, activation, dropout, residual } = layer;
    const isDropping = training && dropout !== undefined;
    const preactivations = layout.floats(rows * units);
    const activations = worksInPlace(activation) && !keepPreactivations ? preactivations : layout.floats(rows * units);
    return {
      preactivations,
      activations,
      counters: layout.floats(units * BATCH_COUNTERS),
      open: layout.floats(units),
      openActivations: layout.floats(training ? rows * mostOpen(spec, index) : 0),
      outputs: layout.floats(isDropping || residual ? rows * units : 0),
      factors: layout.floats(isDropping ? rows * units : 0),
      normalization: layOutNormalization(layout, layer, rows, training, keepPreactivations),
    };
  });
  const outputs = spec.layers.at(-1)!.units;
  const widest = training ? Math.max(...spec.layers.map(({ units }) => units)) : 0;
  return {
    layers,
    targets: layout.floats(rows * outputs),
    result: layout.doubles(2),
    gradients: [layout.floats(rows * widest), layout.floats(rows * widest)],
    bytes: layout.bytes,
  };
}

/** The addresses of the current block. */
export class BatchBuffers {
  private address = 0;
  private capacity = 0;
  training = false;
  private layout!: BatchLayout;
  /** rows x inputs, where they are not sparse. */
  private readonly dense: GrowingBlock;
  /** The inputs where they are. */
  readonly sparse: SparseBatch;
  /** Of weighted data alone: the result of one row, then a float a row. */
  private rowWeights = { address: 0, capacity: 0 };
  private weightsOffset = 0;

  /** Enough rows to keep the kernels busy, in little memory; the shape alone decides. */
  private readonly chunkRows: number;

  constructor(
    private readonly spec: ResolvedSpec,
    private readonly heap: Heap,
    private readonly arena: Arena,
    /** Keeps z apart from f(z) even where the activation could overwrite it. */
    private readonly keepPreactivations = false,
  ) {
    this.dense = new GrowingBlock(arena, "the inputs of a batch");
    const { bias } = layOutParameters(spec).layers[0];
    this.sparse = new SparseBatch(spec.inputs, spec.layers[0].units, bias / 4, heap, arena);
    const bytesOf = (rows: number) => {
      const inputs = new Layout();
      inputs.floats(rows * spec.inputs);
      return inputs.bytes + layOutBatch(spec, rows, false, keepPreactivations).bytes;
    };
    // counters and lists of open units are as large whatever the rows
    const fitting = Math.floor(CHUNK_BYTES / ((bytesOf(CHUNK_ROWS) - bytesOf(0)) / CHUNK_ROWS));
    this.chunkRows = Math.max(1, Math.min(CHUNK_ROWS, fitting));
  }

  /**
   * Makes room for `rows` rows; all addresses change. Nothing changes of a block that does not fit.
   * @param entries of sparse rows: as many as they have at most
   */
  ensure(rows: number, training: boolean, entries?: number): void {
    if (entries === undefined) this.dense.reserve(rows * this.spec.inputs * 4);
    else this.sparse.ensure(rows, entries, training);
    if (rows <= this.capacity && (this.training || !training)) return;
    const capacity = Math.max(rows, this.capacity);
    const layout = layOutBatch(this.spec, capacity, training || this.training, this.keepPreactivations);
    const address = this.arena.allocate(layout.bytes, `a batch of ${capacity} rows`);
    if (this.capacity > 0) this.arena.free(this.address);
    this.address = address;
    this.layout = layout;
    this.capacity = capacity;
    this.training ||= training;
  }

  /** Makes room for the weights of as many rows as the batch may have. */
  ensureWeights(): void {
    const { address, capacity } = this.rowWeights;
    if (capacity >= this.capacity) return;
    const layout = new Layout();
    layout.doubles(2);
    this.weightsOffset = layout.floats(this.capacity);
    const next = this.arena.allocate(layout.bytes, `the weights of ${this.capacity} rows`);
    if (capacity > 0) this.arena.free(address);
    this.rowWeights = { address: next, capacity: this.capacity };
  }

  /** Rows of one chunk in a pass over `rows` rows. */
  chunk(rows: number): number {
    return Math.min(rows, this.chunkRows);
  }

  get inputs(): number {
    return this.dense.reserve(0);
  }
  /** The same whatever they are: rows of sparse ones get their zeros, for which memory may be allocated. */
  denseInputs(rows: number): number {
    if (!this.sparse.isLoaded) return this.inputs;
    const address = this.dense.reserve(rows * this.spec.inputs * 4);
    this.sparse.writeDense(rows, address);
    return address;
  }
  get targets(): number {
    return this.address + this.layout.targets;
  }
  /** A float a row, of weighted data. */
  get weights(): number {
    return this.rowResult + this.weightsOffset;
  }
  /** As `result`, of one row of weighted data. */
  get rowResult(): number {
    return this.rowWeights.address;
  }
  get result(): number {
    return this.address + this.layout.result;
  }
  preactivations(layer: number): number {
    return this.address + this.layout.layers[layer].preactivations;
  }
  activations(layer: number): number {
    return this.address + this.layout.layers[layer].activations;
  }
  counters(layer: number): number {
    return this.address + this.layout.layers[layer].counters;
  }
  open(layer: number): number {
    return this.address + this.layout.layers[layer].open;
  }
  openActivations(layer: number): number {
    return this.address + this.layout.layers[layer].openActivations;
  }
  outputs(layer: number): number {
    return this.address + this.layout.layers[layer].outputs;
  }
  factors(layer: number): number {
    return this.address + this.layout.layers[layer].factors;
  }
  /** zhat of a normalized layer; 0: no room for it. */
  normalized(layer: number): number {
    const { normalized } = this.layout.layers[layer].normalization!;
    return normalized && this.address + normalized;
  }
  affine(layer: number): number {
    return this.address + this.layout.layers[layer].normalization!.affine;
  }
  moments(layer: number): number {
    return this.address + this.layout.layers[layer].normalization!.moments;
  }
  gradient(turn: number): number {
    return this.address + this.layout.gradients[turn & 1];
  }
  /** Sum of the losses since the result was last cleared. */
  get lossSum(): number {
    return this.heap.f64[this.result >>> 3];
  }
  /** Count of right answers since the result was last cleared. */
  get correct(): number {
    return this.heap.f64[(this.result >>> 3) + 1];
  }
  clearResult(): void {
    const at = this.result >>> 3;
    this.heap.f64[at] = this.heap.f64[at + 1] = 0;
  }
}
