import { describe, expect, test } from "vitest";
import { Bench, builds } from "../support/kernels.js";
import * as reference from "../reference/entry-optimizer.js";

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 1000];
const STEPS = 3;
const ROUNDOFF = 2 ** -24;
const SMALLEST = 2 ** -149;
// Roundings behind one parameter in one step, each at most ROUNDOFF of its size: AdamW has 11 operations and 6 rounded
// operands, the moving averages come from up to 3 operations in each of 3 steps; the others have fewer.
const ROUNDINGS = 11 + 6 + 3 * STEPS;

/** sgd and rmsprop take whole vectors, as the padded blocks of a network are. */
const padded = (n: number) => Math.ceil(n / 4) * 4;
const wave = (n: number, period: number, unit: number) =>
  Float32Array.from({ length: n }, (_, i) => (((i * 37 + 11) % period) - (period >> 1)) * unit);

interface Optimizer {
  readonly name: string;
  run(bench: Bench, n: number, at: Addresses, step: number): number;
  expected(entry: reference.Entry, gradient: number, step: number): reference.Entry;
}
interface Addresses {
  readonly p: number;
  readonly g: number;
  readonly m: number;
  readonly v: number;
}

function sgd(
  options: { learningRate: number; momentum: number; weightDecay: number; nesterov: boolean },
  velocity: boolean,
): Optimizer {
  return {
    name: `sgd ${JSON.stringify(options)}`,
    run: (bench, n, at) =>
      bench.kernels.sgd(
        padded(n),
        at.p,
        at.g,
        velocity ? at.m : 0,
        options.learningRate,
        options.momentum,
        options.weightDecay,
        Number(options.nesterov),
      ),
    expected: (entry, gradient) => reference.sgd(entry.p, gradient, entry.m, options),
  };
}
function adam(options: {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}): Optimizer {
  const { learningRate, beta1, beta2, epsilon, weightDecay } = options;
  return {
    name: `adam ${JSON.stringify(options)}`,
    run: (bench, n, at, step) =>
      bench.kernels.adam(
        1,
        n,
        at.p,
        at.g,
        at.m,
        at.v,
        1 - beta1,
        1 - beta2,
        learningRate / (1 - beta1 ** step),
        1 / Math.sqrt(1 - beta2 ** step),
        0,
        epsilon,
        learningRate * weightDecay,
        0,
        0,
        0,
      ),
    expected: (entry, gradient, step) => reference.adam(entry.p, gradient, entry.m, entry.v, step, options),
  };
}
function rmsprop(options: { learningRate: number; rho: number; epsilon: number; momentum: number }): Optimizer {
  return {
    name: `rmsprop ${JSON.stringify(options)}`,
    run: (bench, n, at) =>
      bench.kernels.rmsprop(
        padded(n),
        at.p,
        at.g,
        at.v,
        options.momentum ? at.m : 0,
        options.learningRate,
        1 - options.rho,
        options.epsilon,
        options.momentum,
      ),
    expected: (entry, gradient) => reference.rmsprop(entry.p, gradient, entry.m, entry.v, options),
  };
}

