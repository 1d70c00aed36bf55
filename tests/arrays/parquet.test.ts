// Parquet files of several writers as tables, and files that lie.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openData } from "../../src/arrays/open.js";
import { readRows } from "../../src/arrays/read-rows.js";
import { unpackSnappy } from "../../src/arrays/parquet/snappy.js";
import { ByteReader } from "../../src/arrays/parquet/thrift.js";
import { readHybrid } from "../../src/arrays/parquet/values.js";
import type { ErrorCode } from "../../src/core/errors.js";
import type { Table } from "../../src/table/columns.js";
import { parseTable } from "../../src/table/read/read-table.js";
import { joinBytes } from "../support/array-files.js";
import { expectError } from "../support/errors.js";
import { cellsOf } from "../table/read/tables.js";
import { parquetFile, zigzag } from "./parquet-files.js";
import { startWatch } from "../support/stopwatch.js";

const FOLDER = new URL("../fixtures/data/parquet/", import.meta.url);
const fileOf = (name: string): Uint8Array => readFileSync(new URL(name, FOLDER));
const expected = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(/\.json$/, ""));

async function read(bytes: Uint8Array): Promise<Table> {
  const file = await openData(bytes, {});
  expect("table" in file).toBe(true);
  return (file as { table: Table }).table;
}

/** What a value of hyparquet's JSON is as a cell: its dates have a T. */
function cellOf(value: unknown): unknown {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "string") return value;
  const [, date, time] = /^(\d{4}-\d\d-\d\d)T([\d:]+)\.000Z$/.exec(value) ?? [];
  if (date !== undefined) return time === "00:00:00" ? date : `${date} ${time}`;
  return /^\d{1,15}$/.test(value) ? Number(value) : value;
}

describe("files of other writers", () => {
  test.each(expected)("%s", async (name) => {
    const rows = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) as unknown[];
    const { columns, rows: count, ...rest } = await read(fileOf(`${name}.parquet`));
    expect(count).toBe(rows.length);
    const wanted = rows.map((row) =>
      columns.map((column, place) =>
        cellOf(Array.isArray(row) ? row[place] : (row as Record<string, unknown>)[column.name]),
      ),
    );
    expect(cellsOf({ columns, rows: count, ...rest })).toEqual(wanted);
  });

  test("iris is the table that it was made of", async () => {
    const csv = parseTable(readFileSync(new URL("../data/iris.csv", import.meta.url), "utf8"));
    const table = await read(fileOf("iris.parquet"));
    expect(table.columns.map(({ name }) => name)).toEqual(csv.columns.map(({ name }) => name));
    expect(cellsOf(table)).toEqual(cellsOf(csv));
    const { x, y, classes } = await readRows(fileOf("iris.parquet"), { inputs: 4, target: "species" });
    expect([x.rows, x.columns, y, classes]).toEqual([
      150,
      4,
      expect.objectContaining({ length: 150 }),
      expect.any(Array),
    ]);
  });

  test.each<[string, RegExp]>([
    ["lz4_raw_compressed", /LZ4/],
    ["byte_stream_split_v2", /BYTE_STREAM_SPLIT/],
    ["duckdb_delta_binary_packed", /DELTA_BINARY_PACKED/],
    ["struct_strings", /inner/],
  ])("%s is refused by the name of what it is", async (name, word) => {
    const error = await expectError(read(fileOf(`${name}.parquet`)), "unsupported");
    expect(error.given).toMatch(word);
  });
});

describe("Snappy", () => {
  test("literals and copies, also over themselves", () => {
    const text = new TextEncoder().encode("abcabcabcabcX");
    expect(unpackSnappy(new Uint8Array([13, 2 << 2, 97, 98, 99, 1 | (5 << 2), 3, 0, 88]), 13)).toEqual(text);
    expect(unpackSnappy(new Uint8Array([13, 2 << 2, 97, 98, 99, 2 | (8 << 2), 3, 0, 0, 88]), 13)).toEqual(text);
    expect(unpackSnappy(new Uint8Array([0]), 0)).toEqual(new Uint8Array());
  });

  test.each([
    ["another size", [5, 0, 97], 1],
    ["fewer bytes than it says", [13, 0, 97], 13],
    ["a copy before its beginning", [8, 0, 97, 1 | (3 << 2), 2], 8],
    ["a copy of nothing", [8, 0, 97, 1 | (3 << 2), 0], 8],
    ["a literal beyond its end", [9, 8 << 2, 97, 98], 9],
    ["more than its size", [2, 2 << 2, 97, 98, 99], 2],
    ["a size that its bytes cannot make", [0x80, 0x80, 0x80, 0x80, 4, 0], 2 ** 30],
  ])("refused: %s", async (_what, bytes, size) => {
    await expectError(() => unpackSnappy(new Uint8Array(bytes), size), "format");
  });
});

