// A diagnosis of any network: weights of any size, weights that are no numbers, against sums in float64.
import { describe, expect, test } from "vitest";
import { createNetwork, diagnose, type Diagnosis, type Network, type NetworkSpec } from "../../src/index.js";
import { judgeObservation } from "../../src/diagnosis/judge-observation.js";
import { withInspector } from "../../src/inspect/inspector.js";
import { observe } from "../../src/inspect/observation.js";
import { stateOf } from "../../src/network/state/state.js";
import { ACTIVATION_NAMES } from "../../src/wasm/abi.js";
import { withNetwork } from "../support/networks.js";
import fc from "../support/property.js";

type Rows = readonly (readonly number[])[];

/** Weights that a caller may not set. */
function setRaw(network: Network, layer: number, part: "kernel" | "bias", values: ArrayLike<number>): void {
  stateOf(network).layer(layer)[part].set(values);
}

/** Of the preactivations and activations themselves, one after the other. */
function reference(network: Network, x: Rows) {
  const state = stateOf(network);
  const data = Float32Array.from(x.flat());
  return withInspector(state, (inspector) => {
    const z: number[][][] = network.layers.map(({ units }) => Array.from({ length: units }, () => []));
    const a: number[][][] = network.layers.map(({ units }) => Array.from({ length: units }, () => []));
    inspector.run({ rows: x.length, columns: x[0].length, data }, {}, (chunk) =>
      network.layers.forEach(({ units }, layer) => {
        chunk.preactivations(layer).forEach((value, at) => z[layer][at % units].push(value));
        chunk.activations(layer).forEach((value, at) => a[layer][at % units].push(Math.abs(value)));
      }),
    );
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return z.map((units, layer) =>
      units.map((values, unit) => {
        const middle = mean(values);
        return {
          isFinite: values.every(Number.isFinite),
          size: Math.max(...values.map(Math.abs)),
          mean: middle,
          std: Math.sqrt(mean(values.map((value) => (value - middle) ** 2))),
          meanActivation: mean(a[layer][unit]),
        };
      }),
    );
  });
}

/** Float32 sums of a thousand numbers may lose so much of a spread where they are good enough. */
const ROUNDING = 1e-3;

function expectTruth(diagnosis: Diagnosis, network: Network, x: Rows): void {
  const truth = reference(network, x);
  for (const { layer, units } of diagnosis.layers) {
    const whole = truth[layer].filter(({ isFinite, meanActivation }) => isFinite && Number.isFinite(meanActivation));
    const layerMean = whole.reduce((sum, { meanActivation }) => sum + meanActivation, 0) / Math.max(1, whole.length);
    units.forEach(({ state, dormancy, preactivation }, unit) => {
      const { isFinite, size, mean, std, meanActivation } = truth[layer][unit];
      expect(state === "notFinite", `layer ${layer}, unit ${unit}`).toBe(!isFinite);
      if (!isFinite) return;
      expect(Math.abs(preactivation.mean - mean)).toBeLessThanOrEqual(1e-5 * size);
      expect(Math.abs(preactivation.std - std)).toBeLessThanOrEqual(ROUNDING * std + 1e-12 * size);
      const wanted = layerMean === 0 ? 0 : meanActivation / layerMean;
      if (Number.isFinite(meanActivation)) expect(Math.abs(dormancy - wanted)).toBeLessThanOrEqual(1e-3 * wanted);
      else expect(dormancy).toBe(Infinity);
    });
  }
}

function expectNumbers({ findings }: Diagnosis): void {
  for (const { kind, figures = {} } of findings)
    for (const [name, value] of Object.entries(figures)) expect(value, `${kind}.${name}`).not.toBeNaN();
}

