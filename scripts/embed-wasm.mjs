// Build step: writes the compiled kernels into src/wasm/binaries.ts, so that they travel inside the JavaScript: the
// strict build as hexadecimal digits, the relaxed one as what it takes from the strict one and what is its own, since
// most functions are the same in both. Not base64: its digits straddle the bytes, so gzip finds few of the repeats
// (measured: 24 kB for both binaries against 33 kB).
import { readFileSync, writeFileSync } from "node:fs";

const KEY_BYTES = 8;
const LEAST_COPIED = 12; // a shorter piece is not worth its place and length
const root = new URL("../", import.meta.url);
const read = (build) => readFileSync(new URL(`dist/wasm/${build}.wasm`, root));

/** Where each run of KEY_BYTES bytes stands. */
function indexBytes(bytes) {
  const index = new Map();
  for (let at = 0; at + KEY_BYTES <= bytes.length; at++) {
    const key = bytes.toString("latin1", at, at + KEY_BYTES);
    index.set(key, [...(index.get(key) ?? []), at]);
  }
  return index;
}

/** The longest run of `base` that stands in `bytes` from `at` on. */
function longestMatch(base, index, bytes, at) {
  let best = { from: 0, length: 0 };
  for (const from of index.get(bytes.toString("latin1", at, at + KEY_BYTES)) ?? []) {
    let length = KEY_BYTES;
    while (at + length < bytes.length && base[from + length] === bytes[at + length]) length++;
    if (length > best.length) best = { from, length };
  }
  return best;
}

/**
 * `own bytes in hexadecimal,place,length` and so on: each piece of its own is followed by one that is copied; numbers
 * to base 36.
 */
function encodeDelta(base, bytes) {
  const index = indexBytes(base);
  const parts = [];
  let own = "";
  for (let at = 0; at < bytes.length;) {
    const { from, length } = longestMatch(base, index, bytes, at);
    if (length < LEAST_COPIED) {
      own += bytes.toString("hex", at, at + 1);
      at++;
      continue;
    }
    parts.push(own, from.toString(36), length.toString(36));
    own = "";
    at += length;
  }
  return [...parts, own, "0", "0"].join(",");
}

const strict = read("strict");
const source = `// Written by scripts/embed-wasm.mjs from dist/wasm/*.wasm. Not for editing, not for committing.
export const STRICT_HEX: string =
  "${strict.toString("hex")}";
export const RELAXED_DELTA: string =
  "${encodeDelta(strict, read("relaxed"))}";
`;
writeFileSync(new URL("src/wasm/binaries.ts", root), source);
