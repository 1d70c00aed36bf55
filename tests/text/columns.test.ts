import { expect, it } from "vitest";
import { drawBar } from "../../src/text/bar.js";
import { alignCells, alignColumns, justify } from "../../src/text/columns.js";
import { indent, wrap } from "../../src/text/wrap.js";

it("aligns columns to their widest cells", () => {
  const rows = [
    ["name", "n"],
    ["a", "100"],
  ];
  expect(alignColumns(rows, [1])).toEqual(["name    n", "a     100"]);
  expect(alignColumns(rows, [])).toEqual(["name  n", "a     100"]);
});

it("aligns cells to given widths, and lets those that are wider stand", () => {
  expect(alignCells(["1", "0.5", "end"], [3, 6], [0])).toBe("  1  0.5     end");
  expect(alignCells(["12345", "x"], [3, 6], [0])).toBe("12345  x");
});

it("puts two texts at the ends of a line", () => {
  expect(justify("0", "12", 8)).toBe("0     12");
  expect(justify("1000", "2000", 4)).toBe("1000 2000");
});

it("wraps and indents", () => {
  expect(wrap("one two three", 7)).toBe("one two\nthree");
  expect(wrap("one two", 6, "  ")).toBe("  one\n  two");
  expect(indent(["a", "b"])).toEqual(["  a", "  b"]);
});

it("draws bars an eighth of a character fine", () => {
  expect(drawBar(0.5, 4)).toBe("██  ");
  expect(drawBar(1 / 32, 4)).toBe("▏   ");
  expect(drawBar(Number.NaN, 2)).toBe("  ");
  expect(drawBar(2, 2)).toBe("██");
});
