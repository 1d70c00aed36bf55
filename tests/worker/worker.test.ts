// The network behind a message channel: the same bits as beside it, in Node's worker_threads and in Chromium's Web
// Workers.
import { expectError, expectRefusal } from "../support/errors.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as direct from "../../src/index.js";
import * as remotely from "../../src/worker.js";
import { adam, createNetwork, importNetwork, type Network, RelumineError, sgd } from "../../src/worker.js";
import { classifier, numbersOf, regressor, weightsOf } from "../support/networks.js";
import { sectors, waves } from "../support/samples.js";

const data = sectors(200);
const EXACT = { arithmetic: "reproducible" } as const;
const LONG = { epochs: 1_000_000, batchSize: 16 };

async function remoteWeights(network: Network): Promise<number[]> {
  return numbersOf(await Promise.all(network.layers.map((layer) => layer.getWeights())));
}

const settled = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

it("goes back to an epoch's start after a fit that diverged, as beside it", async () => {
  await using remote = await createNetwork(classifier, EXACT);
  using local = await direct.createNetwork(classifier, EXACT);
  const options = { epochs: 4, batchSize: 4, learningRate: (step: number) => (step < 40 ? 0.01 : 1e30) };
  const [there, here] = await Promise.all([
    remote.fit(data, { ...options, optimizer: sgd() }),
    local.fit(data, { ...options, optimizer: direct.sgd() }),
  ]);
  expect(here.stopped).toBe("diverged");
  expect(there.diverged).toEqual(here.diverged);
  await remote.restoreEpochStart();
  local.restoreEpochStart();
  expect(await remoteWeights(remote)).toEqual(weightsOf(local));
  await remote.fit(data, { epochs: 1 });
  await expectRefusal(() => remote.restoreEpochStart(), "value", "network");
});

