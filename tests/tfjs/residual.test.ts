// Residual models of TensorFlow.js in memory: traced and treated where what passes a layer by is what it is fed,
// whatever numbers training gives; refused before anything begins where that is so by the numbers of the moment alone.
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { diagnose, toNetwork, traceDeaths, treat } from "../../src/tfjs.js";
import { expectError } from "../support/errors.js";
import {
  allWeights,
  deadByHand,
  dense,
  disposeOf,
  expectNear,
  kill,
  predictionsOf,
  rowsOf,
  withoutLeak,
} from "./models.js";

const ROWS = 120;
const x = rowsOf(ROWS, 8);
const y = rowsOf(ROWS, 3, 5);
afterAll(() => tf.dispose([x, y]));

type Sum = (h: tf.SymbolicTensor) => readonly [branch: tf.SymbolicTensor, passed: tf.SymbolicTensor];

const through = (value: tf.SymbolicTensor, ...layers: readonly tf.layers.Layer[]): tf.SymbolicTensor =>
  layers.reduce((from, layer) => layer.apply(from) as tf.SymbolicTensor, value);

/** A dense layer, a sum of two things that are made of it, and an output; compiled. */
function make(sum: Sum, { rate = 0.01, activation = "relu" as const } = {}): tf.LayersModel {
  const input = tf.input({ shape: [8] });
  const h = through(input, dense(6, 1, { activation, name: "stem", biasInitializer: "ones" }));
  const added = through(
    tf.layers.add({ name: "sum" }).apply([...sum(h)]) as tf.SymbolicTensor,
    dense(3, 9, { name: "end" }),
  );
  const model = tf.model({ inputs: input, outputs: added });
  model.compile({ loss: "meanSquaredError", optimizer: tf.train.sgd(rate) });
  return model;
}

const block = (name = "inner") => dense(6, 2, { activation: "relu", name });
const norm = (seed?: number) =>
  tf.layers.batchNormalization(
    seed === undefined ? {} : { gammaInitializer: tf.initializers.randomUniform({ minval: 0.5, maxval: 1, seed }) },
  );

const plain: Sum = (h) => [through(h, block()), h];

const BY_STRUCTURE: [string, Sum][] = [
  ["a layer and what it is fed", plain],
  ["the other way round", (h) => [h, through(h, block())]],
  [
    "a normalization within the branch",
    (h) => [through(h, dense(6, 2, { name: "inner" }), norm(), tf.layers.reLU()), h],
  ],
  [
    "dropout on the way in",
    (h) => [through(h, tf.layers.dropout({ rate: 0.2 }), block()), through(h, tf.layers.dropout({ rate: 0.1 }))],
  ],
];

const fit = (model: tf.LayersModel, callbacks: unknown, epochs = 4) =>
  model.fit(x, y, { epochs, batchSize: 24, shuffle: false, verbose: 0, callbacks: callbacks as tf.CustomCallback[] });

describe.each(BY_STRUCTURE)("%s", (_name, sum) => {
  test("is traced to the end, with the deaths that TensorFlow.js counts", async () => {
    const model = make(sum, { rate: 0.3 });
    const names = ["stem", "inner"];
    kill(model, "stem", [2]);
    const trace = traceDeaths(x, { rows: ROWS });
    await fit(model, trace);
    expect(trace.layers).toEqual(names);
    expect(trace.silentUnits).toHaveLength(4);
    expect(trace.deaths).toContainEqual(expect.objectContaining({ layer: 0, unit: 2, step: 0, cause: "born" }));
    if (model.getLayer("inner").getConfig().activation === "relu") {
      const dead = [0, 1].map((layer) => trace.deaths.filter((each) => each.layer === layer).map(({ unit }) => unit));
      expect(dead.map((units) => units.sort((a, b) => a - b))).toEqual(deadByHand(model, x, names));
    }
    for (const { change, before, after, step } of trace.deaths)
      if (step > 0) expect(change.weights + change.bias + change.inputs).toBeCloseTo(after.mean - before.mean, 3);
    disposeOf(model);
  });

  test("is treated as told, and undone", async () => {
    const model = make(sum);
    await fit(model, []);
    kill(model, "stem", [1, 4]);
    kill(model, "inner", [0]);
    const [weights, outputs] = [allWeights(model), predictionsOf(model, x)];
    const treatment = await withoutLeak(() => treat(model, x, { kind: "reinitialize" }));
    expect(treatment.treated.length).toBeGreaterThanOrEqual(3);
    const again = await diagnose(model, x);
    expect(again.layers.map(({ units }) => units.map(({ state }) => state))).toEqual(
      treatment.after.layers.map(({ units }) => units.map(({ state }) => state)),
    );
    expect(again.dead).toBe(0);
    const now = predictionsOf(model, x);
    const change = now.reduce((most, value, i) => Math.max(most, Math.abs(value - outputs[i])), 0);
    expect(Math.abs(change - treatment.outputChange)).toBeLessThan(1e-4);
    treatment.undo();
    expect(allWeights(model)).toEqual(weights);
    // what passes by is left by a lift, which is said
    const lifted = await treat(model, x, { kind: "liftBias" });
    expect(lifted.findings.map(({ kind }) => kind)).toContain("passedBy");
    expectNear(predictionsOf(model, x), outputs, 1e-5);
    disposeOf(model);
  });
});

