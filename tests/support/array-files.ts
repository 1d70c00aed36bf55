// Files of arrays for tests, byte by byte, and files that lie.
import { zipSync } from "fflate";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

export function joinBytes(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The bytes of numbers as float32. */
export function floats(numbers: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Float32Array.from(numbers).buffer);
}

/** An .npy with this header, whatever the bytes are. */
export function npyWith(header: string, bytes: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const text = `${header}${" ".repeat(63 - ((10 + header.length) % 64))}\n`;
  return joinBytes([0x93, ...encode("NUMPY"), 1, 0, text.length & 0xff, text.length >> 8], encode(text), bytes);
}

/** An .npy of float32. */
export function npyFile(shape: readonly number[], numbers: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const sizes = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  return npyWith(`{'descr': '<f4', 'fortran_order': False, 'shape': ${sizes}, }`, floats(numbers));
}

/** An .npz, stored or (level 1 to 9) deflated. */
export function npzFile(arrays: Readonly<Record<string, Uint8Array>>, level: 0 | 9 = 0): Uint8Array {
  const entries = Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes] as const);
  return zipSync(Object.fromEntries(entries), { level });
}

/** An IDX file. */
export function idxFile(type: number, shape: readonly number[], bytes: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const sizes = new Uint8Array(4 * shape.length);
  shape.forEach((size, axis) => new DataView(sizes.buffer).setUint32(4 * axis, size));
  return joinBytes([0, 0, type, shape.length], sizes, bytes);
}

const LOCAL_BYTES = 30;

/** A stored zip of one entry whose directory gives sizes and places in 64 bits, as those beyond 4 GiB do. */
export function zip64File(name: string, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const zip = zipSync({ [name]: bytes }, { level: 0 });
  const start = LOCAL_BYTES + name.length + bytes.length;
  const entry = zip.slice(start, start + 46 + name.length);
  const directory = new DataView(entry.buffer);
  directory.setUint16(30, 28, true);
  for (const place of [20, 24, 42]) directory.setUint32(place, 0xffffffff, true);
  const extra = new DataView(new ArrayBuffer(28));
  extra.setUint16(0, 1, true);
  extra.setUint16(2, 24, true);
  extra.setBigUint64(4, BigInt(bytes.length), true);
  extra.setBigUint64(12, BigInt(bytes.length), true);
  const size = entry.length + 28;
  const end = new DataView(new ArrayBuffer(56 + 20 + 22));
  end.setUint32(0, 0x06064b50, true);
  end.setBigUint64(4, 44n, true);
  end.setBigUint64(24, 1n, true);
  end.setBigUint64(32, 1n, true);
  end.setBigUint64(40, BigInt(size), true);
  end.setBigUint64(48, BigInt(start), true);
  end.setUint32(56, 0x07064b50, true);
  end.setBigUint64(64, BigInt(start + size), true);
  end.setUint32(72, 1, true);
  end.setUint32(76, 0x06054b50, true);
  end.setUint16(84, 0xffff, true);
  end.setUint16(86, 0xffff, true);
  for (const place of [88, 92]) end.setUint32(place, 0xffffffff, true);
  return joinBytes(zip.subarray(0, start), entry, new Uint8Array(extra.buffer), new Uint8Array(end.buffer));
}
