// Zip archives: entries by name, unpacked when they are asked for. Source: PKWARE's APPNOTE 6.3.10. An archive is
// hostile until checked: names once, nothing encrypted, sizes as the unpacked data has them, checksums right, no two
// entries on the same bytes. ZipArchive holds one in memory; ZipFile reads ranges of one, and its entries piece by
// piece.
import { Inflate, inflateSync } from "fflate";
import { type ByteSource, piecesOf } from "./byte-source.js";
import { crc32 } from "./crc32.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { MOST_DEFLATED } from "../core/packed.js";

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Of its local header. */
  readonly place: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const LOCATOR_64 = 0x07064b50;
const LOCATOR_64_BYTES = 20;
const END_64 = 0x06064b50;
const END_64_BYTES = 56;
/** Of an extra field: sizes and places of 64 bits, for those that are UNTOLD. */
const EXTRA_64 = 1;
const UNTOLD = 0xffffffff;
const MOST_COMMENT = 65_535;
const MOST_ENTRIES = 20_000;
/** Of all that is unpacked from one archive, beyond what lies in it as it is. */
const MOST_INFLATED = 2 ** 26;
const [STORED, DEFLATED] = [0, 8];
/** Of an entry's flags. */
const ENCRYPTED = 1;

function malformed(expected: string, given: string): RelumineError {
  return new RelumineError("format", "the zip archive", expected, given);
}

function encrypted(name: string): RelumineError {
  return new RelumineError("unsupported", entryPath(name), "to be readable", "an encrypted one");
}

/** What an archive's end says of its directory. */
interface End {
  readonly count: number;
  /** Where the directory begins, and where it has ended. */
  readonly begin: number;
  readonly end: number;
}

/** A number of 64 bits; what is beyond 2^53 is rounded, and no place in a file. */
function uint64(view: DataView, place: number): number {
  return Number(view.getBigUint64(place, true));
}

/**
 * @param tail the archive's last bytes
 * @param start where they lie in it
 */
function findEnd(tail: Uint8Array, start: number): End {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const least = Math.max(0, tail.length - END_BYTES - MOST_COMMENT);
  for (let place = tail.length - END_BYTES; place >= least; place--)
    if (view.getUint32(place, true) === END && place + END_BYTES + view.getUint16(place + 20, true) === tail.length)
      return readEnd(view, place, start);
  throw malformed("to have a directory at its end", "one that is cut short, or none");
}

function readEnd(view: DataView, place: number, start: number): End {
  const [count, begin] = [view.getUint16(place + 10, true), view.getUint32(place + 16, true)];
  if (count !== 0xffff && begin !== UNTOLD) return { count, begin, end: start + place };
  const locator = place - LOCATOR_64_BYTES;
  const end64 = locator - END_64_BYTES; // as it is without data of its own, which nobody writes
  const isThere = end64 >= 0 && view.getUint32(locator, true) === LOCATOR_64 && view.getUint32(end64, true) === END_64;
  if (!isThere || uint64(view, locator + 8) !== start + end64)
    throw malformed("to have a zip64 record before its end", "none");
  return { count: uint64(view, end64 + 32), begin: uint64(view, end64 + 48), end: start + end64 };
}

/** Sizes and a place beyond 4 GiB, of an entry's extra field. */
function readExtra(view: DataView, from: number, to: number, entry: Entry): Entry {
  const wanted = (["size", "packed", "place"] as const).filter((name) => entry[name] === UNTOLD);
  if (wanted.length === 0) return entry;
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== EXTRA_64) continue;
    if (view.getUint16(at + 2, true) < 8 * wanted.length || at + 4 + 8 * wanted.length > to) break;
    return { ...entry, ...Object.fromEntries(wanted.map((name, i) => [name, uint64(view, at + 4 + 8 * i)])) };
  }
  throw malformed("to say how large its entries are", `${describe(entry.name)}, which does not`);
}

