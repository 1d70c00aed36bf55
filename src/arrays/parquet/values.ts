// The encodings of a page's values. Source: github.com/apache/parquet-format, Encodings.md. Counts are those of the
// page, which the caller has held against the rows; a run is never longer than what is still wanted.
import { type ParquetColumn, PhysicalType } from "./schema.js";
import { ByteReader, malformed } from "./thrift.js";
import { halfToNumber } from "../../core/rows/compact.js";

const MOST_WIDTH = 32;
const JULIAN_1970 = 2_440_588;
const DAY = 86_400_000;

/** Numbers of `width` bits each: runs of one value, and groups of eight that are packed. */
export function readHybrid(reader: ByteReader, width: number, count: number): Uint32Array {
  if (width > MOST_WIDTH) throw malformed("numbers of more than 32 bits");
  const values = new Uint32Array(count);
  const bytes = Math.ceil(width / 8);
  for (let at = 0; at < count;) {
    const header = reader.varint();
    const groups = Math.floor(header / 2);
    if (header % 2 === 0) {
      let value = 0;
      for (let i = 0; i < bytes; i++) value += reader.byte() * 2 ** (8 * i);
      if (groups === 0) throw malformed("a run of nothing");
      const end = Math.min(count, at + groups);
      values.fill(value, at, end);
      at = end;
      continue;
    }
    if (groups === 0) throw malformed("a run of nothing");
    at = unpackBits(reader, width, values, at, Math.min(count, at + 8 * groups), groups);
  }
  return values;
}

/** The last group may be cut short where its numbers are not wanted. */
function unpackBits(
  reader: ByteReader,
  width: number,
  values: Uint32Array,
  from: number,
  to: number,
  groups: number,
): number {
  const packed = reader.take(Math.min(groups * width, Math.max(reader.left, 0)));
  if (packed.length * 8 < (to - from) * width) throw malformed("one that is cut short");
  let [buffer, bits, next] = [0, 0, 0];
  for (let at = from; at < to; at++) {
    while (bits < width) {
      buffer += packed[next++] * 2 ** bits; // up to 40 bits: no place for shifts
      bits += 8;
    }
    const rest = Math.floor(buffer / 2 ** width);
    values[at] = buffer - rest * 2 ** width;
    buffer = rest;
    bits -= width;
  }
  return to;
}

/** Numbers as JavaScript's, or texts. */
export type Values = Float64Array | readonly string[];

const BYTES: Readonly<Record<number, number>> = {
  [PhysicalType.int32]: 4,
  [PhysicalType.int64]: 8,
  [PhysicalType.int96]: 12,
  [PhysicalType.float]: 4,
  [PhysicalType.double]: 8,
};

type Getter = (view: DataView, at: number) => number;

/** Big-endian, in two's complement. */
function bigEndian(view: DataView, at: number, length: number): number {
  let value = view.getInt8(at);
  for (let i = 1; i < length; i++) value = value * 256 + view.getUint8(at + i);
  return value;
}

function rawGetter({ type, meaning, length }: ParquetColumn): Getter {
  const isUnsigned = meaning.kind === "number" && meaning.isUnsigned === true;
  switch (type) {
    case PhysicalType.int32:
      return (view, at) => (isUnsigned ? view.getUint32(at, true) : view.getInt32(at, true));
    case PhysicalType.int64:
      return (view, at) => Number(isUnsigned ? view.getBigUint64(at, true) : view.getBigInt64(at, true));
    case PhysicalType.int96:
      return (view, at) =>
        (view.getUint32(at + 8, true) - JULIAN_1970) * DAY + Number(view.getBigInt64(at, true)) / 1e6;
    case PhysicalType.float:
      return (view, at) => view.getFloat32(at, true);
    case PhysicalType.double:
      return (view, at) => view.getFloat64(at, true);
    default:
      return meaning.kind === "half"
        ? (view, at) => halfToNumber(view.getUint16(at, true))
        : (view, at) => bigEndian(view, at, length);
  }
}

function scaleOf({ meaning }: ParquetColumn): (value: number) => number {
  if (meaning.kind === "decimal") return (value) => value / 10 ** meaning.scale;
  return meaning.kind === "time" ? (value) => value * meaning.step : (value) => value;
}

function readTexts(reader: ByteReader, { type, length }: ParquetColumn, count: number): string[] {
  const decoder = new TextDecoder();
  const isFixed = type === PhysicalType.fixedBytes;
  if (count * (isFixed ? length : 4) > reader.left) throw malformed("one that is cut short");
  return Array.from({ length: count }, () => decoder.decode(reader.take(isFixed ? length : reader.uint32())));
}

/** Decimals as long as each says. */
function readDecimals(reader: ByteReader, column: ParquetColumn, count: number): Float64Array {
  const scale = scaleOf(column);
  if (count * 4 > reader.left) throw malformed("one that is cut short");
  return Float64Array.from({ length: count }, () => {
    const { buffer, byteOffset, length } = reader.take(reader.uint32());
    return length === 0 ? 0 : scale(bigEndian(new DataView(buffer, byteOffset, length), 0, length));
  });
}

/** Values one after another, as they are. */
export function readPlain(reader: ByteReader, column: ParquetColumn, count: number): Values {
  const { type, meaning, length } = column;
  if (type === PhysicalType.boolean) {
    const bits = reader.take(Math.ceil(count / 8));
    return Float64Array.from({ length: count }, (_, i) => (bits[i >> 3] >> (i & 7)) & 1);
  }
  if (meaning.kind === "text") return readTexts(reader, column, count);
  if (type === PhysicalType.bytes) return readDecimals(reader, column, count);
  const size = BYTES[type] ?? length;
  if (size <= 0 || (meaning.kind === "half" && size !== 2)) throw malformed("numbers of no bytes");
  const bytes = reader.take(size * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [get, scale] = [rawGetter(column), scaleOf(column)];
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = scale(get(view, i * size));
  return values;
}
