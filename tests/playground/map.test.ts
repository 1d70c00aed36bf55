// The workshop's map of death: which cells it has for a recipe, and how long they train.
import { describe, expect, test } from "vitest";
import { canBeMapped, mapDataOf, mapPlanOf } from "../../site/figures/death-map/map-plan.js";
import { digitsTask, planeTask } from "../../site/tasks/built-in-tasks.js";
import { runFromStart } from "../../site/training/brief-training.js";
import { affordableTask, planFor, planMap } from "../../site/workshop/engine/map/map-range.js";
import { DEFAULTS, type Recipe } from "../../site/training/recipe.js";
import { sum } from "../../src/core/statistics.js";
import { deathMap } from "../../src/sweep.js";
import { digits } from "./engine-harness.js";

const task = planeTask("spiral");
const ascends = (values: readonly number[]) => values.every((value, i) => i === 0 || value > values[i - 1]);

describe("the cells", () => {
  test.each<[string, Partial<Recipe>]>([
    ["the spiral's setting", {}],
    ["a rate outside of what is usual", { rate: 1e-4, bias: 3 }],
    ["one that no grid has", { rate: 0.777, bias: -0.123 }],
    ["Adam", { optimizer: "adam", rate: 0.001 }],
  ])("ascend, and the setting is one of them: %s", (_what, changes) => {
    const recipe = { ...DEFAULTS, ...changes };
    for (const perStep of [0.001, 0.2, 50]) {
      const { rates, biases } = planFor(recipe, task, perStep).range;
      expect(ascends(rates) && ascends(biases)).toBe(true);
      expect(rates).toContain(recipe.rate);
      expect(biases).toContain(recipe.bias);
    }
  });

  test("a slower network has fewer cells, then fewer steps, then a sample of the rows", () => {
    const all = digitsTask(digits());
    const sizes = [0.001, 0.1, 1, 100].map((perStep) => {
      const { range, task: own } = planFor(DEFAULTS, all, perStep);
      return { trainings: range.rates.length * range.biases.length * range.repeats, epochs: range.epochs, own };
    });
    expect(sizes.map(({ trainings }) => trainings)).toEqual([624, 216, 56, 56]);
    const rows = all.train.x.rows;
    expect(sizes.map(({ own }) => own.train.x.rows)).toEqual([rows, rows, rows, rows]);
    expect(sizes[0].epochs).toBe(Math.floor(1500 / Math.ceil(rows / 16)));
    expect(sizes[3].epochs).toBe(Math.floor(50 / Math.ceil(rows / 16)));
    expect(affordableTask(all, 10).train.x.rows).toBe(10);
  });

  test("are what the recipe's network trains to at their rate and bias", async () => {
    const { range, task: own } = await planMap(DEFAULTS, task);
    expect(own).toBe(task);
    const few = { rates: [0.1, 0.8], biases: [-1, 0], repeats: 1, epochs: 10 };
    expect(range.epochs).toBeGreaterThan(0);
    const map = await deathMap(mapPlanOf(DEFAULTS, own, few), mapDataOf(DEFAULTS, own), { forecast: false });
    for (const { x, y, dead } of map.cells) {
      const recipe = { ...DEFAULTS, rate: x as number, bias: y as number };
      const alone = await runFromStart(recipe, task, 10 * Math.ceil(task.train.x.rows / DEFAULTS.batch));
      expect(dead).toBeCloseTo(sum(alone.dead) / sum(recipe.layers), 6);
    }
  });

  test("none where each network starts from weights or biases of its own", () => {
    expect(canBeMapped(DEFAULTS)).toBe(true);
    expect(canBeMapped({ ...DEFAULTS, start: "torchLinear" })).toBe(false);
    expect(canBeMapped({ ...DEFAULTS, start: "torchLinear", bias: 0.1 })).toBe(true);
  });
});
