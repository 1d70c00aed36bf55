import { describe, expect, test } from "vitest";
import { Bench, builds } from "../support/kernels.js";
import * as reference from "../reference/row-loss.js";

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 1000];
const SMALLEST = 2 ** -149;
const DIVISOR = 3;
const SCALE = Math.fround(1 / DIVISOR);

/** Spread numbers in [-1, 1), the same each time. */
const wave = (n: number, seed: number) =>
  Float32Array.from({ length: n }, (_, i) => ((((i + 1) * (2 * seed + 7919)) % 1009) / 1009) * 2 - 1);
const rowsOf = (values: Float32Array, columns: number): number[][] =>
  Array.from({ length: columns ? values.length / columns : 0 }, (_, row) => [
    ...values.subarray(row * columns, (row + 1) * columns),
  ]);

interface Outcome {
  readonly loss: number;
  readonly correct: number;
  readonly gradient: Float32Array;
}
type Placing = "apart" | "in place" | "unwanted";
interface Sizes {
  readonly rows: number;
  readonly columns: number;
}

/** One loss: `targets` are labels (int32) or floats of the outputs' shape; `expected` judges one row. */
interface Loss {
  readonly name:
    | "softmaxCrossEntropy"
    | "softmaxCrossEntropyDense"
    | "binaryCrossEntropy"
    | "meanSquaredError"
    | "meanAbsoluteError"
    | "huber";
  readonly byRow: boolean;
  /** Absent: 0. */
  readonly smoothing?: number;
  targets(sizes: Sizes): number[];
  expected(outputs: number[], targets: number[], row: number): reference.LossOfRow;
}

const labelsOf = ({ rows, columns }: Sizes) => Array.from({ length: rows }, (_, row) => (row * 7 + 3) % columns);
function distributionsOf({ rows, columns }: Sizes): number[] {
  const weights = rowsOf(wave(rows * columns, 5), columns).map((row) => row.map((x) => Math.max(0, x)));
  return weights.flatMap((row) => row.map((x) => Math.fround(x / (row.reduce((a, b) => a + b, 0) || 1))));
}
/** Elementwise losses: what the reference says of each element, put together. */
const elementwise = (
  name: Loss["name"],
  targets: Loss["targets"],
  one: (y: number, t: number) => reference.LossOfRow,
): Loss => ({
  name,
  byRow: false,
  targets,
  expected: ([y], [t]) => one(y!, t!),
});

const unsmoothed: readonly Loss[] = [
  {
    name: "softmaxCrossEntropy",
    byRow: true,
    targets: labelsOf,
    expected: (z, labels, row) => reference.softmaxCrossEntropy(z, labels[row]!),
  },
  {
    name: "softmaxCrossEntropyDense",
    byRow: true,
    targets: distributionsOf,
    expected: (z, t, row) => reference.softmaxCrossEntropyDense(z, t.slice(row * z.length, (row + 1) * z.length)),
  },
  elementwise(
    "binaryCrossEntropy",
    ({ columns: n }) => [...wave(n, 3)].map((x, i) => [0, 1, Math.abs(x)][i % 3]!),
    reference.binaryCrossEntropy,
  ),
  elementwise("meanSquaredError", ({ columns: n }) => [...wave(n, 3)].map((x) => 2 * x), reference.meanSquaredError),
  elementwise("meanAbsoluteError", ({ columns: n }) => [...wave(n, 3)].map((x) => 2 * x), reference.meanAbsoluteError),
  elementwise("huber", ({ columns: n }) => [...wave(n, 3)].map((x) => 2 * x), reference.huber),
];

/** A distribution, or a share of 1, with a part of it spread over the classes. */
const smooth = (t: readonly number[], share: number, classes = t.length) =>
  t.map((value) => (1 - share) * value + share / classes);