/** The entries by name, all within the bytes before the directory and beside each other. */
function readDirectory(directory: Uint8Array, { count, begin }: End): Map<string, Entry> {
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  const entries = new Map<string, Entry>();
  let place = 0;
  for (let index = 0; index < count; index++) {
    if (place + ENTRY_BYTES > directory.length || view.getUint32(place, true) !== ENTRY)
      throw malformed("to have a directory of entries", "a damaged one");
    const [nameBytes, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(place + offset, true));
    const afterName = place + ENTRY_BYTES + nameBytes;
    const next = afterName + extra + comment;
    if (next > directory.length) throw malformed("to have a directory of entries", "one that is cut short");
    const name = new TextDecoder().decode(directory.subarray(place + ENTRY_BYTES, afterName));
    if (entries.has(name)) throw malformed("to have entries of different names", `${describe(name)} twice`);
    if (view.getUint16(place + 8, true) & ENCRYPTED) throw encrypted(name);
    const entry = {
      name,
      method: view.getUint16(place + 10, true),
      crc: view.getUint32(place + 16, true),
      packed: view.getUint32(place + 20, true),
      size: view.getUint32(place + 24, true),
      place: view.getUint32(place + 42, true),
    };
    entries.set(name, readExtra(view, afterName, afterName + extra, entry));
    place = next;
  }
  checkPlaces(entries.values(), begin);
  return entries;
}

function checkPlaces(entries: Iterable<Entry>, end: number): void {
  let last = 0;
  for (const { name, place, packed } of [...entries].sort((a, b) => a.place - b.place)) {
    if (place < last) throw malformed("to have entries beside each other", `${describe(name)} within another`);
    last = place + LOCAL_BYTES + packed;
    if (last > end) throw malformed("to hold its entries", `${describe(name)}, which leads beyond its end`);
  }
}

function checkEnd({ count, begin, end }: End): void {
  if (count > MOST_ENTRIES) throw malformed(`to have at most ${MOST_ENTRIES} entries`, `${count}`);
  if (begin > end) throw malformed("to have a directory before its end", "one behind it");
}

function entryPath(name: string): string {
  return `the archive's entry ${describe(name)}`;
}

function findEntry(entries: ReadonlyMap<string, Entry>, name: string): Entry {
  const entry = entries.get(name);
  if (entry === undefined) throw malformed(`to hold ${name.slice(0, 80)}`, "none of the name");
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw new RelumineError("unsupported", entryPath(name), "to be stored or deflated", `the method ${entry.method}`);
  const isPossible = entry.method === STORED ? entry.size === entry.packed : entry.size <= MOST_DEFLATED * entry.packed;
  if (isPossible) return entry;
  throw new RelumineError("format", entryPath(name), "to be as large as its bytes allow", `${entry.size} bytes`);
}

/** Where an entry's data begins, by its local header. */
function dataPlace(local: Uint8Array, { name, place, packed }: Entry, end: number): number {
  const view = new DataView(local.buffer, local.byteOffset, local.length);
  const isLocal = local.length >= LOCAL_BYTES && view.getUint32(0, true) === LOCAL;
  if (isLocal && view.getUint16(6, true) & ENCRYPTED) throw encrypted(name);
  const start = isLocal ? place + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true) : Infinity;
  if (start + packed <= end) return start;
  throw new RelumineError("format", entryPath(name), "to lie in the archive", "one that does not");
}

function refuseData(name: string): RelumineError {
  const expected = "to have the size and checksum of the archive's directory";
  return new RelumineError("format", entryPath(name), expected, "others");
}

function refuseDeflated(name: string, error: unknown): RelumineError {
  const reason = (error as Error).message.slice(0, 80);
  return new RelumineError("format", entryPath(name), "to be deflated", `what is not (${reason})`);
}

