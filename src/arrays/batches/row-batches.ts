// Batches of rows that lie in files and need never be in memory all at once: blocks are read at their places, the next
// ones while a step is made of those before, and shuffled by a seed.
import { BlockOrder, type BlockSizes } from "./block-order.js";
import { RowWindow, type StoredPair, targetsAs } from "./row-window.js";
import { bytesOf } from "../numbers.js";
import { compactTypeOf, RowBuffer, type StoredRows } from "./stored-rows.js";
import { disposedError, RelumineError } from "../../core/errors.js";
import type { RowNumbers } from "../../core/rows/gather.js";
import type { Samples } from "../../core/matrix.js";
import type { BatchContext, BatchSource } from "../../network/batches.js";
import type { DataSet } from "../../network/data.js";

/** What is asked of batches, checked and with defaults filled in. */
export interface BatchPlan {
  readonly batchSize: number;
  /** Undefined: the network's. */
  readonly seed: number | undefined;
  /** Undefined: rows come as they lie. */
  readonly shuffle: { readonly block: number | undefined; readonly window: number } | undefined;
  /** Rows from one up to another. */
  readonly from: number;
  readonly to: number;
  /** What each number of x is multiplied by, and what is added then. */
  readonly scale: number;
  readonly offset: number;
  /** Rows between these, ascending, that no batch has: others are to judge by them. */
  readonly without?: Float64Array;
  /** Targets come as a list of float64, row after row, however many numbers a row has. */
  readonly exactTargets?: boolean;
}

/** Bytes of a block, unless one row has more. */
const BLOCK_BYTES = 2 ** 20;
/** Numbers of a window, of which there are two. */
const MOST_IN_WINDOW = 2 ** 28;

function sizesOf({ x, y }: StoredPair, { shuffle, from, to, batchSize }: BatchPlan): BlockSizes {
  const byBytes = Math.max(
    1,
    Math.floor(BLOCK_BYTES / Math.max(...[x, y].map((side) => side.columns * bytesOf(side.type)))),
  );
  const columns = Math.max(x.columns, y.columns);
  if (batchSize * columns > MOST_IN_WINDOW)
    throw new RelumineError(
      "memory",
      "batchSize",
      `to be of at most ${MOST_IN_WINDOW} numbers`,
      `${batchSize} rows of ${columns}`,
    );
  const rows = to - from;
  const block = Math.min(rows, shuffle?.block ?? byBytes);
  const window = Math.min(shuffle?.window ?? 1, Math.ceil(rows / block));
  if (block * window * columns <= MOST_IN_WINDOW) return { rows, block, window };
  const given = `${window} blocks of ${block} rows of ${columns}`;
  throw new RelumineError("memory", "shuffle", `to have windows of at most ${MOST_IN_WINDOW} numbers`, given);
}

/** A batch, whose arrays are filled again for the next one. */
class Batch {
  rows = 0;
  private readonly x: RowNumbers;
  private readonly y: RowNumbers;

  constructor(
    private readonly pair: StoredPair,
    private readonly plan: BatchPlan,
  ) {
    this.x = new RowBuffer(pair.x, plan.batchSize, "stored").numbers;
    this.y = new RowBuffer(pair.y, plan.batchSize, targetsAs(pair.y, plan)).numbers;
  }

  /** Takes rows of a window; how many. */
  fill(window: RowWindow, from: number): number {
    const count = Math.min(this.plan.batchSize - this.rows, window.rows - from);
    window.copy(from, count, this.x, this.y, this.rows);
    this.rows += count;
    return count;
  }

  /** What was filled, and begins anew. */
  take(): DataSet {
    const { rows, pair, plan, x } = this;
    const { columns } = pair.y;
    this.rows = 0;
    const data = this.y.subarray(0, rows * columns);
    return {
      x: toSamples(pair.x, plan, x, rows),
      y: data instanceof Float64Array ? data : { rows, columns, data: data as Float32Array },
    };
  }
}

