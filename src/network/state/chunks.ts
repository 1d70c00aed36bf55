// Rows through the layers, a chunk at a time: the one loop for all that look at more rows than fit in a batch.
import type { BatchBuffers } from "./batch-buffers.js";
import type { Counting, Passes } from "./passes.js";
import type { PreparedData } from "../data.js";
import type { Matrix } from "../../core/matrix.js";

/**
 * Where rows come from: a matrix as it lies, or rows of prepared data, with their targets, in the order of indices in
 * WASM memory.
 */
export interface RowSource {
  readonly rows: number;
  /** Copies rows start .. start + count into the batch's inputs. */
  load(passes: Passes, start: number, count: number): void;
}

export function matrixRows(x: Matrix): RowSource {
  return { rows: x.rows, load: (passes, start, count) => passes.copyInputs(x, start, count) };
}

/** @param order address of the indices (u32); 0: the rows as they are */
export function dataRows(data: PreparedData, first: number, rows: number, order: number): RowSource {
  return { rows, load: (passes, start, count) => passes.gather(data, first + start, count, order) };
}

export interface ChunkOptions {
  /** Default "none". */
  readonly counting?: Counting;
  /** Run so many layers from the first on; default all. */
  readonly layers?: number;
}

/**
 * Runs rows forward; `visit` reads what a chunk left in the buffers before the next one overwrites it, and ends the
 * loop by returning false.
 */
export function forEachChunk(
  { passes, buffers }: { readonly passes: Passes; readonly buffers: BatchBuffers },
  source: RowSource,
  { counting = "none", layers }: ChunkOptions,
  visit: (start: number, rows: number) => boolean | void,
): void {
  const chunk = buffers.chunk(source.rows);
  buffers.ensure(chunk, false);
  for (let start = 0; start < source.rows; start += chunk) {
    const rows = Math.min(chunk, source.rows - start);
    source.load(passes, start, rows);
    passes.forward(rows, counting, layers);
    if (visit(start, rows) === false) return;
  }
}
