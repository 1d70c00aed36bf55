import { describe, expect, it } from "vitest";
import { mean, median, variance } from "../../src/core/statistics.js";

describe("statistics", () => {
  it.each([
    [[3], 3],
    [[1, 3], 2],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[1.5e308, 1.7e308], 1.6e308],
    [[], Number.NaN],
    [[-Infinity, 1, 2], 1],
  ])("the median of %j is %d", (values, expected) => expect(median(values)).toBe(expected));

  it("leaves its values in their order", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it("gives mean and variance", () => expect([mean([1, 2, 6]), variance([1, 2, 6])]).toEqual([3, 14 / 3]));
});
