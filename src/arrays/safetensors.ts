// Tensors of other programs' files of safetensors: all its types of numbers.
import { bytesSource, piecesOf } from "./byte-source.js";
import { FileArray } from "./file-array.js";
import { bytesOf, type NumberType } from "./numbers.js";
import { placeTensors, readHeader, tensorPath } from "../formats/safetensors.js";

const TYPES: ReadonlyMap<string, NumberType> = new Map([
  ["F16", "f16"],
  ["BF16", "bf16"],
  ["F32", "f32"],
  ["F64", "f64"],
  ["I8", "i8"],
  ["U8", "u8"],
  ["BOOL", "bool"],
  ["I16", "i16"],
  ["U16", "u16"],
  ["I32", "i32"],
  ["U32", "u32"],
  ["I64", "i64"],
  ["U64", "u64"],
]);
const SIZES = new Map([...TYPES].map(([name, type]) => [name, bytesOf(type)]));

/** A tensor's place in its file. */
export interface PlacedNumbers {
  readonly type: NumberType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Where the tensors lie, by name.
 * @throws RelumineError "format"
 */
export function placeNumbers(file: Uint8Array): Map<string, PlacedNumbers> {
  const placed = [...placeTensors(readHeader(file), SIZES)];
  return new Map(placed.map(([name, { dtype, shape, bytes }]) => [name, { type: TYPES.get(dtype)!, shape, bytes }]));
}

/** A header's length, and the brace that it begins with. */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes.length > 8 && bytes[8] === 0x7b && bytes.subarray(5, 8).every((byte) => byte === 0);
}

/** The arrays of such a file by name, their numbers unread. */
export function openSafetensors(file: Uint8Array): Map<string, FileArray> {
  const placed = [...placeNumbers(file)];
  return new Map(
    placed.map(([name, { type, shape, bytes }]) => {
      const open = (): AsyncIterable<Uint8Array> => piecesOf(bytesSource(bytes));
      return [name, new FileArray({ what: tensorPath(name), name, type, shape, bytes: bytes.length, open })];
    }),
  );
}
