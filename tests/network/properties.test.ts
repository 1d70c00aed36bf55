// Random specs and calls, good and bad: nothing but a RelumineError is ever thrown, and what comes back has the right
// form.
import { expect, test } from "vitest";
import { relativeDistance, toReference, weightsOf, withNetwork } from "../support/networks.js";
import { adam, adamW, createNetwork, diagnose, type Network, RelumineError, rmsprop, sgd } from "../../src/index.js";
import { ACTIVATION_NAMES } from "../../src/wasm/abi.js";
import { outputs } from "../reference/network.js";
import fc from "../support/property.js";

type Anything = any;

const garbage: fc.Arbitrary<Anything> = fc.oneof(
  fc.constantFrom<Anything[]>(
    undefined,
    null,
    Number.NaN,
    Infinity,
    -Infinity,
    -1,
    0,
    1.5,
    2e9,
    2 ** 53,
    1e300,
    "",
    "relu",
    "reluu",
    "NaN",
    true,
    false,
    7n,
    Symbol("s"),
    () => 1,
    sgd,
    [],
    {},
    [[]],
    [null],
    { length: 3 },
    { length: -1 },
    { length: 1e300 },
    { length: "2" },
    { rows: 1, columns: 1, data: [1] },
    { name: "adam" },
    { name: null },
    new Map(),
    new Date(0),
    new DataView(new ArrayBuffer(8)),
    BigInt64Array.of(1n),
    Object.create(null),
    new Proxy({}, {}),
    /x/,
    Promise.resolve(),
  ),
  fc.anything({ maxDepth: 2, withBigInt: true, withTypedArray: true, withSparseArray: true, withNullPrototype: true }),
);

/** Mostly what is wanted, now and then anything. */
const mostly = (good: fc.Arbitrary<Anything>, weight = 24): fc.Arbitrary<Anything> =>
  fc.oneof({ arbitrary: good, weight }, { arbitrary: garbage, weight: 1 });
const optional = (keys: Record<string, fc.Arbitrary<Anything>>, required: string[] = []) =>
  fc.record(keys, { requiredKeys: required });

const name = fc.constantFrom(...ACTIVATION_NAMES);
const layer = optional(
  {
    units: mostly(fc.integer({ min: 1, max: 9 })),
    activation: mostly(
      fc.oneof(name, optional({ name, alpha: mostly(fc.double({ min: 0, max: 2, noNaN: true })) }, ["name"])),
    ),
    kernelInitializer: mostly(
      fc.constantFrom(
        "heNormal",
        "heUniform",
        "glorotNormal",
        "glorotUniform",
        "lecunNormal",
        "orthogonal",
        "asymmetric",
      ),
    ),
    biasInitializer: mostly(fc.double({ min: -2, max: 2, noNaN: true })),
  },
  ["units"],
);
const spec = optional(
  {
    inputs: mostly(fc.integer({ min: 1, max: 5 })),
    layers: mostly(fc.array(mostly(layer), { minLength: 1, maxLength: 4 })),
    loss: mostly(
      fc.constantFrom("crossEntropy", "binaryCrossEntropy", "meanSquaredError", "meanAbsoluteError", "huber"),
    ),
    seed: mostly(fc.nat()),
  },
  ["inputs", "layers", "loss"],
);

const value = mostly(
  fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.constantFrom(0, -0, 1e38, -1e38, 1e-45, 0.5)),
  200,
);

function samples(columns: number): fc.Arbitrary<Anything> {
  const rows = fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 7 });
  const matrix = fc.nat(7).chain((count) =>
    fc.record({
      rows: mostly(fc.constant(count)),
      columns: mostly(fc.constant(columns)),
      data: mostly(
        fc
          .array(fc.double({ min: -3, max: 3, noNaN: true }), {
            minLength: count * columns,
            maxLength: count * columns,
          })
          .map((data) => Float32Array.from(data)),
      ),
    }),
  );
  return mostly(fc.oneof(rows, matrix));
}

/** A data set of as many targets as rows, mostly. */
function dataSet(network: Network): fc.Arbitrary<Anything> {
  const { inputs, layers, loss } = network.spec;
  const { units } = layers.at(-1)!;
  const target =
    loss === "crossEntropy"
      ? fc.nat(units - 1)
      : fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: units, maxLength: units });
  const matching = samples(inputs).chain((x) => {
    const rows = Array.isArray(x) ? x.length : 3;
    return fc.record({
      x: fc.constant(x),
      y: mostly(fc.array(mostly(target, 200), { minLength: rows, maxLength: rows })),
    });
  });
  return mostly(matching);
}

const rate = mostly(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(1e4, 1e30, 1e38)));
const optimizer = fc.tuple(fc.constantFrom(sgd, adam, adamW, rmsprop), rate).map(
  ([make, learningRate]) =>
    () =>
      make({ learningRate }),
);
const fitOptions = optional({
  // or the run takes long
  epochs: mostly(fc.integer({ min: 0, max: 3 })).filter((epochs) => typeof epochs !== "number" || !(epochs > 3)),
  batchSize: mostly(fc.integer({ min: 1, max: 9 })),
  clipNorm: mostly(fc.double({ min: 0.01, max: 5, noNaN: true })),
  shuffle: mostly(fc.boolean()),
  validation: mostly(fc.double({ min: 0, max: 1, noNaN: true })),
  callbacks: mostly(fc.constant([])),
  learningRate: mostly(
    fc.constantFrom(
      () => 0.1,
      (step: number) => 1 / step,
    ),
  ),
});

