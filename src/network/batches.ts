// Batches that a caller's source gives, in place of rows in memory.
import type { DataSet } from "./data.js";
import { checkFunction, checkInteger, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** Rows: of more it would not be one. */
export const MOST_IN_BATCH = 2 ** 16;

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
 * are the source's business: `batchSize`, `shuffle`, a share as `validation` and `classWeights:
 * "balanced"` are refused with one, and so are callbacks that read rows again: `traceDeaths()`, whose replay repeats
 * steps, and `preventDeaths()`. Where it says `rows` and `batchSize`, schedules as data know how many steps an epoch
 * has, as `cosine()` must, and remedies such as `recycleDormant()` how many rows a step; where it says `id` too, the
 * fit can be stored and resumed. Once a batch is copied the next is asked for, while the step is made; at the
 * end, whatever happened, `return()` of the iterator is called.
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
  /** How many rows each batch has but for an epoch's last; where it is said, another number is refused. Needs `rows`. */
  readonly batchSize?: number;
  /**
   * Tells this source from others, in any process: the same name, the same batches for a seed and `begun`. A fit that
   * is resumed asks anew for the epoch's batches, and passes over those that it was trained on. Needs `batchSize`.
   */
  readonly id?: string;
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
  const { rows, batchSize, id, batches } = given;
  if (rows !== undefined) checkInteger("data.rows", rows, { low: 1 });
  if (batchSize !== undefined) checkInteger("data.batchSize", batchSize, { low: 1, high: MOST_IN_BATCH });
  if (id !== undefined && typeof id !== "string")
    throw new RelumineError("value", "data.id", "to be a text", describe(id));
  checkFunction("data.batches", batches);
  if (batchSize !== undefined && rows === undefined) throw missing("data.rows", "data.batchSize");
  if (id !== undefined && batchSize === undefined) throw missing("data.batchSize", "data.id");
  return {
    ...(rows !== undefined && { rows }),
    ...(batchSize !== undefined && { batchSize }),
    ...(id !== undefined && { id }),
    batches: (epoch, context) => batches.call(given, epoch, context),
  };
}

function missing(path: string, other: string): RelumineError {
  return new RelumineError("value", path, `to be there, as ${other} is`, "undefined");
}

/** How an epoch of a source is cut, where that is known: as a plan says it of rows in memory. */
export function cutOf({ rows, batchSize }: BatchSource): { trainingRows: number; batchSize: number } | undefined {
  return rows === undefined || batchSize === undefined ? undefined : { trainingRows: rows, batchSize };
}
