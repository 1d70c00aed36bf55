// Zip archives in ranges and in memory: the same entries, by the same rules.
import { describe, expect, test } from "vitest";
import { zipSync } from "fflate";
import { bytesSource, collectBytes } from "../../src/arrays/byte-source.js";
import { crc32 } from "../../src/arrays/crc32.js";
import { ZipArchive, ZipFile } from "../../src/arrays/zip.js";
import { expectError } from "../support/errors.js";
import { joinBytes, zip64File } from "../support/array-files.js";

const text = new TextEncoder().encode("the quick brown fox ".repeat(500));

const read = async (bytes: Uint8Array, name: string): Promise<Uint8Array> =>
  collectBytes("it", (await ZipFile.open(bytesSource(bytes))).pieces(name), 1e6);

test("checksums, in one piece and in several", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926); // of the polynomial's catalogue
  expect(crc32(text.subarray(7), crc32(text.subarray(0, 7)))).toBe(crc32(text));
});

describe.each([0, 9] as const)("level %i", (level) => {
  const zip = zipSync({ a: text, b: new Uint8Array() }, { level });

  test("both readers give what was packed", async () => {
    const archive = new ZipArchive(zip);
    expect(archive.names()).toEqual(["a", "b"]);
    expect(archive.read("a")).toEqual(text);
    expect(await read(zip, "a")).toEqual(text);
    expect((await read(zip, "b")).length).toBe(0);
  });

  test("both refuse a byte that was changed", async () => {
    const other = joinBytes(zip);
    other[40] ^= 0x20;
    expect(() => new ZipArchive(other).read("a")).toThrow();
    await expectError(read(other, "a"), "format", /"a"/);
  });
});

test("zip64: sizes and places of 64 bits", async () => {
  const zip = zip64File("a", text);
  expect(new ZipArchive(zip).read("a")).toEqual(text);
  expect(await read(zip, "a")).toEqual(text);
});

test("zip64 without its record is refused", async () => {
  const zip = zip64File("a", text);
  const cut = joinBytes(zip.subarray(0, -98), zip.subarray(-22));
  await expectError(() => new ZipArchive(cut), "format", "the zip archive");
  await expectError(read(cut, "a"), "format", "the zip archive");
});
