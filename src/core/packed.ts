// What is packed: how it is known by its first bytes, and how much it may become.
import { RelumineError } from "./errors.js";

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** Deflate makes no more than so many bytes of one. */
export const MOST_DEFLATED = 1032;
/** What becomes more bytes than these must not become so many times more than it was. */
const FREELY_UNPACKED = 2 ** 27;
const MOST_UNPACKED_PER_BYTE = 100;

/** @throws RelumineError "memory" for so many bytes made of so few */
export function checkUnpacked(what: string, bytes: number, packed: number): void {
  if (bytes <= FREELY_UNPACKED || bytes <= MOST_UNPACKED_PER_BYTE * packed) return;
  throw new RelumineError(
    "memory",
    what,
    `to become at most ${MOST_UNPACKED_PER_BYTE} times its bytes in the file beyond ${FREELY_UNPACKED} bytes`,
    `${bytes} bytes of ${packed}`,
    "If that is what it is meant to be, store it without compression.",
  );
}
