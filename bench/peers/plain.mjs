// Plain JavaScript: loops over float32 arrays, every inner loop along rows in memory; products with a closed unit are
// skipped.
import { cycling } from "./shared.mjs";

/** z = input · kernel + bias. */
function multiply(rows, { inputs, units, kernel, bias }, input, z) {
  for (let i = 0; i < rows; i++) {
    const to = i * units;
    for (let j = 0; j < units; j++) z[to + j] = bias[j];
    for (let p = 0; p < inputs; p++) {
      const value = input[i * inputs + p];
      if (value === 0) continue; // a closed unit below
      const from = p * units;
      for (let j = 0; j < units; j++) z[to + j] += value * kernel[from + j];
    }
  }
}

/** dInput = dz · kernelᵀ, and 0 where the unit below is closed. */
function passDown(rows, { inputs, units, kernel }, dz, input, dInput) {
  for (let i = 0; i < rows; i++) {
    for (let p = 0; p < inputs; p++) {
      let sum = 0;
      if (input[i * inputs + p] > 0) for (let j = 0; j < units; j++) sum += dz[i * units + j] * kernel[p * units + j];
      dInput[i * inputs + p] = sum;
    }
  }
}

/** kernel -= rate · inputᵀ · dz, and likewise the bias. */
function update(rows, { inputs, units, kernel, bias }, dz, input, rate) {
  for (let i = 0; i < rows; i++) {
    const from = i * units;
    for (let j = 0; j < units; j++) bias[j] -= rate * dz[from + j];
    for (let p = 0; p < inputs; p++) {
      const scale = rate * input[i * inputs + p];
      if (scale === 0) continue;
      const to = p * units;
      for (let j = 0; j < units; j++) kernel[to + j] -= scale * dz[from + j];
    }
  }
}

function clip(values) {
  for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
}

/** The mean loss; `values`, the logits, become their gradient. */
function crossEntropy(rows, classes, values, labels) {
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const from = i * classes,
      label = from + labels[i];
    let max = -Infinity,
      sum = 0;
    for (let j = from; j < from + classes; j++) if (values[j] > max) max = values[j];
    loss += max - values[label];
    for (let j = from; j < from + classes; j++) sum += values[j] = Math.exp(values[j] - max);
    loss += Math.log(sum);
    for (let j = from; j < from + classes; j++) values[j] /= sum * rows;
    values[label] -= 1 / rows;
  }
  return loss / rows;
}

function squaredError(rows, units, values, targets) {
  const count = rows * units;
  let loss = 0;
  for (let i = 0; i < count; i++) {
    const error = values[i] - targets[i];
    loss += error * error;
    values[i] = (2 * error) / count;
  }
  return loss / count;
}

export function create({ widths, batch, batches, x, y, layers, loss, learningRate }) {
  const activations = layers.map(({ units }) => new Float32Array(batch * units));
  const gradients = layers.map(({ units }) => new Float32Array(batch * units));
  const last = layers.length - 1;
  const lossOf = loss === "crossEntropy" ? crossEntropy : squaredError;

  function step(at) {
    const inputOf = (layer) => (layer === 0 ? x[at] : activations[layer - 1]);
    for (let layer = 0; layer <= last; layer++) {
      multiply(batch, layers[layer], inputOf(layer), activations[layer]);
      if (layer < last) clip(activations[layer]);
    }
    gradients[last] = activations[last]; // the loss leaves its gradient where the logits were
    const value = lossOf(batch, widths.at(-1), activations[last], y[at]);
    for (let layer = last; layer >= 0; layer--) {
      if (layer > 0) passDown(batch, layers[layer], gradients[layer], inputOf(layer), gradients[layer - 1]);
      update(batch, layers[layer], gradients[layer], inputOf(layer), learningRate);
    }
    return value;
  }
  return cycling(batches, process.versions.v8, step, step);
}
