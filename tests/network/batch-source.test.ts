// Batches of a source train as the same rows in memory do, to the bit; what sources do wrong is refused or ends the
// fit.
import { expect, test } from "vitest";
import { cut, ONE_ROW as first, rowsFrom, sourceOf, WRONG_SOURCES, type WrongSources } from "../support/batches.js";
import { expectError } from "../support/errors.js";
import { classifier, regressor, weightsOf, withNetwork } from "../support/networks.js";
import fc from "../support/property.js";
import { seededRandom } from "../support/random.js";
import { drawSparse } from "../support/sparse.js";
import {
  adam,
  type BatchContext,
  type BatchSource,
  continualBackprop,
  cosine,
  type DataSet,
  diagnose,
  earlyStopping,
  type FitOptions,
  type History,
  type Matrix,
  type NetworkSpec,
  recordActivity,
  preventDeaths,
  recycleDormant,
  reduceOnPlateau,
  type Samples,
  sgd,
  stepDecay,
  traceDeaths,
  warmup,
} from "../../src/index.js";
import { takeSamples } from "../../src/core/matrix.js";

function drawMatrix(rows: number, columns: number, seed = 1): Matrix {
  const random = seededRandom(seed);
  return { rows, columns, data: Float32Array.from({ length: rows * columns }, () => random() * 2 - 1) };
}

const labelsOf = (rows: number) => Int32Array.from({ length: rows }, (_, r) => (r * 7) % 3);

const logsOf = ({ epochs }: History) => epochs.map(({ seconds: _, ...log }) => log);

async function trained(spec: NetworkSpec, data: DataSet | BatchSource, options: FitOptions) {
  return withNetwork(spec, async (network) => {
    const steps: number[] = [];
    const history = await network.fit(data, {
      ...options,
      callbacks: [{ onBatchEnd: ({ loss }) => void steps.push(loss) }],
    });
    return { logs: logsOf(history), steps, weights: weightsOf(network) };
  });
}

const all = (data: DataSet): DataSet => ({ ...data });
const ROWS = 53;
const normalized: NetworkSpec = {
  ...classifier,
  layers: [{ units: 12, normalization: "batch" }, { units: 9, normalization: "layer" }, { units: 3 }],
};
const dropping: NetworkSpec = {
  ...classifier,
  layers: [{ units: 12, dropout: 0.3, kernelRegularizer: { l2: 0.01 } }, { units: 9 }, { units: 3 }],
};
const x2 = drawMatrix(ROWS, 2);
const weights = Array.from({ length: ROWS }, (_, r) => r % 4);
const bytes: Samples = {
  rows: ROWS,
  columns: 2,
  data: Uint8Array.from({ length: ROWS * 2 }, (_, i) => (i * 37) % 256),
  scale: 1 / 255,
};
const CASES: Readonly<Record<string, [NetworkSpec, DataSet, FitOptions?]>> = {
  classes: [classifier, { x: x2, y: labelsOf(ROWS) }],
  numbers: [regressor, { x: x2, y: Array.from({ length: ROWS }, (_, r) => Math.sin(r)) }],
  "weighted rows": [classifier, { x: x2, y: labelsOf(ROWS), weights }],
  "a batch without weight": [
    classifier,
    { x: x2, y: labelsOf(ROWS), weights: weights.map((w, r) => (r < 16 ? 0 : w)) },
  ],
  "weights of classes": [classifier, { x: x2, y: labelsOf(ROWS), weights }, { classWeights: [1, 2, 0.5] }],
  "dropout and a penalty": [dropping, { x: x2, y: labelsOf(ROWS) }],
  "batch and layer normalization": [normalized, { x: x2, y: labelsOf(ROWS) }],
  bytes: [classifier, { x: bytes, y: labelsOf(ROWS) }],
  "sparse rows": [
    { ...classifier, inputs: 40 },
    { x: drawSparse(ROWS, 40, 0.1, 3), y: labelsOf(ROWS) },
  ],
  validation: [
    classifier,
    { x: x2, y: labelsOf(ROWS) },
    { validation: { x: drawMatrix(200, 2, 4), y: labelsOf(200) } },
  ],
  "a rate by steps and epochs": [
    classifier,
    { x: x2, y: labelsOf(ROWS) },
    { learningRate: (step, epoch) => 0.1 / (step + 10 * epoch) },
  ],
  stepDecay: [classifier, { x: x2, y: labelsOf(ROWS) }, { learningRate: stepDecay({ every: 1 }) }],
  warmup: [classifier, { x: x2, y: labelsOf(ROWS) }, { learningRate: warmup({ steps: 9, next: reduceOnPlateau() }) }],
  clipping: [classifier, { x: x2, y: labelsOf(ROWS) }, { clipNorm: 0.1, learningRate: (step) => 0.1 / step }],
};

