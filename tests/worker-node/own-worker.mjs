// A worker of one's own, for the tests: operations and a callback that the package's worker does not have.
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
    unsendable: () => ({ f: () => 1 }),
  },
  callbacks: {
    everyOther: ({ from }) => {
      const steps = [];
      return {
        callback: { onBatchEnd: ({ step }) => void (step >= from && step % 2 === 0 && steps.push(step)) },
        result: () => steps,
      };
    },
  },
});
