// TensorFlow.js as its users meet it: variables, and an optimizer that minimizes a loss.
import * as tf from "@tensorflow/tfjs";
import { cycling, oneHot } from "./shared.mjs";

export async function createOn(backend, version, { widths, batch, batches, x, y, layers, loss, learningRate }) {
  if (!(await tf.setBackend(backend))) throw new Error(`the ${backend} backend does not start`);
  const outputs = widths.at(-1);
  const variables = layers.map(({ inputs, units, kernel, bias }) => ({
    kernel: tf.variable(tf.tensor2d(kernel, [inputs, units])),
    bias: tf.variable(tf.tensor1d(bias)),
  }));
  const inputs = x.map((rows) => tf.tensor2d(rows, [batch, widths[0]]));
  const targets = y.map((rows) =>
    tf.tensor2d(loss === "crossEntropy" ? oneHot(rows, outputs) : rows, [batch, outputs]),
  );
  const lossOf = loss === "crossEntropy" ? tf.losses.softmaxCrossEntropy : tf.losses.meanSquaredError;
  const optimizer = tf.train.sgd(learningRate);
  const forward = (rows) =>
    variables.reduce((input, { kernel, bias }, i) => {
      const z = tf.add(tf.matMul(input, kernel), bias);
      return i < variables.length - 1 ? tf.relu(z) : z;
    }, rows);
  const minimize = (at, wantsLoss) => optimizer.minimize(() => lossOf(targets[at], forward(inputs[at])), wantsLoss);
  return cycling(
    batches,
    version,
    (at) => minimize(at, false),
    (at) => {
      const value = minimize(at, true);
      const [number] = value.dataSync();
      value.dispose();
      return number;
    },
  );
}
