// Products in float64 against sums written out: awkward shapes, both orders of the right factor, some of its columns.
import { expect, test } from "vitest";
import { makeMultiply } from "../../src/diagnosis/forecast/product.js";
import { seededRandom } from "../support/random.js";

const SHAPES = [
  [1, 1, 1],
  [1, 3, 2],
  [3, 1, 5],
  [4, 2, 2],
  [5, 7, 33],
  [9, 16, 17],
  [2, 65, 1],
] as const;

test("one function for all shapes, whatever its memory held before", () => {
  const random = seededRandom(3);
  const multiply = makeMultiply();
  for (const [rows, inner, units] of [...SHAPES, ...SHAPES.toReversed()]) {
    const left = Float32Array.from({ length: rows * inner }, () => random() - 0.5);
    const right = Float32Array.from({ length: inner * units }, () => random() - 0.5);
    const start = Float32Array.from({ length: units }, () => random());
    const some = Array.from({ length: units }, (_, j) => j).filter((j) => j % 3 !== 1);
    for (const columns of [units, some])
      for (const isTransposed of [false, true])
        for (const given of [undefined, start]) {
          const all = typeof columns === "number" ? Array.from({ length: units }, (_, j) => j) : columns;
          const [rowStep, columnStep] = isTransposed ? [1, inner] : [units, 1];
          const out = new Float64Array(rows * all.length).fill(Number.NaN);
          const found = multiply(left, rows, inner, { data: right, rowStep, columnStep, columns }, given, out);
          const wanted = Array.from({ length: rows }, (_, r) =>
            all.map((j) => {
              let sum = 0;
              for (let i = 0; i < inner; i++) sum += left[r * inner + i] * right[i * rowStep + j * columnStep];
              return sum + (given ? given[j] : 0);
            }),
          ).flat();
          expect(found).toBe(out);
          wanted.forEach((value, i) => expect(Math.abs(found[i] - value)).toBeLessThan(1e-12));
        }
  }
});
