import { parse } from "csv-parse/browser/esm/sync";
import { describe, expect, it } from "vitest";
import { RelumineError } from "../../../src/core/errors.js";
import type { Table } from "../../../src/table/columns.js";
import { LONGEST_CELL, MOST_COLUMNS } from "../../../src/table/read/layout.js";
import { parseTable, readTable } from "../../../src/table/read/read-table.js";
import { LONGEST_RECORD } from "../../../src/table/read/records.js";
import type { TableSource } from "../../../src/table/read/source.js";
import { expectError, relumineError } from "../../support/errors.js";
import fc from "../../support/property.js";

const isNode = "process" in globalThis;

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) bytes.setUint16(2 * i, text.charCodeAt(i), isLittle);
  return new Uint8Array(bytes.buffer);
}

const joined = async (...parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await new Blob(parts).arrayBuffer());

async function gzip(content: string | Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([content]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** The table as it was written, numbers as numbers. */
function cellsOf({ columns, rows }: Table): (string | number)[][] {
  return Array.from({ length: rows }, (_, row) =>
    columns.map(({ numbers, words, wordOf }) => (wordOf[row] < 0 ? numbers[row] : words[wordOf[row]])),
  );
}

const namesOf = ({ columns }: Table): string[] => columns.map(({ name }) => name);
const linesOf = ({ rows, line }: Table): number[] => Array.from({ length: rows }, (_, row) => line(row));

async function expectTable(source: TableSource, names: string[], rows: (string | number)[][]): Promise<Table> {
  const table = await readTable(source);
  expect(namesOf(table)).toEqual(names);
  expect(cellsOf(table)).toEqual(rows);
  return table;
}

describe("what a table is read from", () => {
  const text = "x,y\n1,café\n2,日本😀\n";
  const rows = [
    [1, "café"],
    [2, "日本😀"],
  ];
  const bytes = utf8(text);
  async function* single(): AsyncGenerator<Uint8Array> {
    for (const byte of bytes) yield await Promise.resolve(Uint8Array.of(byte));
  }
  it.each<[string, () => TableSource | Promise<TableSource>]>([
    ["text", () => text],
    ["text with a byte order mark", () => `\ufeff${text}`],
    ["pieces of text", () => ["x,", "y\n1,ca", "fé\n2,", "日本😀"]],
    ["bytes", () => bytes],
    ["a buffer", () => bytes.slice().buffer],
    ["single bytes", single],
    ["a Blob", () => new Blob([text])],
    ["a web stream", () => new Blob([text]).stream()],
    ["gzip", () => gzip(text)],
    ["gzip byte by byte", async () => Array.from(await gzip(text), (byte) => Uint8Array.of(byte))],
    ["UTF-16, little-endian", () => utf16(`\ufeff${text}`, true)],
    ["UTF-16, big-endian", () => utf16(`\ufeff${text}`, false)],
  ])("%s", async (_, source) => {
    const { notes } = await expectTable(await source(), ["x", "y"], rows);
    expect(notes).toEqual([]);
  });

  it.runIf(isNode)("gzip in two parts, which browsers don't take", async () => {
    const parts = await joined(await gzip(text.slice(0, 7)), await gzip(text.slice(7)));
    await expectTable(parts, ["x", "y"], rows);
  });

  it("bytes that are not UTF-8 are Windows-1252, and noted", async () => {
    const { notes } = await expectTable(latin1("x,y\n1,caf\xe9 \x80\n"), ["x", "y"], [[1, "café €"]]);
    expect(notes).toEqual([expect.stringContaining("Windows-1252")]);
  });

  it.each<[string, unknown]>([
    ["a number", 5],
    ["a list of numbers", [1, 2]],
    ["another view", new Float64Array(3)],
    ["nothing", undefined],
    ["text and then numbers", ["x,y\n1,2\n", 3]],
  ])("not %s", async (_, source) => {
    await expectError(readTable(source as TableSource), "value", "source");
  });

  it("tells a source that fails from a damaged file, and closes one that it leaves", async () => {
    let closed = 0;
    const disk = new Error("disk");
    async function* failing(first: string | Uint8Array): AsyncGenerator<string | Uint8Array> {
      try {
        yield await Promise.resolve(first);
        throw disk;
      } finally {
        closed++;
      }
    }
    await expect(readTable(failing("x,y\n1,2\n"))).rejects.toThrow(disk);
    await expect(readTable(failing((await gzip("x,y\n")).subarray(0, 12)))).rejects.toThrow(disk);
    await expectError(readTable(failing("x,y\0\n")), "format", "line 1");
    expect(closed).toBe(3);
  });
});

describe("the layout", () => {
  it.each<[string, string, string[], (string | number)[][]]>([
    ["commas", "x,y\n1,2\n", ["x", "y"], [[1, 2]]],
    [
      "semicolons and decimal commas",
      "x;y\n1,5;2\n3,25;a,b\n",
      ["x", "y"],
      [
        ["1,5", 2],
        ["3,25", "a,b"],
      ],
    ],
    [
      "tabs",
      "x\ty z\n1\t\n\t5\n",
      ["x", "y z"],
      [
        [1, ""],
        ["", 5],
      ],
    ],
    ["bars", "x|y\n1|2,3\n", ["x", "y"], [[1, "2,3"]]],
    [
      "blanks",
      "  x   y\n 1.5 \t 2\n  3   4 \n",
      ["x", "y"],
      [
        [1.5, 2],
        [3, 4],
      ],
    ],
    [
      "blanks, with words in quotes",
      'x  name\n1  "a  b"\n2  c\n',
      ["x", "name"],
      [
        [1, "a  b"],
        [2, "c"],
      ],
    ],
    ["dates with a blank, then commas", "at,y\n2012-01-31 10:00,5\n", ["at", "y"], [["2012-01-31 10:00", 5]]],
    [
      "CRLF",
      "x,y\r\n1,2\r\n3,a\r\n",
      ["x", "y"],
      [
        [1, 2],
        [3, "a"],
      ],
    ],
    [
      "CR",
      "x,y\r1,2\r3,a",
      ["x", "y"],
      [
        [1, 2],
        [3, "a"],
      ],
    ],
    [
      "years for names",
      "2012,2013\n3.5,4.5\n3,4\n",
      ["2012", "2013"],
      [
        [3.5, 4.5],
        [3, 4],
      ],
    ],
    ["months for names", "city,2012-01,2012-02\nRom,3,4\n", ["city", "2012-01", "2012-02"], [["Rom", 3, 4]]],
    [
      "places for names",
      "0,1,2\n3.5,4.5,7\n3,4,1\n",
      ["0", "1", "2"],
      [
        [3.5, 4.5, 7],
        [3, 4, 1],
      ],
    ],
    [
      "an index without a name",
      ",0,1\n0,5,6\n1,7,6\n",
      ["column 1", "0", "1"],
      [
        [0, 5, 6],
        [1, 7, 6],
      ],
    ],
    ["a name that is missing", "x,,y\n1,2,3\n", ["x", "column 2", "y"], [[1, 2, 3]]],
    [
      "a name with a hash",
      "#id,x\na,1\nb,2\n",
      ["id", "x"],
      [
        ["a", 1],
        ["b", 2],
      ],
    ],
    [
      "empty lines",
      "\n\nx,y\n\n1,2\n \n3,4\n\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "one empty cell too many in the header",
      "x,y,\n1,2\n3,4\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ])("%s", async (_, text, names, rows) => {
    await expectTable(text, names, rows);
  });

  it.each<[string, string, string[], (string | number)[][], RegExp]>([
    [
      "no header: numbers",
      "1,2\n3,4\n5,7\n",
      ["column 1", "column 2"],
      [
        [1, 2],
        [3, 4],
        [5, 7],
      ],
      /no header/,
    ],
    [
      "no header: a column of words",
      "5.1,a\n4.9,b\n",
      ["column 1", "column 2"],
      [
        [5.1, "a"],
        [4.9, "b"],
      ],
      /no header/,
    ],
    [
      "no header: words again",
      "p,x\ne,y\np,y\ne,x\n",
      ["column 1", "column 2"],
      [
        ["p", "x"],
        ["e", "y"],
        ["p", "y"],
        ["e", "x"],
      ],
      /no header/,
    ],
    ["a title", "Report 2020\n\nname,size\na,1\n", ["name", "size"], [["a", 1]], /Report 2020.*title/],
    ["a title of a spreadsheet", "Report,,\nname,size,w\na,1,2\n", ["name", "size", "w"], [["a", 1, 2]], /title/],
    [
      "names in a comment",
      "# x,y\n1,2\n3,4\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
      /header is the comment/,
    ],
    [
      "comments",
      '# it\'s 5" long\nx,y\n1,2\n# ," \n#N/A,3\n',
      ["x", "y"],
      [
        [1, 2],
        ["#N/A", 3],
      ],
      /2 comment lines/,
    ],
    [
      "separators at all ends",
      "x,y,\n1,2,\n3,4,\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
      /1 column at the end/,
    ],
    [
      "separators at the ends of rows",
      "x,y\n1,2,\n3,4,\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
      /1 column at the end/,
    ],
    ["rows of empty cells", "x,y\n1,2\n,\n , \n", ["x", "y"], [[1, 2]], /2 rows without a value/],
    [
      "names of rows",
      "x,y\na,1,2\nb,3,4\n",
      ["column 1", "x", "y"],
      [
        ["a", 1, 2],
        ["b", 3, 4],
      ],
      /row's name/,
    ],
  ])("%s, and a note", async (_, text, names, rows, note) => {
    const { notes } = await expectTable(text, names, rows);
    expect(notes.join("; ")).toMatch(note);
  });

  it("is as the options say", async () => {
    expect(namesOf(await readTable("x:y\n1:2\n", { separator: ":" }))).toEqual(["x", "y"]);
    expect(namesOf(await readTable("x,y;z\n1,2;3\n", { separator: "," }))).toEqual(["x", "y;z"]);
    expect(namesOf(await readTable("1,2\n3,4\n", { header: true }))).toEqual(["1", "2"]);
    expect(cellsOf(await readTable("x,y\n1,2\n", { header: false }))).toEqual([
      ["x", "y"],
      [1, 2],
    ]);
    for (const separator of ["", "::", '"', "\n", "a", "5", "#"])
      await expectError(readTable("x,y\n1,2\n", { separator }), "value", "separator");
  });
});

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
    const text = fc.stringMatching(/^[a",\n ]{1,12}$/);
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
    ["equal names", "y,x,y\n1,2,3\n", "the header (line 1)"],
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
    for (const text of ["x,\x1b[31mq\n1,2,3\n", "x,\x1b[31mq\n1\n", "a\x1b[31m,a\x1b[31m\n1,2\n"])
      expect((await expectError(readTable(text), "format")).message).not.toMatch(/\p{Cc}/u);
    const { notes } = await readTable("\x1b[31mtitle\nname,size\na,1\n");
    expect(notes.join("")).not.toMatch(/\p{Cc}/u);
  });
});

it("keeps rows and lines in order over many chunks", async () => {
  const rows = 50_000;
  const lines = Array.from(
    { length: rows },
    (_, row) => `${row},${row % 5 === 0 ? `"w\n${row % 7}"` : "v"}${row % 9 === 0 ? "\n" : ""}`,
  );
  const table = await readTable(`row,word\n${lines.join("\n")}\n`);
  expect(table.rows).toBe(rows);
  let line = 1;
  const wrong = Array.from({ length: rows }, (_, row) => {
    line += row % 5 === 0 ? 2 : 1;
    const { words, wordOf } = table.columns[1];
    const isRight =
      table.columns[0].numbers[row] === row &&
      words[wordOf[row]] === (row % 5 === 0 ? `w\n${row % 7}` : "v") &&
      table.line(row) === line;
    if (row % 9 === 0) line++;
    return isRight;
  }).filter((isRight) => !isRight);
  expect(wrong).toHaveLength(0);
});

it("reads the same at once", () => {
  const text = `\ufeff# a comment\nx;y\r\n${"1,5;2\r\n".repeat(20_000)}`;
  const table = parseTable(text);
  expect([table.rows, table.line(19_999), namesOf(table)]).toEqual([20_000, 20_002, ["x", "y"]]);
  expect(table.notes).toHaveLength(2);
  expect(() => parseTable("x,y\n1\n")).toThrow(relumineError("format", "row 1 (line 2)"));
});

it("takes Excel's line that names the separator for a title", async () => {
  await expectTable("sep=;\nx;y\n1;2\n", ["x", "y"], [[1, 2]]);
});

it("whatever the text: the same table or the same refusal, wherever it is cut, as text and as bytes", async () => {
  const parts = [
    '"',
    ",",
    ";",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "#",
    "|",
    "1",
    "2.5",
    "-",
    "a",
    "\0",
    "\ufeff",
    "é",
    "#N/A",
    "2012",
    "x,y\n",
    "1,2\n",
  ];
  const text = fc.array(fc.constantFrom(...parts), { maxLength: 30 }).map((all) => all.join(""));
  const outcome = async (read: () => Table | Promise<Table>): Promise<unknown> => {
    try {
      const table = await read();
      return [namesOf(table), cellsOf(table), linesOf(table), table.notes];
    } catch (error) {
      expect(error).toBeInstanceOf(RelumineError);
      return [(error as RelumineError).code, (error as RelumineError).path];
    }
  };
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 7 }), async (whole, size) => {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.slice(i * size, (i + 1) * size),
      );
      const expected = await outcome(() => parseTable(whole));
      expect(await outcome(() => readTable(pieces))).toEqual(expected);
      expect(await outcome(() => readTable(utf8(whole)))).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
