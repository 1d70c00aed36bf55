// A source of batches trains a network in a worker as it does here, to the bit; it stays on this side, is asked for one
// batch ahead and no more, and is closed whatever ends the fit.
import { describe, expect, test } from "vitest";
import * as direct from "../../src/index.js";
import * as remote from "../../src/worker.js";
import type { RemoteFitOptions, RemoteNetwork } from "../../src/worker/types.js";
import { takeSamples } from "../../src/core/matrix.js";
import { cut, ONE_ROW as first, WRONG_SOURCES, type WrongSources } from "../support/batches.js";
import { expectRefusal } from "../support/errors.js";
import { seededRandom } from "../support/random.js";
import { drawSparse } from "../support/sparse.js";

type Source = direct.BatchSource;
const { adam, cosine, earlyStopping, recordActivity, sgd } = direct;

const ROWS = 53;
const BATCH = 8;
const random = seededRandom(1);
const x: direct.Matrix = {
  rows: ROWS,
  columns: 2,
  data: Float32Array.from({ length: 2 * ROWS }, () => random() * 2 - 1),
};
const y = Int32Array.from({ length: ROWS }, (_, r) => (r * 7) % 3);
const spec: direct.NetworkSpec = {
  inputs: 2,
  layers: [{ units: 12, dropout: 0.2 }, { units: 9, normalization: "batch" }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
};

/** Turns, so that its order hangs on the network's epochs. */
const sourceOf = (data: direct.DataSet = { x, y }, more: Partial<Source> = {}): Source => ({
  batches(_epoch, { begun }) {
    const all = [...cut(data, BATCH)];
    const last = all.pop()!;
    return [...all.slice(begun % 3), ...all.slice(0, begun % 3), last];
  },
  ...more,
});

const known = { rows: ROWS, batchSize: BATCH, id: "turning" };

const refilled = (): Source => ({
  async *batches() {
    const into = { x: new Float32Array(2 * BATCH), y: new Int32Array(BATCH) };
    for (let start = 0; start < ROWS; start += BATCH) {
      const rows = Math.min(BATCH, ROWS - start);
      into.x.fill(NaN).set(x.data.subarray(2 * start, 2 * (start + rows)));
      into.y.fill(7).set(y.subarray(start, start + rows));
      await new Promise((resolve) => setTimeout(resolve, 0));
      yield { x: { rows, columns: 2, data: into.x.subarray(0, 2 * rows) }, y: into.y.subarray(0, rows) };
      into.x.fill(NaN);
    }
  },
});

async function near<T>(use: (network: direct.Network) => Promise<T>, given = spec): Promise<T> {
  using network = await direct.createNetwork(given, { arithmetic: "reproducible" });
  return await use(network);
}

async function far<T>(use: (network: RemoteNetwork) => Promise<T>, given = spec): Promise<T> {
  await using network = await remote.createNetwork(given, { arithmetic: "reproducible" });
  return await use(network);
}

interface Setting {
  readonly spec?: direct.NetworkSpec;
  source(): Source;
  options?(): direct.FitOptions;
}

async function train(network: direct.Network | RemoteNetwork, { source, options }: Setting) {
  const told: object[] = [];
  const { callbacks = [], ...rest } = options?.() ?? {};
  const own = {
    onBatchEnd: (log: object) => void told.push(log),
    onEpochEnd: ({ epoch }: { epoch: number }) => void told.push({ epoch }),
  };
  const all = { epochs: 3, ...rest, callbacks: [...callbacks, own] as never };
  const { epochs, stopped, sample } = await (network as direct.Network).fit(source(), all);
  const weights = await Promise.all(network.layers.map((layer) => layer.getWeights()));
  return { told, stopped, sample, weights, epochs: epochs.map(({ seconds: _, ...log }) => log), callbacks };
}

const bytes: direct.Samples = {
  rows: ROWS,
  columns: 2,
  data: Uint8Array.from({ length: 2 * ROWS }, (_, i) => (i * 37) % 256),
  scale: 1 / 255,
};
const SETTINGS: Readonly<Record<string, Setting>> = {
  "batches at once": { source: () => sourceOf() },
  "arrays that are filled again": { source: refilled },
  "weights, and weights of classes": {
    source: () => sourceOf({ x, y, weights: Array.from({ length: ROWS }, (_, r) => r % 4) }),
    options: () => ({ classWeights: [1, 2, 0.5] }),
  },
  bytes: { source: () => sourceOf({ x: bytes, y }) },
  "rows of numbers": {
    source: () => ({
      batches: () => Array.from(cut({ x, y }, BATCH), (batch) => ({ ...batch, x: rowsOf(batch.x as direct.Matrix) })),
    }),
  },
  "several batches an update": {
    source: () => sourceOf(undefined, known),
    options: () => ({ epochs: 5, accumulate: 3, learningRate: cosine() }),
  },
  "sparse rows": { spec: { ...spec, inputs: 40 }, source: () => sourceOf({ x: drawSparse(ROWS, 40, 0.1, 3), y }) },
  "a cosine, where the steps are known": {
    source: () => sourceOf(undefined, known),
    options: () => ({ learningRate: cosine() }),
  },
  "a schedule that is a function": {
    source: () => sourceOf(undefined, known),
    options: () => ({ learningRate: (step, epoch) => 0.1 / (step + 10 * epoch), optimizer: adam() }),
  },
  "callbacks inside, and rows that judge": {
    source: () => sourceOf(),
    options: () => ({
      epochs: 9,
      validation: { x: takeSamples(x, [1, 3, 5, 7]) as direct.Matrix, y: [0, 1, 2, 0] },
      callbacks: [recordActivity(x), earlyStopping({ patience: 1, minDelta: 10 })],
    }),
  },
};

function rowsOf({ rows, columns, data }: direct.Matrix): number[][] {
  return Array.from({ length: rows }, (_, r) => Array.from(data.subarray(r * columns, (r + 1) * columns)));
}

test.each(Object.entries(SETTINGS))("%s: the bits, logs and sample of a fit here", async (_name, setting) => {
  const here = await near((network) => train(network, setting), setting.spec);
  const there = await far((network) => train(network, setting), setting.spec);
  const found = ({ callbacks }: typeof here) => callbacks.map((each) => (each as { frames?: unknown }).frames);
  expect(found(there)).toEqual(found(here));
  expect({ ...there, callbacks: [] }).toEqual({ ...here, callbacks: [] });
  expect(here.told.length).toBeGreaterThan(14);
});

test("a fit that stopped goes on in a worker, to the bits of one that never did", async () => {
  const source = () => sourceOf(undefined, known);
  const expected = await near((network) => train(network, { source }));
  const bytesOf = await near(async (network) => {
    const controller = new AbortController();
    const onBatchEnd = ({ step }: { step: number }) => (step === 10 ? controller.abort() : undefined);
    await network.fit(source(), { epochs: 3, callbacks: [{ onBatchEnd }], signal: controller.signal });
    return direct.exportNetwork(network, "safetensors", { training: true });
  });
  await using network = await remote.importNetwork(bytesOf, { arithmetic: "reproducible" });
  const { weights, epochs } = await train(network, { source, options: () => ({ resume: true }) });
  expect({ weights, epochs }).toEqual({ weights: expected.weights, epochs: expected.epochs });
});

test("one batch is asked for ahead, no more, while the worker trains on what it has", async () => {
  let asked = 0;
  let release = () => {};
  const source: Source = {
    async *batches() {
      for (const batch of cut({ x, y }, BATCH)) {
        if (++asked === 3) await new Promise<void>((resolve) => (release = resolve));
        yield batch;
      }
    },
  };
  await far(async (network) => {
    const fit = network.fit(source, { epochs: 1 });
    await expect.poll(async () => (await network.snapshot()).step, { timeout: 20_000 }).toBe(2);
    expect(asked).toBe(3);
    release();
    await fit;
    expect(asked).toBe(7);
    expect(await network.snapshot()).toMatchObject({ step: 7, epoch: 1 });
  });
});

test("arrays are copied, or handed over where that is asked for", async () => {
  for (const transfer of [false, true]) {
    const given = [...cut({ x, y }, BATCH)].map((batch) => ({
      ...batch,
      x: { ...(batch.x as direct.Matrix), data: (batch.x as direct.Matrix).data.slice() },
    }));
    await far((network) => network.fit({ batches: () => given }, { epochs: 1, transfer }));
    expect(given.every((batch) => batch.x.data.length === (transfer ? 0 : batch.x.rows * 2))).toBe(true);
  }
});

/** An iterator that tells when it is left. */
function closing(next: (at: number) => unknown): { source: Source; closed: () => number } {
  let closed = 0;
  let at = 0;
  const iterator = {
    next: () => next(at++) as Promise<IteratorResult<direct.DataSet>>,
    return: () => {
      closed++;
      return Promise.resolve({ done: true as const, value: undefined });
    },
  };
  return { source: { batches: () => ({ [Symbol.asyncIterator]: () => iterator }) }, closed: () => closed };
}

const given = (value: unknown) => Promise.resolve({ done: false, value });

describe("what sources do wrong", () => {
  const torn = new Error("torn");
  const WRONG: WrongSources = {
    ...WRONG_SOURCES,
    "has a batch that can't be sent": [
      { batches: () => [{ ...first, weights: (() => 1) as never }] },
      "value",
      "data.batches[0].weights",
    ],
    "has rows in blocks as a batch": [
      { batches: () => [{ x: { blocks: () => [] } as never, y: [] }] },
      "unsupported",
      "data.batches[0].x",
    ],
    "gives what no iterator gives": [
      { batches: () => ({ [Symbol.iterator]: () => ({ next: () => 3 }) }) as never },
      "value",
      "data.batches[0]",
    ],
    "says what is no number of rows": [{ rows: 0, batches: () => [first] }, "value", "data.rows"],
  };

  test.each(Object.entries(WRONG))("one that %s is refused, and the network is free again", async (_name, wrong) => {
    const [source, code, path] = wrong;
    await far(async (network) => {
      await expectRefusal(() => network.fit(source, { epochs: 1 }), code, path);
      await network.fit(first, { epochs: 1 });
    });
  });

  test("what it throws is what fit throws, after the logs of before, and the network is as here", async () => {
    const setting = () => closing((at) => (at < 4 ? given(first) : Promise.reject(torn)));
    const run = async (network: direct.Network | RemoteNetwork) => {
      const steps: number[] = [];
      const { source, closed } = setting();
      const onBatchEnd = ({ step }: { step: number }) => void steps.push(step);
      await expect((network as direct.Network).fit(source, { callbacks: [{ onBatchEnd }] })).rejects.toBe(torn);
      return { steps, closed: closed(), weights: await Promise.all(network.layers.map((layer) => layer.getWeights())) };
    };
    const there = await far(run);
    expect(there).toEqual(await near(run));
    expect([there.steps, there.closed]).toEqual([[1, 2, 3, 4], 1]);
  });
});

describe("what ends a fit closes the source", () => {
  const endless = () => closing(() => given(first));

  test("a callback that stops one that never ends", async () => {
    const { source, closed } = endless();
    await far(async (network) => {
      const callbacks: RemoteFitOptions["callbacks"] = [
        { onProgress: ({ step }, context) => (step > 5 ? context.stop() : undefined) },
      ];
      expect((await network.fit(source, { callbacks })).stopped).toBe("callback");
      expect(closed()).toBe(1);
      await network.fit(first, { epochs: 1 });
    });
  });

  test("a signal, while a batch is awaited that never comes", async () => {
    const controller = new AbortController();
    const { source, closed } = closing((at) =>
      at === 0 ? given(first) : new Promise(() => setTimeout(() => controller.abort(), 1)),
    );
    await far(async (network) => {
      const { stopped, epochs } = await network.fit(source, { signal: controller.signal });
      expect([stopped, epochs.length, closed()]).toEqual(["aborted", 0, 1]);
      await network.fit(first, { epochs: 1 });
    });
  });

  test("a training that diverges", async () => {
    const { source, closed } = closing(() => given({ x: [[1, 2]], y: [1] }));
    const regressor: direct.NetworkSpec = { inputs: 2, layers: [{ units: 4 }, { units: 1 }], loss: "meanSquaredError" };
    await far(async (network) => {
      expect((await network.fit(source, { optimizer: sgd({ learningRate: 1e9 }) })).stopped).toBe("diverged");
      expect(closed()).toBe(1);
    }, regressor);
  });

  test("the network's end, and with it the worker's", async () => {
    for (const isWaiting of [false, true]) {
      const network = await remote.createNetwork(spec);
      let asked = 0;
      const { source, closed } = closing((at) => {
        asked++;
        return isWaiting && at === 3 ? new Promise(() => {}) : given(first);
      });
      const fit = network.fit(source);
      fit.catch(() => {});
      await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(3);
      await network.dispose();
      await expectRefusal(() => fit, "disposed", "network");
      expect(closed()).toBe(1);
      const before = asked;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(asked - before).toBeLessThan(2);
    }
  });
});

test("a schedule that is a function wants to know the steps, and other calls take no source", async () => {
  await far(async (network) => {
    const before = await network.layers[0].getWeights();
    await expectRefusal(() => network.fit(sourceOf(), { learningRate: () => 0.1 }), "unsupported", "learningRate");
    await expectRefusal(() => network.fit(sourceOf(), { batchSize: 8 }), "value", "batchSize");
    await expectRefusal(() => network.fit(sourceOf(), { resume: true }), "value", "resume");
    await expectRefusal(() => network.evaluate(sourceOf() as never), "unsupported", "data");
    await expectRefusal(() => network.gradients(sourceOf() as never), "unsupported", "data");
    expect(await network.layers[0].getWeights()).toEqual(before);
  });
});
