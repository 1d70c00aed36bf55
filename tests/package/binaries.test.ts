// What travels inside the JavaScript is what asc made, to the byte.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { embeddedBinary } from "../../src/wasm/binary.js";

test.each(["strict", "relaxed"] as const)("the %s build", (build) => {
  const file = readFileSync(new URL(`../../dist/wasm/${build}.wasm`, import.meta.url));
  expect(Buffer.from(embeddedBinary(build)).equals(file)).toBe(true);
});
