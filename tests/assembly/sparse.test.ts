import { describe, expect, it } from "vitest";
import { expectSameNumbers } from "../support/arrays.js";
import { Bench, builds } from "../support/kernels.js";
import fc from "../support/property.js";
import { congruential } from "../support/random.js";
import { drawSparse, withZeros } from "../support/sparse.js";

const EPSILON = 2 ** -24;
const ENTRY_FLOATS = 4;
const BINS_FLOATS = 2048;

/** M rows of `width` columns, each of whose elements is there with a chance, and N columns of the other operand. */
interface Case {
  readonly M: number;
  readonly width: number;
  readonly N: number;
  readonly share: number;
  readonly seed: number;
}

/** Rows as the kernels take them, and the same rows with their zeros. */
function draw({ M, width, share, seed }: Omit<Case, "N">) {
  const rows = drawSparse(M, width, share, seed);
  const { rowOffsets, columnIndices, values } = rows;
  return { dense: withZeros(rows).data, offsets: rowOffsets, columns: Array.from(columnIndices), values: values! };
}

const reals = (count: number, seed: number) => {
  const random = congruential(seed >>> 0 || 1);
  return Float32Array.from({ length: count }, () => (random() >>> 8) / 2 ** 23 - 1);
};

function place(bench: Bench, { offsets, columns, values }: ReturnType<typeof draw>) {
  return [bench.placeInt32(offsets), bench.placeInt32(columns), bench.place(values, 1)] as const;
}

/** C = A·B by gemm, strides as given. */
function gemm(
  bench: Bench,
  M: number,
  N: number,
  K: number,
  a: number,
  rs: number,
  cs: number,
  b: number,
): Float32Array {
  const workspace = bench.allocate(bench.kernels.gemmWorkspaceBytes() / 4);
  const c = bench.allocate(M * N);
  bench.kernels.gemm(M, N, K, a, rs, cs, b, N, 1, 0, c, N, workspace);
  return bench.floats(c, M * N).slice();
}

/** The largest error of A·B in bounds of K·epsilon; A by its element (i, k). */
function worst(
  got: Float32Array,
  M: number,
  N: number,
  K: number,
  a: (i: number, k: number) => number,
  b: Float32Array,
) {
  let most = 0;
  for (let i = 0; i < M; i++)
    for (let j = 0; j < N; j++) {
      let [sum, size] = [0, 0];
      for (let k = 0; k < K; k++) {
        sum += a(i, k) * b[k * N + j]!;
        size += Math.abs(a(i, k) * b[k * N + j]!);
      }
      const error = Math.abs(got[i * N + j]! - sum) / ((K + 1) * EPSILON * size || EPSILON);
      most = Math.max(most, Number.isNaN(error) ? Infinity : error);
    }
  return most;
}

/** X·B, of all columns of B and of every third. */
function runProduct(bench: Bench, each: Case): void {
  const { M, N, width, seed } = each;
  bench.reset();
  const x = draw(each);
  const weights = reals(width * N, seed + 1);
  const rows = place(bench, x);
  const b = bench.place(weights, 2);
  const c = bench.allocate(M * N, 3);
  bench.kernels.sparseProduct(M, N, ...rows, b, c);
  bench.checkFences();
  const product = bench.floats(c, M * N).slice();
  expect(worst(product, M, N, width, (i, k) => x.dense[i * width + k]!, weights)).toBeLessThanOrEqual(1);
  const thirds = Array.from({ length: Math.ceil(N / 3) }, (_, j) => 3 * j);
  const selected = bench.allocate(M * thirds.length, 1);
  bench.kernels.sparseProductSelected(M, thirds.length, ...rows, b, N, bench.placeInt32(thirds), selected);
  bench.checkFences();
  expectSameNumbers(
    bench.floats(selected, M * thirds.length),
    Array.from({ length: M }, (_, r) => thirds.map((j) => product[r * N + j]!)).flat(),
    "selected columns",
  );
  const dense = bench.place(x.dense);
  expectSameNumbers(gemm(bench, M, N, width, dense, width, 1, b), product, "beside gemm");
}

