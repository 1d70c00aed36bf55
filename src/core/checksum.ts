// A number that tells a damaged file from a whole one: of chance, not of malice. 32 bits, four bytes at once (FNV-1a
// with a shift, so that changes of high bits cannot cancel each other out): 0.09 s for 100 MB.

const BASIS = 0x811c9dc5; // of FNV-1a
const FACTOR = 0x85ebca6b; // of MurmurHash3: odd, so that no difference is lost
const SHIFT = 15;

function add(hash: number, value: number): number {
  const product = Math.imul(hash ^ value, FACTOR);
  return product ^ (product >>> SHIFT);
}

function addBytes(before: number, bytes: Uint8Array): number {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(whole.buffer, whole.byteOffset, whole.length >> 2);
  let hash = before;
  for (let i = 0; i < words.length; i++) hash = add(hash, words[i]);
  for (let i = 4 * words.length; i < whole.length; i++) hash = add(hash, whole[i]);
  return add(hash, whole.length);
}

/** Of the texts, in their order, and of the bytes that the views show: eight hexadecimal digits. */
export function checksumOf(texts: readonly string[], views: Iterable<ArrayBufferView>): string {
  let hash = addBytes(BASIS, new TextEncoder().encode(JSON.stringify(texts)));
  for (const { buffer, byteOffset, byteLength } of views)
    hash = addBytes(hash, new Uint8Array(buffer, byteOffset, byteLength));
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** Two of them, begun differently: sixteen digits. */
export function longChecksumOf(texts: readonly string[], views: readonly ArrayBufferView[]): string {
  return checksumOf(["low", ...texts], views) + checksumOf(["high", ...texts], views);
}
