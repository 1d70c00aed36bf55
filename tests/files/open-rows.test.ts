// Rows in files train as the same rows in memory do, in an order that the seed repeats; files that are none, or change,
// are refused, and none stays open.
import { spawnSync } from "node:child_process";
import { readdirSync, readlinkSync, rmSync } from "node:fs";
import { appendFile, rename, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { halfToNumber } from "../../src/core/rows/compact.js";
import { type BatchSource, type DataSet, diagnose, type FitOptions, type Matrix } from "../../src/index.js";
import { openRows, type OpenRows, type OpenRowsOptions, type RawFile } from "../../src/node.js";
import { npyFile, npyWith } from "../support/array-files.js";
import { expectError } from "../support/errors.js";
import { newFolder } from "../support/folder.js";
import { classifier, regressor, weightsOf, withNetwork } from "../support/networks.js";

const ROWS = 103;
const folder = newFolder("rows");
afterAll(() => rmSync(folder, { recursive: true }));
const place = (name: string): string => join(folder, name);

async function write(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(place(name), bytes);
  return place(name);
}

const count = (length: number): number[] => Array.from({ length }, (_, i) => i);
const numbers = count(ROWS * 2).map((i) => ((i * 37) % 101) / 64 - 0.5);
const labels = count(ROWS).map((row) => (row * 7) % 3);
const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

async function opened(...given: Parameters<typeof openRows>): Promise<OpenRows> {
  const rows = await openRows(...given);
  onTestFinished(() => rows.close());
  return rows;
}

/** All batches of an epoch, copied. */
async function collect(rows: OpenRows, begun = 0, seed = 5): Promise<{ x: number[][]; y: number[]; sizes: number[] }> {
  const all = { x: [] as number[][], y: [] as number[], sizes: [] as number[] };
  for await (const { x, y } of rows.batches(1, { seed, begun })) {
    const { rows: size, columns, data } = x as Matrix;
    all.sizes.push(size);
    for (let r = 0; r < size; r++) all.x.push(Array.from(data.subarray(r * columns, (r + 1) * columns)));
    all.y.push(...Array.from(y as Float64Array));
  }
  return all;
}

/** The open files of this folder. */
const open = (): string[] =>
  readdirSync("/proc/self/fd").filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith(folder);
    } catch {
      return false; // the folder's own, gone by now
    }
  });

const xFile = await write("x.npy", npyFile([ROWS, 2], numbers));
const yFile = await write("y.npy", npyFile([ROWS], labels));
const SMALL = { batchSize: 8, shuffle: { block: 7, window: 3 } } as const;

