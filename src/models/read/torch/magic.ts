// How files of torch.save before 1.6 begin (torch/serialization.py): one module for what tells formats apart, which
// loads no reader.
import { startsWith } from "../../../core/bytes.js";

/** The pickles of the magic number and of the version 1001. */
export const LEGACY_START = [
  0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e, 0x80, 2, 0x4d, 0xe9, 3, 0x2e,
];

export function isLegacy(bytes: Uint8Array): boolean {
  return startsWith(bytes, LEGACY_START);
}
