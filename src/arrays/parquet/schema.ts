// What a Parquet file says of itself: its columns, and where their pages are. Source: github.com/apache/parquet-format,
// parquet.thrift.
import type { ByteSource } from "../byte-source.js";
import { ByteReader, field, malformed, readStruct, type Struct, type Value } from "./thrift.js";
import { RelumineError } from "../../core/errors.js";

export const PhysicalType = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  bytes: 6,
  fixedBytes: 7,
} as const;

/** What a column's numbers or bytes stand for; "number" of integers and floats as they are. */
export type Meaning =
  | { readonly kind: "number"; readonly isUnsigned?: boolean }
  | { readonly kind: "decimal"; readonly scale: number }
  | { readonly kind: "half" | "text" | "boolean" | "julian" }
  /** Milliseconds since 1970-01-01 are value * step. */
  | { readonly kind: "time"; readonly step: number };

export interface ParquetColumn {
  readonly name: string;
  readonly type: number;
  /** Of fixedBytes. */
  readonly length: number;
  readonly isOptional: boolean;
  readonly meaning: Meaning;
  /** By row group. */
  readonly chunks: readonly ColumnChunk[];
}

export interface ColumnChunk {
  readonly rows: number;
  readonly codec: number;
  /** Of its bytes in the file. */
  readonly begin: number;
  readonly end: number;
}

export interface ParquetFile {
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  /** Names of those that have no single numbers, dates or texts. */
  readonly others: readonly string[];
}

const MAGIC = 0x31524150; // PAR1
const ENCRYPTED_MAGIC = 0x45524150; // PARE
const END_BYTES = 8;
const MOST_FOOTER_BYTES = 2 ** 26;
const DAY = 86_400_000;
const REPEATED = 2;
const REQUIRED = 0;
/** Of ConvertedType. */
const Converted = { decimal: 5, date: 6, timestampMillis: 9, timestampMicros: 10, uint8: 11, uint64: 14 } as const;
/** Of bytes: geometries, intervals, UUIDs and the like are neither numbers nor texts. */
const TEXTS_CONVERTED: readonly number[] = [0, 4, 19]; // UTF8, ENUM, JSON
const TEXTS_LOGICAL: readonly number[] = [1, 4, 12]; // STRING, ENUM, JSON
/** Of the union LogicalType. */
const Logical = { decimal: 5, date: 6, timestamp: 8, integer: 10, float16: 15 } as const;
/** Milliseconds of a MILLIS, MICROS, NANOS. */
const UNITS = [1, 1e-3, 1e-6];

async function readFooter(source: ByteSource): Promise<Struct> {
  const { size } = source;
  if (size < 4 + END_BYTES) throw malformed("a part of one");
  const end = new ByteReader(await source.read(size - END_BYTES, size));
  const length = end.uint32();
  const magic = end.uint32();
  if (magic === ENCRYPTED_MAGIC)
    throw new RelumineError("unsupported", "the file", "to be readable", "encrypted Parquet");
  if (magic !== MAGIC || length > size - 4 - END_BYTES) throw malformed("one without its end");
  if (length > MOST_FOOTER_BYTES)
    throw new RelumineError(
      "memory",
      "the file",
      `to have a footer of at most ${MOST_FOOTER_BYTES} bytes`,
      `${length}`,
    );
  return readStruct(new ByteReader(await source.read(size - END_BYTES - length, size - END_BYTES)));
}

function structs(values: readonly Value[]): Struct[] {
  return values.map((value) => {
    if (value instanceof Map) return value as Struct;
    throw malformed("a header without a part");
  });
}

function timeStep(logical: Struct): number {
  const unit = field.struct(field.struct(logical, Logical.timestamp), 2);
  const place = [1, 2, 3].findIndex((id) => unit.has(id));
  if (place < 0) throw malformed("a time without a unit");
  return UNITS[place];
}

function meaningOf(element: Struct, type: number): Meaning {
  const converted = field.maybe(element, 6);
  const logical: Struct = element.has(10) ? field.struct(element, 10) : new Map();
  if (type === PhysicalType.boolean) return { kind: "boolean" };
  if (type === PhysicalType.int96) return { kind: "julian" };
  if (converted === Converted.decimal || logical.has(Logical.decimal))
    return { kind: "decimal", scale: field.maybe(element, 7) ?? 0 };
  if (logical.has(Logical.float16)) return { kind: "half" };
  if (converted === Converted.date || logical.has(Logical.date)) return { kind: "time", step: DAY };
  if (logical.has(Logical.timestamp)) return { kind: "time", step: timeStep(logical) };
  if (converted === Converted.timestampMillis) return { kind: "time", step: UNITS[0] };
  if (converted === Converted.timestampMicros) return { kind: "time", step: UNITS[1] };
  if (type === PhysicalType.bytes || type === PhysicalType.fixedBytes) return { kind: "text" };
  const isUnsigned =
    (converted !== undefined && converted >= Converted.uint8 && converted <= Converted.uint64) ||
    (logical.has(Logical.integer) && field.struct(logical, Logical.integer).get(2) === false);
  return { kind: "number", isUnsigned };
}