for (const [name, [spec, data, options]] of Object.entries(CASES)) {
  test(`${name}: the same bits as in memory`, async () => {
    const given = { epochs: 3, optimizer: adam({ learningRate: 0.02 }), ...options };
    const expected = await trained(spec, data, { ...given, batchSize: 8, shuffle: false });
    expect(await trained(spec, sourceOf(data, 8), given)).toEqual(expected);
    const asynchronous: BatchSource = {
      rows: ROWS,
      async *batches() {
        for (const batch of cut(data, 8)) {
          await new Promise((resolve) => setTimeout(resolve, 0));
          yield all(batch);
        }
      },
    };
    expect(await trained(spec, asynchronous, given)).toEqual(expected);
    expect((await trained(spec, sourceOf(data, 9), given)).weights).not.toEqual(expected.weights);
  });

  test(`${name}: three batches an update, the same bits as in memory`, async () => {
    const given = { epochs: 3, optimizer: adam({ learningRate: 0.02 }), ...options, accumulate: 3 };
    const expected = await trained(spec, data, { ...given, batchSize: 8, shuffle: false });
    expect(expected.steps).toHaveLength(9); // of 3, 3 and 1 batches
    expect(await trained(spec, sourceOf(data, 8), given)).toEqual(expected);
    expect(await trained(spec, { ...sourceOf(data, 8), rows: ROWS, batchSize: 8 }, given)).toEqual(expected);
    expect((await trained(spec, sourceOf(data, 8), { ...given, accumulate: 2 })).weights).not.toEqual(expected.weights);
  });
}

test("batches may have any sizes: larger than the first, and one row", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
      const rows = sizes.reduce((sum, each) => sum + each, 0);
      const x = drawMatrix(rows, 2);
      const y = labelsOf(rows);
      const batches = (): DataSet[] => {
        let start = 0;
        return sizes.map((size) => {
          const taken = rowsFrom(start, size);
          start += size;
          return { x: takeSamples(x, taken) as Matrix, y: taken.map((row) => y[row]) };
        });
      };
      await withNetwork(classifier, async (network) => {
        const { epochs, stopped } = await network.fit({ rows, batches }, { epochs: 2 });
        expect(stopped).toBeUndefined();
        expect(epochs).toHaveLength(2);
        const weights = weightsOf(network);
        await withNetwork(classifier, async (other) => {
          const optimizer = adam();
          for (let epoch = 0; epoch < 2; epoch++)
            for (const batch of batches())
              await other.fit(batch, { epochs: 1, batchSize: 90, shuffle: false, optimizer });
          expect(weights).toEqual(weightsOf(other));
        });
      });
    }),
    { numRuns: 20 },
  );
});

test("the same arrays can be filled again, since the next batch is asked for once one is copied", async () => {
  const data = { x: x2, y: labelsOf(ROWS) };
  const expected = await trained(classifier, data, { epochs: 2, batchSize: 10, shuffle: false });
  const refilled: BatchSource = {
    async *batches() {
      const x = new Float32Array(10 * 2);
      const y = new Int32Array(10);
      for (let start = 0; start < ROWS; start += 10) {
        const rows = Math.min(10, ROWS - start);
        x.fill(NaN).set(x2.data.subarray(start * 2, (start + rows) * 2));
        y.fill(2).set(data.y.subarray(start, start + rows));
        yield { x: { rows, columns: 2, data: x.subarray(0, rows * 2) }, y: y.subarray(0, rows) };
        x.fill(NaN);
      }
    },
  };
  expect(await trained(classifier, refilled, { epochs: 2 })).toEqual(expected);
});

test("the next batch is asked for before a step's callbacks are called, no further one", async () => {
  const asked: number[] = [];
  let count = 0;
  const batches = function* () {
    for (const batch of cut({ x: x2, y: labelsOf(ROWS) }, 10)) {
      count++;
      yield batch;
    }
  };
  await withNetwork(classifier, (network) =>
    network.fit({ batches }, { epochs: 1, callbacks: [{ onBatchEnd: () => void asked.push(count) }] }),
  );
  expect(asked).toEqual([2, 3, 4, 5, 6, 6]);
});

