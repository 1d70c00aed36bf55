import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { traceDeaths } from "../../src/tfjs.js";
import { expectError } from "../support/errors.js";
import { classesOf, classifier, deadByHand, dense, disposeOf, kill, rowsOf, withoutLeak } from "./models.js";

const ROWS = 120;
const BATCH = 24;
const STEPS = ROWS / BATCH; // of an epoch
const x = rowsOf(ROWS, 8);
const y = classesOf(ROWS);
afterAll(() => tf.dispose([x, y]));

const fit = (model: tf.LayersModel, callbacks: unknown, epochs = 8) =>
  model.fit(x, y, {
    epochs,
    batchSize: BATCH,
    shuffle: false,
    verbose: 0,
    callbacks: callbacks as tf.CustomCallback[],
  });

/** After each step, by layer, which units are closed on all rows, as TensorFlow.js computes them. */
function recordByHand(model: tf.LayersModel, names: readonly string[]) {
  const closed: number[][][] = [];
  const look = () => closed.push(deadByHand(model, x, names));
  look(); // the start
  return { closed, callback: new tf.CustomCallback({ onBatchEnd: async () => void look() }, "never" as never) };
}

const hiddenNames = (model: tf.LayersModel) => model.layers.slice(0, -1).map(({ name }) => name);

describe.each([
  ["plain steps", () => tf.train.sgd(3)],
  ["Adam", () => tf.train.adam(0.15)],
])("of %s that kill units", (_name, optimizer) => {
  test("deaths, steps, revivals and silent units are those that TensorFlow.js counts", async () => {
    const model = classifier(optimizer());
    kill(model, 0, [3]);
    const names = hiddenNames(model);
    const { closed, callback } = recordByHand(model, names);
    const trace = traceDeaths(x, { rows: ROWS, window: 1 });
    await fit(model, [trace, callback]);
    expect(closed).toHaveLength(8 * STEPS + 1);
    const last = closed.at(-1)!;
    const expected = last.flatMap((units, layer) =>
      units.map((unit) => {
        const lastOpen = closed.findLastIndex((each) => !each[layer].includes(unit));
        return { layer, unit, step: lastOpen + 1, name: names[layer] };
      }),
    );
    expected.sort((a, b) => a.step - b.step || a.layer - b.layer || a.unit - b.unit);
    expect(expected.length).toBeGreaterThan(2);
    expect(trace.deaths.map(({ layer, unit, step, name }) => ({ layer, unit, step, name }))).toEqual(expected);
    const silent = Array.from({ length: 8 }, (_, epoch) => closed[(epoch + 1) * STEPS].map(({ length }) => length));
    expect(trace.silentUnits).toEqual(silent);
    expect(trace.layers).toEqual(names);
    for (const { epoch, batch, step, cause } of trace.deaths) {
      expect([epoch, batch]).toEqual(step === 0 ? [0, 0] : [Math.ceil(step / STEPS), ((step - 1) % STEPS) + 1]);
      expect(cause).toBe(step === 0 ? "born" : "not replayed");
    }
    const opened = closed.flatMap((layers, step) =>
      step < 2
        ? []
        : layers.flatMap((_, layer) =>
            closed[step - 1][layer]
              .filter((unit) => closed[step - 2][layer].includes(unit) && !closed[step][layer].includes(unit))
              .map((unit) => ({ layer, unit, step })),
          ),
    );
    expect(trace.revivals.map(({ layer, unit, step }) => ({ layer, unit, step }))).toEqual(opened);
    disposeOf(model);
  });

  test("the fall has parts that add up, and is the preactivation's own", async () => {
    const model = classifier(optimizer());
    const trace = traceDeaths(x, { rows: ROWS });
    // preactivations by hand, before and after each step
    const [first, second] = model.layers;
    const means: number[][][] = [];
    const look = () =>
      means.push(
        tf.tidy(() => {
          const mean = (input: tf.Tensor2D, layer: tf.layers.Layer) => {
            const [kernel, bias] = layer.getWeights() as [tf.Tensor2D, tf.Tensor1D];
            return input.matMul(kernel).add(bias).mean(0).arraySync() as number[];
          };
          return [mean(x, first), mean(first.apply(x) as tf.Tensor2D, second)];
        }),
      );
    look();
    await fit(model, [trace, new tf.CustomCallback({ onBatchEnd: async () => void look() }, "never" as never)]);
    const died = trace.deaths.filter(({ step }) => step > 0);
    expect(died.length).toBeGreaterThan(0);
    for (const { layer, unit, step, before, after, change, rate, optimizer: kind, explanation } of died) {
      expect(change.weights + change.bias + change.inputs).toBeCloseTo(after.mean - before.mean, 5);
      expect(before.mean).toBeCloseTo(means[step - 1][layer][unit], 3);
      expect(after.mean).toBeCloseTo(means[step][layer][unit], 3);
      expect(after.max).toBeLessThanOrEqual(0);
      expect(before.max).toBeGreaterThan(0);
      if (layer === 0) expect(change.inputs).toBe(0); // rows do not change
      expect([rate, kind]).toEqual(_name === "Adam" ? [0.15, "Adam"] : [3, "SGD"]);
      expect(explanation).toContain(`unit ${unit} of layer ${model.layers[layer].name}`);
    }
    disposeOf(model);
  });
});

