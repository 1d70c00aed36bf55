// The forecast of training: what it says of a rate is what a training at that rate does.
import { describe, expect, it } from "vitest";
import { countDead } from "../../src/inspect/dead-units.js";
import { createNetwork, forecastTraining, type NetworkSpec, sgd } from "../../src/index.js";
import { forecastTraining as forecastRemotely } from "../../src/worker.js";
import { expectRefusal } from "../support/errors.js";
import { sectors } from "../support/samples.js";

const data = sectors(400);
const spec: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 16 }, { units: 16 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 1,
};

describe("forecastTraining", () => {
  it("counts what dies, by layer, with a band over starts", async () => {
    const rates = [4, 0.01, 0.3];
    const found = await forecastTraining(spec, data, { rates, epochs: 12, seeds: 3, seconds: 60 });
    expect(found.rates.map(({ rate }) => rate)).toEqual([0.01, 0.3, 4]);
    for (const { rate, runs, deadFraction, layers } of found.rates) {
      const counts: number[][] = [];
      for (let seed = 1; seed <= 3; seed++) {
        using network = await createNetwork({ ...spec, seed });
        await network.fit(data, { epochs: 12, optimizer: sgd({ learningRate: rate }) });
        counts.push(countDead(network, data.x).layers.map(({ dead }) => dead));
      }
      expect(runs).toBe(3);
      layers.forEach(({ low, median, high }, layer) => {
        const sorted = counts.map((each) => each[layer]).sort((a, b) => a - b);
        expect([low, median, high]).toEqual(sorted);
      });
      expect(deadFraction.low).toBeLessThanOrEqual(deadFraction.median);
    }
    expect(found.deadlyFrom).toBe(4);
    expect(String(found)).toContain("From a rate of 4 on");
  });

  it("is the same in a worker", async () => {
    const options = { rates: [0.3, 4], epochs: 5, seeds: 2, seconds: 60, optimizer: sgd({ momentum: 0.5 }) };
    const here = await forecastTraining(spec, data, options);
    const there = await forecastRemotely(spec, data, options);
    expect(there).toEqual(here);
    expect(String(there)).toBe(String(here));
    const signal = AbortSignal.abort();
    await expect(forecastRemotely(spec, data, { ...options, signal })).rejects.toMatchObject({ path: "signal" });
  });

  it("trains with the start weights and the clipping that fit would", async () => {
    using start = await createNetwork({ ...spec, seed: 77 });
    const startWeights = start.layers.map((layer) => layer.getWeights());
    const options = { rates: [4], epochs: 12, seeds: 1, clipNorm: 0.05, startWeights };
    const [found] = (await forecastTraining(spec, data, options)).rates;
    using network = await createNetwork(spec);
    network.layers.forEach((layer, i) => layer.setWeights(startWeights[i]));
    const { epochs } = await network.fit(data, { epochs: 12, optimizer: sgd({ learningRate: 4 }), clipNorm: 0.05 });
    const dead = countDead(network, data.x).layers.map((layer) => layer.dead);
    expect([found.loss, ...found.layers.map(({ median }) => median)]).toEqual([epochs[11].loss, ...dead]);
    const { clipNorm: _, ...unclipped } = options;
    expect((await forecastTraining(spec, data, unclipped)).rates[0].loss).not.toBe(found.loss);
    const { startWeights: _weights, ...drawn } = options;
    expect((await forecastTraining(spec, data, drawn)).rates[0].loss).not.toBe(found.loss);
    const there = await forecastRemotely(spec, data, options);
    expect(there.rates).toEqual([found]);
  });

  it("is the same on every machine where it is to be reproducible", async () => {
    const options = { rates: [0.3], epochs: 12, seeds: 1, arithmetic: "reproducible" } as const;
    using network = await createNetwork(spec, { arithmetic: "reproducible" });
    const { epochs } = await network.fit(data, { epochs: 12, optimizer: sgd({ learningRate: 0.3 }) });
    expect((await forecastTraining(spec, data, options)).rates[0].loss).toBe(epochs[11].loss);
  });

  it.each([
    ["here", forecastTraining],
    ["in a worker", forecastRemotely],
  ])("tells of each training as it ends, and ends when what is told throws, %s", async (_where, run) => {
    const told: [rate: number, runs: number][] = [];
    const rates = [0.01, 0.3];
    const options = { rates, epochs: 2, seeds: 2, seconds: 60 };
    const found = await run(spec, data, { ...options, onRate: ({ rate, runs }) => void told.push([rate, runs]) });
    expect(told).toEqual([
      [0.01, 1],
      [0.3, 1],
      [0.01, 2],
      [0.3, 2],
    ]);
    expect(found.rates.map(({ runs }) => runs)).toEqual([2, 2]);
    const thrown = new Error("enough");
    const onRate = () => {
      throw thrown;
    };
    await expect(run(spec, data, { ...options, onRate })).rejects.toBe(thrown);
    await expectRefusal(() => run(spec, data, { ...options, onRate: 1 as never }), "value", "onRate");
  });

  it("names no deadly rate where none is, and samples many rows", async () => {
    const large = sectors(3000);
    const found = await forecastTraining(spec, large, { rates: [0.001, 0.003], epochs: 3, rows: 100, seeds: 2 });
    expect(found.deadlyFrom).toBeUndefined();
    expect(found.rows).toBe(100);
  });

  it("tells the loss of the starts that stay finite, unless most diverge", async () => {
    const targets = { x: data.x, y: Float32Array.from(data.y, (label) => 3 * label) };
    const regression: NetworkSpec = { ...spec, layers: [{ units: 16 }, { units: 1 }], loss: "meanSquaredError" };
    const options = { epochs: 5, seeds: 5, seconds: 60, rates: [0.01, 1.2, 1.4, 1.5, 2, 2.2, 1.8, 3] };
    const { rates } = await forecastTraining(regression, targets, options);
    expect(rates.map(({ loss }) => Number.isNaN(loss))).toEqual(rates.map(({ diverged }) => diverged > 2));
    expect(rates[0].diverged).toBe(0);
    expect(rates.at(-1)!.diverged).toBe(5);
    expect(rates.some(({ diverged }) => diverged === 1 || diverged === 2)).toBe(true);
  });

  it("trains with the rows' weights, and samples rows that count", async () => {
    const weights = Float32Array.from(data.y, (label) => (label === 0 ? 0 : label));
    const counted = [...data.y.keys()].filter((row) => weights[row] > 0);
    const options = { rates: [0.1], epochs: 3, seeds: 1 };
    const found = await forecastTraining(spec, { ...data, weights }, options);
    expect(found.rows).toBe(counted.length);
    using network = await createNetwork(spec);
    const kept = {
      x: counted.map((row) => data.x[row]),
      y: counted.map((row) => data.y[row]),
      weights: counted.map((row) => weights[row]),
    };
    const { epochs } = await network.fit(kept, { epochs: 3, optimizer: sgd({ learningRate: 0.1 }) });
    expect(found.rates[0].loss).toBe(epochs[2].loss);
    const unweighted = await forecastTraining(spec, data, options);
    expect(unweighted.rates[0].loss).not.toBe(found.rates[0].loss);
    expect(unweighted.rows).toBe(400);
    const few = weights.map((weight, row) => (row < 20 ? weight : 0));
    const least = await forecastTraining(spec, { ...data, weights: few }, { ...options, rows: 10 });
    expect(least.rows).toBe(10);
  });

  it("keeps to its time: one start a rate, whatever it takes", async () => {
    const found = await forecastTraining(spec, data, { epochs: 2, seconds: 0 });
    expect(found.rates.map(({ runs }) => runs)).toEqual(found.rates.map(() => 1));
    expect(found.rates).toHaveLength(8);
  });

  it("refuses what is no rate, no data, no option", async () => {
    await expectRefusal(() => forecastTraining(spec, data, { rates: [] }), "value", "rates");
    await expectRefusal(() => forecastTraining(spec, data, { rates: [-1] }), "value", "rates[0]");
    await expectRefusal(() => forecastTraining(spec, { x: [[1]], y: [0] }), "shape");
    await expectRefusal(() => forecastTraining(spec, data, { startWeights: [{}] }), "shape", "startWeights");
    const short = [{ bias: Float32Array.of(1) }, {}, {}];
    await expectRefusal(() => forecastTraining(spec, data, { startWeights: short }), "shape");
    await expectRefusal(() => forecastTraining(spec, data, { clipNorm: 0 }), "value", "clipNorm");
    await expectRefusal(() => forecastTraining(spec, data, { second: 1 } as object), "value", "options.second");
  });
});
