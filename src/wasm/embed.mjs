// Build step: writes the compiled kernels as hexadecimal digits into src/wasm/binaries.ts, so that they travel inside the JavaScript.
// Not base64: its digits straddle the bytes, so gzip finds few of the repeats (measured: 24 kB for both binaries against 33 kB).
import { readFileSync, writeFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const hex = (build) => readFileSync(new URL(`dist/wasm/${build}.wasm`, root)).toString("hex");
const source = `// Written by embed.mjs from dist/wasm/*.wasm. Not for editing, not for committing.
export const STRICT_HEX: string =
  "${hex("strict")}";
export const RELAXED_HEX: string =
  "${hex("relaxed")}";
`;
writeFileSync(new URL("src/wasm/binaries.ts", root), source);
