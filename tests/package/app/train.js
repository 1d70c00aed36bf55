// The same program for every bundler and runtime: trains a small network on a disc, beside the page and in a worker,
// tries remedies in workers, and tells every digit of its losses.
import { adam, createNetwork, diagnose, prescribe } from "relumine";
import { createNetwork as createInWorker, prescribe as prescribeInWorker } from "relumine/worker";

const x = Array.from({ length: 200 }, (_, i) => [((i * 37) % 200) / 100 - 1, ((i * 91) % 200) / 100 - 1]);
const y = x.map(([a, b]) => (a * a + b * b < 0.5 ? 1 : 0));
const spec = { inputs: 2, layers: [{ units: 24 }, { units: 17 }, { units: 2 }], loss: "crossEntropy", seed: 7 };
const runtime = { arithmetic: "reproducible" };
const options = () => ({ epochs: 20, batchSize: 16, optimizer: adam({ learningRate: 0.01 }) });
const lossesOf = ({ epochs }) => epochs.map(({ loss }) => loss);

async function train() {
  const network = await createNetwork(spec, runtime);
  const losses = lossesOf(await network.fit({ x, y }, options()));
  const probabilities = Array.from(network.predict(x.slice(0, 3)).data);
  const { dead } = diagnose(network, x);
  network.dispose();

  const remote = await createInWorker(spec, runtime);
  const inWorker = lossesOf(await remote.fit({ x, y }, options()));
  await remote.dispose();

  const trials = [];
  for (const tryRemedies of [prescribe, prescribeInWorker]) {
    const wanted = { workers: 2, trials: 2, repeats: 1, ...runtime };
    const { workers, trials: ranked } = await tryRemedies(spec, { x, y }, options(), wanted);
    trials.push({ workers, losses: ranked.map(({ name, metrics }) => [name, metrics.loss]) });
  }
  return JSON.stringify({ losses, probabilities, dead, inWorker, trials });
}

const result = await train();
if (typeof document === "undefined") console.log(result);
else document.body.textContent = result;
