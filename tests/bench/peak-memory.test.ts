// The most memory of a call beside blocks that are known.
import { expect, test } from "vitest";
import { peakMemoryOf } from "../../bench/peak-memory.js";
import { Heap } from "../../src/wasm/heap.js";

test("blocks are counted at their most, beyond what was there, and the heap is itself again", async () => {
  const heap = new Heap();
  heap.allocate(640, "before");
  const { allocate } = heap;
  const { blocks } = await peakMemoryOf(async () => {
    const first = heap.allocate(6400, "first");
    heap.free(first);
    await Promise.resolve();
    heap.free(heap.allocate(1280, "second"));
  }, heap);
  expect(blocks).toBe(6400);
  expect(heap.allocate).toBe(allocate);
});

test("a call that throws leaves the heap itself, too", async () => {
  const heap = new Heap();
  const own = new Error("no");
  await expect(peakMemoryOf(() => Promise.reject(own), heap)).rejects.toBe(own);
  expect(Object.hasOwn(heap, "allocate")).toBe(false);
});
