import { describe, expect, it } from "vitest";
import { columnsOf, MOST_WORD_CHARACTERS, plainNumber, TableBuilder } from "../../src/table/columns.js";
import { expectError } from "../support/errors.js";

describe("a plain number", () => {
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
    ["3.5e38", 3.5e38],
    ["0.30000000000000004", 0.1 + 0.2],
    ["123456789012345", 123456789012345],
    ["000000000000000012", 12],
  ])("%j", (cell, value) => expect(plainNumber(cell)).toBe(value));
  it("has no negative zero", () => expect(Object.is(plainNumber("-0"), 0)).toBe(true));
  it.each([
    ..."a|1,5|1 000|0x10|0b1|0O7|Infinity|-Infinity|1e400|1_000|12%|--1|2020-01-01|-|.|+|1/2|e5|1e".split("|"),
    "",
    "1234567890123456",
    "-9007199254740993",
    `1${"0".repeat(400)}`,
  ])("not %j", (cell) => expect(plainNumber(cell)).toBeNaN());
});

describe("columns", () => {
  it("hold numbers and, apart, words by their first appearance", () => {
    const table = columnsOf(
      ["x", "kind", "mixed"],
      [
        ["1", "b", "3"],
        [" 2.5 ", "a", "\u00a0"],
        ["-4", "b", "n/a"],
      ],
    );
    expect(table).toMatchObject({ rows: 3, notes: [] });
    expect([table.line(0), table.line(2)]).toEqual([2, 4]);
    expect(table.columns).toEqual([
      { name: "x", numbers: Float64Array.of(1, 2.5, -4), words: [], wordOf: Int32Array.of(-1, -1, -1) },
      { name: "kind", numbers: new Float64Array(3).fill(NaN), words: ["b", "a"], wordOf: Int32Array.of(0, 1, 0) },
      { name: "mixed", numbers: Float64Array.of(3, NaN, NaN), words: ["", "n/a"], wordOf: Int32Array.of(-1, 0, 1) },
    ]);
  });

  it.each([1, 63, 64, 65, 192, 193, 150_000])("keep %i rows in order over all blocks", (rows) => {
    const builder = new TableBuilder(["row", "word"]);
    for (let row = 0; row < rows; row++)
      builder.add([`${row}`, row % 3 === 0 ? `w${row % 7}` : `${-row}`], 2 * row + 5);
    const { columns, line } = builder.finish();
    const wrong = Array.from({ length: rows }, (_, row) => row).filter((row) => {
      const { numbers, words, wordOf } = columns[1];
      const isRight =
        row % 3 === 0
          ? words[wordOf[row]] === `w${row % 7}` && Number.isNaN(numbers[row])
          : wordOf[row] === -1 && numbers[row] === -row;
      return !isRight || columns[0].numbers[row] !== row || line(row) !== 2 * row + 5;
    });
    expect(wrong).toEqual([]);
    expect(columns[0].numbers).toHaveLength(rows);
  });

  it("refuse more different texts than memory is there for", async () => {
    const builder = new TableBuilder(["x", "text"]);
    const fill = (): void => {
      for (let row = 0; row <= MOST_WORD_CHARACTERS / 30_000; row++)
        builder.add(["1", `${row}`.padStart(30_000, "w")], row);
    };
    await expectError(fill, "memory", "the table");
  });
});
