// Batches of rows in files, scaled by an encoding as a table's rows are.
import { checksumOf } from "../../core/checksum.js";
import { RelumineError } from "../../core/errors.js";
import { denseRows, type SampleRows } from "../../core/matrix.js";
import type { OpenRows } from "../../files/open-rows.js";
import type { BatchContext, BatchSource } from "../../network/batches.js";
import type { DataSet } from "../../network/data.js";
import type { NumberEncoding, TableEncoding } from "../../table/encoding.js";

export class EncodedBatches implements BatchSource {
  readonly rows: number;
  readonly batchSize: number;
  readonly id: string;
  private readonly means: Float64Array;
  private readonly scales: Float64Array;
  private readonly labels: ReadonlyMap<number, number> | undefined;
  private readonly target: { readonly mean: number; readonly scale: number };

  /**
   * @param encoding of numbers alone
   * @param targets the file's name, for messages
   */
  constructor(
    private readonly given: OpenRows,
    { inputs, target }: TableEncoding,
    private readonly targets: string,
  ) {
    this.rows = given.rows;
    this.batchSize = given.batchSize;
    this.means = Float64Array.from(inputs, (each) => (each as NumberEncoding).mean);
    this.scales = Float64Array.from(inputs, (each) => (each as NumberEncoding).scale);
    this.labels =
      target.kind === "classes" ? new Map(target.classes.map((name, label) => [Number(name), label])) : undefined;
    this.target = target.kind === "classes" ? { mean: 0, scale: 1 } : target;
    this.id = `${given.id}, by ${checksumOf([JSON.stringify(target)], [this.means, this.scales])}`;
  }

  async *batches(epoch: number, context: BatchContext): AsyncGenerator<DataSet> {
    const { batchSize, given } = this;
    const columns = given.inputs;
    const data = new Float32Array(batchSize * columns);
    const y = new Float64Array(batchSize);
    for await (const batch of given.batches(epoch, context)) {
      const { rows, data: raw } = denseRows(batch.x as SampleRows);
      this.encodeInputs(raw, data);
      const targets = batch.y as Float64Array;
      for (let r = 0; r < rows; r++) y[r] = this.encodeTarget(targets[r]);
      yield { x: { rows, columns, data: data.subarray(0, rows * columns) }, y: y.subarray(0, rows) };
    }
  }

  /** Whole rows; they may be written where they lie. */
  encodeInputs(from: Float32Array, to: Float32Array): void {
    const { means, scales } = this;
    for (let at = 0; at < from.length; at += means.length)
      for (let c = 0; c < means.length; c++) to[at + c] = (from[at + c] - means[c]) / scales[c];
  }

  /** A label, or a standardized number. */
  encodeTarget(value: number): number {
    const { labels, target } = this;
    if (!labels) return (value - target.mean) / target.scale;
    const label = labels.get(value);
    if (label === undefined)
      throw new RelumineError("format", this.targets, "to have the labels that it had at first", String(value));
    return label;
  }
}
