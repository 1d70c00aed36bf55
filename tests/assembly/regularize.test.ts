// The kernels of penalties, norms, dropout and element-wise sums against naive float64, on awkward shapes, between
// fences and on poisoned results, in both builds.
import { describe, expect, test } from "vitest";
import { Bench, builds } from "../support/kernels.js";
import { seededRandom } from "../support/random.js";

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 1003];
const random = seededRandom(9);
/** Some zeros, of both signs, among them. */
const numbers = (n: number) =>
  Float32Array.from({ length: n }, (_, i) => (i % 5 === 3 ? (i % 2 === 0 ? 0 : -0) : 4 * random() - 2));

/** Philox4x32-10 (Salmon et al. 2011), four words of a block, by BigInt. */
function philox(counter: readonly number[], key: readonly number[]): number[] {
  let [c0, c1, c2, c3] = counter.map((word) => BigInt(word >>> 0));
  let [k0, k1] = key.map((word) => BigInt(word >>> 0));
  const mask = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [c0 * 0xd2511f53n, c2 * 0xcd9e8d57n];
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

test("the reference generator gives the numbers of the paper's own tests", () => {
  expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
});

describe.each(builds)("build %s", (build) => {
  const create = () => Bench.create(build);

  test.each(SIZES)("penalize %i numbers", async (n) => {
    const bench = await create();
    for (const [l1, l2] of [
      [0.25, 0],
      [0, 0.125],
      [0.1, 0.03],
    ]) {
      bench.reset();
      const [x, g] = [numbers(n), numbers(n)];
      const [at, gradient] = [bench.place(x, 1), bench.place(g)];
      const penalty = bench.kernels.penalize(n, at, l1, l2, gradient);
      const exact = x.reduce((sum, value) => sum + l1 * Math.abs(value) + l2 * value * value, 0);
      expect(Math.abs(penalty - exact)).toBeLessThanOrEqual(1e-12 * exact);
      expect(bench.floats(at, n)).toEqual(x);
      bench.floats(gradient, n).forEach((value, i) => {
        const wanted = g[i] + l1 * Math.sign(x[i]) + 2 * l2 * x[i];
        expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-6);
        if (x[i] !== 0) expect(Math.abs(value - g[i])).toBeGreaterThan(0); // something was added
      });
      bench.checkFences();
    }
  });

  test.each([
    [1, 1],
    [1, 4],
    [3, 5],
    [4, 3],
    [5, 2],
    [9, 17],
    [64, 33],
    [257, 6],
  ])("limitNorms of %i x %i", async (inputs, units) => {
    const bench = await create();
    const kernel = numbers(inputs * units);
    for (let i = 0; i < inputs; i++) kernel[i * units] *= 8; // a unit that is above at any rate, or 0
    const norms = Array.from({ length: units }, (_, u) =>
      Math.hypot(...Array.from({ length: inputs }, (_unused, i) => kernel[i * units + u])),
    );
    const most = norms.toSorted((a, b) => a - b)[units >> 1] * 0.9 + 1e-3;
    const [at, scratch] = [bench.place(kernel), bench.allocateDoubles(2 * units)];
    const scaled = bench.kernels.limitNorms(inputs, units, at, most, scratch);
    expect(scaled).toBe(norms.filter((norm) => norm > most).length);
    bench.floats(at, inputs * units).forEach((value, i) => {
      const norm = norms[i % units];
      if (norm > most) expect(value).toBeCloseTo((kernel[i] * most) / norm, 5);
      else expect(Object.is(value, kernel[i])).toBe(true);
    });
    bench.checkFences();
    const after = bench.floats(at, inputs * units).slice();
    expect(bench.kernels.limitNorms(inputs, units, at, most * 2 ** 20, scratch)).toBe(0);
    expect(bench.floats(at, inputs * units)).toEqual(after);
  });

  test.each(SIZES)("multiply and add %i numbers", async (n) => {
    const bench = await create();
    const [a, b] = [numbers(n), numbers(n)];
    if (n > 8) [a[2], b[5], a[8]] = [NaN, Infinity, 0];
    const [x, y, sum] = [bench.place(a), bench.place(b, 2), bench.allocate(n)];
    bench.kernels.add(n, x, y, sum);
    bench.kernels.multiply(n, x, y);
    expect(bench.floats(sum, n)).toEqual(a.map((value, i) => value + b[i]));
    expect(bench.floats(x, n)).toEqual(a.map((value, i) => value * b[i]));
    bench.kernels.add(n, sum, y, sum);
    expect(bench.floats(sum, n)).toEqual(a.map((value, i) => Math.fround(value + b[i]) + b[i]));
    bench.checkFences();
  });

  describe("dropout", () => {
    const [low, high, stream] = [0x12345678, 0x9abcdef0, 7];
    const share = 0.3;
    const threshold = Math.floor(share * 2 ** 32);
    const scale = Math.fround(1 / (1 - share));

    test.each([
      [1, 1, 0],
      [1, 3, 5],
      [2, 5, 1],
      [3, 4, 7],
      [5, 17, 3],
      [7, 9, 1_000_003],
      [2, 4096, 0xffff_fff0],
    ])("of %i x %i from row %i, by the reference generator", async (rows, units, firstRow) => {
      const bench = await create();
      const n = rows * units;
      const values = numbers(n);
      const [h, factors, out] = [bench.place(values, 3), bench.allocate(n, 1), bench.allocate(n)];
      const layer = 2,
        epoch = 41;
      bench.kernels.dropout(rows, units, firstRow, low, high, stream, layer, epoch, threshold, scale, h, factors, out);
      const wanted = Float32Array.from({ length: n }, (_, i) => {
        const draw = BigInt(firstRow) * BigInt(units) + BigInt(i);
        const block = draw >> 2n;
        const counter = [Number(block & 0xffffffffn), layer + Number(block >> 32n) * 65536, stream, epoch];
        return philox(counter, [low, high])[Number(draw & 3n)] >= threshold ? scale : 0;
      });
      expect(bench.floats(factors, n)).toEqual(wanted);
      expect(bench.floats(out, n)).toEqual(values.map((value, i) => value * wanted[i]));
      expect(bench.floats(h, n)).toEqual(values);
      bench.checkFences();
      bench.kernels.dropout(rows, units, firstRow, low, high, stream, layer, epoch, threshold, scale, h, factors, h);
      expect(bench.floats(h, n)).toEqual(bench.floats(out, n)); // in place
    });

    /** Factors of a batch of rows. */
    async function masks(
      share_: number,
      rows: number,
      units: number,
      layer = 0,
      epoch = 0,
      seed = low,
    ): Promise<Float32Array> {
      const bench = await create();
      const n = rows * units;
      const [h, factors, out] = [bench.place(new Float32Array(n).fill(1)), bench.allocate(n), bench.allocate(n)];
      const scaled = Math.fround(1 / (1 - share_));
      const limit = Math.floor(share_ * 2 ** 32);
      bench.kernels.dropout(rows, units, 0, seed, high, stream, layer, epoch, limit, scaled, h, factors, out);
      return bench.floats(out, n).slice();
    }

    test.each([0.01, 0.1, 0.5, 0.9])(
      "share %d: mean and variance over 2^20 draws, within four standard errors",
      async (p) => {
        const drawn = await masks(p, 1024, 1024);
        const count = drawn.length;
        const kept = drawn.reduce((sum, value) => sum + Number(value > 0), 0);
        // of Bernoulli draws scaled by s = 1/(1-p): mean 1, variance p/(1-p)
        const mean = drawn.reduce((sum, value) => sum + value, 0) / count;
        const variance = drawn.reduce((sum, value) => sum + (value - 1) ** 2, 0) / count;
        const wanted = p / (1 - p);
        const fourth = (p + p ** 4 / (1 - p) ** 3) / 1; // E (value - 1)^4
        expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(wanted / count));
        expect(Math.abs(variance - wanted)).toBeLessThan(4 * Math.sqrt((fourth - wanted ** 2) / count) + 1e-6 * wanted);
        expect(Math.abs(kept / count - (1 - p - 0.01))).toBeGreaterThan(4 * Math.sqrt((p * (1 - p)) / count)); // the check can fail
      },
    );

    test("rows, layers, epochs and seeds are independent of each other", async () => {
      const [rows, units] = [512, 1024];
      const base = await masks(0.5, rows, units);
      const others = [
        await masks(0.5, rows, units, 1),
        await masks(0.5, rows, units, 0, 1),
        await masks(0.5, rows, units, 0, 0, low + 1),
        Float32Array.from(base, (_, i) => base[(i + units) % base.length]), // the next row
        Float32Array.from(base, (_, i) => base[(i + 1) % base.length]), // the next unit
      ];
      const correlation = (a: Float32Array, b: Float32Array) =>
        a.reduce((sum, value, i) => sum + (value - 1) * (b[i] - 1), 0) / a.length;
      for (const other of others) expect(Math.abs(correlation(base, other))).toBeLessThan(4 / Math.sqrt(base.length));
      expect(correlation(base, base)).toBeCloseTo(1, 3);
    });
  });
});

test("both builds give the same bits", async () => {
  const results: Float32Array[] = [];
  for (const build of builds) {
    const bench = await Bench.create(build);
    const values = Float32Array.from({ length: 777 }, (_, i) => Math.sin(i) * 3);
    const [x, g] = [bench.place(values), bench.place(values)];
    bench.kernels.penalize(777, x, 0.1, 0.7, g);
    bench.kernels.limitNorms(37, 21, x, 1.5, bench.allocateDoubles(42));
    results.push(Float32Array.from([...bench.floats(x, 777), ...bench.floats(g, 777)]));
  }
  for (const result of results) expect(result).toEqual(results[0]);
});
