// Sparse rows give what the same rows give with their zeros, to the bit.
import { expect, test } from "vitest";
import { expectSameNumbers } from "../support/arrays.js";
import { relumineError } from "../support/errors.js";
import { ARITHMETICS, numbersOf, weightsOf, withNetwork } from "../support/networks.js";
import fc from "../support/property.js";
import { drawSparse, withZeros } from "../support/sparse.js";
import {
  adagrad,
  adam,
  adamW,
  continualBackprop,
  createNetwork,
  type DataSet,
  type FitOptions,
  type NetworkSpec,
  type Optimizer,
  preventDeaths,
  recycleDormant,
  lion,
  nadam,
  rmsprop,
  selfNormalizedResets,
  type Samples,
  sgd,
  type SparseMatrix,
  traceDeaths,
} from "../../src/index.js";

const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => sgd({ learningRate: 0.1 }),
  momentum: () => sgd({ learningRate: 0.05, momentum: 0.9 }),
  nesterov: () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  decay: () => sgd({ learningRate: 0.1, weightDecay: 0.01 }),
  adam: () => adam({ learningRate: 0.02 }),
  adamW: () => adamW({ learningRate: 0.02, weightDecay: 0.1 }),
  rmsprop: () => rmsprop({ learningRate: 0.01, momentum: 0.5 }),
  adagrad: () => adagrad({ learningRate: 0.05, learningRateDecay: 0.01 }),
  "adagrad with decay": () => adagrad({ learningRate: 0.05, weightDecay: 0.01 }),
  lion: () => lion({ learningRate: 0.003 }),
  nadam: () => nadam({ learningRate: 0.01 }),
};

interface Case {
  readonly spec: NetworkSpec;
  readonly x: SparseMatrix;
  readonly y: number[];
  readonly optimizer: keyof typeof OPTIMIZERS;
  readonly options: FitOptions;
  readonly weights?: number[];
  readonly threads: number;
  readonly arithmetic: (typeof ARITHMETICS)[number];
}

/** All that a network tells of data: after a fit, and on the way. */
async function everything({ spec, y, optimizer, options, weights, threads, arithmetic }: Case, x: Samples) {
  const data: DataSet = { x, y, ...(weights && { weights }) };
  return withNetwork(
    spec,
    async (network) => {
      const before = network.gradients(data);
      const { epochs } = await network.fit(data, { ...options, optimizer: OPTIMIZERS[optimizer]!() });
      return {
        losses: epochs.map(({ loss, validation, silentUnits }) => ({ loss, validation, silentUnits })),
        weights: weightsOf(network),
        before: numbersOf(before.layers),
        gradient: numbersOf(network.gradients(data).layers),
        outputs: network.predict(x).data,
        logits: network.predict(x, { logits: true }).data,
        evaluation: network.evaluate(data),
      };
    },
    { threads, arithmetic },
  );
}

async function expectSame(each: Case): Promise<void> {
  const [got, wanted] = [await everything(each, each.x), await everything(each, withZeros(each.x))];
  for (const name of ["before", "weights", "gradient", "outputs", "logits"] as const)
    expectSameNumbers(got[name], wanted[name], name);
  expect(got.losses).toEqual(wanted.losses);
  expect(got.evaluation).toEqual(wanted.evaluation);
}

const classes = (rows: number, count: number) => Array.from({ length: rows }, (_, r) => (r * 7) % count);

/** A case of 70 rows, 3 classes. */
function make(changes: Partial<Case> & { units?: number; inputs?: number; share?: number; frozen?: number[] }): Case {
  const { units = 9, inputs = 40, share = 0.1, frozen = [] } = changes;
  const layers = [{ units, activation: "relu" as const }, { units: 5, activation: "prelu" as const }, { units: 3 }];
  return {
    spec: {
      inputs,
      layers: layers.map((layer, l) => ({ ...layer, ...(frozen.includes(l) && { frozen: true }) })),
      loss: "crossEntropy",
      seed: 3,
    },
    x: drawSparse(70, inputs, share, 5),
    y: classes(70, 3),
    optimizer: "sgd",
    options: { epochs: 3, batchSize: 16 },
    threads: 1,
    arithmetic: "reproducible",
    ...changes,
  };
}

test.each(Object.keys(OPTIMIZERS))("a training by %s, its gradients and its answers", async (optimizer) => {
  for (const arithmetic of ARITHMETICS) await expectSame(make({ optimizer, arithmetic }));
});

