import { describe, expect, it } from "vitest";
import { expectSameNumbers } from "../support/arrays.js";
import { congruential } from "../support/random.js";
import { Bench, builds } from "../support/kernels.js";
import fc from "../support/property.js";

const EPSILON = 2 ** -24;
type Form = "NN" | "NT" | "TN" | "TT";

interface Product {
  readonly form: Form;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly beta: 0 | 1;
  readonly padding: number; // floats between the rows of each matrix
}

/** Integers that are exact in float32 whatever the order of the sums, or reals. */
function fill(count: number, seed: number, integers: boolean): Float32Array {
  const random = congruential(seed >>> 0 || 1);
  return Float32Array.from({ length: count }, () => {
    const drawn = random();
    return integers ? ((drawn >>> 24) % 17) - 8 : (drawn >>> 8) / 2 ** 23 - 1;
  });
}

/** rows x columns, with `padding` floats of NaN after each row. */
function padded(values: Float32Array, rows: number, columns: number, padding: number): Float32Array {
  const out = new Float32Array(rows * (columns + padding)).fill(Number.NaN);
  for (let r = 0; r < rows; r++) out.set(values.subarray(r * columns, (r + 1) * columns), r * (columns + padding));
  return out;
}

/** columns x rows of a matrix rows x columns. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]!;
  return out;
}

/** A (M x K), B (K x N) and C (M x N); in float64 A·B, and the sums of the |products|. */
interface Factors {
  readonly key: string;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly c: Float32Array;
  readonly product: Float64Array;
  readonly size: Float64Array;
}

let latest: Factors | undefined;

/** The latest are kept: forms and betas share them. */
function factors(M: number, N: number, K: number, integers: boolean, seed: number): Factors {
  const key = [M, N, K, integers, seed].join();
  if (latest?.key === key) return latest;
  const a = fill(M * K, seed, integers),
    b = fill(K * N, seed + 1, integers);
  const product = new Float64Array(M * N),
    size = new Float64Array(M * N);
  for (let i = 0; i < M; i++)
    for (let k = 0; k < K; k++) {
      const x = a[i * K + k]!;
      for (let j = 0, at = i * N, from = k * N; j < N; j++, at++, from++) {
        const term = x * b[from]!;
        product[at]! += term;
        size[at]! += Math.abs(term);
      }
    }
  return (latest = { key, a, b, c: fill(M * N, seed + 2, integers), product, size });
}

/** Runs one product; returns the largest |error| over its bound, K·epsilon times the sum of |products|. */
function run(bench: Bench, { form, M, N, K, beta, padding }: Product, integers: boolean, seed = 1): number {
  bench.reset();
  const wanted = factors(M, N, K, integers, seed);
  const [isATransposed, isBTransposed] = [form[0] === "T", form[1] === "T"];
  const lda = (isATransposed ? M : K) + padding,
    ldb = (isBTransposed ? K : N) + padding,
    ldc = N + padding;
  const a = bench.place(
    isATransposed ? padded(transposed(wanted.a, M, K), K, M, padding) : padded(wanted.a, M, K, padding),
    1,
  );
  const b = bench.place(
    isBTransposed ? padded(transposed(wanted.b, K, N), N, K, padding) : padded(wanted.b, K, N, padding),
    2,
  );
  const c = bench.place(beta === 0 ? new Float32Array(M * ldc).fill(Number.NaN) : padded(wanted.c, M, N, padding), 3);
  const workspace = bench.allocate(bench.kernels.gemmWorkspaceBytes() / 4);
  const [rsA, csA] = isATransposed ? [1, lda] : [lda, 1];
  const [rsB, csB] = isBTransposed ? [1, ldb] : [ldb, 1];
  bench.kernels.gemm(M, N, K, a, rsA, csA, b, rsB, csB, beta, c, ldc, workspace);
  bench.checkFences();
  const out = bench.floats(c, M * ldc);
  let worst = 0;
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < N; j++) {
      const before = beta * wanted.c[i * N + j]!;
      const size = Math.abs(before) + wanted.size[i * N + j]!;
      const error = Math.abs(out[i * ldc + j]! - (before + wanted.product[i * N + j]!));
      worst = Math.max(worst, integers ? (error === 0 ? 0 : Infinity) : error / ((K + 1) * EPSILON * size || EPSILON));
      if (Number.isNaN(error)) return Infinity;
    }
    for (let p = 0; p < padding; p++)
      if (!Number.isNaN(out[i * ldc + N + p])) throw new Error("gemm wrote between the rows of C");
  }
  return worst;
}

