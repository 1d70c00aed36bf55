import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { diagnose, toNetwork } from "../../src/tfjs.js";
import { expectError } from "../support/errors.js";
import { classesOf, classifier, dense, disposeOf, expectNear, predictionsOf, rowsOf, withoutLeak } from "./models.js";

const x = rowsOf(40, 8);
const samples = { rows: 40, columns: 8, data: x.dataSync() as Float32Array };
afterAll(() => x.dispose());

async function expectSame(model: tf.LayersModel, inputs: tf.Tensor = x): Promise<void> {
  using network = await withoutLeak(() => toNetwork(model));
  const isLog = (model.layers.at(-1) as unknown as { activation?: tf.serialization.Serializable }).activation;
  const { data } = network.predict(samples);
  expectNear(isLog?.getClassName() === "logSoftmax" ? data.map(Math.log) : data, predictionsOf(model, inputs));
}

/** With moving averages as a training leaves them. */
function normalization(more = {}): tf.layers.Layer {
  const drawn = (seed: number) => tf.initializers.randomUniform({ minval: 0.3, maxval: 2, seed });
  return tf.layers.batchNormalization({
    movingMeanInitializer: drawn(1),
    movingVarianceInitializer: drawn(2),
    gammaInitializer: drawn(3),
    betaInitializer: drawn(4),
    ...more,
  });
}

const ACTIVATIONS = ["linear", "relu", "elu", "selu", "gelu", "swish", "softplus", "sigmoid", "tanh"] as const;
const first = (more = {}) =>
  dense(7, 1, { inputShape: [8], biasInitializer: tf.initializers.randomNormal({ seed: 9 }), ...more });

const sequentialOf = (...layers: tf.layers.Layer[]) => tf.sequential({ layers });
const logSoftmax = () => tf.layers.activation({ activation: "logSoftmax" as "softmax" });

const CHAINS: Record<string, () => tf.layers.Layer[]> = {
  "LeakyReLU by a layer": () => [first(), tf.layers.leakyReLU({ alpha: 0.2 }), dense(3, 2)],
  "LeakyReLU by default": () => [first(), tf.layers.leakyReLU(), dense(3, 2)],
  PReLU: () => [first(), tf.layers.prelu({ alphaInitializer: tf.initializers.randomNormal({ seed: 5 }) }), dense(3, 2)],
  "ReLU and Activation layers": () => [
    first(),
    tf.layers.reLU(),
    dense(5, 2),
    tf.layers.activation({ activation: "tanh" }),
    dense(3, 3),
  ],
  "no biases": () => [first({ useBias: false, activation: "relu" }), dense(3, 2, { useBias: false })],
  "a normalization before the activation": () => [first(), normalization(), tf.layers.reLU(), dense(3, 2)],
  "a normalization behind it": () => [first({ activation: "relu" }), normalization(), dense(3, 2)],
  "a normalization of inputs and outputs": () => [
    normalization({ inputShape: [8] }),
    dense(7, 1, { activation: "relu" }),
    dense(3, 2),
    normalization(),
  ],
  "a normalization without scale and centre": () => [
    first(),
    normalization({ scale: false, center: false }),
    tf.layers.reLU(),
    dense(3, 2),
  ],
  "dropout and noise": () => [
    first({ activation: "relu" }),
    tf.layers.dropout({ rate: 0.5 }),
    tf.layers.gaussianNoise({ stddev: 1 }),
    dense(3, 2),
  ],
  "a softmax of its own": () => [first({ activation: "relu" }), dense(3, 2), tf.layers.softmax()],
  "a log softmax of its own": () => [first({ activation: "relu" }), dense(3, 2), logSoftmax()],
  "a sigmoid at the end": () => [first({ activation: "relu" }), dense(3, 2, { activation: "sigmoid" })],
};

