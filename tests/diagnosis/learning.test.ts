// Has it learned? The best constants against a search of all others, the verdict, and each finding on a training where
// it holds and on a look-alike where it does not.
import { describe, expect, test } from "vitest";
import { bestConstant } from "../../src/diagnosis/learning/best-constant.js";
import { paceOf } from "../../src/diagnosis/learning/pace.js";
import { lossesOfConstant, lossesOfOutputs, lossReader } from "../../src/diagnosis/learning/row-losses.js";
import { expectRefusal } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import {
  adam,
  diagnose,
  type DiagnoseOptions,
  type Diagnosis,
  type FindingKind,
  type FitOptions,
  type LayerActivationName,
  type LossSpec,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";

type Rows = number[][];
type Targets = number[] | Rows;

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const SQUARE: Rows = randomRows(seededRandom(4), 400, 2, 2);

/** Trains from the spec's seed, and diagnoses with the history. */
function trained(
  spec: NetworkSpec,
  x: Rows,
  y: Targets,
  fit: FitOptions,
  options?: DiagnoseOptions,
): Promise<Diagnosis> {
  return withNetwork(spec, async (network) => {
    const history = await network.fit({ x, y }, fit);
    return diagnose(network, x, { targets: y, history, proofs: false, ...options });
  });
}

const find = ({ findings }: Diagnosis, kind: FindingKind) => findings.find((finding) => finding.kind === kind);
const causesOf = ({ findings }: Diagnosis) => findings.filter(({ role }) => role === "cause").map(({ kind }) => kind);

const regression = (hidden: number[], seed = 1): NetworkSpec => ({
  inputs: 2,
  layers: [...hidden.map((units) => ({ units })), { units: 1 }],
  loss: "meanSquaredError",
  seed,
});

describe("the best constant", () => {
  const readerOf = (loss: LossSpec, units = 1, last: LayerActivationName = "linear") => lossReader(loss, last, units);
  const random = seededRandom(8);
  const numbers = Float32Array.from({ length: 41 }, () => 4 * random() ** 3);
  const shares = Float32Array.from(numbers, (value) => Number(value > 0.4));
  const weights = Float64Array.from({ length: 41 }, () => Math.floor(4 * random()));

  test.each<[LossSpec, Float32Array]>([
    [{ name: "meanSquaredError" }, numbers],
    [{ name: "meanAbsoluteError" }, numbers],
    [{ name: "huber" }, numbers],
    [{ name: "poisson" }, numbers],
    [{ name: "binaryCrossEntropy" }, shares],
    [{ name: "binaryCrossEntropy", from: "probabilities" }, shares],
  ])("of %j has the lowest loss of all, weighted or not", (loss, data) => {
    const reader = readerOf(loss);
    const targets = { kind: "rows", data, columns: 1 } as const;
    for (const each of [weights, weights.map(() => 1)]) {
      const lossOf = (answer: number) => {
        const losses = lossesOfConstant(reader, Float64Array.of(answer), targets);
        return losses.reduce((sum, value, i) => sum + value * each[i], 0);
      };
      const [best] = bestConstant(reader, targets, each);
      const isShare = loss.name === "binaryCrossEntropy";
      for (let i = 1; i < 400; i++)
        expect(lossOf((isShare ? 1 : 4) * (i / 400))).toBeGreaterThanOrEqual(lossOf(best) - 1e-6);
    }
  });

  test("of labels is their frequencies, by weight", () => {
    const targets = { kind: "labels", labels: Int32Array.of(0, 2, 2, 1) } as const;
    const reader = readerOf({ name: "crossEntropy" }, 3);
    expect([...bestConstant(reader, targets, Float64Array.of(1, 1, 1, 1))]).toEqual([0.25, 0.25, 0.5]);
    expect([...bestConstant(reader, targets, Float64Array.of(2, 1, 1, 0))]).toEqual([0.5, 0, 0.5]);
  });

  test.each<[LossSpec, LayerActivationName, number]>([
    [{ name: "crossEntropy" }, "linear", 3],
    [{ name: "crossEntropy", from: "probabilities" }, "sigmoid", 3],
    [{ name: "crossEntropy", from: "probabilities" }, "softmax", 3],
    [{ name: "binaryCrossEntropy" }, "linear", 1],
    [{ name: "binaryCrossEntropy", from: "probabilities" }, "sigmoid", 1],
    [{ name: "binaryCrossEntropy", from: "probabilities" }, "relu", 1],
    [{ name: "meanSquaredError" }, "softmax", 3],
    [{ name: "meanAbsoluteError" }, "linear", 1],
    [{ name: "huber" }, "linear", 1],
    [{ name: "poisson" }, "softplus", 1],
  ])("losses of rows add up to what the kernels say: %j after %s", (loss, activation, units) => {
    const spec: NetworkSpec = { inputs: 2, layers: [{ units: 5 }, { units, activation }], loss, seed: 3 };
    const y = SQUARE.map(([a, b]) =>
      units === 1 ? Number(a > b) : [a > 1, a <= 1 && b > 0, a <= 1 && b <= 0].map(Number),
    );
    return withNetwork(spec, (network) => {
      const { learning } = diagnose(network, SQUARE, { targets: y as Targets, proofs: false });
      const { loss: wanted, accuracy } = network.evaluate({ x: SQUARE, y: y as Targets });
      expect(learning!.loss).toBeCloseTo(wanted, 5);
      if (accuracy !== undefined) expect(learning!.accuracy).toBe(accuracy);
    });
  });

  test("a row of NaN has no loss", () => {
    const reader = readerOf({ name: "crossEntropy" }, 2);
    const losses = lossesOfOutputs(reader, Float32Array.of(Number.NaN, 0, 1, 0), {
      kind: "labels",
      labels: Int32Array.of(0, 0),
    });
    expect(losses[0]).toBeNaN();
    expect(losses[1]).toBeCloseTo(Math.log(1 + Math.exp(-1)), 12);
  });
});

describe("the verdict", () => {
  test("a product and no hidden layer: no better than the mean (CASES, A)", async () => {
    const y = SQUARE.map(([a, b]) => a * b);
    const diagnosis = await trained(regression([]), SQUARE, y, {
      epochs: 100,
      optimizer: adam({ learningRate: 0.01 }),
    });
    const { learning } = diagnosis;
    const spread = mean(y.map((value) => (value - mean(y)) ** 2));
    expect(learning!.constant[0]).toBeCloseTo(mean(y), 5);
    expect(learning!.constantLoss).toBeCloseTo(spread, 4);
    expect(Math.abs(learning!.score!)).toBeLessThan(0.05);
    expect(find(diagnosis, "noBetterThanConstant")).toMatchObject({
      role: "symptom",
      figures: { score: learning!.score },
    });
    expect(learning!.verdict).toMatch(/^It is no better than a constant: /);
    expect(String(diagnosis)).toMatch(/^It is no better than a constant: /);
    const able = await trained(regression([32]), SQUARE, y, { epochs: 100, optimizer: adam({ learningRate: 0.01 }) });
    expect(able.learning!.score).toBeGreaterThan(0.95);
    expect(able.learning!.verdict).toMatch(/^It has learned /);
    expect(find(able, "noBetterThanConstant")).toBeUndefined();
    expect(causesOf(able)).toEqual([]);
  });

  test("a small part that is learned is more than noise on many rows, and not on few", async () => {
    const random = seededRandom(6);
    const noisy = (rows: number) => {
      const x = randomRows(random, rows, 2, 1);
      return { x, y: x.map(([a]) => Number(0.25 * a + random() > 0.5)) };
    };
    const spec: NetworkSpec = { ...regression([]), loss: "binaryCrossEntropy" };
    const fit = { epochs: 200, optimizer: adam({ learningRate: 0.01 }) };
    const many = noisy(4000);
    const told = await trained(spec, many.x, many.y, { ...fit, epochs: 10 });
    expect(told.learning!.score).toBeLessThan(0.15);
    expect(find(told, "noBetterThanConstant")).toBeUndefined();
    expect(causesOf(told)).toEqual([]);
    const few = noisy(40);
    const untold = await trained(
      spec,
      few.x,
      few.y.map((_, i) => i % 2),
      fit,
    );
    expect(find(untold, "noBetterThanConstant")).toBeDefined();
  });

  test("targets that are all the same leave nothing to learn: no score, and no finding on it", async () => {
    const diagnosis = await trained(
      regression([8]),
      SQUARE,
      SQUARE.map(() => 3),
      { epochs: 5 },
    );
    expect(diagnosis.learning!.score).toBeUndefined();
    expect(find(diagnosis, "noBetterThanConstant")).toBeUndefined();
  });

  test("weights: what counts nothing is not judged", async () => {
    const y = SQUARE.map(([a], i) => (i < 200 ? a : 50));
    const weights = y.map((_, i) => Number(i < 200));
    const fit = { epochs: 60, optimizer: adam({ learningRate: 0.01 }) };
    await withNetwork(regression([16]), async (network) => {
      await network.fit({ x: SQUARE, y, weights }, fit);
      expect(diagnose(network, SQUARE, { targets: y, weights }).learning!.score).toBeGreaterThan(0.9);
      expect(diagnose(network, SQUARE, { targets: y }).learning!.score).toBeLessThan(0.2);
      await expectRefusal(() => diagnose(network, SQUARE, { weights }), "value", "weights");
      await expectRefusal(() => diagnose(network, SQUARE, { targets: y, weights: [1] }), "shape", "weights");
    });
  });

  test("class weights of the last fit are those of the verdict", async () => {
    const y = SQUARE.map(([a, b]) => Number(a + b > 2.6));
    const spec: NetworkSpec = { ...regression([]), loss: "binaryCrossEntropy" };
    const fit: FitOptions = { epochs: 40, classWeights: "balanced", optimizer: adam({ learningRate: 0.02 }) };
    const { learning } = await trained(spec, SQUARE, y, fit);
    expect(learning!.constant[0]).toBeCloseTo(0.5, 5);
    expect(learning!.constantLoss).toBeCloseTo(Math.log(2), 4);
  });
});

describe("a cause where there would be none", () => {
  const circle = SQUARE.map(([a, b]) => Number(a * a + b * b < 1.6));
  const start = (biasInitializer: number): NetworkSpec => ({
    inputs: 2,
    layers: [{ units: 16 }, { units: 8, biasInitializer }, { units: 1 }],
    loss: "binaryCrossEntropy",
    seed: 1,
  });
  const fit: FitOptions = { epochs: 60, optimizer: adam({ learningRate: 0.01 }) };
  const BESIDE = /beside this/;

  test("a layer that starts closed: by its biases, and as advised it learns", async () => {
    const closed = await trained(start(-20), SQUARE, circle, fit);
    expect(causesOf(closed)).toEqual(["collapsedOutput"]);
    expect(find(closed, "collapsedOutput")).toMatchObject({
      layer: 1,
      message: expect.stringMatching(/layer 1 is closed as a whole \([5-8] units by their bias\)/),
      advice: expect.stringContaining("Start layer 1 with biases of 0"),
    });
    const open = await trained(start(0), SQUARE, circle, fit);
    expect(open.learning!.score).toBeGreaterThan(0.9);
    expect(open.findings.filter(({ role }) => role !== "remark")).toEqual([]);
  });

  test("nothing moved: a rate of 0, or layers that are all frozen; one that learns is enough", async () => {
    const idle = await trained(start(0), SQUARE, circle, { epochs: 5, learningRate: 0 });
    expect(causesOf(idle)).toEqual(["stepsTooSmall"]);
    expect(find(idle, "stepsTooSmall")).toMatchObject({
      message: "No weight has moved in 5 epochs: the learning rate is 0.",
      figures: { learningRate: 0, moved: 0 },
    });
    const freeze = (from: number): NetworkSpec => {
      const spec = start(0);
      return { ...spec, layers: spec.layers.map((layer, i) => ({ ...layer, ...(i >= from && { frozen: true }) })) };
    };
    const frozen = await trained(freeze(0), SQUARE, circle, fit);
    expect(find(frozen, "stepsTooSmall")).toMatchObject({
      role: "cause",
      message: expect.stringContaining("all layers are frozen"),
    });
    const below = await trained(freeze(1), SQUARE, circle, fit);
    expect(find(below, "stepsTooSmall")).toBeUndefined();
  });

  test("steps too small come before what a few rows show of the start", async () => {
    const x = [
      [2, 1],
      [1.5, 2],
      [1, 1.2],
      [2, 2],
    ];
    const slow = { epochs: 20, optimizer: adam({ learningRate: 1e-4 }) };
    let both = 0;
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const diagnosis = await trained({ ...start(0), seed }, x, [0, 1, 0, 1], slow);
      if (!find(diagnosis, "stepsTooSmall")) continue; // three of four are right by chance
      expect(causesOf(diagnosis)).toEqual(["stepsTooSmall"]);
      both += Number(find(diagnosis, "uncenteredInputs")?.role === "symptom");
    }
    expect(both).toBeGreaterThan(1);
  });

  test("a rate that is too high is not raised beside it", async () => {
    const x = Array.from({ length: 60 }, (_, i) => [i, 100 - i]);
    const y = x.map(([a]) => 2 * a + 100);
    const blown = await trained(regression([]), x, y, { epochs: 12, optimizer: sgd({ learningRate: 0.001 }) });
    expect(find(blown, "divergence")).toBeDefined();
    expect(blown.findings.some(({ advice }) => /raise the learning rate/i.test(advice))).toBe(false);
  });

  test("advice that points to causes is given beside causes alone", async () => {
    const random = seededRandom(3);
    const noise = await trained(
      start(0),
      SQUARE,
      SQUARE.map(() => Number(random() < 0.5)),
      { epochs: 15, optimizer: adam({ learningRate: 0.01 }) },
    );
    expect(causesOf(noise)).toEqual([]);
    expect(find(noise, "noBetterThanConstant")!.advice).toMatch(/^No cause is seen/);
    const closed = await trained(start(-20), SQUARE, circle, fit);
    expect(find(closed, "noBetterThanConstant")!.advice).toMatch(BESIDE);
  });
});

