// The verdict on which `npm run literature` rests: right values pass, wrong ones do not.
import { describe, expect, test } from "vitest";
import { judge } from "../../bench/literature/table.js";
import {
  agrees,
  allowance,
  constantAtDepthTwo,
  constantAtLeast,
  type Expectation,
  silentAtOneInput,
  standardError,
} from "../../bench/literature/statistics.js";
import { normals, uniforms } from "../../bench/literature/random.js";

describe("the verdict", () => {
  const quarter: Expectation = { kind: "within", value: 1 / 4 };

  test("a share is right within three standard errors of what is expected", () => {
    const error = standardError(1 / 4, 1200); // sqrt(3/16/1200) = 0.0125
    expect(error).toBeCloseTo(0.0125, 12);
    expect(agrees(quarter, 0.25 + 2.9 * error, 1200)).toBe(true);
    expect(agrees(quarter, 0.25 - 2.9 * error, 1200)).toBe(true);
  });

  test("negative control: a wrong share, on either side, and no share at all are refused", () => {
    expect(agrees(quarter, 0.29, 1200)).toBe(false);
    expect(agrees(quarter, 0.21, 1200)).toBe(false);
    expect(agrees(quarter, Number.NaN, 0)).toBe(false);
    expect(judge({ what: "", expected: quarter, measured: 1 / 2, count: 1200 }).isFine).toBe(false);
  });

  test("a tolerance counts where it is the larger of the two", () => {
    const expected: Expectation = { kind: "within", value: 0.5, tolerance: 0.03 };
    expect(allowance(expected, 10_000)).toBe(0.03);
    expect(allowance(expected, 100)).toBeCloseTo(0.15, 12);
    expect(agrees(expected, 0.529, 10_000)).toBe(true);
    expect(agrees(expected, 0.531, 10_000)).toBe(false);
  });

  test.each<[Expectation["kind"], boolean, boolean, boolean]>([
    ["within", false, true, false],
    ["atLeast", false, true, true],
    ["atMost", true, true, false],
    ["exactly", false, true, false],
  ])("%s: too low %s, equal %s, too high %s", (kind, low, equal, high) => {
    const expected = { kind, value: 0.5 };
    expect([0.3, 0.5, 0.7].map((measured) => agrees(expected, measured, 1000))).toEqual([low, equal, high]);
  });

  test("exactly means exactly, whatever the number of trials", () => {
    expect(agrees({ kind: "exactly", value: 21 }, 21.0001, 10)).toBe(false);
    expect(agrees({ kind: "exactly", value: 0 }, 1e-4, 10_000)).toBe(false);
  });
});

describe("what theory expects", () => {
  test("one layer of one unit, by hand", () => {
    expect(silentAtOneInput(1, 1)).toBe(1 / 2);
    expect(constantAtDepthTwo(1)).toBe(1 / 2); // the second weight decides for the one half-line that is left
    expect(constantAtDepthTwo(2)).toBe(2.5 / 16);
  });

  test.each([1, 2, 3, 6])(
    "the recursion is exact at depth 2, width %d, grows with depth and stays below the upper bound",
    (width) => {
      expect(constantAtLeast(width, 2)).toBeCloseTo(constantAtDepthTwo(width), 14);
      for (let depth = 2; depth < 30; depth++) {
        expect(constantAtLeast(width, depth + 1)).toBeGreaterThan(constantAtLeast(width, depth));
        expect(constantAtLeast(width, depth)).toBeLessThan(silentAtOneInput(width, depth));
      }
    },
  );
});

test("the random numbers have the moments of their distributions", () => {
  const moments = (next: () => number): [number, number] => {
    const draws = Array.from({ length: 20_000 }, next);
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    return [mean, draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length];
  };
  const [mean, variance] = moments(uniforms(3));
  expect(Math.abs(mean - 1 / 2)).toBeLessThan(0.01);
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.003);
  const [normalMean, normalVariance] = moments(normals(3));
  expect(Math.abs(normalMean)).toBeLessThan(0.03);
  expect(Math.abs(normalVariance - 1)).toBeLessThan(0.05);
});
