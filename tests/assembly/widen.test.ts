// Bytes and halves as float32, to the bit what JavaScript computes in float64 and rounds, apart and in place, on
// awkward lengths, between fences and on poisoned results, in both builds.
import { describe, expect, test } from "vitest";
import { Bench, builds } from "../support/kernels.js";

const SIZES = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65536];
const SCALES = [
  [1, 0],
  [1 / 255, 0],
  [1 / 255, -0.5],
  [-3.7, 0.1],
  [1e-40, 0],
] as const;

/** The value of a half's bits (IEEE 754-2019, 3.4), by its parts. */
function halfValue(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** Places them in memory, apart from the results or as their last bytes; everything else is poisoned. */
function place(bench: Bench, stored: Uint8Array | Uint16Array, isInPlace: boolean): { from: number; to: number } {
  const { length, BYTES_PER_ELEMENT: size } = stored;
  const to = bench.allocate(length);
  const from = isInPlace ? to + length * (4 - size) : bench.allocate(Math.ceil((length * size) / 4));
  const { buffer } = bench.floats(to, length);
  new Uint8Array(buffer, from, length * size).set(new Uint8Array(stored.buffer, 0, length * size));
  return { from, to };
}

const isSame = (found: Float32Array, wanted: Float32Array): boolean =>
  found.length === wanted.length && found.every((value, i) => Object.is(value, wanted[i]));

describe.each(builds)("build %s", (build) => {
  test.each(SIZES)("%i bytes", async (n) => {
    const bench = await Bench.create(build);
    const stored = Uint8Array.from({ length: n }, (_, i) => (i * 167 + 13) & 255);
    for (const isInPlace of [false, true])
      for (const [scale, offset] of SCALES) {
        bench.reset();
        const { from, to } = place(bench, stored, isInPlace);
        bench.kernels.widenBytes(n, from, scale, offset, to);
        const wanted = Float32Array.from(stored, (value) => value * scale + offset);
        expect(isSame(bench.floats(to, n), wanted)).toBe(true);
        bench.checkFences();
      }
  });

  test.each(SIZES)("%i halves; 65536 are all that there are", async (n) => {
    const bench = await Bench.create(build);
    const stored = Uint16Array.from({ length: n }, (_, i) => (n === 65536 ? i : (i * 40503 + 7) & 65535));
    for (const isInPlace of [false, true])
      for (const [scale, offset] of SCALES) {
        bench.reset();
        const { from, to } = place(bench, stored, isInPlace);
        const isPlain = scale === 1 && offset === 0;
        bench.kernels.widenHalves(n, from, Number(isPlain), scale, offset, to);
        const value = (bits: number) => (isPlain ? halfValue(bits) : halfValue(bits) * scale + offset);
        const wanted = Float32Array.from(stored, value);
        expect(isSame(bench.floats(to, n), wanted)).toBe(true);
        bench.checkFences();
      }
  });

  test("the comparison sees one bit, and the sign of a zero", async () => {
    const bench = await Bench.create(build);
    const { from, to } = place(bench, new Uint16Array([0x8000, 1, 0x3c00, 0x8000]), false);
    bench.kernels.widenHalves(4, from, 1, 1, 0, to);
    const found = bench.floats(to, 4);
    expect(isSame(found, Float32Array.of(-0, 2 ** -24, 1, -0))).toBe(true);
    expect(isSame(found, Float32Array.of(0, 2 ** -24, 1, -0))).toBe(false);
    expect(isSame(found, Float32Array.of(-0, 2 ** -24, 1 + 2 ** -23, -0))).toBe(false);
  });
});
