// Arrays of NumPy: .npy, and .npz, a zip of them. The header is a Python literal, read by one strict pattern. Source:
// numpy.lib.format.
import { type ByteSource, piecesOf } from "./byte-source.js";
import { FileArray } from "./file-array.js";
import { countOf, decodeNumbers, fromFortran, isFloat, type NumberType } from "./numbers.js";
import type { NamedTensor } from "./tensor.js";
import { ZipArchive, ZipFile } from "./zip.js";
import { startsWith } from "../core/bytes.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const TYPE = /'descr': '([<>|=]?[a-zA-Z]\d*)'/.source;
const SHAPE = /'shape': \(((?:\d{1,16}, ?)*(?:\d{1,16})?)\)/.source;
const HEADER = new RegExp(`^\\{${TYPE}, 'fortran_order': (True|False), ${SHAPE},? ?\\} *\\n?$`);
/** Before the header's text: magic, version, its length; and what it has at most. */
const PREFIX_BYTES = 12;
const MOST_HEADER_BYTES = 4096;
const TYPES: ReadonlyMap<string, NumberType> = new Map([
  ["b1", "bool"],
  ["i1", "i8"],
  ["u1", "u8"],
  ["i2", "i16"],
  ["u2", "u16"],
  ["i4", "i32"],
  ["u4", "u32"],
  ["i8", "i64"],
  ["u8", "u64"],
  ["f2", "f16"],
  ["f4", "f32"],
  ["f8", "f64"],
]);
const OTHER_TYPES: readonly (readonly [RegExp, string])[] = [
  [/'\|?O\d*'/, "objects (|O), which are a pickle"],
  [/'descr': \[/, "records of several fields"],
  [/'[<>|=]?[US]\d+'/, "texts"],
  [/'[<>|=]?c\d+'/, "complex numbers"],
  [/'[<>|=]?[mM]\d+/, "dates or durations"],
];

/** Where an array's numbers are, and what they are. */
export interface NpyHeader {
  readonly type: NumberType;
  readonly isLittleEndian: boolean;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin. */
  readonly start: number;
}

/** One text: `np.array("relu")`. */
const TEXT_HEADER = /^\{'descr': '([<>])U(\d{1,3})', 'fortran_order': (?:True|False), 'shape': \((?:1,)?\),? ?\} *\n?$/;

export function isNpy(bytes: Uint8Array): boolean {
  return startsWith(bytes, MAGIC);
}

/**
 * The header's text, and where the numbers begin.
 * @param bytes the array's first ones: 4108 hold any header
 */
function headerText(what: string, bytes: Uint8Array): { readonly text: string; readonly start: number } {
  const [major] = bytes.subarray(6, 7);
  if (!isNpy(bytes) || bytes.length < PREFIX_BYTES || !(major >= 1 && major <= 3))
    throw new RelumineError("format", what, "to be an array of NumPy", "none");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const begin = major === 1 ? 10 : PREFIX_BYTES;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length <= MOST_HEADER_BYTES && begin + length > bytes.length)
    throw new RelumineError("format", what, "to hold its header", "a part of one");
  const text = new TextDecoder().decode(bytes.slice(begin, begin + Math.min(length, MOST_HEADER_BYTES)));
  return { text, start: begin + length };
}

function readHeader(what: string, bytes: Uint8Array): NpyHeader {
  const { text, start } = headerText(what, bytes);
  const [, other] = OTHER_TYPES.find(([pattern]) => pattern.test(text)) ?? [];
  if (other !== undefined) throw new RelumineError("unsupported", what, "to be of numbers", other);
  const found = HEADER.exec(text);
  if (found === null) throw new RelumineError("format", what, "to have a header of NumPy", "another");
  const [, descr, order, sizes] = found;
  const type = TYPES.get(descr.replace(/^[<>|=]/, ""));
  if (type === undefined) throw new RelumineError("unsupported", what, "to be of numbers", describe(descr));
  const shape = sizes
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map(Number);
  return {
    type,
    isLittleEndian: !descr.startsWith(">"),
    isFortran: order === "True",
    shape,
    start,
  };
}

/** An array of floats, as weights are. */
export function readNpy(what: string, bytes: Uint8Array): NamedTensor {
  const { type, shape, isLittleEndian, isFortran, start } = readHeader(what, bytes);
  if (!isFloat(type)) throw new RelumineError("unsupported", what, "to be of floats", `the type ${type}`);
  const data = decodeNumbers(what, type, bytes.subarray(start), countOf(what, shape), isLittleEndian);
  return { shape, data: isFortran ? fromFortran(data, shape) : data };
}

function arrayPath(name: string): string {
  return `the array ${describe(name)}`;
}

/** Of an entry the array's name. */
export const withoutEnding = (name: string): string => name.slice(0, -".npy".length);

/** The arrays of floats of an .npz by name, without ".npy". */
export function readNpz(bytes: Uint8Array): Map<string, NamedTensor> {
  const archive = new ZipArchive(bytes);
  const names = archive.names().filter(isArrayName);
  return new Map(names.map((name) => [withoutEnding(name), readNpy(arrayPath(name), archive.read(name))]));
}

/** Of an archive's entry. */
export function isArrayName(name: string): boolean {
  return name.endsWith(".npy");
}

/** Without the first bytes. */
async function* from(start: number, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = start;
  for await (const piece of pieces) {
    if (left < piece.length) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

/**
 * The header of an .npy.
 * @throws RelumineError "format" or "unsupported"
 */
export async function readNpyHeader(what: string, source: ByteSource): Promise<NpyHeader> {
  return readHeader(what, await source.read(0, Math.min(source.size, PREFIX_BYTES + MOST_HEADER_BYTES)));
}

/** The array of an .npy, its numbers unread. */
export async function openNpy(source: ByteSource, name = ""): Promise<FileArray> {
  const what = name === "" ? "the array" : arrayPath(name);
  const header = await readNpyHeader(what, source);
  const bytes = source.size - header.start;
  return new FileArray({
    ...header,
    what,
    name,
    bytes,
    packed: source.packed,
    open: () => piecesOf(source, header.start),
  });
}

/** The first bytes of pieces, of which no more are read. */
async function firstBytes(pieces: AsyncGenerator<Uint8Array>, wanted: number): Promise<Uint8Array> {
  const first = new Uint8Array(wanted);
  let length = 0;
  for await (const piece of pieces) {
    const part = piece.subarray(0, wanted - length);
    first.set(part, length);
    length += part.length;
    if (length === wanted) break;
  }
  return first.subarray(0, length);
}

/** What an .npz holds. */
export interface NpzFile {
  /** Its arrays, their numbers unread; in place of one that is none of numbers, why. */
  readonly arrays: ReadonlyMap<string, FileArray | RelumineError>;
  /**
   * The text of an array that is one, as `activation="relu"` of numpy.savez; undefined where it is none.
   * @throws RelumineError "format"
   */
  readonly textOf: (name: string) => Promise<string | undefined>;
}

/** The arrays of an .npz, whose directory is read once. */
export async function openNpz(archive: ZipFile): Promise<NpzFile> {
  const arrays = new Map<string, FileArray | RelumineError>();
  for (const entry of archive.names().filter(isArrayName)) {
    const name = withoutEnding(entry);
    arrays.set(name, await openEntry(archive, entry, name));
  }
  const textOf = async (name: string) => (arrays.get(name) instanceof Error ? readText(archive, name) : undefined);
  return { arrays, textOf };
}

async function readText(archive: ZipFile, name: string): Promise<string | undefined> {
  const first = await firstBytes(archive.pieces(`${name}.npy`), PREFIX_BYTES + MOST_HEADER_BYTES);
  const { text, start } = headerText(arrayPath(name), first);
  const [, order, length] = TEXT_HEADER.exec(text) ?? [];
  if (length === undefined) return undefined;
  const view = new DataView(first.buffer, first.byteOffset, first.length);
  const codes = Array.from({ length: Math.min(Number(length), Math.floor((first.length - start) / 4)) }, (_, i) =>
    view.getUint32(start + 4 * i, order === "<"),
  ).filter((code) => code > 0 && code <= 0x10ffff);
  return String.fromCodePoint(...codes);
}

async function openEntry(archive: ZipFile, entry: string, name: string): Promise<FileArray | RelumineError> {
  const what = arrayPath(name);
  const { size, packed } = archive.sizes(entry);
  try {
    const header = readHeader(what, await firstBytes(archive.pieces(entry), PREFIX_BYTES + MOST_HEADER_BYTES));
    const open = (): AsyncIterable<Uint8Array> => from(header.start, archive.pieces(entry));
    return new FileArray({ ...header, what, name, bytes: size - header.start, packed, open });
  } catch (error) {
    if (error instanceof RelumineError && error.code === "unsupported") return error;
    throw error;
  }
}
