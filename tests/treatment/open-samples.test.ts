// Rows on which every unit of a layer is closed: opened by dead units first, and what a treatment says to change besides.
import { describe, expect, it } from "vitest";
import { createNetwork, diagnose, type Network, rmsprop, sgd, traceDeaths, treat } from "../../src/index.js";
import { expectRefusal } from "../support/errors.js";
import { sectors } from "../support/samples.js";

const x = Array.from({ length: 400 }, (_, i) => [i & 1, (i >> 1) & 1]);
const y = x.map(([a, b]) => a ^ b);

/** XOR with two hidden units: hidden weights by unit, three of four rows closed. */
async function stuck(bias: readonly number[]): Promise<Network> {
  const network = await createNetwork({ inputs: 2, layers: [{ units: 2 }, { units: 1 }], loss: "binaryCrossEntropy" });
  network.layers[0].setWeights({ kernel: Float32Array.of(1, -1, 1, -1), bias: Float32Array.from(bias) });
  network.layers[1].setWeights({ kernel: Float32Array.of(-2, 1), bias: Float32Array.of(0.5) });
  return network;
}

const closedRows = (network: Network): number => {
  const { kernel, bias } = network.layers[0].getWeights();
  return x.filter(([a, b]) => bias.every((value, unit) => a * kernel[unit] + b * kernel[2 + unit] + value <= 0)).length;
};

describe("openSamples", () => {
  it("lifts a dead unit, and no output changes", async () => {
    using network = await stuck([-1, -0.5]); // unit 1 opens on no row, unit 0 on (1, 1) alone
    expect(closedRows(network)).toBe(300);
    const treatment = await treat(network, x, { kind: "openSamples" });
    expect(closedRows(network)).toBe(0);
    expect(treatment.outputChange).toBe(0);
    expect(treatment.treated).toMatchObject([{ layer: 0, unit: 1, action: "lifted", activity: 0.75 }]);
    expect(String(treatment)).toContain("300 of 400 samples opened no unit of layer 0");
    treatment.undo();
    expect(closedRows(network)).toBe(300);
  });

  it("lifts the nearest living unit where none is dead, and says so", async () => {
    using network = await stuck([-1, 0.5]); // unit 1 opens on (0, 0) alone
    expect(closedRows(network)).toBe(200);
    const { outputChange, treated, findings } = await treat(network, x, { kind: "openSamples" });
    expect(closedRows(network)).toBe(0);
    expect(outputChange).toBeGreaterThan(0);
    expect(treated).toHaveLength(1);
    expect(findings.map(({ kind }) => kind)).toContain("livingUnitsToo");
  });

  it("does nothing where every row opens a unit", async () => {
    using network = await stuck([0.5, 0.5]);
    expect(closedRows(network)).toBe(0);
    const { findings, treated } = await treat(network, x, { kind: "openSamples" });
    expect(treated).toEqual([]);
    expect(findings.map(({ kind }) => kind)).toEqual(["nothingToTreat"]);
  });

  it("gets some stuck XOR going, which more epochs do not", async () => {
    let opened = 0;
    for (let seed = 0; seed < 8; seed++) {
      const spec = { inputs: 2, layers: [{ units: 2 }, { units: 1 }], loss: "binaryCrossEntropy", seed } as const;
      using network = await createNetwork(spec);
      const fit = () =>
        network.fit({ x, y }, { epochs: 60, batchSize: 4, optimizer: rmsprop({ learningRate: 0.005 }) });
      await fit();
      if (closedRows(network) < 200) continue;
      const before = network.evaluate({ x, y }).loss;
      using twin = await network.clone();
      await twin.fit({ x, y }, { epochs: 60, batchSize: 4, optimizer: rmsprop({ learningRate: 0.005 }) });
      expect(twin.evaluate({ x, y }).loss).toBeGreaterThan(0.9 * before);
      await treat(network, x, { kind: "openSamples" });
      await fit();
      opened += Number(network.evaluate({ x, y }).loss < 0.5 * before);
    }
    expect(opened).toBeGreaterThan(0);
  });
});

describe("besides", () => {
  const data = sectors(400);
  const spec = {
    inputs: 2,
    layers: [{ units: 16 }, { units: 16 }, { units: 3 }],
    loss: "crossEntropy",
    seed: 1,
  } as const;

  it("names a lower rate where steps closed the units", async () => {
    using network = await createNetwork(spec);
    const trace = traceDeaths();
    const history = await network.fit(data, { epochs: 12, optimizer: sgd({ learningRate: 4 }), callbacks: [trace] });
    const known = { targets: data.y, history, deaths: trace.deaths };
    const { besides } = await treat(network, data.x, { kind: "liftBias" }, known);
    expect(besides[0].finding).toBe("learningRate");
    expect(besides[0].change).toContain("1.3");
  });

  it("names decay where that pulled them down", async () => {
    using network = await createNetwork(spec);
    const optimizer = sgd({ learningRate: 0.2, weightDecay: 0.3 });
    const history = await network.fit(data, { epochs: 12, optimizer });
    const { besides } = await treat(network, data.x, { kind: "recycle" }, { targets: data.y, history });
    expect(besides.map(({ finding }) => finding)).toContain("decayCollapse");
  });

  it("says that nothing is known without a trace, and nothing where nothing is dead", async () => {
    using network = await createNetwork(spec);
    const { besides: none } = await treat(network, data.x, { kind: "liftBias" });
    await network.fit(data, { epochs: 12, optimizer: sgd({ learningRate: 4 }) });
    const { before, besides } = await treat(network, data.x, { kind: "liftBias" });
    expect(before.dead).toBeGreaterThan(0);
    expect(besides.map(({ finding }) => finding)).toContain("unknown");
    expect(none.map(({ finding }) => finding)).not.toContain("unknown");
    const leaky = spec.layers.map((layer, index) =>
      index < 2 ? { ...layer, activation: "leakyRelu" as const } : layer,
    );
    using healthy = await createNetwork({ ...spec, layers: leaky });
    await healthy.fit(data, { epochs: 12, optimizer: sgd({ learningRate: 0.3 }) });
    expect(diagnose(healthy, data.x).dead).toBe(0);
    expect((await treat(healthy, data.x, { kind: "liftBias" })).besides).toEqual([]);
  });

  it("refuses what is no list of deaths, before anything is changed", async () => {
    using network = await createNetwork(spec);
    const before = network.layers[0].getWeights();
    const known = { deaths: 3 as unknown as [] };
    await expectRefusal(() => treat(network, data.x, { kind: "liftBias" }, known), "value", "known.deaths");
    for (const deaths of [new Array(1), [null], [5], [{ layer: "__proto__", unit: "constructor" }]] as never[])
      await expectRefusal(() => treat(network, data.x, { kind: "liftBias" }, { deaths }), "value", "known.deaths[0]");
    expect(network.layers[0].getWeights()).toEqual(before);
  });
});
