// Models that TensorFlow.js makes and saves here, of layers that lead readers astray: read as it predicts, or refused.
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { readModel } from "../../src/models/read-model.js";
import { relumineError } from "../support/errors.js";
import { expectNear } from "./run-onnx.js";
import { encode, save, type Saved } from "./save-tfjs.js";

const ROWS = 16;
const dense = (units: number, more: object = {}) =>
  tf.layers.dense({ units, biasInitializer: "glorotNormal", ...more });
const chain = (shape: number[], ...layers: tf.layers.Layer[]): tf.LayersModel => {
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: shape }), ...layers] });
  // moving averages and slopes of their own
  const random = tf.randomUniform;
  model.setWeights(
    model.getWeights().map((weight) => random(weight.shape, 0.2, 1).mul(random(weight.shape, -1, 1).sign())),
  );
  for (const layer of model.layers)
    if (layer.getClassName() === "BatchNormalization")
      layer.setWeights(layer.getWeights().map((weight) => weight.abs()));
  return model;
};

const readSaved = ({ json, data }: Saved) => readModel(encode(json), { files: { "a.bin": data } });

async function checkRead(model: tf.LayersModel, saved?: Saved): Promise<void> {
  using network = await (await readSaved(saved ?? (await save(model)))).toNetwork({ arithmetic: "reproducible" });
  const shape = [ROWS, ...(model.inputs[0].shape.slice(1) as number[])];
  const x = tf.randomNormal(shape, 0, 1);
  const truth = await (model.predict(x) as tf.Tensor).data();
  const rows = { rows: ROWS, columns: network.spec.inputs, data: (await x.data()) as Float32Array };
  expectNear(network.predict(rows).data, truth as Float32Array);
}

const READ: Readonly<Record<string, () => tf.LayersModel>> = {
  "LeakyReLU without a word": () => chain([4], dense(6), tf.layers.leakyReLU({}), dense(2)),
  "LeakyReLU of 0.05": () => chain([4], dense(6), tf.layers.leakyReLU({ alpha: 0.05 }), dense(2)),
  "PReLU, negative slopes": () => chain([4], dense(6), tf.layers.prelu({}), dense(2)),
  "BatchNormalization without scale": () =>
    chain([4], dense(6), tf.layers.batchNormalization({ scale: false }), tf.layers.reLU({}), dense(2)),
  "BatchNormalization without center": () =>
    chain(
      [4],
      dense(6, { activation: "relu" }),
      tf.layers.batchNormalization({ center: false, epsilon: 0.1 }),
      dense(2),
    ),
  "BatchNormalization along the first axis": () => chain([4], tf.layers.batchNormalization({ axis: 1 }), dense(3)),
  "BatchNormalization of rows of two axes": () =>
    chain([2, 3], tf.layers.batchNormalization({}), tf.layers.flatten(), dense(3)),
  LayerNormalization: () =>
    chain([4], dense(6), tf.layers.layerNormalization({}), tf.layers.reLU({}), dense(5, { useBias: false }), dense(2)),
  "LayerNormalization without gamma or beta": () =>
    chain(
      [4],
      dense(6),
      tf.layers.layerNormalization({ scale: false, epsilon: 0.1 }),
      tf.layers.elu({}),
      dense(5),
      tf.layers.layerNormalization({ center: false }),
      dense(2),
    ),
  "LayerNormalization behind batch normalization, and at the end": () =>
    chain([4], dense(6), tf.layers.batchNormalization({}), tf.layers.layerNormalization({}), dense(3)),
  "Reshape and Flatten": () =>
    chain(
      [2, 3],
      tf.layers.reshape({ targetShape: [3, 2] }),
      tf.layers.flatten(),
      dense(4, { activation: "relu" }),
      dense(2),
    ),
  "noise and dropout": () =>
    chain(
      [4],
      tf.layers.gaussianNoise({ stddev: 1 }),
      dense(6, { activation: "relu" }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.gaussianDropout({ rate: 0.5 }),
      tf.layers.alphaDropout({ rate: 0.5 }),
      dense(2),
    ),
  "a linear layer and a Softmax": () => chain([4], dense(6, { activation: "selu" }), dense(3), tf.layers.softmax({})),
  "a sigmoid before a softmax": () =>
    chain(
      [4],
      dense(6, { activation: "tanh" }),
      dense(3, { activation: "sigmoid" }),
      tf.layers.activation({ activation: "softmax" }),
    ),
  "ELU, SiLU, GELU, softplus": () =>
    chain(
      [4],
      dense(5),
      tf.layers.elu({}),
      dense(5, { activation: "swish" }),
      dense(5, { activation: "gelu" }),
      dense(5, { activation: "softplus" }),
      dense(2, { useBias: false }),
    ),
  "a functional chain": () => {
    const input = tf.input({ shape: [4] });
    const output = dense(2).apply(dense(5, { activation: "relu" }).apply(input)) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs: output });
  },
  "a model within a model": () => chain([4], chain([4], dense(5, { activation: "relu", name: "in" })), dense(2)),
};

const symbolic = (value: unknown) => value as tf.SymbolicTensor;