describe("computes what predict does", () => {
  test.each(ACTIVATIONS)("%s", async (activation) => {
    const model = tf.sequential({ layers: [first({ activation }), dense(5, 2, { activation }), dense(3, 3)] });
    await expectSame(model);
    model.dispose();
  });

  test.each(Object.keys(CHAINS))("%s", async (name) => {
    const model = tf.sequential({ layers: CHAINS[name]() });
    await expectSame(model);
    model.dispose();
  });

  test("log-probabilities far below what float32 holds of probabilities", async () => {
    const wide = { kernelInitializer: tf.initializers.randomNormal({ stddev: 100, seed: 3 }) };
    const model = sequentialOf(first({ activation: "relu" }), dense(3, 2, wide), logSoftmax());
    expect(Math.min(...predictionsOf(model, x))).toBeLessThan(-110);
    using network = await withoutLeak(() => toNetwork(model));
    expect(network.spec.loss).toBe("crossEntropy");
    model.dispose();
  });

  test("a functional model, and one within a model's layers", async () => {
    const input = tf.input({ shape: [8] });
    const hidden = dense(6, 1, { activation: "relu" }).apply(input) as tf.SymbolicTensor;
    const output = dense(2, 2).apply(tf.layers.dropout({ rate: 0.2 }).apply(hidden)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: output });
    await expectSame(model);
    // another chain that shares its first layers
    const other = tf.model({ inputs: input, outputs: dense(4, 5).apply(hidden) as tf.SymbolicTensor });
    await expectSame(other);
  });

  test("models within a model", async () => {
    const inner = tf.sequential({ layers: [first({ activation: "relu" }), normalization()] });
    const model = tf.sequential({ layers: [inner, dense(5, 2, { activation: "relu" }), dense(3, 3)] });
    await expectSame(model);
    const twice = tf.sequential({
      layers: [
        tf.sequential({ layers: [dense(8, 1, { inputShape: [8], name: "same" })] }),
        tf.sequential({ layers: [tf.layers.reLU({ inputShape: [8], name: "same" })] }),
        dense(3, 2),
      ],
    });
    await expectError(toNetwork(twice), "unsupported", "model");
    tf.dispose([model.getWeights(), twice.getWeights()]);
  });

  test("rows of more axes, flattened", async () => {
    const model = tf.sequential({
      layers: [tf.layers.flatten({ inputShape: [2, 4] }), dense(6, 1, { activation: "relu" }), dense(2, 2)],
    });
    const boxes = x.reshape([40, 2, 4]);
    await expectSame(model, boxes);
    model.dispose();
    boxes.dispose();
  });

  test("after a training", async () => {
    const model = classifier("adam");
    const y = classesOf(40);
    await model.fit(x, y, { epochs: 3, verbose: 0 });
    await expectSame(model);
    disposeOf(model);
    y.dispose();
  });
});

describe("the loss", () => {
  test.each([
    ["categoricalCrossentropy", "softmax", "crossEntropy"],
    ["binaryCrossentropy", "sigmoid", "binaryCrossEntropy"],
    ["meanSquaredError", "linear", "meanSquaredError"],
    ["categoricalCrossentropy", "sigmoid", { name: "crossEntropy", from: "probabilities" }],
    ["categoricalCrossentropy", "linear", { name: "crossEntropy", from: "probabilities" }],
    ["meanAbsoluteError", "sigmoid", "meanAbsoluteError"],
  ] as const)("%s of %s", async (loss, activation, expected) => {
    const model = tf.sequential({ layers: [first({ activation: "relu" }), dense(3, 2, { activation })] });
    model.compile({ loss, optimizer: "sgd" });
    using network = await toNetwork(model);
    expect(network.spec.loss).toEqual(expected);
    expectNear(network.predict(samples).data, predictionsOf(model, x));
    disposeOf(model);
  });

  test("the caller's", async () => {
    const model = classifier();
    using network = await toNetwork(model, { loss: "meanSquaredError" });
    expect(network.spec.loss).toBe("meanSquaredError");
    disposeOf(model);
  });
});

