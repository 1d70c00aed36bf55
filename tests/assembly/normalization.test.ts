// The kernels of batch and layer normalization against naive float64, on awkward shapes, between fences and on poisoned
// results, in both builds.
import { describe, expect, test } from "vitest";
import { Bench, builds } from "../support/kernels.js";
import { seededRandom } from "../support/random.js";

const SHAPES = [
  [1, 1],
  [1, 5],
  [2, 1],
  [2, 3],
  [3, 4],
  [4, 2],
  [5, 17],
  [17, 5],
  [33, 33],
  [130, 3],
  [700, 9],
  [6, 1030],
] as const;
const EPSILON = 1e-5;
const random = seededRandom(31);
const numbers = (n: number, scale = 2, center = 0) =>
  Float32Array.from({ length: n }, () => center + scale * (2 * random() - 1));
/** Columns of every kind: around 0, far from 0, constant, small. */
const matrix = (rows: number, units: number) =>
  Float32Array.from({ length: rows * units }, (_, i) => {
    const kind = (i % units) % 4;
    if (kind === 2) return 0.1; // constant
    return [2 * random() - 1, 1e4 + random(), 0, 1e-3 * random()][kind];
  });
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const mean = (values: readonly number[]) => total(values) / values.length;
const variance = (values: readonly number[], center = mean(values)) =>
  mean(values.map((value) => (value - center) ** 2));
const column = (x: ArrayLike<number>, units: number, unit: number) =>
  Array.from({ length: x.length / units }, (_, r) => x[r * units + unit]);
const row = (x: ArrayLike<number>, units: number, r: number) =>
  Array.from({ length: units }, (_, u) => x[r * units + u]);
const inverse = (of: number) => 1 / Math.sqrt(of + EPSILON);

function expectNear(given: ArrayLike<number>, wanted: readonly number[], tolerance: readonly number[] | number): void {
  expect(given.length).toBe(wanted.length);
  const off = wanted.flatMap((value, i) => {
    const most = typeof tolerance === "number" ? tolerance * (1 + Math.abs(value)) : tolerance[i];
    return Math.abs(given[i] - value) <= most ? [] : [[i, given[i], value, most]];
  });
  expect(off).toEqual([]);
}

/** A matrix of which each entry hangs on its row and its unit. */
const table = (rows: number, units: number, of: (r: number, u: number) => number) =>
  Array.from({ length: rows * units }, (_, i) => of(Math.floor(i / units), i % units));

/** What rounding may take off dGamma[u], dBias[u]: sums of float32. */
const sumTolerance = (terms: readonly number[]) => 2e-6 * total(terms.map(Math.abs)) + 1e-30;

