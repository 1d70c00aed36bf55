// The same program for Node, for Vite and for esbuild: trains a small network on a disc and tells every digit of its losses.
import { adam, createNetwork, diagnose } from "relumine";

const x = Array.from({ length: 200 }, (_, i) => [((i * 37) % 200) / 100 - 1, ((i * 91) % 200) / 100 - 1]);
const y = x.map(([a, b]) => (a * a + b * b < 0.5 ? 1 : 0));

const network = await createNetwork(
  { inputs: 2, layers: [{ units: 24 }, { units: 17 }, { units: 2 }], loss: "crossEntropy", seed: 7 },
  { arithmetic: "reproducible" },
);
const { epochs } = await network.fit({ x, y }, { epochs: 20, batchSize: 16, optimizer: adam({ learningRate: 0.01 }) });
const result = JSON.stringify({
  losses: epochs.map(({ loss }) => loss),
  probabilities: Array.from(network.predict(x.slice(0, 3)).data),
  dead: diagnose(network, x).dead,
});
network.dispose();

if (typeof document === "undefined") console.log(result);
else document.body.textContent = result;