describe("finite weights", () => {
  const spec: NetworkSpec = {
    inputs: 1,
    layers: [{ units: 2 }, { units: 2 }, { units: 1 }],
    loss: "meanSquaredError",
    seed: 1,
  };
  const x = Array.from({ length: 10 }, (_, i) => [1 + i / 10]);

  test("preactivations of 1e38 have a mean and a spread (BREAK, F10)", () =>
    withNetwork(spec, (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(1e38, 1e38), bias: new Float32Array(2) });
      network.layers[1].setWeights({ kernel: new Float32Array(4).fill(1e-37), bias: new Float32Array(2) });
      const diagnosis = diagnose(network, x, { targets: x.map(([value]) => value) });
      const [unit] = diagnosis.layers[0].units;
      expect(unit.preactivation.mean / 1.45e38).toBeCloseTo(1, 5);
      expect(unit.preactivation.std / 2.8722813e37).toBeCloseTo(1, 5);
      expect(unit.dormancy).toBeCloseTo(1, 6);
      expectTruth(diagnosis, network, x);
      expectNumbers(diagnosis);
      expect(diagnosis.findings.map(({ kind }) => kind)).not.toContain("divergence");
    }));

  test.each([1e-44, 1e-40, 1e-30, 1e-20, 1e-10, 1, 1e10, 1e19, 1e25, 1e38])(
    "preactivations of about %s, of both signs, many rows in several chunks",
    (size) =>
      withNetwork({ ...spec, layers: [{ units: 5, activation: "leakyRelu" }, { units: 1 }] }, (network) => {
        const kernel = Float32Array.of(size, -size, size / 2, -size / 3, size);
        network.layers[0].setWeights({ kernel, bias: new Float32Array(5) });
        const rows = Array.from({ length: 9000 }, (_, i) => [((i * 0.618) % 1) * 2 - 1]);
        expectTruth(diagnose(network, rows), network, rows);
      }),
  );

  test("an outlier in the first row does not drown the spread of the others", () =>
    withNetwork({ ...spec, layers: [{ units: 3, activation: "linear" }, { units: 1 }] }, (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(1, 0, 3), bias: Float32Array.of(0, 5, 1e4) });
      const rows = Array.from({ length: 900 }, (_, i) => [i === 0 ? 1e5 : (i * 0.618) % 1]);
      expectTruth(diagnose(network, rows), network, rows);
    }));

  test("an activation that overflows where its preactivation does not is far from dormant", () =>
    withNetwork({ ...spec, layers: [{ units: 1, activation: "prelu" }, { units: 1 }] }, (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(-1e38), alpha: Float32Array.of(1e5) });
      const [unit] = diagnose(network, x).layers[0].units;
      expect(unit).toMatchObject({ dormancy: Infinity, preactivation: { max: expect.any(Number) } });
      expect(["dead", "dormant"]).not.toContain(unit.state);
    }));
});

describe("weights that are no numbers", () => {
  const spec: NetworkSpec = {
    inputs: 2,
    layers: [{ units: 6 }, { units: 5 }, { units: 4 }, { units: 1 }],
    loss: "meanSquaredError",
    seed: 3,
  };
  const x = Array.from({ length: 40 }, (_, i) => [((i * 0.755) % 1) * 4 - 2, ((i * 0.57) % 1) * 4 - 2]);
  const targets = x.map(([a, b]) => a * b);

  test("layers and units are named, the layers below are judged as if nothing was", () =>
    withNetwork(spec, (network) => {
      const before = diagnose(network, x);
      setRaw(network, 1, "bias", [0, Number.NaN, 0, Infinity, 0]);
      setRaw(network, 2, "bias", [0, 0, 0, -Infinity]);
      const diagnosis = diagnose(network, x, { targets, history: { epochs: [] } });
      const found = diagnosis.findings.filter(({ kind }) => kind === "divergence");
      expect(found).toMatchObject([{ role: "cause", layer: 1, figures: { layers: 2, units: 3 } }]);
      expect(found[0].message).toMatch(/layer 1 \(units 1, 3\).*layer 2 \(unit 3\)/);
      expect(diagnosis.layers[0]).toEqual(before.layers[0]);
      expect(diagnosis.layers[1].units.map(({ state }) => state === "notFinite")).toEqual([
        false,
        true,
        false,
        true,
        false,
      ]);
      expectTruth(diagnosis, network, x);
      expectNumbers(diagnosis);
      expect(String(diagnosis)).toContain("units 1, 3");
      expect(diagnosis.learning?.verdict).toMatch(/no finite number/);
    }));

  test("what the data show is said all the same, and what the training was", () =>
    withNetwork(spec, (network) => {
      const shifted = x.map(([a, b]) => [a + 1000, b + 1000]);
      const kinds = () => diagnose(network, shifted, { targets }).findings.map(({ kind }) => kind);
      expect(kinds()).toContain("uncenteredInputs");
      setRaw(network, 0, "kernel", new Float32Array(12).fill(Number.NaN));
      expect(kinds()).toEqual(expect.arrayContaining(["divergence", "uncenteredInputs"]));
      const epochs = [{ epoch: 1, loss: 3, learningRate: 5, seconds: 0, silentUnits: [0, 0, 0] }];
      const { findings } = diagnose(network, x, { targets, history: { epochs, stopped: "diverged" } });
      expect(findings.filter(({ kind }) => kind === "divergence")).toMatchObject([
        { figures: { epoch: 2 } },
        { layer: 0, figures: { units: 6 } },
      ]);
    }));

  test("finite weights are none of it, however large", () =>
    withNetwork(spec, (network) => {
      setRaw(network, 1, "bias", [3.4e38, -3.4e38, 0, 0, 0]);
      const messages = diagnose(network, x).findings.map(({ message }) => message);
      expect(messages.join(" ")).not.toMatch(/Weights are no finite/);
    }));
});

