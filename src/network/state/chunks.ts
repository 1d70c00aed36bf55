// Rows through the layers, a chunk at a time: the one loop for all that look at more rows than fit in a batch.
import type { BatchBuffers } from "./batch-buffers.js";
import type { Counting, Passes } from "./passes.js";
import { entriesOf } from "./sparse-batch.js";
import type { PreparedData } from "../data.js";
import type { SampleRows } from "../../core/matrix.js";
import { finish, type Steps } from "../../core/pace.js";

/**
 * Where rows come from: samples as they lie, or rows of prepared data, with their targets, in the order of indices in
 * WASM memory.
 */
export interface RowSource {
  readonly rows: number;
  /** Of sparse rows, how many entries so many of them have at most. */
  entries?(rows: number): number | undefined;
  /** Copies rows start .. start + count into the batch's inputs. */
  load(passes: Passes, start: number, count: number): void;
}

export function rowsAsTheyLie(x: SampleRows): RowSource {
  return {
    rows: x.rows,
    entries: (rows) => entriesOf(x, rows),
    load: (passes, start, count) => passes.rows.copyInputs(x, start, count),
  };
}

/** @param order address of the indices (u32); 0: the rows as they are */
export function dataRows(data: PreparedData, first: number, rows: number, order: number): RowSource {
  return {
    rows,
    entries: (most) => entriesOf(data.x, most),
    load: (passes, start, count) => passes.rows.gather(data, first + start, count, order),
  };
}

export interface ChunkOptions {
  /** Default "none". */
  readonly counting?: Counting;
  /** Run so many layers from the first on; default all. */
  readonly layers?: number;
}

/** What runs the rows, and where they are run. */
interface Host {
  readonly passes: Passes;
  readonly buffers: BatchBuffers;
}

/** Ends the loop by returning false. */
type Visit = (start: number, rows: number) => boolean | void;

/**
 * Runs rows forward, a chunk a step; `visit` reads what a chunk left in the buffers before the next one overwrites it.
 */
export function* chunkSteps(
  { passes, buffers }: Host,
  source: RowSource,
  { counting = "none", layers }: ChunkOptions,
  visit: Visit,
): Steps<void> {
  const chunk = buffers.chunk(source.rows);
  buffers.ensure(chunk, false, source.entries?.(chunk));
  for (let start = 0; start < source.rows; start += chunk) {
    const rows = Math.min(chunk, source.rows - start);
    source.load(passes, start, rows);
    passes.forward(rows, counting, layers);
    if (visit(start, rows) === false) return;
    yield (start + rows) / source.rows;
  }
}

/** The same in one go. */
export function forEachChunk(host: Host, source: RowSource, options: ChunkOptions, visit: Visit): void {
  finish(chunkSteps(host, source, options, visit));
}
