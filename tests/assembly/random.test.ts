// Every statistic below is of a fixed stream, so no test can flake; each bound is a quantile of the statistic's own
// distribution at the significance given.
import { describe, expect, test } from "vitest";
import { Bench, builds } from "../support/kernels.js";

type Words = readonly [number, number, number, number];

/** Philox4x32-10 as its paper writes it, in big integers. */
function philox(counter: Words, key: readonly [number, number]): Words {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0;
    const product1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(product1 >> 32n) ^ c1 ^ k0, product1 & mask, (product0 >> 32n) ^ c3 ^ k1, product0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number) as unknown as Words;
}

/** The word behind draw `index` of a stream. */
const wordAt = (index: number, seed: readonly [number, number], stream: number, substream: number) =>
  philox([Math.floor(index / 4), 0, stream, substream], seed)[index % 4]!;

const SEED = [0xdeadbeef, 0x01234567] as const;
const COUNT = 100_000;

/** Abramowitz and Stegun 26.2.10's series: exact to float64's rounding where |x| < 6. */
function normalCdf(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

/** The largest distance between the empirical distribution function and `cdf`, times √n. */
function kolmogorovSmirnov(values: Float32Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  const distance = sorted.reduce(
    (worst, x, i) => Math.max(worst, (i + 1) / sorted.length - cdf(x), cdf(x) - i / sorted.length),
    0,
  );
  return Math.sqrt(sorted.length) * distance;
}
const KS_ONE_IN_THOUSAND = 1.95;

function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

test("the reference meets the published known answers (Random123, kat_vectors)", () => {
  const all = 0xffffffff;
  expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(philox([all, all, all, all], [all, all])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

describe.each(builds)("%s build", async (build) => {
  const bench = await Bench.create(build);
  const { kernels } = bench;

  function uniform(
    n: number,
    low: number,
    high: number,
    seed: readonly [number, number] = SEED,
    stream = 0,
    substream = 0,
  ): Float32Array {
    bench.reset();
    const out = bench.allocate(n, n % 4);
    kernels.fillUniform(n, out, ...seed, stream, substream, low, high);
    bench.checkFences();
    return bench.floats(out, n).slice();
  }
  function normal(n: number, mean = 0, deviation = 1, stream = 0, substream = 0): Float32Array {
    bench.reset();
    const out = bench.allocate(n, n % 4);
    kernels.fillNormal(n, out, ...SEED, stream, substream, mean, deviation);
    bench.checkFences();
    return bench.floats(out, n).slice();
  }
  function shuffled(indices: number[], stream = 0, substream = 0): number[] {
    bench.reset();
    const address = bench.placeInt32(indices);
    kernels.shuffle(indices.length, address, ...SEED, stream, substream);
    bench.checkFences();
    return [...bench.ints(address, indices.length)];
  }

  test("all 32 bits of every draw are Philox's", () => {
    const cases = [
      [0, 0, 0, 0],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xa4093822, 0x299f31d0, 0x13198a2e, 0x03707344],
    ] as const;
    for (const [seedLow, seedHigh, stream, substream] of cases) {
      for (let i = 0; i < 9; i++) {
        const word = wordAt(i, [seedLow, seedHigh], stream, substream);
        // Shifted so that this word alone falls on 0, where float32 is fine enough to tell it from its neighbours.
        expect(uniform(9, -word, 2 ** 32 - word, [seedLow, seedHigh], stream, substream)[i]).toBe(0);
        expect(uniform(9, 1 - word, 2 ** 32 + 1 - word, [seedLow, seedHigh], stream, substream)[i]).toBe(1);
      }
    }
  });

  test.each([0, 1, 2, 3, 4, 5, 7, 8, 9, 31])("%i draws are the first of a thousand", (n) => {
    expect([...uniform(n, -1, 1)]).toEqual([...uniform(1000, -1, 1).subarray(0, n)]);
    expect([...normal(n)]).toEqual([...normal(1000).subarray(0, n)]);
  });

  test("each part of the seed and of the stream matters", () => {
    const [low, high] = SEED;
    const streams = [
      uniform(64, 0, 1),
      uniform(64, 0, 1, [low + 1, high]),
      uniform(64, 0, 1, [low, high + 1]),
      uniform(64, 0, 1, SEED, 1, 0),
      uniform(64, 0, 1, SEED, 0, 1),
      uniform(64, 0, 1, SEED, 1, 1),
    ];
    const values = streams.flatMap((stream) => [...stream]);
    expect(new Set(values).size).toBe(values.length);
  });

  test("uniform: moments and Kolmogorov-Smirnov at one in a thousand", () => {
    const values = uniform(COUNT, -2, 3);
    const mean = values.reduce((sum, x) => sum + x, 0) / COUNT;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / COUNT;
    expect(Math.abs(mean - 0.5)).toBeLessThan(3.3 * Math.sqrt(25 / 12 / COUNT));
    expect(Math.abs(variance - 25 / 12)).toBeLessThan(3.3 * 25 * Math.sqrt(1 / 180 / COUNT));
    expect(kolmogorovSmirnov(values, (x) => (x + 2) / 5)).toBeLessThan(KS_ONE_IN_THOUSAND);
  });

  test("uniform: pairs of neighbours fill a 16 x 16 grid evenly (chi-square, 255 degrees, one in a thousand)", () => {
    const values = uniform(COUNT, 0, 16);
    const counts = new Array<number>(256).fill(0);
    for (let i = 0; i < COUNT; i += 2) counts[Math.floor(values[i]!) * 16 + Math.floor(values[i + 1]!)]! += 1;
    expect(chiSquare(counts)).toBeLessThan(330.5);
  });

  test("uniform never reaches the upper end nor passes the lower", () => {
    const intervals = [
      [0, 1],
      [-1, 0],
      [1, 1 + 2 ** -22],
      [-1 - 2 ** -22, -1],
      [0.1, 0.1 + 2e-8],
      [-1e-44, 1e-44],
      [-2e-45, 0],
      [1e30, 1.0000002e30],
    ] as const;
    for (const [low, high] of intervals) {
      const values = uniform(4096, low, high);
      expect(
        values.every((x) => x >= low && x < high),
        `[${low}, ${high})`,
      ).toBe(true);
    }
    expect(new Set(uniform(4096, 1, 1 + 2 ** -22)).size).toBe(2);
  });

  test("normal: each draw is the quantile of its own word", () => {
    const values = normal(2000);
    values.forEach((x, i) => {
      const p = (wordAt(i, SEED, 0, 0) + 0.5) / 2 ** 32;
      // float32 rounds x by up to half an ulp, which moves the probability by the density times that.
      const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
      expect(Math.abs(normalCdf(x) - p)).toBeLessThan(density * Math.abs(x) * 2 ** -24 + 4 * Number.EPSILON);
    });
  });

  test("normal: the far tails", () => {
    // The least of two million draws, far within the tail's own branch.
    const values = normal(2_000_000);
    let least = 0;
    values.forEach((x, i) => {
      if (x < values[least]!) least = i;
    });
    const p = (wordAt(least, SEED, 0, 0) + 0.5) / 2 ** 32;
    const x = values[least]!;
    expect(x).toBeLessThan(-4.5);
    expect(Math.abs(normalCdf(x) / p - 1)).toBeLessThan(1e-5);
  });

  test("normal: moments and Kolmogorov-Smirnov at one in a thousand", () => {
    const values = normal(COUNT, 3, 2).map((x) => (x - 3) / 2);
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / COUNT;
    expect(Math.abs(moment(1))).toBeLessThan(3.3 * Math.sqrt(1 / COUNT));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(3.3 * Math.sqrt(2 / COUNT));
    expect(Math.abs(moment(3))).toBeLessThan(3.3 * Math.sqrt(15 / COUNT));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(3.3 * Math.sqrt(96 / COUNT));
    expect(kolmogorovSmirnov(values, normalCdf)).toBeLessThan(KS_ONE_IN_THOUSAND);
  });

  test("negative control: Kolmogorov-Smirnov sees a deviation of 1.02", () => {
    expect(kolmogorovSmirnov(normal(COUNT, 0, 1.02), normalCdf)).toBeGreaterThan(KS_ONE_IN_THOUSAND);
  });

  test.each([0, 1, 2, 3, 5, 31, 1000])("shuffle of %i is a permutation, the same each time", (n) => {
    const sorted = Array.from({ length: n }, (_, i) => i);
    const order = shuffled(sorted);
    expect([...order].sort((a, b) => a - b)).toEqual(sorted);
    expect(shuffled(sorted)).toEqual(order);
    if (n >= 31) expect(order).not.toEqual(sorted);
    if (n >= 31) expect(shuffled(sorted, 0, 1)).not.toEqual(order);
  });

  test("shuffle rejects the words that would favour some places", () => {
    const count = 200_000;
    const wanted = Array.from({ length: count }, (_, i) => i);
    let block: Words | undefined;
    let draws = 0;
    let rejected = 0;
    const nextWord = () => {
      if (draws % 4 === 0) block = philox([draws / 4, 0, 0, 0], SEED);
      return BigInt(block![draws++ % 4]!);
    };
    for (let bound = BigInt(count); bound > 1n; bound--) {
      let product = nextWord() * bound;
      for (; (product & 0xffffffffn) < 2n ** 32n % bound; rejected++) product = nextWord() * bound;
      const [last, chosen] = [Number(bound) - 1, Number(product >> 32n)];
      [wanted[last], wanted[chosen]] = [wanted[chosen]!, wanted[last]!];
    }
    expect(rejected).toBeGreaterThan(0);
    const order = shuffled(Array.from({ length: count }, (_, i) => i));
    expect(order.findIndex((value, place) => value !== wanted[place])).toBe(-1);
  });

  test("shuffle keeps whatever 32-bit values it is given", () => {
    expect(shuffled([-1, 7, 7, 0x7fffffff]).sort((a, b) => a - b)).toEqual([-1, 7, 7, 0x7fffffff]);
  });

  test("shuffle: all 24 orders of 4 are as likely (chi-square, 23 degrees, one in a thousand)", () => {
    const counts = new Map<string, number>();
    for (let stream = 0; stream < 24_000; stream++) {
      const order = shuffled([0, 1, 2, 3], stream).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()])).toBeLessThan(49.7);
  });

  test("negative control: chi-square sees the shuffle that swaps each place with any place", () => {
    const counts = new Map<string, number>();
    const places = uniform(96_000, 0, 4).map(Math.floor);
    for (let trial = 0; trial < 24_000; trial++) {
      const order = [0, 1, 2, 3];
      for (let i = 0; i < 4; i++) {
        const j = places[trial * 4 + i]!;
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      counts.set(order.join(""), (counts.get(order.join("")) ?? 0) + 1);
    }
    expect(chiSquare([...counts.values()])).toBeGreaterThan(49.7);
  });

  test("shuffle: every place of 50 gets every value as often (chi-square, 2401 degrees, one in a thousand)", () => {
    const counts = new Array<number>(2500).fill(0);
    const sorted = Array.from({ length: 50 }, (_, i) => i);
    for (let stream = 0; stream < 5000; stream++)
      shuffled(sorted, 1, stream).forEach((value, place) => {
        counts[place * 50 + value]! += 1;
      });
    // Rows and columns both have fixed sums: (49/50) times the statistic has 49² degrees of freedom.
    expect((49 / 50) * chiSquare(counts)).toBeLessThan(2620);
  });
});

test("both builds give the same bits", async () => {
  const outcomes = await Promise.all(
    builds.map(async (build) => {
      const bench = await Bench.create(build);
      const [uniform, normal, order] = [
        bench.allocate(1000),
        bench.allocate(1000),
        bench.placeInt32(Array.from({ length: 1000 }, (_, i) => i)),
      ];
      bench.kernels.fillUniform(1000, uniform, ...SEED, 1, 2, -0.1, 0.1);
      bench.kernels.fillNormal(1000, normal, ...SEED, 1, 2, 0, 0.05);
      bench.kernels.shuffle(1000, order, ...SEED, 1, 2);
      return [uniform, normal, order].flatMap((address) => [...bench.ints(address, 1000)]);
    }),
  );
  for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
});

// Worked out apart from this project's code, with Python's statistics.NormalDist and big integers.
test("the stream of a seed never changes", async () => {
  const bench = await Bench.create("strict");
  const [normal, order] = [bench.allocate(4), bench.placeInt32([0, 1, 2, 3, 4, 5, 6, 7])];
  bench.kernels.fillNormal(4, normal, 42, 0, 0, 0, 0, 1);
  bench.kernels.shuffle(8, order, 42, 0, 0, 0);
  expect([...bench.ints(normal, 4)]).toEqual([1049818920, -1113493965, -1078337631, -1093535149]);
  expect([...bench.ints(order, 8)]).toEqual([2, 7, 5, 6, 1, 0, 3, 4]);
});
