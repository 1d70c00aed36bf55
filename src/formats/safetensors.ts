// The safetensors format: named tensors and words about them. Bytes in, bytes out; knows nothing of networks.
// 8 bytes: length N of the header, little-endian; N bytes: JSON, padded with spaces; then the tensors' numbers without
// a gap.
//   JSON: { "__metadata__": { name: text }, tensor: { "dtype": "F32", "shape": [...], "data_offsets": [begin, end] } }
// Source: github.com/huggingface/safetensors, README "Format". Of its types those of DTYPES are written and read. What
// a file claims is believed only where the bytes are there: nothing is allocated by a size it names.
import { checkMembers, checkObject, checkSize, parseStrictJson } from "../core/strict-json.js";
import type { StoredArray } from "../core/stored-values.js";
import { describe, memberPath } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { formatBytes } from "../text/numbers.js";

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: StoredArray;
}

/** A tensor that is still in its file: `read` copies its numbers out. */
export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Its bytes in the file itself, wherever they begin. */
  readonly bytes: Uint8Array;
  read(): StoredArray;
}

/** A header that was read; of the tensors nothing was believed so far. */
export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  readonly entries: ReadonlyMap<string, unknown>;
  /** The bytes behind the header. */
  readonly body: Uint8Array;
}

const DTYPES = { F32: Float32Array, F64: Float64Array, U32: Uint32Array, U8: Uint8Array } as const;
type Dtype = keyof typeof DTYPES;
const DTYPE_NAMES = Object.keys(DTYPES) as Dtype[];

const LENGTH_BYTES = 8;
const MOST_HEADER_BYTES = 100_000_000; // the format's own limit
const HEADER = "the file's header";
const HEADER_DEPTH = 3;
const METADATA = "__metadata__";

function malformed(path: string, expected: string, given: string): RelumineError {
  return new RelumineError("format", path, expected, given, "It is no safetensors file, or a damaged one.");
}

/** Cut short if a file makes the name long. */
export function tensorPath(name: string): string {
  return `the file's tensor ${describe(name)}`;
}

/**
 * The file's bytes. Tensors lie one after another in the order of the map, behind a header of a multiple of eight
 * bytes.
 * @throws RelumineError "memory" if the file or its header is too large
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries = [...tensors].map(([name, { shape, data }]) => [
    name,
    {
      dtype: DTYPE_NAMES.find((dtype) => data instanceof DTYPES[dtype]),
      shape,
      data_offsets: [end, (end += data.byteLength)],
    },
  ]);
  const text = JSON.stringify({ [METADATA]: metadata, ...Object.fromEntries(entries) });
  checkSize(HEADER, text, HEADER_DEPTH, "memory"); // what readHeader would refuse is not written
  const json = new TextEncoder().encode(text);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MOST_HEADER_BYTES)
    throw new RelumineError(
      "memory",
      HEADER,
      `to have at most ${MOST_HEADER_BYTES} bytes`,
      `${headerBytes}`,
      "Shorten the metadata.",
    );
  const bytes = allocate(LENGTH_BYTES + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes).set(json, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    // little-endian, as all that run WebAssembly
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch {
    throw new RelumineError("memory", "the file", "to be small enough for this engine to allocate", `${bytes} bytes`);
  }
}

function readHeaderText(bytes: Uint8Array): string {
  if (bytes.length < LENGTH_BYTES + 2)
    throw malformed("the file", `to have at least ${LENGTH_BYTES + 2} bytes`, `${bytes.length}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const size = formatBytes(Number(length));
  if (length > MOST_HEADER_BYTES)
    throw malformed(HEADER, `to be at most ${formatBytes(MOST_HEADER_BYTES)} long`, `a length of ${size}`);
  if (Number(length) > bytes.length - LENGTH_BYTES)
    throw malformed(HEADER, `to be ${size} long, as it says`, formatBytes(bytes.length - LENGTH_BYTES));
  const header = bytes.slice(LENGTH_BYTES, LENGTH_BYTES + Number(length)); // a copy: browsers decode no shared memory
  if (header[0] !== 0x7b) throw malformed(HEADER, "to be JSON, from { on", "other bytes");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw malformed(HEADER, "to be JSON in UTF-8", "other bytes");
  }
}

function readMetadataMap(value: unknown): Map<string, string> {
  const entries = Object.entries(checkObject(METADATA, value));
  for (const [name, text] of entries) {
    if (typeof text !== "string") throw malformed(memberPath(METADATA, name), "to be a string", describe(text));
  }
  return new Map(entries as [string, string][]);
}

/**
 * The header: metadata, and what the file says of its tensors.
 * @throws RelumineError "format"
 */