type Call = (network: Network) => fc.Arbitrary<(network: Network) => unknown>;
const calls: readonly Call[] = [
  (network) =>
    fc.tuple(dataSet(network), mostly(fitOptions), optimizer).map(([data, options, makeOptimizer]) => (target) => {
      const given =
        typeof options === "object" && options !== null
          ? { epochs: 2, ...options, optimizer: makeOptimizer() }
          : options;
      return target.fit(data, given);
    }),
  (network) => dataSet(network).map((data) => (target) => target.evaluate(data)),
  (network) =>
    fc
      .tuple(samples(network.spec.inputs), mostly(fc.constantFrom({}, { logits: true })))
      .map(([x, options]) => (target) => {
        const { rows, columns, data } = target.predict(x, options);
        expect(columns).toBe(target.spec.layers.at(-1)!.units);
        expect(data.length).toBe(rows * columns);
      }),
  (network) =>
    fc.tuple(samples(network.spec.inputs), mostly(fc.constant({}))).map(
      ([x, options]) =>
        (target) =>
          diagnose(target, x, options).toString(),
    ),
  (network) => {
    const [{ inputs, units }] = network.layers;
    const numbers = (count: number) =>
      mostly(
        fc
          .array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: count, maxLength: count })
          .map((data) => Float32Array.from(data)),
      );
    return mostly(optional({ kernel: numbers(inputs * units), bias: numbers(units), alpha: numbers(units) })).map(
      (weights) => (target) => target.layers[0].setWeights(weights),
    );
  },
  () => fc.constant(async (target) => (await target.clone()).dispose()),
  () => fc.constant((target) => target.summary()),
  () =>
    fc.constantFrom(
      (target) => target.dispose(),
      (target: Network) => target.layers[0].getWeights(),
    ),
];

/** Runs a call; anything that it throws must be a RelumineError with a message of its own. */
async function attempt<T>(call: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    expect([error.path, error.expected, error.given]).not.toContain("");
    expect(error.message).toContain(`${error.path} ${error.expected}, got ${error.given}`);
    return undefined;
  }
}

const isDisposed = (network: Network) => {
  try {
    network.summary();
    return false;
  } catch {
    return true;
  }
};

test("4000 random specs are made or refused", async () => {
  let made = 0;
  await fc.assert(
    fc.asyncProperty(mostly(spec), fc.constant({}), async (given, options) => {
      const network = await attempt(() => createNetwork(given, options));
      if (!network) return;
      made++;
      const weights = weightsOf(network);
      expect(weights.length).toBe(network.parameterCount);
      expect(weights.every(Number.isFinite)).toBe(true);
      network.dispose();
    }),
    { numRuns: 4000, endOnFailure: true },
  );
  expect(made).toBeGreaterThan(800); // the property is not one of refusals alone
});

test("6000 random calls on 1500 random networks leave finite weights behind", async () => {
  let done = 0;
  const goodSpec = fc.record({
    inputs: fc.integer({ min: 1, max: 5 }),
    layers: fc.array(
      fc.record({
        units: fc.integer({ min: 1, max: 9 }),
        activation: name,
        biasInitializer: fc.double({ min: -2, max: 2, noNaN: true }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    loss: fc.constantFrom(
      "crossEntropy",
      "binaryCrossEntropy",
      "meanSquaredError",
      "meanAbsoluteError",
      "huber" as Anything,
    ),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(goodSpec, fc.gen(), async (given, generate) => {
      const network = await createNetwork(given);
      for (let round = 0; round < 4; round++) {
        const call = generate(() => fc.constantFrom(...calls))(network);
        const run = generate(() => call);
        if (await attempt(() => Promise.resolve(run(network)).then(() => true))) done++;
        if (!isDisposed(network)) expect(weightsOf(network).every(Number.isFinite)).toBe(true);
      }
      network.dispose();
    }),
    { numRuns: 1500, endOnFailure: true },
  );
  expect(done).toBeGreaterThan(2500);
});

test("forward passes of any shape and batch agree with the reference", async () => {
  const shapes = fc.record({
    inputs: fc.integer({ min: 1, max: 70 }),
    widths: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 4 }),
    rows: fc.integer({ min: 1, max: 40 }),
    activation: name,
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async ({ inputs, widths, rows, activation, seed }) => {
      const x = Array.from({ length: rows }, (_row, r) =>
        Array.from({ length: inputs }, (_column, c) => Math.fround(Math.sin(seed + 7 * r + 3 * c))),
      );
      await withNetwork(
        {
          inputs,
          layers: widths.map((units) => ({ units, activation: activation as "relu", biasInitializer: 0.3 })),
          loss: "huber",
          seed,
        },
        (network) => {
          const given = network.predict(x, { logits: true });
          expect(relativeDistance([...given.data], outputs(toReference(network), x).flat())).toBeLessThan(1e-4);
        },
      );
    }),
    { numRuns: 150 },
  );
});