describe("the same as beside it", () => {
  let remote: Network;
  let local: direct.Network;
  beforeAll(async () => {
    remote = await createNetwork(classifier, EXACT);
    local = await direct.createNetwork(classifier, EXACT);
  });
  afterAll(async () => {
    await remote.dispose();
    local.dispose();
  });

  it("what it says of itself", async () => {
    expect(remote.spec).toEqual(local.spec);
    expect(remote.runtime).toEqual(local.runtime);
    expect(remote.parameterCount).toBe(local.parameterCount);
    expect(remote.layers.map(({ inputs, units, activation }) => ({ inputs, units, activation }))).toEqual(
      local.layers.map(({ inputs, units, activation }) => ({ inputs, units, activation })),
    );
    expect(await remote.summary()).toBe(local.summary());
    expect(await remoteWeights(remote)).toEqual(weightsOf(local));
  });

  it("fit, twice with one optimizer, which goes on with its moments, with a schedule, clipping and validation", async () => {
    const schedules: [number, number][][] = [[], []];
    const recipes = [adam({ learningRate: 0.01 }), direct.adam({ learningRate: 0.01 })];
    const options = (side: 0 | 1) => ({
      epochs: 7,
      batchSize: 16,
      clipNorm: 1,
      validation: 0.2,
      optimizer: recipes[side],
      learningRate(step: number, epoch: number) {
        schedules[side].push([step, epoch]);
        return 0.02 / (1 + step / 10) / epoch;
      },
    });
    for (let round = 0; round < 2; round++) {
      const here = await local.fit(data, options(1));
      const there = await remote.fit(data, options(0));
      const untimed = ({ epochs }: direct.History) => epochs.map(({ seconds: _, ...log }) => log);
      expect(untimed(there)).toEqual(untimed(here));
      expect(there.stopped).toBeUndefined();
      expect(await remoteWeights(remote)).toEqual(weightsOf(local));
    }
    expect(schedules[0]).toEqual(schedules[1]); // in order, each step once, none beyond the end
  });

  it("schedules as data, one of which watches the loss, and what comes from JSON", async () => {
    const rates: unknown[] = [];
    for (const learningRate of [
      direct.warmup({ steps: 5, next: direct.cosine({ minimum: 1e-3 }) }),
      direct.reduceOnPlateau({ patience: 0, threshold: 0.5 }),
      JSON.parse(JSON.stringify(direct.oneCycle())) as direct.Schedule,
    ]) {
      const options = { epochs: 4, batchSize: 16, learningRate };
      const here = await local.fit(data, { ...options, optimizer: direct.sgd() });
      const there = await remote.fit(data, { ...options, optimizer: sgd() });
      const ratesOf = ({ epochs }: direct.History) => epochs.map((log) => log.learningRate);
      expect(ratesOf(there)).toEqual(ratesOf(here));
      expect(await remoteWeights(remote)).toEqual(weightsOf(local));
      rates.push(new Set(ratesOf(here)).size > 1);
    }
    expect(rates).toEqual([true, true, true]);
    const hostile = { name: "cosine", options: { minimum: Number.NaN } };
    await expectRefusal(() => remote.fit(data, { learningRate: hostile }), "value", "learningRate.options: minimum");
  });

  it("evaluate, gradients, predict, diagnose, exportNetwork", async () => {
    expect(await remote.evaluate(data)).toEqual(local.evaluate(data));
    expect(await remote.gradients(data)).toEqual(local.gradients(data));
    expect(await remote.predict(data.x)).toEqual(local.predict(data.x));
    expect(await remote.predict(data.x, { logits: true })).toEqual(local.predict(data.x, { logits: true }));
    const [there, here] = [
      await remotely.diagnose(remote, data.x, { targets: data.y }),
      direct.diagnose(local, data.x, { targets: data.y }),
    ];
    expect({ ...there }).toEqual({ ...here });
    expect(String(there)).toBe(String(here));
    const bytes = await remotely.exportNetwork(remote, "safetensors", { metadata: { of: "a test" } });
    expect(bytes).toEqual(await direct.exportNetwork(local, "safetensors", { metadata: { of: "a test" } }));
    const imported = await importNetwork(bytes, EXACT);
    expect(await remoteWeights(imported)).toEqual(weightsOf(local));
    await imported.dispose();
  });

  it("setWeights and clone, which lives on when the first one is gone", async () => {
    const twin = await remote.clone();
    const copy = await twin.clone();
    await twin.layers[0].setWeights({ bias: new Float32Array(12).fill(-1) });
    expect((await twin.layers[0].getWeights()).bias).toEqual(new Float32Array(12).fill(-1));
    expect(await remoteWeights(copy)).toEqual(await remoteWeights(remote));
    await twin.dispose();
    expect(await copy.predict(data.x)).toEqual(local.predict(data.x));
    await copy.dispose();
    expect(await remote.predict(data.x)).toEqual(local.predict(data.x));
  });

  it("callbacks of the package, inside the worker", async () => {
    const spec = {
      ...classifier,
      seed: 2,
      layers: classifier.layers.map((layer) => ({ ...layer, biasInitializer: -0.3 })),
    };
    const network = await createNetwork(spec, EXACT);
    const beside = await direct.createNetwork(spec, EXACT);
    const options = { epochs: 30, batchSize: 16, validation: 0.25 };
    const trace = direct.traceDeaths(),
      record = direct.recordActivity(data.x, { samples: 50 }),
      early = direct.earlyStopping({ patience: 3, restoreBest: true });
    const here = await beside.fit(data, {
      ...options,
      optimizer: direct.sgd({ learningRate: 0.8 }),
      callbacks: [record, early, trace],
    });
    const told: number[] = [];
    const [traced, recorded] = [remotely.traceDeaths(), remotely.recordActivity(data.x, { samples: 50 })];
    const there = await network.fit(data, {
      ...options,
      optimizer: sgd({ learningRate: 0.8 }),
      callbacks: [
        recorded,
        remotely.earlyStopping({ patience: 3, restoreBest: true }),
        traced,
        { onProgress: () => void told.push(recorded.frames.length) },
      ],
    });
    expect(there.stopped).toBe(here.stopped);
    expect(there.epochs.length).toBe(here.epochs.length);
    expect(trace.deaths.length).toBeGreaterThan(0);
    expect(traced.deaths).toEqual(trace.deaths);
    expect(traced.revivals).toEqual(trace.revivals);
    expect(recorded.frames).toEqual(record.frames);
    expect(recorded.samples).toBe(50);
    expect(told.at(-1)).toBe(record.frames.length); // they grow with each report
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(await remoteWeights(network)).toEqual(weightsOf(beside));
    await network.dispose();
    beside.dispose();
  });

  it("remedies that act during training, inside the worker", async () => {
    const network = await createNetwork(classifier, EXACT);
    const beside = await direct.createNetwork(classifier, EXACT);
    const given = {
      continualBackprop: { replacementRate: 0.01, maturity: 10 },
      recycleDormant: { everySteps: 20, dormantBelow: 0.2 },
      selfNormalizedResets: { threshold: 0.1 },
      preventDeaths: { activity: 0.05 },
    };
    const [continual, recycle, normalized, prevent] = [
      direct.continualBackprop(given.continualBackprop),
      direct.recycleDormant(given.recycleDormant),
      direct.selfNormalizedResets(given.selfNormalizedResets),
      direct.preventDeaths(given.preventDeaths),
    ];
    await beside.fit(data, {
      epochs: 20,
      batchSize: 16,
      optimizer: direct.sgd({ learningRate: 0.9 }),
      callbacks: [continual, recycle, normalized, prevent],
    });
    const remedies = [
      remotely.continualBackprop(given.continualBackprop),
      remotely.recycleDormant(given.recycleDormant),
      remotely.selfNormalizedResets(given.selfNormalizedResets),
      remotely.preventDeaths(given.preventDeaths),
    ] as const;
    await network.fit(data, {
      epochs: 20,
      batchSize: 16,
      optimizer: sgd({ learningRate: 0.9 }),
      callbacks: remedies,
    });
    expect(continual.replaced.some((count) => count > 0)).toBe(true);
    expect(normalized.resets.length).toBeGreaterThan(0);
    const [renewal, recycling, resetting, guard] = remedies;
    const there = () => [renewal.replaced, recycling.recycled, resetting.resets, guard.prevented, guard.lost];
    const here = () => [continual.replaced, recycle.recycled, normalized.resets, prevent.prevented, prevent.lost];
    expect(there()).toEqual(here());
    expect(await remoteWeights(network)).toEqual(weightsOf(beside));
    // A second fit goes on with what the callbacks keep of the network.
    const again = { epochs: 3, batchSize: 16, optimizer: direct.sgd({ learningRate: 0.9 }) };
    await beside.fit(data, { ...again, callbacks: [continual, recycle, normalized, prevent] });
    await network.fit(data, { ...again, optimizer: sgd({ learningRate: 0.9 }), callbacks: remedies });
    expect(there()).toEqual(here());
    expect(await remoteWeights(network)).toEqual(weightsOf(beside));
    await network.dispose();
    beside.dispose();
  });

  it("a snapshot shows weights, and what each layer makes of x", async () => {
    const { layers, step, epoch } = await remote.snapshot({ x: data.x, preactivations: true });
    expect({ step, epoch }).toEqual({ step: 52, epoch: 4 }); // of the last fit that began: 200 rows in batches of 16
    expect(layers.flatMap(({ weights }) => [...weights!.kernel, ...weights!.bias])).toEqual(weightsOf(local));
    const { activations, preactivations } = layers[0];
    expect(preactivations!.data.some((z) => z < 0)).toBe(true);
    expect(activations!.data).toEqual(preactivations!.data.map((z) => Math.max(z, 0)));
    expect(layers.at(-1)!.activations).toEqual(local.predict(data.x, { logits: true }));
    expect(await remote.snapshot({ weights: false })).toMatchObject({ layers: [{}, {}, {}] });
  });
});

