// A short text that differs when data do: to see whether a training goes on with the rows that it began with.
import type { PreparedData } from "../data.js";

/** 64 bits of an array of 4-byte numbers; no protection against somebody who wants two to agree. */
export function fingerprint({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  let low = byteLength;
  let high = ~low;
  for (const word of new Int32Array(buffer, byteOffset, byteLength >>> 2)) {
    low = Math.imul(low ^ word, 0x7feb352d);
    low ^= low >>> 15;
    high = Math.imul(high ^ low, 0x846ca68b);
  }
  return `${low} ${high}`;
}

export function describeRows({ rows, x, y }: PreparedData): string {
  return `${rows} rows ${fingerprint(x.data)} ${fingerprint(y.kind === "labels" ? y.labels : y.data)}`;
}