describe("runs and packed numbers", () => {
  const hybrid = (width: number, count: number, ...bytes: number[]): number[] => [
    ...readHybrid(new ByteReader(new Uint8Array(bytes)), width, count),
  ];

  test("as the format's own example has them, and runs", () => {
    expect(hybrid(3, 8, 3, 0b10001000, 0b11000110, 0b11111010)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(hybrid(8, 3, 6, 7)).toEqual([7, 7, 7]);
    expect(hybrid(0, 4, 8)).toEqual([0, 0, 0, 0]);
    expect(hybrid(32, 2, 4, 255, 255, 255, 255)).toEqual([2 ** 32 - 1, 2 ** 32 - 1]);
    expect(hybrid(17, 8, 3, ...new Array<number>(17).fill(255))).toEqual(new Array<number>(8).fill(2 ** 17 - 1));
  });

  test("a run of 2^30 makes no more than is wanted", () => {
    expect(hybrid(1, 5, 0x80, 0x80, 0x80, 0x80, 8, 1)).toEqual([1, 1, 1, 1, 1]);
  });

  test.each([
    ["a run of nothing", 1, [0, 0]],
    ["no bytes", 1, []],
    ["packed numbers that are cut short", 8, [3, 1, 2]],
    ["too many bits", 33, [2, 0, 0, 0, 0, 0]],
  ])("refused: %s", async (_what, width, bytes) => {
    await expectError(() => hybrid(width, 8, ...bytes), "format");
  });
});

describe("files that lie", () => {
  test("the honest one is read", async () => {
    const table = await read(parquetFile({}));
    expect(cellsOf(table)).toEqual([[1.5], [-2], [3], [0.25]]);
  });

  test("and one that is a million times one value", async () => {
    const { columns } = await read(parquetFile({ rows: 1e6, isRun: true }));
    expect(columns[0].numbers.every((value) => value === 1.5)).toBe(true);
  });

  test.each<[string, () => Uint8Array, ErrorCode]>([
    ["rows that are not there", () => parquetFile({ rows: 5 }), "format"],
    ["2^40 rows", () => parquetFile({ rows: 2 ** 40 }), "memory"],
    ["2^28 rows of one value", () => parquetFile({ rows: 2 ** 28, isRun: true }), "memory"],
    ["-1 rows", () => parquetFile({ rows: -1 }), "format"],
    ["a page of other rows", () => parquetFile({ pageRows: 9 }), "format"],
    ["a page of -1 rows", () => parquetFile({ pageRows: -1 }), "format"],
    ["a page that is larger", () => parquetFile({ pageSize: 2 ** 30 }), "memory"],
    ["a page that is longer than the file", () => parquetFile({ packedSize: 2 ** 30 }), "format"],
    ["a column beyond the end", () => parquetFile({ offset: 2 ** 40 }), "format"],
    ["a column in the header", () => parquetFile({ offset: 0 }), "format"],
    ["a schema in a circle", () => parquetFile({ children: 9 }), "format"],
    ["an unknown type", () => parquetFile({ type: 99 }), "format"],
    ["an unknown codec", () => parquetFile({ codec: 42 }), "unsupported"],
    ["Snappy that is none", () => parquetFile({ codec: 1 }), "format"],
    ["gzip that is none", () => parquetFile({ codec: 2 }), "format"],
    ["a list of 2^40", () => joinBytes([80, 65, 82, 49], footer([0x29, 0xfc, ...zigzag(2 ** 39)])), "format"],
    ["structs within structs", () => joinBytes([80, 65, 82, 49], footer(new Array<number>(1e5).fill(0x1c))), "format"],
    ["a footer before the file", () => joinBytes([80, 65, 82, 49], [255, 255, 0, 0, 80, 65, 82, 49]), "format"],
    ["an encrypted one", () => joinBytes([80, 65, 82, 49], [0, 0, 0, 0, 80, 65, 82, 69]), "unsupported"],
    ["half of one", () => fileOf("iris.parquet").subarray(0, 2000), "format"],
  ])("%s", async (_what, make, code) => {
    const bytes = make();
    const elapsed = startWatch();
    await expectError(read(bytes), code);
    expect(elapsed()).toBeLessThan(2000);
  });
});

/** These bytes as a footer. */
function footer(bytes: readonly number[]): Uint8Array {
  const end = new Uint8Array(8);
  new DataView(end.buffer).setUint32(0, bytes.length, true);
  end.set([80, 65, 82, 49], 4);
  return joinBytes(bytes, end);
}
