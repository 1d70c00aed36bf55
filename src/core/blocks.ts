// Rows that come in blocks and need never be in memory all at once: checked as they come, and cut anew, so that what is
// made of them does not depend on how they were cut.
import { checkFunction, checkInteger, describe } from "./checks.js";
import { RelumineError } from "./errors.js";
import { denseRows, isMatrix, type Matrix, movedError, type SampleRows, type Samples, toSamples } from "./matrix.js";
import { areWhole, isSparse, joinSparse, sliceSparse, type SparseRows } from "./sparse.js";
import { orAborted, type Pace } from "./pace.js";

/** Blocks of rows that can be opened once more, or whose number of rows is known. */
export interface SampleSource {
  /** How many rows the blocks have together. */
  readonly rows?: number;
  /** Opens it: blocks of one or more rows each, from the first on, all of the same width. */
  blocks(): AsyncIterable<Samples> | Iterable<Samples>;
}

/** Rows in blocks: for one pass as they are, such as an async generator, or a source that opens them. */
export type SampleBlocks = AsyncIterable<Samples> | SampleSource;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function isIterable(value: unknown): value is AsyncIterable<Samples> {
  return isObject(value) && typeof (value as Partial<AsyncIterable<Samples>>)[Symbol.asyncIterator] === "function";
}

/** Whether rows are said to come in blocks; what they are shows as they are read. */
export function isBlocks(x: unknown): x is SampleBlocks {
  return isObject(x) && !Array.isArray(x) && !isMatrix(x) && (isIterable(x) || "blocks" in x);
}

/** A source as its fields were read once. */
export function readSource(path: string, given: SampleBlocks): SampleSource & { readonly isOnce: boolean } {
  if (!("blocks" in given)) return { blocks: () => given, isOnce: true };
  const { rows, blocks } = given;
  if (rows !== undefined) checkInteger(`${path}.rows`, rows, { low: 1 });
  checkFunction(`${path}.blocks`, blocks);
  return { ...(rows !== undefined && { rows }), blocks: () => blocks.call(given), isOnce: false };
}

/**
 * A source that opens its blocks anew for each pass.
 * @throws RelumineError "value"
 */
export function readAgain(path: string, given: SampleBlocks): SampleSource {
  const { isOnce, ...source } = readSource(path, given);
  if (!isOnce) return source;
  throw new RelumineError(
    "value",
    path,
    "to be a source { rows?, blocks() }, whose blocks are read more than once",
    "blocks for one pass",
    "Give { blocks() } that begins anew each time.",
  );
}

/** Rows that are asked for at once, where nothing else says how many. */
export const PIECE = 256;

/** How many rows a source has: as it says, or by reading it. */
export async function countRows(
  path: string,
  source: SampleSource,
  columns: number | undefined,
  pace: Pace,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (source.rows !== undefined) return source.rows;
  const reader = new BlockReader(path, source, columns, signal);
  try {
    while (await reader.next(PIECE, () => pace.at(0)));
    return reader.rows;
  } finally {
    await reader.close();
  }
}

type BlockIterator = AsyncIterator<unknown> | Iterator<unknown>;

/** @throws RelumineError "value", and what the source throws */
export function openBlocks(path: string, { blocks }: SampleSource, name = "blocks"): BlockIterator {
  const iterable = blocks() as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined;
  const isGiven = (each: unknown) => typeof each === "function";
  const make = [iterable?.[Symbol.asyncIterator], iterable?.[Symbol.iterator]].find(isGiven);
  const made = make && (Reflect.apply(make, iterable, []) as Partial<BlockIterator> | null | undefined);
  if (typeof made?.next === "function") return made as BlockIterator;
  throw new RelumineError("value", `${path}.${name}()`, `to give ${name}, an async iterable`, describe(iterable));
}

/** The blocks of a source, one at a time, as they are. */
export class Blocks {
  /** Blocks that were asked for. */
  asked = 0;
  private readonly iterator: BlockIterator;
  private isDone = false;

  /**
   * @param signal ends the wait for a block
   * @param name what messages call them
   */
  constructor(
    private readonly path: string,
    source: SampleSource,
    private readonly signal: AbortSignal | undefined,
    private readonly name = "blocks",
  ) {
    this.iterator = openBlocks(path, source, name);
  }

  /**
   * The next block, and what messages call it; undefined after the last.
   * @throws RelumineError "value", and what the source throws
   */
  async next(): Promise<{ readonly path: string; readonly block: unknown } | undefined> {
    if (this.isDone) return undefined;
    const path = `${this.path}.${this.name}[${this.asked++}]`;
    const result: unknown = await orAborted(Promise.resolve(this.iterator.next()), this.signal);
    if (!isObject(result)) throw new RelumineError("value", path, "to be what an iterator gives", describe(result));
    const { done, value } = result as IteratorResult<unknown>;
    if (!done) return { path, block: value };
    this.isDone = true;
    return undefined;
  }