describe("as a callback", () => {
  const stopping = () => tf.callbacks.earlyStopping({ monitor: "loss", patience: 2 });

  test.each([
    ["alone", (trace: unknown) => trace],
    ["in a list", (trace: unknown) => [trace]],
    ["before earlyStopping", (trace: unknown) => [trace, stopping()]],
    ["behind earlyStopping", (trace: unknown) => [stopping(), trace]],
  ])("%s", async (_name, of) => {
    const model = classifier();
    kill(model, 0, [1, 4]);
    const trace = traceDeaths(x);
    const { epoch } = await fit(model, of(trace), 3);
    expect(trace.silentUnits).toHaveLength(epoch.length);
    expect(trace.deaths.filter(({ cause }) => cause === "born").map(({ unit }) => unit)).toEqual([1, 4]);
    disposeOf(model);
  });

  test("of fitDataset and of a functional model", async () => {
    const input = tf.input({ shape: [8] });
    const hidden = dense(6, 1, { activation: "relu" }).apply(input) as tf.SymbolicTensor;
    const output = dense(3, 2, { activation: "softmax" }).apply(hidden) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: output });
    model.compile({ loss: "categoricalCrossentropy", optimizer: tf.train.sgd(0.1) });
    kill(model, 1, [2]);
    const trace = traceDeaths(x);
    const data = tf.data.array([{ xs: x, ys: y }]);
    await model.fitDataset(data, { epochs: 2, verbose: 0, callbacks: trace });
    expect(trace.deaths).toMatchObject([{ layer: 0, unit: 2, step: 0 }]);
    expect(trace.silentUnits).toEqual([[1], [1]]);
    disposeOf(model);
  });

  test("again, of another training, from the start", async () => {
    const trace = traceDeaths(x);
    const [one, other] = [classifier(), classifier()];
    kill(one, 0, [1]);
    await fit(one, trace, 1);
    expect(trace.deaths).toHaveLength(1);
    await fit(other, trace, 2);
    expect(trace.deaths).toEqual([]);
    expect(trace.silentUnits).toHaveLength(2);
    disposeOf(one);
    disposeOf(other);
  });

  test("can be read while the training goes on, and after it broke off", async () => {
    const model = classifier();
    kill(model, 0, [1]);
    const trace = traceDeaths(x, { window: 3 });
    const counts: number[] = [];
    const enough = new Error("enough");
    const broken = new tf.CustomCallback(
      {
        onBatchEnd: async () => {
          counts.push(trace.deaths.length);
          if (counts.length === 6) throw enough;
        },
      },
      "never" as never,
    );
    await expect(fit(model, [trace, broken])).rejects.toBe(enough);
    expect(counts).toEqual([0, 0, 1, 1, 1, 1]);
    await fit(model, trace, 1);
    expect(trace.silentUnits).toHaveLength(1);
    disposeOf(model);
  });

  test("lets the page turn as fit itself does", async () => {
    const model = classifier();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const trace = traceDeaths(x);
    await fit(model, trace, 60);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    disposeOf(model);
  });
});

test("a training in which nothing dies has no deaths", async () => {
  const model = classifier(tf.train.sgd(0.001));
  const trace = traceDeaths(x);
  await fit(model, trace, 3);
  expect(trace.deaths).toEqual([]);
  expect(trace.silentUnits).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
  disposeOf(model);
});

test("does not change the training by a bit", async () => {
  const weights = async (callbacks: unknown) => {
    const model = classifier();
    await model.fit(x, y, { epochs: 3, shuffle: false, verbose: 0, callbacks: callbacks as tf.CustomCallback });
    const all = model.getWeights().map((weight) => [...weight.dataSync()]);
    disposeOf(model);
    return all;
  };
  expect(await weights(traceDeaths(x))).toEqual(await weights({}));
});

test("leaves no tensors", async () => {
  const model = classifier("adam");
  await fit(model, {}, 1); // the optimizer's own
  await withoutLeak(() => fit(model, traceDeaths(x), 2));
  disposeOf(model);
});