export function readHeader(given: Uint8Array): Header {
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.length); // what Node's Buffer calls slice is no copy
  const text = readHeaderText(bytes);
  const { [METADATA]: metadata = {}, ...entries } = checkObject(HEADER, parseStrictJson(HEADER, text, HEADER_DEPTH));
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return {
    metadata: readMetadataMap(metadata),
    entries: new Map(Object.entries(entries)),
    body: bytes.subarray(LENGTH_BYTES + headerBytes),
  };
}

function sizes(what: string, value: unknown): readonly number[] {
  if (Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)) return value as number[];
  throw malformed(what, "to be a list of integers of at least 0", describe(value));
}

/** A tensor's place in its file, of a type that the caller knows. */
export interface PlacedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its bytes in the file itself, wherever they begin. */
  readonly bytes: Uint8Array;
}

interface Placed extends PlacedTensor {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

function placeTensor(name: string, entry: unknown, body: Uint8Array, bytesOf: ReadonlyMap<string, number>): Placed {
  const what = tensorPath(name);
  const {
    dtype,
    shape: givenShape,
    data_offsets: offsets,
  } = checkMembers(what, entry, ["dtype", "shape", "data_offsets"]);
  const size = bytesOf.get(dtype as string);
  if (size === undefined)
    throw malformed(`${what}'s dtype`, `to be one of ${[...bytesOf.keys()].join(", ")}`, describe(dtype));
  const shape = sizes(`${what}'s shape`, givenShape);
  const places = sizes(`${what}'s data_offsets`, offsets);
  const [begin, end] = places;
  if (places.length !== 2 || begin > end || end > body.length) {
    const expected = `to be a begin and an end within ${body.length} bytes`;
    throw malformed(`${what}'s data_offsets`, expected, places.join(" to "));
  }
  // past 2^53 it is rounded, and still no length of a file
  const length = shape.reduce((product, each) => product * each, size);
  if (length !== end - begin)
    throw malformed(what, `to have ${length} bytes, by its shape [${shape.join(", ").slice(0, 80)}]`, `${end - begin}`);
  return { name, dtype: dtype as string, shape, begin, end, bytes: body.subarray(begin, end) };
}

/**
 * Where the tensors lie, by name, once all of them are known to fill the file without gap or overlap.
 * @param bytesOf a number's bytes, by the names of the types that the caller knows
 * @throws RelumineError "format"
 */
export function placeTensors(
  { entries, body }: Header,
  bytesOf: ReadonlyMap<string, number>,
): Map<string, PlacedTensor> {
  const tensors = [...entries].map(([name, entry]) => placeTensor(name, entry, body, bytesOf));
  let end = 0;
  for (const tensor of [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (tensor.begin !== end)
      throw malformed(tensorPath(tensor.name), `to begin at byte ${end}, where the one before ends`, `${tensor.begin}`);
    end = tensor.end;
  }
  if (end !== body.length)
    throw malformed("the file's tensors", `to end with the file, at byte ${body.length}`, `${end}`);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

/**
 * The tensors of this package's types.
 * @throws RelumineError "format"
 */
export function readTensors(header: Header): Map<string, StoredTensor> {
  const bytesOf = new Map(DTYPE_NAMES.map((name) => [name as string, DTYPES[name].BYTES_PER_ELEMENT]));
  return new Map(
    [...placeTensors(header, bytesOf)].map(([name, { dtype, shape, bytes }]) => {
      const kind = DTYPES[dtype as Dtype];
      return [name, { dtype: dtype as Dtype, shape, bytes, read: () => new kind(bytes.slice().buffer) }];
    }),
  );
}
