// Snappy's raw format. Source: github.com/google/snappy, format_description.txt.
import { ByteReader, malformed } from "./thrift.js";

/** No element of three bytes makes more than 64. */
const MOST_PER_BYTE = 22;

function readLength(reader: ByteReader, tag: number): number {
  if (tag < 60) return tag + 1;
  let length = 0;
  for (let i = 0; i < tag - 59; i++) length += reader.byte() * 2 ** (8 * i);
  return length + 1;
}

/**
 * @param size of the unpacked bytes, as the page says
 * @throws RelumineError "format"
 */
export function unpackSnappy(packed: Uint8Array, size: number): Uint8Array {
  const reader = new ByteReader(packed);
  if (reader.varint() !== size || size > MOST_PER_BYTE * packed.length) throw malformed("a page of another size");
  const result = new Uint8Array(size);
  let at = 0;
  const room = (length: number): void => {
    if (at + length > size) throw malformed("a page of another size");
  };
  while (reader.left > 0) {
    const tag = reader.byte();
    if ((tag & 3) === 0) {
      const length = readLength(reader, tag >> 2);
      room(length);
      result.set(reader.take(length), at);
      at += length;
      continue;
    }
    const isShort = (tag & 3) === 1;
    const length = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    let offset = isShort ? ((tag >> 5) << 8) | reader.byte() : 0;
    if (!isShort) for (let i = 0; i < ((tag & 3) === 2 ? 2 : 4); i++) offset += reader.byte() * 2 ** (8 * i);
    room(length);
    if (offset === 0 || offset > at) throw malformed("a page that refers before its beginning");
    for (const end = at + length; at < end; at++) result[at] = result[at - offset];
  }
  if (at !== size) throw malformed("a page of another size");
  return result;
}
