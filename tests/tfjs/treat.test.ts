import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { diagnose, treat } from "../../src/tfjs.js";
import type { ModelRemedy } from "../../src/tfjs/treat-types.js";
import { expectError } from "../support/errors.js";
import {
  allWeights,
  classesOf,
  classifier,
  deadByHand,
  dense,
  disposeOf,
  expectNear,
  kill,
  predictionsOf,
  rowsOf,
  withoutLeak,
} from "./models.js";

const x = rowsOf(200, 8);
const y = classesOf(200);
afterAll(() => tf.dispose([x, y]));

const hiddenNames = (model: tf.LayersModel) => model.layers.slice(0, -1).map(({ name }) => name);
const fit = (model: tf.LayersModel, epochs = 2) => model.fit(x, y, { epochs, shuffle: false, verbose: 0 });

function sick(optimizer?: string | tf.Optimizer): tf.Sequential {
  const model = classifier(optimizer);
  kill(model, 0, [2, 5]);
  kill(model, 1, [0, 7, 8]);
  return model;
}

/** Dense, normalization, ReLU, twice, with moving averages as a training leaves them. */
function normalized(useBias = true, center = true): tf.Sequential {
  const drawn = (seed: number) => tf.initializers.randomUniform({ minval: 0.5, maxval: 1.5, seed });
  const normalization = (seed: number) =>
    tf.layers.batchNormalization({
      center,
      movingMeanInitializer: drawn(seed),
      movingVarianceInitializer: drawn(seed + 1),
      gammaInitializer: drawn(seed + 2),
    });
  return tf.sequential({
    layers: [
      dense(8, 1, { inputShape: [8], useBias, name: `first_${useBias}_${center}_${Math.random()}` }),
      normalization(10),
      tf.layers.reLU(),
      normalization(20), // behind the activation: folded into the next layer
      dense(6, 2, { activation: "relu" }),
      dense(2, 3),
    ],
  });
}

describe("liftBias", () => {
  test("opens the dead, and outputs stay to the bit in TensorFlow.js itself", async () => {
    const model = sick();
    const before = predictionsOf(model, x);
    const treatment = await withoutLeak(() => treat(model, x, { kind: "liftBias", activity: 0.25 }));
    expect(predictionsOf(model, x)).toEqual(before);
    expect(deadByHand(model, x, hiddenNames(model))).toEqual([[], []]);
    expect([treatment.before.dead, treatment.after.dead, treatment.outputChange]).toEqual([5, 0, 0]);
    expect(treatment.treated.map(({ layer, unit, action }) => [layer, unit, action])).toEqual([
      [0, 2, "lifted"],
      [0, 5, "lifted"],
      [1, 0, "lifted"],
      [1, 7, "lifted"],
      [1, 8, "lifted"],
    ]);
    for (const { activity } of treatment.treated) expect(activity).toBe(0.25);
    expect(treatment.model).toBe(model);
    expect(String(treatment)).toContain("liftBias");
    const share = tf.tidy(() => {
      const part = tf.model({ inputs: model.inputs, outputs: model.layers[0].output as tf.SymbolicTensor });
      return (part.predict(x) as tf.Tensor).greater(0).sum(0).arraySync() as number[];
    });
    expect([share[2], share[5]]).toEqual([50, 50]);
    disposeOf(model);
  });

  test("nothing to treat leaves the model as it was", async () => {
    const model = classifier(tf.train.sgd(0.001));
    const before = allWeights(model);
    const { treated, moments, findings } = await treat(model, x, { kind: "liftBias" });
    expect([treated, moments, findings[0].kind]).toEqual([[], "none", "nothingToTreat"]);
    expect(allWeights(model)).toEqual(before);
    disposeOf(model);
  });

  test("layers without a bias of their own have none to lift", async () => {
    const model = tf.sequential({
      layers: [dense(4, 1, { inputShape: [8], useBias: false, activation: "relu" }), dense(2, 2)],
    });
    tf.tidy(() => {
      const kernel = model.layers[0].getWeights()[0].arraySync() as number[][];
      kernel.forEach((row) => (row[1] = 0));
      model.layers[0].setWeights([tf.tensor2d(kernel)]);
    });
    const before = allWeights(model);
    await withoutLeak(() => expectError(treat(model, x, { kind: "liftBias" }), "unsupported"));
    expect(allWeights(model)).toEqual(before);
    model.dispose();
  });
});

