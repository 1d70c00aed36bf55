// Bytes and halves as rows: what each stands for, and what is refused.
import { describe, expect, it, test } from "vitest";
import { expectSameNumbers } from "../../support/arrays.js";
import { relumineError } from "../../support/errors.js";
import { type CompactMatrix, isDivision, tableOf, type CompactRows } from "../../../src/core/rows/compact.js";
import { numberToHalf } from "../../../src/core/rows/compact.js";
import { denseRows, densePieces, squaredNorm, takeSamples, toMatrix, toSamples } from "../../../src/core/matrix.js";

const BYTES = { rows: 3, columns: 2, data: Uint8Array.of(0, 1, 127, 128, 254, 255) };
const halves = (...values: number[]) => Uint16Array.from(values, numberToHalf);
const HALVES = { rows: 2, columns: 2, data: halves(-0, 0.5, -65504, 2 ** -24), type: "float16" } as const;

it("are the numbers that were stored, not copied", () => {
  const x = toSamples("x", BYTES) as CompactRows;
  expect(x.data).toBe(BYTES.data);
  expect(x).toMatchObject({ type: "uint8", scale: 1, offset: 0 });
  expectSameNumbers(denseRows(x).data, [0, 1, 127, 128, 254, 255]);
  expectSameNumbers(toMatrix("x", HALVES).data, [-0, 0.5, -65504, 2 ** -24]);
  const clamped = { ...BYTES, data: new Uint8ClampedArray(BYTES.data) };
  expect((toSamples("x", clamped) as CompactRows).data.buffer).toBe(clamped.data.buffer);
});

it("are scaled in float64 and rounded once", () => {
  const pixels = { rows: 1, columns: 256, data: Uint8Array.from({ length: 256 }, (_, i) => i) };
  const { data } = toMatrix("x", { ...pixels, scale: 1 / 255 });
  expectSameNumbers(
    data,
    Float32Array.from(pixels.data, (value) => value / 255),
  );
  const moved = toMatrix("x", { ...pixels, scale: 1 / 127.5, offset: -1 }).data;
  expectSameNumbers(
    moved,
    Float32Array.from(pixels.data, (value) => value * (1 / 127.5) - 1),
  );
});

it("says where a scale is a division, and where it is not", () => {
  expect(isDivision("uint8", 255)).toBe(true);
  expect(isDivision("float16", 16)).toBe(true);
  const exact = Array.from({ length: 400 }, (_, i) => i + 1).filter((divisor) => isDivision("uint8", divisor));
  for (const divisor of exact)
    for (let value = 0; value < 256; value++)
      expect(Math.fround(value * (1 / divisor))).toBe(Math.fround(value / divisor));
  expect(isDivision("uint8", 2.9999819399013563)).toBe(false); // 3 / it lies half way between two floats
});

it("has halves of the engine, where it knows them", () => {
  const Halves = (globalThis as { Float16Array?: { from(values: number[]): CompactMatrix["data"] } }).Float16Array;
  if (!Halves) return;
  const x = toSamples("x", { rows: 1, columns: 3, data: Halves.from([1, -2.5, 0]) });
  expectSameNumbers(denseRows(x).data, [1, -2.5, 0]);
});

it("gives rows, pieces and norms as a matrix of the same numbers does", () => {
  const x = toSamples("x", { ...BYTES, scale: 0.5, offset: 3 });
  const dense = denseRows(x);
  expect(dense.data).toEqual(Float32Array.of(3, 3.5, 66.5, 67, 130, 130.5));
  expect(denseRows(x, 1, 2)).toEqual({ rows: 2, columns: 2, data: dense.data.slice(2) });
  const taken = takeSamples(x, [2, 0, 2]);
  expect((taken as CompactRows).data).toEqual(Uint8Array.of(254, 255, 0, 1, 254, 255));
  expect(denseRows(taken).data).toEqual(denseRows(takeSamples(dense, [2, 0, 2])).data);
  expect([...densePieces(x)].map(({ piece }) => piece)).toEqual([dense]);
  for (let row = 0; row < 3; row++) expect(squaredNorm(x, row)).toBe(squaredNorm(dense, row));
  expect(tableOf(x as CompactRows)).toBe(tableOf(taken as CompactRows));
});

describe("refuses", () => {
  test.each<[string, object, string, string]>([
    ["a lying length", { ...BYTES, rows: 4 }, "shape", "x.data"],
    ["sizes that are none", { ...BYTES, rows: -1 }, "shape", "x.rows"],
    ["16-bit numbers that are not said to be halves", { ...BYTES, data: new Uint16Array(6) }, "value", "x.data"],
    ["bytes that are said to be halves", { ...BYTES, type: "float16" }, "value", "x.data"],
    ["float32 that is said to be bytes", { ...BYTES, data: new Float32Array(6), type: "uint8" }, "value", "x.data"],
    ["an unknown type", { ...BYTES, type: "int4" }, "value", "x.type"],
    ["a scale that is none", { ...BYTES, scale: Number.NaN }, "value", "x.scale"],
    ["an offset beyond float32", { ...BYTES, offset: 1e39 }, "value", "x.offset"],
    ["NaN", { ...HALVES, data: Uint16Array.of(0, 0x7e00, 0, 0) }, "value", "x"],
    ["infinity", { ...HALVES, data: Uint16Array.of(0, 0, 0, 0xfc00) }, "value", "x"],
    ["what the scale takes out of float32", { ...BYTES, scale: 3e38 }, "value", "x"],
    ["another width", { rows: 1, columns: 6, data: BYTES.data }, "shape", "x"],
  ])("%s", (_what, x, code, path) => {
    expect(() => toSamples("x", x, 2)).toThrow(relumineError(code as "value", path));
  });

  it("but not a scale that no stored value leaves float32 by", () => {
    expect(toMatrix("x", { rows: 1, columns: 2, data: Uint8Array.of(0, 1), scale: 3e38 }).data).toEqual(
      Float32Array.of(0, 3e38),
    );
  });
});