const forms: readonly Form[] = ["NN", "NT", "TN", "TT"];
const sizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 31];

describe.each(builds)("gemm, %s build", (build) => {
  it("is exact on integers for every small shape, form and beta", async () => {
    const bench = await Bench.create(build);
    for (const M of sizes)
      for (const N of sizes)
        for (const K of sizes)
          for (const form of forms)
            for (const beta of [0, 1] as const) {
              const error = run(bench, { form, M, N, K, beta, padding: (M + N + K) % 3 }, true);
              if (error !== 0) expect.fail(`${form} ${M}x${N}x${K} beta ${beta} is wrong`);
            }
  });

  it("is exact on integers for every number of rows: tiles of both heights, and what they leave over", async () => {
    const bench = await Bench.create(build);
    for (let M = 1; M <= 62; M++)
      for (const N of [16, 37]) {
        const K = Math.min(Math.ceil(2 ** 18 / (M * N)) + 1, 500); // just enough to be packed
        for (const form of forms)
          expect(run(bench, { form, M, N, K, beta: 1, padding: 1 }, true), `${form} ${M}x${N}x${K}`).toBe(0);
      }
  });

  // One more and one less than the tile, the blocks of M (256 where they are deepest), K (512) and N (16), and a prime
  // or two.
  it.each([
    [255, 17, 511],
    [257, 33, 513],
    [259, 31, 1025],
    [1655, 16, 79],
    [407, 17, 320],
    [241, 1023, 9],
    [5, 1025, 255],
    [6, 8, 512],
    [131, 127, 113],
    [256, 16, 512],
    [65, 64, 64],
    [64, 64, 64],
    [1, 1000, 300],
    [300, 1, 1000],
    [3, 515, 258],
  ])("keeps within K·epsilon on %i x %i x %i", async (M, N, K) => {
    const bench = await Bench.create(build);
    for (const form of forms)
      for (const beta of [0, 1] as const) {
        expect(run(bench, { form, M, N, K, beta, padding: 3 }, false)).toBeLessThanOrEqual(1);
      }
  });

  it("keeps within K·epsilon on any shape", async () => {
    const bench = await Bench.create(build);
    const size = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 150 }));
    const product = fc.record({
      form: fc.constantFrom(...forms),
      M: size,
      N: size,
      K: size,
      beta: fc.constantFrom(0 as const, 1 as const),
      padding: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(product, fc.integer(), (p, seed) => run(bench, p, false, seed) <= 1),
      { numRuns: 150 },
    );
  });

  it("gives a row of NN the same bits, whatever the number of rows around it", async () => {
    const bench = await Bench.create(build);
    const [N, K] = [70, 600];
    const aValues = fill(130 * K, 5, false),
      bValues = fill(K * N, 6, false);
    const rowOf = (rows: number, row: number) => {
      bench.reset();
      const a = bench.place(aValues.subarray((row - (rows - 1)) * K, (row + 1) * K));
      const b = bench.place(bValues);
      const c = bench.allocate(rows * N);
      const workspace = bench.allocate(bench.kernels.gemmWorkspaceBytes() / 4);
      bench.kernels.gemm(rows, N, K, a, K, 1, b, N, 1, 0, c, N, workspace);
      return bench.floats(c + (rows - 1) * N * 4, N).slice();
    };
    const alone = rowOf(1, 129);
    for (const rows of [2, 3, 4, 7, 33, 130]) expect(rowOf(rows, 129)).toEqual(alone);
  });

  it("fails this very check when one product is left out", async () => {
    const bench = await Bench.create(build);
    const { gemm } = bench.kernels;
    const broken = Object.create(bench, {
      kernels: {
        value: {
          ...bench.kernels,
          gemm: (
            m: number,
            n: number,
            k: number,
            ...rest: [number, number, number, number, number, number, number, number, number, number]
          ) => gemm(m, n, k - 1, ...rest),
        },
      },
    }) as Bench;
    expect(run(broken, { form: "NN", M: 9, N: 9, K: 9, beta: 0, padding: 0 }, false)).toBeGreaterThan(1);
  });
});

