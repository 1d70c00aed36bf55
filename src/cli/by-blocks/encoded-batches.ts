// Batches of rows in files, scaled by an encoding as a table's rows are.
import { checksumOf } from "../../core/checksum.js";
import { isFloat32 } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { denseRows, type Matrix, type SampleRows } from "../../core/matrix.js";
import type { OpenRows } from "../../files/open-rows.js";
import type { BatchContext, BatchSource } from "../../network/batches.js";
import type { DataSet } from "../../network/data.js";
import type { TrainingRows } from "../prepare-table.js";
import type { FileNames, RawRows } from "./scan.js";
import {
  type NumberEncoding,
  type NumbersTarget,
  type TableEncoding,
  type TargetEncoding,
  UNSCALED,
} from "../../table/encoding.js";

/** Of each number of a row's target; of classes none is scaled. */
function targetScalings(target: TargetEncoding): NumbersTarget["outputs"] {
  if (target.kind === "numbers") return target.outputs;
  return [target.kind === "classes" ? UNSCALED : target];
}

export class EncodedBatches implements BatchSource {
  readonly rows: number;
  readonly batchSize: number;
  readonly id: string;
  private readonly means: Float64Array;
  private readonly scales: Float64Array;
  private readonly labels: ReadonlyMap<number, number> | undefined;
  private readonly scalings: NumbersTarget["outputs"];

  /**
   * @param given with exact targets
   * @param encoding of numbers alone
   * @param names the files', for messages
   * @param areRows of targets, even of one number each, which a loss may take for a share
   */
  constructor(
    private readonly given: OpenRows,
    { inputs, target }: TableEncoding,
    private readonly names: FileNames,
    private readonly areRows: boolean,
  ) {
    this.rows = given.rows;
    this.batchSize = given.batchSize;
    this.means = Float64Array.from(inputs, (each) => (each as NumberEncoding).mean);
    this.scales = Float64Array.from(inputs, (each) => (each as NumberEncoding).scale);
    this.labels =
      target.kind === "classes" ? new Map(target.classes.map((name, label) => [Number(name), label])) : undefined;
    this.scalings = targetScalings(target);
    this.id = `${given.id}, by ${checksumOf([JSON.stringify(target)], [this.means, this.scales])}`;
  }

  async *batches(epoch: number, context: BatchContext): AsyncGenerator<DataSet> {
    const { batchSize, given, scalings } = this;
    const columns = given.inputs;
    const data = new Float32Array(batchSize * columns);
    const y = this.roomForTargets(batchSize);
    for await (const batch of given.batches(epoch, context)) {
      const { rows, data: raw } = denseRows(batch.x as SampleRows);
      this.encodeInputs(raw, data);
      this.encodeTargets(batch.y as Float64Array, y);
      const encoded = y.subarray(0, rows * scalings.length);
      yield {
        x: { rows, columns, data: data.subarray(0, rows * columns) },
        y: encoded instanceof Float32Array ? asRows(encoded, rows) : encoded,
      };
    }
  }

  /**
   * Rows in memory: inputs are written where they lie.
   * @param places of the rows in the file, where the scaling is of others
   * @throws RelumineError "value" for what scaling makes too large
   */
  encodeRows({ x, y }: RawRows, places?: Float64Array): TrainingRows {
    this.encodeInputs(x.data, x.data);
    const encoded = this.roomForTargets(x.rows);
    this.encodeTargets(y, encoded);
    if (places) {
      checkScaled(this.names.x, x.data, places);
      checkScaled(this.names.y, encoded, places);
    }
    return { x, y: encoded instanceof Float32Array ? asRows(encoded, x.rows) : Array.from(encoded) };
  }

  /** Whole rows; they may be written where they lie. */
  private encodeInputs(from: Float32Array, to: Float32Array): void {
    const { means, scales } = this;
    for (let at = 0; at < from.length; at += means.length)
      for (let c = 0; c < means.length; c++) to[at + c] = (from[at + c] - means[c]) / scales[c];
  }

  /** Single numbers keep their digits until they are checked, as labels are. */
  private roomForTargets(rows: number): Float64Array | Float32Array {
    return this.areRows ? new Float32Array(rows * this.scalings.length) : new Float64Array(rows);
  }

  /** Labels, or standardized numbers, row after row. */
  private encodeTargets(from: Float64Array, to: Float64Array | Float32Array): void {
    const { labels, scalings } = this;
    const targets = scalings.length;
    for (let at = 0; at < from.length; at += targets)
      for (let t = 0; t < targets; t++)
        to[at + t] = labels ? this.labelOf(from[at]) : (from[at + t] - scalings[t].mean) / scalings[t].scale;
  }

  private labelOf(value: number): number {
    const label = this.labels!.get(value);
    if (label === undefined)
      throw new RelumineError("format", this.names.y, "to have the labels that it had at first", String(value));
    return label;
  }
}

function asRows(data: Float32Array, rows: number): Matrix {
  return { rows, columns: data.length / rows, data };
}

function checkScaled(file: string, numbers: Float32Array | Float64Array, places: Float64Array): void {
  const at = numbers.findIndex((value) => !isFloat32(value));
  if (at < 0) return;
  const columns = numbers.length / places.length;
  const column = columns === 1 ? "" : `, column ${(at % columns) + 1}`;
  const path = `${file}: row ${places[Math.floor(at / columns)] + 1}${column}`;
  const expected = "to be a finite float32 number once it is scaled by the rows that train, (value - mean) / scale";
  throw new RelumineError("value", path, expected, String(numbers[at]));
}
