// What a file of data is, by its first bytes, and what it holds: arrays whose numbers are unread, or a table.
import { type ByteSource, blobSource, bytesSource, collectBytes, piecesOf } from "./byte-source.js";
import type { Arrays } from "./choose.js";
import { FileArray } from "./file-array.js";
import { isHdf5 } from "./hdf5-magic.js";
import { isIdx, openIdx } from "./idx.js";
import { isArrayName, isNpy, type NpzFile, openNpy, openNpz } from "./npy.js";
import { isParquet } from "./parquet/magic.js";
import { RAW_TYPES, type RawRow, rawShape } from "./raw.js";
import { isSafetensors, openSafetensors } from "./safetensors.js";
import { ZipFile } from "./zip.js";
import { RelumineError } from "../core/errors.js";
import { checkUnpacked, isGzip, isZip } from "../core/packed.js";
import type { Table } from "../table/columns.js";
import type { ReadOptions } from "../table/read/layout.js";
import { readTable } from "../table/read/read-table.js";
import { readChunks, startingWith, type TableSource } from "../table/read/source.js";

/** Where data come from: a table's text, the bytes of a file, at once, in pieces or in ranges. */
export type DataSource = TableSource | ByteSource;

export type DataFile = ArrayFile | { readonly table: Table };

export interface ArrayFile {
  readonly arrays: Arrays;
  /** The text of an array that is one, where there may be such. */
  readonly textOf?: NpzFile["textOf"];
}

/** What is not read in ranges is held as a whole. */
const MOST_HELD = 2 ** 31 - 1;
/** By which a file is known. */
const FIRST_BYTES = 16;

type OpenArrays = (source: ByteSource) => Promise<Arrays>;

const alone = async (array: FileArray | Promise<FileArray>): Promise<Arrays> => new Map([["", await array]]);

function refuse(given: string, hint: string): RelumineError {
  return new RelumineError("unsupported", "the file", "to be a table or arrays of numbers", given, hint);
}

function openRaw(source: ByteSource, row: RawRow): FileArray {
  const what = "the array";
  const { size: bytes, packed } = source;
  const shape = rawShape(what, bytes, row);
  return new FileArray({
    what,
    name: "",
    type: RAW_TYPES[row.type],
    shape,
    bytes,
    packed,
    open: () => piecesOf(source),
  });
}

async function openWhole(source: ByteSource): Promise<Arrays> {
  checkUnpacked("the file", source.size, source.packed ?? source.size);
  return openSafetensors(await collectBytes("the file", piecesOf(source), MOST_HELD));
}

/**
 * How arrays that begin with these bytes are opened; undefined for text.
 * @throws RelumineError "unsupported"
 */
function openerOf(first: Uint8Array): OpenArrays | undefined {
  if (isNpy(first)) return (source) => alone(openNpy(source));
  if (isIdx(first)) return (source) => alone(openIdx(source));
  if (isSafetensors(first)) return openWhole;
  if (first[0] === 0x80 && first[1] >= 2 && first[1] <= 5)
    throw refuse("a pickle", "A pickle can run anything: numpy.savez(path, x=x, y=y) stores arrays.");
  if (isHdf5(first)) throw refuse("HDF5", "numpy.savez(path, x=x, y=y) stores arrays.");
  return undefined;
}

function isByteSource(source: DataSource): source is ByteSource {
  return (
    typeof source === "object" &&
    source !== null &&
    "size" in source &&
    typeof (source as ByteSource).read === "function"
  );
}

/** Undefined for text and for what comes in pieces. */
export function asByteSource(source: DataSource): ByteSource | undefined {
  if (source instanceof Uint8Array) return bytesSource(source);
  if (source instanceof ArrayBuffer) return bytesSource(new Uint8Array(source));
  if (typeof Blob !== "undefined" && source instanceof Blob) return blobSource(source);
  return isByteSource(source) ? source : undefined;
}

/** Loaded when there is such a file. */
async function openParquet(source: ByteSource): Promise<Table> {
  return (await import("./parquet/table.js")).readParquet(source);
}

type Chunk = string | Uint8Array;

/** Unpacked or read in pieces: looked at by the first, held if it is no text. */
async function openPieces(pieces: AsyncGenerator<Chunk>, options: ReadOptions): Promise<DataFile> {
  const { value: first, done } = await pieces.next();
  if (done) return { table: await readTable(pieces, options) };
  const all = startingWith(first, pieces);
  const isWhole = typeof first !== "string" && (isZip(first) || isParquet(first));
  const open = typeof first === "string" || isWhole ? undefined : openerOf(first);
  if (!isWhole && !open) return { table: await readTable(all, options) };
  const source = bytesSource(await collectBytes("the file", all as AsyncGenerator<Uint8Array>, MOST_HELD));
  return open ? { arrays: await open(source) } : openData(source, options);
}

/** The size of what is gzipped, as the file's end says; what unpacks to more is refused. */
async function unpackedSize(source: ByteSource): Promise<number> {
  const end = await source.read(source.size - 4, source.size);
  return new DataView(end.buffer, end.byteOffset, 4).getUint32(0, true);
}

/** Arrays that are gzipped: unpacked when numbers are wanted, and not before their header is known to be credible. */
async function openGzip(source: ByteSource, options: ReadOptions): Promise<DataFile> {
  const pieces = readChunks(piecesOf(source)) as AsyncGenerator<Uint8Array>;
  const { value: first, done } = await pieces.next();
  if (done) return openPieces(pieces, options);
  const open = openerOf(first);
  if (!open) return openPieces(startingWith(first, pieces), options);
  await pieces.return(undefined);
  const size = await unpackedSize(source);
  const unpack = async (): Promise<Uint8Array> => {
    const bytes = await collectBytes("the file", readChunks(piecesOf(source)) as AsyncGenerator<Uint8Array>, size);
    if (bytes.length === size) return bytes;
    throw new RelumineError("format", "the file", `to unpack to ${size} bytes, as its end says`, `${bytes.length}`);
  };
  let whole: Promise<Uint8Array> | undefined;
  const read = async (begin: number, end: number): Promise<Uint8Array> =>
    end <= first.length ? first.subarray(begin, end) : (await (whole ??= unpack())).subarray(begin, end);
  return { arrays: await open({ size, packed: source.size, read }) };
}

/** How a file is read, where its bytes don't say it. */
interface OpenOptions extends ReadOptions {
  /** Of numbers without a header: then nothing else is looked for. */
  readonly raw?: RawRow;
}

/**
 * What a file holds. Arrays: NumPy's .npy and .npz, safetensors, IDX; tables: Parquet, and text, as which all else is
 * read. Gzipped files are unpacked.
 * @throws RelumineError "format", "unsupported" or "memory"
 */
export async function openData(given: DataSource, { raw, ...options }: OpenOptions): Promise<DataFile> {
  const source = asByteSource(given);
  if (raw && source) return { arrays: await alone(openRaw(source, raw)) };
  if (raw) throw refuse("what comes in pieces", "Numbers without a header are read from a file.");
  if (!source) return openPieces(readChunks(given as TableSource), options);
  const first = await source.read(0, Math.min(FIRST_BYTES, source.size));
  if (isZip(first)) {
    const archive = await ZipFile.open(source);
    if (archive.names().some(isArrayName)) return openNpz(archive);
  }
  if (isGzip(first) && source.size > 8) return openGzip(source, options);
  if (isParquet(first)) return { table: await openParquet(source) };
  const open = openerOf(first);
  return open ? { arrays: await open(source) } : openPieces(readChunks(piecesOf(source)), options);
}
