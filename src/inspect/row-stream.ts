// Rows from a source of blocks, for a pass that is done in steps of a chunk: before each step the rows it takes are
// made ready. Chunks are those of a matrix of all rows, however the blocks are cut. Of all rows a few are kept, drawn
// evenly.
import { BlockReader, type SampleSource } from "../core/blocks.js";
import { denseRows, type Matrix, type SampleRows } from "../core/matrix.js";
import type { Pace, Steps } from "../core/pace.js";
import { Reservoir } from "../core/rows/reservoir.js";
import type { RowSource } from "../network/state/chunks.js";
import type { Passes } from "../network/state/passes.js";

export class RowStream implements RowSource {
  /** So many are ready, or have been run. */
  rows = 0;
  private ready: SampleRows | undefined;
  private readonly reservoir: Reservoir;

  /**
   * @param chunk rows of a step
   * @param visit sees the rows of each step, and the first one's place
   */
  constructor(
    private readonly reader: BlockReader,
    columns: number,
    private readonly chunk: number,
    private readonly visit: (rows: SampleRows, start: number) => void = () => {},
  ) {
    this.reservoir = new Reservoir(columns);
  }

  /** All there will be, where that is known. */
  get total(): number | undefined {
    return this.reader.total;
  }

  load(passes: Passes, _start: number, count: number): void {
    passes.rows.copyStreamed(this.ready!, count);
  }

  /** A sample of the rows so far; all of them, where they are few. */
  sample(): Matrix {
    return this.reservoir.read();
  }

  private get share(): number {
    return this.total === undefined ? 0 : this.rows / this.total;
  }

  /** Does the steps of a pass over the rows. */
  async run<T>(steps: Steps<T>, pace: Pace): Promise<T> {
    try {
      for (;;) {
        this.ready = await this.reader.next(this.chunk, () => pace.at(this.share));
        pace.verify();
        if (this.ready) this.take(this.ready);
        const { done, value } = steps.next();
        if (done) return value;
      }
    } finally {
      steps.return(undefined as never); // gives back what unfinished steps hold
      await this.reader.close();
    }
  }

  private take(ready: SampleRows): void {
    const { rows } = ready;
    this.visit(ready, this.rows);
    this.reservoir.add(rows, (at) => denseRows(ready, at, 1).data.slice());
    this.rows += rows;
  }
}

/** A pass over rows that are read anew. */
export interface Reading {
  /** Makes the next rows ready. */
  next(): Promise<void>;
  /** All were run: refuses rows beyond them. */
  end(): Promise<void>;
  /** To be called in the end, whatever happened. */
  close(): Promise<void>;
}

/** Rows of a source that opens its blocks anew for each pass. */
export class RereadRows implements RowSource {
  private ready: SampleRows | undefined;

  /** @param rows how many there were when they were read, or are said to be */
  constructor(
    private readonly source: SampleSource,
    private readonly columns: number,
    readonly rows: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  load(passes: Passes, _start: number, count: number): void {
    passes.rows.copyStreamed(this.ready!, count);
  }

  /**
   * Begins a pass, `chunk` rows at a time.
   * @param turn is awaited after each block
   */
  open(chunk: number, turn: () => Promise<void> | undefined): Reading {
    const { source, columns, rows, signal } = this;
    const reader = new BlockReader("x", source, columns, signal, rows);
    return {
      next: async () => {
        this.ready = await reader.next(chunk, turn);
      },
      end: async () => void (await reader.next(1, turn)),
      close: () => reader.close(),
    };
  }
}
