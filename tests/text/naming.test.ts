import { expect, test } from "vitest";
import { BY_INDEX, listNames } from "../../src/text/naming.js";

test("lists end after eight, and say how many more there are", () => {
  expect(listNames([3, 5])).toBe("3, 5");
  expect(listNames([0, 2], (index) => "abc"[index])).toBe("a, c");
  expect(listNames([...Array(20).keys()])).toBe("0, 1, 2, 3, 4, 5, 6, 7 ... (and 12 more)");
});

test("by default everything is called by its index", () => {
  const { layer, unit, column, class: label, row } = BY_INDEX;
  expect([layer(0), unit(1), column(2), label(3), row(1234)]).toEqual(["0", "1", "2", "3", "1234"]);
});
