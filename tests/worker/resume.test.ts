// A training in a worker that is stored in its midst and goes on, there or here, gives the bits of one that never
// stopped.
import { expect, it } from "vitest";
import * as direct from "../../src/index.js";
import * as remote from "../../src/worker.js";
import { expectError } from "../support/errors.js";
import { classifier } from "../support/networks.js";
import { sectors } from "../support/samples.js";

const data = sectors(300);
const EXACT = { arithmetic: "reproducible" } as const;
const settings = () => ({
  epochs: 30,
  batchSize: 16,
  validation: 0.2,
  optimizer: direct.adam({ learningRate: 0.1 }),
  learningRate: (step: number, epoch: number) => 0.2 / (1 + epoch + step / 100),
});

async function tellings(
  network: direct.Network | remote.Network,
  history: direct.History,
  trace: direct.DeathTrace,
): Promise<object> {
  const weights = [];
  for (const layer of network.layers) weights.push(await layer.getWeights());
  return { weights, deaths: trace.deaths, epochs: history.epochs.map(({ seconds: _, ...log }) => log) };
}

async function trainWhole(): Promise<object> {
  const network = await direct.createNetwork(classifier, EXACT);
  const trace = direct.traceDeaths();
  return tellings(network, await network.fit(data, { ...settings(), callbacks: [trace] }), trace);
}

it("stored while it runs, it goes on in another worker, or without one", async () => {
  const whole = await trainWhole();
  const network = await remote.createNetwork(classifier, EXACT);
  const files: Uint8Array[] = [];
  const store = async () => void files.push(await remote.exportNetwork(network, "safetensors", { training: true }));
  await network.fit(data, {
    ...settings(),
    callbacks: [
      remote.traceDeaths(),
      { onProgress: store, onEpochEnd: ({ epoch }) => (epoch === 3 ? store() : undefined) },
    ],
  });
  await network.dispose();
  expect(files.length).toBeGreaterThan(0);
  let resumed = 0;
  for (const bytes of files.slice(0, 4)) {
    const there = await remote.importNetwork(bytes, EXACT);
    const trace = remote.traceDeaths();
    const going = there.fit(data, { ...settings(), callbacks: [trace], resume: true });
    const history = await going.catch((error: direct.RelumineError) => {
      expect(error.path).toBe("network"); // all was done
      return undefined;
    });
    if (history) {
      expect(await tellings(there, history, trace)).toEqual(whole);
      const here = await direct.importNetwork(bytes, EXACT);
      const own = direct.traceDeaths();
      expect(
        await tellings(here, await here.fit(data, { ...settings(), callbacks: [own], resume: true }), own),
      ).toEqual(whole);
      resumed++;
    }
    await there.dispose();
  }
  expect(resumed).toBeGreaterThan(0);
});

it("stopped by a signal, it goes on where it is; with other data it does not", async () => {
  const whole = await trainWhole();
  const network = await remote.createNetwork(classifier, EXACT);
  const controller = new AbortController();
  const stop = { onEpochEnd: () => controller.abort() };
  const { stopped, epochs } = await network.fit(data, {
    ...settings(),
    epochs: 30,
    callbacks: [remote.traceDeaths(), stop],
    signal: controller.signal,
  });
  if (stopped === undefined)
    expect(epochs).toHaveLength(30); // faster than the message
  else {
    const trace = remote.traceDeaths();
    const other = sectors(300, 3, 7);
    await expectError(network.fit(other, { ...settings(), callbacks: [trace], resume: true }), "value", "data");
    expect(
      await tellings(network, await network.fit(data, { ...settings(), callbacks: [trace], resume: true }), trace),
    ).toEqual(whole);
  }
  await network.dispose();
});
