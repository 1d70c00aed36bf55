// Remedies during training that read no rows again act on batches of a source as on the same rows in memory: the same
// units at the same steps, the same weights to the bit; here, in a worker, and in a fit that was stored in between.
import { describe, expect, test } from "vitest";
import * as direct from "../../src/index.js";
import * as remote from "../../src/worker.js";
import { resultsOf } from "../../src/network/training/callbacks.js";
import { cut } from "../support/batches.js";
import { expectError } from "../support/errors.js";
import { sectors } from "../support/samples.js";

const { adam, continualBackprop, preventDeaths, recycleDormant, selfNormalizedResets, traceDeaths } = direct;
const ROWS = 203; // no multiple of the batch
const BATCH = 16;
const data = sectors(ROWS);
const spec: direct.NetworkSpec = {
  inputs: 2,
  layers: [{ units: 24, biasInitializer: -1 }, { units: 16, activation: "prelu" }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
};
const source: direct.BatchSource = {
  rows: ROWS,
  batchSize: BATCH,
  id: "sectors",
  batches: () => cut(data, BATCH),
};
const REMEDIES = {
  recycleDormant: () => recycleDormant({ everySteps: 7, dormantBelow: 0.2 }),
  continualBackprop: () => continualBackprop({ replacementRate: 0.01, maturity: 5 }),
  selfNormalizedResets: () => selfNormalizedResets({ threshold: 0.2 }),
};
const options = { epochs: 6, optimizer: adam({ learningRate: 0.05 }) };

describe.each(Object.entries(REMEDIES))("%s", (name, remedy) => {
  async function inMemory() {
    using network = await direct.createNetwork(spec, { arithmetic: "reproducible" });
    const callback = remedy();
    await network.fit(data, { ...options, batchSize: BATCH, shuffle: false, callbacks: [callback] });
    return { results: resultsOf(callback), weights: network.layers.map((layer) => layer.getWeights()) };
  }

  test("as in memory, and it does something", async () => {
    const expected = await inMemory();
    using network = await direct.createNetwork(spec, { arithmetic: "reproducible" });
    const callback = remedy();
    await network.fit(source, { ...options, callbacks: [callback] });
    expect(resultsOf(callback)).toEqual(expected.results);
    expect(network.layers.map((layer) => layer.getWeights())).toEqual(expected.weights);
    const counts = Object.values(expected.results as Record<string, readonly unknown[]>)[0].flat();
    expect(
      counts.some((each) => each !== 0),
      name,
    ).toBe(true);
    expect(counts.length).toBeGreaterThan(0);
  });

  test("in a worker", async () => {
    const expected = await inMemory();
    await using network = await remote.createNetwork(spec, { arithmetic: "reproducible" });
    const callback = remedy();
    await network.fit(source, { ...options, callbacks: [callback] });
    expect(resultsOf(callback)).toEqual(expected.results);
    expect(await network.layers[0].getWeights()).toEqual(expected.weights[0]);
  });

  test("stored after a step and resumed", async () => {
    const expected = await inMemory();
    using network = await direct.createNetwork(spec, { arithmetic: "reproducible" });
    const controller = new AbortController();
    const onBatchEnd = ({ step }: { step: number }) => (step === 33 ? controller.abort() : undefined);
    await network.fit(source, { ...options, callbacks: [remedy(), { onBatchEnd }], signal: controller.signal });
    const bytes = await direct.exportNetwork(network, "safetensors", { training: true });
    using again = await direct.importNetwork(bytes, { arithmetic: "reproducible" });
    const callback = remedy();
    await again.fit(source, { ...options, callbacks: [callback], resume: true });
    expect(resultsOf(callback)).toEqual(expected.results);
    expect(again.layers.map((layer) => layer.getWeights())).toEqual(expected.weights);
  });

  test("is refused where the source says no batch size", async () => {
    using network = await direct.createNetwork(spec);
    const nameless = { batches: source.batches };
    await expectError(network.fit(nameless, { callbacks: [remedy()] }), "unsupported", "callbacks[0]");
  });
});

test("what reads rows again is refused", async () => {
  using network = await direct.createNetwork(spec);
  for (const callback of [traceDeaths(), preventDeaths()])
    await expectError(network.fit(source, { callbacks: [callback] }), "unsupported", "callbacks[0]");
});
