// Models that are no chain of dense layers: their own runs in TensorFlow.js, judged by channel.
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/tfjs.js";
import { expectError } from "../support/errors.js";
import { dense, kill, rowsOf, withoutLeak } from "./models.js";

type Diagnosis = Awaited<ReturnType<typeof diagnose>>;

const images = tf.randomNormal([70, 8, 8, 2], 0, 1, "float32", 5) as tf.Tensor4D;
const conv = (filters: number, seed: number, more: Partial<Parameters<typeof tf.layers.conv2d>[0]> = {}) =>
  tf.layers.conv2d({ filters, kernelSize: 3, kernelInitializer: tf.initializers.heNormal({ seed }), ...more });

/** Channels by layer that are 0 at every place of every row behind these layers, by TensorFlow.js. */
function deadByHand(model: tf.LayersModel, x: tf.Tensor, names: readonly string[]): number[][] {
  return tf.tidy(() =>
    names.map((name) => {
      const output = model.getLayer(name).output as tf.SymbolicTensor;
      const value = (tf.model({ inputs: model.inputs, outputs: output }).predict(x) as tf.Tensor).abs();
      const most = value.max(value.shape.map((_, axis) => axis).slice(0, -1)).dataSync();
      return [...most.keys()].filter((unit) => most[unit] === 0);
    }),
  );
}

const deadOf = ({ layers }: Diagnosis): number[][] =>
  layers.map(({ units }) => units.filter(({ state }) => state === "dead").map(({ unit }) => unit));
const namesOf = ({ layers }: Diagnosis) => layers.map(({ name }) => name!);

