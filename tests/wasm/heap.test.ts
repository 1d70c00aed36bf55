import { describe, expect, it } from "vitest";
import { RelumineError } from "../../src/core/errors.js";
import { Arena, GrowingBlock, Heap, Layout } from "../../src/wasm/heap.js";
import { relumineError } from "../support/errors.js";
import fc from "../support/property.js";

describe("Heap", () => {
  it("gives zeroed, aligned blocks that never overlap, and takes them back", () => {
    const step = fc.record({ bytes: fc.integer({ min: 0, max: 5000 }), free: fc.boolean(), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const heap = new Heap();
        const blocks: { address: number; bytes: number }[] = [];
        for (const { bytes, free, which } of steps) {
          if (free && blocks.length > 0) {
            heap.free(blocks.splice(which % blocks.length, 1)[0].address);
            continue;
          }
          const address = heap.allocate(bytes, "a test");
          const floats = heap.f32.subarray(address >>> 2, (address + bytes) >>> 2);
          expect(address % 64).toBe(0);
          expect(floats.every((value) => value === 0)).toBe(true);
          for (const other of blocks)
            expect(address >= other.address + other.bytes || address + bytes <= other.address).toBe(true);
          floats.fill(Number.NaN);
          blocks.push({ address, bytes });
        }
        for (const { address } of blocks) heap.free(address);
        expect(heap.used).toBe(0);
        expect(heap.allocate(1, "the first block again")).toBe(65536);
      }),
      { numRuns: 60 },
    );
  });

  it("uses freed memory again instead of growing", () => {
    const heap = new Heap();
    for (let round = 0; round < 1000; round++) {
      const arena = new Arena(heap);
      arena.allocate(100_000, "a test");
      arena.allocate(10, "a test");
      arena.dispose();
    }
    expect(heap.memory.buffer.byteLength).toBeLessThan(400_000);
  });

  it("refuses what does not fit, with figures, and goes on as before", () => {
    const heap = new Heap();
    const before = heap.memory.buffer.byteLength;
    expect(() => heap.allocate(5 * 2 ** 30, "the sea")).toThrow(
      new RelumineError("memory", "the sea", "to fit into the 4 GiB that are free of WebAssembly's 4 GiB", "5 GiB"),
    );
    expect(heap.memory.buffer.byteLength).toBe(before);
    expect(heap.used).toBe(0);
    expect(heap.allocate(64, "a cup")).toBe(65536);
  });

  it("refuses sizes that are none, and goes on as before", () => {
    const heap = new Heap();
    const first = heap.allocate(64, "the first");
    for (const bytes of [Number.NaN, -1, 1.5, Infinity, 2 ** 53])
      expect(() => heap.allocate(bytes, "a matrix")).toThrow(relumineError("memory", "a matrix"));
    expect(heap.used).toBe(64);
    expect(heap.allocate(64, "the next")).toBe(first + 64);
  });

  it("ignores a block that it does not know, or that was freed", () => {
    const heap = new Heap();
    const a = heap.allocate(64, "a"),
      b = heap.allocate(64, "b");
    heap.free(a);
    heap.free(a);
    heap.free(12345);
    expect(heap.allocate(64, "c")).toBe(a);
    expect(heap.allocate(64, "d")).toBeGreaterThan(b);
  });
});

describe("GrowingBlock", () => {
  it("is replaced by a larger block only where it is too small", () => {
    const heap = new Heap();
    const block = new GrowingBlock(new Arena(heap), "a test");
    expect(heap.used).toBe(0);
    const first = block.reserve(64);
    expect([block.reserve(1), block.reserve(64)]).toEqual([first, first]);
    expect(block.reserve(65)).not.toBe(first);
    expect(heap.used).toBe(128); // the first one was given back
    expect(heap.allocate(64, "the first block again")).toBe(first);
  });

  it("stays as it was where no larger one fits, and goes with its arena", () => {
    const heap = new Heap();
    const arena = new Arena(heap);
    const block = new GrowingBlock(arena, "the sea");
    const address = block.reserve(64);
    expect(() => block.reserve(5 * 2 ** 30)).toThrow(relumineError("memory", "the sea"));
    expect(heap.used).toBe(64);
    expect(block.reserve(64)).toBe(address);
    arena.dispose();
    expect(heap.used).toBe(0);
  });
});

it("Layout lays parts side by side, each on its own cache lines", () => {
  const layout = new Layout();
  expect([layout.floats(1), layout.doubles(9), layout.floats(0), layout.floats(16)]).toEqual([0, 64, 192, 256]);
  expect(layout.bytes).toBe(320);
});
