// Layers that are frozen: not a bit of them changes, whatever the optimizer, and the others learn as the float64
// reference does with the same layers frozen.
import { describe, expect, test } from "vitest";
import { numbersOf, toOptimizer, toReference, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import { flatten, gradients, type ReferenceOptimizer, train } from "../reference/network.js";
import {
  adam,
  adamW,
  continualBackprop,
  createNetwork,
  exportNetwork,
  importNetwork,
  type Network,
  type NetworkSpec,
  preventDeaths,
  recycleDormant,
  selfNormalizedResets,
  sgd,
  traceDeaths,
} from "../../src/index.js";

const { x, y } = sectors(48);
const specOf = (
  frozen: readonly number[],
  units = [7, 6, 5, 3],
  activation: "prelu" | "relu" = "prelu",
): NetworkSpec => ({
  inputs: 2,
  layers: units.map((count, l) => ({
    units: count,
    ...(l < units.length - 1 && { activation }),
    ...(frozen.includes(l) && { frozen: true }),
  })),
  loss: "crossEntropy",
  seed: 8,
});

const OPTIMIZERS: ReferenceOptimizer[] = [
  { name: "sgd", learningRate: 0.1 },
  { name: "sgd", learningRate: 0.1, momentum: 0.9, weightDecay: 0.05 },
  { name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: true },
  { name: "adam", learningRate: 0.01 },
  { name: "adamW", learningRate: 0.01, weightDecay: 0.1 },
  { name: "rmsprop", learningRate: 0.01, rho: 0.9 },
  { name: "nadam", learningRate: 0.01, momentumDecay: 0.2 },
  { name: "adamax", learningRate: 0.01, weightDecay: 0.1 },
  { name: "adagrad", learningRate: 0.05, learningRateDecay: 0.1 },
];
const WHICH = [[0], [1], [3], [0, 1], [0, 2], [1, 3], [0, 1, 2, 3]];

/** The reference's weights after the same training. */
function trainReference(network: Network, frozen: readonly number[], optimizer: ReferenceOptimizer, clipNorm?: number) {
  const layers = toReference(network);
  train(layers, x, y, "crossEntropy", { epochs: 2, batchSize: 16, optimizer, clipNorm, frozen });
  return layers;
}

const fitted = (network: Network, optimizer: ReferenceOptimizer, clipNorm?: number) =>
  network.fit(
    { x, y },
    {
      epochs: 2,
      batchSize: 16,
      shuffle: false,
      optimizer: toOptimizer(optimizer),
      ...(clipNorm !== undefined && { clipNorm }),
    },
  );

describe.each(WHICH.map((frozen) => [frozen]))("layers %j are frozen", (frozen) => {
  test.each(OPTIMIZERS.map((optimizer) => [optimizer] as const))("%j", (optimizer) =>
    withNetwork(specOf(frozen), async (network) => {
      const before = network.layers.map((layer) => layer.getWeights());
      const wanted = flatten(trainReference(network, frozen, optimizer));
      await fitted(network, optimizer);
      flatten(toReference(network)).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
      network.layers.forEach((layer, l) => {
        if (frozen.includes(l)) expect(layer.getWeights()).toEqual(before[l]);
        else expect(layer.getWeights()).not.toEqual(before[l]);
      });
    }),
  );

  test("the norm that is clipped is that of the others", () =>
    withNetwork(specOf(frozen), async (network) => {
      const wanted = flatten(trainReference(network, frozen, OPTIMIZERS[0], 0.1));
      await fitted(network, OPTIMIZERS[0], 0.1);
      flatten(toReference(network)).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
    }));
});

test("the weights of layers that learn do not know what lies below but for its outputs", async () => {
  // Frozen first layer: the same as a network without it, on what it puts out.
  const wide = specOf([0], [40, 6, 3], "relu");
  using whole = await createNetwork(wide);
  using first = await createNetwork({ ...wide, layers: [wide.layers[0]], loss: "meanSquaredError" });
  first.layers[0].setWeights(whole.layers[0].getWeights());
  const hidden = first.predict(x);
  const positive = { ...hidden, data: hidden.data.map((value) => Math.max(0, value)) };
  using rest = await createNetwork({ ...wide, inputs: 40, layers: [{ units: 6 }, { units: 3 }] });
  rest.layers.forEach((layer, l) => layer.setWeights(whole.layers[l + 1].getWeights()));
  const options = { epochs: 3, shuffle: false, optimizer: adam({ learningRate: 0.01 }) };
  await whole.fit({ x, y }, options);
  await rest.fit({ x: positive, y }, { ...options, optimizer: adam({ learningRate: 0.01 }) });
  rest.layers.forEach((layer, l) => expect(layer.getWeights()).toEqual(whole.layers[l + 1].getWeights()));
});

test("gradients tell all, frozen or not", () =>
  withNetwork(specOf([0, 2]), (network) => {
    const wanted = flatten(gradients(toReference(network), x, y, "crossEntropy").layers);
    numbersOf(network.gradients({ x, y }).layers).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 5));
  }));

