// Measures the page's frames while a network trains, in a worker or on the page itself.
import { createNetwork, sgd } from "relumine";
import { createNetwork as createInWorker } from "relumine/worker";

async function framesDuring(work) {
  let isOver = false;
  let longest = 0;
  let frames = 0;
  let last = performance.now();
  const measured = new Promise((resolve) => {
    requestAnimationFrame(function frame(now) {
      longest = Math.max(longest, now - last);
      last = now;
      frames++;
      if (isOver) resolve();
      else requestAnimationFrame(frame);
    });
  });
  await work();
  isOver = true;
  await measured;
  return { longest, frames };
}

/** Trains `steps` steps of a network of these widths; the frames meanwhile, and the longest in milliseconds. */
globalThis.measureFrames = async (widths, batch, steps, inWorker) => {
  const [inputs, ...units] = widths;
  const spec = { inputs, layers: units.map((each) => ({ units: each })), loss: "crossEntropy" };
  const network = await (inWorker ? createInWorker : createNetwork)(spec);
  const x = {
    rows: batch,
    columns: inputs,
    data: Float32Array.from({ length: batch * inputs }, (_, i) => Math.sin(i * i)),
  };
  const y = Array.from({ length: batch }, (_, i) => i % units.at(-1));
  const options = {
    epochs: steps,
    batchSize: batch,
    optimizer: sgd({ learningRate: 1e-3 }),
    ...(inWorker && { callbacks: [{ onBatchEnd() {}, onEpochEnd() {} }] }),
  };
  await new Promise((resolve) => setTimeout(resolve, 100));
  const result = await framesDuring(() => network.fit({ x, y }, options));
  network.dispose();
  return result;
};
