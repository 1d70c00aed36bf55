// Blocks of rows from sources of all kinds: cut anew, checked as they come, and closed whatever happens.
import { describe, expect, test } from "vitest";
import { denseRows } from "../../src/core/matrix.js";
import { BlockReader, isBlocks, readSource, type SampleBlocks } from "../../src/core/blocks.js";
import type { Samples } from "../../src/core/matrix.js";
import { expectError } from "../support/errors.js";

async function* yieldAll(blocks: readonly unknown[]): AsyncGenerator<Samples> {
  for (const block of blocks) yield block as Samples;
}

const readerOf = (x: unknown, columns: number | "any" = 2, signal?: AbortSignal) =>
  new BlockReader("x", readSource("x", x as SampleBlocks), columns === "any" ? undefined : columns, signal);

/** The pieces, each as rows. */
async function readAll(reader: BlockReader, rows: number): Promise<number[][][]> {
  const pieces: number[][][] = [];
  for (;;) {
    const piece = await reader.next(rows);
    if (!piece) return pieces;
    const { columns, data } = denseRows(piece);
    pieces.push(Array.from({ length: piece.rows }, (_, row) => [...data.subarray(row * columns, (row + 1) * columns)]));
  }
}

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => [from + i, -(from + i)]);
const matrix = (from: number, to: number) => ({
  rows: to - from,
  columns: 2,
  data: Float32Array.from(rows(from, to).flat()),
});

describe("blocks are cut anew", () => {
  const whole = [rows(0, 3), rows(3, 6), rows(6, 7)];
  test.each<[string, unknown]>([
    ["rows one by one", yieldAll(rows(0, 7).map((row) => [row]))],
    ["a block of all", yieldAll([matrix(0, 7)])],
    ["blocks of all kinds", yieldAll([rows(0, 1), matrix(1, 5), [], rows(5, 6), matrix(6, 6), matrix(6, 7)])],
    ["pieces as they are wanted", yieldAll([matrix(0, 3), matrix(3, 6), matrix(6, 7)])],
    ["a source", { blocks: () => yieldAll([rows(0, 4), rows(4, 7)]) }],
    ["a source that knows its rows", { rows: 7, blocks: () => [rows(0, 4), rows(4, 7)] }],
  ])("%s", async (_, x) => {
    expect(await readAll(readerOf(x), 3)).toEqual(whole);
  });

  test("the width of the first block with rows holds where none was asked for", async () => {
    expect(await readAll(readerOf(yieldAll([[], [[1], [2]], [[3]]]), "any"), 2)).toEqual([[[1], [2]], [[3]]]);
    await expectError(readAll(readerOf(yieldAll([[[1]], [[1, 2]]]), "any"), 2), "shape", "x.blocks[1]");
  });

  test.each(["dense", "sparse", "both"])("a source that fills the same arrays for each block: %s", async (kind) => {
    const block = matrix(0, 2);
    const entries = { rowOffsets: new Uint32Array([0, 2, 4]), columnIndices: new Uint32Array([0, 1, 0, 1]) };
    const refilled = async function* () {
      for (let from = 0; from < 6; from += 2) {
        block.data.set(rows(from, from + 2).flat());
        const isSparse = kind === "sparse" || (kind === "both" && from === 2);
        yield isSparse ? { rows: 2, columns: 2, ...entries, values: block.data } : block;
      }
    };
    expect(await readAll(readerOf(refilled()), 3)).toEqual([rows(0, 3), rows(3, 6)]);
    expect(await readAll(readerOf(refilled()), 5)).toEqual([rows(0, 5), rows(5, 6)]);
    expect(await readAll(readerOf(refilled()), 2)).toEqual([rows(0, 2), rows(2, 4), rows(4, 6)]);
  });

  test("what comes in blocks is told from a matrix and from rows", () => {
    expect([yieldAll([]), { blocks: () => [] }].every(isBlocks)).toBe(true);
    expect([matrix(0, 1), rows(0, 1), [], undefined, null, "rows", 3, {}].some(isBlocks)).toBe(false);
  });
});