test("a source is told the epoch, the network's seed and how many epochs it had begun", async () => {
  const told: object[] = [];
  const batches = (epoch: number, { seed, begun, signal }: BatchContext) => {
    told.push({ epoch, seed, begun, hasSignal: signal !== undefined });
    return cut({ x: x2, y: labelsOf(ROWS) }, 32);
  };
  await withNetwork(classifier, async (network) => {
    await network.fit({ batches }, { epochs: 2 });
    await network.fit({ batches }, { epochs: 1, signal: new AbortController().signal });
  });
  expect(told).toEqual([
    { epoch: 1, seed: 5, begun: 0, hasSignal: false },
    { epoch: 2, seed: 5, begun: 1, hasSignal: false },
    { epoch: 1, seed: 5, begun: 2, hasSignal: true },
  ]);
});

test("a sample of the first epoch's rows can be diagnosed; few rows are all in it", async () => {
  await withNetwork(classifier, async (network) => {
    const data = { x: x2, y: labelsOf(ROWS) };
    const { sample } = await network.fit(sourceOf(data, 8), { epochs: 3 });
    expect(sample).toEqual(data);
    expect(`${diagnose(network, sample!.x, { targets: sample!.y })}`).toBe(
      `${diagnose(network, data.x, { targets: data.y })}`,
    );
  });
});

test("of many rows the sample is even, the same each time, and each row has its target", async () => {
  const rows = 5000;
  const x = { rows, columns: 2, data: Float32Array.from({ length: rows * 2 }, (_, i) => i >> 1) };
  const y = Float32Array.from({ length: rows }, (_, r) => -r);
  const sampleOf = (seed: number, size: number) =>
    withNetwork({ ...regressor, seed }, async (network) => {
      const { sample } = await network.fit(sourceOf({ x, y }, size), { epochs: 1, learningRate: 0 });
      return sample!;
    });
  const sample = await sampleOf(5, 100);
  expect(sample.x.rows).toBe(1024);
  const places = Array.from({ length: 1024 }, (_, r) => sample.x.data[2 * r]);
  expect(new Set(places).size).toBe(1024);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(Array.from((sample.y as Matrix).data)).toEqual(places.map((place) => -place));
  const mean = places.reduce((sum, each) => sum + each, 0) / 1024;
  expect(Math.abs(mean - rows / 2)).toBeLessThan(4 * (rows / Math.sqrt(12 * 1024)));
  expect(await sampleOf(5, 37)).toEqual(sample); // however they were cut
  expect(await sampleOf(6, 100)).not.toEqual(sample);
});

test("earlyStopping and recordActivity take part, those that read rows again are refused", async () => {
  const source = sourceOf({ x: x2, y: labelsOf(ROWS) }, 8);
  await withNetwork(classifier, async (network) => {
    const activity = recordActivity(x2);
    const stopping = earlyStopping({ patience: 1, minDelta: 10 });
    const { epochs, stopped } = await network.fit(source, { epochs: 9, callbacks: [activity, stopping] });
    expect([epochs.length, stopped, activity.frames.length]).toEqual([2, "callback", 3]);
    const before = weightsOf(network);
    for (const callback of [traceDeaths(), preventDeaths(), recycleDormant(), continualBackprop()])
      await expectError(network.fit(source, { callbacks: [callback] }), "unsupported", "callbacks[0]");
    const monitor = earlyStopping({ monitor: "validationLoss" });
    await expectError(network.fit(source, { callbacks: [monitor] }), "value", "validation");
    expect(weightsOf(network)).toEqual(before);
  });
});

test("options that a source has no use for are refused", async () => {
  const source = sourceOf({ x: x2, y: labelsOf(ROWS) }, 8);
  const refused: readonly FitOptions[] = [
    { batchSize: 8 },
    { accumulate: 0 },
    { shuffle: true },
    { validation: 0.2 },
    { classWeights: "balanced" },
    { resume: true },
    { learningRate: cosine() },
    { learningRate: warmup({ epochs: 1 }) },
    { learningRate: warmup({ steps: 3, next: stepDecay({ every: 1 }) }) },
  ];
  await withNetwork(classifier, async (network) => {
    const before = weightsOf(network);
    for (const options of refused) await expectError(network.fit(source, options), "value", Object.keys(options)[0]);
    await expectError(network.fit({ batches: 3 as never }), "value", "data.batches");
    await expectError(network.fit({ ...source, rows: 0 }), "value", "data.rows");
    expect(weightsOf(network)).toEqual(before);
    await network.fit(source, { epochs: 1, validation: 0, resume: false });
  });
});

