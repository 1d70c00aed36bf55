// Normalized and residual layers, dropout and penalties in a worker: the same bits as here.
import { expect, it } from "vitest";
import * as direct from "../../src/index.js";
import * as remote from "../../src/worker.js";
import { sectors } from "../support/samples.js";

/** What of either API the program uses, as the plain one types it. */
type Api = Pick<typeof direct, keyof typeof direct & keyof typeof remote>;

const { x, y } = sectors(96);
const spec: direct.NetworkSpec = {
  inputs: 2,
  layers: [
    { units: 10, normalization: "batch", dropout: 0.2, kernelRegularizer: { l2: 0.01 } },
    { units: 10, normalization: "layer", residual: true, activation: "prelu", useBias: false },
    { units: 10, biasInitializer: -0.5, activityRegularizer: { l1: 0.01 }, maxNorm: 1 },
    { units: 3, normalization: "batch" },
  ],
  loss: { name: "crossEntropy", labelSmoothing: 0.1 },
  seed: 3,
};

async function program(api: typeof direct | typeof remote, seed = 3): Promise<object> {
  const { adam, cosine, createNetwork, diagnose, exportNetwork, importNetwork, nadam, traceDeaths, treat, warmup } =
    api as Api;
  const network = await createNetwork({ ...spec, seed }, { arithmetic: "reproducible" });
  const trace = traceDeaths();
  const learningRate = warmup({ epochs: 1, next: cosine() });
  const options = { epochs: 6, batchSize: 12, accumulate: 2, learningRate, callbacks: [trace] };
  const { epochs } = await network.fit({ x, y }, { ...options, optimizer: nadam({ learningRate: 0.5 }) });
  const diagnosis = await diagnose(network, x, { targets: y });
  const treatment = await treat(network, x, { kind: "liftBias" });
  const read = await importNetwork(await exportNetwork(network, "safetensors", { training: true }));
  await read.fit({ x, y }, { epochs: 1, optimizer: adam() });
  const weights = [];
  for (const each of [network, read]) for (const layer of each.layers) weights.push(await layer.getWeights());
  const evaluation = await read.evaluate({ x, y });
  const outputs = await read.predict(x);
  await read.dispose();
  await network.dispose();
  return {
    logs: epochs.map(({ seconds: _, ...log }) => log),
    deaths: trace.deaths,
    diagnosis: String(diagnosis),
    treatment: `${treatment}`,
    weights,
    evaluation,
    outputs,
  };
}

it("trains, traces, judges, treats and stores them as the network beside it does", async () => {
  const here = (await program(direct)) as { logs: readonly direct.EpochLog[]; weights: readonly direct.Weights[] };
  expect(await program(remote)).toEqual(here);
  for (const { penalty } of here.logs) expect(penalty).toBeGreaterThan(0);
  expect(Object.keys(here.weights[0])).toEqual(expect.arrayContaining(["gamma", "beta", "runningMean"]));
  expect(here.weights[0].runningMean!.some((value) => value !== 0)).toBe(true);
  expect(await program(direct, 4)).not.toEqual(here); // the control
});
