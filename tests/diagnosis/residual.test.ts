// Networks with layers that their inputs pass by: what feeds each layer, what is said of dead units, what remedies do
// with them, and what is left open.
import { expect, test } from "vitest";
import { activate } from "../reference/network.js";
import { expectError } from "../support/errors.js";
import { weightsOf, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";
import { toMatrix } from "../../src/core/matrix.js";
import { withInspector } from "../../src/inspect/inspector.js";
import { stateOf } from "../../src/network/state/state.js";
import {
  calibrate,
  diagnose,
  forecast,
  type Network,
  type NetworkSpec,
  prove,
  type Remedy,
  sgd,
  traceDeaths,
  treat,
} from "../../src/index.js";

const { x, y } = sectors(80);
const spec: NetworkSpec = {
  inputs: 2,
  layers: [
    { units: 8, biasInitializer: 0.1 },
    { units: 8, residual: true },
    { units: 8, residual: true, activation: "tanh" },
    { units: 6 },
    { units: 3 },
  ],
  loss: "crossEntropy",
  seed: 4,
};

/** Each layer's z, h and o of one row, in float64. */
function reference(network: Network, row: readonly number[]) {
  let input: readonly number[] = row;
  return network.layers.map((layer, l) => {
    const { kernel, bias } = layer.getWeights();
    const from = input;
    const z = [...bias].map((b, j) => from.reduce((sum, value, i) => sum + value * kernel[i * layer.units + j], b));
    const { name } = layer.activation;
    const h = z.map((value) => activate(name, value));
    input = network.spec.layers[l].residual ? h.map((value, j) => value + from[j]) : h;
    return { from, z, h, o: input };
  });
}

/** Units 1 and 5 of a layer never fire. */
function kill(network: Network, layer: number, units: readonly number[] = [1, 5]): void {
  const { bias } = network.layers[layer].getWeights();
  for (const unit of units) bias[unit] = -1e3;
  network.layers[layer].setWeights({ bias });
}

test("an inspector's inputs are what feeds a layer, its activations what the layer makes", () =>
  withNetwork(spec, (network) => {
    const state = stateOf(network);
    const rows = x.map((row) => reference(network, row));
    withInspector(state, (inspector) =>
      inspector.run(toMatrix("x", x, 2), {}, (chunk) => {
        for (let layer = 0; layer < 5; layer++) {
          const { inputs, units } = state.layer(layer);
          for (let r = 0; r < chunk.rows; r++) {
            const { from, z, h } = rows[chunk.start + r][layer];
            from.forEach((value, i) => expect(chunk.inputs(layer)[r * inputs + i]).toBeCloseTo(value, 4));
            z.forEach((value, j) => expect(chunk.preactivations(layer)[r * units + j]).toBeCloseTo(value, 4));
            h.forEach((value, j) => expect(chunk.activations(layer)[r * units + j]).toBeCloseTo(value, 4));
          }
        }
      }),
    );
    const predicted = network.predict(x, { logits: true }).data;
    rows.forEach((row, r) => row[4].o.forEach((value, j) => expect(predicted[r * 3 + j]).toBeCloseTo(value, 4)));
  }));

test("a gradient pushed back to the inputs is that of finite differences", () =>
  withNetwork(spec, (network) => {
    const state = stateOf(network);
    const row = x[3].map(Math.fround);
    withInspector(state, (inspector) =>
      inspector.run(toMatrix("x", [row], 2), {}, (chunk) => {
        const gradient = inspector.pushBack(chunk, 4, (seed) => seed.fill(1)).slice();
        const sumAt = (at: readonly number[]) => reference(network, at)[4].h.reduce((sum, value) => sum + value, 0);
        const h = 1e-5;
        for (const i of [0, 1]) {
          const [low, high] = [-h, h].map((step) => sumAt(row.map((value, k) => (k === i ? value + step : value))));
          expect(gradient[i]).toBeCloseTo((high - low) / (2 * h), 3);
        }
      }),
    );
  }));

test("proofs above a residual layer are open, below and in the first one they stand", () =>
  withNetwork(spec, async (network) => {
    for (const layer of [0, 1, 3]) kill(network, layer);
    const { layers } = diagnose(network, x, { proofs: true });
    const proofsOf = (layer: number) =>
      layers[layer].units.flatMap(({ state, proof }) => (state === "dead" ? [proof] : []));
    expect(proofsOf(0)).toContain("provenDead");
    expect(proofsOf(1)).toContain("provenDead");
    expect(new Set(proofsOf(3))).toEqual(new Set(["open"]));
    const { units } = await prove(network, { x });
    for (const { layer, proof } of units) if (layer === 3) expect(proof).toBe("open");
    expect(units.some(({ layer }) => layer === 3)).toBe(true);
    expect(units.some(({ layer, proof }) => layer <= 1 && proof === "provenDead")).toBe(true);
  }));

test("a layer that is closed as a whole lets the gradient pass, if its inputs pass it by", async () => {
  for (const residual of [true, false])
    await withNetwork(
      { ...spec, layers: [{ units: 4 }, { units: 4, ...(residual && { residual }) }, { units: 3 }] },
      (network) => {
        kill(network, 1, [0, 1, 2, 3]);
        kill(network, 0, [2]);
        const { layers, findings } = diagnose(network, x, { targets: y });
        expect(layers[1].units.every(({ state }) => state === "dead")).toBe(true);
        // fed by living units, which go on learning where gradients pass
        expect(layers[1].units.map(({ permanent }) => permanent)).toEqual(Array(4).fill(!residual));
        if (residual) expect(findings.map(({ kind }) => kind)).not.toContain("closedSamples");
      },
    );
});

const REMEDIES: readonly Remedy[] = ["liftBias", "recycle", "prune"].map((kind) => ({ kind }) as Remedy);

test.each(REMEDIES)("$kind leaves units that something passes by, says so, and treats the others", (remedy) =>
  withNetwork(spec, async (network) => {
    for (const layer of [0, 1, 3]) kill(network, layer);
    const before = network.predict(x, { logits: true });
    const treatment = await treat(network, x, remedy);
    expect([...new Set(treatment.treated.map(({ layer }) => layer))]).toEqual([3]);
    if (remedy.kind !== "recycle")
      expect(treatment.findings.filter(({ kind }) => kind === "passedBy").map(({ layer }) => layer)).toEqual([0, 1]);
    const after = treatment.network.predict(x, { logits: true });
    const change = before.data.reduce((most, value, i) => Math.max(most, Math.abs(value - after.data[i])), 0);
    expect(treatment.outputChange).toBe(change); // what the sweep kept is what the network does
    if (remedy.kind !== "recycle") expect(change).toBeLessThan(1e-5);
    expect(treatment.after.layers.map(({ dead }) => dead)).toEqual(
      diagnose(treatment.network, x).layers.map(({ dead }) => dead),
    );
    if (treatment.network !== network) treatment.network.dispose();
  }),
);

test("reinitialize, openSamples and calibrate: what they saw is what the network does", () =>
  withNetwork(spec, async (network) => {
    for (const layer of [0, 1, 3]) kill(network, layer);
    for (const kind of ["reinitialize", "openSamples"] as const) {
      const { after, undo } = await treat(network, x, { kind });
      const again = diagnose(network, x);
      expect(after.layers.map(({ units }) => units.map(({ activity }) => activity))).toEqual(
        again.layers.map(({ units }) => units.map(({ activity }) => activity)),
      );
      expect(undo).toBeTypeOf("function");
    }
    const { layers } = await calibrate(network, x);
    diagnose(network, x).layers.forEach(({ units }, layer) => {
      const { activity, constant } = layers[layer];
      const shares = units.flatMap(({ activity: share, unit }) => (constant.includes(unit) ? [] : [share]));
      if (activity) expect([Math.min(...shares), Math.max(...shares)]).toEqual([activity.low, activity.high]);
    });
  }));

test("a forecast refuses what it does not know", () =>
  expectError(() => forecast(spec), "unsupported", "layers[1].residual"));

test("deaths in a training with dropout, penalties, norms and residual layers are traced to their steps", async () => {
  const layers = [
    { units: 16, dropout: 0.2, activityRegularizer: { l1: 0.01 } },
    { units: 16, residual: true, kernelRegularizer: { l2: 0.001 } },
    { units: 16, residual: true, dropout: 0.3, maxNorm: 3 },
    { units: 16, useBias: false },
    { units: 3 },
  ];
  const train = (trace?: ReturnType<typeof traceDeaths>) =>
    withNetwork({ ...spec, layers }, async (network) => {
      const optimizer = sgd({ learningRate: 0.7, momentum: 0.5 });
      await network.fit({ x, y }, { epochs: 25, batchSize: 16, optimizer, callbacks: trace ? [trace] : [] });
      return weightsOf(network);
    });
  const trace = traceDeaths();
  const weights = await train(trace);
  expect(await train()).toEqual(weights);
  const traced = trace.deaths.filter(({ step }) => step !== undefined && step > 0);
  expect(traced.length).toBeGreaterThan(3);
  // a replay that was not the training to the bit would name none
  for (const { cause, explanation } of traced) expect(cause, explanation).not.toBe("unknown");
});