describe.each(builds)("gemmSkippingZeros of few rows, %s build", (build) => {
  /** A with zeros of both signs where `zeros` says; the product by both kernels. */
  function both(
    bench: Bench,
    M: number,
    N: number,
    K: number,
    zeros: (k: number) => boolean,
    change: (a: Float32Array, b: Float32Array) => void = () => {},
  ) {
    bench.reset();
    const aValues = fill(M * K, 11, false).map((value, i) => (zeros(i % Math.max(K, 1)) ? (i % 2 ? -0 : 0) : value));
    const bValues = fill(K * N, 12, false);
    change(aValues, bValues);
    const a = bench.place(aValues, 1),
      b = bench.place(bValues, 2);
    const skipping = bench.allocate(M * N, 3),
      plain = bench.allocate(M * N, 1);
    const workspace = bench.allocate(bench.kernels.gemmWorkspaceBytes() / 4);
    bench.kernels.gemmSkippingZeros(M, N, K, a, K, 1, b, N, 1, 0, skipping, N, workspace, 0, 0);
    bench.kernels.gemm(M, N, K, a, K, 1, b, N, 1, 0, plain, N, workspace);
    bench.checkFences();
    return { skipping: [...bench.floats(skipping, M * N)], plain: [...bench.floats(plain, M * N)] };
  }

  it("has the bits of gemm, wherever the zeros are", async () => {
    const bench = await Bench.create(build);
    const patterns: ((k: number) => boolean)[] = [
      () => false,
      () => true,
      (k) => k % 2 === 0,
      (k) => k % 7 !== 3,
      (k) => k < 6,
      (k) => k >= 6,
      (k) => k !== 12,
    ];
    for (const M of [1, 2, 3, 5])
      for (const N of [0, ...sizes, 16, 37])
        for (const K of [0, ...sizes, 70])
          for (const zeros of patterns) {
            const { skipping, plain } = both(bench, M, N, K, zeros);
            expectSameNumbers(skipping, plain, `${M}x${N}x${K}`);
          }
  });

  it("sees NaN and infinity in A", async () => {
    const bench = await Bench.create(build);
    for (const value of [Number.NaN, Infinity, -Infinity])
      for (const at of [0, 5, 6, 19]) {
        const { skipping, plain } = both(
          bench,
          1,
          21,
          20,
          (k) => k % 2 === 0,
          (a) => {
            a[at] = value;
          },
        );
        expect(skipping.every((element) => !Number.isFinite(element))).toBe(true);
        expect(skipping).toEqual(plain);
      }
  });

  it("reads no row of B whose factor is 0; gemm itself reads all", async () => {
    const bench = await Bench.create(build);
    const { skipping, plain } = both(
      bench,
      1,
      16,
      20,
      (k) => k === 4 || k === 11,
      (_, b) => b.fill(Number.NaN, 4 * 16, 5 * 16),
    );
    expect(skipping.every(Number.isFinite)).toBe(true);
    expect(plain.every(Number.isNaN)).toBe(true);
  });
});

/** Which entries of rows x columns are 0. */
type Zeros = (row: number, column: number, rows: number, columns: number) => boolean;

const scattered = (share: number): Zeros => {
  const random = congruential(77);
  return () => (random() >>> 0) / 2 ** 32 < share;
};

