// How a training went: each finding on its course and its pace on a training where it holds, and on a look-alike where
// it does not.
import { describe, expect, test } from "vitest";
import { paceOf } from "../../src/diagnosis/learning/pace.js";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { causesOf, diagnosisAfter, find, POINTS, regression } from "./support.js";
import type { Rows } from "../reference/network.js";
import {
  adagrad,
  adam,
  cosine,
  type DenseSpec,
  diagnose,
  type Diagnosis,
  type FitOptions,
  type NetworkSpec,
  type Optimizer,
  type Schedule,
  sgd,
  warmup,
} from "../../src/index.js";

describe("the course of a training", () => {
  test("a line through 0 to 30, rate .01: the loss grew (CASES, I)", async () => {
    const x = Array.from({ length: 31 }, (_, i) => [i]);
    const y = x.map(([a]) => 2 * a - 1);
    const spec: NetworkSpec = { inputs: 1, layers: [{ units: 1 }], loss: "meanSquaredError", seed: 1 };
    const wild = await diagnosisAfter(spec, x, y, { epochs: 18, optimizer: sgd({ learningRate: 0.01 }) });
    expect(find(wild, "divergence")).toBeDefined();
    const calm = await diagnosisAfter(spec, x, y, { epochs: 60, optimizer: sgd({ learningRate: 0.001 }) });
    expect(find(calm, "divergence")).toBeUndefined();
  });

  test("an explosion in the first epoch, dead since; what is not finite turns nothing away (CASES, I)", async () => {
    const x = Array.from({ length: 60 }, (_, i) => [i / 2]);
    const y = x.map(([a]) => 2 * a - 1);
    const spec = (activation: "relu" | "leakyRelu"): NetworkSpec => ({
      inputs: 1,
      layers: [{ units: 8, activation }, { units: 1 }],
      loss: "meanSquaredError",
      seed: 3,
    });
    const fit = { epochs: 10, optimizer: sgd({ learningRate: 1 }) };
    for (const activation of ["relu", "leakyRelu"] as const) {
      const diagnosis = await diagnosisAfter(spec(activation), x, y, fit);
      expect(find(diagnosis, "divergence")).toBeDefined();
      expect(causesOf(diagnosis)).toContain("unscaledInputs");
      expect(diagnosis.learning!.verdict).toMatch(
        activation === "relu" ? /^It is (worse than|no better than) a constant/ : /^It has learned nothing/,
      );
    }
  });

  test("a start that is dead has not exploded", async () => {
    await withNetwork(regression([8], 2), async (network) => {
      network.layers[0].setWeights({ bias: new Float32Array(8).fill(-30) });
      const y = POINTS.map(([a]) => a);
      const history = await network.fit({ x: POINTS, y }, { epochs: 5 });
      expect(find(diagnose(network, POINTS, { targets: y, history }), "divergence")).toBeUndefined();
    });
  });

  test("weights that decay to nothing, and a decay that is healthy (CASES, J)", async () => {
    const y = POINTS.map(([a, b]) => Math.abs(a) - b);
    const fitOf = (weightDecay: number): FitOptions => ({
      epochs: 30,
      optimizer: sgd({ learningRate: 0.05, weightDecay }),
    });
    for (const weightDecay of [1.5, 6]) {
      const diagnosis = await diagnosisAfter(regression([16, 16]), POINTS, y, fitOf(weightDecay));
      expect(find(diagnosis, "decayCollapse"), `${weightDecay}`).toMatchObject({
        role: "cause",
        figures: { weightDecay },
      });
      expect(causesOf(diagnosis)).toEqual(["decayCollapse"]);
    }
    const healthy = await diagnosisAfter(regression([16, 16]), POINTS, y, fitOf(1e-4));
    expect(healthy.learning!.score).toBeGreaterThan(0.9);
    expect(causesOf(healthy)).toEqual([]);
  });

  test("a rate times decay above 1 is a finding by itself", async () => {
    const y = POINTS.map(([a, b]) => Math.abs(a) - b);
    const fit: FitOptions = { epochs: 3, optimizer: sgd({ learningRate: 0.3, weightDecay: 10 }) };
    expect(find(await diagnosisAfter(regression([8]), POINTS, y, fit), "decayCollapse")!.figures!["share"]).toBeCloseTo(
      3,
      5,
    );
  });

  test("it had learned, and lost it again", async () => {
    const y = POINTS.map(([a, b]) => Math.abs(a) - b);
    const lost = (rate: number): FitOptions => ({
      epochs: 24,
      optimizer: adam(),
      learningRate: (_step, epoch) => (epoch < 20 ? 0.01 : rate),
    });
    const diagnosis = await diagnosisAfter(regression([16]), POINTS, y, lost(3));
    expect(causesOf(diagnosis).some((kind) => kind === "highRate" || kind === "divergence")).toBe(true);
    expect(causesOf(await diagnosisAfter(regression([16]), POINTS, y, lost(0.001)))).toEqual([]);
  });
});

