// Some blocks of a file's rows in memory, with their targets, and batches that are gathered from them.
import type { WindowBlocks } from "./block-order.js";
import { gatherRows, type RowNumbers, type RowViews } from "../../core/rows/gather.js";
import { type ReadAs, RowBuffer, type StoredRows } from "./stored-rows.js";

/** Rows of one array, some of them in memory. */
class Side {
  private readonly views: RowViews = [];

  constructor(
    readonly buffer: RowBuffer,
    readonly columns: number,
  ) {}

  copy(rows: Uint32Array, from: number, count: number, to: RowNumbers, at: number): void {
    const { buffer, columns, views } = this;
    gatherRows(to, at * columns, buffer.numbers, columns, views, rows, from, count);
  }
}

/** The arrays whose rows go together. */
export interface StoredPair {
  readonly x: StoredRows;
  readonly y: StoredRows;
}

/** Targets: single numbers keep their digits, others where that is asked for. */
export const targetsAs = ({ columns }: StoredRows, { exactTargets }: { readonly exactTargets?: boolean }): ReadAs =>
  exactTargets || columns === 1 ? "float64" : "float32";

/** The first place of an ascending list whose number is not below a value. */
function placeOf(value: number, list: Float64Array): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class RowWindow {
  /** Rows that are in it. */
  rows = 0;
  /** The rows in the order in which they are taken. */
  readonly order: Uint32Array;
  private readonly x: Side;
  private readonly y: Side;
  private blocks: WindowBlocks["blocks"] = [];

  constructor({ x, y }: StoredPair, how: { readonly exactTargets?: boolean }, room: number) {
    this.order = new Uint32Array(room);
    this.x = new Side(new RowBuffer(x, room, "stored"), x.columns);
    this.y = new Side(new RowBuffer(y, room, targetsAs(y, how)), y.columns);
  }

  /**
   * Reads blocks into it, one after the other.
   * @param check is called before each
   * @throws what reading throws
   */
  async load({ blocks }: WindowBlocks, check: () => void): Promise<this> {
    this.rows = 0;
    this.blocks = blocks;
    for (const { first, count } of blocks) {
      check();
      await this.x.buffer.read(first, count, this.rows);
      await this.y.buffer.read(first, count, this.rows);
      this.rows += count;
    }
    return this;
  }

  /** Takes rows of the file, which are ascending, out of the order. */
  leaveOut(rows: Float64Array): void {
    const gone = new Set<number>();
    let before = 0;
    for (const { first, count } of this.blocks) {
      for (let at = placeOf(first, rows); at < rows.length && rows[at] < first + count; at++)
        gone.add(before + rows[at] - first);
      before += count;
    }
    let kept = 0;
    for (let i = 0; i < this.rows; i++) if (!gone.has(this.order[i])) this.order[kept++] = this.order[i];
    this.rows = kept;
  }

  /** Copies `count` rows, from a place of the order on, to the batch's rows from `at` on. */
  copy(from: number, count: number, x: RowNumbers, y: RowNumbers, at: number): void {
    this.x.copy(this.order, from, count, x, at);
    this.y.copy(this.order, from, count, y, at);
  }
}
