// Rows with their targets as plain data: what is sent to a worker once for all trials.
import type { Matrix } from "../../core/matrix.js";

export interface PlainSet {
  readonly x: Matrix;
  readonly y: Int32Array | Matrix;
  readonly weights?: Float32Array;
}

/** The rows that train, and those that judge. */
export interface RowSets {
  readonly training: PlainSet;
  readonly validation: PlainSet;
}