describe("classes", () => {
  const spec: NetworkSpec = { ...regression([8]), loss: "binaryCrossEntropy" };

  test("one for all rows, where the other has enough", async () => {
    const random = seededRandom(2);
    const y = SQUARE.map(() => Number(random() < 0.1));
    const plain: NetworkSpec = { ...spec, layers: [{ units: 1 }] };
    const diagnosis = await trained(plain, SQUARE, y, { epochs: 60, optimizer: adam({ learningRate: 0.05 }) });
    expect(find(diagnosis, "oneClassPredicted")).toMatchObject({ role: "symptom", figures: { class: 0 } });
    const learned = SQUARE.map(([a]) => Number(a > 1.4));
    const other = await trained(spec, SQUARE, learned, { epochs: 80, optimizer: adam({ learningRate: 0.01 }) });
    expect(find(other, "oneClassPredicted")).toBeUndefined();
  });

  test("one that is never said, and one too rare to be missed", async () => {
    const three: NetworkSpec = { ...spec, layers: [{ units: 3 }], loss: "crossEntropy" };
    const fit = { epochs: 60, optimizer: adam({ learningRate: 0.01 }) };
    const random = seededRandom(5);
    const labels = (rare: number) => SQUARE.map(([a]) => (random() < rare ? 2 : Number(a > 0)));
    const diagnosis = await trained(three, SQUARE, labels(0.1), fit);
    expect(find(diagnosis, "classNeverPredicted")!.message).toContain(": 2.");
    expect(find(await trained(three, SQUARE, labels(0.005), fit), "classNeverPredicted")).toBeUndefined();
  });
});

