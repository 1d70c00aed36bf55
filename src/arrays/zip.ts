// Zip archives of models: entries by name, unpacked when they are asked for. Source: PKWARE's APPNOTE 6.3.10. An
// archive is hostile until checked: names once, nothing encrypted, sizes as the unpacked data has them, checksums
// right, no two entries on the same bytes.
import { inflateSync } from "fflate";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

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
const MOST_COMMENT = 65_535;
const MOST_ENTRIES = 20_000;
/** Deflate makes no more than so many bytes of one. */
const MOST_DEFLATED = 1032;
/** Of all that is unpacked from one archive, beyond what lies in it as it is. */
const MOST_INFLATED = 2 ** 26;
const [STORED, DEFLATED] = [0, 8];
/** Of an entry's flags. */
const ENCRYPTED = 1;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function malformed(expected: string, given: string): RelumineError {
  return new RelumineError("format", "the zip archive", expected, given);
}

function encrypted(name: string): RelumineError {
  const what = `the archive's entry ${describe(name)}`;
  return new RelumineError("unsupported", what, "to be readable", "an encrypted one");
}

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

function findEnd(view: DataView): number {
  const least = Math.max(0, view.byteLength - END_BYTES - MOST_COMMENT);
  for (let place = view.byteLength - END_BYTES; place >= least; place--)
    if (view.getUint32(place, true) === END && place + END_BYTES + view.getUint16(place + 20, true) === view.byteLength)
      return place;
  throw malformed("to have a directory at its end", "one that is cut short, or none");
}

/** An archive whose directory was read. */
export class ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #entries = new Map<string, Entry>();
  #inflated = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const end = findEnd(this.#view);
    const count = this.#view.getUint16(end + 10, true);
    let place = this.#view.getUint32(end + 16, true);
    if (count === 0xffff || place === 0xffffffff)
      throw new RelumineError("unsupported", "the zip archive", "to be smaller than 4 GiB", "zip64");
    if (count > MOST_ENTRIES) throw malformed(`to have at most ${MOST_ENTRIES} entries`, `${count}`);
    for (let index = 0; index < count; index++) place = this.#readEntry(place, end);
    this.#checkPlaces(end);
  }

  #readEntry(place: number, end: number): number {
    const view = this.#view;
    if (place + ENTRY_BYTES > end || view.getUint32(place, true) !== ENTRY)
      throw malformed("to have a directory of entries", "a damaged one");
    const [nameBytes, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(place + offset, true));
    const next = place + ENTRY_BYTES + nameBytes + extra + comment;
    if (next > end) throw malformed("to have a directory of entries", "one that is cut short");
    const name = new TextDecoder().decode(this.#bytes.subarray(place + ENTRY_BYTES, place + ENTRY_BYTES + nameBytes));
    if (this.#entries.has(name)) throw malformed("to have entries of different names", `${describe(name)} twice`);
    if (view.getUint16(place + 8, true) & ENCRYPTED) throw encrypted(name);
    this.#entries.set(name, {
      name,
      method: view.getUint16(place + 10, true),
      crc: view.getUint32(place + 16, true),
      packed: view.getUint32(place + 20, true),
      size: view.getUint32(place + 24, true),
      place: view.getUint32(place + 42, true),
    });
    return next;
  }

  #checkPlaces(end: number): void {
    let last = 0;
    for (const { name, place, packed } of [...this.#entries.values()].sort((a, b) => a.place - b.place)) {
      if (place < last) throw malformed("to have entries beside each other", `${describe(name)} within another`);
      last = place + LOCAL_BYTES + packed;
      if (last > end) throw malformed("to hold its entries", `${describe(name)}, which leads beyond its end`);
    }
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
    const entry = this.#entries.get(name);
    if (entry === undefined) throw malformed(`to hold ${name.slice(0, 80)}`, "none of the name");
    const what = `the archive's entry ${describe(name)}`;
    if (entry.size > most) throw new RelumineError("memory", what, `to have at most ${most} bytes`, `${entry.size}`);
    const data = this.#unpack(what, entry, this.#packed(what, entry));
    if (data.length !== entry.size || crc32(data) !== entry.crc)
      throw new RelumineError("format", what, "to have the size and checksum of the archive's directory", "others");
    return data;
  }

  #packed(what: string, { name, place, packed }: Entry): Uint8Array {
    const view = this.#view;
    const isLocal = place + LOCAL_BYTES <= view.byteLength && view.getUint32(place, true) === LOCAL;
    const start = isLocal
      ? place + LOCAL_BYTES + view.getUint16(place + 26, true) + view.getUint16(place + 28, true)
      : Infinity;
    if (isLocal && view.getUint16(place + 6, true) & ENCRYPTED) throw encrypted(name);
    if (start + packed > view.byteLength)
      throw new RelumineError("format", what, "to lie in the archive", "one that does not");
    return this.#bytes.subarray(start, start + packed);
  }

  #unpack(what: string, { method, size }: Entry, packed: Uint8Array): Uint8Array {
    if (method === STORED) return packed;
    if (method !== DEFLATED)
      throw new RelumineError("unsupported", what, "to be stored or deflated", `the method ${method}`);
    this.#inflated += size;
    if (size > MOST_DEFLATED * packed.length)
      throw new RelumineError("format", what, "to be as large as its bytes allow", `${size} bytes`);
    if (this.#inflated > MOST_INFLATED)
      throw new RelumineError("memory", what, `to unpack to at most ${MOST_INFLATED} bytes`, `${size}`);
    try {
      return inflateSync(packed, { out: new Uint8Array(size) });
    } catch (error) {
      throw new RelumineError(
        "format",
        what,
        "to be deflated",
        `what is not (${(error as Error).message.slice(0, 80)})`,
      );
    }
  }
}