describe("types", () => {
  const whole = count(ROWS * 2).map((i) => (i * 13) % 120);
  const halves = Uint16Array.from(whole, (each) => 0x3c00 + each);
  const values = Array.from(halves, halfToNumber);
  const TYPES: Record<string, [ArrayBufferView, RawFile["type"], string, number[]]> = {
    uint8: [Uint8Array.from(whole), "uint8", "|u1", whole],
    int8: [Int8Array.from(whole), "int8", "|i1", whole],
    uint16: [Uint16Array.from(whole), "uint16", "<u2", whole],
    int16: [Int16Array.from(whole), "int16", "<i2", whole],
    uint32: [Uint32Array.from(whole), "uint32", "<u4", whole],
    int32: [Int32Array.from(whole), "int32", "<i4", whole],
    int64: [BigInt64Array.from(whole, BigInt), "int64", "<i8", whole],
    float16: [halves, "float16", "<f2", values],
    float32: [Float32Array.from(numbers), "float32", "<f4", Array.from(Float32Array.from(numbers))],
    float64: [Float64Array.from(numbers), "float64", "<f8", Array.from(Float32Array.from(numbers))],
  };
  const options: FitOptions = { epochs: 2 };

  test.each(Object.entries(TYPES))("%s trains as in memory, from an .npy and without a header", async (name, given) => {
    const [array, type, descr, expected] = given;
    const x = { rows: ROWS, columns: 2, data: Float32Array.from(expected, (each) => each * 0.125 - 1) };
    const weights = await withNetwork(classifier, async (network) => {
      await network.fit({ x, y: labels }, { ...options, batchSize: 8, shuffle: false });
      return weightsOf(network);
    });
    const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${ROWS}, 2), }`;
    const npy = await write(`${name}.npy`, npyWith(header, bytesOf(array)));
    const bin = await write(`${name}.bin`, new Uint8Array([1, 2, 3, ...bytesOf(array)]));
    for (const file of [npy, { file: bin, type, shape: [ROWS, 2], start: 3 }]) {
      const rows = await opened(file, yFile, { batchSize: 8, shuffle: false, scale: 0.125, offset: -1 });
      expect([rows.rows, rows.inputs]).toEqual([ROWS, 2]);
      await withNetwork(classifier, async (network) => {
        await network.fit(rows, options);
        expect(weightsOf(network)).toEqual(weights);
      });
    }
  });

  test("numbers of the other end, and axes after the first", async () => {
    const big = new DataView(new ArrayBuffer(ROWS * 4 * 4));
    for (let i = 0; i < ROWS * 4; i++) big.setFloat32(i * 4, i / 8);
    const header = `{'descr': '>f4', 'fortran_order': False, 'shape': (${ROWS}, 2, 2), }`;
    const file = await write("big.npy", npyWith(header, bytesOf(big)));
    const { x } = await collect(await opened(file, yFile, { shuffle: false }));
    expect(x.flat()).toEqual(count(ROWS * 4).map((i) => i / 8));
  });

  test("rows of targets, and numbers as targets", async () => {
    const y = await write("rows.npy", npyFile([ROWS, 3], count(ROWS * 3)));
    const rows = await opened(xFile, y, { batchSize: 50, shuffle: false });
    const all: number[] = [];
    for await (const batch of rows.batches(1, { seed: 1, begun: 0 })) all.push(...(batch.y as Matrix).data);
    expect(all).toEqual(count(ROWS * 3));
    const single = await write("numbers.npy", npyFile([ROWS, 1], numbers.slice(0, ROWS)));
    const data: DataSet = {
      x: { rows: ROWS, columns: 2, data: Float32Array.from(numbers) },
      y: numbers.slice(0, ROWS),
    };
    const train = (given: DataSet | OpenRows, more: FitOptions) =>
      withNetwork(regressor, async (network) => {
        await network.fit(given, { epochs: 1, ...more });
        return weightsOf(network);
      });
    expect(await train(await opened(xFile, single, { batchSize: 8, shuffle: false }), {})).toEqual(
      await train(data, { batchSize: 8, shuffle: false }),
    );
  });
});

describe("order", () => {
  test.each<[string, OpenRowsOptions]>([
    ["blocks that do not fit", SMALL],
    ["one window", { batchSize: 10 }],
    ["blocks of one row", { batchSize: 9, shuffle: { block: 1, window: 1 } }],
    ["batches larger than a window", { batchSize: 64, shuffle: { block: 5, window: 2 } }],
    ["a part of the rows", { batchSize: 8, shuffle: { block: 7, window: 2 }, from: 11, to: 90 }],
    ["as they lie", { batchSize: 8, shuffle: false, from: 3 }],
  ])("%s: each row once, with its target, in full batches", async (_what, options) => {
    const { from = 0, to = ROWS, batchSize = 32 } = options;
    const index = await write("index.npy", npyFile([ROWS], count(ROWS)));
    const { x, y, sizes } = await collect(await opened(xFile, index, options));
    expect(y.toSorted((a, b) => a - b)).toEqual(count(to - from).map((i) => from + i));
    expect(x).toEqual(y.map((row) => Array.from(Float32Array.from(numbers.slice(row * 2, row * 2 + 2)))));
    expect(sizes.slice(0, -1).every((size) => size === batchSize)).toBe(true);
    if (options.shuffle === false) expect(y).toEqual(y.toSorted((a, b) => a - b));
    else expect(y).not.toEqual(y.toSorted((a, b) => a - b));
  });

  test("the same for a seed and an epoch of the network, another for others", async () => {
    const rows = await opened(xFile, yFile, SMALL);
    const orders = await Promise.all([
      collect(rows), // at once: each iteration has rows of its own
      collect(rows),
      collect(rows, 1),
      collect(rows, 0, 6),
      collect(await opened(xFile, yFile, { ...SMALL, seed: 5 }), 0, 99),
    ]);
    const texts = orders.map((order) => JSON.stringify(order));
    expect(texts[1]).toBe(texts[0]);
    expect(texts[4]).toBe(texts[0]);
    expect(new Set(texts).size).toBe(3);
  });

  test("a second fit goes on with the network's epochs", async () => {
    const rows = await opened(xFile, yFile, SMALL);
    const seen: object[] = [];
    const spy: BatchSource = {
      async *batches(epoch, context) {
        for await (const batch of rows.batches(epoch, context)) yield batch;
        seen.push((await collect(rows, context.begun)).y);
      },
    };
    const train = (...epochs: number[]) =>
      withNetwork(classifier, async (network) => {
        for (const each of epochs) await network.fit(spy, { epochs: each });
      });
    await train(3);
    await train(2, 1);
    expect(seen.slice(3)).toEqual(seen.slice(0, 3));
    expect(new Set(seen.map((each) => JSON.stringify(each))).size).toBe(3);
  });

  test("a block's rows go far within a window", async () => {
    const index = await write("index.npy", npyFile([ROWS], count(ROWS)));
    const { y } = await collect(await opened(xFile, index, { batchSize: 8, shuffle: { block: 26, window: 2 } }));
    const blocks = y.slice(0, 52).map((row) => Math.floor(row / 26));
    expect(new Set(blocks).size).toBe(2);
    const changes = blocks.filter((block, at) => at > 0 && block !== blocks[at - 1]).length;
    expect(changes).toBeGreaterThan(10);
  });
});

describe("rows that are left out", () => {
  const index = write("left-index.npy", npyFile([ROWS], count(ROWS)));
  test.each<[string, OpenRowsOptions]>([
    ["shuffled", SMALL],
    ["in one window", { batchSize: 10 }],
    ["in blocks of one row", { batchSize: 9, shuffle: { block: 1, window: 1 } }],
    ["as they lie", { batchSize: 8, shuffle: false }],
    ["of a part", { batchSize: 8, shuffle: { block: 7, window: 2 }, from: 11, to: 90 }],
  ])("%s", async (_what, options) => {
    const { from = 0, to = ROWS, batchSize = 32 } = options;
    const all = count(to - from).map((i) => from + i);
    for (const without of [all.filter((row) => row % 5 === 0), all.slice(0, 30), all.slice(1), []]) {
      const rows = await opened(xFile, await index, { ...options, without });
      const { x, y, sizes } = await collect(rows);
      const kept = all.filter((row) => !without.includes(row));
      expect(rows.rows).toBe(kept.length);
      expect(y.toSorted((a, b) => a - b)).toEqual(kept);
      expect(x).toEqual(y.map((row) => Array.from(Float32Array.from(numbers.slice(row * 2, row * 2 + 2)))));
      expect(sizes.slice(0, -1).every((size) => size === batchSize)).toBe(true);
    }
  });

  test("are rows, ascending, and not all", async () => {
    const wrong: readonly [ArrayLike<number>, string][] = [
      [[3, 2], "without[1]"],
      [[3, 3], "without[1]"],
      [[-1], "without[0]"],
      [[ROWS], "without[0]"],
      [[0.5], "without[0]"],
      [count(ROWS), "without"],
      [3 as never, "without"],
    ];
    for (const [without, path] of wrong) await expectError(openRows(xFile, yFile, { without }), "value", path);
  });
});

describe("a fit from files can be resumed", () => {
  const stopAfter = async (given: OpenRows, steps: number, more: FitOptions = {}) => {
    const controller = new AbortController();
    const onBatchEnd = ({ step }: { step: number }) => (step === steps ? controller.abort() : undefined);
    return withNetwork(classifier, async (network) => {
      await network.fit(given, { epochs: 3, callbacks: [{ onBatchEnd }], signal: controller.signal });
      await network.fit(await opened(xFile, yFile, SMALL), { epochs: 3, resume: true, ...more });
      return weightsOf(network);
    });
  };

  test("to the bits of one that never stopped, from files that were opened anew", async () => {
    const whole = await withNetwork(classifier, async (network) => {
      await network.fit(await opened(xFile, yFile, SMALL), { epochs: 3 });
      return weightsOf(network);
    });
    for (const steps of [1, 13, 20]) expect(await stopAfter(await opened(xFile, yFile, SMALL), steps)).toEqual(whole);
  });

  test("but not from other numbers, nor with other options", async () => {
    const other = await write("other.npy", npyFile([ROWS, 2], numbers.toReversed()));
    const given = await Promise.all([
      opened(other, yFile, SMALL),
      opened(xFile, await write("other-y.npy", npyFile([ROWS], labels.toReversed())), SMALL),
      opened(xFile, yFile, { ...SMALL, scale: 2 }),
      opened(xFile, yFile, { ...SMALL, seed: 1 }),
      opened(xFile, yFile, { ...SMALL, from: 1 }),
      opened(xFile, yFile, { ...SMALL, without: [2] }),
    ]);
    for (const rows of given) await expectError(stopAfter(rows, 3), "value", "data");
    await expectError(stopAfter(await opened(xFile, yFile, { ...SMALL, batchSize: 9 }), 3), "value", /data|batchSize/);
  });
});

test("the rows can be looked at in blocks, as they lie", async () => {
  const rows = await opened(xFile, yFile, { ...SMALL, scale: 2 });
  await withNetwork(classifier, async (network) => {
    const x = { rows: ROWS, columns: 2, data: Float32Array.from(numbers, (each) => Math.fround(each) * 2) };
    expect(`${await diagnose(network, rows)}`).toBe(`${diagnose(network, x)}`);
  });
});

describe("what is refused", () => {
  const header = (shape: string, descr = "<f4", order = "False") =>
    `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const eight = new Uint8Array(8);

  test.each<[string, Uint8Array, Parameters<typeof expectError>[1]]>([
    ["no array", new Uint8Array([1, 2, 3]), "format"],
    ["nothing", new Uint8Array(0), "format"],
    ["a header alone", npyWith(header("(2, 1)"), new Uint8Array(0)), "format"],
    ["fewer bytes than the header says", npyWith(header("(3, 1)"), eight), "format"],
    ["more", npyWith(header("(1, 1)"), eight), "format"],
    ["a shape beyond all files", npyWith(header("(9999999999999999, 9999999999999999)"), eight), "memory"],
    ["rows beyond all files", npyWith(header("(9999999999999999, 2)"), eight), "format"],
    ["no rows", npyWith(header("(0, 2)"), new Uint8Array(0)), "shape"],
    ["rows of nothing", npyWith(header("(2, 0)"), new Uint8Array(0)), "shape"],
    ["no axis", npyWith(header("()"), new Uint8Array(4)), "shape"],
    ["Fortran's order", npyWith(header("(2, 2)", "<f4", "True"), new Uint8Array(16)), "unsupported"],
    ["objects", npyWith(header("(1,)", "|O"), eight), "unsupported"],
    ["texts", npyWith(header("(2,)", "<U1"), eight), "unsupported"],
    ["complex numbers", npyWith(header("(1,)", "<c8"), eight), "unsupported"],
  ])("%s", async (_what, bytes, code) => {
    const file = await write("wrong.npy", bytes);
    await expectError(openRows(file, yFile), code, file);
    expect(open()).toEqual([]);
  });

  test("Fortran's order of one row or column is row by row too", async () => {
    const file = await write("column.npy", npyWith(header("(2, 1)", "<f4", "True"), eight));
    const y = await write("two.npy", npyFile([2], [0, 1]));
    expect((await opened(file, y)).rows).toBe(2);
  });

  test("files that are not there, folders, and targets of other rows", async () => {
    await expectError(openRows(place("none.npy"), yFile), "format", place("none.npy"));
    await expectError(openRows(xFile, place("none.npy")), "format", place("none.npy"));
    await expectError(openRows(folder, yFile), "format", folder);
    const y = await write("few.npy", npyFile([ROWS - 1], labels.slice(1)));
    await expectError(openRows(xFile, y), "shape", y);
    expect(open()).toEqual([]);
  });

  test.skipIf(process.platform === "win32")("a pipe that nobody writes to, and a device", async () => {
    const pipe = place("pipe.npy");
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    await expectError(openRows(pipe, yFile), "format", pipe);
    await expectError(openRows(xFile, pipe), "format", pipe);
    await expectError(openRows("/dev/zero", yFile), "format", "/dev/zero");
    expect(open()).toEqual([]);
  });

  test("options", async () => {
    const wrong: readonly [OpenRowsOptions, string][] = [
      [{ batchSize: 0 }, "batchSize"],
      [{ batchSize: 2 ** 16 + 1 }, "batchSize"],
      [{ seed: -1 }, "seed"],
      [{ shuffle: 1 as never }, "shuffle"],
      [{ shuffle: { block: 0 } }, "shuffle.block"],
      [{ shuffle: { window: 1.5 } }, "shuffle.window"],
      [{ shuffle: { blocks: 2 } as never }, "shuffle.blocks"],
      [{ from: ROWS }, "from"],
      [{ from: 5, to: 5 }, "to"],
      [{ to: ROWS + 1 }, "to"],
      [{ scale: NaN }, "scale"],
      [{ offset: "1" as never }, "offset"],
      [{ size: 3 } as never, "openRows.size"],
    ];
    for (const [options, path] of wrong) await expectError(openRows(xFile, yFile, options), "value", path);
    const raw = (given: object) => openRows({ file: xFile, type: "uint8", shape: [1], ...given } as RawFile, yFile);
    await expectError(openRows(3 as never, yFile), "value", "x");
    await expectError(openRows(xFile, null as never), "value", "y");
    await expectError(raw({ type: "u8" }), "value", "x.type");
    await expectError(raw({ shape: 4 }), "value", "x.shape");
    await expectError(raw({ shape: [4, 0] }), "value", "x.shape[1]");
    await expectError(raw({ start: -1 }), "value", "x.start");
    await expectError(raw({ file: 3 }), "value", "x.file");
    await expectError(raw({ shape: [ROWS], start: 2 ** 40 }), "format", xFile);
    expect(open()).toEqual([]);
  });

  test("batches and targets that are too large for memory", async () => {
    const wide = {
      file: await write("wide-y.bin", new Uint8Array(0)),
      type: "uint8",
      shape: [2 ** 13, 2 ** 16],
    } as const;
    await truncate(wide.file, 2 ** 29);
    const flat = {
      file: await write("flat.bin", new Uint8Array(2 ** 13)),
      type: "uint8",
      shape: [2 ** 13, 1],
    } as const;
    for (const [x, y] of [
      [wide, flat],
      [flat, wide],
    ]) {
      await expectError(openRows(x, y, { batchSize: 2 ** 13 }), "memory", "batchSize");
      const rows = await opened(x, y);
      expect(rows.rows).toBe(2 ** 13);
      for await (const batch of rows.batches(1, { seed: 1, begun: 0 })) {
        expect((batch.x as Matrix).rows).toBe(32);
        break;
      }
    }
  });

  test("windows that are no window", async () => {
    const file = await write("wide.bin", new Uint8Array(0));
    await truncate(file, 2 ** 32);
    const y = { file: await write("flat.bin", new Uint8Array(2 ** 12)), type: "uint8", shape: [2 ** 12] } as const;
    const x = { file, type: "uint8", shape: [2 ** 12, 2 ** 20] } as const;
    await expectError(openRows(x, y, { shuffle: { block: 2 ** 10 } }), "memory", "shuffle");
    expect((await opened(x, y)).inputs).toBe(2 ** 20); // of which no byte is there yet
  });
});