describe("the course of a training", () => {
  test("a line through 0 to 30, rate .01: the loss grew (CASES, I)", async () => {
    const x = Array.from({ length: 31 }, (_, i) => [i]);
    const y = x.map(([a]) => 2 * a - 1);
    const spec: NetworkSpec = { inputs: 1, layers: [{ units: 1 }], loss: "meanSquaredError", seed: 1 };
    const wild = await trained(spec, x, y, { epochs: 18, optimizer: sgd({ learningRate: 0.01 }) });
    expect(find(wild, "divergence")).toBeDefined();
    const calm = await trained(spec, x, y, { epochs: 60, optimizer: sgd({ learningRate: 0.001 }) });
    expect(find(calm, "divergence")).toBeUndefined();
  });

  test("an explosion in the first epoch, dead ever since; and numbers that are not finite turn nothing away", async () => {
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
      const diagnosis = await trained(spec(activation), x, y, fit);
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
      const y = SQUARE.map(([a]) => a);
      const history = await network.fit({ x: SQUARE, y }, { epochs: 5 });
      expect(find(diagnose(network, SQUARE, { targets: y, history }), "divergence")).toBeUndefined();
    });
  });

  test("weights that decay to nothing, and a decay that is healthy (CASES, J)", async () => {
    const y = SQUARE.map(([a, b]) => Math.abs(a) - b);
    const fitOf = (weightDecay: number): FitOptions => ({
      epochs: 30,
      optimizer: sgd({ learningRate: 0.05, weightDecay }),
    });
    for (const weightDecay of [1.5, 6]) {
      const diagnosis = await trained(regression([16, 16]), SQUARE, y, fitOf(weightDecay));
      expect(find(diagnosis, "decayCollapse"), `${weightDecay}`).toMatchObject({
        role: "cause",
        figures: { weightDecay },
      });
      expect(causesOf(diagnosis)).toEqual(["decayCollapse"]);
    }
    const healthy = await trained(regression([16, 16]), SQUARE, y, fitOf(1e-4));
    expect(healthy.learning!.score).toBeGreaterThan(0.9);
    expect(causesOf(healthy)).toEqual([]);
  });

  test("a rate times decay above 1 is a finding by itself", async () => {
    const y = SQUARE.map(([a, b]) => Math.abs(a) - b);
    const fit: FitOptions = { epochs: 3, optimizer: sgd({ learningRate: 0.3, weightDecay: 10 }) };
    expect(find(await trained(regression([8]), SQUARE, y, fit), "decayCollapse")!.figures!["share"]).toBeCloseTo(3, 5);
  });

  test("it had learned, and lost it again", async () => {
    const y = SQUARE.map(([a, b]) => Math.abs(a) - b);
    const lost = (rate: number): FitOptions => ({
      epochs: 24,
      optimizer: adam(),
      learningRate: (_step, epoch) => (epoch < 20 ? 0.01 : rate),
    });
    const diagnosis = await trained(regression([16]), SQUARE, y, lost(3));
    expect(causesOf(diagnosis).some((kind) => kind === "highRate" || kind === "divergence")).toBe(true);
    expect(causesOf(await trained(regression([16]), SQUARE, y, lost(0.001)))).toEqual([]);
  });
});

