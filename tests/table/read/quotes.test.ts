import { parse } from "csv-parse/browser/esm/sync";
import { describe, expect, it } from "vitest";
import { RelumineError } from "../../../src/core/errors.js";
import { readTable } from "../../../src/table/read/read-table.js";
import { expectError } from "../../support/errors.js";
import fc from "../../support/property.js";
import { expectTable, linesOf } from "./tables.js";

describe("quotes", () => {
  it("hold separators, quotes and line breaks, and blanks around them are nothing", async () => {
    const text = 'x,y\n"a, ""b""",1\n "c" ,2\n"many\r\nlines",3\n"",4\n" ",5\n"\u00a0",6\n';
    const table = await expectTable(
      text,
      ["x", "y"],
      [
        ['a, "b"', 1],
        ["c", 2],
        ["many\nlines", 3],
        ["", 4],
        ["", 5],
        ["", 6],
      ],
    );
    expect(linesOf(table)).toEqual([2, 3, 5, 6, 7, 8]);
  });

  it.each([
    ["never closed", 'x,y\n1,2\n3,"4\n5,6\n', "row 2 (line 3), column 2"],
    ["inside a cell", 'x,y\n"1",2\n3,a"4"\n5,6\n', "row 2 (line 3), column 2"],
    ["after a quoted cell", 'x,y\n"1\n",2\n\n"3"b,4\n', "row 2 (line 5), column 1"],
    ["in the header", '"x,y\n1,2\n', "the header (line 1), column 1"],
    ["inside the header", 'x"y,z\n1,2\n', "the header (line 1), column 1"],
  ])("%s are refused, with their place", async (_, text, path) => {
    await expectError(readTable(text), "format", path);
  });

  it("are read as csv-parse reads them, wherever the text is cut", async () => {
    const cell = fc.stringMatching(/^[ab1 ",;\n\té-]{0,6}$/);
    const written = fc
      .tuple(cell, fc.boolean())
      .map(([text, isQuoted]) => (isQuoted || /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text));
    const table = fc.array(fc.tuple(written, written, fc.constant("e")), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(table, fc.array(fc.nat(60), { maxLength: 5 }), async (rows, cuts) => {
        const text = `first,second,end\n${rows.map((cells) => cells.join(",")).join("\n")}\n`;
        const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, i) => text.slice(places[i], end));
        const read = await readTable(pieces, { separator: ",", header: true });
        const words = read.columns.map(({ words: all, wordOf, numbers }) =>
          Array.from(wordOf, (place, row) => (place < 0 ? numbers[row] : all[place])),
        );
        const expected = parse(text, { trim: true, from_line: 2 }).map((cells) => cells.map((each) => each.trim()));
        const asNumber = (each: string): string | number => (/^-?[1]+$/.test(each) ? Number(each) : each);
        expect(expected.map((_, row) => words.map((column) => column[row]))).toEqual(
          expected.map((cells) => cells.map(asNumber)),
        );
        expect(read.rows).toBe(expected.length);
      }),
    );
  });

  it("refuse what csv-parse refuses", async () => {
    // csv-parse takes `"" ""` for one empty cell, though it refuses `"a" "b"`
    const text = fc.stringMatching(/^[a",\n ]{1,12}$/).filter((each) => !/"" +"/.test(each));
    await fc.assert(
      fc.asyncProperty(text, async (rest) => {
        const whole = `x,y\nq,r\n${rest}`;
        let isFine = true;
        try {
          parse(whole, { trim: true, relax_column_count: true });
        } catch {
          isFine = false;
        }
        const read = await readTable(whole, { separator: ",", header: true }).catch((error: unknown) => error as Error);
        if (isFine) expect(read instanceof Error && /quote/.test(read.message)).toBe(false);
        else expect(read).toBeInstanceOf(RelumineError);
      }),
    );
  });
});