describe.each(builds)("build %s", (build) => {
  test.each(SHAPES)("batch normalization of %i x %i and its gradient", async (rows, units) => {
    const bench = await Bench.create(build);
    const [x, g, dn] = [matrix(rows, units), numbers(units), numbers(rows * units)];
    const groups = Math.ceil(units / 4) * 4;
    const [z, gamma, zhat, affine] = [
      bench.place(x, 1),
      bench.place(g),
      bench.allocate(rows * units, 3),
      bench.allocate(3 * units),
    ];
    const moments = bench.allocateDoubles(2 * groups);
    bench.doubles(moments, 2 * groups).fill(NaN);
    bench.kernels.batchNormalize(rows, units, z, EPSILON, gamma, moments, affine, zhat);
    const columns = Array.from({ length: units }, (_, u) => column(x, units, u));
    const [means, variances] = [columns.map((each) => mean(each)), columns.map((each) => variance(each))];
    const hat = table(rows, units, (r, u) => (x[r * units + u] - means[u]) * inverse(variances[u]));
    expectNear(bench.floats(zhat, rows * units), hat, 2e-6);
    const scaled = hat.map((value, i) => value * g[i % units]);
    expectNear(bench.floats(z, rows * units), scaled, 4e-6);
    if (rows === 1) expect(bench.floats(zhat, units).every((value) => value === 0)).toBe(true);
    expectNear([...bench.doubles(moments, units)], means, 1e-12);
    bench.checkFences();

    // the same without zhat
    const other = bench.place(x);
    bench.kernels.batchNormalize(rows, units, other, EPSILON, gamma, moments, affine, 0);
    expect(bench.floats(other, rows * units)).toEqual(bench.floats(z, rows * units));

    // running ones: of z + bias, the unbiased variance, which one row has none of
    const [b, oldMeans, oldVariances] = [numbers(units), numbers(units), numbers(units, 0.5, 1)];
    const [bias, running, spread] = [bench.place(b), bench.place(oldMeans, 2), bench.place(oldVariances)];
    expect(bench.kernels.moveRunning(rows, units, 0.25, moments, bias, running, spread)).toBe(0);
    expectNear(
      bench.floats(running, units),
      means.map((value, u) => 0.75 * oldMeans[u] + 0.25 * (value + b[u])),
      1e-6,
    );
    expectNear(
      bench.floats(spread, units),
      variances.map((value, u) =>
        rows === 1 ? oldVariances[u] : 0.75 * oldVariances[u] + (0.25 * value * rows) / (rows - 1),
      ),
      1e-6,
    );
    bench.checkFences();

    const kept = Float64Array.from(bench.floats(zhat, rows * units));
    const dBeta = Float32Array.from({ length: units }, (_, u) => total(column(dn, units, u)));
    const [d, beta, slopes] = [bench.place(dn, 2), bench.place(dBeta), bench.allocate(units)];
    expect(bench.kernels.batchNormalizeBackward(rows, units, d, zhat, gamma, affine, beta, slopes)).toBe(1);
    const terms = table(rows, units, (r, u) => dn[r * units + u] * kept[r * units + u]);
    const dGamma = Array.from({ length: units }, (_, u) => total(column(terms, units, u)));
    const sums = Array.from({ length: units }, (_, u) => sumTolerance(column(terms, units, u)));
    expectNear(bench.floats(slopes, units), dGamma, sums);
    const dz = (r: number, u: number) =>
      g[u] * inverse(variances[u]) * (dn[r * units + u] - dBeta[u] / rows - (kept[r * units + u] * dGamma[u]) / rows);
    const most = Math.max(...kept.map(Math.abs), 1);
    const tolerance = table(rows, units, (_, u) => 4e-6 * Math.abs(g[u]) * inverse(variances[u]) * 4 * (1 + most ** 2));
    expectNear(bench.floats(d, rows * units), table(rows, units, dz), tolerance);
    // the control: without its last term it is another gradient
    if (rows === 33) {
      const wrong = table(rows, units, (r, u) => g[u] * inverse(variances[u]) * (dn[r * units + u] - dBeta[u] / rows));
      expect(() => expectNear(bench.floats(d, rows * units), wrong, tolerance)).toThrow();
    }
    bench.checkFences();
  });

  test.each(SHAPES)("running statistics on %i x %i and their gradient", async (rows, units) => {
    const bench = await Bench.create(build);
    const [x, g, b, dn] = [matrix(rows, units), numbers(units), numbers(units), numbers(rows * units)];
    const means = Float32Array.from({ length: units }, (_, u) => (u % 4 === 1 ? 1e4 : 0) + random());
    const variances = Float32Array.from({ length: units }, (_, u) => (u % 5 === 3 ? 0 : random()));
    const [z, gamma, bias] = [bench.place(x, 3), bench.place(g, 1), bench.place(b)];
    const [m, v, affine] = [bench.place(means), bench.place(variances, 2), bench.allocate(3 * units)];
    const zhat = bench.allocate(rows * units);
    bench.kernels.runningNormalize(rows, units, z, bias, m, v, EPSILON, gamma, affine, zhat);
    const scale = (u: number) => inverse(variances[u]);
    const hat = table(rows, units, (r, u) => (x[r * units + u] + b[u] - means[u]) * scale(u));
    const near = table(rows, units, (r, u) => 2e-6 * (1 + (1 + Math.abs(x[r * units + u] - means[u])) * scale(u)));
    expectNear(bench.floats(zhat, rows * units), hat, near);
    expectNear(
      bench.floats(z, rows * units),
      hat.map((value, i) => value * g[i % units]),
      near.map((each) => 4 * each),
    );
    const kept = Float64Array.from(bench.floats(zhat, rows * units));
    const [d, slopes, sums] = [bench.place(dn, 1), bench.allocate(units), bench.allocate(units)];
    expect(bench.kernels.runningNormalizeBackward(rows, units, d, zhat, gamma, affine, slopes, sums)).toBe(1);
    const dz = table(rows, units, (r, u) => g[u] * scale(u) * dn[r * units + u]);
    expectNear(bench.floats(d, rows * units), dz, 2e-6);
    const terms = table(rows, units, (r, u) => dn[r * units + u] * kept[r * units + u]);
    for (const [at, of] of [
      [slopes, terms],
      [sums, dz],
    ] as const) {
      const each = Array.from({ length: units }, (_, u) => column(of, units, u));
      expectNear(bench.floats(at, units), each.map(total), each.map(sumTolerance));
    }
    const again = bench.place(dn);
    expect(bench.kernels.runningNormalizeBackward(rows, units, again, zhat, gamma, affine, 0, 0)).toBe(1);
    expect(bench.floats(again, rows * units)).toEqual(bench.floats(d, rows * units));
    bench.checkFences();
  });

  test.each(SHAPES)("layer normalization of %i x %i and its gradient", async (rows, units) => {
    const bench = await Bench.create(build);
    const [g, b, dn] = [numbers(units), numbers(units), numbers(rows * units)];
    // rows far from 0 among them
    const x = numbers(rows * units, 1).map((value, i) => value + (Math.floor(i / units) % 3 === 1 ? 1e4 : 0));
    const [z, gamma, bias] = [bench.place(x, 2), bench.place(g, 3), bench.place(b, 1)];
    const [zhat, inverses] = [bench.allocate(rows * units), bench.allocate(rows)];
    bench.kernels.layerNormalize(rows, units, z, bias, EPSILON, gamma, zhat, inverses);
    const moved = x.map((value, i) => value + b[i % units]); // in float32, as it is the product's sum
    const lines = Array.from({ length: rows }, (_, r) => row(moved, units, r));
    const scales = lines.map((line) => inverse(variance(line)));
    const centers = lines.map(mean);
    const hat = table(rows, units, (r, u) => (lines[r][u] - centers[r]) * scales[r]);
    expectNear(bench.floats(zhat, rows * units), hat, 2e-6);
    expectNear(bench.floats(inverses, rows), scales, 1e-6);
    expectNear(
      bench.floats(z, rows * units),
      hat.map((value, i) => value * g[i % units]),
      4e-6,
    );
    const other = bench.place(x);
    bench.kernels.layerNormalize(rows, units, other, bias, EPSILON, gamma, 0, 0);
    expect(bench.floats(other, rows * units)).toEqual(bench.floats(z, rows * units));

    const kept = Float64Array.from(bench.floats(zhat, rows * units));
    const [d, slopes, sums] = [bench.place(dn), bench.allocate(units), bench.allocate(units)];
    expect(bench.kernels.layerNormalizeBackward(rows, units, d, zhat, gamma, inverses, slopes, sums)).toBe(1);
    const pulled = table(rows, units, (r, u) => g[u] * dn[r * units + u]);
    const products = pulled.map((value, i) => value * kept[i]);
    const byRow = (of: readonly number[]) => lines.map((_, r) => mean(row(of, units, r)));
    const [pull, slope] = [byRow(pulled), byRow(products)];
    const dz = table(rows, units, (r, u) => {
      const i = r * units + u;
      return scales[r] * (pulled[i] - pull[r] - kept[i] * slope[r]);
    });
    const most = Math.max(...kept.map(Math.abs), 1);
    const tolerance = table(rows, units, (r) => 4e-6 * scales[r] * 8 * (1 + most ** 2));
    expectNear(bench.floats(d, rows * units), dz, tolerance);
    const terms = table(rows, units, (r, u) => dn[r * units + u] * kept[r * units + u]);
    const by = (of: readonly number[]) => Array.from({ length: units }, (_, u) => column(of, units, u));
    expectNear(bench.floats(slopes, units), by(terms).map(total), by(terms).map(sumTolerance));
    expectNear(bench.floats(sums, units), by(dz).map(total), by(tolerance).map(total));
    bench.checkFences();
  });

  test.each([NaN, Infinity, -Infinity])("%s passes on, in its column or its row alone", async (bad) => {
    const bench = await Bench.create(build);
    const [rows, units] = [7, 5];
    const x = numbers(rows * units);
    x[2 * units + 3] = bad;
    const gamma = bench.place(numbers(units, 0.5, 1));
    const [bias, zeros] = [bench.place(new Float32Array(units)), bench.place(new Float32Array(units))];
    const ones = bench.place(new Float32Array(units).fill(1));
    const [affine, zhat, inverses] = [bench.allocate(3 * units), bench.allocate(rows * units), bench.allocate(rows)];
    const moments = bench.allocateDoubles(16);
    const broken = (z: number) =>
      [...bench.floats(z, rows * units)].flatMap((value, i) => (Number.isFinite(value) ? [] : [i]));
    const batch = bench.place(x);
    bench.kernels.batchNormalize(rows, units, batch, EPSILON, gamma, moments, affine, zhat);
    // all of the column but what an infinite distance leaves at 0
    const off = broken(batch);
    expect(off.length).toBeGreaterThan(0);
    expect(off).toContain(2 * units + 3);
    expect(off.every((i) => i % units === 3)).toBe(true);
    expect(bench.kernels.moveRunning(rows, units, 0.1, moments, bias, zeros, ones)).toBeGreaterThan(0);
    for (const at of [zeros, ones]) expect(bench.floats(at, units).every(Number.isFinite)).toBe(true);
    const d = bench.place(numbers(rows * units));
    const [beta, slopes] = [bench.place(numbers(units)), bench.allocate(units)];
    expect(bench.kernels.batchNormalizeBackward(rows, units, d, zhat, gamma, affine, beta, slopes)).toBe(0);

    const running = bench.place(x);
    bench.kernels.runningNormalize(rows, units, running, bias, zeros, ones, EPSILON, gamma, affine, zhat);
    expect(broken(running)).toEqual([2 * units + 3]);
    const layer = bench.place(x);
    bench.kernels.layerNormalize(rows, units, layer, bias, EPSILON, gamma, zhat, inverses);
    const inRow = broken(layer);
    expect(inRow).toContain(2 * units + 3);
    expect(inRow.every((i) => Math.floor(i / units) === 2)).toBe(true);
    bench.checkFences();
  });
});

test("both builds give the same bits", async () => {
  const [rows, units] = [77, 13];
  const [x, g, dn] = [matrix(rows, units), numbers(units), numbers(rows * units)];
  const results: number[][] = [];
  for (const build of builds) {
    const bench = await Bench.create(build);
    const [z, other, gamma] = [bench.place(x), bench.place(x), bench.place(g)];
    const [affine, zhat] = [bench.allocate(3 * units), bench.allocate(rows * units)];
    const [inverses, d, slopes] = [bench.allocate(rows), bench.place(dn), bench.allocate(units)];
    bench.kernels.batchNormalize(rows, units, z, EPSILON, gamma, bench.allocateDoubles(32), affine, zhat);
    bench.kernels.batchNormalizeBackward(rows, units, d, zhat, gamma, affine, gamma, slopes);
    bench.kernels.layerNormalize(rows, units, other, gamma, EPSILON, gamma, zhat, inverses);
    results.push([
      ...bench.floats(z, rows * units),
      ...bench.floats(other, rows * units),
      ...bench.floats(d, rows * units),
    ]);
  }
  for (const result of results) expect(result).toEqual(results[0]);
});
