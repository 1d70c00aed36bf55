// Build step: writes the compiled kernels as base64 into src/wasm/binaries.ts, so that they travel inside the JavaScript.
import { readFileSync, writeFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const base64 = (build) => readFileSync(new URL(`dist/wasm/${build}.wasm`, root)).toString("base64");
const source = `// Written by embed.mjs from dist/wasm/*.wasm. Not for editing, not for committing.
export const STRICT_BASE64 =
  "${base64("strict")}";
export const RELAXED_BASE64 =
  "${base64("relaxed")}";
`;
writeFileSync(new URL("src/wasm/binaries.ts", root), source);