function nadam(options: Parameters<typeof reference.nadam>[5]): Optimizer {
  const { learningRate, beta1, beta2, epsilon, weightDecay, momentumDecay } = options;
  const muAt = (t: number) => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  return {
    name: `nadam ${JSON.stringify(options)}`,
    run: (bench, n, at, step) => {
      const product = Array.from({ length: step }, (_, i) => muAt(i + 1)).reduce((a, b) => a * b, 1);
      return bench.kernels.nadam(
        1,
        n,
        at.p,
        at.g,
        at.m,
        at.v,
        1 - beta1,
        1 - beta2,
        (learningRate * (1 - muAt(step))) / (1 - product),
        1 / Math.sqrt(1 - beta2 ** step),
        (learningRate * muAt(step + 1)) / (1 - product * muAt(step + 1)),
        epsilon,
        weightDecay,
        0,
        0,
        0,
      );
    },
    expected: (entry, gradient, step) => reference.nadam(entry.p, gradient, entry.m, entry.v, step, options),
  };
}
function adamax(options: Parameters<typeof reference.adamax>[5]): Optimizer {
  const { learningRate, beta1, beta2, epsilon, weightDecay } = options;
  return {
    name: `adamax ${JSON.stringify(options)}`,
    run: (bench, n, at, step) =>
      bench.kernels.adamax(
        1,
        n,
        at.p,
        at.g,
        at.m,
        at.v,
        1 - beta1,
        1 - beta2,
        learningRate / (1 - beta1 ** step),
        0,
        0,
        epsilon,
        weightDecay,
        0,
        0,
        0,
      ),
    expected: (entry, gradient, step) => reference.adamax(entry.p, gradient, entry.m, entry.v, step, options),
  };
}
function adagrad(options: Parameters<typeof reference.adagrad>[4]): Optimizer {
  const { learningRate, learningRateDecay, epsilon, initialAccumulator, weightDecay } = options;
  return {
    name: `adagrad ${JSON.stringify(options)}`,
    run: (bench, n, at, step) => {
      const rate = learningRate / (1 + (step - 1) * learningRateDecay);
      return bench.kernels.adagrad(n, at.p, at.g, at.v, rate, epsilon, initialAccumulator, weightDecay);
    },
    expected: (entry, gradient, step) => reference.adagrad(entry.p, gradient, entry.v, step, options),
  };
}
function lion(options: Parameters<typeof reference.lion>[3]): Optimizer {
  const { learningRate, beta1, beta2, weightDecay } = options;
  const shrink = learningRate * weightDecay;
  return {
    name: `lion ${JSON.stringify(options)}`,
    run: (bench, n, at) => bench.kernels.lion(padded(n), at.p, at.g, at.m, learningRate, 1 - beta1, 1 - beta2, shrink),
    expected: (entry, gradient) => reference.lion(entry.p, gradient, entry.m, options),
  };
}

const lions = [
  lion({ learningRate: 0.01, beta1: 0.9, beta2: 0.99, weightDecay: 0 }),
  lion({ learningRate: 0.01, beta1: 0.9, beta2: 0.99, weightDecay: 0.01 }),
];
const optimizers = [
  sgd({ learningRate: 0.1, momentum: 0, weightDecay: 0, nesterov: false }, false),
  sgd({ learningRate: 0.1, momentum: 0, weightDecay: 0.01, nesterov: false }, false),
  sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0, nesterov: false }, true),
  sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.01, nesterov: true }, true),
  adam({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }),
  adam({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }),
  adam({ learningRate: 0.01, beta1: 0, beta2: 0, epsilon: 1e-8, weightDecay: 0 }),
  rmsprop({ learningRate: 0.01, rho: 0.99, epsilon: 1e-8, momentum: 0 }),
  rmsprop({ learningRate: 0.01, rho: 0.99, epsilon: 1e-8, momentum: 0.9 }),
  nadam({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, momentumDecay: 0.004 }),
  nadam({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, momentumDecay: 0.5 }),
  adamax({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }),
  adamax({ learningRate: 0.01, beta1: 0.8, beta2: 0.9, epsilon: 1e-8, weightDecay: 0.01 }),
  adagrad({ learningRate: 0.1, learningRateDecay: 0, epsilon: 1e-10, initialAccumulator: 0, weightDecay: 0 }),
  adagrad({ learningRate: 0.1, learningRateDecay: 0.1, epsilon: 1e-6, initialAccumulator: 0.1, weightDecay: 0.01 }),
  ...lions,
];
/** Those that square gradients. */
const squaring = optimizers.slice(4).filter(({ name }) => !/^(lion|adamax)/.test(name));

