// Adam on entries whose units have step counts of their own, against the float64 reference entry by entry; and the
// units' utility.
import { describe, expect, test } from "vitest";
import { Bench, builds } from "../support/kernels.js";
import * as reference from "../reference/entry-optimizer.js";

const SHAPES = [
  [1, 1],
  [1, 7],
  [2, 3],
  [3, 4],
  [5, 5],
  [7, 9],
  [4, 31],
  [33, 10],
] as const;
const OPTIONS = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
const STEPS = 3;
const NETWORK_AGE = 400; // steps made before
const ROUNDOFF = 2 ** -24;
const ROUNDINGS = 11 + 6 + 3 * STEPS; // see optimizer.test.ts

const wave = (n: number, period: number, unit: number) =>
  Float32Array.from({ length: n }, (_, i) => (((i * 37 + 11) % period) - (period >> 1)) * unit);
/** Steps that a unit has made: some are as old as the network. */
const ageOf = (unit: number) => [NETWORK_AGE, 0, 3, 100][unit % 4]!;

describe.each(builds)("%s build", async (build) => {
  const bench = await Bench.create(build);
  const { learningRate, beta1, beta2, epsilon, weightDecay } = OPTIONS;

  function placeAges(ages: readonly number[]) {
    const powers = bench.allocateDoubles(2 * ages.length);
    bench
      .doubles(powers, 2 * ages.length)
      .set([...ages.map((age) => beta1 ** age), ...ages.map((age) => beta2 ** age)]);
    return { powers, ages: bench.allocate(3 * ages.length, 1), count: ages.length };
  }

  function run(
    rows: number,
    columns: number,
    at: { p: number; g: number; m: number; v: number },
    t: number,
    rowAges: number,
    columnAges: number,
    stride: number,
  ) {
    const stepSize = learningRate / (1 - beta1 ** (t - 1) * beta1),
      correction = 1 / Math.sqrt(1 - beta2 ** (t - 1) * beta2);
    return bench.kernels.adam(
      rows,
      columns,
      at.p,
      at.g,
      at.m,
      at.v,
      1 - beta1,
      1 - beta2,
      stepSize,
      correction,
      0,
      epsilon,
      learningRate * weightDecay,
      rowAges,
      columnAges,
      stride,
    );
  }

  /**
   * The largest error of any parameter, in units of what rounding allows. `rowsAged`, `columnsAged`: whether they have
   * ages of their own.
   */
  function worstError(rows: number, columns: number, rowsAged: boolean, columnsAged: boolean, pick = Math.min): number {
    bench.reset();
    const n = rows * columns;
    const place = (values: Float32Array, off: number) => bench.place(values, off);
    const at = {
      p: place(wave(n, 101, 0.03), 1),
      g: place(new Float32Array(n), 2),
      m: place(new Float32Array(n), 3),
      v: place(new Float32Array(n), 1),
    };
    const units = placeAges(Array.from({ length: rows + columns }, (_, i) => ageOf(i < rows ? i : i - rows + 1)));
    const ageAt = (i: number) =>
      pick(
        rowsAged ? ageOf(Math.floor(i / columns)) : NETWORK_AGE,
        columnsAged ? ageOf((i % columns) + 1) : NETWORK_AGE,
      );
    let entries = [...wave(n, 101, 0.03)].map((p): reference.Entry => ({ p, m: 0, v: 0, size: 0 }));
    const allowed = new Float64Array(n);
    let worst = 0;
    for (let step = 1; step <= STEPS; step++) {
      const gradient = wave(n, 89 + step, 0.02 * step);
      bench.floats(at.g, n).set(gradient);
      bench.kernels.advanceAges(units.count, units.powers, units.ages, beta1, beta2, learningRate, 0, 0);
      expect(
        run(
          rows,
          columns,
          at,
          NETWORK_AGE + step,
          rowsAged ? units.ages : 0,
          columnsAged ? units.ages + rows * 4 : 0,
          units.count * 4,
        ),
      ).toBe(0);
      entries = entries.map((entry, i) =>
        reference.adam(entry.p, gradient[i]!, entry.m, entry.v, ageAt(i) + step, OPTIONS),
      );
      entries.forEach(({ p, size }, i) => {
        allowed[i]! += ROUNDINGS * ROUNDOFF * size + 2 ** -149;
        worst = Math.max(worst, Math.abs(bench.floats(at.p, n)[i]! - p) / allowed[i]!);
      });
    }
    bench.checkFences();
    return worst;
  }

  test.each(SHAPES)("%i x %i entries take the step count of their younger end", (rows, columns) => {
    for (const [rowsAged, columnsAged] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      expect(worstError(rows, columns, rowsAged, columnsAged)).toBeLessThan(1);
    }
  });

  test("negative control: the older end's step count is seen to be wrong", () => {
    expect(worstError(7, 9, true, true, Math.max)).toBeGreaterThan(100);
  });

  test("where all units are as old as the network the bits are those of adam", () => {
    const [rows, columns] = [5, 7],
      n = rows * columns;
    const outcome = (aged: boolean, age = NETWORK_AGE) => {
      bench.reset();
      const at = {
        p: bench.place(wave(n, 101, 0.03)),
        g: bench.place(wave(n, 89, 0.02)),
        m: bench.place(wave(n, 13, 0.01)),
        v: bench.place(wave(n, 17, 0.01).map(Math.abs)),
      };
      const units = placeAges(Array<number>(rows + columns).fill(age));
      bench.kernels.advanceAges(units.count, units.powers, units.ages, beta1, beta2, learningRate, 0, 0);
      const t = NETWORK_AGE + 1;
      if (aged) run(rows, columns, at, t, units.ages, units.ages + rows * 4, units.count * 4);
      else
        bench.kernels.adam(
          1,
          n,
          at.p,
          at.g,
          at.m,
          at.v,
          1 - beta1,
          1 - beta2,
          learningRate / (1 - beta1 ** NETWORK_AGE * beta1),
          1 / Math.sqrt(1 - beta2 ** NETWORK_AGE * beta2),
          0,
          epsilon,
          learningRate * weightDecay,
          0,
          0,
          0,
        );
      return [at.p, at.m, at.v].flatMap((address) => [...bench.ints(address, n)]);
    };
    expect(outcome(true)).toEqual(outcome(false));
    expect(outcome(true, Number.POSITIVE_INFINITY)).toEqual(outcome(false)); // powers of 0: as old as the network
  });

  test("an entry that would leave the finite numbers is refused, alone", () => {
    const [rows, columns] = [3, 5],
      n = rows * columns;
    for (let bad = 0; bad < n; bad++) {
      bench.reset();
      const at = {
        p: bench.place(wave(n, 5, 0.5)),
        g: bench.place(wave(n, 7, 0.5)),
        m: bench.place(new Float32Array(n)),
        v: bench.place(new Float32Array(n)),
      };
      bench.floats(at.g, n)[bad] = Number.NaN;
      const units = placeAges(Array.from({ length: rows + columns }, (_, i) => ageOf(i)));
      bench.kernels.advanceAges(units.count, units.powers, units.ages, beta1, beta2, learningRate, 0, 0);
      expect(run(rows, columns, at, NETWORK_AGE + 1, units.ages, units.ages + rows * 4, units.count * 4)).toBe(1);
      expect([bench.floats(at.p, n)[bad], bench.floats(at.m, n)[bad], bench.floats(at.v, n)[bad]]).toEqual([
        wave(n, 5, 0.5)[bad],
        0,
        0,
      ]);
      expect([...bench.floats(at.p, n)].every(Number.isFinite)).toBe(true);
      bench.checkFences();
    }
  });

  test.each([1, 2, 3, 4, 7, 8, 9, 15, 16, 31, 100])(
    "the utility of 5 units with %i outgoing weights follows float64",
    (columns) => {
      bench.reset();
      const rows = 5,
        scale = 1 / 32,
        gain = 0.01;
      const weights = wave(rows * columns, 101, 0.03),
        magnitude = Float32Array.from([0, 1.5, 40, 3e4, 0.25]);
      const kernel = bench.place(weights, 1),
        sums = bench.place(magnitude, 2);
      const utility = bench.place([0, 1, 2, 0.5, 1e-30], 3),
        activation = bench.place([0, 0.5, 1, 0, 1e-31], 1);
      const before = [
        [0, 1, 2, 0.5, 1e-30],
        [0, 0.5, 1, 0, 1e-31],
      ] as const;
      bench.kernels.updateUtility(rows, columns, kernel, sums, scale, gain, utility, activation);
      for (let r = 0; r < rows; r++) {
        const mean = magnitude[r]! * scale;
        const size = weights
          .subarray(r * columns, (r + 1) * columns)
          .reduce((sum, weight) => sum + Math.abs(weight), 0);
        const close = (given: number, from: number, sample: number) =>
          expect(Math.abs(given - (from + gain * (sample - from)))).toBeLessThanOrEqual(
            (columns + 6) * ROUNDOFF * (Math.abs(from) + gain * Math.abs(sample)) + 1e-30,
          );
        close(bench.floats(utility, rows)[r]!, before[0][r]!, mean * size);
        close(bench.floats(activation, rows)[r]!, before[1][r]!, mean);
      }
      expect([bench.floats(utility, rows)[0], bench.floats(activation, rows)[0]]).toEqual([0, 0]);
      bench.checkFences();
    },
  );
});