const REFUSED: Readonly<Record<string, () => tf.LayersModel>> = {
  "Flatten of channels first": () => chain([2, 3], tf.layers.flatten({ dataFormat: "channelsFirst" }), dense(3)),
  Permute: () => chain([2, 3], tf.layers.permute({ dims: [2, 1] }), tf.layers.flatten(), dense(3)),
  Masking: () => chain([2, 3], tf.layers.masking({ maskValue: 0 }), tf.layers.flatten(), dense(3)),
  "a layer along the last of two axes": () => chain([2, 3], dense(4), tf.layers.flatten(), dense(2)),
  ThresholdedReLU: () => chain([4], dense(6), tf.layers.thresholdedReLU({ theta: 0.5 }), dense(2)),
  "ReLU with a limit": () => chain([4], dense(6), tf.layers.reLU({ maxValue: 1 }), dense(2)),
  relu6: () => chain([4], dense(6, { activation: "relu6" }), dense(2)),
  hardSigmoid: () => chain([4], dense(6, { activation: "hardSigmoid" }), dense(2)),
  softsign: () => chain([4], dense(6, { activation: "softsign" }), dense(2)),
  mish: () => chain([4], dense(6, { activation: "mish" }), dense(2)),
  "a softmax in the midst": () => chain([4], dense(6, { activation: "softmax" }), dense(2)),
  "a LayerNormalization behind an activation": () =>
    chain([4], dense(6, { activation: "relu" }), tf.layers.layerNormalization({}), dense(2)),
  "a LayerNormalization of the input": () => chain([4], tf.layers.layerNormalization({}), dense(2)),
  Embedding: () => chain([4], tf.layers.embedding({ inputDim: 9, outputDim: 3 }), tf.layers.flatten(), dense(2)),
  TimeDistributed: () => chain([2, 3], tf.layers.timeDistributed({ layer: dense(2) }), tf.layers.flatten(), dense(2)),
  RepeatVector: () => chain([4], tf.layers.repeatVector({ n: 2 }), tf.layers.flatten(), dense(2)),
  "PReLU with shared axes": () => chain([2, 3], tf.layers.prelu({ sharedAxes: [1] }), tf.layers.flatten(), dense(2)),
  "a skip connection": () => {
    const input = tf.input({ shape: [4] });
    const output = tf.layers.add().apply([symbolic(dense(4).apply(input)), input]);
    return tf.model({ inputs: input, outputs: symbolic(output) });
  },
  "a layer that is used twice": () => {
    const [input, layer] = [tf.input({ shape: [4] }), dense(4, { activation: "relu" })];
    return tf.model({ inputs: input, outputs: symbolic(layer.apply(layer.apply(input))) });
  },
  "two inputs": () => {
    const inputs = [tf.input({ shape: [4] }), tf.input({ shape: [3] })];
    return tf.model({ inputs, outputs: symbolic(dense(2).apply(tf.layers.concatenate().apply(inputs))) });
  },
  "two outputs": () => {
    const input = tf.input({ shape: [4] });
    const body = dense(5).apply(input);
    return tf.model({ inputs: input, outputs: [symbolic(dense(2).apply(body)), symbolic(dense(1).apply(body))] });
  },
  "an output in the midst": () => {
    const input = tf.input({ shape: [4] });
    const body = symbolic(dense(5).apply(input));
    return tf.model({ inputs: input, outputs: [body, symbolic(dense(1).apply(body))] });
  },
};

describe("models that are read", () => {
  test.each(Object.entries(READ))("%s", (_name, make) => checkRead(make()));
});

describe("models that are refused", () => {
  test.each(Object.entries(REFUSED))("%s", async (_name, make) => {
    await expect(save(make()).then(readSaved)).rejects.toEqual(relumineError("unsupported"));
  });
});

const plain = () => chain([4], dense(6, { activation: "relu" }), dense(2));

/** A saved model with each weight packed: numbers of a type, times scale plus min. */
async function packed(model: tf.LayersModel, type: "uint8" | "uint16"): Promise<Saved> {
  const { json, data } = await save(model);
  const most = type === "uint8" ? 255 : 65_535;
  const parts: Uint8Array[] = [];
  let place = 0;
  const weights = json.weightsManifest[0].weights.map((entry) => {
    const length = entry.shape.reduce((product, size) => product * size, 1);
    const numbers = new Float32Array(data.slice(place, (place += 4 * length)).buffer);
    const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
    const scale = (max - min) / most;
    const whole = [...numbers].map((each) => Math.round((each - min) / scale));
    parts.push(new Uint8Array((type === "uint8" ? Uint8Array.from(whole) : Uint16Array.from(whole)).buffer));
    return { ...entry, quantization: { dtype: type, scale, min } };
  });
  return {
    json: { ...json, weightsManifest: [{ paths: ["a.bin"], weights }] },
    data: new Uint8Array(Buffer.concat(parts)),
  };
}

test.each(["uint8", "uint16"] as const)("weights packed as %s are those that TensorFlow.js unpacks", async (type) => {
  const saved = await packed(plain(), type);
  const { modelTopology, weightsManifest } = saved.json;
  const artifacts = { modelTopology, weightSpecs: weightsManifest[0].weights, weightData: saved.data.slice().buffer };
  await checkRead(await tf.loadLayersModel(tf.io.fromMemory(artifacts)), saved);
});

test("shards may be cut within a number, names have prefixes", async () => {
  const model = plain();
  const { json, data } = await save(model);
  const weights = json.weightsManifest[0].weights.map((entry) => ({ ...entry, name: `outer/model/${entry.name}` }));
  const paths = ["a.bin", "b.bin", "c.bin"];
  const files = { "a.bin": data.slice(0, 5), "b.bin": data.slice(5, 31), "c.bin": data.slice(31) };
  const model2 = await readModel(encode({ ...json, weightsManifest: [{ paths, weights }] }), { files });
  using network = await model2.toNetwork();
  const [kernel] = await Promise.all(model.getWeights().map((weight) => weight.data()));
  expect(network.layers[0].getWeights().kernel).toEqual(kernel);
});

test("shards in another order are no weights of this model", async () => {
  const { json, data } = await save(plain());
  const files = { "a.bin": data.slice(0, 8) };
  await expect(readModel(encode(json), { files })).rejects.toEqual(relumineError("format"));
});
