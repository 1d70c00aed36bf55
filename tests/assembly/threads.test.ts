// The caller's side of a shared product, with a helper that the test plays.
import { describe, expect, it } from "vitest";
import { ControlWord } from "../../src/wasm/abi.js";
import type { Build } from "../../src/wasm/binary.js";
import { expectSameNumbers } from "../support/arrays.js";
import { Bench, builds } from "../support/kernels.js";

const WORDS = 32;
// K has three blocks, M two: a turn is one of 4 stripes of 16 columns in one of these six.
const M = 502,
  N = 61,
  K = 1100,
  HEIGHT = 252,
  DEPTH = 368,
  STRIPES = 4,
  BLOCKS_OF_M = 2,
  BLOCKS_OF_K = 3;
const ALL_TURNS = STRIPES * BLOCKS_OF_M * BLOCKS_OF_K;

/** A product whose arguments lie in a control block, and what gemm gives for it. */
async function post(build: Build, rowStrideB: number, colStrideB: number) {
  const bench = await Bench.create(build);
  const { kernels } = bench;
  const a = bench.place(Float32Array.from({ length: M * K }, (_, i) => Math.sin(i * i)));
  const b = bench.place(Float32Array.from({ length: K * N }, (_, i) => Math.cos(i * i)));
  const [c, wanted] = [bench.allocate(M * N), bench.allocate(M * N)];
  const workspace = bench.allocate(kernels.gemmWorkspaceBytes() / 4);
  const control = bench.placeInt32(new Int32Array(WORDS));
  kernels.gemm(M, N, K, a, K, 1, b, rowStrideB, colStrideB, 0, wanted, N, workspace);
  const words = bench.ints(control, WORDS);
  words.set([M, N, K, a, K, 1, b, rowStrideB, colStrideB, 0, c, N, workspace, 0, 0], ControlWord.arguments);
  const expectDone = () => {
    expect(bench.floats(c, M * N).every((value, i) => Object.is(value, bench.floats(wanted, M * N)[i]))).toBe(true);
    bench.checkFences();
  };
  return { bench, kernels, a, b, c, workspace, control, words, expectDone };
}

describe.each(builds)("%s", (build) => {
  it("a block is not added to what a helper has not yet computed", async () => {
    const { kernels, a, b, c, workspace, control, words, expectDone } = await post(build, N, 1);
    words[ControlWord.turns] = ALL_TURNS;
    words[ControlWord.held] = ALL_TURNS - 1; // the first turn is the helper's, the second the caller's
    words[ControlWord.left] = ALL_TURNS - 2;
    const finished = STRIPES * BLOCKS_OF_M - 1; // of the first block of K, all but the helper's
    for (let again = 0; again < 2; again++) {
      expect(kernels.awaitHelpers(control)).toBe(ALL_TURNS - finished);
      expect(words[ControlWord.finished]).toBe(finished);
      expect(words[ControlWord.held]).toBe(ALL_TURNS - finished - 1);
    }

    kernels.gemm(HEIGHT, 16, DEPTH, a, K, 1, b, N, 1, 0, c, N, workspace); // the helper's turn
    words[ControlWord.finished]++;
    expect(kernels.awaitHelpers(control)).toBe(0);
    expect(words[ControlWord.finished]).toBe(ALL_TURNS);
    expect(words[ControlWord.left]).toBeLessThanOrEqual(0);
    expectDone();
  });

  it("a product leaves out the zeros of A, or of B where A is a transpose, whoever takes the turns", async () => {
    for (const side of ["A", "B"] as const) {
      const bench = await Bench.create(build);
      const { kernels } = bench;
      const [m, n, k] = [200, 100, 700];
      const some = (count: number, isZero: boolean) =>
        Float32Array.from({ length: count }, (_, i) => (isZero && (i * 7919) % 101 > 30 ? 0 : Math.sin(i * i)));
      const a = bench.place(some(k * m, side === "A")),
        b = bench.place(some(k * n, side === "B"));
      const [c, wanted] = [bench.allocate(m * n), bench.allocate(m * n)];
      const workspace = bench.allocate(kernels.gemmWorkspaceBytes() / 4);
      const control = bench.placeInt32(new Int32Array(WORDS));
      kernels.gemm(m, n, k, a, 1, m, b, n, 1, 0, wanted, n, workspace);
      const words = bench.ints(control, WORDS);
      words.set([m, n, k, a, 1, m, b, n, 1, 0, c, n, workspace, 0, 0, 1], ControlWord.arguments);
      const turns = kernels.runShared(control);
      expect(turns).toBe(2 * Math.ceil((side === "A" ? n : m) / 32)); // two blocks of K, stripes of 32
      expect(kernels.awaitHelpers(control)).toBe(0);
      expectSameNumbers(bench.floats(c, m * n), bench.floats(wanted, m * n), side);
      bench.checkFences();
    }
  });

  it("a product without helpers is the caller's own", async () => {
    const { bench, kernels, c, control, expectDone } = await post(build, 1, K);
    for (let product = 0; product < 3; product++) {
      bench.floats(c, M * N).fill(Number.NaN);
      expect(kernels.runShared(control)).toBe(ALL_TURNS);
      expect(kernels.awaitHelpers(control)).toBe(0);
      expectDone();
    }
  });
});