describe("refused by name", () => {
  test("layers that are no chain of dense ones", async () => {
    const conv = sequentialOf(
      tf.layers.conv2d({ inputShape: [6, 6, 1], filters: 2, kernelSize: 3, name: "edges" }),
      tf.layers.flatten(),
      dense(2, 1),
    );
    const { path } = await withoutLeak(() => expectError(toNetwork(conv), "unsupported"));
    expect(path).toContain("edges");
  });

  test("a skip connection", async () => {
    const input = tf.input({ shape: [8] });
    const hidden = dense(8, 1, { activation: "relu" }).apply(input) as tf.SymbolicTensor;
    const sum = tf.layers.add({ name: "skip" }).apply([input, hidden]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: dense(2, 2).apply(sum) as tf.SymbolicTensor });
    expect((await expectError(toNetwork(model), "unsupported")).path).toContain("skip");
  });

  test.each(["relu6", "mish", "hardSigmoid", "softsign"] as const)("%s", async (activation) => {
    await expectError(toNetwork(sequentialOf(first({ activation }), dense(2, 2))), "unsupported");
  });

  test("channels first", async () => {
    const model = sequentialOf(tf.layers.flatten({ inputShape: [2, 4], dataFormat: "channelsFirst" }), dense(2, 1));
    await expectError(toNetwork(model), "unsupported");
  });

  test("a class of the caller's own under a known name", async () => {
    class Doubled extends tf.layers.Layer {
      static className = "Dropout";
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return tf.tidy(() => tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, 2));
      }
    }
    const model = sequentialOf(
      first({ activation: "relu" }),
      new Doubled({ name: "d", rate: 0.5 } as object),
      dense(2, 2),
    );
    const { path } = await withoutLeak(() => expectError(toNetwork(model), "unsupported"));
    expect(path).toContain("Dropout");
  });

  describe("what computes something else than its layers say", () => {
    const seeded = (seed: number, stddev: number) => tf.initializers.randomNormal({ seed, stddev });
    const ends: Record<string, () => tf.layers.Layer> = {
      "a softmax over many": () => dense(200, 2, { activation: "softmax" }),
      "a log softmax": () => dense(20, 2, { activation: "logSoftmax" as "softmax" }),
      "a sigmoid": () => dense(2, 2, { activation: "sigmoid" }),
      "small outputs": () => dense(1, 2, { kernelInitializer: seeded(2, 1e-3) }),
      "outputs of a large bias": () => dense(2, 2, { biasInitializer: tf.initializers.constant({ value: 20 }) }),
    };
    const layer = tf.layers.dense({ units: 1 });
    const Dense = layer.constructor as new (config: object) => tf.layers.Layer;
    class Negated extends Dense {
      static className = "Dense";
      override call(inputs: tf.Tensor, more: object) {
        return tf.tidy(() => tf.neg(super.call(inputs, more) as tf.Tensor));
      }
    }
    const shape = { units: 16, inputShape: [8], activation: "relu", kernelInitializer: "heNormal" };

    test.each(Object.keys(ends))("a class under TensorFlow.js' own name, before %s", async (end) => {
      const model = sequentialOf(new Negated(shape), ends[end]());
      const { path } = await withoutLeak(() => expectError(toNetwork(model), "unsupported"));
      expect(path).toContain("Dense");
      await expectError(diagnose(model, x), "unsupported", path);
      model.dispose();
    });

    // a prototype that was changed has the class that it should have: outputs alone show it
    test.each(Object.keys(ends))("a changed class, before %s", async (end) => {
      const model = sequentialOf(new Dense(shape), ends[end]());
      await withoutLeak(async () => (await toNetwork(model)).dispose());
      const { prototype } = Dense as { prototype: tf.layers.Layer };
      const { call } = prototype;
      prototype.call = function (this: tf.layers.Layer, inputs, more) {
        return tf.tidy(() => {
          const result = call.call(this, inputs, more) as tf.Tensor;
          return this === model.layers[0] ? tf.neg(result) : result;
        });
      };
      try {
        await withoutLeak(() => expectError(toNetwork(model), "unsupported", "model"));
        await expectError(diagnose(model, x), "unsupported", "model");
      } finally {
        prototype.call = call;
      }
      model.dispose();
    });

    test("a call that was replaced, also where layers are judged one by one", async () => {
      const conv = tf.layers.conv1d({ inputShape: [8, 1], filters: 2, kernelSize: 3, activation: "relu" });
      const model = sequentialOf(conv, tf.layers.flatten(), dense(2, 1));
      const boxes = x.reshape([40, 8, 1]);
      expect((await diagnose(model, boxes)).layers).toHaveLength(1);
      const { call } = conv;
      conv.call = (inputs, more) => tf.tidy(() => tf.neg(call.call(conv, inputs, more) as tf.Tensor));
      const { path } = await expectError(diagnose(model, boxes), "unsupported");
      expect(path).toContain(conv.name);
      tf.dispose([boxes]);
      model.dispose();
    });
  });

  test("names of the caller's next layers stay as they would be", async () => {
    const model = sequentialOf(first({ activation: "relu" }), dense(2, 2));
    const number = (layer: tf.layers.Layer) => Number(/\d+$/.exec(layer.name)![0]);
    const before = number(tf.layers.dense({ units: 1 }));
    (await toNetwork(model)).dispose();
    expect(number(tf.layers.dense({ units: 1 })) - before).toBe(1);
    model.dispose();
  });

  test("what is no model", async () => {
    await expectError(toNetwork({} as never), "value", "model");
    await expectError(toNetwork(undefined as never), "value", "model");
    await expectError(toNetwork({ getLayer() {} } as never), "value", "model");
    await expectError(toNetwork(tf.sequential()), "unsupported");
  });

  test("weights that are no numbers", async () => {
    const model = classifier();
    tf.tidy(() => model.layers[1].setWeights([tf.zeros([12, 9]).div(0), tf.zeros([9])]));
    const { path } = await expectError(toNetwork(model), "value");
    expect(path).toContain(model.layers[1].name);
    disposeOf(model);
  });
});
