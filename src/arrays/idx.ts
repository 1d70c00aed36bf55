// The IDX format, of MNIST's files: two bytes of 0, the type, the number of axes; a size of four bytes each; the
// numbers. All big-endian. Source: yann.lecun.com/exdb/mnist.
import { type ByteSource, piecesOf } from "./byte-source.js";
import { FileArray } from "./file-array.js";
import type { NumberType } from "./numbers.js";
import { RelumineError } from "../core/errors.js";

const TYPES: ReadonlyMap<number, NumberType> = new Map([
  [0x08, "u8"],
  [0x09, "i8"],
  [0x0b, "i16"],
  [0x0c, "i32"],
  [0x0d, "f32"],
  [0x0e, "f64"],
]);
const MAGIC_BYTES = 4;
const MOST_AXES = 8;

export function isIdx(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && TYPES.has(bytes[2]) && bytes[3] >= 1 && bytes[3] <= MOST_AXES;
}

/** The array of such a file, its numbers unread. */
export async function openIdx(source: ByteSource, name = ""): Promise<FileArray> {
  const what = "the array";
  const [, , type, axes] = await source.read(0, Math.min(MAGIC_BYTES, source.size));
  const start = MAGIC_BYTES + 4 * axes;
  if (source.size < start) throw new RelumineError("format", what, "to hold its sizes", "a part of them");
  const bytes = await source.read(MAGIC_BYTES, start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return new FileArray({
    what,
    name,
    type: TYPES.get(type)!,
    shape: Array.from({ length: axes }, (_, axis) => view.getUint32(4 * axis)),
    isLittleEndian: false,
    bytes: source.size - start,
    packed: source.packed,
    open: () => piecesOf(source, start),
  });
}
