// brain.js trains sample by sample, has no cross-entropy and gives its output units the hidden ones' activation:
// squared error on ReLU outputs. A row's step is a batch of samples at the batch's rate divided by the batch; its loss
// is its own mean squared error.
import brain from "brain.js";
import { cycling, oneHot, versionOf } from "./shared.mjs";

export function create({ widths, batch, batches, x, y, layers, loss, learningRate }) {
  const [inputs] = widths,
    outputs = widths.at(-1);
  const network = new brain.NeuralNetwork({ activation: "relu", learningRate: (2 * learningRate) / batch });
  network.sizes = widths;
  network.initialize();
  layers.forEach(({ inputs: rows, units, kernel, bias }, i) => {
    network.biases[i + 1] = Array.from(bias);
    network.weights[i + 1] = Array.from({ length: units }, (_, unit) =>
      Array.from({ length: rows }, (_unused, row) => kernel[row * units + unit]),
    );
  });
  const row = (values, width, i) => Array.from(values.subarray(i * width, (i + 1) * width));
  const data = x.map((rows, at) => {
    const targets = loss === "crossEntropy" ? oneHot(y[at], outputs) : y[at];
    return Array.from({ length: batch }, (_, i) => ({ input: row(rows, inputs, i), output: row(targets, outputs, i) }));
  });
  return cycling(
    batches,
    versionOf("brain.js"),
    (at) => network.trainPatterns(data[at]),
    (at) => network.calculateTrainingError(data[at]),
  );
}