describe("what harms is named where it does harm", () => {
  const random = seededRandom(31);
  const ball = SQUARE.map(([a, b]) => Number(a * a + b * b < 1));
  const classifier = (hidden: number[], seed = 1): NetworkSpec => ({
    ...regression(hidden, seed),
    loss: "binaryCrossEntropy",
  });
  const byAdam = (epochs: number): FitOptions => ({ epochs, optimizer: adam({ learningRate: 0.01 }) });

  test("weights that are all zero, or all the same, are a cause; random ones are not", async () => {
    const zeros = { kernelInitializer: "zeros" } as const;
    const starting = (activation: LayerActivationName, weights: typeof zeros | object = {}): NetworkSpec => ({
      ...classifier([]),
      layers: [
        { units: 8, activation, ...weights },
        { units: 1, ...weights },
      ],
    });
    for (const activation of ["relu", "tanh"] as const) {
      const diagnosis = await trained(starting(activation, zeros), SQUARE, ball, byAdam(20));
      expect(find(diagnosis, "constantTogether")).toMatchObject({ role: "cause", layer: 0 });
      expect(causesOf(diagnosis)).toEqual(["constantTogether"]);
    }
    await withNetwork(starting("tanh"), async (network) => {
      network.layers[0].setWeights({ kernel: new Float32Array(16).fill(0.1) });
      network.layers[1].setWeights({ kernel: new Float32Array(8).fill(0.1) });
      const history = await network.fit({ x: SQUARE, y: ball }, byAdam(20));
      expect(causesOf(diagnose(network, SQUARE, { targets: ball, history }))).toEqual(["constantTogether"]);
    });
    expect(causesOf(await trained(starting("tanh"), SQUARE, ball, byAdam(80)))).toEqual([]);
  });

  test("a rate that threw the network is named, not what it closed", async () => {
    const fit: FitOptions = { epochs: 30, optimizer: sgd({ learningRate: 5, momentum: 0.9 }) };
    for (const seed of [1, 2, 3]) {
      const diagnosis = await trained(classifier([16, 16], seed), SQUARE, ball, fit);
      expect(diagnosis.learning!.score).toBeLessThan(0.5);
      expect(causesOf(diagnosis).every((kind) => kind === "highRate" || kind === "divergence")).toBe(true);
      expect(causesOf(diagnosis)).toHaveLength(1);
    }
    expect(causesOf(await trained(classifier([16, 16]), SQUARE, ball, byAdam(60)))).toEqual([]);
  });

  test("targets of noise leave nothing to blame on the inputs or the targets' size", async () => {
    const x = Array.from({ length: 1000 }, () => [5 * random(), 5 * random()]);
    const noise = x.map(() => 10 + 6 * random());
    const told = x.map(([a, b]) => 10 + 6 * Math.sin(2 * a) * Math.cos(2 * b));
    for (const seed of [1, 2, 3])
      expect(causesOf(await trained(regression([8], seed), x, noise, byAdam(40)))).toEqual([]);
    const slow = await trained(regression([8]), x, told, { epochs: 2, optimizer: sgd({ learningRate: 1e-5 }) });
    expect(causesOf(slow)).not.toEqual([]);
  });

  test("a rate that fell to nothing", async () => {
    const y = SQUARE.map(([a, b]) => Math.abs(a) - b);
    const falling = (factor: number): FitOptions => ({
      epochs: 20,
      optimizer: adam(),
      learningRate: (_step, epoch) => 0.01 * factor ** (epoch - 1),
    });
    const diagnosis = await trained(regression([16]), SQUARE, y, falling(0.1));
    expect(causesOf(diagnosis)).toEqual(["stepsTooSmall"]);
    expect(causesOf(await trained(regression([16]), SQUARE, y, falling(0.9)))).toEqual([]);
  });

  test("a decay that holds back what fits show, and not what is noise", async () => {
    const y = SQUARE.map(([a, b]) => Math.abs(a) - b);
    const noisy = y.map((value) => value + 8 * (random() - 0.5));
    const fit = (weightDecay: number): FitOptions => ({
      epochs: 30,
      optimizer: sgd({ learningRate: 0.05, weightDecay }),
    });
    const diagnosis = await trained(regression([16]), SQUARE, y, fit(0.3));
    expect(diagnosis.learning!.score).toBeGreaterThan(0.02);
    expect(causesOf(diagnosis)).toEqual(["decayCollapse"]);
    expect(causesOf(await trained(regression([16]), SQUARE, noisy, fit(1e-3)))).toEqual([]);
  });

  test("two units for what five columns tell; not where targets are the inputs, nor where noise is the rest", async () => {
    const x = randomRows(seededRandom(5), 600, 5, 2);
    const spec: NetworkSpec = {
      inputs: 5,
      layers: [{ units: 32 }, { units: 2 }, { units: 32 }, { units: 5 }],
      loss: "meanSquaredError",
      seed: 1,
    };
    const told = await trained(
      spec,
      x,
      x.map((row) => row.map((value, i) => value + 0.3 * row[(i + 1) % 5] ** 2)),
      byAdam(60),
    );
    expect(find(told, "bottleneck")).toMatchObject({ role: "cause", layer: 1, figures: { units: 2, columns: 5 } });
    const copied = await trained(spec, x, x, byAdam(60));
    expect(causesOf(copied)).not.toContain("bottleneck");
    const noisy = await trained(
      spec,
      x,
      x.map(([a]) => Array.from({ length: 5 }, () => a + 2 * (random() - 0.5))),
      byAdam(60),
    );
    expect(noisy.learning!.score).toBeLessThan(0.9);
    expect(causesOf(noisy)).toEqual([]);
  });

  test("one class of 97 %: a cause where the inputs tell the others apart, and nothing else is named", async () => {
    const y = Array.from({ length: 1000 }, (_, row) => Number(row % 33 === 0));
    const normal = () => random() + random() + random() + random() - 2;
    const told = y.map((label) => [normal() + 1.5 * label, normal()]);
    const roleOf = (x: Rows) =>
      withNetwork(classifier([16]), (network) => {
        const kernel = Float32Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 1e-3 : -1e-3));
        network.layers[1].setWeights({ kernel, bias: Float32Array.of(-3.4) });
        return find(diagnose(network, x, { targets: y }), "oneClassPredicted")?.role;
      });
    expect(await roleOf(told)).toBe("cause");
    expect(await roleOf(y.map(() => [normal(), normal()]))).toBe("symptom");
    const ring = SQUARE.map(([a, b]) => Number(a * a + b * b > 5.5));
    const flat: NetworkSpec = { ...classifier([]), layers: [{ units: 16, activation: "linear" }, { units: 1 }] };
    expect(causesOf(await trained(flat, SQUARE, ring, byAdam(40)))).toEqual(["linearNetwork"]);
  });

  test("inputs that are all constant; one of them is not", async () => {
    const constant = SQUARE.map(() => [1, 2]);
    expect(causesOf(await trained(classifier([8]), constant, ball, byAdam(5)))).toEqual(["constantInputs"]);
    const one = SQUARE.map(([a, b]) => [a, b, 1]);
    expect(causesOf(await trained({ ...classifier([16]), inputs: 3 }, one, ball, byAdam(80)))).toEqual([]);
  });

  test("a layer that began closed, for want of another cause", async () => {
    const spec: NetworkSpec = {
      ...classifier([]),
      layers: [{ units: 32 }, { units: 8, biasInitializer: -20 }, { units: 1 }],
    };
    const diagnosis = await trained(spec, SQUARE, ball, byAdam(10));
    expect(causesOf(diagnosis)).toEqual(["collapsedOutput"]);
  });

  test("a loss that is no number is said to be none", () =>
    withNetwork(regression([4]), (network) => {
      const x = [
        [3e38, 3e38],
        [-3e38, 1],
      ];
      const { learning } = diagnose(network, x, { targets: [1, 2], proofs: false });
      expect(learning!.verdict).toMatch(/^It has learned nothing: its loss is no finite number/);
    }));
});

