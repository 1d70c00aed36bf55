// Batches that a source gives one after the other, for data that need never be in memory all at once. While a step is
// made the source is asked for the next batch: its arrays were copied before.
import { type BatchSource, MOST_IN_BATCH } from "../../batches.js";
import { type DataSet, type PreparedData, prepareData } from "../../data.js";
import type { Plan } from "../plan.js";
import { weighByClass } from "../class-weights.js";
import type { ResolvedSpec } from "../../spec.js";
import { Blocks } from "../../../core/blocks.js";
import type { RowSample } from "../../types.js";
import { RelumineError } from "../../../core/errors.js";
import { denseRows, type Matrix } from "../../../core/matrix.js";
import { Reservoir } from "../../../core/rows/reservoir.js";

/** The columns from one up to another. */
function cut({ rows, columns, data }: Matrix, from: number, to: number): Matrix {
  const part = new Float32Array(rows * (to - from));
  for (let r = 0; r < rows; r++) part.set(data.subarray(r * columns + from, r * columns + to), r * (to - from));
  return { rows, columns: to - from, data: part };
}

/** Of a source's rows a sample, with targets: each row's values, then its target's. */
class BatchSample {
  private readonly reservoir: Reservoir;
  private areLabels = false;
  private readonly targets: number;

  constructor(private readonly spec: ResolvedSpec) {
    this.targets = spec.layers.at(-1)!.units;
    this.reservoir = new Reservoir(spec.inputs + this.targets, spec.seed);
  }

  add({ rows, x, y }: PreparedData): void {
    const { targets } = this;
    const { inputs } = this.spec;
    this.areLabels = y.kind === "labels";
    this.reservoir.add(rows, (at) => {
      const values = new Float32Array(inputs + targets);
      values.set(denseRows(x, at, 1).data);
      if (y.kind === "labels") values[inputs] = y.labels[at];
      else values.set(y.data.subarray(at * targets, (at + 1) * targets), inputs);
      return values;
    });
  }

  read(): RowSample {
    const all = this.reservoir.read();
    const { rows, columns } = all;
    const { inputs } = this.spec;
    const x = cut(all, 0, inputs);
    if (!this.areLabels) return { x, y: cut(all, inputs, columns) };
    return { x, y: Int32Array.from({ length: rows }, (_, r) => all.data[r * columns + inputs]) };
  }
}

/** The batches of a fit, one at a time. */
export class Batches {
  /** The one to train on; undefined after an epoch's last, and where the wait for it was aborted. */
  current: PreparedData | undefined;
  private blocks: Blocks | undefined;
  private pending: ReturnType<Blocks["next"]> | undefined;
  /** Rows of the epoch so far. */
  private rows = 0;
  private isCut = false;
  /** Of the first epoch's rows. */
  private readonly kept: BatchSample;
  private epochs = 0;

  constructor(
    private readonly source: BatchSource,
    private readonly spec: ResolvedSpec,
    private readonly plan: Pick<Plan, "signal" | "classWeights">,
  ) {
    this.kept = new BatchSample(spec);
  }

  /** Rows of the fit's first epoch, drawn evenly, with their targets; undefined before any. */
  get sample(): RowSample | undefined {
    const sample = this.kept.read();
    return sample.x.rows === 0 ? undefined : sample;
  }

  /** @throws RelumineError "value", and what the source throws */
  begin(epoch: number, begun: number): void {
    const { source, spec, plan } = this;
    const context = { seed: spec.seed, begun, ...(plan.signal && { signal: plan.signal }) };
    this.rows = 0;
    this.isCut = false;
    this.epochs++;
    const blocks = () => source.batches(epoch, context) as Iterable<never>;
    this.blocks = new Blocks("data", { blocks }, plan.signal, "batches");
  }

  /** The current batch is in the network's memory, and its arrays are needed no more: asks for the next one. */
  copied(): void {
    if (this.epochs === 1) this.kept.add(this.current!);
    this.ask();
  }

  private ask(): void {
    if (this.pending || !this.blocks) return;
    this.pending = this.blocks.next();
    this.pending.catch(() => {}); // `next` tells
  }

  /** @throws RelumineError "shape" or "value", and what the source throws */
  async next(): Promise<void> {
    this.current = undefined;
    this.ask();
    let next;
    try {
      next = await this.pending;
    } catch (error) {
      if (!this.plan.signal?.aborted) throw error;
      this.isCut = true;
      return;
    } finally {
      this.pending = undefined;
    }
    if (next) this.current = this.prepare(next.path, next.block as DataSet);
    else this.checkTotal();
  }

  /**
   * Passes over batches that a fit was trained on before it stopped; where the wait is aborted, over fewer.
   * @throws RelumineError "shape" or "value", and what the source throws
   */
  async skip(rows: number): Promise<void> {
    while (this.rows < rows) {
      await this.next();
      if (!this.current) return;
      this.copied();
    }
  }

  /** Whether the epoch has more, as far as is known. */
  get isUnfinished(): boolean {
    return this.isCut || this.current !== undefined;
  }

  private prepare(path: string, given: DataSet): PreparedData {
    const { inputs, layers, loss } = this.spec;
    const batch = prepareData(path, given, inputs, layers.at(-1)!.units, loss, true);
    const { rows, y, weights } = batch;
    if (rows > MOST_IN_BATCH)
      throw new RelumineError("shape", `${path}.x`, `to have at most ${MOST_IN_BATCH} rows, as a batch`, `${rows}`);
    this.checkSize(path, rows);
    this.rows += rows;
    if (this.source.rows !== undefined && this.rows > this.source.rows) this.refuseTotal("at least ");
    const { classWeights } = this.plan;
    if (!classWeights) return batch;
    const all = Uint32Array.from({ length: rows }, (_, row) => row);
    return { ...batch, weights: weighByClass(classWeights, y, all, weights, rows) };
  }

  private checkSize(path: string, rows: number): void {
    const { batchSize } = this.source;
    if (batchSize === undefined) return;
    const isBehindLast = this.rows % batchSize !== 0;
    if (rows <= batchSize && !isBehindLast) return;
    const expected = `to have ${batchSize} rows, as data.batchSize says, but for an epoch's last batch`;
    throw new RelumineError("shape", `${path}.x`, expected, isBehindLast ? "another after a smaller one" : `${rows}`);
  }

  private checkTotal(): void {
    if (this.rows === 0)
      throw new RelumineError("shape", "data.batches", "to give at least one batch an epoch", "none");
    if (this.source.rows !== undefined && this.rows !== this.source.rows) this.refuseTotal("");
  }

  private refuseTotal(atLeast: string): never {
    const expected = `to have ${this.source.rows} rows an epoch, as data.rows says`;
    throw new RelumineError("shape", "data.batches", expected, `${atLeast}${this.rows}`);
  }

  /** To be called in the end, whatever happened: lets the source close what it holds. */
  async close(): Promise<void> {
    const closed = this.blocks?.close();
    if (!this.pending) await closed; // one that was asked for a batch may never answer
  }
}
