import { expect, test } from "vitest";
import { groupBy } from "../../src/core/group-by.js";

test("groups keep the order of the items, and stand in that of their first ones", () => {
  const groups = groupBy(["b1", "a1", "b2", "c1", "a2"], (item) => item[0]);
  expect([...groups]).toEqual([
    ["b", ["b1", "b2"]],
    ["a", ["a1", "a2"]],
    ["c", ["c1"]],
  ]);
  expect(groupBy([], () => 0).size).toBe(0);
});
