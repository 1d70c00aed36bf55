// The values of a column, page by page, unpacked and decoded.
import { gunzipSync } from "fflate";
import type { ByteSource } from "../byte-source.js";
import type { ColumnChunk, ParquetColumn } from "./schema.js";
import { PhysicalType } from "./schema.js";
import { unpackSnappy } from "./snappy.js";
import { ByteReader, field, malformed, readStruct, type Struct } from "./thrift.js";
import { readHybrid, readPlain, type Values } from "./values.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { checkUnpacked, MOST_DEFLATED } from "../../core/packed.js";

const Codec = { none: 0, snappy: 1, gzip: 2 } as const;
const CODEC_NAMES = ["none", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "Zstandard", "LZ4"];
const Page = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const;
const Encoding = { plain: 0, plainDictionary: 2, runs: 3, dictionary: 8 } as const;
const ENCODING_NAMES: Readonly<Record<number, string>> = {
  5: "DELTA_BINARY_PACKED",
  6: "DELTA_LENGTH_BYTE_ARRAY",
  7: "DELTA_BYTE_ARRAY",
  9: "BYTE_STREAM_SPLIT",
};

function refuse(column: string, expected: string, given: string): RelumineError {
  const hint =
    'pandas writes such files, df.to_parquet(path), and polars: df.write_parquet(path, compression="snappy")';
  return new RelumineError("unsupported", `the column ${describe(column)}`, expected, given, hint);
}

/** Reads the pages of a file's columns, and counts what they unpack to. */
export class PageReader {
  #unpacked = 0;

  constructor(private readonly source: ByteSource) {}

  /** The chunk's values that are there, for each page with which of its rows have one (undefined: all). */
  async *values(column: ParquetColumn, chunk: ColumnChunk): AsyncGenerator<PageValues> {
    const reader = new ByteReader(await this.source.read(chunk.begin, chunk.end));
    let dictionary: Values | undefined;
    for (let left = chunk.rows; left > 0;) {
      const header = readStruct(reader);
      const type = field.integer(header, 1);
      const packed = reader.take(field.integer(header, 3));
      if (type === Page.dictionary) dictionary = this.#readDictionary(column, chunk, header, packed);
      if (type !== Page.data && type !== Page.dataV2) continue;
      const part = field.struct(header, type === Page.data ? 5 : 8);
      const rows = field.integer(part, 1);
      if (rows < 0 || rows > left) throw malformed("a page of other rows");
      left -= rows;
      const context = { column, chunk, dictionary, rows };
      yield type === Page.data
        ? this.#readData(context, header, part, packed)
        : this.#readDataV2(context, header, part, packed);
    }
  }

  #unpack({ name }: ParquetColumn, { codec }: ColumnChunk, packed: Uint8Array, size: number): Uint8Array {
    this.#unpacked += size;
    checkUnpacked("the file", this.#unpacked, this.source.size);
    if (size < 0) throw malformed("a page of another size");
    if (codec === Codec.none) {
      if (size !== packed.length) throw malformed("a page of another size");
      return packed;
    }
    if (codec === Codec.snappy) return unpackSnappy(packed, size);
    if (codec === Codec.gzip) return unpackGzip(packed, size);
    throw refuse(name, "to be packed by Snappy or gzip, or not at all", CODEC_NAMES[codec] ?? `codec ${codec}`);
  }

  #readDictionary(column: ParquetColumn, chunk: ColumnChunk, header: Struct, packed: Uint8Array): Values {
    const part = field.struct(header, 7);
    const count = field.integer(part, 1);
    const bytes = this.#unpack(column, chunk, packed, field.integer(header, 2));
    if (count < 0 || count > 8 * bytes.length) throw malformed("a dictionary of more words than bytes");
    return readPlain(new ByteReader(bytes), column, count);
  }

  #readData(context: PageContext, header: Struct, part: Struct, packed: Uint8Array): PageValues {
    const { column, chunk, rows } = context;
    const reader = new ByteReader(this.#unpack(column, chunk, packed, field.integer(header, 2)));
    const isThere = column.isOptional ? readLevels(sized(reader), rows, field.integer(part, 3)) : undefined;
    return { isThere, rows, values: decode(context, reader, field.integer(part, 2), countThere(isThere, rows)) };
  }

  /** Levels are not packed there, and have their length in the header. */
  #readDataV2(context: PageContext, header: Struct, part: Struct, packed: Uint8Array): PageValues {
    const { column, chunk, rows } = context;
    const [levelBytes, repetitionBytes] = [field.integer(part, 5), field.integer(part, 6)];
    const reader = new ByteReader(packed);
    reader.take(repetitionBytes);
    const levels = new ByteReader(reader.take(levelBytes));
    const isThere = column.isOptional ? readLevels(levels, rows, Encoding.runs) : undefined;
    const size = field.integer(header, 2) - levelBytes - repetitionBytes;
    const rest = reader.take(reader.left);
    const isPacked = part.get(7) !== false && size > 0;
    const bytes = isPacked ? this.#unpack(column, chunk, rest, size) : rest;
    const values = decode(context, new ByteReader(bytes), field.integer(part, 4), countThere(isThere, rows));
    return { isThere, rows, values };
  }
}

export interface PageValues {
  readonly rows: number;
  /** 1 for rows that have a value; undefined where all have. */
  readonly isThere: Uint32Array | undefined;
  readonly values: Values;
}

interface PageContext {
  readonly column: ParquetColumn;
  readonly chunk: ColumnChunk;
  readonly dictionary: Values | undefined;
  readonly rows: number;
}

function unpackGzip(packed: Uint8Array, size: number): Uint8Array {
  if (size > MOST_DEFLATED * packed.length) throw malformed("a page of another size");
  try {
    const bytes = gunzipSync(packed, { out: new Uint8Array(size) });
    if (bytes.length === size) return bytes;
  } catch {
    throw malformed("a page that is not gzipped");
  }
  throw malformed("a page of another size");
}

/** The part that begins with its length. */
function sized(reader: ByteReader): ByteReader {
  return new ByteReader(reader.take(reader.uint32()));
}

function readLevels(reader: ByteReader, rows: number, encoding: number): Uint32Array {
  if (encoding !== Encoding.runs) throw malformed("missing values in an old encoding");
  return readHybrid(reader, 1, rows);
}

function countThere(isThere: Uint32Array | undefined, rows: number): number {
  return isThere ? isThere.reduce((sum, one) => sum + one, 0) : rows;
}

function decode({ column, dictionary }: PageContext, reader: ByteReader, encoding: number, count: number): Values {
  if (encoding === Encoding.plain) return readPlain(reader, column, count);
  if (encoding === Encoding.runs && column.type === PhysicalType.boolean)
    return Float64Array.from(readHybrid(sized(reader), 1, count));
  if (encoding !== Encoding.plainDictionary && encoding !== Encoding.dictionary)
    throw refuse(column.name, "to be plain or by a dictionary", ENCODING_NAMES[encoding] ?? `encoding ${encoding}`);
  if (count === 0) return new Float64Array();
  if (!dictionary) throw malformed("a page without its dictionary");
  const places = readHybrid(reader, reader.byte(), count);
  if (places.some((place) => place >= dictionary.length)) throw malformed("words that its dictionary does not have");
  return dictionary instanceof Float64Array
    ? Float64Array.from(places, (place) => dictionary[place])
    : Array.from(places, (place) => dictionary[place]);
}