test("a normalization of both, behind a layer without an activation", async () => {
  const model = make((h) => {
    const normalized = through(h, dense(6, 4), norm());
    return [through(normalized, block()), normalized];
  });
  const trace = traceDeaths(x);
  await fit(model, trace);
  expect(trace.silentUnits).toHaveLength(4);
  using network = await toNetwork(model);
  expect(network.spec.layers.map(({ residual }) => residual)).toEqual([undefined, undefined, true, undefined]);
  disposeOf(model);
});

const BY_NUMBERS: [string, Sum][] = [
  ["two normalizations that are equal at first", (h) => [through(h, norm(), block()), through(h, norm())]],
  [
    "two that are equal, one by rows",
    (h) => [through(h, tf.layers.layerNormalization({}), block()), through(h, tf.layers.layerNormalization({}))],
  ],
  ["two slopes that are equal", (h) => [through(h, tf.layers.prelu(), block()), through(h, tf.layers.prelu())]],
  [
    "two ReLUs of normalizations that are equal",
    (h) => [through(h, norm(), tf.layers.reLU()), through(h, norm(), tf.layers.reLU())],
  ],
  [
    "a normalization that changes nothing yet",
    (h) => [through(h, block()), through(h, tf.layers.batchNormalization({ epsilon: 1e-30 }))],
  ],
];

describe.each(BY_NUMBERS)("%s", (_name, sum) => {
  const linear = { activation: "linear" as never };

  test("is refused before the first step, and nothing is changed", async () => {
    for (const options of [{}, linear]) {
      const model = make(sum, options);
      const before = allWeights(model);
      const { path } = await expectError(fit(model, traceDeaths(x)), "unsupported");
      expect(path).toMatch(/sum|model/);
      await withoutLeak(() => expectError(treat(model, x, { kind: "reinitialize" }), "unsupported"));
      await withoutLeak(() => expectError(toNetwork(model), "unsupported"));
      expect(allWeights(model)).toEqual(before);
      disposeOf(model);
    }
  });

  test("is diagnosed layer by layer", async () => {
    const model = make(sum);
    kill(model, "stem", [3]);
    const { layers } = await withoutLeak(() => diagnose(model, x));
    const stem = layers.find((layer) => (layer as { name?: string }).name === "stem")!;
    expect(stem.units.filter(({ state }) => state === "dead").map(({ unit }) => unit)).toEqual([3]);
    disposeOf(model);
  });
});

test("an activation of two layers side by side is not replaced by half", async () => {
  const relu = () => tf.layers.activation({ activation: "relu" });
  const model = make((h) => [through(h, relu(), block()), through(h, relu())], { activation: "linear" as never });
  kill(model, "stem", [3]);
  const before = allWeights(model);
  const config = JSON.stringify(model.toJSON(undefined, false));
  await expectError(treat(model, x, { kind: "replaceActivation", activation: "elu" }), "unsupported", /activation of/);
  expect(allWeights(model)).toEqual(before);
  expect(JSON.stringify(model.toJSON(undefined, false))).toBe(config);
  disposeOf(model);
});
