// A short text that differs when data do: to see whether a training goes on with the rows that it began with.
import type { PreparedData } from "../data.js";
import { isCompact } from "../../core/rows/compact.js";
import { isSparse } from "../../core/sparse.js";

/** Its bytes, whole words of them, each where one may begin. */
function wordsOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Int32Array {
  if (byteOffset % 4 === 0 && byteLength % 4 === 0) return new Int32Array(buffer, byteOffset, byteLength >>> 2);
  const padded = new Uint8Array(Math.ceil(byteLength / 4) * 4);
  padded.set(new Uint8Array(buffer, byteOffset, byteLength));
  return new Int32Array(padded.buffer);
}

/**
 * Of an array of numbers; no protection against somebody who wants two to agree. Each fit takes it of its data:
 * four hashes run beside each other, as in the check for finite numbers (core/matrix.ts).
 */
export function fingerprint(array: ArrayBufferView): string {
  const words = wordsOf(array);
  let [a, b, c, d] = [1, 2, 3, 4];
  const whole = words.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a = Math.imul(a ^ (a >>> 15) ^ words[i], 0x7feb352d);
    b = Math.imul(b ^ (b >>> 15) ^ words[i + 1], 0x7feb352d);
    c = Math.imul(c ^ (c >>> 15) ^ words[i + 2], 0x7feb352d);
    d = Math.imul(d ^ (d >>> 15) ^ words[i + 3], 0x7feb352d);
  }
  for (let i = whole; i < words.length; i++) a = Math.imul(a ^ (a >>> 15) ^ words[i], 0x7feb352d);
  return [words.length, a, b, c, d].join(" ");
}

export function describeRows({ rows, x, y, weights }: PreparedData): string {
  const inputs = isSparse(x) ? [x.rowOffsets, x.columnIndices, ...(x.values ? [x.values] : [])] : [x.data];
  const parts = [...inputs, y.kind === "labels" ? y.labels : y.data, ...(weights ? [weights] : [])];
  const kind = isCompact(x) ? ` of ${x.type} * ${x.scale} + ${x.offset}` : "";
  return `${rows} rows${kind} ${parts.map(fingerprint).join(" ")}`;
}
