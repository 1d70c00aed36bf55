// Where the workshop draws units, and what passes layers by.
import { afterAll, describe, expect, test } from "vitest";
import { computeLayout, type NetworkLayout } from "../../site/workshop/view/network-layout.js";
import { unitsLabel } from "../../site/workshop/view/network-skips.js";
import type { Recipe } from "../../site/training/recipe.js";
import { EngineHarness } from "./engine-harness.js";

const harness = new EngineHarness();
afterAll(() => harness.engine.dispose());

const SIZES = [
  [900, 380],
  [358, 340],
  [358, 236],
] as const;

async function layouts(recipe: Partial<Recipe>): Promise<NetworkLayout[]> {
  const started = await harness.start(recipe);
  return SIZES.map(([width, height]) => computeLayout(started, width, height));
}

describe("a line passes each residual layer by", () => {
  test.each<[string, Partial<Recipe>, readonly number[]]>([
    ["two of three", { layers: [8, 8, 8] }, [1, 2]],
    ["one between others", { layers: [10, 6, 6, 4] }, [2]],
    ["layers in several columns", { layers: [48, 48] }, [1]],
    ["as many as there can be", { layers: new Array<number>(10).fill(12) }, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])("under its units, from before them to behind them: %s", async (_what, recipe, expected) => {
    for (const [index, { skips, squares, size }] of (await layouts({ ...recipe, residual: true })).entries()) {
      expect(skips.map(({ layer }) => layer)).toEqual(expected);
      for (const { layer, left, right, top, bottom } of skips) {
        const own = squares.filter((square) => square.layer === layer);
        const lowest = Math.max(...own.map(({ y }) => y + size));
        expect(left).toBeLessThan(Math.min(...own.map(({ x }) => x)));
        expect(right).toBeGreaterThan(Math.max(...own.map(({ x }) => x + size)));
        expect(bottom).toBeGreaterThan(lowest + 5);
        expect(bottom).toBeLessThan(SIZES[index][1]);
        expect(top).toBeLessThan(lowest);
        for (const { x } of squares.filter((square) => square.layer === layer - 1)) expect(x + size).toBeLessThan(left);
        for (const { x } of squares.filter((square) => square.layer === layer + 1)) expect(x).toBeGreaterThan(right);
      }
      for (const [at, { right }] of skips.slice(0, -1).entries()) expect(skips[at + 1].left).toBeGreaterThan(right);
    }
  });

  test("and none where widths differ, or none is residual", async () => {
    for (const recipe of [{ layers: [8, 8] }, { layers: [8, 4], residual: true }])
      for (const { skips } of await layouts(recipe)) expect(skips).toEqual([]);
  });

  test("the units' name says which", async () => {
    const [one] = await layouts({ layers: [8, 8], residual: true });
    expect(unitsLabel(one)).toMatch(/; layer 2 adds what comes into it to what it puts out$/);
    const [two] = await layouts({ layers: [8, 8, 8], residual: true });
    expect(unitsLabel(two)).toMatch(/; layers 2, 3 each add what comes into them to what they put out$/);
    expect(unitsLabel({ skips: [] })).toBe("Units: arrow keys move between them");
  });
});
