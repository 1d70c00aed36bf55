import { describe, expect, it } from "vitest";
import { RelumineError } from "../../src/core/errors.js";
import { expectError } from "../support/errors.js";
import { parseCsv } from "../../src/table/csv.js";
import fc from "../support/property.js";

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe("parseCsv", () => {
  it("reads a header and rows, with the lines they end on", () => {
    expect(parseCsv("a,b\n1,2\n3,4\n")).toEqual({
      header: ["a", "b"],
      rows: [
        ["1", "2"],
        ["3", "4"],
      ],
      lines: [2, 3],
    });
  });

  it("understands a byte order mark, CRLF, quotes, line breaks within them, and empty lines", () => {
    const table = parseCsv('\ufeffname,note\r\n"Doe, Jane","says ""hi""\r\ntwice"\r\n\r\n  x , y\r\n');
    expect(table).toEqual({
      header: ["name", "note"],
      rows: [
        ["Doe, Jane", 'says "hi"\ntwice'],
        ["x", "y"],
      ],
      lines: [3, 5],
    });
  });

  it("reads old Mac line ends and a last line without any", () => {
    expect(parseCsv("a,b\r1,2\r3,4").rows).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
  });

  it("calls a nameless column by its place", () => {
    expect(parseCsv(",b\n1,2\n").header).toEqual(["column 1", "b"]);
  });

  it.each([
    ["", "the table", "nothing"],
    ["\n\n", "the table", "nothing"],
    ["a,b\n", "the table", "a header (2 columns) alone"],
    ["a\n1\n", "the table", "one"],
    ["a;b\n1;2\n", "the table", 'one: the header holds ";"'],
    ["a,b,a\n1,2,3\n", "the header", '"a" for columns 1 and 3'],
    ["a,b\n1,2\n3\n", "row 2 (line 3)", '1: no cell for column "b"'],
    ["a,b\n1,2\n\n3,4,5\n", "row 2 (line 4)", '3: cells past the last column "b"'],
    ['a,b\n1,2\n3,"x\n5,6\n', "row 2 (line 3), column 2", "a quote that is never closed"],
    ['a,"b\n1,2\n', "the header (line 1), column 2", "a quote that is never closed"],
    ['a,b\n1,"x"y\n', "row 1 (line 2), column 2", "a quote inside a cell"],
    ["a,b\n1,\0\n", "line 2", "a NUL character"],
    [`a,b\n1,${"x".repeat(40000)}\n`, 'row 1 (line 2), column "b"', "40000"],
  ])("refuses %j, naming the place", async (text, path, given) => {
    expect((await expectError(() => parseCsv(text), "format", path)).given).toBe(given);
  });

  it("gives back every table that was written with quotes", () => {
    const cell = fc.string({ maxLength: 8 }).map((text) => text.replaceAll("\0", "").replaceAll("\r", "").trim());
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }), (rows) => {
        const kept = rows.filter((row) => row.some(Boolean));
        fc.pre(kept.length > 0);
        const text = ["a,b", ...kept.map((row) => row.map(quote).join(","))].join("\n");
        expect(parseCsv(text).rows).toEqual(kept);
      }),
    );
  });

  it("never throws anything but a RelumineError, whatever the text", () => {
    const pieces = fc.constantFrom("a", ",", '"', "\n", "\r", "\r\n", " ", "\0", "1", "\ufeff");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (text) => {
        try {
          const { header, rows, lines } = parseCsv(text.join(""));
          expect(rows.every((row) => row.length === header.length)).toBe(true);
          expect(lines.length).toBe(rows.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RelumineError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