describe("while it trains", () => {
  it("batches and epochs are told in order, none missing, and reading sees the weights of a whole step", async () => {
    const network = await createNetwork(regressor, EXACT);
    const events: string[] = [];
    const steps: number[] = [];
    const snapshots: number[] = [];
    const { x, y } = waves(96);
    const training = network.fit(
      { x, y },
      {
        epochs: 300,
        batchSize: 32,
        callbacks: [
          {
            onTrainBegin: () => void events.push("begin"),
            onBatchEnd: ({ step, epoch }) => (steps.push(step), void events.push(`batch ${epoch}`)),
            onEpochEnd: ({ epoch }) => void events.push(`epoch ${epoch}`),
            onTrainEnd: () => void events.push("end"),
          },
        ],
      },
    );
    for (let i = 0; i < 3; i++) {
      const { step, layers } = await network.snapshot({ x });
      expect(layers[0].activations!.rows).toBe(96);
      snapshots.push(step);
      expect((await network.predict(x)).rows).toBe(96);
    }
    expect((await training).epochs).toHaveLength(300);
    expect(steps).toEqual(Array.from({ length: 900 }, (_, i) => i + 1));
    const expected = Array.from({ length: 300 }, (_, i) => [
      ...Array<string>(3).fill(`batch ${i + 1}`),
      `epoch ${i + 1}`,
    ]).flat();
    expect(events).toEqual(["begin", ...expected, "end"]);
    expect(snapshots).toEqual([...snapshots].sort((a, b) => a - b));
    await network.dispose();
    // What was read meanwhile has changed no bit.
    const again = await createNetwork(regressor, EXACT);
    const { epochs } = await again.fit({ x, y }, { epochs: 300, batchSize: 32 });
    expect(epochs.at(-1)!.loss).toBe((await training).epochs.at(-1)!.loss);
    await again.dispose();
  });

  it("abort and stop() end it, and what was learnt stays", async () => {
    const network = await createNetwork(classifier);
    const before = await network.evaluate(data);
    const controller = new AbortController();
    const aborted = await network.fit(data, {
      ...LONG,
      signal: controller.signal,
      callbacks: [{ onProgress: () => controller.abort() }],
    });
    expect(aborted.stopped).toBe("aborted");
    expect((await network.evaluate(data)).loss).toBeLessThan(before.loss);
    const at = await network.fit(data, { ...LONG, callbacks: [{ onEpochEnd: (_log, { stop }) => stop() }] });
    expect(at.stopped).toBe("callback");
    expect((await network.fit(data, { ...LONG, callbacks: [{ onTrainBegin: ({ stop }) => stop() }] })).stopped).toBe(
      "callback",
    );
    expect(await network.fit(data, { ...LONG, signal: AbortSignal.abort() })).toMatchObject({
      stopped: "aborted",
      epochs: [],
    });
    await network.dispose();
  });

  it("a page that does not keep up holds the training, so that what waits for it has a bound", async () => {
    const network = await createNetwork(regressor);
    const { x, y } = waves(640);
    const steps: number[] = [];
    let held = 0;
    /** Waits until the training does not move any more. */
    async function untilHeld(): Promise<number> {
      for (let last = -1; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
        const { step } = await network.snapshot({ weights: false });
        if (step === last) return step;
        last = step;
      }
    }
    const history = await network.fit(
      { x, y },
      {
        epochs: 1_000_000,
        batchSize: 16,
        optimizer: sgd(),
        callbacks: [
          {
            onBatchEnd: ({ step }) => void steps.push(step),
            async onProgress(_progress, { stop }) {
              if (held === 0) held = await untilHeld();
              else if (steps.length >= held) stop();
            },
          },
        ],
      },
    );
    expect(history.stopped).toBe("callback");
    expect(held).toBeGreaterThan(2 ** 16 - 1);
    expect(held).toBeLessThan(2 ** 16 + 20_000); // those of the first report are not among the waiting
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1));
    await network.dispose();
  });

  it("an error that a callback throws is what fit rejects with, and the weights learnt so far stay", async () => {
    const network = await createNetwork(classifier);
    const boom = new Error("boom");
    expect(
      await settled(
        network.fit(data, {
          ...LONG,
          callbacks: [
            {
              onEpochEnd() {
                throw boom;
              },
            },
          ],
        }),
      ),
    ).toBe(boom);
    expect(
      await settled(
        network.fit(data, {
          ...LONG,
          callbacks: [
            {
              async onTrainBegin() {
                throw boom;
              },
            },
          ],
        }),
      ),
    ).toBe(boom);
    expect(
      await settled(
        network.fit(data, {
          epochs: 5,
          learningRate(step) {
            if (step === 9) throw boom;
            return 0.01;
          },
        }),
      ),
    ).toBe(boom);
    expect((await network.snapshot()).step).toBe(8);
    await expectRefusal(
      () => network.fit(data, { learningRate: (step) => (step === 3 ? -1 : 0.1) }),
      "value",
      "learningRate(3, 1)",
    );
    await network.dispose();
  });

  it("dispose ends it at once", async () => {
    const network = await createNetwork(classifier);
    const twin = await network.clone();
    const [first, second] = [settled(network.fit(data, LONG)), settled(twin.fit(data, LONG))];
    await network.dispose();
    expect(await first).toMatchObject({ name: "RelumineError", code: "disposed" });
    expect((await twin.predict(data.x)).rows).toBe(200); // the worker lives for the twin
    await twin.dispose();
    await twin.dispose();
    expect(await second).toMatchObject({ code: "disposed" });
    for (const call of [
      () => network.predict(data.x),
      () => network.fit(data),
      () => network.clone(),
      () => network.layers[0].getWeights(),
    ])
      await expectRefusal(call, "disposed", "network");
  });
});

