import { describe, expect, it } from "vitest";
import { LONGEST_CELL, MOST_COLUMNS } from "../../../src/table/read/layout.js";
import { readTable } from "../../../src/table/read/read-table.js";
import { LONGEST_RECORD } from "../../../src/table/read/records.js";
import type { TableSource } from "../../../src/table/read/source.js";
import { expectError } from "../../support/errors.js";
import { gzip, joined, latin1, utf16, utf8 } from "./tables.js";

const CUT_GZIP = (await gzip("x,y\n1,2\n".repeat(1000))).subarray(0, 40);
const LONGER_GZIP = await joined(await gzip("x,y\n1,2\n"), utf8("more of it"));

describe("refused, with its place", () => {
  it.each<[string, TableSource, string | RegExp]>([
    ["nothing", "", "the table"],
    ["empty lines", "\n \n", "the table"],
    ["a header alone", "x,y\n", "the table"],
    ["comments alone", "# a\n# b\n", "the table"],
    ["a NUL behind a line end that is cut in two", ["x,y\r", "\n1,2\r", "\n3,\0\r\n"], "line 3"],
    ["one column", "x\n1\n", "the table"],
    ["more cells", "x,y\n1,2\n1,2,3\n", "row 2 (line 3)"],
    ["fewer cells", "x,y,z\n1,2,3\n1,2\n", "row 2 (line 3)"],
    ["a cell behind separators at the ends", `x,y\n${"1,2,\n".repeat(200)}3,4,5\n`, "row 201 (line 202)"],
    ["JSON", '{"a": [1, 2], "b": [3, 4]}', "the table"],
    ["JSON's records", '[\n  {"a": 1, "b": 2},\n  {"a": 3, "b": 4}\n]\n', "the table"],
    ["JSON's lines", '{"a":1,"b":2}\n{"a":3,"b":4}\n', "the table"],
    ["JSON's numbers", "[[1,2],[3,4]]", "the table"],
    ["a web page", "<!DOCTYPE html>\n<html><p>Not, found</p></html>\n", "the table"],
    ["a NUL", "x,y\n1,2\n3,\0\n", "line 3"],
    ["UTF-16 without its mark", utf16("x,y\n1,2\n", true), "line 1"],
    ["two encodings", latin1("x,y\n1,\xc3\xa9\n\xe9\n"), "the table"],
    ["half a gzip", CUT_GZIP, "the table"],
    ["a gzip with more behind it", LONGER_GZIP, "the table"],
    ["a spreadsheet", utf8("PK\x03\x04 and so on"), "the table"],
    ["a long cell", `x,y\n1,${"a".repeat(LONGEST_CELL + 1)}\n`, 'row 1 (line 2), column "y"'],
    ["a long name", `x,${"a".repeat(LONGEST_CELL + 1)}\n1,2\n`, "the header (line 1), column 2"],
    ["a long line", "x".repeat(LONGEST_RECORD + 1), "line 1"],
    ["a long line below", `x,y\n1,${"2,".repeat(LONGEST_RECORD / 2)}`, "row 1 (line 2)"],
    ["20 MB of commas", ",".repeat(2e7), "line 1"],
    ["a quote that stays open", `x,y\n1,"${"2\n".repeat(LONGEST_RECORD)}`, "row 1 (line 2), column 2"],
  ])("%s", async (_, source, path) => {
    const error = await expectError(readTable(source), "format", path);
    expect(error.message.length).toBeLessThan(300);
  });

  it("too many columns", async () => {
    const wide = (cells: number): string =>
      `${Array.from({ length: cells }, (_, i) => `c${i}`).join(",")}\n${"1,".repeat(cells - 1)}1\n`;
    await expectError(readTable(wide(MOST_COLUMNS + 1)), "memory", "the header (line 1)");
    expect((await readTable(wide(MOST_COLUMNS))).columns).toHaveLength(MOST_COLUMNS);
  });

  it("a gzip bomb, which one of no more than 128 MB is not", async () => {
    const bomb = await gzip(`x,y\n${`${"0".repeat(30)},${"1".repeat(30000)}\n`.repeat(4600)}`);
    await expectError(readTable(bomb), "memory", "the table");
    const small = await gzip(`x,y\n${`${"0".repeat(30)},${"1".repeat(30000)}\n`.repeat(100)}`);
    expect((await readTable(small)).rows).toBe(100);
  });

  it("without control characters", async () => {
    for (const text of ["x,\x1b[31mq\n1,2,3\n", "x,\x1b[31mq\n1\n", "a\x1b[31m\n1\n"])
      expect((await expectError(readTable(text), "format")).message).not.toMatch(/\p{Cc}/u);
    const { notes } = await readTable("\x1b[31mtitle\nname,size\na,1\n");
    expect(notes.join("")).not.toMatch(/\p{Cc}/u);
    const twice = await readTable("a\x1b[31m,a\x1b[31m\n1,2\n");
    expect(twice.notes).toHaveLength(1);
    expect(twice.notes.join("")).not.toMatch(/\p{Cc}/u);
  });
});
