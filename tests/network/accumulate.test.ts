// Several batches to one update: the step of one batch of as many rows, up to rounding; logs by updates; statistics of
// normalized layers by batches; the trace's replay; what is refused.
import { describe, expect, test } from "vitest";
import { expectUntouched, relativeDistance, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";
import {
  adamW,
  type BatchLog,
  type BatchSource,
  continualBackprop,
  type DataSet,
  type DenseSpec,
  diagnose,
  type FitOptions,
  type Network,
  type NetworkSpec,
  recycleDormant,
  selfNormalizedResets,
  sgd,
  traceDeaths,
} from "../../src/index.js";
import { resultsOf } from "../../src/network/training/callbacks.js";

const DATA = sectors(70); // three steps an epoch, of 3, 3 and 3 batches, the last of 6 rows
const ACCUMULATED = { batchSize: 8, accumulate: 3 };
const WHOLE = { batchSize: 24 };
const WEIGHTS = Array.from({ length: 70 }, (_, row) => (row % 5) / 2);

const spec = (hidden: Partial<DenseSpec>): NetworkSpec => ({
  inputs: 2,
  layers: [{ units: 12 }, { units: 12, ...hidden }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
});

/** All that is trained or kept. */
const allOf = (network: Network): number[] =>
  network.layers.flatMap((layer) => Object.values(layer.getWeights()).flatMap((each) => [...(each as Float32Array)]));

function train(of: NetworkSpec, options: FitOptions, data: object = DATA) {
  return withNetwork(of, async (network) => {
    const batches: BatchLog[] = [];
    const callbacks = [{ onBatchEnd: (log: BatchLog) => void batches.push(log) }];
    const { epochs } = await network.fit(data as typeof DATA, { epochs: 3, optimizer: sgd(), callbacks, ...options });
    return { weights: allOf(network), epochs, batches };
  });
}

describe("is the step of one batch of all those rows", () => {
  const weighted = { ...DATA, weights: WEIGHTS };
  const sparse = {
    y: DATA.y,
    x: {
      rows: 70,
      columns: 2,
      rowOffsets: Uint32Array.from({ length: 71 }, (_, row) => row),
      columnIndices: Uint32Array.from({ length: 70 }, (_, row) => row % 2),
      values: Float32Array.from(DATA.x, ([value]) => value),
    },
  };
  test.each<[string, Partial<DenseSpec>, FitOptions, object]>([
    ["plain", {}, { optimizer: sgd({ learningRate: 0.3, momentum: 0.9 }) }, DATA],
    ["adamW", {}, { optimizer: adamW({ learningRate: 0.01, epsilon: 1e-3 }) }, DATA],
    ["weights of rows", {}, {}, weighted],
    ["weights of classes", {}, { classWeights: [1, 3, 0.5] }, DATA],
    ["sparse rows", {}, { optimizer: sgd({ learningRate: 0.3 }) }, sparse],
    ["a clipped gradient", {}, { clipNorm: 0.1 }, DATA],
    ["dropout", { dropout: 0.4 }, {}, DATA],
    ["layer normalization", { normalization: "layer" }, {}, DATA],
    ["a residual layer", { residual: true }, {}, DATA],
    ["a frozen layer", { frozen: true }, {}, DATA],
    ["penalties", { kernelRegularizer: { l1: 0.01, l2: 0.02 }, activityRegularizer: { l1: 0.01, l2: 0.02 } }, {}, DATA],
    ["a norm's limit", { maxNorm: 0.5 }, {}, DATA],
  ])("%s", async (_name, hidden, options, data) => {
    const several = await train(spec(hidden), { ...ACCUMULATED, ...options }, data);
    const whole = await train(spec(hidden), { ...WHOLE, ...options }, data);
    expect(relativeDistance(several.weights, whole.weights)).toBeLessThan(2e-6);
    expect(several.batches.map(({ step, epoch }) => [step, epoch])).toEqual(
      whole.batches.map(({ step, epoch }) => [step, epoch]),
    );
    expect(several.batches).toHaveLength(9);
    several.batches.forEach(({ loss, penalty }, i) => {
      expect(loss).toBeCloseTo(whole.batches[i].loss, 5);
      expect(penalty ?? 0).toBeCloseTo(whole.batches[i].penalty ?? 0, 5);
    });
    several.epochs.forEach(({ loss, accuracy, silentUnits, penalty }, i) => {
      expect([accuracy, silentUnits]).toEqual([whole.epochs[i].accuracy, whole.epochs[i].silentUnits]);
      expect(loss).toBeCloseTo(whole.epochs[i].loss, 5);
      expect(penalty ?? 0).toBeCloseTo(whole.epochs[i].penalty ?? 0, 5);
    });
    const single = await train(spec(hidden), { ...options, batchSize: 8 }, data);
    expect(relativeDistance(single.weights, whole.weights)).toBeGreaterThan(1e-4); // negative control
  });

  test("of no weight: nothing moves", async () => {
    const data = { ...DATA, weights: WEIGHTS.map((_, row) => (row === 69 ? 1 : 0)) };
    const options = { epochs: 1, shuffle: false, optimizer: sgd({ learningRate: 1 }) };
    const several = await train(spec({}), { ...options, ...ACCUMULATED }, data);
    const whole = await train(spec({}), { ...options, ...WHOLE }, data);
    expect(several.batches.slice(0, 2).map(({ loss }) => loss)).toEqual([0, 0]);
    expect(relativeDistance(several.weights, whole.weights)).toBeLessThan(1e-6);
  });
});

describe("of a source", () => {
  const rowsOf = (start: number, rows: number): DataSet => ({
    x: DATA.x.slice(start, start + rows),
    y: DATA.y.slice(start, start + rows),
  });
  /** Batches of such sizes, one after the other. */
  const sized = (sizes: readonly number[]): BatchSource => ({
    batches: () =>
      sizes.map((rows, i) =>
        rowsOf(
          sizes.slice(0, i).reduce((sum, each) => sum + each, 0),
          rows,
        ),
      ),
  });

  test("batches of any sizes are the one batch of their rows, up to rounding", async () => {
    for (const hidden of [{}, { activityRegularizer: { l2: 0.02 } }, { dropout: 0.4 }]) {
      const several = await train(spec(hidden), { accumulate: 3 }, sized([1, 30, 5, 4, 2, 11, 16, 1]));
      const whole = await train(spec(hidden), {}, sized([36, 17, 17]));
      expect(several.batches).toHaveLength(9);
      expect(relativeDistance(several.weights, whole.weights)).toBeLessThan(2e-6);
      const others = await train(spec(hidden), {}, sized([36, 16, 18]));
      expect(relativeDistance(others.weights, whole.weights)).toBeGreaterThan(1e-5); // negative control
    }
  });

  test("more than an epoch's batches are all of them", async () => {
    const all = await train(spec({}), { accumulate: 1000 }, sized([8, 30, 32]));
    const memory = await train(spec({}), { accumulate: 1000, batchSize: 10, shuffle: false });
    expect([all.batches.length, memory.batches.length]).toEqual([3, 3]);
    expect(relativeDistance(all.weights, memory.weights)).toBeLessThan(2e-6);
  });

  test("others may use the network between two of its batches, to the same bits", async () => {
    const sizes = [8, 8, 8, 8, 8, 8, 8, 8, 6];
    const options = { accumulate: 4, callbacks: [], epochs: 2 };
    for (const hidden of [{}, { normalization: "batch" as const }, { dropout: 0.3 }]) {
      const silent = async (isAsked: boolean) =>
        withNetwork(spec(hidden), async (network) => {
          const batches = async function* () {
            for (const batch of sized(sizes).batches(1, { seed: 0, begun: 0 }) as Iterable<DataSet>) {
              await new Promise((resolve) => setTimeout(resolve, 0)); // those before are trained on
              if (isAsked) {
                network.gradients(DATA);
                network.evaluate(DATA);
                diagnose(network, DATA.x);
              }
              yield batch;
            }
          };
          const { epochs } = await network.fit({ batches }, options);
          return { weights: allOf(network), epochs: epochs.map(({ seconds: _, ...log }) => log) };
        });
      expect(await silent(true)).toEqual(await silent(false));
    }
  });

  test("a batch without a finite loss ends the fit before the update", () =>
    withNetwork({ ...spec({}), layers: [{ units: 12 }, { units: 1 }], loss: "meanSquaredError" }, async (network) => {
      const before = allOf(network);
      const batches = () => [
        { x: [[1, 2]], y: [1] },
        { x: [[3e38, 3e38]], y: [3e38] },
        { x: [[1, 2]], y: [1] },
      ];
      const { stopped, epochs, diverged } = await network.fit({ batches }, { accumulate: 3 });
      expect([stopped, epochs.length, diverged?.what, diverged?.step]).toEqual(["diverged", 0, "loss", 1]);
      expect(allOf(network)).toEqual(before);
    }));

  test.each(["recycleDormant", "continualBackprop", "selfNormalizedResets"] as const)(
    "%s sees updates, as in memory",
    async (name) => {
      const make = { recycleDormant, continualBackprop, selfNormalizedResets };
      const options = { recycleDormant: { everySteps: 2 }, continualBackprop: {}, selfNormalizedResets: {} };
      const fitted = (data: DataSet | BatchSource, more: FitOptions) =>
        withNetwork(spec({}), async (network) => {
          const callback = make[name](options[name]);
          const optimizer = sgd({ learningRate: 1 });
          await network.fit(data, { epochs: 20, optimizer, accumulate: 3, callbacks: [callback], ...more });
          return { weights: allOf(network), read: resultsOf(callback) };
        });
      const source = { rows: 70, batchSize: 8, ...sized([8, 8, 8, 8, 8, 8, 8, 8, 6]) };
      expect(await fitted(source, {})).toEqual(await fitted(DATA, { batchSize: 8, shuffle: false }));
    },
  );
});

test("of one batch is a fit without, to the bit", async () => {
  const plain = await train(spec({ normalization: "batch" }), { batchSize: 8 });
  const one = await train(spec({ normalization: "batch" }), { batchSize: 8, accumulate: 1 });
  expect(one.weights).toEqual(plain.weights);
});

test("more than an epoch's batches are all of them", async () => {
  const all = await train(spec({}), { batchSize: 8, accumulate: 1000 });
  expect(all.batches).toHaveLength(3);
  const whole = await train(spec({}), { batchSize: 70 });
  expect(relativeDistance(all.weights, whole.weights)).toBeLessThan(2e-6);
});

test("running statistics move once a batch, to the bit", async () => {
  const still = { optimizer: sgd({ learningRate: 0 }) };
  const several = await train(spec({ normalization: "batch" }), { ...still, ...ACCUMULATED });
  const single = await train(spec({ normalization: "batch" }), { ...still, batchSize: 8 });
  expect(several.weights).toEqual(single.weights);
  const whole = await train(spec({ normalization: "batch" }), { ...still, ...WHOLE });
  expect(whole.weights).not.toEqual(single.weights); // negative control
});

describe("a trace", () => {
  const traced = (options: FitOptions, hidden: Partial<DenseSpec> = {}, data: object = DATA) =>
    withNetwork(spec(hidden), async (network) => {
      const trace = traceDeaths({ explain: 100, window: 20 });
      const optimizer = sgd({ learningRate: 2, momentum: 0.5 });
      await network.fit(data as typeof DATA, { epochs: 30, optimizer, ...options, callbacks: [trace] });
      return trace.deaths;
    });

  test.each<[string, Partial<DenseSpec>, object]>([
    ["plain", {}, DATA],
    ["batch normalization", { normalization: "batch" }, DATA],
    ["dropout", { dropout: 0.3 }, DATA],
    ["weights of rows", {}, { ...DATA, weights: WEIGHTS.map((weight) => weight + 0.5) }],
  ])("replays it to the bit: %s", async (_name, hidden, data) => {
    const deaths = await traced(ACCUMULATED, hidden, data);
    const replayed = deaths.filter(({ step }) => step > 0);
    expect(replayed.length).toBeGreaterThan(0);
    for (const { lastStraw } of replayed) {
      expect(lastStraw.openBefore).toBeDefined(); // as it is not where losses differ
      if (!hidden.normalization) expect(lastStraw.cause).not.toBe("unknown"); // running statistics may have done it
    }
  });

  test("tells of the same first death as of whole batches", async () => {
    const [several, whole] = [await traced(ACCUMULATED), await traced(WHOLE)];
    expect(whole.length).toBeGreaterThan(0);
    const [mine, theirs] = [several[0], whole[0]];
    expect([mine.step, mine.layer, mine.unit, mine.epoch]).toEqual([
      theirs.step,
      theirs.layer,
      theirs.unit,
      theirs.epoch,
    ]);
    for (const name of ["max", "mean", "std"] as const) expect(mine.before[name]).toBeCloseTo(theirs.before[name], 3);
    expect(mine.lastStraw.cause).toBe(theirs.lastStraw.cause);
  });
});

test.each([0, 1.5, -1, Number.NaN, "2", null])("accumulate %s is refused", (accumulate) =>
  withNetwork(spec({}), (network) =>
    expectUntouched(network, () => network.fit(DATA, { accumulate: accumulate as number }), "value", "accumulate"),
  ),
);
