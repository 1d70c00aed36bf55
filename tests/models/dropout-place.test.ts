// Dropout before an activation: where it does what it does behind it, as TensorFlow.js shows with the same draws, it is
// kept; elsewhere it is left out, which is told.
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { readModel, type ReadModel } from "../../src/models/read-model.js";
import { sgd } from "../../src/index.js";
import { encode, save } from "./save-tfjs.js";

await tf.setBackend("cpu");
const [INPUTS, ROWS, SHARE] = [5, 40, 0.4];
const x = tf.randomNormal([ROWS, INPUTS], 0, 1, "float32", 3) as tf.Tensor2D;
const KEEP = { normalization: "keep", dropout: "keep" } as const;

type Layer = tf.layers.Layer;
const seeded = (seed: number) => tf.initializers.randomUniform({ minval: -1, maxval: 1, seed });
const dense = (units: number, seed: number) =>
  tf.layers.dense({ units, kernelInitializer: seeded(seed), biasInitializer: seeded(seed + 1) });
const dropout = (rate = SHARE) => tf.layers.dropout({ rate, seed: 7 });
const norm = () => tf.layers.batchNormalization({ betaInitializer: seeded(9), movingMeanInitializer: seeded(10) });
const rows = () => tf.layers.layerNormalization({ betaInitializer: seeded(9) });
const relu = () => tf.layers.reLU();

/** A layer of 6 units, what stands behind it, and an output. */
const make = (...behind: Layer[]) =>
  tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [INPUTS] }), dense(6, 1), ...behind, dense(2, 5)] });

async function read(model: tf.LayersModel): Promise<ReadModel> {
  const { json, data } = await save(model);
  return readModel(encode(json), { files: { "a.bin": data }, ...KEEP });
}

/** What it gives while it trains. */
const inTraining = (model: tf.LayersModel): Float32Array =>
  tf.tidy(() => (model.apply(x, { training: true }) as tf.Tensor).dataSync().slice() as Float32Array);

const gapOf = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

const dropoutsOf = ({ spec }: ReadModel) => spec.layers.map((layer) => layer.dropout);
const becameOf = ({ changes }: ReadModel) =>
  changes.filter(({ part }) => part === "dropout").map(({ became }) => became);

const SAME: [string, () => Layer][] = [
  ["ReLU", relu],
  ["an Activation of relu", () => tf.layers.activation({ activation: "relu" })],
  ["LeakyReLU", () => tf.layers.leakyReLU({ alpha: 0.3 })],
  ["PReLU, of slopes below 0 and above 1 too", () => tf.layers.prelu({ alphaInitializer: seeded(11) })],
];

describe.each(SAME)("before %s", (_name, activation) => {
  test("it does the same as behind it, and is kept", async () => {
    const [before, behind] = [make(dropout(), activation()), make(activation(), dropout())];
    expect(gapOf(inTraining(before), inTraining(behind))).toBeLessThan(1e-5);
    const predicted = (before.predict(x) as tf.Tensor).dataSync() as Float32Array;
    expect(gapOf(inTraining(before), predicted)).toBeGreaterThan(0.1);
    const [one, other] = [await read(before), await read(behind)];
    expect(becameOf(one)).toEqual(["kept"]);
    expect(dropoutsOf(one)).toEqual([SHARE, undefined]);
    expect(one.spec).toEqual(other.spec);
    const data = {
      x: { rows: ROWS, columns: INPUTS, data: x.dataSync() as Float32Array },
      y: x.slice([0, 0], [ROWS, 2]),
    };
    const trained: Float32Array[] = [];
    for (const model of [one, other]) {
      using network = await model.toNetwork({ arithmetic: "reproducible" });
      const y = { rows: ROWS, columns: 2, data: data.y.dataSync() as Float32Array };
      await network.fit({ x: data.x, y }, { epochs: 3, batchSize: 8, optimizer: sgd({ learningRate: 0.01 }) });
      trained.push(network.predict(data.x).data);
    }
    expect(trained[0]).toEqual(trained[1]);
  });
});

const OTHERS: [string, () => Layer][] = [
  ["ELU", () => tf.layers.elu()],
  ["a sigmoid", () => tf.layers.activation({ activation: "sigmoid" })],
  ["SELU", () => tf.layers.activation({ activation: "selu" })],
];

test.each(OTHERS)("before %s it does something else, and is left out", async (_name, activation) => {
  const [before, behind] = [make(dropout(), activation()), make(activation(), dropout())];
  expect(gapOf(inTraining(before), inTraining(behind))).toBeGreaterThan(0.1);
  const model = await read(before);
  expect([dropoutsOf(model), becameOf(model)]).toEqual([[undefined, undefined], ["dropped"]]);
  expect(dropoutsOf(await read(behind))).toEqual([SHARE, undefined]);
});

const PLACES: [string, Layer[], (number | undefined)[], string[]][] = [
  ["behind a batch normalization", [norm(), dropout(), relu()], [SHARE, undefined], ["kept"]],
  ["behind a layer normalization", [rows(), dropout(), relu()], [SHARE, undefined], ["kept"]],
  // what is added behind it is not dropped
  ["before a batch normalization", [dropout(), norm(), relu()], [undefined, undefined], ["dropped"]],
  ["before a layer normalization", [dropout(), rows(), relu()], [undefined, undefined], ["dropped"]],
  ["on both sides", [dropout(0.1), relu(), dropout(0.3)], [0.3, undefined], ["dropped", "kept"]],
  ["twice on one side", [dropout(0.1), dropout(0.3), relu()], [0.1, undefined], ["kept", "dropped"]],
];

test.each(PLACES)("%s", async (_name, layers, shares, became) => {
  const model = await read(make(...layers));
  expect([dropoutsOf(model), becameOf(model)]).toEqual([shares, became]);
});

test("a last layer has none", async () => {
  const model = await read(
    tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [INPUTS] }), dense(6, 1), dropout(), relu()] }),
  );
  expect([dropoutsOf(model), becameOf(model)]).toEqual([[undefined], ["dropped"]]);
  using network = await model.toNetwork();
  expect(network.layers[0].activation.name).toBe("relu");
});
