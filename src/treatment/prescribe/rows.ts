// The rows of a prescription, as plain data: what is sent to a worker once for all trials.
import type { PlainSet } from "../../network/data.js";

/** The rows that train, and those that judge. */
export interface RowSets {
  readonly training: PlainSet;
  readonly validation: PlainSet;
}
