import { describe, expect, it } from "vitest";
import { RelumineError } from "../../../src/core/errors.js";
import type { Table } from "../../../src/table/columns.js";
import { parseTable, readTable } from "../../../src/table/read/read-table.js";
import type { TableSource } from "../../../src/table/read/source.js";
import { expectError, relumineError } from "../../support/errors.js";
import fc from "../../support/property.js";
import { cellsOf, expectTable, gzip, joined, latin1, linesOf, namesOf, utf16, utf8 } from "./tables.js";

const isNode = "process" in globalThis;

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
