// Batches that a caller's source gives, in place of rows in memory.
import type { DataSet } from "./data.js";
import { checkFunction, checkInteger } from "../core/checks.js";

/** What a source may go by, beside the epoch. */
export interface BatchContext {
  /** The network's: with `begun` what a shuffle is to draw from, so that it is the same each time. */
  readonly seed: number;
  /** Epochs that the network had begun before this one, in all fits. */
  readonly begun: number;
  /** That of the fit. */
  readonly signal?: AbortSignal;
}

/**
 * Where batches come from, epoch by epoch, for rows that need not be in memory all at once. Their sizes and their order
 * are the source's business: `batchSize`, `accumulate`, `shuffle`, a share as `validation`, `classWeights: "balanced"`
 * and `resume` are refused with one, and so are callbacks that read rows again, such as `traceDeaths()`, and schedules
 * as data that go by how many steps an epoch has, such as `cosine()`. Once a batch is copied the next is asked for,
 * while the step is made; at the end, whatever happened, `return()` of the iterator is called.
 * @example
 * const source = {
 *   async *batches(epoch, { signal }) {
 *     for await (const { x, y } of readFiles(signal)) yield { x, y };
 *   },
 * };
 * const { sample } = await network.fit(source, { epochs: 3 });
 * diagnose(network, sample.x, { targets: sample.y });
 */
export interface BatchSource {
  /** How many rows an epoch has; where it is said, another number is refused. */
  readonly rows?: number;
  /**
   * Begins an epoch, counted from 1: batches of 1 to 65536 rows. The same arrays may be filled again.
   * @throws what reading throws, which is what `fit` throws then
   * @example async *batches(epoch) { for (const name of shuffled(names, epoch)) yield await load(name); }
   */
  batches(epoch: number, context: BatchContext): AsyncIterable<DataSet> | Iterable<DataSet>;
}

export function isBatchSource(data: object): data is BatchSource {
  return typeof data === "object" && data !== null && "batches" in data; // callers may give anything
}

/** The source as its fields were read once. */
export function readBatchSource(given: BatchSource): BatchSource {
  const { rows, batches } = given;
  if (rows !== undefined) checkInteger("data.rows", rows, { low: 1 });
  checkFunction("data.batches", batches);
  return { ...(rows !== undefined && { rows }), batches: (epoch, context) => batches.call(given, epoch, context) };
}