describe("steps that throw it, from a start whose loss hides that it rose", () => {
  const labels = POINTS.map(([a, b]) => (a * a + b * b < 1.2 ? 0 : 1 + Number(a * b <= 0)));
  const spec = (seed: number): NetworkSpec => ({
    inputs: 2,
    layers: [{ units: 16 }, { units: 16 }, { units: 3 }],
    loss: "crossEntropy",
    seed,
  });
  const causesAfter = async (seed: number, optimizer: Optimizer) =>
    diagnosisAfter(spec(seed), POINTS, labels, { epochs: 15, optimizer });

  test.each([8, 14, 26])("Adam's steps are larger than the weights were (seed %d)", async (seed) => {
    const diagnosis = await causesAfter(seed, adam({ learningRate: 0.5 }));
    expect(causesOf(diagnosis)).toEqual(["highRate"]);
    const { figures } = find(diagnosis, "highRate")!;
    expect(figures!["highestLoss"]).toBeGreaterThan(1.25 * diagnosis.learning!.constantLoss);
    expect(figures!["growth"]).toBeGreaterThan(2);
  });

  test.each([27, 28])("SGD's close a layer (seed %d)", async (seed) => {
    const diagnosis = await causesAfter(seed, sgd({ learningRate: 3 }));
    expect(diagnosis.layers[1].dead).toBe(16);
    expect(causesOf(diagnosis)).toEqual(["highRate"]);
  });

  test("not at rates that fit, nor where a layer was closed by hand and nothing moved", async () => {
    for (const seed of [8, 27]) {
      const kinds = causesOf(await causesAfter(seed, adam({ learningRate: 0.01 })));
      expect(kinds).not.toContain("highRate");
    }
    const closed = await withNetwork(spec(8), async (network) => {
      network.layers[1].setWeights({ bias: new Float32Array(16).fill(-30) });
      const history = await network.fit({ x: POINTS, y: labels }, { epochs: 5, optimizer: adam() });
      return diagnose(network, POINTS, { targets: labels, history });
    });
    expect(closed.layers[1].dead).toBe(16);
    expect(find(closed, "highRate")).toBeUndefined();
  });
});

describe("units that hardly vary are closed by any rate, which is not what is wrong", () => {
  const random = seededRandom(3);
  const x = randomRows(random, 300, 5);
  const y = x.map((row) => Number(row[0]! * row[1]! + row[2]! / 4 > 0));
  const fit: FitOptions = { epochs: 30, batchSize: 32, optimizer: adagrad({ learningRate: 0.05 }) };
  const spec = (layer: Partial<DenseSpec>): NetworkSpec => ({
    inputs: 5,
    layers: [{ units: 32, ...layer }, { units: 32, ...layer }, { units: 1 }],
    loss: "binaryCrossEntropy",
    seed: 2,
  });

  test("by inputs of a ten thousandth, under biases that have grown", async () => {
    const small = x.map((row) => row.map((value) => value * 1e-4));
    const diagnosis = await diagnosisAfter(spec({}), small, y, fit);
    expect(diagnosis.learning!.score).toBeLessThan(0.05);
    expect(causesOf(diagnosis)).toEqual(["unscaledInputs"]);
    expect(causesOf(await diagnosisAfter(spec({}), x, y, fit))).toEqual([]);
  });

  test("by an epsilon that outweighs every variance", async () => {
    const of = (epsilon: number) => diagnosisAfter(spec({ normalization: { kind: "batch", epsilon } }), x, y, fit);
    const flat = await of(1e5);
    expect(flat.learning!.score).toBeLessThan(0.3);
    expect(find(flat, "highRate")).toBeUndefined();
    expect(causesOf(await of(1e-5))).toEqual([]);
  });
});

