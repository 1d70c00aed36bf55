// Dropout, penalties, norms and what passes a layer by: finite differences of what a training step goes down, with
// negative controls; the same training however it is cut; files, workers' data, and what is refused.
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { ARITHMETICS, numbersOf, weightsOf, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { drawSparse, withZeros } from "../support/sparse.js";
import { trainingGradient } from "../support/training-gradient.js";
import {
  adam,
  adamW,
  type DenseSpec,
  createNetwork,
  type DataSet,
  exportNetwork,
  importNetwork,
  type Network,
  type NetworkSpec,
  type Optimizer,
  rmsprop,
  sgd,
  traceDeaths,
} from "../../src/index.js";

const random = seededRandom(23);
const ROWS = 61;
const x = randomRows(random, ROWS, 3, 1.5);
const y = x.map(([a, b]) => (a > 0.3 ? 2 : Number(b > 0)));
const data = { x, y };

const CASES: Record<string, readonly DenseSpec[]> = {
  l1: [{ units: 7, kernelRegularizer: { l1: 0.02 } }, { units: 5 }, { units: 3, kernelRegularizer: { l1: 0.01 } }],
  l2: [{ units: 7, kernelRegularizer: { l2: 0.03 } }, { units: 5 }, { units: 3, kernelRegularizer: { l2: 0.02 } }],
  activity: [{ units: 7, activityRegularizer: { l1: 0.02, l2: 0.05 } }, { units: 5 }, { units: 3 }],
  dropout: [{ units: 7, dropout: 0.4 }, { units: 5, dropout: 0.25 }, { units: 3 }],
  residual: [{ units: 6 }, { units: 6, residual: true }, { units: 6, residual: true }, { units: 3 }],
  batch: [{ units: 7, normalization: "batch" }, { units: 5, normalization: "batch" }, { units: 3 }],
  layer: [{ units: 7, normalization: "layer" }, { units: 5, normalization: "layer" }, { units: 3 }],
  "slopes behind normalization": [
    { units: 6, activation: "prelu", normalization: "batch" },
    { units: 5, activation: "prelu", normalization: "layer", useBias: false },
    { units: 6, activation: "prelu", normalization: { kind: "batch", epsilon: 1e-2 } },
    { units: 6, activation: "prelu", normalization: "layer", residual: true },
    { units: 3, normalization: "layer" },
  ],
  normalized: [
    { units: 6, normalization: "batch", dropout: 0.2, activityRegularizer: { l2: 0.05 } },
    { units: 6, normalization: "layer", residual: true, kernelRegularizer: { l1: 0.01 }, useBias: false },
    { units: 6, normalization: { kind: "batch", epsilon: 1e-2 }, residual: true, dropout: 0.3, maxNorm: 2 },
    { units: 3, normalization: "batch", kernelRegularizer: { l2: 0.1 } },
  ],
  all: [
    { units: 6, dropout: 0.2, activityRegularizer: { l2: 0.05 } },
    { units: 6, residual: true, dropout: 0.3, kernelRegularizer: { l1: 0.01, l2: 0.02 }, useBias: false },
    { units: 6, residual: true, activityRegularizer: { l1: 0.03 }, maxNorm: 2 },
    { units: 3, kernelRegularizer: { l2: 0.1 }, maxNorm: 1 },
  ],
};

const specOf = (layers: readonly DenseSpec[], activation: "tanh" | "relu" | "prelu" = "tanh"): NetworkSpec => ({
  inputs: 3,
  layers: layers.map((layer, i) => (i < layers.length - 1 ? { activation, ...layer } : layer)),
  loss: "crossEntropy",
  seed: 12,
});

/** (L(w + h) - L(w - h)) / 2h of loss and penalty, for every weight. */
function finiteDifferences(network: Network, rows: DataSet, epoch: number, h = 2 ** -7): number[] {
  return network.layers.flatMap((layer, l) => {
    const original = layer.getWeights();
    return (["kernel", "bias", "alpha", "gamma", "beta"] as const).flatMap((part) =>
      Array.from(original[part] ?? [], (value, i) => {
        if (part === "bias" && network.spec.layers[l].useBias === false) return 0;
        const [low, high] = [value - h, value + h].map((moved) => {
          const changed = original[part]!.slice();
          changed[i] = moved;
          layer.setWeights({ [part]: changed });
          const { loss, penalty } = trainingGradient(network, rows, epoch);
          return { at: changed[i], whole: loss + penalty };
        });
        layer.setWeights(original);
        return (high.whole - low.whole) / (high.at - low.at);
      }),
    );
  });
}

const differing = (a: readonly number[], b: readonly number[], tolerance: number) =>
  a.flatMap((value, i) => (Math.abs(value - b[i]) <= tolerance ? [] : [i]));

describe.each(ARITHMETICS)("arithmetic %s", (arithmetic) => {
  const use = <T>(spec: NetworkSpec, look: (network: Network) => T | Promise<T>) =>
    withNetwork(spec, look, { arithmetic });

  test.each(Object.entries(CASES))("%s: finite differences of loss and penalty", (_name, layers) =>
    use(specOf(layers), (network) => {
      const epoch = 3;
      for (const layer of network.layers) {
        const { alpha } = layer.getWeights();
        if (alpha) layer.setWeights({ alpha: alpha.map((_, unit) => 0.9 + 0.03 * unit) }); // bends hardly
      }
      // away from corners of |w|
      const step = trainingGradient(network, data, epoch);
      const gradient = numbersOf(step.layers);
      const measured = finiteDifferences(network, data, epoch);
      const weights = weightsOf(network);
      const isCorner = (i: number) => Math.abs(weights[i]) <= 2 ** -6;
      expect(differing(gradient, measured, 2e-3).filter((i) => !isCorner(i))).toEqual([]);
      gradient.forEach((value, i) => {
        if (Math.abs(value) < 2e-3 || isCorner(i)) return;
        const wrong = gradient.map((each, k) => (k === i ? -each : each));
        expect(differing(wrong, measured, 2e-3)).toContain(i); // the check notices a single sign
      });
      // and it is not that of a network without all this
      const plain = network.gradients(data);
      const others = differing(gradient, numbersOf(plain.layers), 1e-4).length;
      if (_name === "residual" || _name === "layer") expect(others).toBe(0);
      else expect(others).toBeGreaterThan(gradient.length / 10);
    }),
  );

  test.each(["batch", "layer", "normalized"])("%s, of weighted rows: finite differences", (name) =>
    use(specOf(CASES[name]), (network) => {
      const weighted = { ...data, weights: x.map((_, r) => r % 4) };
      const gradient = numbersOf(trainingGradient(network, weighted, 2).layers);
      const measured = finiteDifferences(network, weighted, 2);
      expect(differing(gradient, measured, 3e-3)).toEqual([]);
      expect(differing(numbersOf(trainingGradient(network, data, 2).layers), measured, 3e-3)).not.toEqual([]);
      // rows that weigh nothing still are of the batch, as its statistics have it
      const others = { ...weighted, x: x.map((row, r) => (r % 4 ? row : row.map((value) => value + 3))) };
      const isEqual = trainingGradient(network, others, 2).loss === trainingGradient(network, weighted, 2).loss;
      expect(isEqual).toBe(name === "layer");
    }),
  );

  test.each(["relu", "prelu"] as const)(
    "%s of many units, mostly closed: one step is the step of the whole gradient",
    (activation) =>
      use(
        specOf(
          [
            { units: 96, biasInitializer: -1.5, activityRegularizer: { l1: 0.1, l2: 0.2 } },
            { units: 96, residual: true, biasInitializer: -0.5 },
            { units: 80, dropout: 0.5, biasInitializer: -0.5 },
            { units: 3 },
          ],
          activation,
        ),
        async (network) => {
          const before = weightsOf(network);
          const gradient = numbersOf(trainingGradient(network, data).layers);
          const learningRate = 2 ** -4;
          await network.fit(data, { epochs: 1, batchSize: ROWS, shuffle: false, optimizer: sgd({ learningRate }) });
          const moved = weightsOf(network).map((value, i) => (before[i] - value) / learningRate);
          expect(differing(gradient, moved, 4e-6)).toEqual([]);
        },
      ),
  );
});

const optimizers: readonly (() => Optimizer)[] = [
  () => sgd({ learningRate: 0.1, momentum: 0.9 }),
  () => adam({ learningRate: 0.01 }),
  () => adamW({ learningRate: 0.01, weightDecay: 0.1 }),
  () => rmsprop({ learningRate: 0.01 }),
];

describe("trainings", () => {
  const runs = (["all", "normalized"] as const).flatMap((name) =>
    optimizers.map((make) => [make().name, name, make] as const),
  );

  test.each(runs)("%s, %s: again, on a clone, resumed from a file", async (_name, name, make) => {
    const spec = specOf(CASES[name], "relu");
    const options = { epochs: 5, batchSize: 16 };
    using network = await createNetwork(spec);
    using twin = await createNetwork(spec);
    const history = await network.fit(data, { ...options, optimizer: make() });
    const again = await twin.fit(data, { ...options, optimizer: make() });
    expect(weightsOf(twin)).toEqual(weightsOf(network));
    const timeless = (logs: typeof history.epochs) => logs.map((log) => ({ ...log, seconds: 0 }));
    expect(timeless(again.epochs)).toEqual(timeless(history.epochs));
    for (const { penalty } of history.epochs) expect(penalty).toBeGreaterThan(0);

    using half = await createNetwork(spec);
    let steps = 0;
    const controller = new AbortController();
    const stopping = { onBatchEnd: () => void (++steps === 9 && controller.abort()) };
    const trace = traceDeaths();
    await half.fit(data, { ...options, optimizer: make(), signal: controller.signal, callbacks: [stopping, trace] });
    using resumed = await importNetwork(await exportNetwork(half, "safetensors", { training: true }));
    expect(resumed.spec).toEqual(network.spec);
    const penalties: (number | undefined)[] = [];
    const noted = { onBatchEnd: ({ penalty }: { penalty?: number }) => void penalties.push(penalty) };
    const rest = await resumed.fit(data, { resume: true, callbacks: [noted, traceDeaths()] });
    expect(weightsOf(resumed)).toEqual(weightsOf(network));
    // running statistics too
    const all = ({ layers }: Network) => layers.map((layer) => layer.getWeights());
    expect(all(resumed)).toEqual(all(network));
    using clone = await network.clone();
    expect(all(clone)).toEqual(all(network));
    expect(clone.evaluate(data)).toEqual(network.evaluate(data));
    expect(timeless(rest.epochs)).toEqual(timeless(history.epochs));
    for (const penalty of penalties) expect(penalty).toBeGreaterThan(0);
  });

  test("dropout hangs on the row's place in the epoch alone, and is off but in training", async () => {
    using network = await createNetwork(specOf(CASES.dropout));
    const whole = trainingGradient(network, data);
    const other = trainingGradient(network, data, 1);
    expect(other.loss).not.toBe(whole.loss);
    expect(trainingGradient(network, data).loss).toBe(whole.loss);
    using plain = await createNetwork(specOf(CASES.dropout.map(({ units }) => ({ units }))));
    expect(weightsOf(plain)).toEqual(weightsOf(network));
    expect(network.evaluate(data)).toEqual(plain.evaluate(data));
    expect(network.predict(x)).toEqual(plain.predict(x));
    expect(network.gradients(data)).toEqual(plain.gradients(data));
    // batches of one epoch without learning: losses weigh up to that of one batch of all rows
    const losses: number[] = [];
    const noted = { onBatchEnd: ({ loss }: { loss: number }) => void losses.push(loss) };
    const still = { epochs: 1, shuffle: false, optimizer: sgd({ learningRate: 0 }), callbacks: [noted] };
    const [{ loss }] = (await network.fit(data, { ...still, batchSize: 7 })).epochs;
    expect(losses.length).toBe(9);
    expect(loss).toBeCloseTo(whole.loss, 6);
    expect(Math.abs(loss - plain.evaluate(data).loss)).toBeGreaterThan(1e-4); // the control
  });

  test.each([false, true])("maxNorm holds after each update, and leaves what is below; frozen: %s", async (frozen) => {
    const layers = [{ units: 9, maxNorm: 0.8, frozen }, { units: 5 }, { units: 3, maxNorm: 0.5 }];
    using network = await createNetwork(specOf(layers));
    const normsOf = (l: number) => {
      const { kernel } = network.layers[l].getWeights();
      const { units } = network.layers[l];
      const column = (unit: number) => kernel.filter((_, i) => i % units === unit);
      return Array.from({ length: units }, (_, unit) => Math.hypot(...column(unit)));
    };
    const before = normsOf(0);
    expect(Math.max(...before)).toBeGreaterThan(0.81);
    const seen: number[][] = [];
    const noted = { onBatchEnd: () => void seen.push([Math.max(...normsOf(0)), Math.max(...normsOf(2))]) };
    const optimizer = sgd({ learningRate: 0.5 });
    await network.fit(data, { epochs: 4, batchSize: 16, optimizer, callbacks: [noted] });
    for (const [first, last] of seen) {
      if (!frozen) expect(first).toBeLessThanOrEqual(0.8 + 1e-6);
      expect(last).toBeLessThanOrEqual(0.5 + 1e-6);
    }
    if (frozen) expect(normsOf(0)).toEqual(before);
    using free = await createNetwork(specOf(layers.map(({ units }) => ({ units }))));
    await free.fit(data, { epochs: 4, batchSize: 16, optimizer: sgd({ learningRate: 0.5 }) });
    expect(weightsOf(free)).not.toEqual(weightsOf(network));
  });

  test.each([0.2, 0.02])("rows of which %f are entries train to the bits of dense ones", async (share) => {
    const entries = drawSparse(80, 40, share, 5);
    const wide = withZeros(entries);
    const labels = Array.from({ length: 80 }, (_, row) => Number(wide.data[row * 40] + wide.data[row * 40 + 1] > 0));
    for (const layer of [
      { maxNorm: 0.5 },
      { kernelRegularizer: { l2: 0.01 } },
      { dropout: 0.3 },
      { normalization: "batch" as const },
    ])
      for (const more of [{}, { accumulate: 2 }, { clipNorm: 0.1 }]) {
        const own: NetworkSpec = {
          inputs: 40,
          layers: [{ units: 16, ...layer }, { units: 2 }],
          loss: "crossEntropy",
          seed: 2,
        };
        using dense = await createNetwork(own);
        using sparse = await createNetwork(own);
        for (const make of optimizers) {
          const options = { epochs: 2, batchSize: 16, ...more };
          await dense.fit({ x: wide, y: labels }, { ...options, optimizer: make() });
          await sparse.fit({ x: entries, y: labels }, { ...options, optimizer: make() });
          expect(weightsOf(sparse)).toEqual(weightsOf(dense));
        }
      }
  });
});

test("what is off is not in the spec, and what can't be is refused", async () => {
  const off: DenseSpec = {
    units: 4,
    dropout: 0,
    kernelRegularizer: { l1: 0 },
    activityRegularizer: {},
    residual: false,
  };
  using network = await createNetwork(specOf([off, { units: 3 }]));
  expect(Object.keys(network.spec.layers[0])).toEqual(["units", "activation", "kernelInitializer", "biasInitializer"]);
  const refused: readonly (readonly [number, Partial<DenseSpec>, string])[] = [
    [0, { dropout: 1 }, "dropout"],
    [0, { dropout: -0.1 }, "dropout"],
    [1, { dropout: 0.5 }, "dropout"],
    [0, { kernelRegularizer: { l1: -1 } }, "kernelRegularizer.l1"],
    [0, { kernelRegularizer: 0.1 as never }, "kernelRegularizer"],
    [1, { activityRegularizer: { l2: 1 } }, "activityRegularizer"],
    [0, { maxNorm: 0 }, "maxNorm"],
    [0, { residual: true }, "residual"],
    [1, { residual: true }, "residual"],
  ];
  for (const [layer, options, path] of refused) {
    const layers = [{ units: 4 }, { units: 3 }].map((each, l) => (l === layer ? { ...each, ...options } : each));
    await expectError(createNetwork(specOf(layers)), "value", `layers[${layer}].${path}`);
  }
  const narrow = [{ units: 4 }, { units: 5, residual: true }, { units: 3 }];
  await expectError(createNetwork(specOf(narrow)), "value", "layers[1].residual");
});

test("the summary says it", async () => {
  using network = await createNetwork(specOf(CASES.all));
  for (const part of ["dropout 0.2", "kernel l1 0.01", "activity l1 0.03", "norms up to 2", "residual", "no bias"])
    expect(network.summary()).toContain(part);
  using normalized = await createNetwork(specOf(CASES.normalized));
  for (const part of ["batch normalization", "layer normalization"]) expect(normalized.summary()).toContain(part);
  expect(network.summary()).not.toContain("normalization");
});