const WRONG: WrongSources = {
  ...WRONG_SOURCES,
  "has fewer targets": [{ batches: () => [{ x: [[1, 2]], y: [] }] }, "shape", "data.batches[0].y"],
  "has more rows than it says": [{ rows: 1, batches: () => [first, first] }, "shape", "data.batches"],
  "has a batch that is too large": [
    { batches: () => [{ x: drawMatrix(2 ** 16 + 1, 2), y: labelsOf(2 ** 16 + 1) }] },
    "shape",
    "data.batches[0].x",
  ],
};

for (const [name, [source, code, path]] of Object.entries(WRONG)) {
  test(`a source that ${name} is refused`, async () => {
    await withNetwork(classifier, async (network) => {
      await expectError(network.fit(source, { epochs: 1 }), code, path);
      await network.fit(first, { epochs: 1 }); // and the network is free again
    });
  });
}

test("what a source throws is what fit throws, and the source is closed", async () => {
  const failure = new Error("the disk is gone");
  let closed = 0;
  const batches = function* () {
    try {
      yield first;
      throw failure;
    } finally {
      closed++;
    }
  };
  await withNetwork(classifier, async (network) => {
    await expect(network.fit({ batches })).rejects.toBe(failure);
    expect(network.evaluate(first).loss).toBeGreaterThan(0);
  });
  expect(closed).toBe(1);
});

test("a fit that diverges while a batch is awaited is told as ever, and the source is closed", async () => {
  let closed = 0;
  const batches = function* () {
    try {
      for (let batch = 0; batch < 100; batch++) yield { x: [[1, 2]], y: [1] };
    } finally {
      closed++;
    }
  };
  await withNetwork(regressor, async (network) => {
    const { stopped, diverged, sample } = await network.fit({ batches }, { optimizer: sgd({ learningRate: 1e6 }) });
    expect([stopped, diverged?.epoch, diverged?.goOnFrom]).toEqual(["diverged", 1, "epochStart"]);
    expect(diverged?.last.loss).toBeUndefined(); // no rows are there to tell it
    expect(sample?.x.rows).toBeLessThan(100);
    network.restoreEpochStart();
    await withNetwork(regressor, (other) => expect(weightsOf(network)).toEqual(weightsOf(other)));
  });
  expect(closed).toBe(1);
});

test("a signal ends the wait for a batch that never comes", async () => {
  const controller = new AbortController();
  const asked: (AbortSignal | undefined)[] = [];
  const batches = async function* (_epoch: number, { signal }: BatchContext) {
    asked.push(signal);
    yield first;
    await new Promise(() => {});
  };
  await withNetwork(classifier, async (network) => {
    const onBatchEnd = () => void setTimeout(() => controller.abort(), 1);
    const { signal } = controller;
    const { stopped, epochs } = await network.fit({ batches }, { signal, callbacks: [{ onBatchEnd }] });
    expect([stopped, epochs.length]).toEqual(["aborted", 0]);
    expect(asked).toEqual([signal]);
  });
});

test("a source that never ends is left when a callback stops, and closed", async () => {
  let closed = 0;
  const batches = function* () {
    try {
      for (;;) yield first;
    } finally {
      closed++;
    }
  };
  await withNetwork(classifier, async (network) => {
    const callbacks: FitOptions["callbacks"] = [
      { onBatchEnd: ({ step }, context) => (step === 500 ? context.stop() : undefined) },
    ];
    const { stopped, sample } = await network.fit({ batches }, { callbacks });
    expect([stopped, closed, sample?.x.rows]).toEqual(["callback", 1, 500]);
  });
});

test("a network that is disposed of while a batch is awaited ends the fit", async () => {
  await withNetwork(classifier, async (network) => {
    const batches = async function* () {
      await new Promise((resolve) => setTimeout(resolve, 1));
      network.dispose();
      yield first;
    };
    await expectError(network.fit({ batches }), "disposed", "network");
  });
});

test("a fit in memory can be resumed after another from a source only as that one's own", async () => {
  await withNetwork(classifier, async (network) => {
    const data = { x: x2, y: labelsOf(ROWS) };
    await network.fit(data, { epochs: 1 });
    await network.fit(sourceOf(data, 8), { epochs: 1 });
    await expectError(network.fit(data, { epochs: 2, resume: true }), "value", "network");
  });
});
