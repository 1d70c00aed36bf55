// Numbers in a file without a header, little-endian, row after row: how many rows there are its size says.
import { bytesOf, type NumberType } from "./numbers.js";
import { RelumineError } from "../core/errors.js";
import { countOf } from "../text/numbers.js";

/** Types of numbers in files without a header. */
export type RawType =
  "float16" | "float32" | "float64" | "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32" | "int64" | "uint64";

export const RAW_TYPES = {
  float16: "f16",
  float32: "f32",
  float64: "f64",
  int8: "i8",
  uint8: "u8",
  int16: "i16",
  uint16: "u16",
  int32: "i32",
  uint32: "u32",
  int64: "i64",
  uint64: "u64",
} as const satisfies Readonly<Record<RawType, NumberType>>;

/** What each row is. */
export interface RawRow {
  readonly type: RawType;
  /** Numbers in it. */
  readonly columns: number;
}

/**
 * @param size of the file, in bytes
 * @returns rows x columns
 * @throws RelumineError "format" where that is no whole number of rows, or none
 */
export function rawShape(what: string, size: number, { type, columns }: RawRow): [number, number] {
  const bytes = columns * bytesOf(RAW_TYPES[type]);
  const rows = size / bytes;
  if (Number.isInteger(rows) && rows >= 1) return [rows, columns];
  const expected = `to hold whole rows of ${countOf(columns, "number")} of ${type}, ${countOf(bytes, "byte")} each`;
  throw new RelumineError("format", what, expected, countOf(size, "byte"));
}
