import { expect, it } from "vitest";
import { expectSameNumbers } from "./arrays.js";

it("tells equal numbers from others, in place, sign of zero, NaN and length", () => {
  expectSameNumbers([1, Number.NaN, -0], Float64Array.of(1, Number.NaN, -0));
  for (const other of [[1, 2], [1, 2, 3, 4], [1, 2, 4], [1, -2, 3], []])
    expect(() => expectSameNumbers(other, [1, 2, 3]), other.join()).toThrow();
  expect(() => expectSameNumbers([0], [-0])).toThrow();
  expect(() => expectSameNumbers([Number.NaN], [0])).toThrow();
});
