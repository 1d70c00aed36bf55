import { describe, expect, it } from "vitest";
import { parseNumber, shorten } from "../../src/table/cells.js";

describe("cells", () => {
  it.each([
    ["1", 1],
    ["-2.5", -2.5],
    ["+3", 3],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    ["0e5", 0],
    ["1E-3", 0.001],
    ["007", 7],
    ["3.4e38", 3.4e38],
  ])("%j is a number", (cell, value) => expect(parseNumber(cell)).toBe(value));
  it.each([
    "",
    "a",
    "1,5",
    "1 000",
    "0x10",
    "0b1",
    "0O7",
    "Infinity",
    "-Infinity",
    "1e400",
    "3.5e38",
    "1_000",
    "12%",
    "--1",
    "2020-01-01",
  ])("%j is none", (cell) => expect(parseNumber(cell)).toBeUndefined());
  it("shortens long words to one line", () => {
    expect(shorten("two\n\tlines")).toBe("two lines");
    expect(shorten("x".repeat(1000))).toHaveLength(40);
  });
});