test("looks every so many steps, and at the end of each epoch", async () => {
  const model = classifier(tf.train.sgd(3));
  const names = hiddenNames(model);
  const { closed, callback } = recordByHand(model, names);
  const trace = traceDeaths(x, { rows: ROWS, everySteps: 3 });
  await fit(model, [trace, callback], 6);
  const counts = [1, 2, 3, 4, 5, 6].map((epoch) => closed[epoch * STEPS].map(({ length }) => length));
  expect(trace.silentUnits).toEqual(counts);
  const isLook = (step: number) => step % 3 === 0 || step % STEPS === 0;
  expect(trace.deaths).toHaveLength(closed.at(-1)!.flat().length);
  expect(trace.deaths.length).toBeGreaterThan(0);
  for (const { layer, unit, step, lastOpen } of trace.deaths) {
    closed.forEach((layers, at) => {
      if (isLook(at) && at >= step) expect(layers[layer]).toContain(unit);
    });
    if (step > 0) expect(closed[lastOpen!][layer]).not.toContain(unit);
    expect(isLook(step)).toBe(true);
  }
  disposeOf(model);
});

test("normalizations, and activations that cannot die", async () => {
  const model = tf.sequential({
    layers: [
      dense(8, 1, { inputShape: [8] }),
      tf.layers.batchNormalization(),
      tf.layers.reLU(),
      dense(6, 2, { activation: "elu" }),
      dense(3, 3, { activation: "softmax" }),
    ],
  });
  model.compile({ loss: "categoricalCrossentropy", optimizer: "sgd" });
  tf.tidy(() => {
    const [gamma, , mean, variance] = model.layers[1].getWeights();
    model.layers[1].setWeights([gamma, tf.tensor1d([-30, 0, 0, 0, 0, 0, 0, 0]), mean, variance]);
  });
  const trace = traceDeaths(x);
  await fit(model, trace, 2);
  expect(trace.deaths.map(({ layer, unit, step }) => [layer, unit, step])).toEqual([[0, 0, 0]]);
  expect(trace.silentUnits.map(([first]) => first)).toEqual([1, 1]);
  disposeOf(model);
});

test("a training that diverges is watched up to there", async () => {
  const model = tf.sequential({
    layers: [dense(6, 1, { inputShape: [8], activation: "relu" }), dense(1, 2)],
  });
  model.compile({ loss: "meanSquaredError", optimizer: tf.train.sgd(1e8) });
  const trace = traceDeaths(x);
  const column = rowsOf(ROWS, 1, 2);
  await model.fit(x, column, { epochs: 6, batchSize: BATCH, verbose: 0, callbacks: trace });
  expect(trace.divergedAt).toBeGreaterThan(0);
  // no counts of an epoch in which there were none
  expect(trace.silentUnits).toHaveLength(Math.ceil(trace.divergedAt! / (ROWS / BATCH)) - 1);
  disposeOf(model);
  column.dispose();
});

test("what can't be read exactly any more ends the watching, and not the training", async () => {
  const far = tf.tidy(() => rowsOf(ROWS, 4).add(1e4) as tf.Tensor2D);
  const column = rowsOf(ROWS, 1, 2);
  const norm = tf.layers.batchNormalization({ inputShape: [4], momentum: 0.9 });
  const model = tf.sequential({ layers: [norm, dense(6, 1, { activation: "relu" }), dense(1, 2)] });
  model.compile({ loss: "meanSquaredError", optimizer: tf.train.sgd(0.01) });
  const trace = traceDeaths(far);
  await withoutLeak(async () => {
    const { epoch } = await model.fit(far, column, { epochs: 4, batchSize: BATCH, verbose: 0, callbacks: trace });
    expect(epoch).toHaveLength(4);
  });
  const { step, reason } = trace.stopped!;
  expect(step).toBeGreaterThan(0);
  expect(reason).toMatch(/takes away .* times what it leaves/);
  expect(trace.silentUnits).toHaveLength(Math.ceil(step / STEPS) - 1);
  // and says nothing of a training that it can read to the end
  const plain = classifier();
  const whole = traceDeaths(x);
  await fit(plain, whole, 1);
  expect([whole.stopped, whole.silentUnits.length]).toEqual([undefined, 1]);
  disposeOf(model);
  disposeOf(plain);
  tf.dispose([far, column]);
});

test("what cannot be watched is refused as training begins, and nothing is left", async () => {
  const conv = tf.sequential({
    layers: [
      tf.layers.reshape({ inputShape: [8], targetShape: [4, 2, 1] }),
      tf.layers.conv2d({ filters: 2, kernelSize: 2, name: "edges" }),
      tf.layers.flatten(),
      dense(3, 1),
    ],
  });
  conv.compile({ loss: "meanSquaredError", optimizer: "sgd" });
  const { path } = await expectError(fit(conv, traceDeaths(x), 1), "unsupported");
  expect(path).toContain("edges");
  const model = classifier();
  await withoutLeak(async () => {
    await expectError(fit(model, traceDeaths([[1, 2]]), 1), "shape", "x");
  });
  for (const name of ["rows", "everySteps", "window"] as const)
    await expectError(() => traceDeaths(x, { [name]: 0 }), "value", name);
  await expectError(() => traceDeaths(x, { replay: true } as object), "value");
  disposeOf(conv);
  disposeOf(model);
});