describe("files that change", () => {
  const change: Record<string, (file: string) => Promise<void>> = {
    "are cut": (file) => truncate(file, 200),
    grow: (file) => appendFile(file, new Uint8Array(4)),
    "are written to": (file) => utimes(file, new Date(0), new Date(0)),
  };
  test("a file in whose place another is put is read as it was opened", async () => {
    const file = await write("moved.npy", npyFile([ROWS, 2], numbers));
    const train = (replace: () => Promise<void>) =>
      withNetwork(classifier, async (network) => {
        const rows = await opened(file, yFile, SMALL);
        const onBatchEnd = ({ step }: { step: number }) => (step === 3 ? replace() : undefined);
        await network.fit(rows, { epochs: 2, callbacks: [{ onBatchEnd }] });
        return weightsOf(network);
      });
    const expected = await train(async () => {});
    const replaced = await train(async () => {
      const other = await write("new.npy", npyFile([ROWS, 2], numbers.toReversed()));
      await rename(other, file);
    });
    expect(replaced).toEqual(expected);
  });

  test.each(Object.entries(change))("that %s end the fit, and the network is free again", async (_what, spoil) => {
    const file = await write("changing.npy", npyFile([ROWS, 2], numbers));
    const rows = await opened(file, yFile, { batchSize: 8, shuffle: { block: 2, window: 2 } });
    await withNetwork(classifier, async (network) => {
      let steps = 0;
      const callbacks = [{ onBatchEnd: () => (++steps === 3 ? spoil(file) : undefined) }];
      await expectError(network.fit(rows, { epochs: 2, callbacks }), "format", file);
      expect(steps).toBeGreaterThan(2);
      await network.fit({ x: [[1, 2]], y: [0] }, { epochs: 1 });
    });
  });
});