function runGradient(bench: Bench, each: Case): void {
  const { M, N, width, seed } = each;
  bench.reset();
  const x = draw(each);
  const count = x.columns.length;
  const upstream = reals(M * N, seed + 2);
  const rows = place(bench, x);
  const [entries, spare] = [bench.allocate(count * ENTRY_FLOATS), bench.allocate(count * ENTRY_FLOATS)];
  const sorted = bench.kernels.transposeEntries(M, width, ...rows, entries, spare, bench.allocate(BINS_FLOATS));
  expect([entries, spare]).toContain(sorted);
  const present = [...new Set(x.columns)].sort((p, q) => p - q);
  const d = bench.place(upstream, 3);
  const list = bench.allocate(present.length);
  const g = bench.allocate(present.length * N, 2);
  expect(bench.kernels.sparseGradient(count, N, sorted, d, list, g)).toBe(present.length);
  bench.checkFences();
  expectSameNumbers(bench.ints(list, present.length), present);
  const whole = bench.place(new Float32Array(width * N), 1);
  bench.kernels.spreadRows(present.length, list, N, g, whole);
  bench.checkFences();
  const gradient = bench.floats(whole, width * N).slice();
  expect(worst(gradient, width, N, M, (c, r) => x.dense[r * width + c]!, upstream)).toBeLessThanOrEqual(1);
  expectSameNumbers(gemm(bench, width, N, M, bench.place(x.dense), 1, width, d), gradient, "beside gemm");

  const before = reals(width * N, seed + 3);
  const parameters = bench.place(before);
  expect(bench.kernels.sgdRows(present.length, list, N, parameters, g, 0.3)).toBe(0);
  bench.checkFences();
  const updated = bench.floats(parameters, width * N).slice();
  const padding = new Array<number>((4 - ((width * N) % 4)) % 4).fill(0);
  const wanted = bench.place([...before, ...padding]);
  bench.kernels.sgd(width * N + padding.length, wanted, bench.place([...gradient, ...padding]), 0, 0.3, 0, 0, 0);
  expectSameNumbers(updated, bench.floats(wanted, width * N), "beside sgd");
  bench.kernels.clearRows(present.length, list, N, whole);
  bench.checkFences();
  expectSameNumbers(bench.floats(whole, width * N), new Float32Array(width * N));
}

const PATTERNS: readonly (readonly [string, Case])[] = [
  ["no entry at all", { M: 5, width: 9, N: 16, share: 0, seed: 1 }],
  ["every entry", { M: 7, width: 13, N: 37, share: 1, seed: 2 }],
  ["no rows", { M: 0, width: 13, N: 8, share: 0.5, seed: 3 }],
  ["one column", { M: 40, width: 1, N: 3, share: 0.5, seed: 4 }],
  ["one unit", { M: 9, width: 50, N: 1, share: 0.2, seed: 5 }],
  ["two rounds of sorting", { M: 12, width: 3000, N: 20, share: 0.02, seed: 6 }],
  ["a packed product", { M: 64, width: 200, N: 64, share: 0.1, seed: 7 }],
];

describe.each(builds)("sparse rows, %s build", (build) => {
  it.each(PATTERNS)("%s: the product", async (_, each) => runProduct(await Bench.create(build), each));

  it.each(PATTERNS)("%s: gradient and update", async (_, each) => runGradient(await Bench.create(build), each));

  it("any rows", async () => {
    const bench = await Bench.create(build);
    const each = fc.record({
      M: fc.integer({ min: 0, max: 40 }),
      width: fc.integer({ min: 1, max: 60 }),
      N: fc.integer({ min: 1, max: 40 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(each, (one) => {
        runProduct(bench, one);
        runGradient(bench, one);
      }),
      { numRuns: 150 },
    );
  });

  it("sorts columns of as many bits as there are", async () => {
    const bench = await Bench.create(build);
    for (const width of [2, 2048, 2049, 2 ** 22, 2 ** 22 + 1, 2 ** 32 - 1]) {
      bench.reset();
      const random = congruential(width % 1000 || 1);
      const rows = Array.from({ length: 20 }, () =>
        [...new Set(Array.from({ length: 9 }, () => random() % width))].sort((p, q) => p - q),
      );
      const offsets = rows.reduce((sums, row) => [...sums, sums.at(-1)! + row.length], [0]);
      const columns = rows.flat();
      const entries = bench.allocate(columns.length * 4);
      const spare = bench.allocate(columns.length * 4);
      const sorted = bench.kernels.transposeEntries(
        rows.length,
        width,
        bench.placeInt32(offsets),
        bench.placeInt32(columns),
        bench.place(columns.map((_, i) => i)),
        entries,
        spare,
        bench.allocate(BINS_FLOATS),
      );
      bench.checkFences();
      const got = columns.map((_, i) => {
        const [column, row] = new Uint32Array(bench.ints(sorted + i * 16, 2).slice().buffer);
        return [column, row];
      });
      const wanted = rows.flatMap((row, r) => row.map((column) => [column, r]));
      expect(got).toEqual(wanted.sort(([c1, r1], [c2, r2]) => c1! - c2! || r1! - r2!));
    }
  });

  it("says how many entries an update refuses, which stay as they were", async () => {
    const bench = await Bench.create(build);
    const N = 5;
    const parameters = bench.place(reals(3 * N, 1));
    const before = bench.floats(parameters, 3 * N).slice();
    const gradient = bench.place([1, 1, -Infinity, 1, 1, 1, 1, 1, 1, Infinity]);
    expect(bench.kernels.sgdRows(2, bench.placeInt32([0, 2]), N, parameters, gradient, 0.5)).toBe(2);
    const after = bench.floats(parameters, 3 * N);
    expectSameNumbers(
      after,
      before.map((p, i) => ([2, 5, 6, 7, 8, 9, 14].includes(i) ? p : p - 0.5)),
    );
  });
});
