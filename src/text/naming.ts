// What messages call layers, units, input columns, classes and rows: by default their indices, as in the API's arrays.
// A page may count from 1, and know names.
import { formatCount } from "./numbers.js";

export interface Naming {
  /** The number of a layer. */
  layer(index: number): string;
  /** The number of a unit in its layer, or of an output. */
  unit(index: number): string;
  /** An input column. */
  column(index: number): string;
  /** A class, by its label. */
  class(label: number): string;
  /** Undefined where the reader cannot find it by a number. */
  row(index: number): string | undefined;
}

export const BY_INDEX: Naming = { layer: String, unit: String, column: String, class: String, row: String };

const MOST_LISTED = 8;

/** `3, 5, 8` or `3, 5, 8 ... (and 12 more)` */
export function listNames(indices: readonly number[], nameOf: (index: number) => string = String): string {
  const listed = indices.slice(0, MOST_LISTED).map((index) => nameOf(index));
  const more = indices.length - listed.length;
  return `${listed.join(", ")}${more > 0 ? ` ... (and ${formatCount(more)} more)` : ""}`;
}