test.each<[string, Case]>([
  ["values left out: ones", make({ x: drawSparse(70, 40, 0.2, 6, false) })],
  ["rows and columns without an entry", make({ share: 0.01 })],
  ["every entry", make({ share: 1 })],
  ["a held-out share", make({ options: { epochs: 2, batchSize: 13, validation: 0.3 } })],
  ["rows as they are", make({ options: { epochs: 2, batchSize: 16, shuffle: false } })],
  ["a clipped gradient", make({ options: { epochs: 3, batchSize: 16, clipNorm: 0.1 } })],
  ["weights of rows", make({ weights: Array.from({ length: 70 }, (_, r) => r % 4) })],
  ["weights of classes", make({ options: { epochs: 2, classWeights: "balanced" } })],
  ["the first layer frozen", make({ frozen: [0] })],
  ["another layer frozen", make({ frozen: [1] })],
  ["another layer frozen, with moments", make({ frozen: [1], optimizer: "adam" })],
  ["all layers frozen", make({ frozen: [0, 1, 2] })],
  ["a whole batch closes units, which are left out", make({ units: 80, options: { epochs: 8, batchSize: 16 } })],
  ["large enough to be packed, and shared", make({ units: 96, inputs: 300, share: 0.3, threads: 3 })],
  ["batches of up to three rows", make({ options: { epochs: 1, batchSize: 3 } })],
  ["one batch", make({ options: { epochs: 3, batchSize: 1000 } })],
])("%s", (_, each) => expectSame(each));

test("closed units are left out in one of these", async () => {
  const each = make({ units: 80, options: { epochs: 8, batchSize: 16 } });
  const bias = new Float32Array(80).fill(-10, 0, 30);
  const results = [];
  for (const x of [each.x, withZeros(each.x)]) {
    using network = await createNetwork(each.spec);
    network.layers[0]!.setWeights({ bias });
    const { epochs } = await network.fit({ x, y: each.y }, { ...each.options, optimizer: sgd({ learningRate: 0.1 }) });
    results.push({ silent: epochs.map(({ silentUnits }) => silentUnits), weights: weightsOf(network) });
  }
  expect(results[0]!.silent[0]![0]).toBeGreaterThanOrEqual(30);
  expect(results[0]).toEqual(results[1]);
});

