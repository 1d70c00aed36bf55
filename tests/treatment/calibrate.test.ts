import { describe, expect, test } from "vitest";
import {
  calibrate,
  centerInputs,
  createNetwork,
  diagnose,
  type NetworkSpec,
  type Network,
  sgd,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { expectRefusal } from "../support/errors.js";
import { ARITHMETICS, classifier, expectUntouched, weightsOf, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";

const x = randomRows(seededRandom(3), 301, 7, 4).map((row) => row.map((value) => Math.fround(value + 2)));
const deep: NetworkSpec = {
  inputs: 7,
  layers: [
    { units: 33, biasInitializer: -3 },
    { units: 20, kernelInitializer: "lecunNormal" },
    { units: 5, activation: "tanh" },
    { units: 3 },
  ],
  loss: "crossEntropy",
  seed: 8,
};

/** The preactivations of one layer in float64, rows x units. */
function preactivations(network: Network, layer: number): number[][] {
  let rows: number[][] = x;
  for (let index = 0; index <= layer; index++) {
    const { kernel, bias } = network.layers[index]!.getWeights();
    const { units, activation } = network.layers[index]!;
    const z = rows.map((row) =>
      Array.from({ length: units }, (_, unit) =>
        row.reduce((sum, value, i) => sum + value * kernel[i * units + unit]!, bias[unit]!),
      ),
    );
    rows =
      index === layer
        ? z
        : z.map((each) => each.map((value) => (activation.name === "tanh" ? Math.tanh(value) : Math.max(0, value))));
  }
  return rows;
}

function columnsOf(rows: number[][]): number[][] {
  return rows[0]!.map((_, column) => rows.map((row) => row[column]!));
}

const variance = (values: number[]) => {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
};

describe.each(ARITHMETICS)("calibrate (%s)", (arithmetic) => {
  test.each([0.5, 0.1, 0.97, 1, 1e-9])(
    "a share of %d: every hidden unit within 1/n of it, each layer's std 1",
    async (activity) => {
      await withNetwork(
        deep,
        async (network) => {
          const { samples, layers } = await calibrate(network, x, { activity });
          expect(samples).toBe(301);
          expect(layers.map(({ layer }) => layer)).toEqual([0, 1, 2, 3]);
          for (const { layer, std, scale, stdBefore, activity: shares, constant } of layers) {
            const columns = columnsOf(preactivations(network, layer));
            const measured = Math.sqrt(columns.reduce((sum, column) => sum + variance(column), 0) / columns.length);
            expect(Math.abs(measured - 1)).toBeLessThanOrEqual(0.1);
            expect(std).toBeCloseTo(measured, 4);
            expect(stdBefore * scale).toBeCloseTo(std, 4);
            expect(constant).toEqual([]);
            if (layer === 3) expect(shares).toBeUndefined();
            else {
              const fired = columns.map((column) => column.filter((z) => z > 0).length / 301);
              for (const share of fired)
                expect(Math.abs(share - Math.max(activity, 1 / 301))).toBeLessThan(1 / 301 + 1e-9);
              expect(Math.abs(shares!.low - Math.min(...fired))).toBeLessThan(1.5 / 301);
              expect(Math.abs(shares!.high - Math.max(...fired))).toBeLessThan(1.5 / 301);
            }
          }
        },
        { arithmetic },
      );
    },
  );
});

describe("calibrate", () => {
  test("units that were born dead fire afterwards, and the diagnosis agrees", async () => {
    await withNetwork(
      { ...deep, layers: deep.layers.map((layer) => ({ ...layer, activation: undefined })) as NetworkSpec["layers"] },
      async (network) => {
        const { bias } = network.layers[0]!.getWeights();
        network.layers[0]!.setWeights({ bias: bias.fill(-100, 0, 10) });
        expect(diagnose(network, x).dead).toBeGreaterThanOrEqual(10);
        await calibrate(network, x);
        const after = diagnose(network, x);
        expect(after.dead).toBe(0);
        for (const { units } of after.layers)
          for (const { activity } of units) expect(Math.abs(activity - 0.5)).toBeLessThan(1.5 / 301);
      },
    );
  });

  test("kernels keep their directions unless orthonormal ones are asked for", async () => {
    await withNetwork(deep, async (network) => {
      using other = await network.clone();
      const before = network.layers[0]!.getWeights().kernel;
      const { layers } = await calibrate(network, x);
      network.layers[0]!.getWeights().kernel.forEach((weight, i) =>
        expect(weight).toBeCloseTo(before[i]! * layers[0]!.scale, 5),
      );
      const { layers: ortho } = await calibrate(other, x, { orthogonal: true });
      const { kernel } = other.layers[0]!.getWeights();
      const dot = (a: number, b: number) => {
        let sum = 0;
        for (let unit = 0; unit < 33; unit++) sum += kernel[a * 33 + unit]! * kernel[b * 33 + unit]!;
        return sum;
      };
      expect(dot(0, 0)).toBeCloseTo(ortho[0]!.scale ** 2, 4);
      expect(dot(0, 1)).toBeCloseTo(0, 4);
    });
  });

  test("constant units are named and keep their bias; a constant layer keeps its scale", async () => {
    await withNetwork(deep, async (network) => {
      const first = network.layers[0]!.getWeights();
      for (let i = 0; i < 7; i++) first.kernel[i * 33 + 4] = 0;
      network.layers[0]!.setWeights(first);
      const second = network.layers[1]!.getWeights();
      network.layers[1]!.setWeights({ kernel: second.kernel.fill(0), bias: second.bias.fill(0.25) });
      const { layers } = await calibrate(network, x);
      expect(layers[0]!.constant).toEqual([4]);
      expect(network.layers[0]!.getWeights().bias[4]).toBe(-3);
      expect(layers[1]).toMatchObject({ scale: 1, std: 0, constant: Array.from({ length: 20 }, (_, i) => i) });
      expect("activity" in layers[1]!).toBe(false);
      expect([...network.layers[1]!.getWeights().bias]).toEqual(Array(20).fill(0.25));
      expect(layers[2]!.std).toBe(0);
    });
  });

  test("equal preactivations fire together, at the nearer end", async () => {
    await withNetwork(
      { inputs: 1, layers: [{ units: 1 }, { units: 1 }], loss: "meanSquaredError" },
      async (network) => {
        network.layers[0]!.setWeights({ kernel: Float32Array.of(1) });
        const steps = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2].map((value) => [value]);
        expect((await calibrate(network, steps, { activity: 0.5 })).layers[0]!.activity).toEqual({
          low: 0.6,
          high: 0.6,
        });
        expect((await calibrate(network, steps, { activity: 0.4 })).layers[0]!.activity).toEqual({
          low: 0.3,
          high: 0.3,
        });
        expect((await calibrate(network, steps, { activity: 0.01 })).layers[0]!.activity).toEqual({
          low: 0.3,
          high: 0.3,
        });
        expect((await calibrate(network, steps, { activity: 0.95 })).layers[0]!.activity).toEqual({ low: 1, high: 1 });
      },
    );
  });

  test.each([1e-24, 1e19])("weights of %d: the spread is counted in float64", (size) =>
    withNetwork(deep, async (network) => {
      const { kernel } = network.layers[0]!.getWeights();
      network.layers[0]!.setWeights({ kernel: kernel.map((weight) => weight * size) });
      using usual = await createNetwork(deep);
      const [scaled, plain] = [await calibrate(network, x), await calibrate(usual, x)];
      expect((scaled.layers[0]!.scale * size) / plain.layers[0]!.scale).toBeCloseTo(1, 5);
      expect(scaled.layers[0]!.std).toBeCloseTo(plain.layers[0]!.std, 4);
    }),
  );

  test("what is wrong is refused before anything changes", async () => {
    await withNetwork(deep, async (network) => {
      const changes = stateOf(network).changes;
      await expectUntouched(network, () => calibrate(network, x, { activity: 0 }), "value", "activity");
      await expectUntouched(network, () => calibrate(network, x, { activity: 1.5 }), "value", "activity");
      await expectUntouched(
        network,
        () => calibrate(network, x, { orthogonal: 1 as unknown as boolean }),
        "value",
        "orthogonal",
      );
      await expectUntouched(network, () => calibrate(network, [[1, 2]]), "shape", "x");
      await expectUntouched(network, () => calibrate(network, x.slice(0, 1)), "shape", "x");
      const { kernel } = network.layers[2]!.getWeights();
      network.layers[2]!.setWeights({ kernel: kernel.fill(3e38) });
      await expectUntouched(network, () => calibrate(network, x), "value", "layers[2]");
      expect(stateOf(network).changes).toBe(changes + 1);
      const used = stateOf(network).runtime.heap.used;
      await expectUntouched(network, () => calibrate(network, x), "value", "layers[2]");
      expect(stateOf(network).runtime.heap.used).toBe(used);
      const running = network.fit({ x, y: x.map(() => 0) }, { epochs: 1 });
      await expectRefusal(() => calibrate(network, x), "value", "network");
      await running;
    });
    const disposed = await createNetwork(deep);
    disposed.dispose();
    await expectRefusal(() => calibrate(disposed, x), "disposed");
    await expectRefusal(() => calibrate({} as Network, x), "value", "network");
  });
});

describe("centerInputs", () => {
  test("a network trained on centred inputs takes raw ones after the fold, with the same outputs", async () => {
    const { x: raw, y } = sectors(96);
    const shifted = raw.map((each) => each.map((value, i) => Math.fround(value + 5 * (i + 1))));
    await withNetwork(classifier, async (network) => {
      const centering = centerInputs(shifted);
      const centred = centering.apply(shifted);
      expect(Math.abs(centred.data.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-3);
      await network.fit({ x: centred, y }, { epochs: 20, optimizer: sgd({ learningRate: 0.1 }) });
      const before = network.predict(centred, { logits: true });
      centering.foldInto(network);
      const after = network.predict(shifted, { logits: true });
      after.data.forEach((value, i) => expect(Math.abs(value - before.data[i]!)).toBeLessThan(1e-4));
      expect(network.predict(centred, { logits: true }).data).not.toEqual(before.data);
      await expectUntouched(network, () => centering.foldInto(network), "value", "network");
    });
  });

  test("what is wrong is refused", async () => {
    await expectRefusal(() => centerInputs([]), "shape", "x");
    const centering = centerInputs([[1, 2, 3]]);
    expect([...centering.mean]).toEqual([1, 2, 3]);
    await expectRefusal(() => centering.apply([[1, 2]]), "shape", "samples");
    await withNetwork(classifier, async (network) => {
      await expectUntouched(network, () => centering.foldInto(network), "shape", "network");
      expect(weightsOf(network).length).toBeGreaterThan(0);
    });
  });
});