describe("no file stays open", () => {
  test("after close, whenever it is called", async () => {
    const rows = await openRows(pathToFileURL(xFile), yFile, SMALL);
    expect(open()).toHaveLength(2); // so that the tests here can fail
    const batches = (rows.batches(1, { seed: 1, begun: 0 }) as AsyncIterable<DataSet>)[Symbol.asyncIterator]();
    await batches.next();
    await Promise.all([rows.close(), rows.close()]);
    expect(open()).toEqual([]);
    await expectError(
      async () => {
        for (;;) if ((await batches.next()).done) break;
      },
      "disposed",
      "the rows of the file",
    );
    await expectError(collect(rows), "disposed", "the rows of the file");
    await rows.close();
  });

  test("after a fit that was aborted while it read", async () => {
    const rows = await openRows(xFile, yFile, { batchSize: 2, shuffle: { block: 1, window: 1 } });
    await withNetwork(classifier, async (network) => {
      const controller = new AbortController();
      const callbacks = [{ onBatchEnd: ({ step }: { step: number }) => (step === 4 ? controller.abort() : undefined) }];
      const { stopped } = await network.fit(rows, { epochs: 9, callbacks, signal: controller.signal });
      expect(stopped).toBe("aborted");
      await rows.close();
      expect(open()).toEqual([]);
    });
  });
});
