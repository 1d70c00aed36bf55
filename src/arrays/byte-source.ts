// Bytes that are read in ranges: at hand, in a Blob, or by whoever has a file open. What is larger than memory is never
// there as a whole.
import { concatBytes } from "../core/bytes.js";
import { RelumineError } from "../core/errors.js";

/**
 * Bytes that are read in ranges.
 * @example
 * const source: ByteSource = {
 *   size: 4096,
 *   read: async (begin, end) => new Uint8Array(await file.slice(begin, end).arrayBuffer()),
 * };
 */
export interface ByteSource {
  /** How many there are. */
  readonly size: number;
  /** Bytes that these are unpacked from, where they are. */
  readonly packed?: number;
  /**
   * All bytes from `begin` up to `end`, which lie within the size.
   * @throws what reading them throws
   * @example const head = await source.read(0, 8);
   */
  read(begin: number, end: number): Promise<Uint8Array>;
}

/** Bytes that are handled at once. */
const PIECE = 2 ** 20;

export function bytesSource(bytes: Uint8Array): ByteSource {
  // what Node's Buffer calls slice is no copy
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return { size: plain.length, read: (begin, end) => Promise.resolve(plain.subarray(begin, end)) };
}

export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    read: async (begin, end) => new Uint8Array(await blob.slice(begin, end).arrayBuffer()),
  };
}

/** A part of it, piece by piece. */
export async function* piecesOf(source: ByteSource, begin = 0, end = source.size): AsyncGenerator<Uint8Array> {
  for (let at = begin; at < end; at += PIECE) yield await source.read(at, Math.min(end, at + PIECE));
}

/**
 * Pieces joined.
 * @throws RelumineError "memory" for more than `most` bytes
 */
export async function collectBytes(
  what: string,
  pieces: AsyncIterable<Uint8Array>,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > most) throw new RelumineError("memory", what, `to have at most ${most} bytes`, "more");
    parts.push(piece);
  }
  return concatBytes(parts);
}
