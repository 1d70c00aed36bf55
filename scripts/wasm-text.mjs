// The compiled kernels as text, so that they travel inside the JavaScript (src/wasm/binary.ts reads it): the strict
// build as printable characters, the relaxed one as what it takes from the strict one and what is its own, since most
// functions are the same in both.

const KEY_BYTES = 8;
const LEAST_COPIED = 12; // a shorter piece is not worth its place and length

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
 * One or two printable characters a byte, the commoner ones in one: the n-th of the table's bytes is the n-th character
 * of CHARACTERS, the next ones are the same characters behind the first prefix, the rest behind the second.
 * Gzip finds more in this than in hexadecimal digits, and far more than in base64, whose digits straddle the bytes
 * (measured: 15.2 kB for both binaries and the table against 16.6 and over 24), and it is half as long. No character
 * needs an escape in a string, and "," parts the pieces.
 */
const PREFIXES = "}~";
const CHARACTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
  (character) => !`"\\\`$,${PREFIXES}`.includes(character),
);

/** All bytes: those that get one character, the commonest first, then the others in ascending order. */
function rankBytes(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const ranked = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  return [...ranked.slice(0, CHARACTERS.length), ...ranked.slice(CHARACTERS.length).sort((a, b) => a - b)];
}

function encode(bytes, ranked) {
  const places = ranked.reduce((all, byte, place) => all.with(byte, place), new Array(256));
  const spell = (byte) => {
    const turn = Math.floor(places[byte] / CHARACTERS.length);
    return (turn === 0 ? "" : PREFIXES[turn - 1]) + CHARACTERS[places[byte] % CHARACTERS.length];
  };
  return Array.from(bytes, spell).join("");
}

/** `own bytes,place,length` and so on: each piece of its own is followed by one that is copied; numbers to base 36. */
function encodeDelta(base, bytes, ranked) {
  const index = indexBytes(base);
  const parts = [];
  let own = [];
  for (let at = 0; at < bytes.length;) {
    const { from, length } = longestMatch(base, index, bytes, at);
    if (length < LEAST_COPIED) {
      own.push(bytes[at]);
      at++;
      continue;
    }
    parts.push(encode(own, ranked), from.toString(36), length.toString(36));
    own = [];
    at += length;
  }
  return [...parts, encode(own, ranked), "0", "0"].join(",");
}

/**
 * The module src/wasm/binaries.ts.
 * @param {Buffer} strict @param {Buffer} relaxed
 */
export function binariesModule(strict, relaxed) {
  const ranked = rankBytes(strict);
  return `// Written by scripts/build.mjs from the compiled kernels. Not for editing, not for committing.
export const BYTES: string = "${Buffer.from(ranked.slice(0, CHARACTERS.length)).toString("hex")}";
export const STRICT: string =
  "${encode(strict, ranked)}";
export const RELAXED_DELTA: string =
  "${encodeDelta(strict, relaxed, ranked)}";
`;
}
