// A plain SIMD sum over memory, the yardstick for what reads all weights once: a module of one function, written out in
// bytes.

const LOADS = 8; // vectors a round, each with an accumulator of its own
const V128 = 0x7b,
  I32 = 0x7f,
  LOCAL_GET = 0x20,
  LOCAL_SET = 0x21,
  SIMD = 0xfd,
  END = 0x0b;
const LOAD = [SIMD, 0x00, 0x04],
  ADD = [SIMD, 0xe4, 0x01];

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function section(id: number, bytes: readonly number[]): number[] {
  return [id, ...unsigned(bytes.length), ...bytes];
}

function text(word: string): number[] {
  return [word.length, ...new TextEncoder().encode(word)];
}

/** sum(from, end): for (; from < end; from += 16·LOADS) accumulate; returns one lane, so that nothing is left out. */
function body(): number[] {
  const accumulate = Array.from({ length: LOADS }, (_, i) => [
    LOCAL_GET,
    2 + i,
    LOCAL_GET,
    0,
    ...LOAD,
    ...unsigned(16 * i),
    ...ADD,
    LOCAL_SET,
    2 + i,
  ]).flat();
  const advance = [LOCAL_GET, 0, 0x41, 0x80 | ((16 * LOADS) & 127), (16 * LOADS) >>> 7, 0x6a, LOCAL_SET, 0];
  const loop = [0x03, 0x40, ...accumulate, ...advance, LOCAL_GET, 0, LOCAL_GET, 1, 0x49, 0x0d, 0, END];
  const total = Array.from({ length: LOADS }, (_, i) => [LOCAL_GET, 2 + i, ...(i > 0 ? ADD : [])]).flat();
  const code = [1, LOADS, V128, ...loop, ...total, SIMD, 0x1f, 0, END];
  return [...unsigned(code.length), ...code];
}

/** The function over this memory: addresses in bytes, end - from a positive multiple of 128. */
export async function compilePlainSum(memory: WebAssembly.Memory): Promise<(from: number, end: number) => number> {
  const isShared = typeof SharedArrayBuffer === "function" && memory.buffer instanceof SharedArrayBuffer;
  const bytes = new Uint8Array([
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    ...section(1, [1, 0x60, 2, I32, I32, 1, 0x7d]),
    ...section(2, [1, ...text("env"), ...text("memory"), 2, isShared ? 3 : 1, 1, ...unsigned(65536)]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("sum"), 0, 0]),
    ...section(10, [1, ...body()]),
  ]);
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  return instance.exports["sum"] as (from: number, end: number) => number;
}