/** Whether its values are numbers, dates, truths or texts. */
function isUsable(element: Struct): boolean {
  const type = field.maybe(element, 1);
  if (type !== PhysicalType.bytes && type !== PhysicalType.fixedBytes) return true;
  if (meaningOf(element, type).kind !== "text") return true;
  const converted = field.maybe(element, 6);
  if (converted !== undefined) return TEXTS_CONVERTED.includes(converted);
  return element.has(10) ? [...field.struct(element, 10).keys()].some((id) => TEXTS_LOGICAL.includes(id)) : true;
}

/** The names of the schema's top, each with its element if its values can be read. */
function topColumns(schema: readonly Struct[]): { name: string; element?: Struct }[] {
  const found: { name: string; element?: Struct }[] = [];
  /** Elements still to come on each level that is open. */
  const open = [field.maybe(schema[0] ?? new Map<number, Value>(), 5) ?? 0];
  for (const element of schema.slice(1)) {
    while (open.length > 0 && open.at(-1) === 0) open.pop();
    if (open.length === 0) throw malformed("a schema of other columns");
    open[open.length - 1]--;
    const children = field.maybe(element, 5) ?? 0;
    const isSingle = children === 0 && element.has(1) && field.maybe(element, 3) !== REPEATED && isUsable(element);
    if (open.length === 1) found.push({ name: field.text(element.get(4)), ...(isSingle && { element }) });
    if (children > 0) open.push(children);
  }
  if (open.some((left) => left !== 0)) throw malformed("a schema of fewer columns");
  return found;
}

/** A group's chunks of columns of single values, by name. */
function chunksOf(group: Struct, size: number): Map<string, ColumnChunk> {
  const rows = field.integer(group, 3);
  const chunks = new Map<string, ColumnChunk>();
  for (const chunk of structs(field.list(group, 1))) {
    if (chunk.has(8)) throw new RelumineError("unsupported", "the file", "to be readable", "encrypted columns");
    const data = field.struct(chunk, 3);
    const path = field.list(data, 3);
    if (path.length !== 1) continue;
    const first = field.integer(data, 9);
    const begin = Math.min(first, field.maybe(data, 11) || first);
    const end = begin + field.integer(data, 7);
    if (begin < 4 || end < begin || end > size) throw malformed("a column beyond the file's end");
    chunks.set(field.text(path[0]), { rows: field.integer(data, 5), codec: field.integer(data, 4), begin, end });
  }
  for (const [name, chunk] of chunks) if (chunk.rows !== rows) chunks.delete(name);
  return chunks;
}

function chunkIn(chunks: ReadonlyMap<string, ColumnChunk>, name: string): ColumnChunk {
  const chunk = chunks.get(name);
  if (chunk) return chunk;
  throw malformed("a group of rows without one of the columns");
}

/** @throws RelumineError "format", "unsupported" or "memory" */
export async function readSchema(source: ByteSource): Promise<ParquetFile> {
  const footer = await readFooter(source);
  const top = topColumns(structs(field.list(footer, 2)));
  const groups = structs(field.list(footer, 4));
  const rows = field.integer(footer, 3);
  if (new Set(top.map(({ name }) => name)).size < top.length) throw malformed("two columns of one name");
  const inGroups = groups.reduce((sum, group) => sum + field.integer(group, 3), 0);
  if (rows < 0 || inGroups !== rows || groups.some((group) => field.integer(group, 3) < 0))
    throw malformed("groups of other rows");
  const chunks = groups.map((group) => chunksOf(group, source.size));
  const columns = top.flatMap(({ name, element }): ParquetColumn[] => {
    if (!element) return [];
    const type = field.integer(element, 1);
    return [
      {
        name,
        type,
        length: field.maybe(element, 2) ?? 0,
        isOptional: (field.maybe(element, 3) ?? REQUIRED) !== REQUIRED,
        meaning: meaningOf(element, type),
        chunks: chunks.map((each) => chunkIn(each, name)),
      },
    ];
  });
  return { rows, columns, others: top.filter(({ element }) => !element).map(({ name }) => name) };
}
