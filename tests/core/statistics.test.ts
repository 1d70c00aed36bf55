import { describe, expect, it } from "vitest";
import { mean, median, placeOfLargest, shareAbove, variance } from "../../src/core/statistics.js";
import fc from "../support/property.js";

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

  it("gives the median that a sorted copy shows, whatever the order", () => {
    const number = fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 400 }), fc.boolean(), (values, isSorted) => {
        const sorted = Float64Array.from(values).sort();
        const middle = sorted.length >> 1;
        const low = sorted[middle - 1];
        const expected = sorted.length % 2 === 1 ? sorted[middle] : low / 2 + sorted[middle] / 2;
        expect(median(isSorted ? [...sorted] : values) + 0).toBe(expected + 0);
      }),
    );
  });

  it("leaves its values in their order", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it.each([
    [[3, 7, 7, 1], 1],
    [[-2, -1], 1],
    [[-Infinity, -Infinity], 0],
    [[9, Number.NaN, 1], -1],
  ])("the largest of %j is at place %d, alone and among others", (values, place) => {
    expect(placeOfLargest(values)).toBe(place);
    expect(placeOfLargest([Number.NaN, 99, ...values, 99, Number.NaN], 2, values.length)).toBe(place);
  });

  it("gives mean and variance", () => expect([mean([1, 2, 6]), variance([1, 2, 6])]).toEqual([3, 14 / 3]));

  it("counts pairs of which the first is above, ties by half", () => {
    const value = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(-Infinity, Infinity, -0));
    const values = fc.array(value, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(values, values, (high, low) => {
        const pairs = high.flatMap((a) => low.map((b) => (Number(a > b) + Number(a >= b)) / 2));
        const wanted = pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length;
        expect(shareAbove(Float32Array.from(high), Float32Array.from(low))).toBeCloseTo(wanted, 12);
      }),
    );
  });

  it("has no pairs of nothing, nor of no numbers", () => {
    expect(shareAbove(new Float32Array(0), Float32Array.of(1))).toBeUndefined();
    expect(shareAbove(Float32Array.of(1), new Float32Array(0))).toBeUndefined();
    expect(shareAbove(Float32Array.of(Number.NaN, 1), Float32Array.of(1))).toBeUndefined();
    expect(shareAbove(Float32Array.of(1), Float32Array.of(1, Number.NaN, 0))).toBeUndefined();
  });
});
