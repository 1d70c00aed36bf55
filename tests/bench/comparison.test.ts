// The checks on which the benchmarks' verdicts rest, each with a case that must fail.
import { describe, expect, test } from "vitest";
import { complaint, stagnation } from "../../bench/peers/runner.js";
import { filler } from "../../bench/numbers.js";
import { median, medianInterval } from "../../bench/statistics.js";

describe("a peer's losses", () => {
  const ours = [2.3, 2.1, 1.9, 1.7];

  test("may differ by rounding, and may be fewer", () => {
    expect(
      complaint(
        ours.map((loss) => loss * (1 + 1e-6)),
        ours,
        false,
      ),
    ).toBeUndefined();
    expect(complaint(ours.slice(0, 2), ours, false)).toBeUndefined();
  });

  test.each([
    ["that do not fall", [2.3, 2.3, 2.3, 2.3]],
    ["that fall at 1.05 of the rate", [2.3, 2.09, 1.88, 1.67]],
    ["of another start", [2.31, 2.11, 1.91, 1.71]],
    ["that are NaN", [2.3, Number.NaN, 1.9, 1.7]],
  ])("%s are complained of", (_, losses) => {
    expect(complaint(losses, ours, false)).toMatch(/relumine's/);
  });

  test("of another kind need only fall, by a quarter of what ours do", () => {
    expect(complaint([0.5, 0.48, 0.46, 0.44], ours, true)).toBeUndefined();
    expect(complaint([0.5, 0.5, 0.5, 0.49], ours, true)).toMatch(/8 % of what relumine's did/);
    expect(complaint([0.5, Number.NaN, Number.NaN, Number.NaN], ours, true)).toBeDefined();
  });

  test("ours must fall too", () => {
    expect(stagnation(ours)).toBeUndefined();
    expect(stagnation([2.3, 2.29])).toBe("its loss went from 2.3 to 2.29");
    expect(stagnation([2.3, Number.NaN])).toBeDefined();
  });
});

describe("medians", () => {
  test("of odd and even counts", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  test("the interval holds the true median about 95 times in a hundred", () => {
    const next = filler(9);
    const trials = 200;
    const hits = Array.from({ length: trials }, () => medianInterval(Array.from({ length: 15 }, next))).filter(
      ({ low, high }) => low <= 0 && high >= 0,
    ).length;
    expect(hits / trials).toBeGreaterThan(0.9);
    expect(hits).toBeLessThan(trials); // an interval that is always right says nothing
  });
});