describe("refusals are those of the network", () => {
  let network: Network;
  beforeAll(async () => {
    network = await createNetwork(classifier);
  });
  afterAll(() => network.dispose());

  it.each<[string, (network: Network) => unknown, RelumineError["code"], [path: string, ...given: string[]]]>([
    ["rows of another width", (it) => it.predict([[1]]), "shape", ["x", "1"]],
    ["ragged rows", (it) => it.predict([[1, 2], [1]]), "shape", ["x[1]", "1"]],
    ["an option that is not known", (it) => it.fit(data, { epoch: 3 } as object), "value", ["fit.epoch", '"epoch"']],
    ["an option of a wrong kind", (it) => it.fit(data, { epochs: -1 }), "value", ["epochs", "-1"]],
    ["labels out of range", (it) => it.fit({ x: data.x, y: data.y.map(() => 3) }), "value", ["data.y[0]", "3"]],
    ["no data", (it) => it.fit(undefined as never), "value", ["data", "undefined"]],
    [
      "an optimizer that is none",
      (it) => it.fit(data, { optimizer: { name: "adam", learningRate: 1, options: {} } }),
      "value",
      ["optimizer", '"adam"'],
    ],
    ["a transfer that is neither", (it) => it.fit(data, { transfer: 1 as never }), "value", ["transfer", "1"]],
    [
      "a callback that is none",
      (it) => it.fit(data, { callbacks: [{ onEpochEnd: 3 } as never] }),
      "value",
      ["callbacks[0].onEpochEnd", "3"],
    ],
    [
      "a callback inside that is not known",
      (it) => it.fit(data, { callbacks: [{ name: "traceDeath" }] }),
      "value",
      ["callback", '"traceDeath"'],
    ],
    [
      "options of one that are wrong",
      (it) => it.fit(data, { callbacks: [{ name: "earlyStopping", options: { patience: -1 } }] }),
      "value",
      ["patience", "-1"],
    ],
    [
      "a function that can't be sent",
      (it) => it.fit(data, { callbacks: [{ name: "traceDeaths", options: { window: () => 3 } }] }),
      "value",
      ["fit's argument 1.callbacks[0].options.window", "a function"],
    ],
    [
      "a validation loss to be watched where there is no validation",
      (it) => it.fit(data, { callbacks: [remotely.earlyStopping({ monitor: "validationLoss" })] }),
      "value",
      ["validation"],
    ],
    ["weights of a layer that is not there (BREAK, F16)", (it) => it.call("getWeights", 99), "value", ["layer", "99"]],
    ["an operation that is not known", (it) => it.call("nothing"), "value", ["the operation", '"nothing"']],
    ["a format that is not known", (it) => remotely.exportNetwork(it, "zip" as never), "value", ["format", '"zip"']],
    [
      "weights of a wrong shape",
      (it) => it.layers[0].setWeights({ bias: new Float32Array(3) }),
      "shape",
      ["bias", "3"],
    ],
  ])("%s", async (_what, call, code, words) => {
    await expectRefusal(() => call(network), code, ...words);
    expect((await network.predict(data.x)).rows).toBe(200); // and the worker lives on
  });

  it("a second fit at a time", async () => {
    const controller = new AbortController();
    const first = network.fit(data, { ...LONG, signal: controller.signal });
    await expectRefusal(() => network.fit(data), "value", "network");
    controller.abort();
    expect((await first).stopped).toBe("aborted");
  });

  it("a spec or options that are wrong, before anything is there", async () => {
    await expectRefusal(() => createNetwork({ ...classifier, loss: "nothing" as never }), "value", "loss", "nothing");
    await expectRefusal(
      () => createNetwork(classifier, { arithmetic: "quick" as never }),
      "value",
      "arithmetic",
      "quick",
    );
    await expectRefusal(() => createNetwork(classifier, { thread: 2 } as never), "value", "options.thread", "thread");
    await expectRefusal(() => createNetwork(classifier, { worker: () => ({}) as never }), "value", "options.worker");
    await expectRefusal(() => createNetwork(classifier, { worker: 3 as never }), "value", "options.worker");
    await expectRefusal(() => createNetwork(classifier, { files: { strict: 3 as never } }), "value", "files.strict");
    await expectRefusal(
      () => createNetwork(classifier, { files: { stict: "x" } as never }),
      "value",
      "files.stict",
      "stict",
    );
    await expectRefusal(() => importNetwork(new Uint8Array(9)), "format");
  });
});