const ZEROS: Readonly<Record<string, Zeros>> = {
  none: () => false,
  all: () => true,
  alternating: (i, j) => (i + j) % 2 === 0,
  "every other column": (_, j) => j % 2 === 0,
  "all but one column": (_, j) => j !== 3,
  "all but the last row": (i, _, rows) => i < rows - 1,
  "the last rows": (i, _, rows) => i >= rows / 3,
  "the first columns": (_, j, __, columns) => j < (columns * 4) / 5,
  half: scattered(0.5),
  most: scattered(0.9),
  "hardly any": scattered(0.1),
};

/** The values with zeros of both signs. */
const withZeros = (values: Float32Array, columns: number, zeros: Zeros): Float32Array =>
  values.map((value, at) => {
    const i = Math.floor(at / columns),
      j = at % columns;
    if (!zeros(i, j, values.length / columns, columns)) return value;
    return (i * 7 + j) % 3 === 0 ? -0 : 0;
  });

describe.each(builds)("gemmSkippingZeros, %s build", (build) => {
  interface Operands {
    readonly form: "NN" | "NT" | "TN";
    readonly M: number;
    readonly N: number;
    readonly K: number;
    /** As they lie: for TN a is K x M, for NT b is N x K. */
    readonly a: Float32Array;
    readonly b: Float32Array;
    readonly c?: Float32Array;
  }

  /** The product by gemm and by gemmSkippingZeros, between fences, over poison. */
  function both(bench: Bench, { form, M, N, K, a, b, c }: Operands) {
    bench.reset();
    const [atA, atB] = [bench.place(a, 1), bench.place(b, 2)];
    const place = (misaligned: number) => (c ? bench.place(c, misaligned) : bench.allocate(M * N, misaligned));
    const [plain, skipping] = [place(1), place(3)];
    const workspace = bench.allocate(bench.kernels.gemmWorkspaceBytes() / 4);
    const strides = [...(form === "TN" ? [1, M] : [K, 1]), atB, ...(form === "NT" ? [1, K] : [N, 1])] as const;
    const [rowA, columnA, , rowB, columnB] = strides as unknown as [number, number, number, number, number];
    const beta = c ? 1 : 0;
    bench.kernels.gemm(M, N, K, atA, rowA, columnA, atB, rowB, columnB, beta, plain, N, workspace);
    bench.kernels.gemmSkippingZeros(
      M,
      N,
      K,
      atA,
      rowA,
      columnA,
      atB,
      rowB,
      columnB,
      beta,
      skipping,
      N,
      workspace,
      0,
      0,
    );
    bench.checkFences();
    return { plain: [...bench.floats(plain, M * N)], skipping: [...bench.floats(skipping, M * N)] };
  }

  const operands = (form: Operands["form"], M: number, N: number, K: number, inA: Zeros, inB: Zeros): Operands => ({
    form,
    M,
    N,
    K,
    a: withZeros(fill(M * K, 21, false), form === "TN" ? M : K, inA),
    b: withZeros(fill(K * N, 22, false), form === "NT" ? K : N, inB),
  });

  // Packed shapes: columns that are no multiple of 4, 8 or 32, more than a block of k or of rows, few of either.
  const SHAPES = [
    [32, 128, 100],
    [65, 70, 64],
    [130, 100, 515],
    [40, 37, 1030],
    [300, 19, 61],
    [7, 161, 300],
    [16, 48, 400],
    [513, 44, 16],
  ] as const;

  it.each(Object.entries(ZEROS))("has the bits of gemm, zeros: %s", async (_, zeros) => {
    const bench = await Bench.create(build);
    for (const [M, N, K] of SHAPES)
      for (const form of ["NN", "NT", "TN"] as const)
        for (const [inA, inB] of [
          [zeros, ZEROS.none],
          [ZEROS.none, zeros],
          [zeros, zeros],
        ] as const)
          for (const accumulate of [false, true]) {
            const c = accumulate ? { c: fill(M * N, 23, false) } : {};
            const { plain, skipping } = both(bench, { ...operands(form, M, N, K, inA!, inB!), ...c });
            expectSameNumbers(skipping, plain, `${form} ${M}x${N}x${K} ${accumulate}`);
          }
  });

  it("looks for zeros at the end of long rows, too", async () => {
    const bench = await Bench.create(build);
    const [M, N, K] = [4, 32, 2 ** 17];
    const each = operands("NN", M, N, K, (_, k) => k >= K / 2, ZEROS.none!);
    each.b.fill(Number.NaN, (K - 1) * N); // what is left out does not show
    const { plain, skipping } = both(bench, each);
    expect(plain.every(Number.isNaN)).toBe(true);
    expect(skipping.every(Number.isFinite)).toBe(true);
  });

  it("has the bits of gemm in blocks as large as they can be", async () => {
    const bench = await Bench.create(build);
    for (const [M, N, K] of [
      [8300, 20, 16],
      [36, 8300, 16],
      [300, 36, 512],
    ] as const)
      for (const form of ["NN", "TN"] as const)
        for (const zeros of [ZEROS.most!, ZEROS.all!]) {
          const { plain, skipping } = both(bench, operands(form, M, N, K, M > N ? zeros : ZEROS.none!, zeros));
          expectSameNumbers(skipping, plain, `${form} ${M}x${N}x${K}`);
        }
  });

  it("has the bits of gemm, whatever the shape and the share of zeros", async () => {
    const bench = await Bench.create(build);
    const property = fc.record({
      form: fc.constantFrom("NN" as const, "NT" as const, "TN" as const),
      M: fc.integer({ min: 1, max: 150 }),
      N: fc.integer({ min: 1, max: 150 }),
      K: fc.integer({ min: 0, max: 600 }),
      inA: fc.constantFrom(0, 0.5, 0.8, 0.97),
      inB: fc.constantFrom(0, 0.5, 0.8, 0.97),
    });
    fc.assert(
      fc.property(property, ({ form, M, N, K, inA, inB }) => {
        const { plain, skipping } = both(bench, operands(form, M, N, K, scattered(inA), scattered(inB)));
        return skipping.every((value, i) => Object.is(value, plain[i]));
      }),
      { numRuns: 150 },
    );
  });

  it("is near float64 where zeros are left out", async () => {
    const bench = await Bench.create(build);
    for (const form of ["NN", "NT", "TN"] as const) {
      const [M, N, K] = [130, 100, 515];
      const product = operands(form, M, N, K, ZEROS.most!, ZEROS.half!);
      const { skipping } = both(bench, product);
      const a = form === "TN" ? transposed(product.a, K, M) : product.a,
        b = form === "NT" ? transposed(product.b, N, K) : product.b;
      for (let at = 0; at < M * N; at += 7) {
        let sum = 0,
          size = 0;
        for (let k = 0; k < K; k++) {
          const term = a[Math.floor(at / N) * K + k]! * b[k * N + (at % N)]!;
          sum += term;
          size += Math.abs(term);
        }
        expect(Math.abs(skipping[at]! - sum)).toBeLessThanOrEqual((K + 1) * EPSILON * size);
      }
    }
  });

  // One NaN in B for each row of it that is read: what a zero would be multiplied by does not show.
  it.each([
    ["NN", "A"],
    ["NT", "A"],
    ["TN", "A"],
    ["TN", "B"],
  ] as const)("leaves zeros out, %s, those of %s", async (form, side) => {
    const bench = await Bench.create(build);
    const [M, N, K] = [64, 64, 96];
    const zeros: Zeros = (i, j) => (form === "TN" ? i : j) % 4 !== 1;
    const product = operands(form, M, N, K, side === "A" ? zeros : ZEROS.none!, side === "B" ? zeros : ZEROS.none!);
    const poisoned = side === "A" ? product.b : product.a;
    for (let k = 0; k < K; k += 4)
      for (let i = 0; i < 64; i++) poisoned[form === "NT" ? i * K + k : k * 64 + i] = Number.NaN;
    const { plain, skipping } = both(bench, product);
    expect(plain.every(Number.isNaN)).toBe(true);
    expect(skipping.every(Number.isFinite)).toBe(true);
  });

  it("multiplies zeros of B where A is no transpose: NaN among inputs shows whatever the weights", async () => {
    const bench = await Bench.create(build);
    const product = operands("NN", 64, 64, 96, ZEROS.none!, ZEROS.all!);
    product.a[5] = Number.NaN;
    const { skipping } = both(bench, product);
    expect(skipping.slice(0, 64).every(Number.isNaN)).toBe(true);
    expect(skipping.slice(64).every((value) => value === 0)).toBe(true);
  });

  it.each([Number.NaN, Infinity, -Infinity])("shows an entry of %s among zeros", async (value) => {
    const bench = await Bench.create(build);
    for (const form of ["NN", "NT", "TN"] as const) {
      const product = operands(form, 64, 64, 96, ZEROS.most!, ZEROS.none!);
      product.a[96 * 30 + 30] = value;
      const { plain, skipping } = both(bench, product);
      expectSameNumbers(skipping, plain, form);
      expect(skipping.filter((each) => !Number.isFinite(each))).toHaveLength(64);
    }
  });

  it("leaves a sum of -0 as it is, to which gemm adds 0: no other number differs", async () => {
    const bench = await Bench.create(build);
    const product = operands("NN", 64, 64, 96, ZEROS.all!, ZEROS.none!);
    const { plain, skipping } = both(bench, { ...product, c: new Float32Array(64 * 64).fill(-0) });
    expect(skipping.every((value) => Object.is(value, -0))).toBe(true);
    expect(plain.every((value) => value === 0)).toBe(true);
    expect(plain.some((value) => Object.is(value, 0))).toBe(true);
  });
});

