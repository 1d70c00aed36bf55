import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diagnose, toNetwork } from "../../src/tfjs.js";
import { diagnose as diagnoseNetwork } from "../../src/index.js";
import { expectError } from "../support/errors.js";
import { classesOf, classifier, deadByHand, dense, disposeOf, kill, rowsOf, withoutLeak } from "./models.js";

const x = rowsOf(300, 8);
const y = classesOf(300);
let model: tf.Sequential;
beforeAll(() => {
  model = classifier();
  kill(model, 0, [2, 5]);
  kill(model, 1, [0, 7, 8], -9);
});
afterAll(() => {
  disposeOf(model);
  tf.dispose([x, y]);
});

test("finds the units whose outputs are 0 on every row, by TensorFlow.js itself", async () => {
  const diagnosis = await withoutLeak(() => diagnose(model, x));
  const dead = diagnosis.layers.map(({ units }) =>
    units.filter(({ state }) => state === "dead").map(({ unit }) => unit),
  );
  const names = model.layers.slice(0, 2).map(({ name }) => name);
  expect(dead).toEqual(deadByHand(model, x, names));
  expect(dead).toEqual([
    [2, 5],
    [0, 7, 8],
  ]);
  expect(diagnosis.samples).toBe(300);
  expect(diagnosis.layers.map((layer) => (layer as { name?: string }).name)).toEqual(names);
});

test("finds none where there are none", async () => {
  const healthy = classifier();
  expect((await diagnose(healthy, x)).dead).toBe(deadByHand(healthy, x, [healthy.layers[0].name]).flat().length);
  disposeOf(healthy);
});

test("is that of the network", async () => {
  using network = await toNetwork(model);
  const samples = { rows: 300, columns: 8, data: x.dataSync() as Float32Array };
  const own = diagnoseNetwork(network, samples, { proofs: true });
  const given = await diagnose(model, x, { proofs: true });
  expect(given.layers.map(({ units }) => units)).toEqual(own.layers.map(({ units }) => units));
});

test("rows as a tensor, a matrix and arrays are the same", async () => {
  const data = x.dataSync() as Float32Array;
  const rows = x.arraySync();
  const whole = await diagnose(model, x);
  expect(await diagnose(model, { rows: 300, columns: 8, data })).toEqual(whole);
  expect(await diagnose(model, rows)).toEqual(whole);
});

describe("targets", () => {
  test("one-hot rows, by the model's loss", async () => {
    const { learning } = await withoutLeak(() => diagnose(model, x, { targets: y }));
    const [loss] = [model.evaluate(x, y, { verbose: 0 } as object)].flat();
    expect(learning!.loss).toBeCloseTo(loss.dataSync()[0], 4);
    loss.dispose();
  });

  test("labels and numbers of one column", async () => {
    const labels = tf.tidy(() => y.argMax(1));
    const one = await diagnose(model, x, { targets: labels });
    expect(one.learning!.loss).toBeCloseTo((await diagnose(model, x, { targets: y })).learning!.loss, 5);
    const regressor = tf.sequential({ layers: [dense(5, 1, { inputShape: [8], activation: "relu" }), dense(1, 2)] });
    const column = rowsOf(300, 1, 4);
    await expectError(diagnose(regressor, x, { targets: column }), "value", "loss");
    expect((await diagnose(regressor, x, { targets: column, loss: "huber" })).learning).toBeDefined();
    regressor.compile({ loss: "meanSquaredError", optimizer: "sgd" });
    expect((await diagnose(regressor, x, { targets: column })).learning).toBeDefined();
    disposeOf(regressor);
    tf.dispose([labels, column]);
  });

  test("a loss that does not fit the last activation is found", async () => {
    const wrong = tf.sequential({
      layers: [dense(12, 1, { inputShape: [8], activation: "relu" }), dense(3, 2, { activation: "relu" })],
    });
    wrong.compile({ loss: "categoricalCrossentropy", optimizer: "sgd" });
    const { findings } = await diagnose(wrong, x, { targets: y });
    expect(findings.map(({ kind }) => kind)).toContain("lossMismatch");
    const right = await diagnose(model, x, { targets: y });
    expect(right.findings.map(({ kind }) => kind)).not.toContain("lossMismatch");
    disposeOf(wrong);
  });
});

test("messages call layers by their names", async () => {
  const named = tf.sequential({
    layers: [
      dense(4, 1, { inputShape: [8], activation: "relu", name: "narrow" }),
      dense(3, 2, { activation: "softmax", name: "out" }),
    ],
  });
  named.compile({ loss: "categoricalCrossentropy", optimizer: "sgd" });
  kill(named, 0, [0, 1, 2, 3]);
  const { findings } = await diagnose(named, x, { targets: y });
  expect(findings.map(({ message }) => message).join("\n")).toContain("layer narrow");
  disposeOf(named);
});

test("while it trains, between two steps", async () => {
  const training = classifier();
  const seen: number[] = [];
  await training.fit(x, y, {
    epochs: 2,
    verbose: 0,
    callbacks: { onEpochEnd: async () => void seen.push((await diagnose(training, x)).dead) },
  });
  expect(seen).toHaveLength(2);
  disposeOf(training);
});

test("bad input is refused by path", async () => {
  await expectError(diagnose(model, rowsOf(3, 7)), "shape", "x");
  await expectError(diagnose(model, tf.zeros([0, 8])), "shape", "x");
  await expectError(diagnose(model, tf.tensor2d([NaN, 1, 2, 3, 4, 5, 6, 7], [1, 8])), "value", "x");
  await expectError(diagnose(model, [[1, 2]]), "shape", "x");
  await expectError(diagnose(model, x, { targets: tf.zeros([300, 3, 1]) }), "shape", "targets");
  await expectError(diagnose(model, x, { targets: tf.zeros([2, 3]) }), "shape");
  await expectError(diagnose(model, x, { target: y } as object), "value");
});
