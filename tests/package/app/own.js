// A network in a worker of one's own, which bundlers find by its URL.
import { createNetwork, RelumineError } from "relumine/worker";

const spec = { inputs: 2, layers: [{ units: 3, biasInitializer: 0.5 }, { units: 1 }], loss: "meanSquaredError" };
const network = await createNetwork(spec, {
  worker: () => new Worker(new URL("./my-worker.js", import.meta.url), { type: "module" }),
});
const largest = await network.call("largestBias", 0);
const error = await network.call("nothing").catch((thrown) => thrown);
await network.dispose();
const kind = error instanceof RelumineError ? "RelumineError" : "another error";
document.body.textContent = `${largest} ${kind} ${error.code}`;