/** Every n-th number below `size`, from `first` on. */
function everyNth(size: number, step: number, first: number): number[] {
  return Array.from({ length: size }, (_, i) => i).filter((i) => i % step === first % step);
}

/** Those rows and columns of a matrix of this width. */
function selected(values: Float32Array, width: number, rows: readonly number[], columns: readonly number[]) {
  const out = new Float32Array(rows.length * columns.length);
  let at = 0;
  for (const row of rows) for (const column of columns) out[at++] = values[row * width + column]!;
  return out;
}

/** into += a·b, for whole numbers that float32 holds: (rows x inner)·(inner x columns). */
function addProduct(
  into: Float32Array,
  a: Float32Array,
  b: Float32Array,
  rows: number,
  columns: number,
  inner: number,
): void {
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const x = a[i * inner + k]!;
      for (let j = 0; j < columns; j++) into[i * columns + j]! += x * b[k * columns + j]!;
    }
}

describe.each(builds)("gemmSkippingZeros of selected rows and columns, %s build", (build) => {
  // Awkward counts: none, one, a panel and one more, a pair of panels and one more, more than a block of k.
  it.each([
    [47, 61, 300],
    [128, 40, 650],
    [5, 9, 13],
    [1, 1, 1],
    [3, 200, 2],
    [241, 70, 40],
    [257, 40, 513],
  ])("multiplies the selected columns and rows of B, %i x %i x %i", async (M, N, K) => {
    const bench = await Bench.create(build);
    const aValues = fill(M * K, 1, true),
      bValues = fill(K * N, 2, true);
    const pick = (size: number) => [
      undefined,
      everyNth(size, 2, 1),
      everyNth(size, 3, 0),
      [size - 1],
      everyNth(size, 1, 0),
    ];
    for (const form of ["NN", "NT"] as const)
      for (const columns of pick(N))
        for (const ks of pick(K))
          for (const accumulate of [0, 1]) {
            bench.reset();
            const [rsB, csB] = form[1] === "T" ? [1, K] : [N, 1];
            const js = columns ?? everyNth(N, 1, 0),
              kinds = ks ?? everyNth(K, 1, 0);
            const [n, k] = [js.length, kinds.length];
            const selectedA = selected(aValues, K, everyNth(M, 1, 0), kinds);
            const expected = fill(M * n, 3, true);
            const a = bench.place(selectedA, 1);
            const b = bench.place(bValues, 2),
              c = bench.place(accumulate ? expected : expected.slice().fill(Number.NaN), 3);
            if (!accumulate) expected.fill(0);
            const index = (list: readonly number[] | undefined) => (list ? bench.placeInt32(list) : 0);
            const [columnIndex, kIndex] = [index(columns), index(ks)];
            bench.kernels.gemmSkippingZeros(
              M,
              n,
              k,
              a,
              k,
              1,
              b,
              rsB,
              csB,
              accumulate,
              c,
              n,
              bench.allocate(bench.kernels.gemmWorkspaceBytes() / 4),
              columnIndex,
              kIndex,
            );
            bench.checkFences();
            const selectedB = selected(form === "NT" ? transposed(bValues, N, K) : bValues, N, kinds, js);
            addProduct(expected, selectedA, selectedB, M, n, k);
            expectSameNumbers(bench.floats(c, M * n), expected, `${form} ${n} ${k} ${accumulate}`);
          }
  });
});

