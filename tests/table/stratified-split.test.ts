import { describe, expect, it } from "vitest";
import { stratifiedSplit } from "../../src/table/stratified-split.js";
import fc from "../support/property.js";

const groupsOf = (sizes: readonly number[]): number[][] => {
  let next = 0;
  return sizes.map((size) => Array.from({ length: size }, () => next++));
};

const draw = (seed: number): readonly number[] => stratifiedSplit(groupsOf([50, 50]), 0.3, seed).heldOut;

describe("stratifiedSplit", () => {
  it("uses each row once, keeps each class in proportion and never holds a whole class out", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        sizes,
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.maxSafeNat(),
        (counts, fraction, seed) => {
          const groups = groupsOf(counts);
          const { training, heldOut } = stratifiedSplit(groups, fraction, seed);
          expect([...training, ...heldOut].sort((a, b) => a - b)).toEqual(groups.flat());
          for (const rows of groups) {
            const held = rows.filter((row) => heldOut.includes(row)).length;
            expect(held).toBeLessThan(rows.length);
            expect(held).toBeLessThan(rows.length * fraction + 1);
            expect(held).toBeGreaterThan(Math.min(rows.length * fraction, rows.length - 1) - 1);
          }
        },
      ),
    );
  });

  it("rounds the held-out rows up: 360 of 1797", () => {
    expect(stratifiedSplit(groupsOf([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]), 0.2, 0).heldOut.length).toBe(
      360,
    );
    expect(stratifiedSplit(groupsOf([100]), 0.07, 0).heldOut.length).toBe(7);
  });

  it("is decided by the seed", () => {
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
    expect(draw(1 + 2 ** 32)).not.toEqual(draw(1));
  });

  it("holds each row out about equally often", () => {
    const seeds = 4000;
    const held = Array.from({ length: 10 }, () => 0);
    for (let seed = 0; seed < seeds; seed++)
      for (const row of stratifiedSplit(groupsOf([10]), 0.3, seed).heldOut) held[row]++;
    const deviation = Math.sqrt(seeds * 0.3 * 0.7);
    for (const count of held) expect(Math.abs(count - seeds * 0.3)).toBeLessThan(4 * deviation);
  });
});
