// Models of TensorFlow.js for tests, and what TensorFlow.js itself says of them.
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";

await tf.setBackend("cpu");

/** As dense layers are drawn in tests: the same numbers each time. */
export const dense = (units: number, seed: number, more: Partial<Parameters<typeof tf.layers.dense>[0]> = {}) =>
  tf.layers.dense({ units, kernelInitializer: tf.initializers.heNormal({ seed }), ...more });

/** 8-12-9-3 with a softmax, compiled. */
export function classifier(optimizer: string | tf.Optimizer = tf.train.sgd(0.1)): tf.Sequential {
  const model = tf.sequential({
    layers: [
      dense(12, 1, { inputShape: [8], activation: "relu" }),
      dense(9, 2, { activation: "relu" }),
      dense(3, 3, { activation: "softmax" }),
    ],
  });
  model.compile({ loss: "categoricalCrossentropy", optimizer });
  return model;
}

export const rowsOf = (rows: number, columns: number, seed = 1): tf.Tensor2D =>
  tf.randomNormal([rows, columns], 0, 1, "float32", seed);

/** One-hot rows. */
export const classesOf = (rows: number, classes = 3): tf.Tensor2D =>
  tf.tidy(() => {
    const labels = tf.tensor1d(
      Array.from({ length: rows }, (_, i) => (i * i) % classes),
      "int32",
    );
    return tf.oneHot(labels, classes).toFloat() as tf.Tensor2D;
  });

/** Gives a unit a bias by which no row opens it. */
export function kill(model: tf.LayersModel, layer: string | number, units: readonly number[], bias = -50): void {
  tf.tidy(() => {
    const target = typeof layer === "string" ? model.getLayer(layer) : model.layers[layer];
    const [kernel, old] = target.getWeights();
    const values = old.dataSync().slice();
    for (const unit of units) values[unit] = bias;
    target.setWeights([kernel, tf.tensor1d(values)]);
  });
}

/** Units by dense relu layer whose output is 0 on every row, by a second model of TensorFlow.js. */
export function deadByHand(model: tf.LayersModel, x: tf.Tensor, names: readonly string[]): number[][] {
  return tf.tidy(() =>
    names.map((name) => {
      const part = tf.model({ inputs: model.inputs, outputs: model.getLayer(name).output as tf.SymbolicTensor });
      const most = (part.predict(x) as tf.Tensor).max(0).dataSync();
      return [...most.keys()].filter((unit) => most[unit] <= 0);
    }),
  );
}

export const predictionsOf = (model: tf.LayersModel, x: tf.Tensor): Float32Array =>
  tf.tidy(() => (model.predict(x) as tf.Tensor).dataSync().slice() as Float32Array);

export const allWeights = (model: tf.LayersModel): number[] =>
  model.getWeights().flatMap((weight) => [...weight.dataSync()]);

export function expectNear(given: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(given.length).toBe(expected.length);
  for (let i = 0; i < given.length; i++) {
    const gap = Math.abs(given[i] - expected[i]);
    if (!(gap <= tolerance * Math.max(1, Math.abs(expected[i])))) expect(given[i], `at ${i}`).toBe(expected[i]);
  }
}

/** Makes no tensor that it does not give back. */
export async function withoutLeak<T>(use: () => Promise<T>): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await use();
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

/** Disposes of the optimizer too. */
export function disposeOf(model: tf.LayersModel): void {
  model.optimizer?.dispose();
  model.dispose();
}