/** An archive in memory whose directory was read. */
export class ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #entries: ReadonlyMap<string, Entry>;
  #inflated = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const end = findEnd(bytes, 0);
    checkEnd(end);
    this.#entries = readDirectory(bytes.subarray(end.begin, end.end), end);
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * An entry's content.
   * @throws RelumineError "format" for one that is not there or damaged, "unsupported" for one that is encrypted,
   *   "memory" for more than the archive may unpack to
   */
  read(name: string, most = Infinity): Uint8Array {
    const entry = findEntry(this.#entries, name);
    const what = entryPath(name);
    if (entry.size > most) throw new RelumineError("memory", what, `to have at most ${most} bytes`, `${entry.size}`);
    const local = this.#bytes.subarray(entry.place, entry.place + LOCAL_BYTES);
    const start = dataPlace(local, entry, this.#bytes.length);
    const data = this.#unpack(what, entry, this.#bytes.subarray(start, start + entry.packed));
    if (data.length !== entry.size || crc32(data) !== entry.crc) throw refuseData(name);
    return data;
  }

  #unpack(what: string, { name, method, size }: Entry, packed: Uint8Array): Uint8Array {
    if (method === STORED) return packed;
    this.#inflated += size;
    if (this.#inflated > MOST_INFLATED)
      throw new RelumineError("memory", what, `to unpack to at most ${MOST_INFLATED} bytes`, `${size}`);
    try {
      return inflateSync(packed, { out: new Uint8Array(size) });
    } catch (error) {
      throw refuseDeflated(name, error);
    }
  }
}

/** An archive of which ranges are read: its directory at once, its entries piece by piece. */
export class ZipFile {
  private constructor(
    private readonly source: ByteSource,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @throws RelumineError "format" for a damaged directory, "unsupported" for what is encrypted */
  static async open(source: ByteSource): Promise<ZipFile> {
    const start = Math.max(0, source.size - END_BYTES - MOST_COMMENT - LOCATOR_64_BYTES - END_64_BYTES);
    const end = findEnd(await source.read(start, source.size), start);
    checkEnd(end);
    return new ZipFile(source, readDirectory(await source.read(end.begin, end.end), end));
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  /** An entry's sizes: unpacked, and in the archive. */
  sizes(name: string): { readonly size: number; readonly packed: number } {
    return findEntry(this.entries, name);
  }

  /**
   * An entry's content; its size and checksum are known to be right when the last piece was given.
   * @throws RelumineError "format" for a damaged one
   */
  async *pieces(name: string): AsyncGenerator<Uint8Array> {
    const entry = findEntry(this.entries, name);
    const { source } = this;
    const local = await source.read(entry.place, Math.min(source.size, entry.place + LOCAL_BYTES));
    const start = dataPlace(local, entry, source.size);
    const packed = piecesOf(source, start, start + entry.packed);
    let [size, crc] = [0, 0];
    for await (const piece of entry.method === STORED ? packed : inflated(name, packed)) {
      size += piece.length;
      if (size > entry.size) throw refuseData(name);
      crc = crc32(piece, crc);
      yield piece;
    }
    if (size !== entry.size || crc !== entry.crc) throw refuseData(name);
  }
}

/**
 * Packed bytes that are unpacked at once: a thousandfold of them is held. The first are few: a header may be enough.
 */
const PACKED_PIECE = 2 ** 14;
const FIRST_PIECE = 2 ** 5;

async function* inflated(name: string, packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  const inflate = new Inflate((piece) => pieces.push(piece));
  const push = (piece: Uint8Array, isLast: boolean): Uint8Array[] => {
    pieces = [];
    try {
      inflate.push(piece, isLast);
    } catch (error) {
      throw refuseDeflated(name, error);
    }
    return pieces;
  };
  let most = FIRST_PIECE;
  for await (const piece of packed)
    for (let at = 0; at < piece.length; at += most) {
      if (at > 0) most = Math.min(2 * most, PACKED_PIECE);
      yield* push(piece.subarray(at, at + most), false);
    }
  yield* push(new Uint8Array(), true);
}
