import { describe, expect, it } from "vitest";
import { blockedFolds, stratifiedFolds, stratifiedSplit } from "../../src/table/stratified-split.js";
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

describe("folds", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 5 });

  it("have as many rows of each class, and as many in all, but for one", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 2, max: 7 }), fc.maxSafeNat(), (counts, folds, seed) => {
        const groups = groupsOf(counts);
        const foldOf = stratifiedFolds(groups, folds, seed);
        const most = (rows: readonly number[]) => {
          const inFold = Array.from({ length: folds }, (_, fold) => rows.filter((row) => foldOf[row] === fold).length);
          return Math.max(...inFold) - Math.min(...inFold);
        };
        for (const rows of groups) expect(most(rows)).toBeLessThanOrEqual(1);
        expect(most(groups.flat())).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("hang on the seed, and on nothing else", () => {
    const of = (seed: number) => [...stratifiedFolds(groupsOf([30, 30]), 5, seed)];
    expect(of(1)).toEqual(of(1));
    expect(of(2)).not.toEqual(of(1));
  });

  it("keep blocks whole, none of them empty", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 2, max: 5 }), fc.maxSafeNat(), (counts, folds, seed) => {
        const groups = groupsOf(counts);
        const rows = groups.flat();
        const blockOf = rows.map((row) => (row * 7) % 11);
        if (new Set(blockOf).size < folds) return;
        const foldOf = blockedFolds(groups, blockOf, folds, seed);
        for (const row of rows) expect(foldOf[row]).toBe(foldOf[rows.find((each) => blockOf[each] === blockOf[row])!]);
        expect(new Set(foldOf).size).toBe(folds);
      }),
    );
  });

  it("of blocks have their share of a class that lies in few of them", () => {
    const [common, rare] = groupsOf([80, 20]);
    const blockOf = [...common, ...rare].map((row) =>
      row < 80 ? Math.floor(row / 8) : 10 + Math.floor((row - 80) / 5),
    );
    const foldOf = blockedFolds([common, rare], blockOf, 2, 3);
    expect(rare.filter((row) => foldOf[row] === 0)).toHaveLength(10);
    expect(common.filter((row) => foldOf[row] === 0)).toHaveLength(40);
  });
});
