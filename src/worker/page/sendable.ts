// What a caller passes as data, in a form that is quick to send: rows of numbers as one matrix, entries in arrays of
// their own kind.
import { areInBlocks } from "../protocol.js";
import { isBlocks } from "../../core/blocks.js";
import { RelumineError } from "../../core/errors.js";
import { checkCompact, type CompactMatrix, looksCompact } from "../../core/rows/compact.js";
import { isMatrix, type Matrix, type Samples, toMatrix } from "../../core/matrix.js";
import { checkSparse, isSparse, type SparseMatrix } from "../../core/sparse.js";
import { isBatchSource } from "../../network/batches.js";
import type { DataSet, Targets } from "../../network/data.js";

function isRows(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === "object";
}

/** What is compact is checked here: an engine may know halves as an array of their own and not know how to send one. */
function sendableMatrix(name: string, given: Matrix | CompactMatrix): object {
  const { rows, columns, data, type, scale, offset } = given as CompactMatrix;
  if (looksCompact({ data, type })) return checkCompact(name, { rows, columns, data, type, scale, offset });
  return { rows, columns, data };
}

/**
 * Refuses what toMatrix refuses, and rows in blocks, which are sent one by one where they are taken (sent-blocks.ts),
 * and what would stand for them there; all else is judged in the worker.
 */
export function sendable<T extends Samples | Targets>(name: string, samples: T): T {
  if (isBlocks(samples)) {
    const hint = "Rows in blocks are taken by diagnose, treat and calibrate.";
    throw new RelumineError("unsupported", name, "to be rows in memory, for a worker", "blocks", hint);
  }
  if (isMatrix(samples)) return sendableMatrix(name, samples) as T;
  if (isSparse(samples)) return checkSparse(name, samples) as SparseMatrix as T;
  return isRows(samples) || areInBlocks(samples) ? (toMatrix(name, samples) as T) : samples;
}

/** Refuses a source of batches too: a fit asks it for each (sent-batches.ts). */
export function sendableData<T>(name: string, data: T): T {
  if (typeof data !== "object" || data === null) return data;
  if (isBatchSource(data as object)) {
    const hint = "Sources of batches are taken by fit.";
    throw new RelumineError("unsupported", name, "to be rows in memory, for a worker", "a source of batches", hint);
  }
  const { x, y, ...rest } = data as unknown as DataSet;
  return { ...rest, x: sendable(`${name}.x`, x), y: sendable(`${name}.y`, y) } as T;
}

/** The same for what scales its rows: rows of numbers stay in float64. */
export function sendableExact<T>(name: string, data: T): T {
  const packed = sendableData(name, data) as T & Partial<DataSet>;
  if (typeof data !== "object" || data === null || !isMatrix(packed.x)) return packed;
  const { x } = data as unknown as DataSet;
  return isRows(x)
    ? { ...packed, x: (x as readonly ArrayLike<number>[]).map((row) => Float64Array.from(row)) }
    : packed;
}

/** Its name and options, without what it does. */
export const toData = <T extends { readonly name: string; readonly options: object }>({ name, options }: T) =>
  ({ name, options }) as Pick<T, "name" | "options">;
