// Rows and classes that count more than others: a weighted mean in losses and gradients, in batches and whole sets,
// against PyTorch's traces and the float64 reference; what has no weights is as it was.
import { describe, expect, test } from "vitest";
import { flattenTrace } from "../golden/golden.js";
import {
  expectClose,
  golden,
  inputs,
  labels as goldenLabels,
  setInitial,
  units,
  x as goldenRows,
} from "../golden/layers.js";
import { expectError } from "../support/errors.js";
import { ARITHMETICS, expectUntouched, numbersOf, toReference, weightsOf, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import { pairLoss } from "../reference/output-pairs.js";
import { flatten, gradients, type Rows } from "../reference/network.js";
import { adam, createNetwork, type Network, type NetworkSpec, prescribe, sgd, traceDeaths } from "../../src/index.js";

describe.each(ARITHMETICS)("PyTorch's traces, arithmetic %s", (arithmetic) => {
  test.each(["plain", "classWeights", "sampleWeights"])("%s", async (name) => {
    const trace = golden.cases.find((one) => one.name === name)!;
    const layers = units.map((count) => ({ units: count }));
    using network = await createNetwork({ inputs, layers, loss: "crossEntropy" }, { arithmetic });
    setInitial(network);
    const weights = trace.weights === "sample" ? { weights: golden.sampleWeights.flat() } : {};
    const losses: number[] = [];
    const history = await network.fit(
      { x: goldenRows, y: goldenLabels, ...weights },
      {
        epochs: 1,
        batchSize: golden.batch,
        shuffle: false,
        optimizer: sgd({ learningRate: trace.learningRate }),
        ...(trace.weights === "class" && { classWeights: golden.classWeights }),
        callbacks: [{ onBatchEnd: ({ loss }) => void losses.push(loss) }],
      },
    );
    expectClose(
      losses,
      trace.losses.map(([whole]) => whole),
    );
    expectClose(weightsOf(network), flattenTrace(trace.finalKernels, trace.finalBiases));
    expect(history.epochs.length).toBe(1);
  });
});

const random = seededRandom(31);
const ROWS = 600; // three chunks
const x = randomRows(random, ROWS, 3);
const labels = x.map(([a, b]) => (a > 0.4 ? 2 : Number(b > 0)));
const oneHot = labels.map((label) => [0, 1, 2].map((c) => Number(c === label)));
const weights = x.map((_, r) => (r % 7 === 0 ? 0 : Math.fround(random() * 3)));
const total = weights.reduce((a, b) => a + b);
const LOSSES = ["crossEntropy", "binaryCrossEntropy", "meanSquaredError", "meanAbsoluteError", "huber"] as const;
const specOf = (loss: NetworkSpec["loss"], outputs = 3): NetworkSpec => ({
  inputs: 3,
  layers: [{ units: 70 }, { units: outputs }],
  loss,
  seed: 6,
});

describe.each(LOSSES)("%s", (loss) => {
  test("evaluate and gradients are weighted means", () =>
    withNetwork(specOf(loss), (network) => {
      const pair = { output: "linear", loss, from: "logits" } as const;
      const wanted = pairLoss(pair, toReference(network), x, oneHot, weights);
      expect(network.evaluate({ x, y: oneHot, weights }).loss).toBeCloseTo(wanted, 5);
      const { loss: whole, layers } = network.gradients({ x, y: oneHot, weights });
      expect(whole).toBeCloseTo(wanted, 5);
      const reference = toReference(network);
      const sum = flatten(reference).map(() => 0);
      x.forEach((row, r) => {
        const one = flatten(gradients(reference, [row], [oneHot[r]], loss).layers);
        one.forEach((value, i) => (sum[i] += (weights[r] / total) * value));
      });
      const given = numbersOf(layers);
      sum.forEach((value, i) => expect(given[i]).toBeCloseTo(value, 4));
    }));

  test("whole weights are rows that occur so often", () =>
    withNetwork(specOf(loss), (network) => {
      const often = x.map((_, r) => r % 3);
      const repeat = (rows: Rows) => rows.flatMap((row, r) => Array.from({ length: often[r] }, () => row));
      const repeated = network.evaluate({ x: repeat(x), y: repeat(oneHot) });
      expect(network.evaluate({ x, y: oneHot, weights: often }).loss).toBeCloseTo(repeated.loss, 5);
    }));

  test("weights of 1 change nothing but the last bits", () =>
    withNetwork(specOf(loss), async (network) => {
      using twin = await network.clone();
      const options = { epochs: 2, optimizer: sgd({ learningRate: 0.1 }) };
      const plain = await network.fit({ x, y: oneHot }, options);
      const ones = await twin.fit({ x, y: oneHot, weights: x.map(() => 2.5) }, options);
      plain.epochs.forEach(({ loss: value, accuracy }, epoch) => {
        expect(ones.epochs[epoch].loss).toBeCloseTo(value, 4);
        expect(ones.epochs[epoch].accuracy ?? 0).toBeCloseTo(accuracy ?? 0, 2);
      });
      const others = weightsOf(twin);
      weightsOf(network).forEach((value, i) => expect(others[i]).toBeCloseTo(value, 4));
    }));
});

test("rows of weight 0 teach nothing, even where they would overflow", () =>
  withNetwork(specOf("meanSquaredError", 1), async (network) => {
    using twin = await network.clone();
    const few = { x: x.slice(0, 40), y: labels.slice(0, 40) };
    const options = { epochs: 3, batchSize: 64, shuffle: false, optimizer: sgd({ learningRate: 0.05 }) };
    await network.fit({ ...few, weights: few.x.map(() => 1) }, options);
    const more = { x: [...few.x, [1, 1, 1]], y: [...few.y, 3e38], weights: [...few.x.map(() => 1), 0] };
    const { stopped } = await twin.fit(more, options);
    expect(stopped).toBeUndefined();
    const others = weightsOf(network);
    const moved = weightsOf(twin).map((value, i) => Math.abs(value - others[i]));
    expect(moved.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-6);
  }));

test("a batch without weight moves nothing", () =>
  withNetwork(specOf("meanSquaredError", 1), async (network) => {
    const before = weightsOf(network);
    const options = { epochs: 1, batchSize: 3, shuffle: false, optimizer: sgd() };
    const seen: number[] = [];
    const callbacks = [
      {
        onBatchEnd: ({ loss }: { loss: number }) => {
          seen.push(loss);
          if (seen.length === 1) expect(weightsOf(network)).toEqual(before);
        },
      },
    ];
    await network.fit(
      { x: x.slice(0, 6), y: labels.slice(0, 6), weights: [0, 0, 0, 1, 0, 2] },
      { ...options, callbacks },
    );
    expect(seen[0]).toBe(0);
    expect(weightsOf(network)).not.toEqual(before);
  }));

describe("classes", () => {
  const skewed = sectors(300, 3, 4);
  const y = skewed.y.map((label, r) => (label === 2 && r % 5 > 0 ? 0 : label));
  const counts = [0, 1, 2].map((c) => y.filter((label) => label === c).length);
  const balanced = counts.map((count) => y.length / (3 * count));
  const spec: NetworkSpec = { inputs: 2, layers: [{ units: 12 }, { units: 3 }], loss: "crossEntropy", seed: 1 };
  const options = { epochs: 3, optimizer: sgd({ learningRate: 0.2 }) };
  const trained = async (extra: object, data: object = {}, given: NetworkSpec = spec): Promise<Network> => {
    const network = await createNetwork(given);
    await network.fit({ x: skewed.x, y, ...data }, { ...options, ...extra });
    return network;
  };

  test("balanced is rows / (classes·its rows), as weights of rows are", async () => {
    using byName = await trained({ classWeights: "balanced" });
    using byNumber = await trained({ classWeights: balanced });
    using byRow = await trained({}, { weights: y.map((label) => balanced[label]) });
    expect(weightsOf(byNumber)).toEqual(weightsOf(byRow));
    expect(weightsOf(byName)).toEqual(weightsOf(byRow));
    using plain = await trained({});
    expect(weightsOf(plain)).not.toEqual(weightsOf(byRow));
    const recall = (network: Network) => network.evaluate({ x: skewed.x, y }).classes![2].recall!;
    expect(recall(byName)).toBeGreaterThan(recall(plain));
  });

  test("they multiply the weights of rows", async () => {
    const own = y.map((_, r) => 1 + (r % 4));
    using both = await trained({ classWeights: [1, 2, 4] }, { weights: own });
    using product = await trained({}, { weights: own.map((weight, r) => weight * [1, 2, 4][y[r]]) });
    expect(weightsOf(both)).toEqual(weightsOf(product));
  });

  test("one-hot rows are classes, and shares count by their parts", async () => {
    const rows = y.map((label) => [0, 1, 2].map((c) => Number(c === label)));
    using labelled = await trained({ classWeights: [1, 2, 4] });
    using hot = await trained({ classWeights: [1, 2, 4] }, { y: rows });
    const ofLabels = weightsOf(labelled);
    weightsOf(hot).forEach((value, i) => expect(value).toBeCloseTo(ofLabels[i], 5));
    const halves = y.map(() => [0.5, 0.25, 0.25]);
    using shares = await trained({ classWeights: [1, 2, 4] }, { y: halves });
    using whole = await trained({}, { y: halves });
    const ofWhole = weightsOf(whole);
    weightsOf(shares).forEach((value, i) => expect(value).toBeCloseTo(ofWhole[i], 4));
  });

  test("of one output: 0 and 1", async () => {
    const two: NetworkSpec = { inputs: 2, layers: [{ units: 12 }, { units: 1 }], loss: "binaryCrossEntropy", seed: 1 };
    const yes = y.map((label) => Number(label === 2));
    using byName = await trained({ classWeights: "balanced" }, { y: yes }, two);
    const share = y.length / 2;
    const rows = yes.map((label) => share / (label ? counts[2] : y.length - counts[2]));
    using byRow = await trained({}, { y: yes, weights: rows }, two);
    expect(weightsOf(byName)).toEqual(weightsOf(byRow));
  });

  test("held-out rows are judged without them, by weights of their own", async () => {
    using network = await createNetwork(spec);
    const held = { x: skewed.x.slice(200), y: y.slice(200) };
    const own = held.x.map((_, r) => 1 + (r % 2));
    const data = { x: skewed.x.slice(0, 200), y: y.slice(0, 200) };
    const first = await network.fit(data, { ...options, classWeights: "balanced", validation: held });
    expect(first.epochs.at(-1)!.validation!.loss).toBe(network.evaluate(held).loss);
    const second = await network.fit(data, { ...options, validation: { ...held, weights: own } });
    expect(second.epochs.at(-1)!.validation!.loss).toBe(network.evaluate({ ...held, weights: own }).loss);
    expect(network.evaluate({ ...held, weights: own }).loss).not.toBe(network.evaluate(held).loss);
  });

  test("held-out rows that are drawn are judged without them", async () => {
    // The same seed draws the same rows, and these steps are too small to move a weight.
    const optimizer = sgd({ learningRate: 1e-30 });
    const judged = (extra: object) =>
      withNetwork(spec, async (network) => {
        const { epochs } = await network.fit({ x: skewed.x, y }, { epochs: 1, optimizer, validation: 0.25, ...extra });
        return epochs[0];
      });
    const weighted = await judged({ classWeights: [1, 1, 9] });
    const plain = await judged({});
    expect(weighted.validation).toBeDefined();
    expect(weighted.validation).toEqual(plain.validation);
    expect(weighted.loss).not.toBe(plain.loss);
  });

  test("balance is that of the rows that train", async () => {
    using network = await createNetwork(spec);
    using other = await createNetwork(spec);
    // `balanced` is that of all rows.
    await network.fit({ x: skewed.x, y }, { ...options, classWeights: "balanced", validation: 0.5 });
    await other.fit({ x: skewed.x, y }, { ...options, classWeights: balanced, validation: 0.5 });
    expect(weightsOf(network)).not.toEqual(weightsOf(other));
  });

  test("a trace replays what was weighted", async () => {
    using network = await createNetwork({ ...spec, layers: [{ units: 20 }, { units: 20 }, { units: 3 }] });
    const trace = traceDeaths();
    const fit = {
      epochs: 20,
      optimizer: sgd({ learningRate: 3 }),
      classWeights: "balanced",
      callbacks: [trace],
    } as const;
    await network.fit({ x: skewed.x, y, weights: y.map((_, r) => 1 + (r % 3)) }, fit);
    expect(trace.deaths.length).toBeGreaterThan(0);
    expect(trace.deaths.filter(({ cause }) => cause === "unknown")).toEqual([]);
  });

  test("prescribe trains with both", async () => {
    const own = y.map((_, r) => (r % 2 ? 3 : 1));
    const fit = { epochs: 3, optimizer: adam(), classWeights: "balanced" } as const;
    const few = { trials: 1, repeats: 1, workers: 1, arithmetic: "reproducible" } as const;
    const weighted = await prescribe(spec, { x: skewed.x, y, weights: own }, fit, few);
    const plain = await prescribe(spec, { x: skewed.x, y }, { epochs: 3, optimizer: adam() }, few);
    expect(weighted.baseline.metrics.loss).not.toBe(plain.baseline.metrics.loss);
    expect(weighted.baseline.fit.classWeights).toBe("balanced");
    using network = await createNetwork(spec, { arithmetic: "reproducible" });
    const { epochs } = await network.fit({ x: skewed.x, y, weights: own }, { ...fit, validation: 0.2 });
    expect(weighted.baseline.metrics.loss).toBeCloseTo(epochs.at(-1)!.validation!.loss, 6);
  });

  test.each([
    [{ classWeights: [1, 2] }, "shape", "classWeights"],
    [{ classWeights: [1, 2, -1] }, "value", "classWeights[2]"],
    [{ classWeights: [0, 0, 0] }, "value", "classWeights"],
    [{ classWeights: "equal" }, "value", "classWeights"],
    [{ classWeights: 3 }, "value", "classWeights"],
    [{ classWeight: [1, 1, 1] }, "value", "fit.classWeight"],
  ] as const)("refuses %j", (fit, code, path) =>
    withNetwork(spec, (network) =>
      expectUntouched(network, () => network.fit({ x: skewed.x, y }, fit as object), code, path),
    ),
  );

  test.each([
    ["meanSquaredError", 1],
    ["binaryCrossEntropy", 2],
  ] as const)("refuses them for %s of %d", (loss, count) =>
    withNetwork(specOf(loss, count), async (network) => {
      const targets = x.map(() => Array.from({ length: count }, () => 1));
      await expectError(network.fit({ x, y: targets }, { classWeights: "balanced" }), "value", "classWeights");
    }),
  );
});

test.each([
  [{ weights: weights.slice(1) }, "shape", "data.weights"],
  [{ weights: weights.with(3, -1) }, "value", "data.weights[3]"],
  [{ weights: weights.with(3, Number.NaN) }, "value", "data.weights[3]"],
  [{ weights: weights.map(() => 0) }, "value", "data.weights"],
  [{ weights: 1 }, "shape", "data.weights"],
  [{ weigths: weights }, "value", "data.weigths"],
  [{ sampleWeights: weights }, "value", "data.sampleWeights"],
] as const)("data with %o is refused", (extra, code, path) =>
  withNetwork(specOf("crossEntropy"), async (network) => {
    const data = { x, y: labels, ...extra } as never;
    const refused = await expectError(network.fit(data), code, path);
    if (path === "data.weigths") expect(refused.message).toContain('"weights"');
    await expectError(() => network.evaluate(data), code, path);
    await expectError(() => network.gradients(data), code, path);
    await expectError(network.fit({ x, y: labels }, { validation: data }), code, path.replace("data", "validation"));
  }),
);
