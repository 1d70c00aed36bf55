// Rows that come in blocks and need never be in memory all at once: checked as they come, and cut anew, so that what is
// made of them does not depend on how they were cut.
import { checkFunction, checkInteger, describe } from "./checks.js";
import { RelumineError } from "./errors.js";
import { isMatrix, type Matrix, movedError, type Samples, toMatrix } from "./matrix.js";
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
export function openBlocks(path: string, { blocks }: SampleSource): BlockIterator {
  const iterable = blocks() as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined;
  const isGiven = (each: unknown) => typeof each === "function";
  const make = [iterable?.[Symbol.asyncIterator], iterable?.[Symbol.iterator]].find(isGiven);
  const made = make && (Reflect.apply(make, iterable, []) as Partial<BlockIterator> | null | undefined);
  if (typeof made?.next === "function") return made as BlockIterator;
  throw new RelumineError("value", `${path}.blocks()`, "to give blocks, an async iterable", describe(iterable));
}

/** Reads the blocks of a source once, in pieces of a size of the reader's own. */
export class BlockReader {
  /** Rows that were handed on. */
  rows = 0;
  private readonly iterator: BlockIterator;
  /** That of the first block with rows, where none was asked for. */
  private width: number | undefined;
  /** Blocks that were asked for, and rows that came. */
  private asked = 0;
  private came = 0;
  private isDone = false;
  /** What is left of the last block. */
  private block: Matrix | undefined;
  private from = 0;
  private buffer = new Float32Array(0);

  /**
   * @param signal ends the wait for a block
   * @param why what `source.rows` is known by
   */
  constructor(
    private readonly path: string,
    private readonly source: SampleSource,
    columns: number | undefined,
    private readonly signal?: AbortSignal,
    private readonly why = `as ${path}.rows says`,
  ) {
    this.width = columns;
    this.iterator = openBlocks(path, source);
  }

  /** How many rows there are, where it is known. */
  get total(): number | undefined {
    return this.source.rows;
  }

  /**
   * So many rows, or what is left of them; undefined where none are. They are valid until the next call.
   * @param turn is awaited after each block
   * @throws RelumineError "shape" or "value", and what the source throws
   */
  async next(rows: number, turn?: () => Promise<void> | undefined): Promise<Matrix | undefined> {
    let filled = 0;
    while (filled < rows) {
      if (!this.block || this.from === this.block.rows) {
        await this.readBlock();
        await turn?.();
        if (!this.block) break;
        continue;
      }
      const { columns, data, rows: there } = this.block;
      if (data.length !== there * columns) throw movedError(`${this.path}.blocks[${this.asked - 1}].data`);
      const count = Math.min(rows - filled, there - this.from);
      const part = data.subarray(this.from * columns, (this.from + count) * columns);
      this.from += count;
      if (count === rows) return this.handOn(part, rows, columns);
      if (this.buffer.length < rows * columns) this.buffer = new Float32Array(rows * columns);
      this.buffer.set(part, filled * columns);
      filled += count;
    }
    if (filled === 0) return undefined;
    const columns = this.width!;
    return this.handOn(this.buffer.subarray(0, filled * columns), filled, columns);
  }

  private handOn(data: Float32Array, rows: number, columns: number): Matrix {
    this.rows += rows;
    return { rows, columns, data };
  }

  private async readBlock(): Promise<void> {
    this.block = undefined;
    this.from = 0;
    if (this.isDone) return;
    const path = `${this.path}.blocks[${this.asked++}]`;
    const result: unknown = await orAborted(Promise.resolve(this.iterator.next()), this.signal);
    if (!isObject(result)) throw new RelumineError("value", path, "to be what an iterator gives", describe(result));
    const { done, value } = result as IteratorResult<unknown>;
    if (done) {
      this.isDone = true;
      this.checkTotal(true);
      return;
    }
    this.block = toMatrix(path, value, this.width);
    if (this.block.rows > 0) this.width = this.block.columns;
    this.came += this.block.rows;
    this.checkTotal(false);
  }

  private checkTotal(isEnd: boolean): void {
    const { path, total, came } = this;
    if (isEnd && came === 0) throw new RelumineError("shape", path, "to have at least one row", "none");
    if (total === undefined || (isEnd ? came === total : came <= total)) return;
    throw new RelumineError("shape", path, `to have ${total} rows, ${this.why}`, `${isEnd ? "" : "at least "}${came}`);
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
