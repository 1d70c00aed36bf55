// Holds only in a browser: proves that the browser project runs where threads and both builds can run.
import { expect, test } from "vitest";
import { builds } from "../support/kernels.js";

test("the page is cross-origin isolated", () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
  expect(new SharedArrayBuffer(8).byteLength).toBe(8);
});

test("both builds run here", () => {
  expect(builds).toEqual(["strict", "relaxed"]);
});