const REMEDIES: ModelRemedy[] = [
  { kind: "liftBias" },
  { kind: "openSamples" },
  { kind: "recycle" },
  { kind: "reinitialize" },
  { kind: "replaceActivation", activation: "elu" },
  { kind: "replaceActivation", activation: "gelu" },
];

describe.each(REMEDIES)("$kind $activation", (remedy) => {
  test("what is told is what TensorFlow.js computes, and undo brings all back", async () => {
    const model = sick("adam");
    await fit(model);
    const slots = async () => {
      const [iterations, ...rest] = await model.optimizer.getWeights();
      iterations.tensor.dispose();
      return rest.map(({ tensor }) => [...tensor.dataSync()]);
    };
    const [weights, outputs, moments] = [allWeights(model), predictionsOf(model, x), await slots()];
    const treatment = await withoutLeak(() => treat(model, x, remedy));
    const again = await diagnose(model, x);
    expect(again.layers.map(({ units }) => units)).toEqual(treatment.after.layers.map(({ units }) => units));
    const changed = predictionsOf(model, x).reduce((most, value, i) => Math.max(most, Math.abs(value - outputs[i])), 0);
    expect(changed > 1e-6).toBe(treatment.outputChange > 1e-6);
    if (remedy.kind !== "openSamples") expect(treatment.treated.length).toBeGreaterThan(0);
    expect(await fit(model, 1)).toBeDefined(); // it trains on
    treatment.undo();
    treatment.undo();
    expect(allWeights(model)).toEqual(weights);
    expect(predictionsOf(model, x)).toEqual(outputs);
    if (treatment.moments === "cleared") {
      const now = await slots();
      expect(now.some((values, i) => values.some((value, at) => value !== moments[i][at]))).toBe(true); // trained since
    }
    disposeOf(model);
  });
});

