// The most memory that a call holds at once, beyond what was held before it: of the kernels' memory the blocks in use,
// and, where the system tells (Linux), of the process what is resident.
import type { Heap } from "../src/wasm/heap.js";

export interface PeakMemory {
  /** Bytes of blocks in WebAssembly's memory; absent where the call is known to use none. */
  readonly blocks?: number;
  /**
   * Bytes of the process. What was garbage before may be used again first, and is left out; compiled code and garbage
   * of the call itself are in it.
   */
  readonly resident?: number;
}

/** Notes each block that is taken, until `end`. */
function watchBlocks(heap: Heap): { end(): number } {
  const start = heap.used;
  const allocate = heap.allocate.bind(heap);
  let most = start;
  heap.allocate = (bytes, purpose) => {
    const address = allocate(bytes, purpose);
    most = Math.max(most, heap.used);
    return address;
  };
  return {
    end: () => {
      delete (heap as Partial<Heap>).allocate; // the class's own is there again
      return most - start;
    },
  };
}

/** Begins the process's high-water mark anew; undefined where that is not to be had. */
function watchResident(): { end(): number } | undefined {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs");
  if (!fs) return undefined;
  const read = (name: string) =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(fs.readFileSync("/proc/self/status", "utf8"))![1]);
  try {
    fs.writeFileSync("/proc/self/clear_refs", "5");
    const start = read("VmRSS");
    return { end: () => Math.max(0, read("VmHWM") - start) };
  } catch {
    return undefined;
  }
}

/** @param heap whose blocks are counted */
export async function peakMemoryOf(call: () => unknown, heap?: Heap): Promise<PeakMemory> {
  const [blocks, resident] = [heap && watchBlocks(heap), watchResident()];
  let most: number | undefined;
  try {
    await call();
  } finally {
    most = blocks?.end();
  }
  const ofProcess = resident?.end();
  return { ...(most !== undefined && { blocks: most }), ...(ofProcess !== undefined && { resident: ofProcess }) };
}
