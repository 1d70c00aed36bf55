// Every activation and its gradient against float64: values, shapes, the counters left on the way, limits, closed and
// broken units.
import { describe, expect, it } from "vitest";
import { expectSameNumbers } from "../support/arrays.js";
import { activations, type ActivationReference } from "../reference/elementary.js";
import { Bench, builds } from "../support/kernels.js";

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 13, 64, 65];
const EPSILON = 2 ** -24; // of one float32 rounding
const SMALLEST = 2 ** -149;
const ALPHA = Math.fround(0.3);
const [LINEAR, RELU, LEAKY_RELU, PRELU, ELU, SELU] = [0, 1, 2, 3, 4, 5] as const;
const SPECIAL = [
  0,
  -0,
  1,
  -1,
  SMALLEST,
  -SMALLEST,
  1e-38,
  -1e-38,
  1e-7,
  -1e-7,
  0.5,
  -0.5,
  -0.7518,
  -1.2784,
  10,
  -10,
  14.9,
  -14.9,
  16,
  -16,
  87,
  -87,
  89,
  -89,
  104,
  -104,
  1e30,
  -1e30,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

/** Spread numbers in [-range, range), the same each time. */
const wave = (n: number, seed: number, range: number) =>
  Float32Array.from({ length: n }, (_, i) => (((((i + 1) * (2 * seed + 7919)) % 10007) / 10007) * 2 - 1) * range);
const slopesOf = (kind: number, units: number) =>
  Float32Array.from({ length: units }, (_, u) => (kind === PRELU ? 0.05 + 0.1 * (u % 7) : ALPHA));
const column = (values: ArrayLike<number>, rows: number, units: number, unit: number) =>
  Array.from({ length: rows }, (_, row) => values[row * units + unit]!);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const sumOfMagnitudes = (values: readonly number[]) => sum(values.map(Math.abs));

/** The promise: 1e-6 of the value or 1e-7, whichever is larger. */
const allowed = (wanted: number) => Math.max(1e-6 * Math.abs(wanted), 1e-7);

/** Is `value` the float32 for `wanted`, NaN for NaN and infinity for infinity (which may be rounded to)? */
function meets(value: number, wanted: number, tolerance = allowed(wanted)): boolean {
  if (Number.isNaN(wanted)) return Number.isNaN(value);
  const rounded = Math.fround(wanted);
  return Number.isFinite(rounded) ? Math.abs(value - wanted) <= tolerance : value === rounded;
}

function expectAll(values: ArrayLike<number>, wanted: ArrayLike<number>, describeAt: (i: number) => string): void {
  expect(values.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    if (!meets(values[i]!, wanted[i]!)) throw new Error(`${describeAt(i)}: ${values[i]}, wanted ${wanted[i]}`);
  }
}

/** Its place among the counters. */
const FIRED = 1;
interface Counters {
  pivot: number;
  fired: number;
  min: number;
  max: number;
  deviation: number;
  squaredDeviation: number;
  magnitude: number;
}
const countersOf = (values: ArrayLike<number>, units: number, unit: number): Counters => {
  const at = (index: number) => values[index * units + unit]!;
  return {
    pivot: at(0),
    fired: at(1),
    min: at(2),
    max: at(3),
    deviation: at(4),
    squaredDeviation: at(5),
    magnitude: at(6),
  };
};

/**
 * z and a of one unit, float32 as the kernel left them: sums within K·epsilon of the sum of magnitudes, K the roundings
 * of one term.
 */
function expectCounters(counters: Counters, z: readonly number[], a: readonly number[]): void {
  const pivot = z[0] ?? 0;
  const deviations = z.map((value) => value - pivot);
  expectSameNumbers(
    [counters.pivot, counters.fired, counters.min, counters.max],
    [pivot, z.filter((value) => value > 0).length, Math.min(...z), Math.max(...z)],
  );
  const within = (value: number, terms: readonly number[], roundings: number) => {
    const error = Math.abs(value - sum(terms));
    const bound = (z.length + roundings) * EPSILON * sumOfMagnitudes(terms);
    if (!(error <= bound)) expect.fail(`a sum of ${z.length} terms is off by ${error}, more than ${bound}`);
  };
  within(counters.deviation, deviations, 1);
  within(
    counters.squaredDeviation,
    deviations.map((d) => d * d),
    3,
  );
  within(counters.magnitude, a.map(Math.abs), 0);
}

const kinds = activations.map((reference, kind) => ({ ...reference, kind }));

describe.each(builds)("%s build", async (build) => {
  const bench = await Bench.create(build);
  const { kernels } = bench;

  /** Runs the forward kernel over one row without bias or counters. */
  function map(kind: number, z: ArrayLike<number>, alpha = ALPHA): Float32Array {
    bench.reset();
    const input = bench.place(z, 1);
    const output = bench.allocate(z.length, 2);
    kernels.activationForward(
      kind,
      alpha,
      bench.place(new Float32Array(z.length).fill(alpha)),
      1,
      z.length,
      input,
      0,
      output,
      0,
      0,
    );
    bench.checkFences();
    return bench.floats(output, z.length).slice();
  }

  /** f'(z) as the backward kernel sees it: with an upstream of ones. */
  function slope(
    kind: number,
    z: ArrayLike<number>,
    upstream: ArrayLike<number> = new Float32Array(z.length).fill(1),
  ): Float32Array {
    bench.reset();
    const input = bench.place(z, 3);
    const output = bench.allocate(z.length, 2);
    const alphas = bench.place(new Float32Array(z.length).fill(ALPHA));
    expect(
      kernels.activationBackward(kind, ALPHA, alphas, 1, z.length, input, bench.place(upstream, 1), output, 0, 0),
    ).toBe(1);
    bench.checkFences();
    return bench.floats(output, z.length).slice();
  }

  describe.each(kinds)("$name", ({ kind, value, slope: derivative }) => {
    const samples = Float32Array.from([...SPECIAL, ...wave(4000, 1, 12), ...wave(1000, 2, 110), ...wave(500, 3, 1e-3)]);

    it("keeps within 1e-6 or 1e-7 of float64, at the limits too", () => {
      expectAll(
        map(kind, samples),
        Float64Array.from(samples, (z) => value(z, ALPHA)),
        (i) => `f(${samples[i]})`,
      );
      const nanAsSlope = kind === LINEAR ? 1 : Number.NaN;
      const slopes = Float64Array.from(samples, (z) => (Number.isNaN(z) ? nanAsSlope : derivative(z, ALPHA)));
      expectAll(slope(kind, samples), slopes, (i) => `f'(${samples[i]})`);
    });

    it("has the slope that central differences of the float64 reference give", () => {
      const away = samples.filter((z) => Math.abs(z) > 1e-3 && Math.abs(z) < 200);
      expect(away.length).toBeGreaterThan(4000);
      expect(countMismatches(slope(kind, away), away, value)).toBe(0);
      // A slope that is off by five parts in a hundred thousand must not pass.
      const broken = slope(kind, away).map((s) => s * 1.00005);
      expect(countMismatches(broken, away, value)).toBeGreaterThan(100);
    });

    it("forward: any shape, bias, counters, in place and apart, misaligned, and nothing else is touched", () => {
      for (const rows of SIZES) {
        for (const units of SIZES) checkForward({ kind, rows, units, value });
      }
    });

    it("backward: any shape, with sums, in place and apart, misaligned, and nothing else is touched", () => {
      for (const rows of SIZES) {
        for (const units of SIZES) checkBackward({ kind, rows, units, slope: derivative });
      }
    });
  });

  /**
   * How many slopes differ from (f(z + h) - f(z - h)) / 2h by more than promised and by what the difference itself may
   * be off.
   */
  function countMismatches(slopes: Float32Array, z: Float32Array, value: ActivationReference["value"]): number {
    const h = 2 ** -16;
    return slopes.reduce((count, got, i) => {
      const at = z[i]!;
      const difference = (value(at + h, ALPHA) - value(at - h, ALPHA)) / (2 * h);
      // h²/6 · |f'''| with |f'''| < 3, and the reference's own 1e-15 relative error (1e-13 where it goes through erfc)
      // over h.
      const own = (h * h) / 2 + (2e-15 * Math.abs(value(at, ALPHA)) + 1e-16) / h;
      return count + (meets(got, difference, allowed(difference) + own) ? 0 : 1);
    }, 0);
  }

  function checkForward({
    kind,
    rows,
    units,
    value,
  }: {
    kind: number;
    rows: number;
    units: number;
    value: ActivationReference["value"];
  }): void {
    const alphas = slopesOf(kind, units);
    const given = wave(rows * units, 4, 6);
    const bias = wave(units, 5, 1);
    const run = (inPlace: boolean, misaligned: number, all = true) => {
      bench.reset();
      const z = bench.place(given, misaligned);
      const a = inPlace ? z : bench.allocate(rows * units, 3 - misaligned);
      const counters = bench.allocate(7 * units, misaligned);
      kernels.activationForward(
        kind,
        ALPHA,
        bench.place(alphas, 1),
        rows,
        units,
        z,
        bench.place(bias, 2),
        a,
        counters,
        Number(all),
      );
      bench.checkFences();
      return {
        z: bench.floats(z, rows * units).slice(),
        a: bench.floats(a, rows * units).slice(),
        counters: bench.floats(counters, 7 * units).slice(),
      };
    };
    const { z, a, counters } = run(false, 1);
    const biased = given.map((value, i) => value + bias[i % units]!);
    expectSameNumbers(z, biased);
    expectAll(
      a,
      Float64Array.from(z, (at, i) => value(at, alphas[i % units]!)),
      (i) => `${rows}x${units}[${i}]`,
    );
    for (let u = 0; u < units; u++)
      expectCounters(countersOf(counters, units, u), column(z, rows, units, u), column(a, rows, units, u));
    const { a: aInPlace, counters: countersInPlace } = run(true, 2);
    expectSameNumbers(aInPlace, a);
    expectSameNumbers(countersInPlace, counters);
    const few = run(false, 1, false);
    expectSameNumbers(few.a, a);
    expectSameNumbers(few.z, z);
    const isFired = (_: number, i: number) => Math.floor(i / units) === FIRED;
    expectSameNumbers(few.counters.filter(isFired), counters.filter(isFired));
    if (rows > 0)
      expect(
        few.counters.every((value, i) => isFired(value, i) || Number.isNaN(value)),
        "nothing else is written",
      ).toBe(true);
  }

  function checkBackward({
    kind,
    rows,
    units,
    slope: derivative,
  }: {
    kind: number;
    rows: number;
    units: number;
    slope: ActivationReference["slope"];
  }): void {
    const alphas = slopesOf(kind, units);
    const z = wave(rows * units, 6, 6);
    const upstream = wave(rows * units, 7, 2);
    const run = (inPlace: boolean, misaligned: number) => {
      bench.reset();
      const up = bench.place(upstream, misaligned);
      const dz = inPlace ? up : bench.allocate(rows * units, 3 - misaligned);
      const dBias = bench.allocate(units, misaligned);
      const dAlphas = bench.allocate(units, 1);
      const finite = kernels.activationBackward(
        kind,
        ALPHA,
        bench.place(alphas, 1),
        rows,
        units,
        bench.place(z, 2),
        up,
        dz,
        dBias,
        dAlphas,
      );
      expect(finite).toBe(1);
      bench.checkFences();
      return {
        dz: bench.floats(dz, rows * units).slice(),
        dBias: bench.floats(dBias, units).slice(),
        dAlphas: bench.floats(dAlphas, units).slice(),
      };
    };
    const { dz, dBias, dAlphas } = run(false, 1);
    dz.forEach((got, i) => {
      const s = derivative(z[i]!, alphas[i % units]!);
      const tolerance = Math.abs(upstream[i]!) * (allowed(s) + EPSILON * Math.abs(s)) + SMALLEST;
      if (!meets(got, upstream[i]! * s, tolerance))
        throw new Error(`${rows}x${units}[${i}]: ${got}, wanted ${upstream[i]! * s}`);
    });
    for (let u = 0; u < units; u++) {
      const terms = column(dz, rows, units, u);
      expect(Math.abs(dBias[u]! - sum(terms))).toBeLessThanOrEqual(rows * EPSILON * sumOfMagnitudes(terms));
      if (kind !== PRELU) continue;
      const parts = column(
        upstream.map((up, i) => up * Math.min(z[i]!, 0)),
        rows,
        units,
        u,
      );
      expect(Math.abs(dAlphas[u]! - sum(parts))).toBeLessThanOrEqual((rows + 1) * EPSILON * sumOfMagnitudes(parts));
    }
    if (kind !== PRELU) expect(dAlphas.every(Number.isNaN), "only prelu writes dAlphas").toBe(true);
    const again = run(true, 2);
    expectSameNumbers(again.dz, dz);
    expectSameNumbers(again.dBias, dBias);
    expectSameNumbers(again.dAlphas, dAlphas);
  }

  it.each([ELU, SELU])("kind %d keeps its digits next to 0, where e^z - 1 would lose them", (kind) => {
    const z = Float32Array.from({ length: 120 }, (_, i) => -(2 ** (-i - 1)) * 1.37);
    map(kind, z).forEach((got, i) => {
      const wanted = activations[kind]!.value(z[i]!, ALPHA);
      expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1e-6 * Math.abs(wanted));
    });
  });

  it("without a bias, z is only read", () => {
    for (const counted of [false, true]) {
      bench.reset();
      const given = wave(6 * 5, 8, 3);
      const z = bench.place(given);
      const a = bench.allocate(given.length);
      kernels.activationForward(RELU, 0, 0, 6, 5, z, 0, a, counted ? bench.allocate(7 * 5) : 0, 1);
      expect(bench.floats(z, given.length)).toEqual(given);
      expect(bench.floats(a, given.length)).toEqual(given.map((value) => Math.max(value, 0)));
    }
  });

  it.each([1, 2, 4, 5, 8, 9])("counts NaN and infinity among %d rows, wherever they stand", (rows) => {
    const units = 6;
    for (let row = 0; row < rows; row++) {
      bench.reset();
      const given = wave(rows * units, 9, 2);
      given[row * units] = Number.NaN;
      given[row * units + 1] = Number.POSITIVE_INFINITY;
      given[row * units + 5] = Number.NEGATIVE_INFINITY;
      const z = bench.place(given);
      const counters = bench.allocate(7 * units);
      kernels.activationForward(RELU, 0, 0, rows, units, z, 0, bench.allocate(rows * units), counters, 1);
      const values = bench.floats(counters, 7 * units);
      const broken = countersOf(values, units, 0);
      expect([broken.min, broken.max, broken.deviation, broken.squaredDeviation, broken.magnitude]).toEqual(
        Array(5).fill(Number.NaN),
      );
      // a NaN is passed on, so the unit is not closed
      expect(broken.fired).toBe(column(given, rows, units, 0).filter((value) => !(value <= 0)).length);
      for (const unit of [1, 5]) {
        const { min, max } = countersOf(values, units, unit);
        expect([min, max]).toEqual([
          Math.min(...column(given, rows, units, unit)),
          Math.max(...column(given, rows, units, unit)),
        ]);
      }
      expectCounters(
        countersOf(values, units, 2),
        column(given, rows, units, 2),
        column(given, rows, units, 2).map((value) => Math.max(value, 0)),
      );
    }
  });

  it("a closed relu gives +0 whatever comes from above, a NaN stays one", () => {
    const upstream = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -1, -1, 3];
    expect([...slope(RELU, [-1, 0, -0, Number.NEGATIVE_INFINITY, Number.NaN, 2], upstream)]).toEqual([
      0,
      0,
      0,
      0,
      Number.NaN,
      3,
    ]);
  });

  it.each([LINEAR, RELU, LEAKY_RELU])("kind %d gets the same gradient from its activation as from z", (kind) => {
    const z = Float32Array.from([...SPECIAL.filter(Number.isFinite), ...wave(100, 10, 3)]);
    const upstream = wave(z.length, 11, 1);
    expect(slope(kind, map(kind, z), upstream)).toEqual(slope(kind, z, upstream));
  });

  it("prelu's slope gradient ignores the open side even where upstream is infinite there", () => {
    bench.reset();
    const [z, upstream] = [bench.place([2, -3]), bench.place([Number.POSITIVE_INFINITY, 5])];
    const dAlphas = bench.allocate(1);
    kernels.activationBackward(PRELU, 0, bench.place([0.25]), 2, 1, z, upstream, bench.allocate(2), 0, dAlphas);
    expect([...bench.floats(dAlphas, 1)]).toEqual([-15]);
  });

  it.each([1, 3, 4, 6])("says when the bias gradient of one of %d units is not finite", (units) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (let unit = 0; unit < units; unit++) {
        bench.reset();
        const z = bench.place(new Float32Array(5 * units).fill(1));
        const upstream = new Float32Array(5 * units).fill(1);
        upstream[4 * units + unit] = bad;
        const [up, dz, dBias] = [bench.place(upstream), bench.allocate(5 * units), bench.allocate(units)];
        expect(kernels.activationBackward(RELU, 0, 0, 5, units, z, up, dz, dBias, 0)).toBe(0);
        expect(kernels.activationBackward(RELU, 0, 0, 5, units, z, up, dz, 0, 0)).toBe(1);
      }
    }
  });

  it("has a yardstick that sees an error twice as large as allowed", () => {
    for (const wanted of [0, 1e-3, 1, 50]) {
      expect(meets(wanted + 0.9 * allowed(wanted), wanted)).toBe(true);
      expect(meets(wanted + 2 * allowed(wanted), wanted)).toBe(false);
    }
    expect([meets(Number.NaN, 1), meets(1, Number.NaN), meets(1, Number.POSITIVE_INFINITY)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
