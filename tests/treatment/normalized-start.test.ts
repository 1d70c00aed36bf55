// Starts, resets during training and folded scalings where layers are normalized.
import { describe, expect, test } from "vitest";
import { evaluateLayers } from "../support/evaluated.js";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import {
  calibrate,
  continualBackprop,
  type DenseSpec,
  type Network,
  type NetworkSpec,
  recycleDormant,
  selfNormalizedResets,
  sgd,
  standardize,
  standardizeTargets,
} from "../../src/index.js";

const x = randomRows(seededRandom(7), 100, 3, 4).map((row) => row.map((value) => Math.fround(value + 2)));

const withLayer = (layer: Partial<DenseSpec>, last: Partial<DenseSpec> = {}): NetworkSpec => ({
  inputs: 3,
  layers: [
    { units: 8, ...layer },
    { units: 2, ...last },
  ],
  loss: "meanSquaredError",
  seed: 4,
});

const shares = (network: Network, layer: number): number[] => {
  const { n } = evaluateLayers(network, x)[layer]!;
  return n[0]!.map((_, unit) => n.filter((row) => row[unit]! > 0).length / n.length);
};

describe("calibrate", () => {
  test.each(["batch", "layer"] as const)(
    "%s: betas for the share, kernels as they were, since a scale is undone",
    (kind) =>
      withNetwork(withLayer({ normalization: kind, biasInitializer: -2 }), async (network) => {
        const { kernel, bias } = network.layers[0]!.getWeights();
        const { layers } = await calibrate(network, x, { activity: 0.3 });
        const now = network.layers[0]!.getWeights();
        expect(now.kernel).toEqual(kernel);
        expect(now.bias).toEqual(bias);
        expect(layers[0]!.scale).toBe(1);
        expect(layers[0]!.activity).toEqual({ low: 0.3, high: 0.3 });
        expect(shares(network, 0).every((share) => Math.abs(share - 0.3) < 1e-9)).toBe(true);
        expect(layers[1]!.std).toBeGreaterThan(0.9); // the layer without is scaled as ever
        expect(layers[1]!.std).toBeLessThan(1.1);
      }),
  );

  test("batch: evaluation begins where training does, by the rows' own mean and variance", () =>
    withNetwork(withLayer({ normalization: "batch", useBias: false }), async (network) => {
      await calibrate(network, x);
      const { kernel, runningMean, runningVariance } = network.layers[0]!.getWeights();
      for (let unit = 0; unit < 8; unit++) {
        const z = x.map((row) => row.reduce((sum, value, i) => sum + value * kernel[i * 8 + unit]!, 0));
        const mean = z.reduce((a, b) => a + b) / z.length;
        const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (z.length - 1);
        expect(runningMean![unit]).toBeCloseTo(mean, 4);
        expect(runningVariance![unit]! / variance).toBeCloseTo(1, 5);
      }
    }));
});

describe("folded scalings predict the same", () => {
  test.each([
    ["batch", {}],
    ["layer", {}],
    ["batch without biases", { useBias: false }],
  ] as const)("inputs into %s", (name, more) =>
    withNetwork(withLayer({ normalization: name.split(" ")[0] as "batch" | "layer", ...more }), async (network) => {
      const inputs = standardize(x);
      const rows = inputs.apply(x);
      await network.fit({ x: rows, y: x.map(([a, b]) => [a!, b!]) }, { epochs: 2, batchSize: 10 });
      const before = network.predict(rows).data;
      inputs.foldInto(network);
      const after = network.predict(x).data;
      after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 4));
    }),
  );

  test.each(["batch", "layer"] as const)("targets into gamma and beta (%s)", (normalization) =>
    withNetwork(withLayer({}, { normalization }), async (network) => {
      const y = x.map(([a, b]) => [50 * a! + 300, b! / 8]);
      const targets = standardizeTargets(y);
      await network.fit({ x, y: targets.apply(y) }, { epochs: 2, batchSize: 10 });
      const wanted = targets.invert(network.predict(x)).data;
      const { kernel } = network.layers[1]!.getWeights();
      targets.foldInto(network);
      const after = network.predict(x).data;
      after.forEach((value, i) => expect(value / wanted[i]!).toBeCloseTo(1, 4));
      expect(network.layers[1]!.getWeights().kernel).toEqual(kernel);
    }),
  );
});

const data = sectors(96);
const deep = (normalization: "batch" | "layer", more: Partial<DenseSpec> = {}): NetworkSpec => ({
  inputs: 2,
  layers: [{ units: 12, normalization }, { units: 9, normalization, ...more }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
});

describe("resets during training", () => {
  const shut = (network: Network) => {
    const { beta, gamma } = network.layers[0]!.getWeights();
    [beta![4], gamma![4]] = [-30, 0.5];
    network.layers[0]!.setWeights({ beta, gamma });
  };
  test.each(["batch", "layer"] as const)("recycling and self-normalized resets: gamma 1, beta 0 (%s)", async (kind) => {
    for (const callback of [
      recycleDormant({ everySteps: 1, dormantBelow: 0 }),
      selfNormalizedResets({ threshold: 0.5 }),
    ])
      await withNetwork(deep(kind), async (network) => {
        shut(network);
        const seen: number[][] = [];
        await network.fit(data, {
          epochs: 4,
          batchSize: 96,
          optimizer: sgd({ learningRate: 1e-6 }),
          callbacks: [
            callback,
            {
              onBatchEnd: () => {
                const { gamma, beta, runningMean, runningVariance } = network.layers[0]!.getWeights();
                seen.push([gamma![4]!, beta![4]!, runningMean?.[4] ?? 0, runningVariance?.[4] ?? 1]);
              },
            },
          ],
        });
        const reset = seen.findIndex(([, beta]) => beta === 0);
        expect(reset, JSON.stringify(seen)).toBeGreaterThanOrEqual(0);
        expect(seen[reset]).toEqual([1, 0, 0, 1]);
        // and it fires from then on
        expect(evaluateLayers(network, data.x)[0]!.n.some((row) => row[4]! > 0)).toBe(true);
      });
  });

  test.each([{}, { useBias: false }])("continual backprop: what a unit passed on on average stays (%j)", (more) =>
    withNetwork(
      { ...deep("batch"), layers: [{ units: 12 }, { units: 3, normalization: "batch", ...more }] },
      async (network) => {
        await network.fit(data, { epochs: 30, batchSize: 32, optimizer: sgd({ learningRate: 0.05 }) });
        using twin = await network.clone();
        const renewal = continualBackprop({ replacementRate: 0.1, maturity: 1, decay: 0 });
        const still = { epochs: 1, batchSize: 96, shuffle: false, optimizer: sgd({ learningRate: 0 }) };
        do {
          await network.fit(data, { ...still, callbacks: [renewal] });
          await twin.fit(data, still);
        } while (renewal.replaced[0] === 0);
        const means = [network, twin].map((each) => {
          const { n } = evaluateLayers(each, data.x)[1]!;
          return [0, 1, 2].map((unit) => n.reduce((sum, row) => sum + row[unit]!, 0) / n.length);
        });
        const outgoing = twin.layers[1]!.getWeights().kernel;
        const isGone = network.layers[1]!.getWeights().kernel.map((weight, i) => (weight === 0 ? outgoing[i]! : 0));
        expect(Math.max(...isGone.map(Math.abs))).toBeGreaterThan(0.1); // it said something
        means[0]!.forEach((mean, unit) => expect(mean).toBeCloseTo(means[1]![unit]!, 4));
      },
    ),
  );
});
