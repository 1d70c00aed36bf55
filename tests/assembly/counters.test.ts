// Batches of counters merged into running totals, against a float64 pass over all the rows at once.
import { describe, expect, it } from "vitest";
import { Bench, builds } from "../support/kernels.js";

const ARRAYS = 7;
const EPSILON = 2 ** -53; // of one float64 rounding: the data below are quarters, so that the float32 sums are exact

interface Totals {
  samples: number;
  fired: number;
  min: number;
  max: number;
  mean: number;
  m2: number;
  magnitude: number;
}
const totalsOf = (values: ArrayLike<number>, units: number, unit: number): Totals => {
  const at = (index: number) => values[index * units + unit]!;
  return { samples: at(0), fired: at(1), min: at(2), max: at(3), mean: at(4), m2: at(5), magnitude: at(6) };
};

/** What the forward kernel leaves of these rows (here with a = z). */
function countersOf(rows: readonly (readonly number[])[], units: number): Float32Array {
  const counters = new Float32Array(ARRAYS * units);
  for (let u = 0; u < units; u++) {
    const z = rows.map((row) => row[u]!);
    const pivot = z[0] ?? 0;
    const total = (f: (value: number) => number) => z.reduce((sum, value) => sum + f(value), 0);
    const entries = [
      pivot,
      total((value) => Number(value > 0)),
      Math.min(...z),
      Math.max(...z),
      total((value) => value - pivot),
      total((value) => (value - pivot) ** 2),
      total(Math.abs),
    ];
    entries.forEach((entry, index) => (counters[index * units + u] = entry));
  }
  return counters;
}

/** Quarters in [-8, 8) about an offset that grows with the unit. */
const quarters = (rows: number, units: number, seed: number) =>
  Array.from({ length: rows }, (_, r) =>
    Array.from({ length: units }, (_, u) => 40 * u + (((r * 37 + u * 11 + seed * 53) % 64) - 32) / 4),
  );

