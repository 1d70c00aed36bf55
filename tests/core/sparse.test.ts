import { expect, it } from "vitest";
import { relumineError } from "../support/errors.js";
import { drawSparse, withZeros } from "../support/sparse.js";
import { denseRows, squaredNorm, takeSamples, toMatrix, toSamples } from "../../src/core/matrix.js";
import { checkSparse, measureSparse, mostEntries, type SparseMatrix } from "../../src/core/sparse.js";

const SMALL = { rows: 3, columns: 4, rowOffsets: [0, 2, 2, 3], columnIndices: [1, 3, 0], values: [5, 6, 7] };

/** An array whose buffer was sent away. */
function detached<T extends ArrayBufferView>(List: new (length: number) => T, length: number): T {
  const list = new List(length);
  structuredClone(list.buffer, { transfer: [list.buffer as ArrayBuffer] });
  return list;
}

it("takes the entries of any array-like, and its own kinds of arrays as they lie", () => {
  const copied = checkSparse("x", SMALL);
  expect(copied).toEqual({
    rows: 3,
    columns: 4,
    rowOffsets: Uint32Array.of(0, 2, 2, 3),
    columnIndices: Uint32Array.of(1, 3, 0),
    values: Float32Array.of(5, 6, 7),
  });
  const again = checkSparse("x", copied);
  expect(again.rowOffsets).toBe(copied.rowOffsets);
  expect(again.columnIndices).toBe(copied.columnIndices);
  expect(again.values).toBe(copied.values);
  const signed = Int32Array.of(1, 3, 0);
  expect(checkSparse("x", { ...SMALL, columnIndices: signed }).columnIndices.buffer).toBe(signed.buffer);
  const { values: _, ...ones } = SMALL;
  expect(toMatrix("x", ones).data).toEqual(Float32Array.of(0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0));
});

it("gives the same rows with their zeros, all or some", () => {
  const x = toSamples("x", drawSparse(9, 7, 0.3, 1));
  const { data } = withZeros(x as SparseMatrix);
  expect(toMatrix("x", x).data).toEqual(data);
  expect(denseRows(x, 2, 3)).toEqual({ rows: 3, columns: 7, data: data.slice(14, 35) });
  const taken = takeSamples(x, [8, 0, 8]);
  expect(denseRows(taken).data).toEqual(Float32Array.of(...data.slice(56), ...data.slice(0, 7), ...data.slice(56)));
  for (let row = 0; row < 9; row++)
    expect(squaredNorm(x, row)).toBeCloseTo(
      data.subarray(row * 7, row * 7 + 7).reduce((sum, value) => sum + value * value, 0),
      12,
    );
});

it("knows how many entries some rows have at most", () => {
  const x = checkSparse("x", {
    rows: 4,
    columns: 9,
    rowOffsets: [0, 3, 4, 9, 9],
    columnIndices: [0, 1, 2, 5, 0, 1, 2, 3, 4],
  });
  expect([0, 1, 2, 3, 4, 9].map((rows) => mostEntries(x, rows))).toEqual([0, 5, 8, 9, 9, 9]);
});

it("counts them anew where the caller has put other rows into the same array", () => {
  const rowOffsets = Uint32Array.of(0, 0, 1);
  const given = { rows: 2, columns: 4, rowOffsets };
  expect(mostEntries(checkSparse("x", { ...given, columnIndices: [2] }), 1)).toBe(1);
  rowOffsets.set([0, 4, 7]);
  expect(mostEntries(checkSparse("x", { ...given, columnIndices: [0, 1, 2, 3, 0, 1, 2] }), 1)).toBe(4);
});

it("a constant's mean is itself, and it has no spread, whatever its numbers sum to", () => {
  const [rows, value] = [300, Math.fround(0.1)];
  const x = checkSparse("x", {
    rows,
    columns: 2,
    rowOffsets: Uint32Array.from({ length: rows + 1 }, (_, r) => r),
    columnIndices: new Uint32Array(rows),
    values: new Float32Array(rows).fill(value),
  });
  const { mean, variance, min, max } = measureSparse(x);
  expect([...mean]).toEqual([value, 0]);
  expect([...variance]).toEqual([0, 0]);
  expect([...min, ...max]).toEqual([value, 0, value, 0]);
});

