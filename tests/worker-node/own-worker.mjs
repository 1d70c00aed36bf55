// A worker of one's own, for the tests: operations and a callback that the package's worker does not have.
import { parentPort } from "node:worker_threads";
import { serve } from "../../dist/serve.js";

serve({
  operations: {
    largestBias: (network, layer) => Math.max(...network.layers[layer].getWeights().bias),
    crash: () =>
      void setTimeout(() => {
        throw new RangeError("crashed");
      }, 0),
    fail: () => {
      throw new TypeError("failed");
    },
    chatter: () => {
      for (const message of [null, undefined, 3, "words", { kind: "result" }]) parentPort.postMessage(message);
      parentPort.emit("message", null);
    },
    unsendable: () => ({ f: () => 1 }),
  },
  callbacks: {
    everyOther: ({ from }) => {
      const steps = [];
      return {
        onBatchEnd: ({ step }) => void (step >= from && step % 2 === 0 && steps.push(step)),
        read: () => steps,
      };
    },
  },
});
