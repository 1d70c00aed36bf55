// Arrays in files of NumPy and others: every type, order and container gives the same numbers, whole and in blocks.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { blobSource, type ByteSource, bytesSource } from "../../src/arrays/byte-source.js";
import { FileArray } from "../../src/arrays/file-array.js";
import { openIdx } from "../../src/arrays/idx.js";
import { openNpy, openNpz } from "../../src/arrays/npy.js";
import { openSafetensors } from "../../src/arrays/safetensors.js";
import { ZipFile } from "../../src/arrays/zip.js";
import { RelumineError } from "../../src/core/errors.js";
import { expectError } from "../support/errors.js";
import { joinBytes, npyWith, npzFile } from "../support/array-files.js";

const fileOf = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/data/${name}`, import.meta.url));
const COUNT = Array.from({ length: 24 }, (_, i) => i);
const TYPES = ["bool", "i1", "u1", ...["i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"].map((type) => `l${type}`)];
const BIG = ["bi2", "bu4", "bi8", "bf2", "bf4", "bf8"];

const openArrays = async (source: ByteSource) => (await openNpz(await ZipFile.open(source))).arrays;

async function arraysOf(name: string): Promise<Map<string, FileArray>> {
  const all = [...(await openArrays(bytesSource(fileOf(name))))];
  return new Map(all.filter((each): each is [string, FileArray] => each[1] instanceof FileArray));
}

async function blocksOf(array: FileArray, rows?: number): Promise<number[][]> {
  const blocks: number[][] = [];
  for await (const block of array.blocks(rows)) blocks.push([...block]);
  return blocks;
}

describe.each(["types.npz", "types-compressed.npz"])("%s", (file) => {
  test.each([...TYPES, ...BIG, "fortran"])("%s", async (type) => {
    const array = (await arraysOf(file)).get(type)!;
    const expected = type === "bool" ? COUNT.map((value) => Math.min(1, value)) : COUNT;
    expect(array.shape).toEqual([2, 3, 4]);
    expect([array.rows, array.rowSize, array.length]).toEqual([2, 12, 24]);
    expect([...(await array.read())]).toEqual(expected);
    expect([...(await array.read64())]).toEqual(expected);
    expect(await blocksOf(array)).toEqual([expected]);
    expect(await blocksOf(array, 1)).toEqual([expected.slice(0, 12), expected.slice(12)]);
  });

  test("a matrix in Fortran's order, big-endian, in blocks of 4 rows of 6", async () => {
    const array = (await arraysOf(file)).get("fortran_matrix")!;
    expect(await blocksOf(array, 4)).toEqual([COUNT.slice(0, 16), COUNT.slice(16)]);
  });
});

test("an .npy: doubles keep their digits in float64 and are rounded once in float32", async () => {
  const array = await openNpy(bytesSource(fileOf("matrix.npy")));
  expect([...(await array.read64())]).toEqual(COUNT.map((value) => value / 7));
  expect([...(await array.read())]).toEqual(COUNT.map((value) => Math.fround(value / 7)));
});

test("a header of version 2", async () => {
  const array = await openNpy(bytesSource(fileOf("version2.npy")));
  expect([array.shape, array.type]).toEqual([[6, 4], "f32"]);
  expect([...(await array.read())]).toEqual(COUNT);
});

test("arrays that are none of numbers are refused when they are wanted, and hinder no other", async () => {
  const arrays = await openArrays(bytesSource(fileOf("others.npz")));
  expect([...(await (arrays.get("x") as FileArray).read())]).toEqual(COUNT);
  for (const name of ["objects", "texts", "complex", "records", "dates"])
    expect(arrays.get(name), name).toMatchObject({ name: "RelumineError", code: "unsupported" });
  expect((arrays.get("objects") as RelumineError).given).toContain("pickle");
});

test("IDX", async () => {
  const array = await openIdx(bytesSource(fileOf("labels-idx1-ubyte")));
  expect(array.shape).toEqual([5]);
  expect([...(await array.read())]).toEqual([0, 1, 2, 1, 0]);
});

test("safetensors", async () => {
  const arrays = openSafetensors(fileOf("data.safetensors"));
  expect([...(await arrays.get("images")!.read())]).toEqual(COUNT);
  expect(arrays.get("images")!.shape).toEqual([2, 3, 2, 2]);
  expect([...(await arrays.get("labels")!.read64())]).toEqual([3, 1]);
  expect([...(await arrays.get("bf16")!.read())]).toEqual([1.5, -2]);
});

/** Counts what is read. */
function watched(bytes: Uint8Array): ByteSource & { most: number; readonly ranges: [number, number][] } {
  const source = bytesSource(bytes);
  return {
    size: source.size,
    most: 0,
    ranges: [],
    read(begin, end) {
      expect(begin >= 0 && end <= bytes.length).toBe(true);
      this.most = Math.max(this.most, end - begin);
      this.ranges.push([begin, end]);
      return source.read(begin, end);
    },
  };
}

test("one array of an .npz is read without the others, a MiB at most at once", async () => {
  const large = new Float32Array(2 ** 20);
  large.forEach((_, i) => (large[i] = i % 251));
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1024, 1024), }";
  const npy = npyWith(header, new Uint8Array(large.buffer));
  const source = watched(npzFile({ a: npy, b: npy }));
  const arrays = await openArrays(source);
  source.ranges.length = 0;
  let sum = 0;
  for await (const block of (arrays.get("b") as FileArray).blocks(100)) {
    expect(block.length % 1024).toBe(0);
    sum += block.length;
  }
  expect(sum).toBe(2 ** 20);
  expect(source.most).toBeLessThanOrEqual(2 ** 20);
  expect(Math.min(...source.ranges.map(([begin]) => begin))).toBeGreaterThan(npy.length);
});

test("a Blob is read in ranges", async () => {
  const array = await openNpy(blobSource(new Blob([joinBytes(fileOf("matrix.npy"))])));
  expect(array.shape).toEqual([6, 4]);
  expect([...(await array.read64())]).toEqual(COUNT.map((value) => value / 7));
});

test("a checksum that is wrong is refused when the array is read", async () => {
  const bytes = joinBytes(fileOf("parts.npz"));
  const arrays = await openArrays(bytesSource(bytes));
  const x = arrays.get("x_train") as FileArray;
  expect([...(await x.read())]).toEqual(COUNT);
  bytes[bytes.indexOf(23, bytes.indexOf(22))] = 99; // the last number
  await expectError(x.read(), "format", /x_train/);
});
