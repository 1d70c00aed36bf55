// Rows of samples, with their targets and weights, into the buffers of a batch, as they lie or in the order of indices.
import type { BatchBuffers } from "./batch-buffers.js";
import type { PreparedData } from "../data.js";
import { type CompactRows, isCompact, widenIndexed, widenRows } from "../../core/rows/compact.js";
import { type Matrix, movedError, type SampleRows } from "../../core/matrix.js";
import { isSparse, mostEntries } from "../../core/sparse.js";
import type { Runtime } from "../../wasm/runtime.js";

/** Rows this long are copied through views, shorter ones element by element (measured) ... */
const VIEWS_FROM_COLUMNS = 96;
/** ... unless the views, some 130 bytes each, would be too many. */
const VIEWS_UP_TO_ROWS = 2 ** 18;

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
    else copyRows(f32, targets, y.data, y.columns, u32, first, count);
  }

  private gatherInputs(x: Matrix | CompactRows, views: PreparedData["views"], first: number, count: number): void {
    if (x.data.length !== x.rows * x.columns) throw movedError("x.data");
    const { f32, u32 } = this.runtime.heap;
    const inputs = this.buffers.inputs >>> 2;
    this.buffers.sparse.isLoaded = false;
    if (isCompact(x)) widenIndexed(x, u32, first, count, f32, inputs);
    else if (x.columns < VIEWS_FROM_COLUMNS || x.rows > VIEWS_UP_TO_ROWS)
      copyRows(f32, inputs, x.data, x.columns, u32, first, count);
    else copyViews(f32, inputs, x, views, u32, first, count);
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
    const { f32 } = this.runtime.heap;
    const inputs = this.buffers.inputs >>> 2;
    this.buffers.sparse.isLoaded = false;
    if (data.length !== rows * columns) throw movedError("x.data");
    if (isCompact(x)) widenRows(x, start, count, f32, inputs);
    else f32.set(data.subarray(start * columns, (start + count) * columns), inputs);
  }

  /** The first `count` rows of x, of which it was not known before how many entries they have. */
  copyStreamed(x: SampleRows, count: number): void {
    if (isSparse(x)) this.buffers.sparse.ensure(count, mostEntries(x, count), false);
    this.copyInputs(x, 0, count);
  }
}

/**
 * Column by column where there are few: the inner loop is then the long one, which takes a third to a half off the time
 * (measured).
 */
function copyRows(
  to: Float32Array,
  target: number,
  from: Float32Array,
  columns: number,
  indices: Uint32Array,
  first: number,
  count: number,
): void {
  if (columns < 3) {
    for (let c = 0; c < columns; c++)
      for (let r = 0; r < count; r++) to[target + r * columns + c] = from[indices[first + r] * columns + c];
  } else {
    for (let r = 0; r < count; r++)
      for (let c = 0, source = indices[first + r] * columns; c < columns; c++) to[target++] = from[source + c];
  }
}

function copyViews(
  to: Float32Array,
  target: number,
  { data, columns }: Matrix,
  views: PreparedData["views"],
  indices: Uint32Array,
  first: number,
  count: number,
): void {
  for (let r = 0; r < count; r++) {
    const row = indices[first + r];
    to.set((views[row] ??= data.subarray(row * columns, (row + 1) * columns)), target + r * columns);
  }
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