const SMOOTHED: Partial<Record<Loss["name"], (share: number) => Loss["expected"]>> = {
  softmaxCrossEntropy: (share) => (z, labels, row) => {
    const whole = reference.softmaxCrossEntropy(z, labels[row]!);
    const oneHot = z.map((_, i) => Number(i === labels[row]));
    return { ...reference.softmaxCrossEntropyDense(z, smooth(oneHot, share)), correct: whole.correct };
  },
  softmaxCrossEntropyDense: (share) => (z, t, row) => {
    const own = t.slice(row * z.length, (row + 1) * z.length);
    const { correct } = reference.softmaxCrossEntropyDense(z, own);
    return { ...reference.softmaxCrossEntropyDense(z, smooth(own, share)), correct };
  },
  binaryCrossEntropy:
    (share) =>
    ([z], [t]) => {
      const { correct } = reference.binaryCrossEntropy(z!, t!);
      return { ...reference.binaryCrossEntropy(z!, smooth([t!], share, 2)[0]!), correct };
    },
};
const losses: readonly Loss[] = [
  ...unsmoothed,
  ...[0.1, 0.75].flatMap((smoothing) =>
    unsmoothed.flatMap((loss) => {
      const expected = SMOOTHED[loss.name]?.(smoothing);
      return expected ? [{ ...loss, smoothing, expected }] : [];
    }),
  ),
];

function expectation(loss: Loss, outputs: Float32Array, targets: number[], { columns }: Sizes): reference.LossOfRow[] {
  if (loss.byRow) return rowsOf(outputs, columns).map((z, row) => loss.expected(z, targets, row));
  return [...outputs].map((y, i) => loss.expected([y], [targets[i]!], 0));
}

