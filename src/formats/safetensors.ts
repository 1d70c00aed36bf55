// The safetensors format: named tensors and words about them. Bytes in, bytes out; knows nothing of networks.
//   8 bytes: length N of the header, little-endian; N bytes: JSON, padded with spaces; then the tensors' numbers without a gap.
//   JSON: { "__metadata__": { name: text }, tensor: { "dtype": "F32", "shape": [...], "data_offsets": [begin, end] } }
// Source: github.com/huggingface/safetensors, README "Format". Float32 alone is written and read. What a file claims is believed only
// where the bytes are there: nothing is allocated by a size it names.
import { checkMembers, checkObject, parseStrictJson } from "../core/strict-json.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor that is still in its file: `read` copies its numbers out. */
export interface StoredTensor {
  readonly shape: readonly number[];
  read(): Float32Array;
}

/** A header that was read; of the tensors nothing was believed so far. */
export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  readonly entries: ReadonlyMap<string, unknown>;
  /** The bytes behind the header. */
  readonly body: Uint8Array;
}

const LENGTH_BYTES = 8;
const MOST_HEADER_BYTES = 100_000_000; // the format's own limit
const HEADER_DEPTH = 3;
const METADATA = "__metadata__";

function malformed(message: string): RelumineError {
  return new RelumineError("format", `no safetensors file: ${message}`);
}

/** `"layers.0.kernel"`, cut short if a file makes it long. */
function quote(name: string): string {
  return describe(name);
}

/**
 * The file's bytes. Tensors lie one after another in the order of the map, behind a header of a multiple of eight bytes.
 * @throws RelumineError "memory" if the file or its header is too large
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries = [...tensors].map(([name, { shape, data }]) => [
    name,
    { dtype: "F32", shape, data_offsets: [end, (end += data.byteLength)] },
  ]);
  const json = new TextEncoder().encode(JSON.stringify({ [METADATA]: metadata, ...Object.fromEntries(entries) }));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MOST_HEADER_BYTES)
    throw new RelumineError(
      "memory",
      `the file's header has ${headerBytes} bytes; wanted are at most ${MOST_HEADER_BYTES}: shorter metadata`,
    );
  const bytes = allocate(LENGTH_BYTES + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes).set(json, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset); // little-endian, as all that run WebAssembly
    offset += data.byteLength;
  }
  return bytes;
}

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch {
    throw new RelumineError(
      "memory",
      `the file has ${bytes} bytes, more than this engine can allocate; wanted is a smaller network`,
    );
  }
}

function readHeaderText(bytes: Uint8Array): string {
  if (bytes.length < LENGTH_BYTES + 2)
    throw malformed(`it has ${bytes.length} bytes; wanted are at least ${LENGTH_BYTES + 2}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MOST_HEADER_BYTES)
    throw malformed(`its header is to have ${length} bytes; wanted are at most ${MOST_HEADER_BYTES}`);
  if (Number(length) > bytes.length - LENGTH_BYTES)
    throw malformed(
      `its header is to have ${length} bytes and ${bytes.length - LENGTH_BYTES} are left; is the file cut short?`,
    );
  const header = bytes.slice(LENGTH_BYTES, LENGTH_BYTES + Number(length)); // a copy: browsers decode no shared memory
  if (header[0] !== 0x7b) throw malformed("its header does not begin with {; wanted is JSON");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw malformed("its header is not UTF-8; wanted is JSON in UTF-8");
  }
}

function readMetadataMap(value: unknown): Map<string, string> {
  const entries = Object.entries(checkObject(METADATA, value));
  for (const [name, text] of entries) {
    if (typeof text !== "string")
      throw malformed(`${METADATA} has ${describe(text)} for ${quote(name)}; wanted is a string`);
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
  const { [METADATA]: metadata = {}, ...entries } = checkObject(
    "the file's header",
    parseStrictJson("the file's header", text, HEADER_DEPTH),
  );
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return {
    metadata: readMetadataMap(metadata),
    entries: new Map(Object.entries(entries)),
    body: bytes.subarray(LENGTH_BYTES + headerBytes),
  };
}

function sizes(what: string, value: unknown): readonly number[] {
  if (Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)) return value as number[];
  throw malformed(`${what} is ${describe(value)}; wanted is a list of whole numbers, at least 0`);
}

interface Placed extends StoredTensor {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

function placeTensor(name: string, entry: unknown, body: Uint8Array): Placed {
  const what = `the tensor ${quote(name)}`;
  const {
    dtype,
    shape: givenShape,
    data_offsets: offsets,
  } = checkMembers(what, entry, ["dtype", "shape", "data_offsets"]);
  if (dtype !== "F32") throw malformed(`${what} holds ${describe(dtype)}; wanted is "F32"`);
  const shape = sizes(`${what}'s shape`, givenShape);
  const places = sizes(`${what}'s data_offsets`, offsets);
  const [begin, end] = places;
  if (places.length !== 2 || begin > end || end > body.length) {
    throw malformed(
      `${what} is to lie from byte ${places.join(" to ")} of ${body.length}; wanted is a begin and an end within them (is the file cut short?)`,
    );
  }
  const bytes = shape.reduce((product, size) => product * size, 4); // past 2^53 it is rounded, and still no length of a file
  if (bytes !== end - begin)
    throw malformed(
      `${what} of shape [${shape.join(", ").slice(0, 80)}] has ${end - begin} bytes; wanted are ${bytes}`,
    );
  return { name, shape, begin, end, read: () => new Float32Array(body.slice(begin, end).buffer) };
}

/**
 * The tensors by name, once all of them are known to fill the file without gap or overlap.
 * @throws RelumineError "format"
 */
export function readTensors({ entries, body }: Header): Map<string, StoredTensor> {
  const tensors = [...entries].map(([name, entry]) => placeTensor(name, entry, body));
  let end = 0;
  for (const tensor of [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (tensor.begin !== end)
      throw malformed(
        `the tensor ${quote(tensor.name)} begins at byte ${tensor.begin}; wanted is ${end}, where the one before ends`,
      );
    end = tensor.end;
  }
  if (end !== body.length)
    throw malformed(`its tensors end at byte ${end} of ${body.length}; wanted are no bytes behind them`);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}