describe("the optimizer's moments", () => {
  test.each([
    ["Adam", () => tf.train.adam()],
    ["momentum", () => tf.train.momentum(0.01, 0.9)],
    ["RMSProp", () => tf.train.rmsprop(0.001, 0.9, 0.5)],
    ["Adadelta", () => tf.train.adadelta()],
  ])("of %s are 0 where units were treated, and as they were elsewhere; undo brings them back", async (_name, make) => {
    const model = sick(make());
    await fit(model);
    const read = async () => {
      const [iterations, ...slots] = await model.optimizer.getWeights();
      iterations.tensor.dispose();
      return slots.map(({ name, tensor }) => ({ name, shape: tensor.shape, data: [...tensor.dataSync()] }));
    };
    const before = await read();
    const treatment = await treat(model, x, { kind: "reinitialize" });
    expect(treatment.moments).toBe("cleared");
    const [first, second, last] = model.layers.map(({ name }) => name);
    const units = [
      treatment.treated.filter(({ layer }) => layer === 0).map(({ unit }) => unit),
      treatment.treated.filter(({ layer }) => layer === 1).map(({ unit }) => unit),
    ];
    expect(units.flat().length).toBeGreaterThan(3);
    const isCleared = (name: string, shape: readonly number[], at: number): boolean => {
      const column = at % shape[shape.length - 1];
      const row = Math.floor(at / shape[shape.length - 1]);
      const isKernel = name.includes("/kernel/");
      if (name.startsWith(`${first}/`)) return units[0].includes(column);
      if (name.startsWith(`${second}/`)) return units[1].includes(column) || (isKernel && units[0].includes(row));
      return name.startsWith(`${last}/`) && isKernel && units[1].includes(row);
    };
    (await read()).forEach(({ name, shape, data }, i) => {
      const expected = before[i].data.map((value, at) => (isCleared(name, shape, at) ? 0 : value));
      expect(data, name).toEqual(expected);
    });
    treatment.undo();
    expect(await read()).toEqual(before);
    disposeOf(model);
  });

  test("of a normalization's beta too, where it takes the lift", async () => {
    const model = normalized(false);
    model.compile({ loss: "meanSquaredError", optimizer: tf.train.adam() });
    const targets = rowsOf(200, 2, 4);
    await model.fit(x, targets, { epochs: 2, verbose: 0 });
    const [, normalization] = model.layers;
    tf.tidy(() => {
      const [gamma, beta, ...moving] = normalization.getWeights();
      const values = beta.dataSync().slice();
      values[3] = -50;
      normalization.setWeights([gamma, tf.tensor1d(values), ...moving]);
    });
    const read = async () => {
      const [iterations, ...slots] = await model.optimizer.getWeights();
      iterations.tensor.dispose();
      const own = slots.filter(({ name }) => name.startsWith(`${normalization.name}/beta/`));
      return own.map(({ tensor }) => [...tensor.dataSync()]);
    };
    const before = await read();
    expect(before).toHaveLength(2);
    for (const slot of before) expect(slot.every((value) => value !== 0)).toBe(true);
    const treatment = await treat(model, x, { kind: "liftBias" });
    expect(treatment.moments).toBe("cleared");
    expect(treatment.treated).toMatchObject([{ layer: 0, unit: 3 }]);
    expect(await read()).toEqual(before.map((slot) => slot.map((value, unit) => (unit === 3 ? 0 : value))));
    treatment.undo();
    expect(await read()).toEqual(before);
    disposeOf(model);
    targets.dispose();
  });

  test.each([
    ["Adagrad", () => tf.train.adagrad(0.01)],
    ["Adamax", () => tf.train.adamax()],
  ])("of %s stay, which is said", async (_name, make) => {
    const model = sick(make());
    await fit(model);
    const treatment = await withoutLeak(() => treat(model, x, { kind: "reinitialize" }));
    expect(treatment.moments).toBe("kept");
    disposeOf(model);
  });

  test.each([
    ["plain steps", tf.train.sgd(0.01)],
    ["an optimizer that has made no step", "adam"],
  ])("%s have none", async (_name, optimizer) => {
    const model = sick(optimizer);
    expect((await treat(model, x, { kind: "liftBias" })).moments).toBe("none");
    disposeOf(model);
  });

  test("a model that was not compiled is treated all the same", async () => {
    const model = tf.sequential({ layers: [dense(4, 1, { inputShape: [8], activation: "relu" }), dense(2, 2)] });
    kill(model, 0, [1]);
    expect(await treat(model, x, { kind: "liftBias" })).toMatchObject({ moments: "none", after: { dead: 0 } });
    model.dispose();
  });
});