describe("what is no rows is refused, and the source is closed", () => {
  /** A source that notes whether it was closed. */
  function watched(blocks: readonly unknown[]) {
    const seen = { closed: 0, asked: 0 };
    const iterator = {
      next: () => {
        const value = blocks[seen.asked++];
        return Promise.resolve(value === undefined ? { done: true, value } : { done: false, value });
      },
      return: () => {
        seen.closed++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    return { seen, source: { [Symbol.asyncIterator]: () => iterator } };
  }

  test.each<[string, unknown[], "shape" | "value", string]>([
    ["another width", [rows(0, 2), [[1, 2, 3]]], "shape", "x.blocks[1]"],
    ["a ragged block", [[[1, 2], [3]]], "shape", "x.blocks[0][1]"],
    ["NaN", [rows(0, 2), rows(2, 3), [[1, NaN]]], "value", "x.blocks[2]"],
    ["beyond float32", [[[1, 1e39]]], "value", "x.blocks[0]"],
    ["a row by itself", [[1, 2]], "shape", "x.blocks[0][0]"],
    ["a word", ["rows"], "shape", "x.blocks[0]"],
    ["a lying matrix", [{ ...matrix(0, 2), rows: 3 }], "shape", "x.blocks[0].data"],
  ])("%s", async (_, blocks, code, path) => {
    const { source, seen } = watched(blocks);
    const reader = readerOf(source);
    await expectError(readAll(reader, 2), code, path);
    await reader.close();
    expect(seen.closed).toBe(1);
  });

  test("no rows, fewer or more than were said", async () => {
    await expectError(readAll(readerOf(yieldAll([])), 2), "shape", "x");
    await expectError(readAll(readerOf(yieldAll([[], matrix(0, 0)])), 2), "shape", "x");
    await expectError(readAll(readerOf({ rows: 3, blocks: () => [rows(0, 2)] }), 2), "shape", "x");
    await expectError(readAll(readerOf({ rows: 3, blocks: () => [rows(0, 4)] }), 2), "shape", "x");
  });

  test.each([0, -1, 1.5, NaN, "7"])("rows: %j", async (count) => {
    await expectError(() => readerOf({ rows: count, blocks: () => [] }), "value", "x.rows");
  });

  test("blocks that are no function, or give no iterable, and iterators that give none", async () => {
    await expectError(() => readerOf({ blocks: [rows(0, 1)] }), "value", "x.blocks");
    await expectError(() => readerOf({ blocks: () => 3 }), "value", "x.blocks()");
    await expectError(() => readerOf({ blocks: () => undefined }), "value", "x.blocks()");
    for (const made of [3, {}, { next: 3 }, null, []])
      await expectError(() => readerOf({ [Symbol.asyncIterator]: () => made }), "value", "x.blocks()");
    await expectError(
      () => readerOf({ blocks: () => ({ [Symbol.asyncIterator]: 3, [Symbol.iterator]: "no" }) }),
      "value",
      "x.blocks()",
    );
    const odd = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(3) }) };
    await expectError(readAll(readerOf(odd), 2), "value", "x.blocks[0]");
  });

  test.each(["at once", "when it was read"])("a block whose buffer is transferred %s", async (when) => {
    const block = matrix(0, 4);
    const transfer = () => void structuredClone(0, { transfer: [block.data.buffer] });
    const source = async function* () {
      if (when === "at once") queueMicrotask(transfer);
      yield block as Samples;
    };
    const reader = readerOf(source());
    const reading = reader.next(8, async () => {
      if (when !== "at once" && block.data.length > 0) transfer();
    });
    await expectError(reading, when === "at once" ? "shape" : "value", "x.blocks[0].data");
  });

  test.each(["rowOffsets", "columnIndices", "values"] as const)("sparse: %s that are transferred", async (name) => {
    const arrays = {
      rowOffsets: new Uint32Array([0, 1, 2, 3]),
      columnIndices: new Uint32Array(3),
      values: new Float32Array(3),
    };
    const reader = readerOf(yieldAll([{ rows: 3, columns: 2, ...arrays }]));
    expect((await reader.next(2))!.rows).toBe(2);
    structuredClone(0, { transfer: [arrays[name].buffer] });
    await expectError(reader.next(2), "value", "x.blocks[0]");
  });

  test("what a source throws comes through as it is", async () => {
    const failure = new Error("the disk is gone");
    const failing = async function* () {
      yield rows(0, 1);
      await Promise.resolve();
      throw failure;
    };
    await expect(readAll(readerOf(failing()), 2)).rejects.toBe(failure);
  });

  test("a source that was read to its end is not closed again", async () => {
    const { source, seen } = watched([rows(0, 2)]);
    const reader = readerOf(source);
    await readAll(reader, 2);
    await reader.close();
    expect(seen).toEqual({ closed: 0, asked: 2 });
  });

  test("an abort ends the wait for a source that hangs, which is told to close", async () => {
    let closed = 0;
    const hanging = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => {
          closed++;
          return new Promise<never>(() => {});
        },
      }),
    };
    const controller = new AbortController();
    const reader = readerOf(hanging, 2, controller.signal);
    setTimeout(() => controller.abort(), 5);
    await expectError(reader.next(2), "value", "signal");
    await reader.close();
    expect(closed).toBe(1);
  });
});