describe("the pace", () => {
  const y = SQUARE.map(([a, b]) => Math.abs(a) - b);

  test.each([1e-5, 1e-4])("steps of %d are too small (CASES, G)", async (learningRate) => {
    const fit: FitOptions = { epochs: 20, optimizer: sgd({ learningRate }) };
    const diagnosis = await trained(regression([16]), SQUARE, y, fit);
    const kinds = causesOf(diagnosis);
    expect(kinds).toHaveLength(1);
    expect(["stepsTooSmall", "stillLearning"]).toContain(kinds[0]);
    if (learningRate === 1e-5) {
      expect(kinds).toEqual(["stepsTooSmall"]);
      expect(find(diagnosis, "stepsTooSmall")!.figures!["factor"]).toBe(10);
      expect(find(diagnosis, "stepsTooSmall")!.advice).toContain("x 100");
    }
  });

  test("a rate that fits is not", async () => {
    const diagnosis = await trained(regression([16]), SQUARE, y, {
      epochs: 40,
      optimizer: sgd({ learningRate: 0.05 }),
    });
    expect(causesOf(diagnosis)).toEqual([]);
  });

  test("Adam with a small rate goes all in one direction", async () => {
    const fit: FitOptions = { epochs: 5, optimizer: adam({ learningRate: 1e-4 }) };
    expect(causesOf(await trained(regression([16]), SQUARE, y, fit))).toEqual(["stepsTooSmall"]);
  });

  test("a plateau of noise is not slow", async () => {
    const random = seededRandom(3);
    const noise = SQUARE.map(([a]) => 0.3 * a + 4 * (random() + random() - 1));
    const diagnosis = await trained(regression([]), SQUARE, noise, {
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

describe("overfitting", () => {
  const spec: NetworkSpec = { inputs: 10, layers: [{ units: 64 }, { units: 1 }], loss: "meanSquaredError", seed: 1 };
  const fit: FitOptions = { epochs: 300, optimizer: adam({ learningRate: 0.01 }) };
  const random = seededRandom(12);
  const tasks = (rows: number, noise: number) => {
    const x = randomRows(random, rows, 10, 1);
    return { x, y: x.map(([a]) => a + noise * (2 * random() - 1)) };
  };

  test("on the rows that were held out, by the history or by a validation set", async () => {
    const { x, y } = tasks(52, 3);
    const byHistory = await trained(spec, x, y, { ...fit, validation: 0.25 });
    expect(find(byHistory, "overfitting")).toMatchObject({ role: "cause" });
    expect(byHistory.learning!.heldOut!.score).toBeLessThan(0);
    expect(byHistory.learning!.verdict).toMatch(/^On held-out rows it is worse than a constant/);
    const bySet = await trained(spec, x, y, fit, { validation: tasks(40, 3) });
    expect(find(bySet, "overfitting")).toMatchObject({ role: "cause" });
    expect(bySet.learning!.heldOut!.rows).toBe(40);
  });

  test("too sure of what is wrong on held-out rows, however many are right: the verdict and the finding agree", async () => {
    const { x } = tasks(260, 0);
    const y = x.map(([a, b]) => Number(random() < 0.25 ? a + b < 0 : a + b > 0));
    const split = (from: number, to: number) => ({ x: x.slice(from, to), y: y.slice(from, to) });
    const own = split(0, 120);
    const classes: NetworkSpec = { ...spec, loss: "binaryCrossEntropy" };
    const sure = await trained(classes, own.x, own.y, fit, { validation: split(120, 260) });
    const { score, accuracy } = sure.learning!.heldOut!;
    expect(score).toBeLessThan(0);
    expect(accuracy).toBeGreaterThan(0.5);
    expect(sure.learning!.verdict).toMatch(/^On held-out rows it is worse than a constant/);
    expect(find(sure, "overfitting")).toMatchObject({ role: "cause" });
  });

  test("and not where they are learned as well, nor where nothing is learned anywhere", async () => {
    const { x, y } = tasks(400, 0.1);
    const healthy = await trained(spec, x, y, { ...fit, epochs: 40, validation: 0.25 });
    expect(healthy.learning!.heldOut!.score).toBeGreaterThan(0.8);
    expect(find(healthy, "overfitting")).toBeUndefined();
    const idle = await trained(spec, x, y, { epochs: 1, learningRate: 0, validation: 0.25 });
    expect(find(idle, "overfitting")).toBeUndefined();
  });

  test("validation without targets is refused", () =>
    withNetwork(spec, (network) =>
      expectRefusal(() => diagnose(network, [Array(10).fill(0)], { validation: tasks(5, 0) }), "value", "validation"),
    ));
});