  /** To be called in the end, whatever happened: lets the source close what it holds. */
  async close(): Promise<void> {
    if (this.isDone) return;
    this.isDone = true;
    try {
      const closed = Promise.resolve(this.iterator.return?.());
      await orAborted(closed, this.signal); // a source that hangs would not answer
    } catch {
      // what went wrong before is what is told
    }
  }
}

/** Reads the blocks of a source once, in pieces of a size of the reader's own. */
export class BlockReader {
  /** Rows that were handed on. */
  rows = 0;
  private readonly blocks: Blocks;
  /** That of the first block with rows, where none was asked for. */
  private width: number | undefined;
  /** Rows that came. */
  private came = 0;
  /** What is left of the last block. */
  private block: SampleRows | undefined;
  private from = 0;
  private buffer = new Float32Array(0);
  /** How many rows there are, where it is known. */
  readonly total: number | undefined;

  /**
   * @param signal ends the wait for a block
   * @param counted how many rows there were when they were read before
   */
  constructor(
    private readonly path: string,
    private readonly source: SampleSource,
    columns: number | undefined,
    signal?: AbortSignal,
    counted?: number,
  ) {
    this.width = columns;
    this.total = source.rows ?? counted;
    this.blocks = new Blocks(path, source, signal);
  }

  /**
   * So many rows, or what is left of them; undefined where none are. They are valid until the next call.
   * @param turn is awaited after each block
   * @throws RelumineError "shape" or "value", and what the source throws
   */
  async next(rows: number, turn?: () => Promise<void> | undefined): Promise<SampleRows | undefined> {
    const parts: (Matrix | SparseRows)[] = [];
    let filled = 0;
    while (filled < rows) {
      if (!this.block || this.from === this.block.rows) {
        await this.readBlock();
        await turn?.();
        if (!this.block) break;
        continue;
      }
      const part = this.takePart(this.block, rows - filled);
      if (part.rows === rows) parts.push(part);
      else parts.push(this.keep(part, filled, rows));
      filled += part.rows;
    }
    this.rows += filled;
    return parts.length < 2 ? parts[0] : this.join(parts, filled);
  }

  private takePart(block: SampleRows, most: number): Matrix | SparseRows {
    const place = `${this.path}.blocks[${this.blocks.asked - 1}]`;
    if (isSparse(block) && !areWhole(block)) throw movedError(place);
    if (!isSparse(block) && block.data.length !== block.rows * block.columns) throw movedError(`${place}.data`);
    const start = this.from;
    const count = Math.min(most, block.rows - start);
    this.from += count;
    return isSparse(block) ? sliceSparse(block, start, count) : denseRows(block, start, count);
  }

  /** A copy, at its place among so many rows: a source may fill the same arrays again for its next block. */
  private keep(part: Matrix | SparseRows, at: number, rows: number): Matrix | SparseRows {
    const { columns } = part;
    if (isSparse(part)) return joinSparse([part], columns);
    if (this.buffer.length < rows * columns) this.buffer = new Float32Array(rows * columns);
    this.buffer.set(part.data, at * columns);
    return { rows: part.rows, columns, data: this.buffer.subarray(at * columns, (at + part.rows) * columns) };
  }

  /** Sparse parts stay sparse; others lie beside each other. */
  private join(parts: readonly (Matrix | SparseRows)[], rows: number): SampleRows {
    const columns = this.width!;
    if (parts.every((part) => isSparse(part))) return joinSparse(parts, columns);
    let at = 0;
    for (const part of parts) {
      if (isSparse(part)) this.keep(denseRows(part), at, rows);
      at += part.rows;
    }
    return { rows, columns, data: this.buffer.subarray(0, rows * columns) };
  }

  private async readBlock(): Promise<void> {
    this.block = undefined;
    this.from = 0;
    const next = await this.blocks.next();
    if (!next) {
      this.checkTotal(true);
      return;
    }
    this.block = toSamples(next.path, next.block, this.width);
    if (this.block.rows > 0) this.width = this.block.columns;
    this.came += this.block.rows;
    this.checkTotal(false);
  }

  private checkTotal(isEnd: boolean): void {
    const { path, total, came } = this;
    if (isEnd && came === 0) throw new RelumineError("shape", path, "to have at least one row", "none");
    if (total === undefined || (isEnd ? came === total : came <= total)) return;
    const why = this.source.rows === undefined ? "as many as when they were read before" : `as ${path}.rows says`;
    throw new RelumineError("shape", path, `to have ${total} rows, ${why}`, `${isEnd ? "" : "at least "}${came}`);
  }

  /** To be called in the end, whatever happened: lets the source close what it holds. */
  close(): Promise<void> {
    return this.blocks.close();
  }
}
