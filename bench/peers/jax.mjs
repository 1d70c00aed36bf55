// jax-js on its WebAssembly backend, with the whole step (forward, backward, update) under one jit.
import { defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { cycling, oneHot, versionOf } from "./shared.mjs";

/** Arrays are owned by whoever is given them: `.ref` keeps one for later. */
function forward(parameters, x) {
  return parameters.reduce((input, { kernel, bias }, i) => {
    const z = np.matmul(input, kernel).add(bias);
    return i < parameters.length - 1 ? nn.relu(z) : z;
  }, x);
}

const crossEntropy = (logits, targets) => nn.logSoftmax(logits).mul(targets).sum(-1).mean().mul(-1);
const squaredError = (outputs, targets) => np.square(outputs.sub(targets)).mean();

export async function create({ widths, batch, batches, x, y, layers, loss, learningRate }) {
  await init("wasm");
  defaultDevice("wasm");
  const outputs = widths.at(-1);
  const lossOf = loss === "crossEntropy" ? crossEntropy : squaredError;
  const inputs = x.map((rows) => np.array(rows).reshape([batch, widths[0]]));
  const targets = y.map((rows) =>
    np.array(loss === "crossEntropy" ? oneHot(rows, outputs) : rows).reshape([batch, outputs]),
  );
  let parameters = layers.map(({ inputs: rows, units, kernel, bias }) => ({
    kernel: np.array(kernel).reshape([rows, units]),
    bias: np.array(bias),
  }));
  const update = jit((weights, rows, wanted) => {
    const kept = weights.map(({ kernel, bias }) => ({ kernel: kernel.ref, bias: bias.ref }));
    const [value, gradient] = valueAndGrad((given) => lossOf(forward(given, rows), wanted))(weights);
    const descend = (weight, slope) => weight.sub(slope.mul(learningRate));
    return [
      value,
      kept.map(({ kernel, bias }, i) => ({
        kernel: descend(kernel, gradient[i].kernel),
        bias: descend(bias, gradient[i].bias),
      })),
    ];
  });
  /**
   * Reading the loss is the way to wait: all arrays take twice as long on W4, and without waiting work piles up
   * (measured).
   */
  async function step(at) {
    const [value, updated] = update(parameters, inputs[at].ref, targets[at].ref);
    parameters = updated;
    return (await value.data())[0];
  }
  return cycling(batches, versionOf("@jax-js/jax"), step, step);
}
