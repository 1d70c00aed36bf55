// The elementary functions against float64, in units in the last place, on every exponent of float32 and the special
// values.
import { describe, expect, it } from "vitest";
import { erf, erfc, normalCdf, sigmoid, softplus } from "../reference/elementary.js";
import type { Build } from "../../src/wasm/binary.js";
import { congruential } from "../support/random.js";
import { Bench, builds } from "../support/kernels.js";
import relaxed from "../../.cache/elementary-relaxed.wasm?url&inline";
import strict from "../../.cache/elementary-strict.wasm?url&inline";

/** What assembly/elementary.ts exports. */
interface Elementary {
  elementary(f: number, n: number, x: number, y: number): void;
}

async function benchOf(build: Build): Promise<Bench<Elementary>> {
  const file = await fetch({ strict, relaxed }[build]); // a data: URL
  return Bench.of<Elementary>(build, await WebAssembly.compile(await file.arrayBuffer()));
}

interface Subject {
  readonly name: string;
  readonly index: number; // in the ABI of `elementary`
  readonly reference: (x: number) => number;
  readonly ulp: number; // the bound that its docstring states
  readonly low?: number; // domain
  readonly high?: number;
}
const subjects: readonly Subject[] = [
  { name: "exp", index: 0, reference: Math.exp, ulp: 1.1 },
  { name: "expm1", index: 1, reference: Math.expm1, ulp: 1.8, high: 87 },
  { name: "log1p", index: 2, reference: Math.log1p, ulp: 2.1, low: 0, high: 1 },
  { name: "softplus", index: 3, reference: softplus, ulp: 2.8 },
  { name: "sigmoid", index: 4, reference: sigmoid, ulp: 2.5 },
  { name: "tanh", index: 5, reference: Math.tanh, ulp: 2.7 },
  { name: "normalCdf", index: 6, reference: normalCdf, ulp: 6 },
];

const TANH = 5;
const MANTISSAS = 96;
const LARGEST = 3.4028234663852886e38;

/** Both signs of every exponent, denormals included, with the first, the last and many mantissas between. */
function stratified(): Float32Array {
  const bits = new Uint32Array(512 * MANTISSAS);
  const random = congruential(1);
  for (let i = 0; i < bits.length; i++) {
    const drawn = random();
    const which = i % MANTISSAS;
    const mantissa = which === 0 ? 0 : which === 1 ? 0x7fffff : which === 2 ? 1 : drawn >>> 9;
    bits[i] = (Math.floor(i / MANTISSAS) << 23) | mantissa;
  }
  return new Float32Array(bits.buffer);
}

/** Where each function changes its ways: the ends of its domain, of float32's range and of its branches. */
const SEAMS = [
  0, -0, 1, -1, 0.99999994, 14.2, 15, -15, 87, -87, 88, 88.72283, 88.722839, 89, -87.33655, -103.27893, -103.97208,
  -104, -110, 0.34657359, -0.34657359, 1.0397208,
];

function ulpOf(value: number): number {
  const magnitude = Math.min(Math.abs(value), LARGEST);
  return 2 ** (Math.max(Math.floor(Math.log2(Math.max(magnitude, Number.MIN_VALUE))), -126) - 23);
}

/** The distance in ulp; infinite where one is NaN or infinite and the other is not. */
function distance(value: number, wanted: number): number {
  if (Number.isNaN(wanted)) return Number.isNaN(value) ? 0 : Number.POSITIVE_INFINITY;
  const rounded = Math.fround(wanted);
  if (!Number.isFinite(rounded)) return value === rounded ? 0 : Number.POSITIVE_INFINITY;
  const difference = Math.abs(value - wanted) / ulpOf(wanted);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}

describe("float64 references", () => {
  // Values to 17 digits by arbitrary-precision arithmetic.
  it.each([
    ["erf", 0.0009765625, 0.0011019324300718147],
    ["erf", 0.5, 0.52049987781304654],
    ["erf", 1.9990234375, 0.99530204295197914],
    ["erf", 2.5, 0.99959304798255504],
    ["erf", 5, 0.99999999999846254],
    ["erfc", 0.5, 0.47950012218695346],
    ["erfc", 2, 0.0046777349810472658],
    ["erfc", 3, 2.2090496998585441e-5],
    ["erfc", 6, 2.1519736712498913e-17],
    ["erfc", 10, 2.0884875837625448e-45],
    ["erfc", 25, 8.3001725711965228e-274],
    ["normalCdf", -10, 7.6198530241605261e-24],
    ["normalCdf", -3, 0.0013498980316300945],
    ["normalCdf", -0.5, 0.3085375387259869],
    ["normalCdf", 0.25, 0.59870632568292372],
    ["normalCdf", 4, 0.99996832875816688],
  ] as const)("%s(%d)", (name, x, wanted) => {
    const value = { erf, erfc, normalCdf }[name](x);
    expect(Math.abs(value / wanted - 1)).toBeLessThan(1e-13);
  });
});

describe.each(builds)("%s build", (build) => {
  it.each(subjects)(
    "$name stays within $ulp ulp",
    async ({ index, reference, ulp, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY }) => {
      const bench = await benchOf(build);
      const x = Float32Array.from([...stratified(), ...SEAMS]).filter(
        (value) => Number.isNaN(value) || (value >= low && value <= high),
      );
      const input = bench.place(x, 1);
      const output = bench.allocate(x.length, 3);
      bench.kernels.elementary(index, x.length, input, output);
      bench.checkFences();
      let worst = 0;
      let at = 0;
      bench.floats(output, x.length).forEach((value, i) => {
        const error = distance(value, reference(x[i]!));
        if (error > worst) [worst, at] = [error, x[i]!];
      });
      expect(worst, `at ${at}`).toBeLessThanOrEqual(ulp);
      expect(worst, "a sample that finds no rounding error at all is no sample").toBeGreaterThan(0.4);
    },
  );

  it("keeps the sign of zero where the function is odd, as tanh is", async () => {
    const bench = await benchOf(build);
    const input = bench.place([-0, 0, -0, 0]);
    const output = bench.allocate(4);
    bench.kernels.elementary(TANH, 4, input, output);
    expect([...bench.floats(output, 4)]).toEqual([-0, 0, -0, 0]);
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 8, 13])("writes %d results, in place too, and nothing else", async (n) => {
    const bench = await benchOf(build);
    const x = Float32Array.from({ length: n }, (_, i) => i * 0.7 - 3);
    const apart = bench.allocate(n, 2);
    bench.kernels.elementary(0, n, bench.place(x), apart);
    const inPlace = bench.place(x, 1);
    bench.kernels.elementary(0, n, inPlace, inPlace);
    bench.checkFences();
    expect(bench.floats(inPlace, n)).toEqual(bench.floats(apart, n));
    bench.floats(apart, n).forEach((value, i) => expect(distance(value, Math.exp(x[i]!))).toBeLessThanOrEqual(1.1));
  });

  it("has a yardstick that sees three ulp", () => {
    const wanted = Math.exp(0.3);
    expect(distance(Math.fround(wanted), wanted)).toBeLessThanOrEqual(0.5);
    expect(distance(Math.fround(wanted) + 3 * ulpOf(wanted), wanted)).toBeGreaterThan(2.4);
    expect(distance(Number.NaN, wanted)).toBe(Number.POSITIVE_INFINITY);
    expect(distance(1, Number.NaN)).toBe(Number.POSITIVE_INFINITY);
  });
});