/** The first rows that were read, as they are given to a network. */
function toSamples(stored: StoredRows, { scale, offset }: BatchPlan, numbers: RowNumbers, rows: number): Samples {
  const { columns } = stored;
  const type = compactTypeOf(stored);
  const data = numbers.subarray(0, rows * columns);
  if (type !== undefined) return { rows, columns, data: data as Uint8Array, type, scale, offset };
  if (scale !== 1 || offset !== 0) for (let i = 0; i < data.length; i++) data[i] = data[i] * scale + offset;
  return { rows, columns, data: data as Float32Array };
}

/** Rows of files as a source of batches. */
export class RowBatches implements BatchSource {
  readonly rows: number;
  readonly inputs: number;
  readonly batchSize: number;
  private readonly sizes: BlockSizes;
  private isClosed = false;
  /** Of an epoch that is over, for the next one. */
  private spare: RowWindow[] = [];
  /** Reads that are under way. */
  private readonly pending = new Set<Promise<unknown>>();

  /**
   * @param release closes the files
   * @param id tells the files' contents and the plan from others
   * @throws RelumineError "memory"
   */
  constructor(
    private readonly pair: StoredPair,
    private readonly plan: BatchPlan,
    private readonly release: () => Promise<void>,
    readonly id: string,
  ) {
    this.sizes = sizesOf(pair, plan);
    this.rows = this.sizes.rows - (plan.without?.length ?? 0);
    this.batchSize = plan.batchSize;
    this.inputs = pair.x.columns;
  }

  async *batches(_epoch: number, { seed, begun }: BatchContext): AsyncGenerator<DataSet> {
    const { plan } = this;
    const batch = new Batch(this.pair, plan);
    for await (const window of this.windows(plan.seed ?? seed, plan.shuffle && begun))
      for (let at = 0; at < window.rows;) {
        at += batch.fill(window, at);
        if (batch.rows === plan.batchSize) yield batch.take();
      }
    if (batch.rows > 0) yield batch.take();
  }

  /** The rows without targets, as they lie. */
  async *blocks(): AsyncGenerator<Samples> {
    const { pair, plan, sizes } = this;
    const buffer = new RowBuffer(pair.x, sizes.block, "stored");
    for (let first = plan.from; first < plan.to; first += sizes.block) {
      this.checkOpen();
      const count = Math.min(sizes.block, plan.to - first);
      await this.follow(buffer.read(first, count, 0));
      yield toSamples(pair.x, plan, buffer.numbers, count);
    }
  }

  /** The windows of an epoch; the next is read while one is used. */
  private async *windows(seed: number, epoch: number | undefined): AsyncGenerator<RowWindow> {
    const { sizes, pair, plan } = this;
    const order = new BlockOrder(sizes, seed, epoch, plan.from);
    const rows = Math.min(sizes.rows, sizes.block * sizes.window);
    let [here, there] = this.spare.length > 0 ? this.spare : [0, 1].map(() => new RowWindow(pair, plan, rows));
    this.spare = [];
    const load = (place: number): Promise<RowWindow> =>
      this.follow(here.load(order.window(place), () => this.checkOpen()));
    let next: Promise<RowWindow> | undefined = load(0);
    try {
      for (let place = 0; place < order.windows; place++) {
        const window: RowWindow = await next!;
        [here, there] = [there, here];
        next = place + 1 < order.windows ? load(place + 1) : undefined;
        order.orderRows(window.order, window.rows);
        if (plan.without) window.leaveOut(plan.without);
        yield window;
      }
    } finally {
      await next?.catch(() => {});
      if (!this.isClosed) this.spare = [here, there];
    }
  }

  private follow<T>(reading: Promise<T>): Promise<T> {
    this.pending.add(reading);
    const settled = reading.catch(() => {}); // who reads on hears what went wrong
    void settled.finally(() => this.pending.delete(reading));
    return reading;
  }

  private checkOpen(): void {
    if (this.isClosed) throw disposedError("the rows of the file");
  }

  /** Closes the files once what is being read has been. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.spare = [];
    await Promise.allSettled(this.pending);
    await this.release();
  }
}