test("a file, a clone and the summary keep it", async () => {
  using network = await createNetwork(specOf([1]));
  using copy = await importNetwork(await exportNetwork(network, "safetensors"));
  using clone = await network.clone();
  for (const one of [network, copy, clone])
    expect(one.spec.layers.map(({ frozen }) => frozen)).toEqual([undefined, true, undefined, undefined]);
  expect(network.summary()).toContain("frozen");
  using plain = await createNetwork(specOf([]));
  expect(plain.summary()).not.toContain("frozen");
  expect("frozen" in plain.spec.layers[0]).toBe(false);
});

test("deaths above a frozen layer are traced, and its own have no step", async () => {
  const random = seededRandom(3);
  const rows = randomRows(random, 64, 4);
  const labels = rows.map(([a, b]) => Number(a * b > 0));
  const layers = [{ units: 24, frozen: true }, { units: 24 }, { units: 2 }];
  using network = await createNetwork({ inputs: 4, layers, loss: "crossEntropy", seed: 2 });
  const trace = traceDeaths();
  await network.fit(
    { x: rows, y: labels },
    { epochs: 15, batchSize: 16, optimizer: sgd({ learningRate: 6 }), callbacks: [trace] },
  );
  expect(trace.deaths.length).toBeGreaterThan(0);
  for (const { layer } of trace.deaths) expect(layer).toBe(1);
  expect(trace.deaths.some(({ cause }) => cause !== "unknown")).toBe(true);
});

test("remedies during a training leave it alone", async () => {
  const callbacks = [
    recycleDormant({ everySteps: 3, dormantBelow: 1 }),
    continualBackprop({ replacementRate: 0.2, maturity: 2 }),
    selfNormalizedResets({ threshold: 0.5 }),
    preventDeaths(),
  ];
  using network = await createNetwork(specOf([1], [12, 12, 12, 3], "relu"));
  const before = network.layers[1].getWeights();
  await network.fit({ x, y }, { epochs: 8, batchSize: 8, optimizer: adamW({ learningRate: 0.05 }), callbacks });
  expect(network.layers[1].getWeights()).toEqual(before);
  const [recycling, renewal, normalized] = callbacks as unknown as [
    { recycled: number[] },
    { replaced: number[] },
    { resets: { layer: number }[] },
  ];
  expect(recycling.recycled.slice(0, 2)).toEqual([0, 0]);
  expect(recycling.recycled[2]).toBeGreaterThan(0);
  expect(renewal.replaced.slice(0, 2)).toEqual([0, 0]);
  expect(renewal.replaced[2]).toBeGreaterThan(0);
  expect(new Set(normalized.resets.map(({ layer }) => layer))).toEqual(new Set([2]));
});
