// The order in which a grid is gone through.
import { expect, test } from "vitest";
import { coarseFirst } from "../../../src/sweep/plan/coarse-first.js";
import fc from "../../support/property.js";

test("halves its strides", () => {
  expect([...coarseFirst([8])]).toEqual([0, 4, 2, 6, 1, 3, 5, 7]);
  expect([...coarseFirst([5])]).toEqual([0, 4, 2, 1, 3]);
  expect([...coarseFirst([2, 2])]).toEqual([0, 1, 2, 3]);
  const first = [...coarseFirst([32, 32])].slice(0, 64); // a picture of 8 x 8
  expect(first.filter((cell) => Math.floor(cell / 32) % 4 !== 0 || cell % 4 !== 0)).toEqual([]);
});

test("goes to each cell once, whatever the axes", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 1, maxLength: 4 }), (counts) => {
      const order = coarseFirst(counts);
      const cells = counts.reduce((product, count) => product * count, 1);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: cells }, (_, i) => i));
    }),
  );
});
