// Rows of an array that lies in a file of any size, read a few at a time into arrays that are filled again: bytes and
// halves as they are stored, all other numbers as float32 or float64.
import type { ByteSource } from "../byte-source.js";
import { readNpyHeader } from "../npy.js";
import { bytesOf, fillNumbers, type NumberType, productOf, shapeText } from "../numbers.js";
import { RelumineError } from "../../core/errors.js";
import type { RowNumbers } from "../../core/rows/gather.js";

/** Bytes that are read into arrays that are there. */
export interface FilledSource extends ByteSource {
  /**
   * Fills `bytes` with those that lie from `begin` on.
   * @throws what reading them throws
   */
  readInto(bytes: Uint8Array, begin: number): Promise<void>;
}

/** How an array without a header lies in its file. */
export interface RawLayout {
  readonly type: NumberType;
  readonly shape: readonly number[];
  /** Bytes before the first number. */
  readonly start: number;
}

/** An array's place, held against the bytes that are there. */
export interface StoredRows {
  /** As messages call it: the file. */
  readonly what: string;
  readonly source: FilledSource;
  readonly type: NumberType;
  readonly isLittleEndian: boolean;
  /** Where the numbers begin. */
  readonly start: number;
  readonly rows: number;
  /** Numbers in each row, axes after the first taken as one. */
  readonly columns: number;
}

type Place = Omit<StoredRows, "what" | "source" | "rows" | "columns"> & {
  readonly shape: readonly number[];
  readonly isFortran: boolean;
};

/** Numbers of one row. */
const MOST_IN_ROW = 2 ** 26;

function checkPlace(what: string, source: FilledSource, place: Place): StoredRows {
  const { shape, type, isFortran, isLittleEndian, start } = place;
  const [rows = 0, ...rest] = shape;
  const columns = productOf(rest);
  if (shape.length === 0 || shape.length > 16 || !(rows >= 1 && columns >= 1))
    throw new RelumineError("shape", what, "to have one or more rows of one or more numbers", shapeText(shape));
  if (isFortran && shape.filter((size) => size > 1).length > 1) {
    const hint = "numpy.save(path, numpy.ascontiguousarray(x)) stores it row by row.";
    throw new RelumineError("unsupported", what, "to lie row by row (C order)", "Fortran's order", hint);
  }
  if (columns > MOST_IN_ROW)
    throw new RelumineError("memory", what, `to have rows of at most ${MOST_IN_ROW} numbers`, shapeText(shape));
  const bytes = rows * columns * bytesOf(type);
  if (!Number.isSafeInteger(bytes) || source.size - start !== bytes) {
    const expected = `to have ${bytes} bytes from byte ${start} on, by its shape ${shapeText(shape)}`;
    throw new RelumineError("format", what, expected, `${Math.max(0, source.size - start)}`);
  }
  return { what, source, type, isLittleEndian, start, rows, columns };
}

/**
 * An .npy, or, where the layout is said, numbers without a header.
 * @throws RelumineError "format", "unsupported", "shape" or "memory"
 */
export async function placeRows(what: string, source: FilledSource, raw: RawLayout | undefined): Promise<StoredRows> {
  const place = raw ? { ...raw, isFortran: false, isLittleEndian: true } : await readNpyHeader(what, source);
  return checkPlace(what, source, place);
}

/** Of bytes and halves, the type of compact rows. */
export function compactTypeOf({ type, isLittleEndian }: StoredRows): "uint8" | "float16" | undefined {
  if (type === "u8" || type === "bool") return "uint8";
  return type === "f16" && isLittleEndian ? "float16" : undefined;
}

/** As what a file's numbers are read: "stored" keeps bytes and halves as they are, and makes float32 of others. */
export type ReadAs = "stored" | "float32" | "float64";

function kindOf(stored: StoredRows, as: ReadAs) {
  if (as === "float64") return Float64Array;
  const compact = as === "stored" ? compactTypeOf(stored) : undefined;
  if (compact === undefined) return Float32Array;
  return compact === "uint8" ? Uint8Array : Uint16Array;
}

/** Whether the file's bytes are those of the array that they are read into. */
function areAlike({ type, isLittleEndian }: StoredRows, numbers: RowNumbers): boolean {
  if (numbers instanceof Float64Array) return type === "f64" && isLittleEndian;
  return !(numbers instanceof Float32Array) || (type === "f32" && isLittleEndian);
}

/** Some rows of a file in memory. */
export class RowBuffer {
  readonly numbers: RowNumbers;
  /** Where bytes are of another type, they are read into this first. */
  private bytes = new Uint8Array(0);

  /** @param room for so many rows */
  constructor(
    readonly stored: StoredRows,
    room: number,
    as: ReadAs,
  ) {
    this.numbers = new (kindOf(stored, as))(room * stored.columns);
  }

  /**
   * Reads rows into this buffer.
   * @param first of the file
   * @param at the row of the buffer that the first goes to
   */
  async read(first: number, count: number, at: number): Promise<void> {
    const { numbers, stored } = this;
    const { columns, source, type, start } = stored;
    const begin = start + first * columns * bytesOf(type);
    const length = count * columns;
    if (areAlike(stored, numbers)) {
      const size = numbers.BYTES_PER_ELEMENT;
      return source.readInto(new Uint8Array(numbers.buffer, at * columns * size, length * size), begin);
    }
    const size = length * bytesOf(type);
    if (this.bytes.length < size) this.bytes = new Uint8Array(size);
    const bytes = this.bytes.subarray(0, size);
    await source.readInto(bytes, begin);
    fillNumbers(type, bytes, numbers as Float32Array | Float64Array, at * columns, stored.isLittleEndian);
  }
}