it.each<[string, string, object]>([
  ["shape", "x.rows", { rows: -1 }],
  ["shape", "x.rows", { rows: 1.5 }],
  ["shape", "x.columns", { columns: "4" }],
  ["shape", "x.columns", { columns: 2 ** 40 }],
  ["shape", "x.rowOffsets", { rows: 4 }],
  ["shape", "x.rowOffsets", { rowOffsets: undefined }],
  ["shape", "x.rowOffsets", { rowOffsets: { length: -1 } }],
  ["memory", "x.rowOffsets", { rowOffsets: { length: 2 ** 40 } }],
  ["shape", "x.rowOffsets[0]", { rowOffsets: [1, 2, 2, 3] }],
  ["shape", "x.rowOffsets[2]", { rowOffsets: [0, 2, 1, 3] }],
  ["shape", "x.rowOffsets[3]", { rowOffsets: [0, 2, 2, 2] }],
  ["shape", "x.rowOffsets[2]", { rowOffsets: [0, 2, 4, 3] }],
  ["value", "x.rowOffsets[1]", { rowOffsets: [0, 0.5, 2, 3] }],
  ["value", "x.rowOffsets[1]", { rowOffsets: [0, "2", 2, 3] }],
  ["value", "x.rowOffsets[1]", { rowOffsets: [0, -1, 2, 3] }],
  ["shape", "x.rowOffsets[1]", { rowOffsets: Int32Array.of(0, -1, 2, 3) }],
  ["value", "x.columnIndices[1]", { columnIndices: [1, 4, 0] }],
  ["value", "x.columnIndices[1]", { columnIndices: [1, 1, 0] }],
  ["value", "x.columnIndices[1]", { columnIndices: [3, 1, 0] }],
  ["value", "x.columnIndices[0]", { columnIndices: [-1, 3, 0] }],
  ["value", "x.columnIndices[0]", { columnIndices: Int32Array.of(-1, 3, 0) }],
  ["value", "x.columnIndices[2]", { columnIndices: [1, 3, Number.NaN] }],
  ["value", "x.columnIndices[0]", { columnIndices: BigUint64Array.of(1n, 3n, 0n) }],
  ["value", "x.columnIndices[1]", { columnIndices: [1, Symbol("3"), 0] }],
  ["value", "x.rowOffsets[1]", { rowOffsets: [0, Object.create(null), 2, 3] }],
  ["shape", "x.rowOffsets", { rowOffsets: detached(Int32Array, 4) }],
  ["shape", "x.rowOffsets[1]", { columnIndices: detached(Int32Array, 3) }],
  ["shape", "x.rowOffsets[1]", { columnIndices: detached(Uint32Array, 3) }],
  ["shape", "x.values", { values: detached(Float32Array, 3) }],
  ["shape", "x.columnIndices", { columnIndices: "130" }],
  ["value", "x.values[1]", { values: [5, Number.NaN, 7] }],
  ["value", "x.values[1]", { values: Float32Array.of(5, Infinity, 7) }],
  ["value", "x.values[1]", { values: [5, 1e300, 7] }],
  ["value", "x.values[1]", { values: [5, "6", 7] }],
  ["shape", "x.values", { values: [5, 6] }],
  ["shape", "x.values", { values: 5 }],
])("refuses what is wrong: %s of %s", (code, path, change) => {
  expect(() => checkSparse("x", { ...SMALL, ...change } as never)).toThrow(relumineError(code as "shape", path));
});

it("refuses figures of more columns than memory holds", () => {
  const x = checkSparse("x", { rows: 1, columns: 2 ** 31, rowOffsets: [0, 1], columnIndices: [2 ** 31 - 1] });
  expect(() => measureSparse(x)).toThrow(relumineError("memory", "x.columns"));
});

it("refuses another width, and zeros that fit in no memory", () => {
  expect(() => toSamples("x", SMALL, 5)).toThrow(relumineError("shape", "x"));
  const wide = { rows: 2 ** 20, columns: 2 ** 20, rowOffsets: new Uint32Array(2 ** 20 + 1), columnIndices: [] };
  expect(toSamples("x", wide).rows).toBe(2 ** 20);
  expect(() => toMatrix("x", wide)).toThrow(relumineError("memory", "x"));
});

it("reads each field once", () => {
  const reads: string[] = [];
  const watched = new Proxy(SMALL, {
    get: (target, name: keyof typeof SMALL) => {
      reads.push(name);
      return target[name];
    },
  });
  toSamples("x", watched);
  expect(reads.toSorted()).toEqual(Object.keys(SMALL).toSorted());
});