const size = fc.integer({ min: -45, max: 38 }).map((exponent) => 10 ** exponent);
const broken = fc.option(fc.constantFrom(Number.NaN, Infinity, -Infinity), { freq: 6 });

test("random networks, exploded, vanished or broken: no error, no NaN where the truth is finite", async () => {
  const losses = ["meanSquaredError", "meanAbsoluteError", "crossEntropy", "binaryCrossEntropy"] as const;
  const layer = fc.record({
    units: fc.integer({ min: 1, max: 9 }),
    activation: fc.constantFrom(...ACTIVATION_NAMES),
    size,
    broken,
  });
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(layer, { minLength: 2, maxLength: 4 }),
      fc.constantFrom(...losses),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 70 }),
      fc.oneof(fc.constant(1), size),
      fc.nat(),
      async (layers, loss, inputs, rows, spread, seed) => {
        const outputs = layers.at(-1)!.units + Number(loss === "crossEntropy");
        const spec: NetworkSpec = {
          inputs,
          layers: layers.map(({ units, activation }, i) =>
            i === layers.length - 1 ? { units: outputs } : { units, activation },
          ),
          loss,
          seed,
        };
        const network = await createNetwork(spec);
        try {
          const largest = 3.4e38;
          stateOf(network).layers.forEach(({ kernel, bias }, index) => {
            for (const values of [kernel, bias])
              values.forEach((value, at) => {
                const scaled = (value + Number(values === bias) * ((at % 3) - 1)) * layers[index].size;
                values[at] = Math.max(-largest, Math.min(largest, scaled));
              });
            if (layers[index].broken !== null) kernel[seed % kernel.length] = layers[index].broken;
          });
          const x = Array.from({ length: rows }, (_, i) =>
            Array.from({ length: inputs }, (_, k) => ((((i + 1) * (0.7548 - 0.1849 * k)) % 1) - 0.3) * spread),
          );
          const targets = x.map((_, i) =>
            loss === "crossEntropy" ? i % outputs : Array.from({ length: outputs }, (_, k) => (i + k) % 2),
          );
          const diagnosis = diagnose(network, x, { targets: targets as number[] });
          expectTruth(diagnosis, network, x);
          expectNumbers(diagnosis);
          expect(diagnosis.deadFraction).not.toBeNaN();
          expect(String(diagnosis)).not.toMatch(/\bNaN\b|undefined/);
          const isBroken = layers.some((each) => each.broken !== null);
          const weights = diagnosis.findings.some(({ message }) => message.startsWith("Weights are no finite"));
          expect(weights).toBe(isBroken);
          for (const { units } of diagnosis.layers) for (const { state } of units) kinds.add(state);
        } finally {
          network.dispose();
        }
      },
    ),
    { numRuns: 150 },
  );
  expect([...kinds]).toEqual(expect.arrayContaining(["alive", "dead", "notFinite"])); // it saw the sick and the sound
}, 120_000);

test("an observation whose sums overflowed, of whatever ran the network, is judged without a NaN", () =>
  withNetwork({ inputs: 1, layers: [{ units: 2 }, { units: 1 }], loss: "meanSquaredError", seed: 1 }, (network) => {
    const observation = withInspector(stateOf(network), (inspector) =>
      observe(inspector, { rows: 3, columns: 1, data: Float32Array.of(1, 2, 3) }),
    );
    const units = observation.layers[0].units.map((unit) => ({ ...unit, meanActivation: Infinity }));
    const { findings: _findings, ...diagnosis } = judgeObservation({
      rows: 3,
      layers: [{ ...observation.layers[0], units }],
    });
    for (const unit of diagnosis.layers[0].units) expect(unit.dormancy).toBe(Infinity);
  }));
