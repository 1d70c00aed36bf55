// The table's facts on each activation, against float64 references and against what the kernels do in float32.
import { describe, expect, it } from "vitest";
import {
  ACTIVATION_NAMES,
  isPiecewiseLinear,
  isRectifier,
  shapeOf,
  worksInPlace,
} from "../../src/activations/activations.js";
import { activate, analysisOf, canDie, closedUpTo, slope } from "../../src/activations/analysis.js";
import { Bench } from "../support/kernels.js";
import { activations as references } from "../reference/elementary.js";

const ALPHAS = [0, 0.3];
const Z = Float32Array.from({ length: 2401 }, (_, i) => (i - 1200) / 8); // -150 to 150, 0 and ±3 among them
const bench = await Bench.create("strict");

/** f and f' of one code as the kernels make them. */
function run(code: number, alpha: number, z: ArrayLike<number>): { values: Float32Array; slopes: Float32Array } {
  bench.reset();
  const { kernels } = bench;
  const count = z.length;
  const [input, values, slopes] = [bench.place(z), bench.allocate(count), bench.allocate(count)];
  const alphas = bench.place(new Float32Array(count).fill(alpha));
  const ones = bench.place(new Float32Array(count).fill(1));
  kernels.activationForward(code, alpha, alphas, 1, count, input, 0, values, 0, 0);
  kernels.activationBackward(code, alpha, alphas, 1, count, input, ones, slopes, 0, 0);
  return { values: bench.floats(values, count).slice(), slopes: bench.floats(slopes, count).slice() };
}

const cases = ACTIVATION_NAMES.flatMap((name, code) => ALPHAS.map((alpha) => ({ name, code, alpha })));

describe.each(cases)("$name, alpha $alpha", ({ name, code, alpha }) => {
  const facts = analysisOf(name);
  const { values, slopes } = run(code, alpha, Z);
  const reference = references[code];

  it("value and slope are the reference's", () => {
    expect(reference.name).toBe(name);
    for (const z of Z) {
      const wanted = reference.value(z, alpha);
      expect(Math.abs(activate(name, z, alpha) - wanted)).toBeLessThanOrEqual(1e-13 * Math.abs(wanted) + 1e-14);
      expect(Math.abs(slope(name, z, alpha) - reference.slope(z, alpha))).toBeLessThanOrEqual(1e-7);
    }
  });

  it("is closed up to closedUpTo and not a little above", () => {
    const limit = closedUpTo({ name, alpha });
    const isZero = (z: number, i: number) => z <= limit && Math.abs(values[i]) + Math.abs(slopes[i]) !== 0;
    expect(Z.some(isZero)).toBe(false);
    const above = limit === -Infinity ? Z[0] : limit + 0.25 + Math.abs(limit) / 10;
    const at = run(code, alpha, [above]);
    if (name === "sigmoid" || name === "softplus" || limit > -Infinity)
      expect(Math.abs(at.values[0]) + Math.abs(at.slopes[0])).toBeGreaterThan(0);
  });

  it("is steep where its largest slope says so, and nowhere steeper", () => {
    for (let last = 0; last < Z.length; last += 7) {
      const within = [...slopes.keys()].filter((i) =>
        facts.isTwoSided ? Math.abs(Z[i]) >= Math.abs(Z[last]) : i <= last,
      );
      const bound = facts.largestSlope(Z[last], alpha, Math.abs(Z[last]));
      const steepest = within.reduce((most, i) => Math.max(most, Math.abs(slopes[i])), 0);
      expect(Math.min(steepest, 1)).toBeLessThanOrEqual(bound * (1 + 1e-5) + 1e-42); // silu multiplies a rounded denormal by z
    }
  });

  it("stays in its range, and reaches what is finite of it", () => {
    const [low, high] = facts.range(alpha);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    expect(least).toBeGreaterThanOrEqual(Math.fround(low));
    expect(most).toBeLessThanOrEqual(high);
    if (low > -Infinity) expect(least - low).toBeLessThan(1e-2);
    if (high < Infinity) expect(high - most).toBeLessThan(1e-2);
    if (facts.isNonNegative) expect(least).toBeGreaterThanOrEqual(0);
  });

  it("has its dip where it says, or none", () => {
    const falls = Z.some((_, i) => i > 0 && activate(name, Z[i], alpha) < activate(name, Z[i - 1], alpha));
    expect(falls).toBe(facts.dip !== undefined);
    if (!facts.dip) return;
    const { at, value } = facts.dip;
    expect(Math.abs(activate(name, at, alpha) - value)).toBeLessThan(1e-5);
    for (const z of Z) expect(activate(name, z, alpha)).toBeGreaterThanOrEqual(value - 1e-5);
    for (const z of [at - 0.02, at + 0.02]) expect(activate(name, z, alpha)).toBeGreaterThan(activate(name, at, alpha));
  });

  it("is linear where it says", () => {
    const bends = (from: number, to: number) => {
      const [first, ...others] = Array.from({ length: 9 }, (_, i) => slope(name, from + ((to - from) * i) / 8, alpha));
      return others.some((each) => Math.abs(each - first) > 1e-9);
    };
    expect(bends(0.1, 10)).toBe(!facts.isLinearWhenOpen);
    expect(bends(-10, -0.1)).toBe(!isPiecewiseLinear(name) && !(name === "elu" && alpha === 0));
    expect(shapeOf(name) === "linear").toBe(!bends(-10, 10) && name === "linear");
  });

  it("may overwrite z only where the slope can be told from the value", () => {
    if (!worksInPlace({ name, alpha })) return;
    expect(run(code, alpha, values).slopes).toEqual(slopes);
  });
});

it("those units are traced whose closed side is flat", () => {
  const traced = (alpha: number) => ACTIVATION_NAMES.filter((name) => canDie({ name, alpha }));
  expect(traced(0)).toEqual(["relu", "leakyRelu", "elu"]);
  expect(traced(1e-60)).toEqual(["relu", "leakyRelu", "elu"]); // 0 in float32
  expect(traced(0.01)).toEqual(["relu"]);
  expect(ACTIVATION_NAMES.filter(isRectifier)).toEqual(["relu"]);
});
