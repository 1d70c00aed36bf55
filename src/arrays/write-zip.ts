// Files as one zip archive, stored as they are; the same bytes for the same files.
import { zipSync } from "fflate";

export function zipOf(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return zipSync(Object.fromEntries(files), { level: 0, mtime: new Date(1980, 0, 1) });
}