describe.each(builds)("%s build", async (build) => {
  const bench = await Bench.create(build);

  function place(parameters: ArrayLike<number>, gradient: ArrayLike<number>): Addresses {
    bench.reset();
    const size = padded(parameters.length);
    const fill = (values: ArrayLike<number>) => Float32Array.from({ length: size }, (_, i) => values[i] ?? 1);
    const zeros = new Float32Array(size);
    return {
      p: bench.place(fill(parameters), 1),
      g: bench.place(fill(gradient), 2),
      m: bench.place(zeros, 3),
      v: bench.place(zeros),
    };
  }

  /** The largest error of any parameter after each of the steps, in units of what rounding allows. */
  function worstError(optimizer: Optimizer, n: number, stepOfReference = (step: number) => step): number {
    const parameters = wave(n, 101, 0.03);
    const at = place(parameters, new Float32Array(n));
    let entries = [...parameters].map((p): reference.Entry => ({ p, m: 0, v: 0, size: 0 }));
    let allowed = new Float64Array(n);
    let worst = 0;
    for (let step = 1; step <= STEPS; step++) {
      const gradient = wave(n, 89 + step, 0.02 * step);
      bench.floats(at.g, n).set(gradient);
      expect(optimizer.run(bench, n, at, step)).toBe(0);
      entries = entries.map((entry, i) => optimizer.expected(entry, gradient[i]!, stepOfReference(step)));
      allowed = allowed.map((sum, i) => sum + ROUNDINGS * ROUNDOFF * entries[i]!.size + SMALLEST);
      bench.floats(at.p, n).forEach((p, i) => {
        worst = Math.max(worst, Math.abs(p - entries[i]!.p) / allowed[i]!);
      });
      expect([...bench.floats(at.g, n)]).toEqual([...gradient]);
    }
    if (/^(n?adam|adagrad)/.test(optimizer.name))
      expect(bench.floats(at.p + 4 * n, padded(n) - n).every((p) => p === 1)).toBe(true);
    bench.checkFences();
    return worst;
  }

  describe.each(optimizers)("$name", (optimizer) => {
    test.each(SIZES)("%i entries follow the float64 reference", (n) => {
      expect(worstError(optimizer, n)).toBeLessThan(1);
    });

    test("an entry that would leave the finite numbers is refused, alone", () => {
      const bad = [Number.NaN, Infinity, -Infinity];
      for (let n = 1; n <= 9; n++) {
        const gradient = wave(n, 7, 0.5);
        const clean = place(wave(n, 5, 0.5), gradient);
        optimizer.run(bench, n, clean, 1);
        const wanted = (["p", "m", "v"] as const).map((key) => [...bench.floats(clean[key], n)]);
        for (let i = 0; i < n; i++) {
          for (const value of bad) {
            const at = place(wave(n, 5, 0.5), gradient);
            bench.floats(at.g, n)[i] = value;
            expect(optimizer.run(bench, n, at, 1)).toBe(1);
            const kept = [bench.floats(at.p, n), bench.floats(at.m, n), bench.floats(at.v, n)];
            const before = [wave(n, 5, 0.5)[i], 0, 0];
            kept.forEach((array, k) => expect([...array]).toEqual(wanted[k]!.with(i, before[k]!)));
            bench.checkFences();
          }
        }
      }
    });

    test("a parameter that is not finite stays as it is and is counted", () => {
      const at = place([1, Number.NaN, Infinity, 2, -Infinity], [0.25, 0.25, 0.25, 0.25, 0.25]);
      expect(optimizer.run(bench, 5, at, 1)).toBe(3);
      expect([...bench.floats(at.p, 5)].map(Number.isFinite)).toEqual([true, false, false, true, false]);
      expect(bench.floats(at.p, 5)[2]).toBe(Infinity);
    });
  });

  test.each(optimizers.filter(({ name }) => !/"weightDecay":0.01/.test(name)))(
    "$name: a zero gradient changes no bit",
    (optimizer) => {
      for (const zero of [0, -0]) {
        const parameters = [0, -0, 1.5, -1e-45, 3e38, -0, 1e-38];
        const at = place(
          parameters,
          parameters.map(() => zero),
        );
        expect(optimizer.run(bench, parameters.length, at, 1)).toBe(0);
        expect([...bench.ints(at.p, parameters.length)]).toEqual([
          ...new Int32Array(Float32Array.from(parameters).buffer),
        ]);
      }
    },
  );

  test("denormal and large gradients", () => {
    const values = [1e-45, -1e-40, 1e-30, -1e-20, 1e18, -1e18];
    for (const optimizer of optimizers.slice(4).filter((each) => !lions.includes(each))) {
      const at = place(
        values.map(() => 1),
        values,
      );
      expect(optimizer.run(bench, values.length, at, 1)).toBe(0);
      bench.floats(at.p, values.length).forEach((p, i) => {
        const wanted = optimizer.expected({ p: 1, m: 0, v: 0, size: 0 }, Math.fround(values[i]!), 1);
        expect(Math.abs(p - wanted.p)).toBeLessThan(ROUNDINGS * ROUNDOFF * wanted.size);
      });
    }
  });

  test("a second moment that overflows is refused, though the step would be 0", () => {
    for (const optimizer of squaring) {
      const at = place([1, 2], [1e20, 1]);
      expect(optimizer.run(bench, 2, at, 1)).toBe(1);
      expect([bench.floats(at.p, 2)[0], bench.floats(at.m, 2)[0], bench.floats(at.v, 2)[0]]).toEqual([1, 0, 0]);
    }
  });

  test("with an epsilon of 0, a gradient of 0 is refused, the lanes past the end are not", () => {
    const withoutEpsilon = [
      adam({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 0, weightDecay: 0 }),
      rmsprop({ learningRate: 0.01, rho: 0.99, epsilon: 0, momentum: 0.9 }),
      nadam({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 0, weightDecay: 0, momentumDecay: 0.004 }),
      adamax({ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 0, weightDecay: 0 }),
      adagrad({ learningRate: 0.1, learningRateDecay: 0, epsilon: 0, initialAccumulator: 0, weightDecay: 0 }),
    ];
    for (const optimizer of withoutEpsilon) {
      for (let n = 1; n <= 9; n++) {
        const ones = new Float32Array(n).fill(1);
        expect(optimizer.run(bench, n, place(ones, ones), 1)).toBe(0);
        expect(optimizer.run(bench, n, place(ones, ones.with(n - 1, 0)), 1)).toBe(1);
      }
    }
  });

  test("an overflowing update is refused, without a trace in the moments", () => {
    const at = place([3e38, 1], [-3e38, 1]);
    expect(bench.kernels.sgd(4, at.p, at.g, at.m, 1, 0.5, 0, 0)).toBe(1);
    expect([...bench.floats(at.p, 2)]).toEqual([Math.fround(3e38), 0]);
    expect([...bench.floats(at.m, 2)]).toEqual([0, 1]);
  });

  test("negative control: the comparison sees a wrong bias correction", () => {
    expect(worstError(optimizers[4]!, 31, (step) => step + 1)).toBeGreaterThan(100);
  });
});

test("both builds give the same bits", async () => {
  const outcomes = await Promise.all(
    builds.map(async (build) => {
      const bench = await Bench.create(build);
      return optimizers.flatMap((optimizer) => {
        bench.reset();
        const [p, g] = [bench.place(wave(32, 101, 0.03)), bench.place(wave(32, 89, 0.07))];
        const at = { p, g, m: bench.place(new Float32Array(32)), v: bench.place(new Float32Array(32)) };
        for (let step = 1; step <= STEPS; step++) optimizer.run(bench, 32, at, step);
        return [...bench.ints(at.p, 32), ...bench.ints(at.m, 32), ...bench.ints(at.v, 32)];
      });
    }),
  );
  expect(outcomes[0]!.length).toBe(optimizers.length * 96);
  for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
});
