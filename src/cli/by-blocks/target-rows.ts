// What the targets of rows look like, and whether the loss that is asked for takes them: shares of classes that sum to
// 1, and labels of which a row may have several.
import type { TrainLoss } from "../options.js";
import { faultOfProbabilities } from "../../network/data.js";

/** Whether targets stay as they lie, row by row, because the loss takes them for shares: labels are none. */
export function areShares(loss: TrainLoss | undefined, columns: number): boolean {
  return loss === "binaryCrossEntropy" || (loss === "crossEntropy" && columns > 1);
}

/** What all rows are: a single 1 in each; numbers from 0 on that sum to 1; any number of ones. */
export type RowKind = "oneHot" | "shares" | "severalLabels";

/** What is wrong with a row, in the words of a RelumineError. */
export type RowFault = readonly [expected: string, given: string, hint: string];

/** Looks at rows of targets as a training sees them, in float32. */
export class TargetRows {
  /** By column, of the rows that train. */
  readonly sums: Float64Array;
  private readonly row: Float32Array;
  private readonly takesShares: boolean;
  private areBinary = true;
  private sumToOne: boolean;

  constructor(
    readonly columns: number,
    private readonly loss: TrainLoss | undefined,
  ) {
    this.sums = new Float64Array(columns);
    this.row = new Float32Array(columns);
    this.takesShares = areShares(loss, columns);
    this.sumToOne = loss !== "binaryCrossEntropy"; // which does not ask
  }

  /** @returns what the loss does not take of it */
  add(targets: Float64Array, isHeldOut: boolean): RowFault | undefined {
    const { columns, row, sums, takesShares } = this;
    if (columns === 1 && !takesShares) return undefined;
    row.set(targets);
    this.areBinary &&= row.every((value) => value === 0 || value === 1);
    if (!takesShares) {
      this.sumToOne &&= faultOfProbabilities(row, 0, columns, true) === undefined;
      return undefined;
    }
    if (!isHeldOut) for (let c = 0; c < columns; c++) sums[c] += row[c];
    return this.faultOfRow();
  }

  private faultOfRow(): RowFault | undefined {
    const { columns, row, loss } = this;
    const fault = faultOfProbabilities(row, 0, columns, loss === "crossEntropy");
    if (!fault) return undefined;
    const areWithin = faultOfProbabilities(row, 0, columns, false) === undefined;
    const hint = areWithin ? "Several labels a row take binaryCrossEntropy." : "Numbers take meanSquaredError.";
    return [`${fault[0]}, for --loss ${loss}`, fault[1], hint];
  }

  /** Of several targets a row. */
  get kind(): RowKind | undefined {
    if (this.columns === 1) return undefined;
    if (this.sumToOne) return this.areBinary ? "oneHot" : "shares";
    return this.areBinary ? "severalLabels" : undefined;
  }
}