test("any of them", { timeout: 60_000 }, async () => {
  const each = fc.record({
    rows: fc.integer({ min: 1, max: 60 }),
    inputs: fc.integer({ min: 1, max: 90 }),
    units: fc.integer({ min: 1, max: 70 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.integer({ min: 1, max: 1e6 }),
    hasValues: fc.boolean(),
    isWeighted: fc.boolean(),
    frozen: fc.subarray([0, 1]),
    optimizer: fc.constantFrom(...Object.keys(OPTIMIZERS)),
    threads: fc.integer({ min: 1, max: 3 }),
    arithmetic: fc.constantFrom(...ARITHMETICS),
    batchSize: fc.integer({ min: 1, max: 70 }),
    clipNorm: fc.constantFrom(Infinity, 0.05),
  });
  await fc.assert(
    fc.asyncProperty(each, async ({ rows, hasValues, share, seed, batchSize, clipNorm, isWeighted, ...rest }) =>
      expectSame(
        make({
          ...rest,
          x: drawSparse(rows, rest.inputs, share, seed, hasValues),
          y: classes(rows, 3),
          options: { epochs: 2, batchSize, ...(clipNorm < Infinity && { clipNorm }) },
          ...(isWeighted && { weights: Array.from({ length: rows }, (_, r) => 1 + (r % 3)) }),
        }),
      ),
    ),
    { numRuns: 60 },
  );
});

test("fits of one network take turns between sparse rows and others, gradients in between", async () => {
  const { spec, x, y } = make({});
  const dense = withZeros(x);
  const other = { x: drawSparse(20, 40, 0.5, 9), y: classes(20, 3) };
  const run = async (isSparse: readonly boolean[]) => {
    using network = await createNetwork(spec);
    const optimizers = [sgd({ learningRate: 0.1 }), sgd({ learningRate: 0.1, momentum: 0.5 }), adagrad(), adam()];
    for (const [turn, optimizer] of optimizers.entries()) {
      const data = { x: isSparse[turn]! ? x : dense, y };
      const onEpochEnd = () => void network.gradients(isSparse[turn]! ? other : { ...other, x: withZeros(other.x) });
      await network.fit(data, { epochs: 2, batchSize: 16, optimizer, callbacks: [{ onEpochEnd }] });
    }
    return weightsOf(network);
  };
  const wanted = await run([false, false, false, false]);
  for (const turns of [
    [true, true, true, true],
    [true, false, true, true],
    [false, true, false, true],
  ])
    expectSameNumbers(await run(turns), wanted);
});

test("a traced training that loses units, and others with remedies", async () => {
  const { spec, x, y } = make({ units: 24, share: 0.3 });
  const run = async (samples: Samples, optimizer: Optimizer) => {
    using network = await createNetwork(spec);
    const trace = traceDeaths();
    const remedies = [recycleDormant({ everySteps: 7 }), continualBackprop(), selfNormalizedResets(), preventDeaths()];
    const options = { batchSize: 16, optimizer };
    await network.fit({ x: samples, y }, { ...options, epochs: 5, callbacks: [trace] });
    for (const remedy of remedies) await network.fit({ x: samples, y }, { ...options, epochs: 3, callbacks: [remedy] });
    return { deaths: trace.deaths, remedies: JSON.stringify(remedies), weights: weightsOf(network) };
  };
  const optimizers = [sgd({ learningRate: 12 }), sgd({ learningRate: 3, momentum: 0.9 }), adam({ learningRate: 0.7 })];
  for (const optimizer of optimizers) {
    const [got, wanted] = [await run(x, optimizer), await run(withZeros(x), optimizer)];
    expectSameNumbers(got.weights, wanted.weights);
    expect(got.deaths.length).toBeGreaterThan(1);
    expect(JSON.stringify(got.deaths)).toBe(JSON.stringify(wanted.deaths));
    expect(got.remedies).toBe(wanted.remedies);
  }
});

test("goes on where it stopped, with the same rows", async () => {
  const { spec, x, y } = make({ optimizer: "adam" });
  const optimizer = adam();
  using whole = await createNetwork(spec);
  await whole.fit({ x, y }, { epochs: 4, batchSize: 16, optimizer });
  using network = await createNetwork(spec);
  await network.fit({ x, y }, { epochs: 2, batchSize: 16, optimizer });
  const changed = { ...x, values: Float32Array.from(x.values!, (value, i) => (i === 3 ? value + 1 : value)) };
  await expect(network.fit({ x: changed, y }, { epochs: 4, resume: true })).rejects.toThrow(
    relumineError("value", "data"),
  );
  await network.fit({ x, y }, { epochs: 4, resume: true });
  expectSameNumbers(weightsOf(network), weightsOf(whole));
});

test("rows that are changed while they are read are refused, and nothing is read elsewhere", async () => {
  const { spec, x, y } = make({});
  for (const change of [
    () => (x.columnIndices as Uint32Array).fill(4_000_000_000),
    () => (x.rowOffsets as Uint32Array).fill(4_000_000_000, 1),
  ]) {
    const saved = [x.columnIndices, x.rowOffsets].map((list) => Uint32Array.from(list));
    using network = await createNetwork(spec);
    const fit = network.fit({ x, y }, { epochs: 3, callbacks: [{ onEpochEnd: () => void change() }] });
    await expect(fit).rejects.toThrow(relumineError("value", "x"));
    [x.columnIndices, x.rowOffsets].forEach((list, i) => (list as Uint32Array).set(saved[i]!));
  }
});

test.each(["rowOffsets", "columnIndices", "values"] as const)(
  "%s that are transferred while they are read",
  async (name) => {
    const { spec, x, y } = make({});
    using network = await createNetwork(spec);
    const { buffer } = x[name] as Float32Array<ArrayBuffer>;
    const onEpochEnd = () => void (buffer.byteLength > 0 && structuredClone(0, { transfer: [buffer] }));
    const fit = network.fit({ x, y }, { epochs: 3, callbacks: [{ onEpochEnd }] });
    await expect(fit).rejects.toThrow(relumineError("value", "x"));
  },
);

test("other rows in the same arrays are other rows", async () => {
  const rowOffsets = Uint32Array.of(0, 0, 1);
  using network = await createNetwork({ inputs: 4, layers: [{ units: 3 }, { units: 1 }], loss: "meanSquaredError" });
  const first = { rows: 2, columns: 4, rowOffsets, columnIndices: Uint32Array.of(2) };
  expect(network.predict(first)).toEqual(network.predict(withZeros(first)));
  rowOffsets.set([0, 4, 8]);
  const second = { ...first, columnIndices: Uint32Array.of(0, 1, 2, 3, 0, 1, 2, 3) };
  expect(network.predict(second)).toEqual(network.predict(withZeros(second)));
  await network.fit({ x: second, y: [1, 2] }, { epochs: 1 });
});

test("gradients over many chunks of rows, weighted too", async () => {
  const { x } = make({});
  const rows = 5000;
  const many = drawSparse(rows, x.columns, 0.02, 3);
  const y = Array.from({ length: rows }, (_, r) => r % 3);
  const layers = [{ units: 7 }, { units: 3 }];
  using network = await createNetwork({ inputs: x.columns, layers, loss: "crossEntropy", seed: 2 });
  for (const weights of [undefined, y.map((label) => 0.5 + label)]) {
    const data = { y, ...(weights && { weights }) };
    const [got, wanted] = [many, withZeros(many)].map((rows_) => network.gradients({ x: rows_, ...data }));
    expect(got!.loss).toBe(wanted!.loss);
    expectSameNumbers(numbersOf(got!.layers), numbersOf(wanted!.layers));
  }
});
