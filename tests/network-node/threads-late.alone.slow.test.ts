// Helpers that take a turn and never finish it: what waits for them fails after a while, with the weights of the last
// whole step.
import { Worker } from "node:worker_threads";
import { expect, it, vi } from "vitest";
import { createNetwork, type Network, sgd } from "../../src/index.js";
import type { HelperStart } from "../../src/wasm/threads.js";
import { labelled } from "../support/samples.js";

const HANGING = `
const { parentPort, workerData: { memory, control } } = require("node:worker_threads");
const words = new Int32Array(memory.buffer);
parentPort.postMessage("ready");
while (Atomics.load(words, control >>> 2) <= 0 || Atomics.sub(words, control >>> 2, 1) <= 0) {}
for (;;) Atomics.wait(words, control >>> 2, Atomics.load(words, control >>> 2), 1000);
`;

vi.mock("#helpers", async (importOriginal) => ({
  ...(await importOriginal<object>()),
  startHelper({ memory, control }: HelperStart, onReady: () => void) {
    const worker = new Worker(HANGING, { eval: true, workerData: { memory, control } });
    worker.once("message", onReady);
    return { stop: () => void worker.terminate() };
  },
}));

// More than 512 inputs are added up in blocks: the caller then waits in the midst of a product.
it.each([300, 1300])("with %i inputs", async (inputs) => {
  const network = await createNetwork(
    { inputs, layers: [{ units: 200 }, { units: 10 }], loss: "crossEntropy" },
    { threads: 2 },
  );
  const kernel = (of: Network) => Buffer.from(of.layers[0].getWeights().kernel.buffer);
  let afterLastStep = kernel(network);
  const callbacks = [{ onBatchEnd: () => void (afterLastStep = kernel(network)) }];
  await expect(
    network.fit(labelled(64, inputs), { epochs: 1_000_000, batchSize: 64, optimizer: sgd(), callbacks }),
  ).rejects.toMatchObject({
    code: "disposed",
    message: expect.stringContaining("did not answer for 5 seconds"),
  });
  expect(kernel(await network.clone()).equals(afterLastStep)).toBe(true);
});