describe.each(builds)("%s build", async (build) => {
  const bench = await Bench.create(build);
  const { kernels } = bench;

  function run(
    loss: Loss,
    outputs: ArrayLike<number>,
    targets: number[],
    sizes: Sizes,
    placing: Placing = "apart",
    shift = 0,
  ): Outcome {
    bench.reset();
    const count = outputs.length;
    const at = bench.place(outputs, (1 + shift) % 4);
    const aim =
      loss.name === "softmaxCrossEntropy" ? bench.placeInt32(targets) : bench.place(targets, (3 + 2 * shift) % 4);
    const gradient = { apart: bench.allocate(count, (2 + 3 * shift) % 4), "in place": at, unwanted: 0 }[placing];
    const result = bench.allocateDoubles(2);
    if (loss.byRow)
      kernels[loss.name as "softmaxCrossEntropy"](
        sizes.rows,
        sizes.columns,
        at,
        aim,
        gradient,
        DIVISOR,
        result,
        loss.smoothing ?? 0,
      );
    else kernels[loss.name as "binaryCrossEntropy"](count, at, aim, gradient, DIVISOR, result, loss.smoothing ?? 0);
    bench.checkFences();
    if (placing !== "in place") expect([...bench.floats(at, count)]).toEqual([...Float32Array.from(outputs)]);
    const [total, correct] = bench.doubles(result, 2);
    return {
      loss: total!,
      correct: correct!,
      gradient: gradient ? bench.floats(gradient, count).slice() : new Float32Array(0),
    };
  }

  function check(loss: Loss, outputs: Float32Array, sizes: Sizes): void {
    const targets = [...Float32Array.from(loss.targets(sizes))];
    const rows = expectation(loss, outputs, targets, sizes);
    const outcome = run(loss, outputs, targets, sizes);
    const wanted = rows.reduce((sum, row) => sum + row.loss, 0);
    const allowed = rows.reduce((sum, row) => sum + row.lossError, 0) + (outputs.length + 4) * Number.EPSILON * wanted;
    expect(Math.abs(outcome.loss - wanted)).toBeLessThanOrEqual(allowed);
    const gradientError = rows.flatMap((row) => row.gradientError);
    const excess = rows
      .flatMap((row) => row.gradient)
      .map((g, i) => Math.abs(outcome.gradient[i]! - g * SCALE) / (gradientError[i]! * SCALE + 2 * SMALLEST));
    expect(excess.filter((x) => !(x <= 1))).toEqual([]);
    const counts = loss.byRow || loss.name === "binaryCrossEntropy";
    expect(outcome.correct).toBe(counts ? rows.filter((row) => row.correct).length : 0);
    expect(run(loss, outputs, targets, sizes, "in place")).toEqual(outcome);
    expect(run(loss, outputs, targets, sizes, "unwanted")).toEqual({ ...outcome, gradient: new Float32Array(0) });
  }

  describe.each(losses)("$name $smoothing", (loss) => {
    test.each(SIZES)("%i columns follow the float64 reference", (columns) => {
      for (const rows of loss.byRow && columns ? [0, 1, 3, 8] : [Math.min(1, columns)]) {
        for (const size of [1e-3, 1, 30, 1e4])
          check(
            loss,
            wave(rows * columns, 1).map((x) => x * size),
            { rows, columns },
          );
      }
    });

    test("its gradient is the slope of the float64 loss, and a wrong gradient is seen", () => {
      const sizes = { rows: loss.byRow ? 2 : 1, columns: 5 };
      const outputs = wave(sizes.rows * 5, 2).map((x) => x * 1.9);
      const targets = [...Float32Array.from(loss.targets(sizes))];
      const { gradient } = run(loss, outputs, targets, sizes);
      const total = (z: Float64Array) =>
        expectation(loss, z as unknown as Float32Array, targets, sizes).reduce((sum, row) => sum + row.loss, 0);
      const step = 2 ** -13;
      const slope = (i: number) => {
        const moved = (by: number) => Float64Array.from(outputs, (x, k) => (k === i ? x + by : x));
        return (total(moved(step)) - total(moved(-step))) / (2 * step);
      };
      // Central differences: step²/6 of a third derivative that is below 1, and float32's rounding of the gradient.
      const worst = (g: Float32Array) => Math.max(...g.map((x, i) => Math.abs(x / SCALE - slope(i))));
      const allowed = step ** 2 / 6 + 40 * 2 ** -24;
      expect(worst(gradient)).toBeLessThan(allowed);
      expect(worst(gradient.with(1, gradient[1]! + 1e-5))).toBeGreaterThan(allowed);
    });

    test("a NaN in the outputs reaches the loss and its own gradient", () => {
      for (let i = 0; i < 7; i++) {
        const sizes = { rows: 1, columns: 7 };
        const outcome = run(loss, wave(7, 1).with(i, Number.NaN), loss.targets(sizes), sizes);
        expect(outcome.loss).toBeNaN();
        expect(outcome.gradient[i]).toBeNaN();
      }
    });

    test("the same bits at any alignment", () => {
      const sizes = { rows: loss.byRow ? 3 : 1, columns: 31 };
      const outcomes = [0, 1, 2, 3].map((shift) =>
        run(loss, wave(sizes.rows * 31, 4), loss.targets(sizes), sizes, "apart", shift),
      );
      for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    });

    test("adds to what the result block holds", () => {
      const sizes = { rows: 1, columns: 4 };
      const { loss: once, correct } = run(loss, wave(4, 1), loss.targets(sizes), sizes);
      const [at, result] = [bench.place(wave(4, 1)), bench.allocateDoubles(2)];
      const aim =
        loss.name === "softmaxCrossEntropy" ? bench.placeInt32(loss.targets(sizes)) : bench.place(loss.targets(sizes));
      bench.doubles(result, 2).set([64, 50]);
      if (loss.byRow) kernels[loss.name as "softmaxCrossEntropy"](1, 4, at, aim, 0, 1, result, loss.smoothing ?? 0);
      else kernels[loss.name as "binaryCrossEntropy"](4, at, aim, 0, 1, result, loss.smoothing ?? 0);
      expect([...bench.doubles(result, 2)]).toEqual([64 + once, 50 + correct]);
    });
  });

  const [sparse, dense, binary] = losses as [Loss, Loss, Loss];
  const lossAt = (z: number[], label: number) => run(sparse, z, [label], { rows: 1, columns: z.length });

  test("softmaxCrossEntropy keeps the digits of a tiny loss and of its gradient", () => {
    const { loss, gradient } = lossAt([40, 0], 0);
    expect(Math.abs(loss / Math.exp(-40) - 1)).toBeLessThan(8 * 2 ** -24);
    expect(Math.abs(gradient[0]! / (-Math.exp(-40) * SCALE) - 1)).toBeLessThan(12 * 2 ** -24);
  });

  test("softmaxCrossEntropy: ties go to the first place, padding is never a maximum", () => {
    expect(lossAt([2, 2, 2], 0).correct).toBe(1);
    expect(lossAt([2, 2, 2], 1).correct).toBe(0);
    expect(lossAt([-5, -4, -3, -2, -1], 4).correct).toBe(1);
    expect(lossAt([-0, 0], 0).correct).toBe(1);
    expect(lossAt([-7], 0)).toEqual({ loss: 0, correct: 1, gradient: new Float32Array([-0]) });
  });

  test("softmaxCrossEntropy: extreme and infinite logits", () => {
    const finite = lossAt([1e4, -1e4, 0], 1);
    expect(finite.loss).toBeCloseTo(20_000, 9);
    expect([...finite.gradient]).toEqual([SCALE, -SCALE, 0]);
    expect(lossAt([3e38, -3e38], 1).loss).toBe(2 * Math.fround(3e38));
    const certain = lossAt([0, Infinity, 1], 1);
    expect(certain).toEqual({ loss: 0, correct: 1, gradient: new Float32Array([0, -0, 0]) });
    const wrong = lossAt([0, Infinity, 1], 2);
    expect(wrong).toEqual({ loss: Infinity, correct: 0, gradient: new Float32Array([0, SCALE, -SCALE]) });
    expect(lossAt([0, -Infinity, 0], 0).loss).toBeCloseTo(Math.LN2, 6);
    expect(lossAt([0, -Infinity, 0], 1).loss).toBe(Infinity);
    expect(lossAt([Infinity, Infinity], 0).loss).toBeNaN();
    expect(lossAt([-Infinity, -Infinity], 0).loss).toBeNaN();
    expect(lossAt([1, Number.NaN], 0).correct).toBe(0);
    expect([...lossAt([1, Number.NaN], 0).gradient]).toEqual([Number.NaN, Number.NaN]);
  });

  test("softmaxCrossEntropyDense: no weight, no loss; a sum other than 1 counts as it is", () => {
    const at = (z: number[], t: number[]) => run(dense, z, t, { rows: 1, columns: z.length });
    expect(at([0, -Infinity, 0], [0.5, 0, 0.5]).loss).toBeCloseTo(Math.LN2, 6);
    expect(at([0, Infinity], [0, 1]).loss).toBe(0);
    expect(at([0, Infinity], [0.5, 0.5]).loss).toBe(Infinity);
    expect(at([0, 0], [1, 1]).loss).toBeCloseTo(2 * Math.LN2, 6);
    expect([...at([0, 0], [1, 1]).gradient]).toEqual([0, 0]);
    expect(at([Number.NaN, Number.NaN], [Number.NaN, Number.NaN]).correct).toBe(0);
  });

  test("binaryCrossEntropy: extreme and infinite logits, the middle", () => {
    const at = (z: number[], t: number[]) => run(binary, z, t, { rows: 1, columns: z.length });
    expect(at([1e4, -1e4], [1, 0])).toEqual({ loss: 0, correct: 2, gradient: new Float32Array([-0, 0]) });
    expect(at([1e4, -1e4], [0, 1])).toEqual({ loss: 20_000, correct: 0, gradient: new Float32Array([SCALE, -SCALE]) });
    expect(at([Infinity, -Infinity], [1, 0]).loss).toBe(0);
    expect(at([Infinity], [0]).loss).toBe(Infinity);
    expect(at([0, 0, 0], [0, 0.5, 1]).correct).toBe(2);
    expect(at([Number.NaN], [0]).correct).toBe(0);
    expect(Math.abs(at([30], [1]).gradient[0]! / (-Math.exp(-30) * SCALE) - 1)).toBeLessThan(14 * 2 ** -24);
  });

  test("regression losses at the edges", () => {
    const at = (name: Loss["name"], d: number) =>
      run(
        losses.find((loss) => loss.name === name)!,
        [d],
        [0],
        { rows: 1, columns: 1 },
      );
    expect(at("meanSquaredError", 1e30).loss).toBe(Math.fround(1e30) ** 2);
    expect(at("meanAbsoluteError", -0).gradient[0]! + 0).toBe(0);
    expect(at("meanAbsoluteError", 1e-45).gradient[0]).toBe(SCALE);
    expect(at("meanAbsoluteError", -Infinity)).toEqual({
      loss: Infinity,
      correct: 0,
      gradient: new Float32Array([-SCALE]),
    });
    expect(at("huber", 1).loss).toBe(0.5);
    expect(at("huber", -3)).toEqual({ loss: 2.5, correct: 0, gradient: new Float32Array([-SCALE]) });
    expect(at("huber", Infinity)).toEqual({ loss: Infinity, correct: 0, gradient: new Float32Array([SCALE]) });
  });

  /** What a kernel makes of rows of logits, which it leaves as they are; in place it makes the same. */
  function byRows(kernel: typeof kernels.softmax, logits: Float32Array, rows: number, classes: number): Float32Array {
    bench.reset();
    const z = bench.place(logits, 1);
    const out = bench.allocate(logits.length, 3);
    kernel(rows, classes, z, out);
    const got = bench.floats(out, logits.length).slice();
    expect(bench.floats(z, logits.length)).toEqual(logits);
    kernel(rows, classes, z, z);
    expect(bench.floats(z, logits.length)).toEqual(got);
    bench.checkFences();
    return got;
  }

  test.each(SIZES)("softmax of %i classes follows the float64 reference, in place too", (classes) => {
    for (const rows of classes ? [0, 1, 3] : [0, 2]) {
      for (const size of [1, 30, 1e4]) {
        const logits = wave(rows * classes, 6).map((x) => x * size);
        const got = byRows(kernels.softmax, logits, rows, classes);
        rowsOf(logits, classes).forEach((row, r) => {
          const gaps = row.map((x) => Math.max(...row) - x);
          const sum = gaps.reduce((total, gap) => total + Math.exp(-gap), 0);
          const p = gaps.map((gap) => Math.exp(-gap) / sum);
          // Each exponential carries the rounding of its argument and its own (4 ulp); so does their sum, weighted by
          // p.
          const spread = p.reduce((total, x, i) => total + x * (gaps[i]! + 8), 0);
          const excess = p.map(
            (x, i) => Math.abs(got[r * classes + i]! - x) / (x * (gaps[i]! + 8 + spread + 4) * 2 ** -24 + 2 * SMALLEST),
          );
          expect(excess.filter((ratio) => !(ratio <= 1))).toEqual([]);
        });
      }
    }
  });

  test("softmax passes NaN to its whole row, and to no other", () => {
    bench.reset();
    const z = bench.place([1, Number.NaN, 2, 3, 3, 3]);
    kernels.softmax(2, 3, z, z);
    expect([...bench.floats(z, 3)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect([...bench.floats(z + 12, 3)]).toEqual([1, 1, 1].map((x) => Math.fround(x / 3)));
  });

  test.each(SIZES)("log-odds of %i classes follow the float64 reference, in place too", (classes) => {
    for (const rows of classes ? [0, 1, 3] : [0, 2]) {
      for (const size of [1, 30, 1e4]) {
        const logits = wave(rows * classes, 6).map((x) => x * size);
        const got = byRows(kernels.logOdds, logits, rows, classes);
        rowsOf(logits, classes).forEach((row, r) => {
          const wanted = row.map((own, c) => own - reference.logSumExp(row.filter((_, other) => other !== c)));
          // the gap to the maximum is rounded, and so are exponentials, whose sum is what the logarithm is of
          const excess = wanted.map((x, c) => {
            const error = (Math.max(...row.map((other) => Math.abs(row[c]! - other))) + 8) * 2 ** -23;
            return x === got[r * classes + c] ? 0 : Math.abs(got[r * classes + c]! - x) / error;
          });
          expect(excess.filter((ratio) => !(ratio <= 1))).toEqual([]);
        });
      }
    }
  });

  test("log-odds of one class are infinite, those of a single +infinity its limit; NaN is its row's alone", () => {
    bench.reset();
    const z = bench.place([1, Number.NaN, 2, 200, 100, -100, Infinity, 0, 1, 5, 5, 5, -Infinity, 3, -Infinity]);
    kernels.logOdds(5, 3, z, z);
    const last = Math.fround(-Math.log(2));
    expect([...bench.floats(z, 15)]).toEqual([
      ...[Number.NaN, Number.NaN, Number.NaN],
      ...[100, -100, -300],
      ...[Infinity, -Infinity, -Infinity],
      ...[last, last, last],
      ...[-Infinity, Infinity, -Infinity],
    ]);
    kernels.logOdds(1, 1, z, z);
    expect(bench.floats(z, 1)[0]).toBeNaN();
  });
});