describe.each(builds)("what an index selects, %s build", (build) => {
  const widths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 64, 67];
  const pick = (size: number, seed: number) =>
    [
      [],
      [0],
      [size - 1],
      everyNth(size, 2, 1),
      everyNth(size, 3, 0),
      everyNth(size, 1, 0),
      everyNth(size, 1, 0).filter((i) => (i * i + seed) % 7 > 2),
    ].filter((list, i, all) => all.findIndex((other) => other.join() === list.join()) === i);

  it("gathers columns, in place too", async () => {
    const bench = await Bench.create(build);
    for (const rows of [0, 1, 5])
      for (const width of widths)
        for (const columns of pick(width, rows))
          for (const inPlace of [false, true]) {
            bench.reset();
            const values = fill(rows * width, 1, false);
            const from = bench.place(values, 1),
              to = inPlace ? from : bench.allocate(rows * columns.length, 3);
            bench.kernels.gatherColumns(rows, width, columns.length, bench.placeInt32(columns), from, to);
            bench.checkFences();
            const expected = Float32Array.from(
              { length: rows * columns.length },
              (_, i) => values[Math.floor(i / columns.length) * width + columns[i % columns.length]!]!,
            );
            expectSameNumbers(bench.floats(to, expected.length), expected);
          }
  });

  it("spreads rows and columns in place, with zeros between, over what was there", async () => {
    const bench = await Bench.create(build);
    for (const height of [1, 2, 6])
      for (const width of widths)
        for (const rows of [undefined, ...pick(height, 1)])
          for (const columns of [undefined, ...pick(width, 2)]) {
            bench.reset();
            const is = rows ?? everyNth(height, 1, 0),
              js = columns ?? everyNth(width, 1, 0);
            const values = fill(is.length * js.length, 1, false);
            const c = bench.allocate(height * width, 1);
            bench.floats(c, values.length).set(values);
            const [rowIndex, columnIndex] = [
              rows ? bench.placeInt32(rows) : 0,
              columns ? bench.placeInt32(columns) : 0,
            ];
            const workspace = bench.allocate(Math.ceil((5 * width + 20) / 4), 1);
            bench.kernels.spread(height, width, is.length, js.length, rowIndex, columnIndex, c, workspace);
            bench.checkFences();
            const expected = new Float32Array(height * width);
            is.forEach((i, r) =>
              js.forEach((j, at) => {
                expected[i * width + j] = values[r * js.length + at]!;
              }),
            );
            expectSameNumbers(
              bench.floats(c, height * width),
              expected,
              `${is.join()} of ${height}, ${js.join()} of ${width}`,
            );
          }
  });
});
