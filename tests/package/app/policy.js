// For a page whose content security policy forbids blob: and data: the package's files lie beside it and are named.
import { adam, createNetwork } from "relumine/worker";

const query = new URLSearchParams(location.search);
const files = { strict: "strict.wasm", relaxed: "relaxed.wasm", helper: "helper-thread.js" };
const named = query.has("named") ? { worker: "worker-thread.js", files } : {};

const x = Array.from({ length: 200 }, (_, i) => [((i * 37) % 200) / 100 - 1, ((i * 91) % 200) / 100 - 1]);
const y = x.map(([a, b]) => (a * a + b * b < 0.5 ? 1 : 0));
const spec = { inputs: 2, layers: [{ units: 24 }, { units: 17 }, { units: 2 }], loss: "crossEntropy", seed: 7 };

async function train() {
  const network = await createNetwork(spec, { arithmetic: "reproducible", threads: 2, ...named });
  const { epochs } = await network.fit(
    { x, y },
    { epochs: 20, batchSize: 16, optimizer: adam({ learningRate: 0.01 }) },
  );
  return JSON.stringify({ threads: network.runtime.threads, losses: epochs.map(({ loss }) => loss) });
}

try {
  document.body.textContent = await train();
} catch (error) {
  document.body.textContent = `${error.code}: ${error.message}`;
}