test("units that start as one another's copies are thrown together, at a rate that others learn at", async () => {
  const random = seededRandom(4);
  const y = Array.from({ length: 200 }, (_, row) => row % 3);
  const x = y.map((k) => Array.from({ length: 150 }, (_, j) => 2 * random() - 1 + (j % 3 === k ? 0.5 : 0)));
  const of = async (layer: Partial<DenseSpec>) => {
    const layers = [32, 32, 32, 3].map((units) => ({ units, ...layer }));
    const fit = { epochs: 30, optimizer: adagrad({ learningRate: 0.05 }) };
    return diagnosisAfter({ inputs: 150, layers, loss: "crossEntropy", seed: 2 }, x, y, fit);
  };
  const copies = await of({ kernelInitializer: { constant: 0.1 } });
  expect(find(copies, "highRate")).toMatchObject({ role: "symptom" });
  expect(new Set(causesOf(copies))).toEqual(new Set(["constantTogether"]));
  expect((await of({})).learning!.score).toBeGreaterThan(0.9);
});

describe("the pace", () => {
  test("an epsilon that damps Adam's steps, and one that a rate makes up for", async () => {
    const label = POINTS.map(([a, b]) => (a * a + b * b < 1.2 ? 0 : 1 + Number(a * b <= 0)));
    const layers = [{ units: 16 }, { units: 3 }];
    const spec: NetworkSpec = { inputs: 2, layers, loss: "crossEntropy", seed: 3 };
    const fitWith = (epsilon: number, learningRate: number): FitOptions => ({
      epochs: 40,
      batchSize: 8,
      optimizer: adam({ learningRate, epsilon }),
    });
    const damped = await diagnosisAfter(spec, POINTS, label, fitWith(1, 0.002));
    expect(damped.learning!.score).toBeGreaterThan(0.3);
    expect(causesOf(damped)).toEqual(["stepsTooSmall"]);
    expect(find(damped, "stepsTooSmall")).toMatchObject({
      advice: expect.stringMatching(/^Leave epsilon/),
      figures: { epsilon: 1 },
    });
    expect(causesOf(await diagnosisAfter(spec, POINTS, label, fitWith(1, 0.2)))).toEqual([]);
    expect(causesOf(await diagnosisAfter(spec, POINTS, label, fitWith(1e-8, 0.002)))).toEqual([]);
  });

  const y = POINTS.map(([a, b]) => Math.abs(a) - b);

  test.each([1e-5, 1e-4])("steps of %d are too small (CASES, G)", async (learningRate) => {
    const fit: FitOptions = { epochs: 20, optimizer: sgd({ learningRate }) };
    const diagnosis = await diagnosisAfter(regression([16]), POINTS, y, fit);
    const kinds = causesOf(diagnosis);
    expect(kinds).toHaveLength(1);
    expect(["stepsTooSmall", "stillLearning"]).toContain(kinds[0]);
    if (learningRate === 1e-5) {
      expect(kinds).toEqual(["stepsTooSmall"]);
      expect(find(diagnosis, "stepsTooSmall")!.figures!["factor"]).toBe(10);
      expect(find(diagnosis, "stepsTooSmall")!.advice).toContain("x 100");
    }
  });

  const held: readonly [what: string, fit: FitOptions, without: FitOptions][] = [
    [
      "a sum of squares to begin with",
      { optimizer: adagrad({ learningRate: 0.05, initialAccumulator: 1e8 }) },
      { optimizer: adagrad({ learningRate: 0.05 }) },
    ],
    [
      "Adagrad's own decay of the rate",
      { optimizer: adagrad({ learningRate: 0.05, learningRateDecay: 5 }) },
      { optimizer: adagrad({ learningRate: 0.05, learningRateDecay: 1e-4 }) },
    ],
    [
      "an epsilon",
      { optimizer: adam({ learningRate: 0.01, epsilon: 1e3 }) },
      { optimizer: adam({ learningRate: 0.01 }) },
    ],
    [
      "a clipped gradient",
      { optimizer: sgd({ learningRate: 0.05 }), clipNorm: 1e-4 },
      { optimizer: sgd({ learningRate: 0.05 }), clipNorm: 1 },
    ],
    [
      "a warmup that is longer than the fit",
      { optimizer: adam({ learningRate: 0.01 }), learningRate: warmup({ epochs: 100_000, start: 1e-5 }) },
      { optimizer: adam({ learningRate: 0.01 }), learningRate: warmup({ epochs: 2 }) },
    ],
  ];

  test("batches whose statistics alone have moved", async () => {
    const spec: NetworkSpec = { ...regression([16]), layers: [{ units: 16, normalization: "batch" }, { units: 1 }] };
    await withNetwork(spec, async (network) => {
      const validation = { x: POINTS.slice(0, 30), y: y.slice(0, 30) };
      const data = { x: POINTS.slice(30), y: y.slice(30) };
      const history = await network.fit(data, { epochs: 30, validation, optimizer: sgd({ learningRate: 1e-7 }) });
      expect(causesOf(diagnose(network, data.x, { targets: data.y, history }))).toEqual(["stepsTooSmall"]);
    });
  });

  test.each(held)("weights stay where they started, by %s", async (_, fit, without) => {
    const small = await diagnosisAfter(regression([16]), POINTS, y, { epochs: 30, ...fit });
    expect(small.learning!.score).toBeLessThan(0.2);
    expect(causesOf(small)).toEqual(["stepsTooSmall"]);
    expect(causesOf(await diagnosisAfter(regression([16]), POINTS, y, { epochs: 30, ...without }))).toEqual([]);
  });

  test("a rate that fell to 0 after an epoch, where columns are too many for fits to tell", async () => {
    const random = seededRandom(4);
    const label = Array.from({ length: 200 }, (_, row) => row % 3);
    const x = label.map((k) => Array.from({ length: 150 }, (_, j) => 2 * random() - 1 + (j % 3 === k ? 0.5 : 0)));
    const spec: NetworkSpec = { inputs: 150, layers: [{ units: 16 }, { units: 3 }], loss: "crossEntropy", seed: 2 };
    const optimizer = adam({ learningRate: 5e-4 });
    const of = (learningRate?: Schedule) =>
      diagnosisAfter(spec, x, label, { epochs: 30, optimizer, ...(learningRate && { learningRate }) });
    expect(causesOf(await of(cosine({ epochs: 1 })))).toEqual(["stepsTooSmall"]);
    expect(causesOf(await of(cosine()))).toEqual([]);
  });

  test("a rate that fits is not", async () => {
    const diagnosis = await diagnosisAfter(regression([16]), POINTS, y, {
      epochs: 40,
      optimizer: sgd({ learningRate: 0.05 }),
    });
    expect(causesOf(diagnosis)).toEqual([]);
  });

  test.each([1, 2])("%d epochs have a pace too, by what it started with", async (epochs) => {
    const slow = await diagnosisAfter(regression([16]), POINTS, y, { epochs, optimizer: sgd({ learningRate: 1e-4 }) });
    expect(causesOf(slow)).toEqual(["stepsTooSmall"]);
    const enough = { epochs, batchSize: 2, optimizer: adam({ learningRate: 0.01 }) };
    const random = seededRandom(8);
    const noisy = y.map((value) => value + 6 * (random() - 0.5));
    const learned = await diagnosisAfter(regression([16]), POINTS, noisy, enough);
    expect(learned.learning!.score).toBeGreaterThan(0.1);
    expect(causesOf(learned)).toEqual([]);
  });

  test("most answers are right, and no weight has moved: fits tell that there is more", async () => {
    const spec: NetworkSpec = { ...regression([16], 3), loss: "binaryCrossEntropy" };
    const label = POINTS.map(([a, b]) => Number(a + b > 0));
    const fit: FitOptions = { epochs: 25, optimizer: adam({ learningRate: 2e-3 }) };
    const slow: FitOptions = { epochs: 7, optimizer: adam({ learningRate: 1e-3 }) };
    const diagnosis = await diagnosisAfter(spec, POINTS, label, slow);
    expect(diagnosis.learning!.accuracy).toBeGreaterThan(0.8);
    expect(causesOf(diagnosis)).toEqual(["stepsTooSmall"]);
    // as right, with labels of noise: the fits tell no more
    const random = seededRandom(9);
    const noisy = label.map((value) => (random() < 0.15 ? 1 - value : value));
    const done = await diagnosisAfter(spec, POINTS, noisy, fit);
    expect(done.learning!.accuracy).toBeLessThan(0.9);
    expect(causesOf(done)).toEqual([]);
  });

  test("held-out answers that were best early by chance silence nothing while their loss falls", async () => {
    const label = POINTS.map(([a, b]) => Number(a * b > 0));
    const spec: NetworkSpec = { ...regression([16], 3), loss: "binaryCrossEntropy" };
    await withNetwork(spec, async (network) => {
      const history = await network.fit({ x: POINTS, y: label }, { epochs: 6, optimizer: sgd({ learningRate: 1e-4 }) });
      const told = (accuracy: number, falls: boolean) => ({
        epochs: history.epochs.map((log, i) => ({
          ...log,
          validation: { loss: 1 + (falls ? -0.01 : 0.01) * i, accuracy: i === 1 ? accuracy : 0.5 },
        })),
      });
      const of = (falls: boolean) =>
        causesOf(diagnose(network, POINTS, { targets: label, history: told(0.6, falls), proofs: false }));
      expect(of(true)).toEqual(["stepsTooSmall"]);
      expect(of(false)).not.toContain("stepsTooSmall");
    });
  });

  test("a network tuned once more at a small rate is judged by no start of another fit", async () => {
    const random = seededRandom(8);
    const noisy = y.map((value) => value + 6 * (random() - 0.5));
    await withNetwork(regression([16]), async (network) => {
      const data = { x: POINTS, y: noisy };
      await network.fit(data, { epochs: 25, optimizer: adam({ learningRate: 0.005 }) });
      const history = await network.fit(data, { epochs: 8, optimizer: adam({ learningRate: 1e-5 }) });
      const diagnosis = diagnose(network, POINTS, { targets: noisy, history, proofs: false });
      expect(diagnosis.learning!.score).toBeLessThan(0.5);
      expect(causesOf(diagnosis)).toEqual([]);
    });
  });

  test("exclusive or with two sigmoid units: a plateau that larger steps leave; a learned one is none", async () => {
    const x = [0, 1, 2, 3].map((i) => [i >> 1, i & 1]);
    const spec: NetworkSpec = {
      inputs: 2,
      layers: [
        { units: 2, activation: "sigmoid" },
        { units: 1, activation: "sigmoid" },
      ],
      loss: "meanSquaredError",
      seed: 1,
    };
    const after = (learningRate: number, epochs: number) =>
      diagnosisAfter(spec, x, [0, 1, 1, 0], { epochs, batchSize: 4, optimizer: sgd({ learningRate }) });
    expect(causesOf(await after(0.1, 500))).toEqual(["stepsTooSmall"]);
    expect(causesOf(await after(5, 2500))).toEqual([]);
  });

  test("Adam with a small rate goes all in one direction", async () => {
    const fit: FitOptions = { epochs: 5, optimizer: adam({ learningRate: 1e-4 }) };
    expect(causesOf(await diagnosisAfter(regression([16]), POINTS, y, fit))).toEqual(["stepsTooSmall"]);
  });

  test("a plateau of noise is not slow", async () => {
    const random = seededRandom(3);
    const noise = POINTS.map(([a]) => 0.3 * a + 4 * (random() + random() - 1));
    const diagnosis = await diagnosisAfter(regression([]), POINTS, noise, {
      epochs: 100,
      optimizer: adam({ learningRate: 0.01 }),
    });
    expect(diagnosis.learning!.score).toBeLessThan(0.3);
    expect(causesOf(diagnosis)).toEqual([]);
  });

  test("of a straight line, of 1/t and of noise", () => {
    const line = paceOf(Array.from({ length: 40 }, (_, i) => 10 - i / 10))!;
    expect(line.perEpoch).toBeCloseTo(0.1, 12);
    expect(line.straightness).toBeCloseTo(1, 12);
    expect(line.gain).toBeCloseTo(4, 12);
    const slowing = paceOf(Array.from({ length: 40 }, (_, i) => 10 / (i + 1)))!;
    expect(slowing.straightness).toBeLessThan(0.6);
    // as many again of 1/t: from 10/40 to 10/80
    expect(slowing.gain).toBeGreaterThan(0.06);
    expect(slowing.gain).toBeLessThan(0.25);
    const random = seededRandom(9);
    expect(paceOf(Array.from({ length: 40 }, () => random()))).toBeUndefined();
    expect(paceOf([1, 2, 3, 4])).toBeUndefined();
  });
});

