// Thrift's compact protocol, in which Parquet writes its headers: fields by number, as they come. Source:
// github.com/apache/thrift, doc/specs/thrift-compact-protocol.md. Maps and sets, which Parquet does not use, are
// refused.
import { RelumineError } from "../../core/errors.js";

/** A struct's fields by number. */
export type Struct = ReadonlyMap<number, Value>;
export type Value = number | boolean | Uint8Array | Struct | readonly Value[];

const MOST_DEPTH = 12;
/** A varint of 64 bits. */
const MOST_VARINT_BYTES = 10;
const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12];

export function malformed(given: string): RelumineError {
  return new RelumineError("format", "the file", "to be a whole Parquet file", given);
}

/** Reads bytes from a place on, never beyond their end. */
export class ByteReader {
  private at = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** The next so many bytes, which are not copied. */
  take(count: number): Uint8Array {
    if (!(count >= 0 && count <= this.left)) throw malformed("one that is cut short");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  byte(): number {
    if (this.left < 1) throw malformed("one that is cut short");
    return this.bytes[this.at++];
  }

  uint32(): number {
    this.take(4);
    return this.#view.getUint32(this.at - 4, true);
  }

  float64(): number {
    this.take(8);
    return this.#view.getFloat64(this.at - 8, true);
  }

  /** What is beyond 2^53 is rounded: no size of a file. */
  varint(): number {
    let value = 0;
    for (let i = 0; i < MOST_VARINT_BYTES; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw malformed("a number of more than 64 bits");
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

function readList(reader: ByteReader, depth: number): Value[] {
  const header = reader.byte();
  const size = header >> 4 === 15 ? reader.varint() : header >> 4;
  if (size > reader.left) throw malformed("a list that is longer than the file");
  const type = header & 0x0f;
  const isBoolean = type === TRUE || type === FALSE;
  return Array.from({ length: size }, () => (isBoolean ? reader.byte() === 1 : readValue(reader, type, depth)));
}

function readValue(reader: ByteReader, type: number, depth: number): Value {
  if (type === TRUE || type === FALSE) return type === TRUE;
  if (type === BYTE) return (reader.byte() << 24) >> 24;
  if (type === I16 || type === I32 || type === I64) return reader.zigzag();
  if (type === DOUBLE) return reader.float64();
  if (type === BINARY) return reader.take(reader.varint());
  if (type === LIST) return readList(reader, depth);
  if (type === STRUCT) return readStruct(reader, depth + 1);
  throw malformed("a header of another kind");
}

/** The struct that begins where the reader is. */
export function readStruct(reader: ByteReader, depth = 0): Struct {
  if (depth > MOST_DEPTH) throw malformed("headers within headers");
  const fields = new Map<number, Value>();
  for (let id = 0, header = reader.byte(); header !== 0; header = reader.byte()) {
    id = header >> 4 ? id + (header >> 4) : reader.zigzag();
    fields.set(id, readValue(reader, header & 0x0f, depth));
  }
  return fields;
}

/** Fields as what they have to be. */
export const field = {
  integer(struct: Struct, id: number): number {
    const value = struct.get(id);
    if (Number.isSafeInteger(value)) return value as number;
    throw malformed("a header without a number");
  },
  /** Undefined where there is none. */
  maybe(struct: Struct, id: number): number | undefined {
    return struct.has(id) ? field.integer(struct, id) : undefined;
  },
  struct(struct: Struct, id: number): Struct {
    const value = struct.get(id);
    if (value instanceof Map) return value as Struct;
    throw malformed("a header without a part");
  },
  list(struct: Struct, id: number): readonly Value[] {
    const value = struct.get(id);
    if (Array.isArray(value)) return value as readonly Value[];
    throw malformed("a header without a list");
  },
  text(value: Value | undefined): string {
    if (value instanceof Uint8Array) return new TextDecoder().decode(value.slice());
    throw malformed("a header without a name");
  },
};
