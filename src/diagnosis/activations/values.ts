// What a caller may give as a layer's numbers: a matrix, rows, or numbers of more axes with their shape, all at once or
// in blocks. They are not asked to be finite: a unit whose numbers are not is told.
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { isMatrix, type Matrix, rowsToMatrix } from "../../core/matrix.js";

/** Numbers of more axes than two: rows first, row-major. */
export interface ShapedValues {
  /** As many as the product of the shape. */
  readonly data: Float32Array | Float64Array;
  /** [rows, units], [rows, channels, ...places] or, with channels: "last", [rows, ...places, units]. */
  readonly shape: readonly number[];
}

/** A layer's numbers on some rows: rows x units as a Matrix or an array of rows, or with places. */
export type LayerValues = Matrix | ShapedValues | readonly ArrayLike<number>[];

/** Blocks that can be opened, and whose number of rows may be known. */
export interface BlockSource<Block> {
  /** How many rows the blocks have together, where it is known: for `onProgress`. */
  readonly rows?: number;
  /** Opens it: blocks of some rows each, in order. */
  blocks(): AsyncIterable<Block> | Iterable<Block>;
}

/** A layer's numbers in blocks of rows: an async iterable for one pass, or what opens one. */
export type ValueBlocks = AsyncIterable<LayerValues> | BlockSource<LayerValues>;

export interface ReadValues {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** The product, or NaN where a size is none. */
function countOf(shape: readonly unknown[]): number {
  const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && (size as number) >= 0;
  return shape.every(isSize) ? shape.reduce((product, size) => product * size, 1) : NaN;
}

function readShaped(path: string, { data, shape }: ShapedValues): ReadValues {
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw new RelumineError("value", `${path}.data`, "to be a Float32Array or Float64Array", describe(data));
  if (!Array.isArray(shape) || shape.length < 2)
    throw new RelumineError("shape", `${path}.shape`, "to be [rows, units] or have more axes", describe(shape));
  const count = countOf(shape);
  if (data.length !== count)
    throw new RelumineError(
      "shape",
      path,
      `to have as many numbers as its shape [${shape.join(", ")}]`,
      `${data.length}`,
    );
  return { data: data instanceof Float32Array ? data : Float32Array.from(data), shape: [...(shape as number[])] };
}

/** @throws RelumineError "shape" or "value" */
export function readValues(path: string, given: unknown): ReadValues {
  if (Array.isArray(given)) {
    const { rows, columns, data } = rowsToMatrix(path, given, (length) => new Float32Array(length));
    return { data, shape: [rows, columns] };
  }
  if (isMatrix(given))
    return readShaped(path, { data: given.data as Float32Array, shape: [given.rows, given.columns] });
  if (isObject(given) && "data" in given && "shape" in given) return readShaped(path, given as ShapedValues);
  const expected = "to be a Matrix { rows, columns, data }, { data, shape } or an array of rows";
  throw new RelumineError("shape", path, expected, describe(given));
}
