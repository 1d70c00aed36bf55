// Sequences that forecasts, splits, proofs and the page's data depend on: they stay what they were.
import { expect, it } from "vitest";
import { mulberry32, randomBits, randomIntegers } from "../../src/core/random.js";
import { randomFrom } from "../../src/diagnosis/forecast/draw.js";
import { seededRandom as ours } from "../support/random.js";

const take = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);
const words = (next: () => number) => take(3, () => next() * 2 ** 32);

it("each has its sequence", () => {
  expect(words(mulberry32(5))).toEqual([2962560684, 3318907087, 943874942]);
  expect(words(randomFrom(5).uniform)).toEqual([940613922, 3797356917, 1535221175]);
  expect(take(3, randomIntegers(5))).toEqual([1337221696, 840825659, 1723060308]);
  expect(take(24, randomBits(4)).join("")).toBe("010100110010101000100010");
});

it("the tests' own is the same, and another seed's is not", () => {
  expect(take(100, mulberry32(77))).toEqual(take(100, ours(77)));
  expect(take(100, mulberry32(77))).not.toEqual(take(100, ours(78)));
});
