// Rows of samples, with their targets and weights, into the buffers of a batch, as they lie or in the order of indices.
import type { BatchBuffers } from "./batch-buffers.js";
import type { PreparedData } from "../data.js";
import { type CompactRows, isCompact, isPlain } from "../../core/rows/compact.js";
import { gatherRows } from "../../core/rows/gather.js";
import { type Matrix, movedError, type SampleRows } from "../../core/matrix.js";
import { isSparse, mostEntries } from "../../core/sparse.js";
import type { Runtime } from "../../wasm/runtime.js";

export class RowLoader {
  constructor(
    private readonly runtime: Runtime,
    private readonly buffers: BatchBuffers,
  ) {}

  /**
   * Copies rows start .. start + count of the data, taken in the order of the indices at `order` (0: as they are), into
   * the batch.
   */
  gather(data: PreparedData, start: number, count: number, order: number): void {
    if (data.weights) this.gatherWeights(data.weights, start, count, order);
    const { f32, i32, u32 } = this.runtime.heap;
    const { x, y } = data;
    if (y.kind === "rows" && y.data.length !== data.rows * y.columns) throw movedError("y.data");
    const targets = this.buffers.targets >>> 2,
      first = (order >>> 2) + start;
    if (order === 0) {
      this.copyInputs(x, start, count);
      if (y.kind === "labels") i32.set(y.labels.subarray(start, start + count), targets);
      else f32.set(y.data.subarray(start * y.columns, (start + count) * y.columns), targets);
      return;
    }
    if (isSparse(x)) this.buffers.sparse.load(x, start, count, order);
    else this.gatherInputs(x, data.views, first, count);
    if (y.kind === "labels") copyLabels(i32, targets, y.labels, u32, first, count);
    else gatherRows(f32, targets, y.data, y.columns, undefined, u32, first, count);
  }

  private gatherInputs(x: Matrix | CompactRows, views: PreparedData["views"], first: number, count: number): void {
    const { rows, columns, data } = x;
    if (data.length !== rows * columns) throw movedError("x.data");
    const at = this.placeOf(x, count);
    this.buffers.sparse.isLoaded = false;
    gatherRows(numbersFor(this.runtime, x), at, data, columns, views, this.runtime.heap.u32, first, count);
    if (isCompact(x)) this.widen(x, at, count);
  }

  private gatherWeights(weights: Float32Array, start: number, count: number, order: number): void {
    this.buffers.ensureWeights();
    const { f32, u32 } = this.runtime.heap;
    const to = this.buffers.weights >>> 2;
    for (let r = 0; r < count; r++) f32[to + r] = weights[order === 0 ? start + r : u32[(order >>> 2) + start + r]];
  }

  /** Copies rows as they lie. */
  copyInputs(x: SampleRows, start: number, count: number): void {
    if (isSparse(x)) return this.buffers.sparse.load(x, start, count, 0);
    const { rows, data, columns } = x;
    this.buffers.sparse.isLoaded = false;
    if (data.length !== rows * columns) throw movedError("x.data");
    const at = this.placeOf(x, count);
    numbersFor(this.runtime, x).set(data.subarray(start * columns, (start + count) * columns), at);
    if (isCompact(x)) this.widen(x, at, count);
  }

  /** Where numbers are put as they are stored: at the end of the inputs' room, which smaller ones are widened into. */
  private placeOf({ columns, data }: Matrix | CompactRows, count: number): number {
    const size = data.BYTES_PER_ELEMENT;
    return (this.buffers.inputs + count * columns * (4 - size)) / size;
  }

  private widen(x: CompactRows, at: number, count: number): void {
    const { kernels } = this.runtime;
    const { inputs } = this.buffers;
    const { columns, data, type, scale, offset } = x;
    const n = count * columns;
    const from = at * data.BYTES_PER_ELEMENT;
    if (type === "uint8") kernels.widenBytes(n, from, scale, offset, inputs);
    else kernels.widenHalves(n, from, Number(isPlain(x)), scale, offset, inputs);
  }

  /** The first `count` rows of x, of which it was not known before how many entries they have. */
  copyStreamed(x: SampleRows, count: number): void {
    if (isSparse(x)) this.buffers.sparse.ensure(count, mostEntries(x, count), false);
    this.copyInputs(x, 0, count);
  }
}

/** The kernels' memory as numbers of the type that x has. */
function numbersFor({ heap }: Runtime, x: Matrix | CompactRows): Float32Array | Uint8Array | Uint16Array {
  if (!isCompact(x)) return heap.f32;
  return x.type === "uint8" ? heap.u8 : heap.u16;
}

function copyLabels(
  to: Int32Array,
  target: number,
  from: Int32Array,
  indices: Uint32Array,
  first: number,
  count: number,
): void {
  for (let r = 0; r < count; r++) to[target + r] = from[indices[first + r]];
}
