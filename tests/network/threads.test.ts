import { afterEach, describe, expect, it, vi } from "vitest";
import { adam, createNetwork, type DenseSpec, RelumineError, sgd, type Network } from "../../src/index.js";
import { canShare } from "../../src/wasm/threads.js";
import { weightsOf } from "../support/networks.js";
import { labelled } from "../support/samples.js";

const spec = {
  inputs: 150,
  layers: [{ units: 140 }, { units: 133 }, { units: 10 }],
  loss: "crossEntropy",
  seed: 3,
} as const;
const data = labelled(200, spec.inputs);
/** Products of it are added up over several blocks of K, and have several blocks of M. */
const deep = { ...spec, inputs: 1100, layers: [{ units: 61 }, { units: 10 }] } as const;
const deepData = labelled(250, deep.inputs, 1 / 8);
const options = () => ({ epochs: 2, batchSize: 96, optimizer: sgd({ learningRate: 0.05 }) });

/** toEqual would look for the likeliest edits between thousands of numbers, for minutes. */
function expectSameWeights(network: Network, other: Network): void {
  const theirs = weightsOf(other);
  expect(weightsOf(network).filter((weight, i) => !Object.is(weight, theirs[i])).length).toBe(0);
}

/** Shuts every other unit, so that indexed products are shared too. */
function closeHalf(network: Network): void {
  for (const layer of network.layers.slice(0, -1))
    layer.setWeights({ bias: Float32Array.from({ length: layer.units }, (_, unit) => (unit % 2 ? -1e3 : 0.1)) });
}

describe.skipIf(!canShare())("threads", () => {
  // 5 is more than the machines of our CI have cores.
  it.each([2, 3, 5])("%i give the same bits as one", async (threads) => {
    for (const arithmetic of ["fast", "reproducible"] as const)
      for (const prepare of [() => {}, closeHalf]) {
        const alone = await createNetwork(spec, { arithmetic });
        const together = await createNetwork(spec, { arithmetic, threads });
        expect(together.runtime.threads).toBe(threads);
        for (const network of [alone, together]) prepare(network);
        const histories = [await alone.fit(data, options()), await together.fit(data, options())];
        expect(histories[1].epochs.map(({ loss }) => loss)).toEqual(histories[0].epochs.map(({ loss }) => loss));
        expectSameWeights(together, alone);
        expect(together.predict(data.x)).toEqual(alone.predict(data.x));
        alone.dispose();
        together.dispose();
      }
  });

  it.each([2, 3])("%i give the same bits as one: normalization, dropout, skips and penalties", async (threads) => {
    const layers: DenseSpec[] = [
      { units: 140, normalization: "batch", dropout: 0.3, kernelRegularizer: { l1: 1e-4 } },
      { units: 140, normalization: "layer", residual: true, activation: "prelu", maxNorm: 2 },
      { units: 140, normalization: "batch", residual: true, useBias: false, activityRegularizer: { l2: 1e-3 } },
      { units: 10, normalization: "batch" },
    ];
    const weightsIn = (network: Network) =>
      network.layers.flatMap((layer) => (Object.values(layer.getWeights()) as Float32Array[]).flatMap((w) => [...w]));
    for (const arithmetic of ["fast", "reproducible"] as const) {
      using alone = await createNetwork({ ...spec, layers }, { arithmetic });
      using together = await createNetwork({ ...spec, layers }, { arithmetic, threads });
      const before = weightsIn(alone);
      for (const network of [alone, together])
        await network.fit(data, { ...options(), optimizer: adam({ learningRate: 0.01 }) });
      const weights = weightsIn(alone);
      expect(weightsIn(together).filter((weight, i) => !Object.is(weight, weights[i])).length).toBe(0);
      expect(weights.filter((weight, i) => weight !== before[i]).length).toBeGreaterThan(weights.length / 2);
      expect(together.predict(data.x)).toEqual(alone.predict(data.x));
    }
  });

  it.each([2, 3, 5])("%i add up blocks in the same order as one", async (threads) => {
    for (const arithmetic of ["fast", "reproducible"] as const) {
      const [alone, together] = [
        await createNetwork(deep, { arithmetic }),
        await createNetwork(deep, { arithmetic, threads }),
      ];
      for (const network of [alone, together])
        await network.fit(deepData, { epochs: 8, batchSize: 250, optimizer: sgd({ learningRate: 0.02 }) });
      expectSameWeights(together, alone);
      alone.dispose();
      together.dispose();
    }
  });

  it("auto takes what the machine has", async () => {
    const network = await createNetwork(spec, { threads: "auto" });
    expect(network.runtime.threads).toBeGreaterThanOrEqual(1);
    expect(network.runtime.threads).toBeLessThanOrEqual(8);
    await network.fit(data, options());
  });

  it("networks of several runtimes train side by side", async () => {
    const networks = await Promise.all([1, 2, 2].map((threads) => createNetwork(spec, { threads })));
    await Promise.all(networks.map((network) => network.fit(data, options())));
    for (const network of networks) expectSameWeights(network, networks[0]);
  });

  it.each([0, -1, 1.5, "2", NaN])("refuses threads: %s", async (threads) => {
    await expect(createNetwork(spec, { threads: threads as number })).rejects.toBeInstanceOf(RelumineError);
  });
});

describe("where memory can't be shared", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("runs on one thread and says so", async () => {
    vi.stubGlobal("crossOriginIsolated", false);
    const network = await createNetwork(spec, { threads: 4 });
    expect(network.runtime.threads).toBe(1);
    await network.fit(data, options());
  });
});