describe("normalizations", () => {
  test.each([
    ["with biases", true, true],
    ["whose beta is the only shift", false, true],
    ["without beta, before biases", true, false],
  ])("%s: weights are written back through them", async (_name, useBias, center) => {
    const model = normalized(useBias, center);
    tf.tidy(() => {
      const layer = model.layers[useBias ? 0 : 1];
      const values = layer.getWeights().map((each) => each.dataSync().slice());
      values[1][3] = -40; // a bias, or beta
      layer.setWeights(values.map((each, i) => tf.tensor(each, layer.getWeights()[i].shape)));
    });
    kill(model, 4, [1, 2]);
    const before = predictionsOf(model, x);
    const weights = allWeights(model);
    const treatment = await withoutLeak(() => treat(model, x, { kind: "liftBias", activity: 0.5 }));
    expect(treatment.before.dead).toBe(3);
    expect(treatment.after.dead).toBe(0);
    expect((await diagnose(model, x)).dead).toBe(0);
    const after = predictionsOf(model, x);
    expectNear(after, before, 1e-5);
    const change = after.reduce((most, value, i) => Math.max(most, Math.abs(value - before[i])), 0);
    expect(Math.abs(change - treatment.outputChange)).toBeLessThan(1e-5);
    for (const { activity } of treatment.treated) expect(activity).toBeCloseTo(0.5, 1);
    treatment.undo();
    expect(allWeights(model)).toEqual(weights);
    model.dispose();
  });

  test("one without any shift has no place for a bias", async () => {
    const model = normalized(false, false);
    tf.tidy(() => {
      const [kernel] = model.layers[0].getWeights();
      const values = kernel.dataSync().map((value, i) => (i % 8 === 3 ? -Math.abs(value) * 1e-9 : value));
      const [gamma, mean, variance] = model.layers[1].getWeights();
      const means = mean.dataSync().map((value, i) => (i === 3 ? 9 : value));
      model.layers[0].setWeights([tf.tensor(values, kernel.shape)]);
      model.layers[1].setWeights([gamma, tf.tensor1d(means), variance]);
    });
    const before = allWeights(model);
    await expectError(treat(model, x, { kind: "liftBias" }), "unsupported");
    expect(allWeights(model)).toEqual(before);
    model.dispose();
  });
});

describe("refused, with the model as it was", () => {
  test.each<[string, object, "unsupported" | "value", string]>([
    ["prune", { kind: "prune" }, "unsupported", "remedy.kind"],
    [
      "leakyRelu, a layer of its own",
      { kind: "replaceActivation", activation: "leakyRelu" },
      "unsupported",
      "remedy.activation",
    ],
    [
      "an alpha that TensorFlow.js has not",
      { kind: "replaceActivation", activation: { name: "elu", alpha: 0.5 } },
      "unsupported",
      "remedy.activation",
    ],
    ["no remedy", { kind: "vitamins" }, "value", "remedy.kind"],
  ])("%s", async (_name, remedy, code, path) => {
    const model = sick();
    const before = allWeights(model);
    await withoutLeak(() => expectError(treat(model, x, remedy as ModelRemedy), code, path));
    expect(allWeights(model)).toEqual(before);
    disposeOf(model);
  });

  test("a ReLU layer's activation", async () => {
    const model = tf.sequential({ layers: [dense(4, 1, { inputShape: [8] }), tf.layers.reLU(), dense(2, 2)] });
    kill(model, 0, [1]);
    await expectError(treat(model, x, { kind: "replaceActivation", activation: "elu" }), "unsupported");
    model.dispose();
  });

  test("a model that changes meanwhile", async () => {
    const model = sick();
    const onProgress = (share: number) => {
      if (share === 1) kill(model, 0, [0], -1);
    };
    await expectError(treat(model, x, { kind: "liftBias" }, { onProgress }), "value", "model");
    expect(deadByHand(model, x, [model.layers[0].name])[0]).toEqual(expect.arrayContaining([2, 5]));
    disposeOf(model);
  });

  test("a signal", async () => {
    const model = sick();
    await expectError(treat(model, x, { kind: "liftBias" }, { signal: AbortSignal.abort() }), "value", "signal");
    disposeOf(model);
  });
});

test("an Activation layer's is replaced, and is saved so", async () => {
  const model = tf.sequential({
    layers: [dense(4, 1, { inputShape: [8] }), tf.layers.activation({ activation: "relu" }), dense(2, 2)],
  });
  kill(model, 0, [1]);
  await treat(model, x, { kind: "replaceActivation", activation: "silu" });
  expect(JSON.stringify(model.toJSON(undefined, false))).toContain('"activation":"swish"');
  expect((await diagnose(model, x)).layers[0].activation).toBe("silu");
  model.dispose();
});
