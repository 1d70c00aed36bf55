// Rows for a model from files: which array they are, which the targets, and what is refused.
import { readFileSync } from "node:fs";
import { gzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { type FileRows, readRows, type ReadRowsOptions, rowsOf } from "../../src/arrays/read-rows.js";
import type { ErrorCode } from "../../src/core/errors.js";
import { toMatrix } from "../../src/core/matrix.js";
import { expectError } from "../support/errors.js";
import { idxFile, npyFile, npyWith, npzFile } from "../support/array-files.js";

const fileOf = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/data/${name}`, import.meta.url));
const count = (length: number): number[] => Array.from({ length }, (_, i) => i);
const array = (...shape: number[]): Uint8Array => npyFile(shape, count(shape.reduce((a, b) => a * b, 1)));

const chosen = async (shapes: Record<string, number[]>, options?: ReadRowsOptions): Promise<FileRows> =>
  readRows(
    npzFile(Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, array(...shape)]))),
    options,
  );

describe("which array is the rows, and which the targets", () => {
  test.each<[string, Record<string, number[]>, ReadRowsOptions, number[], number | undefined]>([
    ["by name", { x: [4, 2], y: [4] }, {}, [4, 2], 4],
    ["in any case", { X: [4, 2], Y: [4] }, {}, [4, 2], 4],
    ["by size", { a: [4, 2], b: [4, 3] }, { inputs: 3 }, [4, 3], undefined],
    ["the only one of two axes", { features: [4, 2], z: [9] }, {}, [4, 2], undefined],
    ["train before test", { x_test: [3, 2], y_test: [3], x_train: [4, 2], y_train: [4] }, {}, [4, 2], 4],
    ["the part in front", { test_images: [3, 2], test_labels: [3] }, {}, [3, 2], 3],
    ["training before test", { test_x: [3, 2], test_y: [3], training_x: [4, 2], training_y: [4] }, {}, [4, 2], 4],
    ["validation in front", { z: [3, 2], validation_x: [4, 2], validation_y: [4] }, {}, [4, 2], 4],
    ["valid in front", { z: [3, 2], valid_x: [4, 2], valid_y: [4] }, {}, [4, 2], 4],
    ["without a sign", { Xtrain: [4, 2], ytrain: [4] }, {}, [4, 2], 4],
    ["numbered by savez", { arr_0: [4, 2], arr_1: [4] }, {}, [4, 2], 4],
    ["targets of other rows are none", { x: [4, 2], y: [3] }, {}, [4, 2], undefined],
    ["targets of another part are none", { x_train: [4, 2], y_test: [4] }, {}, [4, 2], undefined],
    ["none wanted", { x: [4, 2], y: [4] }, { target: false }, [4, 2], undefined],
    ["named", { x: [4, 2], other: [3, 2], y: [4], z: [3] }, { array: "other", target: "z" }, [3, 2], 3],
    ["the target without its part", { x_train: [4, 2], label_train: [4] }, { target: "label" }, [4, 2], 4],
    ["axes beyond two", { x: [4, 1, 2, 3] }, { inputs: 6 }, [4, 1, 2, 3], undefined],
    ["one input a row", { x: [4], y: [4] }, { inputs: 1 }, [4], 4],
  ])("%s", async (_what, shapes, options, shape, targets) => {
    const rows = await chosen(shapes, options);
    expect(rows.shape).toEqual(shape);
    const length = shape.reduce((a, b) => a * b, 1);
    expect(rows.x).toMatchObject({
      rows: shape[0],
      columns: length / shape[0],
      data: Float32Array.from(count(length)),
    });
    expect((rows.y as Float64Array | undefined)?.length).toBe(targets);
  });

  test.each<[string, Record<string, number[]>, ReadRowsOptions, ErrorCode, string]>([
    ["rows of another size", { x: [4, 2] }, { inputs: 3 }, "shape", "the file"],
    [
      "an array that is named, of another size",
      { x: [4, 2], z: [4, 3] },
      { inputs: 3, array: "x" },
      "shape",
      'the array "x"',
    ],
    ["two that may be", { a: [4, 2], b: [3, 2] }, {}, "value", "array"],
    ["a name that is not there", { x: [4, 2] }, { array: "X" }, "value", "array"],
    ["a target that is not there", { x: [4, 2], y: [4] }, { target: "z" }, "value", "target"],
    ["targets of other rows, named", { x: [4, 2], y: [3] }, { target: "y" }, "shape", 'the array "y"'],
    ["one row without an axis", { x: [2] }, { inputs: 2 }, "shape", "the file"],
    ["no rows", { x: [0, 2] }, {}, "shape", 'the array "x"'],
  ])("refused: %s", async (_what, shapes, options, code, path) => {
    await expectError(chosen(shapes, options), code, path);
  });
});

test("an only column that counts the rows is an input, and no index", async () => {
  const { x } = await readRows(array(4, 1), { scaling: "standardize" });
  expect(x).toMatchObject({ rows: 4, columns: 1 });
});

test("NumPy's parts of a set: the training's first, the others by name", async () => {
  const rows = await readRows(fileOf("parts.npz"), { inputs: 12 });
  expect([rows.shape, [...(rows.y as Float64Array)]]).toEqual([
    [2, 3, 4],
    [0, 1],
  ]);
  const test = await readRows(fileOf("parts.npz"), { array: "x_test", divisor: 2 });
  expect([test.shape, [...(test.y as Float64Array)]]).toEqual([[1, 3, 4], [1]]);
  expect(test.x).toMatchObject({ data: Float32Array.from(count(12), (value) => value / 2) });
});

test("targets of a row of numbers a row", async () => {
  const { y } = await chosen({ x: [3, 2], y: [3, 4] });
  expect(y).toMatchObject({ rows: 3, columns: 4 });
});

test("MNIST's files: images row-major, gzipped; labels as a list of one each", async () => {
  const { x, shape } = await readRows(fileOf("images-idx3-ubyte.gz"), { inputs: 9 });
  expect([shape, x]).toMatchObject([[5, 3, 3], { rows: 5, columns: 9, data: Float32Array.from(count(45)) }]);
});

test("safetensors with images and labels", async () => {
  const { shape, y } = await readRows(fileOf("data.safetensors"), { inputs: 12 });
  expect([shape, [...(y as Float64Array)]]).toEqual([
    [2, 3, 2, 2],
    [3, 1],
  ]);
});

describe("lists of numbers are the columns of a table", () => {
  test("a missing number is refused by its place", async () => {
    await expectError(readRows(fileOf("columns.npz"), { target: "label" }), "value", 'row 2, column "age"');
  });

  test("and is the median like the training's", async () => {
    const { x, y, columns } = await readRows(fileOf("columns.npz"), {
      target: "label",
      like: fileOf("columns.npz"),
      scaling: "none",
    });
    expect(columns).toEqual(["age", "height"]);
    expect(x).toMatchObject({ data: Float32Array.of(20, 1.5, 40, 1.6, 40, 1.7, 50, 1.8) });
    expect(y).toEqual([0, 1, 0, 1]);
  });

  test("without one", async () => {
    const { x } = await readRows(fileOf("columns.npz"), { target: "label", ignore: ["age"], inputs: 1 });
    expect(x).toMatchObject({ rows: 4, columns: 1, data: Float32Array.of(1.5, 1.6, 1.7, 1.8) });
  });
});

test("rows of arrays are scaled like those of another file", async () => {
  const like = npzFile({ x: npyFile([4, 2], [0, 10, 2, 10, 0, 30, 2, 30]) });
  const { x } = await readRows(npzFile({ x: npyFile([1, 2], [3, 20]) }), { like, inputs: 2 });
  expect(x).toMatchObject({ rows: 1, columns: 2, data: Float32Array.of(2, 0) }); // means 1 and 20, deviations 1 and 10
});

describe("sources", () => {
  const npy = npyFile([2, 2], [1, 2, 3, 4]);
  const csv = "a,b\n1,2\n3,4\n";
  test.each<[string, () => Parameters<typeof readRows>[0]]>([
    ["bytes", () => npy],
    ["an ArrayBuffer", () => new Uint8Array(npy).buffer],
    ["Node's Buffer", () => Buffer.from(npy)],
    ["a Blob", () => new Blob([new Uint8Array(npy)])],
    ["a stream", () => new Blob([new Uint8Array(npy)]).stream()],
    ["gzipped", () => gzipSync(npy)],
    ["text", () => csv],
    ["text in pieces", () => ["a,b\n1,", "2\n3,4\n"]],
    ["bytes of text", () => new TextEncoder().encode(csv)],
    ["gzipped text", () => gzipSync(new TextEncoder().encode(csv))],
    ["ranges", () => ({ size: npy.length, read: (begin, end) => Promise.resolve(npy.subarray(begin, end)) })],
  ])("%s", async (_what, make) => {
    expect((await readRows(make(), { inputs: 2 })).x).toMatchObject({ rows: 2, data: Float32Array.of(1, 2, 3, 4) });
  });

  test.each([[5], [null], [{}], [new Float32Array(2)]])("refused: %o", async (source) => {
    await expectError(readRows(source as unknown as Uint8Array), "value", "source");
  });
});

test.each<[object, string]>([
  [{ inputs: 0 }, "inputs"],
  [{ array: 3 }, "array"],
  [{ target: true }, "target"],
  [{ scaling: "much" }, "scaling"],
  [{ scaling: "like" }, "scaling"],
  [{ divisor: 0 }, "divisor"],
  [{ targets: "y" }, "readRows.targets"],
])("options: %o", async (options, path) => {
  await expectError(readRows(array(4, 2), options as ReadRowsOptions), "value", path);
});

test("IDX of other types is big-endian", async () => {
  const bytes = new Uint8Array([0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0]);
  expect((await readRows(idxFile(0x0d, [1, 2], bytes))).x).toMatchObject({ data: Float32Array.of(1, -2) });
});

test("a target that is neither an array nor a file says so", async () => {
  const rows = npyFile([2, 3], [1, 2, 3, 4, 5, 6]);
  const missing = { target: "lables.npy", findFile: () => Promise.resolve(undefined) };
  await expectError(rowsOf(rows, missing), "value", "target");
  const there = { ...missing, findFile: () => Promise.resolve(npyFile([2], [0, 1])) };
  expect((await rowsOf(rows, there)).x).toMatchObject({ rows: 2, columns: 3 });
});

describe("compact rows", () => {
  const bytes = Uint8Array.from({ length: 12 }, (_, i) => i * 23);
  const images = idxFile(8, [3, 2, 2], bytes);
  const halves = Uint16Array.of(0x3c00, 0xc100, 0, 0x7bff);
  const npy = (descr: string, numbers: ArrayBufferView, isFortran = false) =>
    npyWith(
      `{'descr': '${descr}', 'fortran_order': ${isFortran ? "True" : "False"}, 'shape': (2, 2), }`,
      new Uint8Array(numbers.buffer),
    );

  test.each<[string, Uint8Array, ReadRowsOptions, object]>([
    ["IDX", images, {}, { type: "uint8", data: bytes, scale: 1 }],
    ["IDX, divided", images, { divisor: 255 }, { type: "uint8", data: bytes, scale: 1 / 255 }],
    ["IDX, gzipped", gzipSync(images), {}, { type: "uint8", data: bytes }],
    ["npy of bytes", npy("|u1", bytes.slice(0, 4)), {}, { type: "uint8", data: bytes.slice(0, 4) }],
    ["npy of halves", npy("<f2", halves), { divisor: 3 }, { type: "float16", data: halves, scale: 1 / 3 }],
  ])("%s", async (_what, file, options, wanted) => {
    const { x, ...rest } = await readRows(file, { ...options, compact: true });
    expect(x).toMatchObject(wanted);
    const { x: floats, ...others } = await readRows(file, options);
    expect(rest).toEqual(others);
    expect(toMatrix("x", x)).toEqual(floats);
  });

  test.each<[string, Uint8Array, ReadRowsOptions]>([
    ["float32", npyFile([2, 2], [1, 2, 3, 4]), {}],
    ["halves the other way round", npy(">f2", Uint16Array.of(0x003c, 0, 0, 0)), {}],
    ["Fortran's order", npy("|u1", bytes.slice(0, 4), true), {}],
    ["a divisor that no scale is", images, { divisor: 2.9999819399013563 }],
  ])("not of %s", async (_what, file, options) => {
    const { x } = await readRows(file, { ...options, compact: true });
    expect(x).toEqual((await readRows(file, options)).x);
    expect("data" in x && x.data).toBeInstanceOf(Float32Array);
  });

  test("refuses bytes that are not there, and halves that are no numbers", async () => {
    await expectError(readRows(images.slice(0, -1), { compact: true }), "format");
    await expectError(readRows(npy("<f2", Uint16Array.of(0, 0x7e00, 0, 0)), { compact: true }), "value");
    await expectError(readRows(images, { compact: "yes" as never }), "value", "compact");
  });
});
