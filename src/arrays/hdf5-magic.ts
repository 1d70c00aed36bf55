// The first bytes of HDF5, by which Keras' files and MATLAB's are known. Source: HDF5 File Format Specification 3.0,
// II.A.
import { startsWith } from "../core/bytes.js";

const MAGIC = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export function isHdf5(bytes: Uint8Array): boolean {
  return startsWith(bytes, MAGIC);
}
