// relumine as its users meet it: dist, and the time of a step inside fit.
import { readFileSync } from "node:fs";
import { createNetwork, sgd } from "../../dist/index.js";

function concatenate(arrays) {
  const whole = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const array of arrays) {
    whole.set(array, next);
    next += array.length;
  }
  return whole;
}

/** The first `batches` of the task's batches as fit takes them. */
function dataOf({ x, y, widths, batch, targetsPerRow, loss }, batches) {
  const rows = batches * batch;
  const targets = concatenate(y.slice(0, batches));
  return {
    x: { rows, columns: widths[0], data: concatenate(x.slice(0, batches)) },
    y: loss === "crossEntropy" ? targets : { rows, columns: targetsPerRow, data: targets },
  };
}

export async function create(task) {
  const { widths, batch, batches, layers, loss, learningRate } = task;
  const network = await createNetwork({ inputs: widths[0], layers: layers.map(({ units }) => ({ units })), loss });
  layers.forEach(({ kernel, bias }, i) => network.layers[i].setWeights({ kernel, bias }));
  const optimizer = sgd({ learningRate });
  const all = dataOf(task, batches);
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

  /**
   * Seconds from the first batch to the last: what fit does once, such as copying the data, is left out, as the peers'
   * tensors are made once too.
   */
  async function fit(data, epochs) {
    let start = 0,
      end = 0;
    const callback = {
      onTrainBegin: () => void (start = performance.now()),
      onTrainEnd: () => void (end = performance.now()),
    };
    await network.fit(data, { epochs, batchSize: batch, shuffle: false, optimizer, callbacks: [callback] });
    return (end - start) / 1e3;
  }
  return {
    version: `${version}, ${network.runtime.simd} SIMD`,
    async losses(steps) {
      const { epochs } = await network.fit(dataOf(task, 1), {
        epochs: steps,
        batchSize: batch,
        shuffle: false,
        optimizer,
      });
      return epochs.map((epoch) => epoch.loss);
    },
    async train(steps) {
      const rest = steps % batches;
      const seconds = steps < batches ? 0 : await fit(all, Math.floor(steps / batches));
      return rest === 0 ? seconds : seconds + (await fit(dataOf(task, rest), 1));
    },
  };
}