describe("steps as large as the weights, and inputs that are not centred", () => {
  const random = seededRandom(8);
  const near = randomRows(random, 300, 8).map((row) => row.map((value) => (value + 1) / 2));
  const labels = near.map((row) => Number(row[0]! + row[1]! > 1) + Number(row[2]! + row[3]! > 1));
  const network = (seed: number): NetworkSpec => ({
    inputs: 8,
    layers: [{ units: 24 }, { units: 24 }, { units: 3 }],
    loss: "crossEntropy",
    seed,
  });
  const causes = async (x: Rows, rate: number, seed: number) =>
    causesOf(await diagnosisAfter(network(seed), x, labels, { epochs: 10, optimizer: adam({ learningRate: rate }) }));

  test("Adam at 1: the rate is the cause, and a lower one learns", async () => {
    for (const seed of [1, 2, 3, 4]) {
      const found = await causes(near, 1, seed);
      expect(found).not.toContain("uncenteredInputs");
      expect(found.some((kind) => kind === "divergence" || kind === "highRate")).toBe(true);
      expect(await causes(near, 0.01, seed)).toEqual([]);
    }
  });

  test("means of a hundred spreads are one, whatever the rate", async () => {
    const far = near.map((row) => row.map((value) => value + 30));
    expect(await causes(far, 1, 1)).toContain("uncenteredInputs");
  });
});

