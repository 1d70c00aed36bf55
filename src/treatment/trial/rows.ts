// The rows of a prescription, as plain data: what is sent to a worker once for all trials.
import type { Matrix64 } from "../../core/matrix.js";
import type { PlainSet } from "../../network/data.js";

/** Fewer rows are judged on all of them, as they train: a share of them would be almost nothing. */
export const FEWEST_ROWS = 30;

/** The rows that train, and those that judge. */
export interface RowSets {
  readonly training: PlainSet;
  readonly validation: PlainSet;
  /** Their inputs in float64, where float32 has no room for what they tell. */
  readonly exact?: { readonly training: Matrix64; readonly validation: Matrix64 };
}