describe("a convolutional network", () => {
  const make = () => {
    const model = tf.sequential({
      layers: [
        conv(6, 1, { inputShape: [8, 8, 2], activation: "relu", name: `c1_${Math.random()}` }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        conv(5, 2, { name: `c2_${Math.random()}`, kernelSize: 2 }),
        tf.layers.reLU(),
        tf.layers.flatten(),
        dense(7, 3, { activation: "relu" }),
        dense(3, 4, { activation: "softmax" }),
      ],
    });
    kill(model, 0, [1, 4]);
    kill(model, 2, [3]);
    kill(model, 5, [6]);
    return model;
  };

  test("dead channels, by name, are those that TensorFlow.js computes", async () => {
    const model = make();
    const diagnosis = await withoutLeak(() => diagnose(model, images));
    const names = [0, 3, 5].map((index) => model.layers[index].name);
    expect(namesOf(diagnosis)).toEqual(names);
    expect(deadOf(diagnosis)).toEqual(deadByHand(model, images, names));
    expect(deadOf(diagnosis)).toEqual([[1, 4], [3], [6]]);
    expect(diagnosis.samples).toBe(70);
    model.dispose();
  });

  test.each([
    [0, 0],
    [1, 2],
    [2, 5],
  ])("mechanism, and the bias that would revive it, of judged layer %i", async (index, layer) => {
    const model = make();
    const { units } = (await diagnose(model, images)).layers[index];
    const dead = units.filter(({ state }) => state === "dead");
    expect(dead.length).toBeGreaterThan(0);
    for (const { unit, biasToRevive, mechanism } of dead) {
      expect(mechanism).toBe("negativeBias");
      kill(model, layer, [unit], biasToRevive); // one sample in a hundred opens it
    }
    expect(deadOf(await diagnose(model, images))[index]).toEqual([]);
    model.dispose();
  });

  test("a layer fed by nothing but dead channels has silent inputs", async () => {
    const model = make();
    kill(model, 2, [0, 1, 2, 3, 4]);
    kill(model, 5, [0], -1);
    const dense6 = (await diagnose(model, images)).layers[2].units;
    expect(dense6[0]).toMatchObject({ state: "dead", mechanism: "silentInputs" });
    model.dispose();
  });

  test("preactivations are those before the activation", async () => {
    const model = make();
    const [kernel, bias] = model.layers[0].getWeights() as [tf.Tensor4D, tf.Tensor1D];
    const z = tf.tidy(() => {
      const all = tf.conv2d(images, kernel, 1, "valid").add(bias);
      return [all.min([0, 1, 2]), all.max([0, 1, 2]), all.mean([0, 1, 2])].map((each) => [...each.dataSync()]);
    });
    const { units } = (await diagnose(model, images)).layers[0];
    units.forEach(({ preactivation: { min, max, mean } }, unit) => {
      expect(min).toBeCloseTo(z[0][unit], 4);
      expect(max).toBeCloseTo(z[1][unit], 4);
      expect(mean).toBeCloseTo(z[2][unit], 4);
    });
    model.dispose();
  });

  test("rows that are no tensor are laid in the model's shape", async () => {
    const model = make();
    const matrix = { rows: 70, columns: 128, data: images.dataSync() as Float32Array };
    expect(deadOf(await withoutLeak(() => diagnose(model, matrix)))).toEqual(deadOf(await diagnose(model, images)));
    model.dispose();
  });
});

test("a residual network with normalization", async () => {
  const input = tf.input({ shape: [8, 8, 2] });
  const stem = conv(4, 1, { padding: "same", activation: "relu", name: "stem" }).apply(input) as tf.SymbolicTensor;
  const inner = tf.layers
    .batchNormalization({ betaInitializer: tf.initializers.constant({ value: -30 }), name: "norm" })
    .apply(conv(4, 2, { padding: "same" }).apply(stem)) as tf.SymbolicTensor;
  const open = tf.layers.reLU({ name: "inner" }).apply(inner) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([stem, open]) as tf.SymbolicTensor;
  const outer = tf.layers.activation({ activation: "relu6", name: "outer" }).apply(sum) as tf.SymbolicTensor;
  const pooled = tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(outer);
  const model = tf.model({
    inputs: input,
    outputs: dense(2, 3).apply(pooled as tf.SymbolicTensor) as tf.SymbolicTensor,
  });
  const diagnosis = await withoutLeak(() => diagnose(model, images));
  expect(namesOf(diagnosis)).toEqual(["stem", "inner", "outer"]);
  expect(deadOf(diagnosis)).toEqual(deadByHand(model, images, ["stem", "inner", "outer"]));
  expect(deadOf(diagnosis)[1]).toEqual([0, 1, 2, 3]);
  expect(diagnosis.layers.map(({ activation }) => activation)).toEqual(["relu", "relu", "relu6"]);
});

test("activations that a chain cannot have", async () => {
  const x = rowsOf(50, 8);
  const model = tf.sequential({
    layers: [
      dense(9, 1, { inputShape: [8], activation: "relu6" }),
      dense(6, 2, { activation: "mish" }),
      dense(6, 3, { activation: "gelu_new" }),
      tf.layers.thresholdedReLU({ theta: 0.5, inputShape: [6] }),
      dense(2, 4),
    ],
  });
  kill(model, 0, [0, 8]);
  const diagnosis = await withoutLeak(() => diagnose(model, x));
  const names = [0, 1, 2, 3].map((index) => model.layers[index].name);
  expect(namesOf(diagnosis)).toEqual(names);
  expect(deadOf(diagnosis)[0]).toEqual(deadByHand(model, x, [names[0]])[0]);
  expect(diagnosis.layers.map(({ activation }) => activation)).toEqual([
    "relu6",
    "mish",
    "geluTanh",
    "thresholdedRelu",
  ]);
  model.dispose();
  x.dispose();
});

describe("layers that move the units' axis before the activation", () => {
  const made = (between: tf.layers.Layer[], filters = 5) => {
    const model = tf.sequential({
      layers: [
        conv(filters, 1, { inputShape: [8, 8, 2] }),
        ...between,
        tf.layers.reLU(),
        ...(between.at(-1)?.getClassName() === "Flatten" ? [] : [tf.layers.flatten()]),
        dense(3, 2, { activation: "relu" }),
        dense(2, 3),
      ],
    });
    kill(model, 0, [0, 2]);
    return model;
  };

  test.each<[string, () => tf.layers.Layer[], number?]>([
    ["nothing", () => []],
    ["Permute to the front", () => [tf.layers.permute({ dims: [3, 1, 2] })]],
    ["Permute to the middle", () => [tf.layers.permute({ dims: [1, 3, 2] })]],
    ["as many filters as places", () => [tf.layers.permute({ dims: [3, 1, 2] })], 6],
    ["Permute to and fro", () => [tf.layers.permute({ dims: [3, 1, 2] }), tf.layers.permute({ dims: [2, 3, 1] })]],
    ["Flatten", () => [tf.layers.flatten()]],
    ["Reshape of the places", () => [tf.layers.reshape({ targetShape: [36, 5] })]],
    [
      "Permute and Reshape",
      () => [tf.layers.permute({ dims: [3, 2, 1] }), tf.layers.reshape({ targetShape: [5, 36] })],
    ],
    ["Permute and Flatten", () => [tf.layers.permute({ dims: [3, 2, 1] }), tf.layers.flatten()]],
    [
      "Permute, Flatten, Reshape back",
      () => [
        tf.layers.permute({ dims: [3, 2, 1] }),
        tf.layers.flatten(),
        tf.layers.reshape({ targetShape: [5, 6, 6] }),
        tf.layers.permute({ dims: [3, 2, 1] }),
      ],
    ],
    ["Permute and dropout", () => [tf.layers.permute({ dims: [3, 1, 2] }), tf.layers.dropout({ rate: 0.5 })]],
    ["pooling, then Permute", () => [tf.layers.maxPooling2d({ poolSize: 2 }), tf.layers.permute({ dims: [3, 1, 2] })]],
  ])("%s", async (_name, between, filters = 5) => {
    const model = made(between(), filters);
    const { layers } = await withoutLeak(() => diagnose(model, images));
    expect(layers[0].units).toHaveLength(filters);
    expect(deadOf({ layers } as Diagnosis)[0]).toEqual([0, 2]);
    const { biasToRevive } = layers[0].units[0];
    if (biasToRevive !== undefined) {
      kill(model, 0, [0], biasToRevive);
      expect(deadOf(await diagnose(model, images))[0]).toEqual([2]);
    }
    model.dispose();
  });

  test("are refused where what follows goes over units as over places", async () => {
    const pooled = tf.layers.maxPooling2d({ poolSize: 2, name: `over_${Math.random()}` });
    const model = made([tf.layers.permute({ dims: [3, 1, 2] }), pooled]);
    expect((await expectError(diagnose(model, images), "unsupported")).path).toContain("over");
    model.dispose();
  });
});

test("thresholds", async () => {
  const model = tf.sequential({
    layers: [conv(4, 1, { inputShape: [8, 8, 2], activation: "relu" }), tf.layers.flatten(), dense(1, 1)],
  });
  const states = ({ layers }: Diagnosis) => layers[0].units.map(({ state }) => state);
  expect(states(await diagnose(model, images, { rareBelow: 1 }))).toEqual(["rare", "rare", "rare", "rare"]);
  expect(states(await diagnose(model, images))).toEqual(["alive", "alive", "alive", "alive"]);
  model.dispose();
});

describe("refused", () => {
  const cnn = () =>
    tf.sequential({
      layers: [conv(2, 1, { inputShape: [8, 8, 2], activation: "relu" }), tf.layers.flatten(), dense(2, 2)],
    });

  test.each<[string, () => tf.LayersModel, string]>([
    [
      "without an activation to judge",
      () =>
        tf.sequential({
          layers: [
            conv(2, 1, { inputShape: [8, 8, 2], name: `bare_${Math.random()}` }),
            tf.layers.flatten(),
            dense(2, 2),
          ],
        }),
      "bare",
    ],
    [
      "a model within it",
      () =>
        tf.sequential({
          layers: [
            cnn(),
            tf.layers.reshape({ targetShape: [2, 1] }),
            tf.layers.conv1d({ filters: 1, kernelSize: 1, activation: "relu" }),
            tf.layers.flatten(),
            dense(1, 1),
          ],
        }),
      "sequential",
    ],
    [
      "channels first",
      () =>
        tf.sequential({
          layers: [
            conv(2, 1, {
              inputShape: [2, 8, 8],
              dataFormat: "channelsFirst",
              activation: "relu",
              name: `first_${Math.random()}`,
            }),
            tf.layers.flatten(),
            dense(2, 2),
          ],
        }),
      "first",
    ],
  ])("%s", async (_name, make, word) => {
    const model = make();
    expect((await withoutLeak(() => expectError(diagnose(model, images), "unsupported"))).path).toContain(word);
  });

  test("a layer used twice", async () => {
    const input = tf.input({ shape: [8, 8, 2] });
    const shared = conv(2, 1, { padding: "same", activation: "relu", name: "shared" });
    const twice = shared.apply(shared.apply(input)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: tf.layers.flatten().apply(twice) as tf.SymbolicTensor });
    expect((await expectError(diagnose(model, images), "unsupported")).path).toContain("shared");
  });

  test("rows of another shape, and options that need a chain", async () => {
    const model = cnn();
    await expectError(diagnose(model, rowsOf(3, 8)), "shape", "x");
    const gone = tf.zeros([2, 8, 8, 2]);
    gone.dispose();
    await expectError(diagnose(model, gone), "disposed", "x");
    const chain = tf.sequential({
      layers: [dense(3, 1, { inputShape: [8], activation: "relu" }), dense(1, 2)],
    });
    const flat = tf.zeros([2, 8]);
    flat.dispose();
    await expectError(diagnose(chain, flat), "disposed", "x");
    chain.dispose();
    await expectError(diagnose(model, [[1, 2]]), "shape", "x");
    await expectError(diagnose(model, images, { proofs: true }), "value", "proofs");
    await expectError(diagnose(model, images, { targets: [1] }), "value", "targets");
    model.dispose();
  });
});