describe("steps that close half of a layer", () => {
  const near = randomRows(seededRandom(8), 300, 8).map((row) => row.map((value) => (value + 1) / 2));
  const labels = near.map((row) => Number(row[0]! + row[1]! > 1) + Number(row[2]! + row[3]! > 1));
  const after = (layer: Partial<DenseSpec>, seed: number, fit: Partial<FitOptions>) => {
    const hidden = { units: 24, ...layer };
    const spec: NetworkSpec = { inputs: 8, layers: [hidden, hidden, { units: 3 }], loss: "crossEntropy", seed };
    return diagnosisAfter(spec, near, labels, { epochs: 10, optimizer: sgd({ learningRate: 2 }), ...fit });
  };

  test.each([2, 3, 4, 5])("the rate is too high, whatever the inputs' means (seed %d)", async (seed) => {
    const diagnosis = await after({}, seed, {});
    expect(causesOf(diagnosis)[0]).toBe("highRate");
    const { layer, message, figures } = find(diagnosis, "highRate")!;
    expect(message).toMatch(/have closed \d+ of 24 units of layer [01] that fired in the first epoch/);
    expect(figures!["silencedUnits"]).toBeGreaterThanOrEqual(12);
    expect(diagnosis.layers[layer!].dead).toBeGreaterThanOrEqual(figures!["silencedUnits"]!);
  });

  test("not at a rate that fits, nor where nothing closes, penalties close, or batches have one row", async () => {
    const right = { optimizer: adam({ learningRate: 0.01 }) };
    for (const seed of [1, 2, 3]) expect(causesOf(await after({}, seed, right))).toEqual([]);
    const silenced = (diagnosis: Diagnosis) => find(diagnosis, "highRate")?.figures?.["silencedUnits"];
    expect(silenced(await after({ activation: "tanh" }, 2, {}))).toBeUndefined();
    const held = await after({ activityRegularizer: { l1: 3 } }, 2, { optimizer: adam({ learningRate: 0.01 }) });
    expect(held.layers.some(({ dead }) => dead >= 12)).toBe(true);
    expect(find(held, "highRate")).toBeUndefined();
    const one = await after({ normalization: "batch" }, 2, { batchSize: 1, optimizer: sgd({ learningRate: 0.3 }) });
    expect(causesOf(one)).toEqual(["stepsTooSmall"]);
  });
});

test("of a training whose course is not known: weights and loss a hundred times what they began with", async () => {
  const y = POINTS.map(([a, b]) => Math.abs(a) - b);
  const causes = (learningRate: number, scale: number) =>
    withNetwork(regression([16]), async (network) => {
      await network.fit({ x: POINTS, y }, { epochs: 1, optimizer: sgd({ learningRate }) });
      for (const layer of network.layers)
        layer.setWeights({ kernel: layer.getWeights().kernel.map((weight) => weight * scale) });
      return causesOf(
        diagnose(network, POINTS, { targets: y, history: { epochs: [], stopped: "completed" } as never }),
      );
    });
  expect(await causes(0.05, 300)).toEqual(["divergence"]);
  expect(await causes(0.05, 1)).toEqual([]);
});
