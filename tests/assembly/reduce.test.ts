import { describe, expect, test } from "vitest";
import { Bench, builds } from "../support/kernels.js";

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 1000];
const wave = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.fround(((i * 37) % 101) - 50) / 7);

describe.each(builds)("reduce, %s build", async (build) => {
  const bench = await Bench.create(build);
  const { kernels } = bench;

  test.each(SIZES)("sumSquares of %i floats", (n) => {
    bench.reset();
    const values = wave(n);
    const wanted = values.reduce((sum, x) => sum + x * x, 0);
    for (const misaligned of [0, 1, 3]) {
      const got = kernels.sumSquares(n, bench.place(values, misaligned));
      expect(Math.abs(got - wanted)).toBeLessThanOrEqual(2 * n * Number.EPSILON * wanted);
    }
  });

  test("sumSquares neither overflows nor underflows, and passes NaN on", () => {
    bench.reset();
    const huge = Math.fround(3e38);
    const tiny = Math.fround(1e-45);
    expect(kernels.sumSquares(3, bench.place([huge, huge, 0]))).toBe(2 * huge * huge);
    expect(kernels.sumSquares(1, bench.place([tiny]))).toBe(tiny * tiny);
    expect(kernels.sumSquares(5, bench.place([1, 2, 3, 4, Number.NaN]))).toBeNaN();
  });

  test.each(SIZES)("scale of %i floats", (n) => {
    bench.reset();
    const factor = Math.fround(0.3);
    const values = wave(n);
    const x = bench.place(values, 1);
    kernels.scale(n, x, factor);
    expect([...bench.floats(x, n)]).toEqual([...values].map((value) => Math.fround(value * factor)));
    bench.checkFences();
  });

  test.each(SIZES)("allFinite finds one bad element anywhere among %i", (n) => {
    bench.reset();
    const x = bench.place(wave(n), 2);
    expect(kernels.allFinite(n, x)).toBe(1);
    for (let i = 0; i < n; i++) {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        const kept = bench.floats(x, n)[i]!;
        bench.floats(x, n)[i] = bad;
        expect(kernels.allFinite(n, x)).toBe(0);
        bench.floats(x, n)[i] = kept;
      }
    }
    expect(kernels.allFinite(n, x)).toBe(1);
  });

  test("the largest floats and denormals are finite", () => {
    bench.reset();
    expect(kernels.allFinite(4, bench.place([3.4028234e38, -3.4028234e38, 1e-45, -0]))).toBe(1);
  });
});