describe("what is sent", () => {
  const rows = 64;
  const matrix = () => ({ rows, columns: 2, data: Float32Array.from({ length: rows * 2 }, (_, i) => Math.sin(i)) });
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 3);

  it("stays the caller's, but with transfer: true", async () => {
    const network = await createNetwork(classifier, EXACT);
    const [x, kept] = [matrix(), matrix()];
    await network.fit({ x, y: labels }, { epochs: 1 });
    expect(x).toEqual(kept);
    expect(labels).toHaveLength(rows);
    await network.fit({ x, y: Int32Array.from(labels) }, { epochs: 1, transfer: true });
    expect(x.data).toHaveLength(0);
    // What was handed over is refused, handed over again or not.
    await expectError(
      () => network.fit({ x, y: Int32Array.from(labels) }, { epochs: 1, transfer: true }),
      "shape",
      "data.x.data",
    );
    await expectError(() => network.predict(x), "shape", "x.data");
    await expectError(() => network.fit({ x: kept, y: labels }, { callbacks: Array(1) }), "value", "callbacks[0]");
    await network.dispose();
  });

  it("is a view's part alone, of a shared buffer too", async () => {
    const network = await createNetwork(classifier, EXACT);
    const whole = new Float32Array(10 * rows);
    whole.set(matrix().data, 7);
    const shared = new Float32Array(new SharedArrayBuffer(rows * 8));
    shared.set(matrix().data);
    const expected = await network.predict(matrix());
    for (const view of [whole.subarray(7, 7 + 2 * rows), shared])
      expect(await network.predict({ rows, columns: 2, data: view })).toEqual(expected);
    await network.fit(
      { x: { rows, columns: 2, data: whole.subarray(7, 7 + 2 * rows) }, y: labels },
      { epochs: 1, transfer: true },
    );
    expect(whole).toHaveLength(10 * rows); // of a part of a buffer a copy goes
    await network.dispose();
  });
});