describe.each(builds)("%s build", async (build) => {
  const bench = await Bench.create(build);
  const { kernels } = bench;

  function fold(units: number, batches: readonly (readonly (readonly number[])[])[]): Float64Array {
    bench.reset();
    const total = bench.allocateDoubles(ARRAYS * units);
    bench.doubles(total, ARRAYS * units).fill(Number.NaN);
    kernels.resetTotals(units, total);
    batches.forEach((rows, i) =>
      kernels.foldCounters(units, rows.length, bench.place(countersOf(rows, units), i % 4), total, 0, 0),
    );
    bench.checkFences();
    return bench.doubles(total, ARRAYS * units).slice();
  }

  it.each([0, 1, 2, 3, 4, 5, 7, 8, 13, 64, 65])("%d units: no batch, one, and many of different sizes", (units) => {
    for (const sizes of [[], [1], [5], [0, 3], [1, 1, 1], [32, 32, 7, 0, 64, 1]]) {
      const batches = sizes.map((rows, seed) => quarters(rows, units, seed));
      const totals = fold(units, batches);
      const rows = batches.flat();
      for (let u = 0; u < units; u++)
        expectTotals(
          totalsOf(totals, units, u),
          rows.map((row) => row[u]!),
          sizes.length,
        );
    }
  });

  it.each([0, 1, 3, 4, 65])("%d units: those that fired on any batch are marked, the others counted", (units) => {
    bench.reset();
    const fired = bench.placeInt32(new Int32Array(units));
    const batches = [1, 7, 32].map((rows, seed) =>
      quarters(rows, units, seed).map((row) => row.map((z, u) => z - 40 * u - 9 * (u % 2))),
    ); // the odd ones stay below 0
    const silent = batches.map((rows, i) => kernels.markFired(units, bench.place(countersOf(rows, units), i), fired));
    bench.checkFences();
    const marks = (rows: number[][]) =>
      Array.from({ length: units }, (_, u) => Number(rows.some((row) => row[u]! > 0)));
    expect([...bench.ints(fired, units)]).toEqual(marks(batches.flat()));
    expect(silent).toEqual(
      batches.map((_, i) => units - marks(batches.slice(0, i + 1).flat()).reduce((a, b) => a + b, 0)),
    );
    if (units > 1) expect(new Set([...bench.ints(fired, units)]).size).toBe(2); // some of each
  });

  it.each([0, 1, 3, 64])("of %d chosen units what is above their thresholds, in the rows' order", (count) => {
    const units = 70;
    for (const rows of [0, 1, 5, 32]) {
      bench.reset();
      const z = quarters(rows, units, 3).map((row) => row.map((value, u) => value - 40 * u));
      if (rows > 1) z[1]!.fill(Number.NaN);
      const chosen = Array.from({ length: count }, (_, i) => units - 1 - i);
      const thresholds = chosen.map((unit) => [-Infinity, -3, 2.25, Infinity][unit % 4]!);
      const address = bench.place(z.flat());
      const [found, lengths] = [bench.allocate(count * rows), bench.placeInt32(new Int32Array(count).fill(7))];
      const [places, limits] = [bench.placeInt32(chosen), bench.place(thresholds)];
      kernels.collectAbove(rows, units, address, count, places, limits, found, lengths);
      bench.checkFences();
      const expected = chosen.map((unit, i) => z.map((row) => row[unit]!).filter((value) => value > thresholds[i]!));
      const given = Array.from(bench.ints(lengths, count), (length, i) => [
        ...bench.floats(found + 4 * i * rows, rows).subarray(0, length),
      ]);
      expect(given).toEqual(expected);
      if (count > 3 && rows > 5) expect(new Set(expected.map(({ length }) => length)).size).toBeGreaterThan(2);
    }
  });

  /**
   * The mean takes about four roundings a merge, m2 eight, each of at most the largest |z| (squared, times the
   * samples).
   */
  function expectTotals(totals: Totals, z: readonly number[], merges: number): void {
    const largest = Math.max(0, ...z.map(Math.abs));
    const mean = z.length ? z.reduce((a, b) => a + b, 0) / z.length : 0;
    expect([totals.samples, totals.fired, totals.min, totals.max, totals.magnitude]).toEqual([
      z.length,
      z.filter((value) => value > 0).length,
      Math.min(...z),
      Math.max(...z),
      z.reduce((a, b) => a + Math.abs(b), 0),
    ]);
    expect(Math.abs(totals.mean - mean)).toBeLessThanOrEqual(4 * merges * EPSILON * largest);
    const m2 = z.reduce((a, b) => a + (b - mean) ** 2, 0);
    expect(Math.abs(totals.m2 - m2)).toBeLessThanOrEqual(8 * merges * EPSILON * z.length * largest * largest);
  }

  it("constants have a variance of exactly 0 and their own value as the mean", () => {
    for (const constant of [0, 0.1, -3.3, 1e30].map(Math.fround)) {
      const totals = totalsOf(
        fold(
          1,
          [7, 32, 5].map((rows) => Array.from({ length: rows }, () => [constant])),
        ),
        1,
        0,
      );
      expect([totals.mean, totals.m2, totals.samples]).toEqual([constant, 0, 44]);
    }
  });

  it("rounding in the float32 sums never makes m2 negative", () => {
    bench.reset();
    const total = bench.allocateDoubles(ARRAYS);
    kernels.resetTotals(1, total);
    // Σd = 3, Σd² = 2.9999 over 3 rows: below 3²/3.
    kernels.foldCounters(1, 3, bench.place([1, 3, 1, 3, 3, 2.9999, 6]), total, 0, 0);
    expect(totalsOf(bench.doubles(total, ARRAYS), 1, 0)).toMatchObject({ m2: 0, mean: 2 });
  });

  it("a NaN stays, in its own unit alone", () => {
    const batches = [quarters(5, 3, 0), quarters(4, 3, 1), quarters(6, 3, 2)];
    const broken = batches.map((rows) => rows.map((row) => [...row]));
    broken[1]![2]![1] = Number.NaN;
    const totals = fold(3, broken);
    const { samples, min, max, mean, m2, magnitude } = totalsOf(totals, 3, 1);
    expect([samples, min, max, mean, m2, magnitude]).toEqual([15, ...Array(5).fill(Number.NaN)]);
    const clean = fold(3, batches);
    for (const unit of [0, 2]) expect(totalsOf(totals, 3, unit)).toEqual(totalsOf(clean, 3, unit));
  });

  /** Totals of the forward kernel's own counters, with z and a there or gone, and float64 sums of z and a. */
  function foldForward(values: readonly (readonly number[])[][], areThere: boolean) {
    const units = values[0]![0]!.length;
    bench.reset();
    const total = bench.allocateDoubles(ARRAYS * units);
    kernels.resetTotals(units, total);
    const rows = values.flatMap((batch, i) => {
      const count = batch.length;
      const [z, a] = [bench.place(batch.flat(), i % 4), bench.allocate(count * units, (i + 1) % 4)];
      const counters = bench.allocate(ARRAYS * units, 1);
      kernels.activationForward(1, 0, 0, count, units, z, 0, a, counters, 1);
      kernels.foldCounters(units, count, counters, total, areThere ? z : 0, areThere ? a : 0);
      return batch;
    });
    bench.checkFences();
    const totals = bench.doubles(total, ARRAYS * units).slice();
    return Array.from({ length: units }, (_, u) => {
      const z = rows.map((row) => Math.fround(row[u]!));
      const mean = z.reduce((a, b) => a + b, 0) / z.length;
      return {
        totals: totalsOf(totals, units, u),
        largest: Math.max(...z.map(Math.abs)),
        mean,
        m2: z.reduce((a, b) => a + (b - mean) ** 2, 0),
        magnitude: z.reduce((a, b) => a + Math.max(0, b), 0),
      };
    });
  }

  /** A size by unit: sums of squares overflow from 1e19 on and underflow below 1e-19, sums of z overflow near 3e38. */
  const SIZES = [1e38, 1, 2e19, 1e-23, 3e38, 1e-44, 1e-3, 1e25, 1e30];
  const sized = (rows: number, units: number, seed: number) =>
    quarters(rows, 1, seed).map(([value], r) =>
      Array.from({ length: units }, (_, u) => ((value! + (r % 3)) / 11) * SIZES[u]!),
    );

  it.each([1, 2, 3, 4, 5, 7, 8, 9])(
    "%d units of any size: sums that left float32's range are made once more",
    (units) => {
      const folded = foldForward([sized(33, units, 1), sized(1, units, 2), sized(64, units, 3)], true);
      for (const { totals, mean, m2, magnitude, largest } of folded) {
        expect(Math.abs(totals.mean - mean)).toBeLessThanOrEqual(1e-6 * largest);
        expect(Math.abs(totals.m2 - m2)).toBeLessThanOrEqual(1e-5 * m2);
        expect(Math.abs(totals.magnitude - magnitude)).toBeLessThanOrEqual(1e-5 * magnitude);
      }
    },
  );

  it("without z and a they can't be", () => {
    const [{ totals }] = foldForward([sized(33, 1, 1)], false);
    expect(Number.isFinite(totals.m2)).toBe(false);
  });

  it("what a unit's neighbours do changes nothing about it", () => {
    const quiet = [sized(33, 9, 1), sized(64, 9, 2)].map((rows) => rows.map((row) => row.map((_, u) => row[1]! + u)));
    const loud = quiet.map((rows) => rows.map((row) => row.map((value, u) => (u === 4 ? value : value * 1e30))));
    expect(foldForward(loud, true)[4]!.totals).toEqual(foldForward(quiet, true)[4]!.totals);
    expect(foldForward(quiet, true)).toEqual(foldForward(quiet, false)); // nothing is made again where all is well
  });

  it("a first row far from the others leaves them their spread", () => {
    const rows = Array.from({ length: 3000 }, (_, r) => [r === 0 ? 1e6 : (r * 0.618) % 1]);
    const again = foldForward([rows.slice(1).toReversed(), rows], true);
    expect(Math.abs(again[0]!.totals.m2 / again[0]!.m2 - 1)).toBeLessThan(1e-9);
  });

  it("infinities and NaN stay what they are", () => {
    const rows = [
      [Infinity, -Infinity, Number.NaN, 3e38],
      [1, 1, 1, 3e38],
      [1, 1, 1, -3e38],
    ];
    const [up, down, none, whole] = foldForward([rows], true).map(({ totals }) => totals);
    expect([up!.max, down!.min, none!.mean]).toEqual([Infinity, -Infinity, Number.NaN]);
    expect(whole!.mean / 1e38).toBeCloseTo(1, 6);
    expect(Math.sqrt(whole!.m2 / 3) / 2.8284271e38).toBeCloseTo(1, 6);
  });

  it("the forward kernel's own counters fold to the statistics of z", () => {
    bench.reset();
    const [rows, units] = [13, 5];
    const z = Float32Array.from(quarters(rows, units, 3).flat());
    const [counters, total] = [bench.allocate(ARRAYS * units, 1), bench.allocateDoubles(ARRAYS * units)];
    kernels.activationForward(0, 0, 0, rows, units, bench.place(z), 0, bench.allocate(rows * units), counters, 1);
    kernels.resetTotals(units, total);
    kernels.foldCounters(units, rows, counters, total, 0, 0);
    for (let u = 0; u < units; u++) {
      expectTotals(
        totalsOf(bench.doubles(total, ARRAYS * units), units, u),
        [...z.filter((_, i) => i % units === u)],
        1,
      );
    }
  });
});

describe.each(builds)("listOpen, %s build", (build) => {
  it("lists the units that fired", async () => {
    const bench = await Bench.create(build);
    for (const fired of [
      [],
      [1],
      [0],
      [0, 2, 0, 0, 1, 2 ** 24, 0, 32],
      Array.from({ length: 37 }, (_, unit) => unit % 3),
    ]) {
      bench.reset();
      const units = fired.length;
      const counters = new Float32Array(ARRAYS * units).fill(7);
      counters.set(fired, units);
      const batch = bench.place(counters);
      const indices = bench.allocate(units);
      const open = bench.kernels.listOpen(units, batch, indices);
      bench.checkFences();
      expect([...bench.ints(indices, open)]).toEqual(fired.flatMap((rows, unit) => (rows > 0 ? [unit] : [])));
    }
  });
});
