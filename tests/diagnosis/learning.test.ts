// Has it learned? The best constants against a search of all others, the verdict, classes that are not told apart, and
// what holds on the training rows alone.
import { describe, expect, test } from "vitest";
import { bestConstant } from "../../src/diagnosis/learning/best-constant.js";
import {
  lossesOfConstant,
  lossesOfOutputs,
  lossReader,
  lowestLosses,
} from "../../src/diagnosis/learning/row-losses.js";
import { expectRefusal } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { causesOf, diagnosisAfter, find, POINTS, regression } from "./support.js";
import {
  adam,
  diagnose,
  type FitOptions,
  type LayerActivationName,
  type LossSpec,
  type NetworkSpec,
  type Targets,
} from "../../src/index.js";

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

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
    [{ name: "binaryCrossEntropy", labelSmoothing: 0.2 }, shares],
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
    const smoothed = readerOf({ name: "crossEntropy", labelSmoothing: 0.3 }, 3);
    bestConstant(smoothed, targets, Float64Array.of(2, 1, 1, 0)).forEach((share, i) =>
      expect(share).toBeCloseTo([0.45, 0.1, 0.45][i], 12),
    );
  });

  test("answers that could not be better have the entropy of smoothed labels", () => {
    const targets = { kind: "labels", labels: Int32Array.of(0, 2) } as const;
    const shares = [0.8, 0.1, 0.1];
    const entropy = -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
    lowestLosses(readerOf({ name: "crossEntropy", labelSmoothing: 0.3 }, 3), targets).forEach((loss) =>
      expect(loss).toBeCloseTo(entropy, 12),
    );
    expect([...lowestLosses(readerOf({ name: "crossEntropy" }, 3), targets)]).toEqual([0, 0]);
  });

  test.each<[LossSpec, LayerActivationName, number]>([
    [{ name: "crossEntropy" }, "linear", 3],
    [{ name: "crossEntropy", from: "probabilities" }, "sigmoid", 3],
    [{ name: "crossEntropy", from: "probabilities" }, "softmax", 3],
    [{ name: "crossEntropy", labelSmoothing: 0.2 }, "linear", 3],
    [{ name: "crossEntropy", from: "probabilities", labelSmoothing: 0.2 }, "sigmoid", 3],
    [{ name: "binaryCrossEntropy" }, "linear", 1],
    [{ name: "binaryCrossEntropy", labelSmoothing: 0.2 }, "linear", 1],
    [{ name: "binaryCrossEntropy", from: "probabilities", labelSmoothing: 0.2 }, "relu", 1],
    [{ name: "binaryCrossEntropy", from: "probabilities" }, "sigmoid", 1],
    [{ name: "binaryCrossEntropy", from: "probabilities" }, "relu", 1],
    [{ name: "meanSquaredError" }, "softmax", 3],
    [{ name: "meanAbsoluteError" }, "linear", 1],
    [{ name: "huber" }, "linear", 1],
    [{ name: "poisson" }, "softplus", 1],
  ])("losses of rows add up to what the kernels say: %j after %s", (loss, activation, units) => {
    const spec: NetworkSpec = { inputs: 2, layers: [{ units: 5 }, { units, activation }], loss, seed: 3 };
    const y = POINTS.map(([a, b]) =>
      units === 1 ? Number(a > b) : [a > 1, a <= 1 && b > 0, a <= 1 && b <= 0].map(Number),
    );
    return withNetwork(spec, (network) => {
      const { learning } = diagnose(network, POINTS, { targets: y as Targets, proofs: false });
      const { loss: wanted, accuracy } = network.evaluate({ x: POINTS, y: y as Targets });
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
  test("on smoothed labels goes by what there is to learn: all of it is a score of 1", async () => {
    const spec: NetworkSpec = {
      inputs: 2,
      layers: [{ units: 16 }, { units: 2 }],
      loss: { name: "crossEntropy", labelSmoothing: 0.4 },
      seed: 1,
    };
    const y = POINTS.map(([a, b]) => Number(a + b > 0));
    const diagnosis = await diagnosisAfter(spec, POINTS, y, { epochs: 300, optimizer: adam({ learningRate: 0.01 }) });
    const { learning } = diagnosis;
    expect(learning!.loss).toBeGreaterThan(0.5); // the entropy of 0.8 and 0.2, of which nothing can be learned
    expect(learning!.score).toBeGreaterThan(0.9);
    expect(learning!.verdict).toMatch(/^It has learned \(/);
    expect(learning!.verdict).toContain("always saying the classes' shares, smoothed");
    expect(causesOf(diagnosis)).toEqual([]);
  });

  test("a product and no hidden layer: no better than the mean (CASES, A)", async () => {
    const y = POINTS.map(([a, b]) => a * b);
    const diagnosis = await diagnosisAfter(regression([]), POINTS, y, {
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
    const able = await diagnosisAfter(regression([32]), POINTS, y, {
      epochs: 100,
      optimizer: adam({ learningRate: 0.01 }),
    });
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
    const told = await diagnosisAfter(spec, many.x, many.y, { ...fit, epochs: 10 });
    expect(told.learning!.score).toBeLessThan(0.15);
    expect(find(told, "noBetterThanConstant")).toBeUndefined();
    expect(causesOf(told)).toEqual([]);
    const few = noisy(40);
    const untold = await diagnosisAfter(
      spec,
      few.x,
      few.y.map((_, i) => i % 2),
      fit,
    );
    expect(find(untold, "noBetterThanConstant")).toBeDefined();
  });

  test("targets that are all the same leave nothing to learn: no score, and no finding on it", async () => {
    const diagnosis = await diagnosisAfter(
      regression([8]),
      POINTS,
      POINTS.map(() => 3),
      { epochs: 5 },
    );
    expect(diagnosis.learning!.score).toBeUndefined();
    expect(find(diagnosis, "noBetterThanConstant")).toBeUndefined();
  });

  test("weights: what counts nothing is not judged", async () => {
    const y = POINTS.map(([a], i) => (i < 200 ? a : 50));
    const weights = y.map((_, i) => Number(i < 200));
    const fit = { epochs: 60, optimizer: adam({ learningRate: 0.01 }) };
    await withNetwork(regression([16]), async (network) => {
      await network.fit({ x: POINTS, y, weights }, fit);
      expect(diagnose(network, POINTS, { targets: y, weights }).learning!.score).toBeGreaterThan(0.9);
      expect(diagnose(network, POINTS, { targets: y }).learning!.score).toBeLessThan(0.2);
      await expectRefusal(() => diagnose(network, POINTS, { weights }), "value", "weights");
      await expectRefusal(() => diagnose(network, POINTS, { targets: y, weights: [1] }), "shape", "weights");
    });
  });

  test("class weights of the last fit are those of the verdict", async () => {
    const y = POINTS.map(([a, b]) => Number(a + b > 2.6));
    const spec: NetworkSpec = { ...regression([]), loss: "binaryCrossEntropy" };
    const fit: FitOptions = { epochs: 40, classWeights: "balanced", optimizer: adam({ learningRate: 0.02 }) };
    const { learning } = await diagnosisAfter(spec, POINTS, y, fit);
    expect(learning!.constant[0]).toBeCloseTo(0.5, 5);
    expect(learning!.constantLoss).toBeCloseTo(Math.log(2), 4);
  });
});

describe("classes", () => {
  const spec: NetworkSpec = { ...regression([8]), loss: "binaryCrossEntropy" };

  test("one for all rows, where the other has enough", async () => {
    const random = seededRandom(2);
    const y = POINTS.map(() => Number(random() < 0.1));
    const plain: NetworkSpec = { ...spec, layers: [{ units: 1 }] };
    const diagnosis = await diagnosisAfter(plain, POINTS, y, { epochs: 60, optimizer: adam({ learningRate: 0.05 }) });
    expect(find(diagnosis, "oneClassPredicted")).toMatchObject({ role: "symptom", figures: { class: 0 } });
    const learned = POINTS.map(([a]) => Number(a > 1.4));
    const other = await diagnosisAfter(spec, POINTS, learned, { epochs: 80, optimizer: adam({ learningRate: 0.01 }) });
    expect(find(other, "oneClassPredicted")).toBeUndefined();
  });

  test("one that is never said, and one too rare to be missed", async () => {
    const three: NetworkSpec = { ...spec, layers: [{ units: 3 }], loss: "crossEntropy" };
    const fit = { epochs: 60, optimizer: adam({ learningRate: 0.01 }) };
    const random = seededRandom(5);
    const labels = (rare: number) => POINTS.map(([a]) => (random() < rare ? 2 : Number(a > 0)));
    const diagnosis = await diagnosisAfter(three, POINTS, labels(0.1), fit);
    expect(find(diagnosis, "classNeverPredicted")!.message).toContain(": 2.");
    expect(find(await diagnosisAfter(three, POINTS, labels(0.005), fit), "classNeverPredicted")).toBeUndefined();
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
    const byHistory = await diagnosisAfter(spec, x, y, { ...fit, validation: 0.25 });
    expect(find(byHistory, "overfitting")).toMatchObject({ role: "cause" });
    expect(byHistory.learning!.heldOut!.score).toBeLessThan(0);
    expect(byHistory.learning!.verdict).toMatch(/^On held-out rows it is worse than a constant/);
    const bySet = await diagnosisAfter(spec, x, y, fit, { validation: tasks(40, 3) });
    expect(find(bySet, "overfitting")).toMatchObject({ role: "cause" });
    expect(bySet.learning!.heldOut!.rows).toBe(40);
  });

  test("too sure of what is wrong on held-out rows, however many are right: the verdict and the finding agree", async () => {
    const { x } = tasks(260, 0);
    const y = x.map(([a, b]) => Number(random() < 0.25 ? a + b < 0 : a + b > 0));
    const split = (from: number, to: number) => ({ x: x.slice(from, to), y: y.slice(from, to) });
    const own = split(0, 120);
    const classes: NetworkSpec = { ...spec, loss: "binaryCrossEntropy" };
    const sure = await diagnosisAfter(classes, own.x, own.y, fit, { validation: split(120, 260) });
    const { score, accuracy } = sure.learning!.heldOut!;
    expect(score).toBeLessThan(0);
    expect(accuracy).toBeGreaterThan(0.5);
    expect(sure.learning!.verdict).toMatch(/^On held-out rows it is worse than a constant/);
    const said =
      /: it has learned [\d.]+ % of its own and [\d.]+ % of those held out; its loss on held-out rows is worse/;
    expect(find(sure, "overfitting")).toMatchObject({ role: "cause", message: expect.stringMatching(said) });
  });

  test("far less sure of held-out rows, though more often right than a constant: a remark", async () => {
    const own = seededRandom(31);
    const x = randomRows(own, 180, 10, 1);
    const y = x.map(([a, b]) => Number(own() < 0.1 ? a + b < 0 : a + b > 0));
    const split = (from: number, to: number) => ({ x: x.slice(from, to), y: y.slice(from, to) });
    const rows = split(0, 120);
    const classes: NetworkSpec = { ...spec, loss: "binaryCrossEntropy" };
    const validation = split(120, 180);
    const sure = await diagnosisAfter(classes, rows.x, rows.y, { ...fit, epochs: 60 }, { validation });
    const { score, scoreError, accuracy } = sure.learning!.heldOut!;
    expect(Math.abs(score!)).toBeLessThan(2 * scoreError!);
    expect(accuracy).toBeGreaterThan(0.65);
    expect(sure.learning!.verdict).toMatch(/^It has learned/);
    expect(find(sure, "overfitting")).toMatchObject({ role: "remark" });
  });

  test("and not where they are learned as well, nor where nothing is learned anywhere", async () => {
    const { x, y } = tasks(400, 0.1);
    const healthy = await diagnosisAfter(spec, x, y, { ...fit, epochs: 40, validation: 0.25 });
    expect(healthy.learning!.heldOut!.score).toBeGreaterThan(0.8);
    expect(find(healthy, "overfitting")).toBeUndefined();
    const idle = await diagnosisAfter(spec, x, y, { epochs: 1, learningRate: 0, validation: 0.25 });
    expect(find(idle, "overfitting")).toBeUndefined();
  });

  describe("held-out rows that lie elsewhere than the training's", () => {
    const some = seededRandom(21);
    const draw = (rows: number) => {
      const x = randomRows(some, rows, 4, 1);
      return { x, y: x.map(([a, b]) => 2 * a - b) };
    };
    const own = draw(300);
    const held = draw(100);
    const small: NetworkSpec = { inputs: 4, layers: [{ units: 16 }, { units: 1 }], loss: "meanSquaredError", seed: 1 };
    const told = async (change: (value: number, column: number, row: number) => number) => {
      const x = held.x.map((row, r) => row.map((value, c) => change(value, c, r)));
      const options = { epochs: 40, optimizer: adam({ learningRate: 0.01 }) };
      const diagnosis = await diagnosisAfter(small, own.x, own.y, options, { validation: { x, y: held.y } });
      expect(find(diagnosis, "overfitting") && find(diagnosis, "heldOutElsewhere")).toBeUndefined();
      return diagnosis;
    };

    test("scaled and shifted otherwise: all columns, and by how many spreads", async () => {
      const diagnosis = await told((value) => 40 * value + 100);
      expect(causesOf(diagnosis)).toEqual(["heldOutElsewhere"]);
      const { message, figures } = find(diagnosis, "heldOutElsewhere")!;
      expect(message).toContain("in 4 of 4 input columns (0, 1, 2, 3)");
      expect(figures).toMatchObject({ columns: 4 });
      // uniform in [-1, 1]: a spread of 0.577, so that a shift of 100 is 173 spreads, and 39 more come from the scale
      expect(figures!["distance"]).toBeGreaterThan(165);
      expect(figures!["distance"]).toBeLessThan(190);
    });

    test("one column alone, in another unit", async () => {
      const diagnosis = await told((value, column) => (column === 1 ? 1000 * value : value));
      expect(causesOf(diagnosis)).toEqual(["heldOutElsewhere"]);
      expect(find(diagnosis, "heldOutElsewhere")).toMatchObject({
        message: expect.stringContaining("in 1 of 4 input columns (1)"),
        figures: { column: 1, columns: 1 },
      });
    });

    test("not where they lie as the training's do, not for one wild row, nor where a shift does no harm", async () => {
      expect(causesOf(await told((value) => value))).toEqual([]);
      const wild = await told((value, _, row) => (row === 7 ? 1000 : value));
      expect(find(wild, "heldOutElsewhere")).toBeUndefined();
      expect(find(wild, "overfitting")).toBeDefined();
      const harmless = await told((value, column) => (column === 3 ? value + 0.2 : value));
      expect(find(harmless, "heldOutElsewhere")).toBeUndefined();
    });

    test("nor by columns of rare words, whose ones are few in either part", async () => {
      const words = (rows: number) => {
        const x = Array.from({ length: rows }, () => {
          const row = Array<number>(40).fill(0);
          row[Math.floor(some() * 40)] = 1;
          row[Math.floor(some() * 40)] = 1;
          return row;
        });
        return { x, y: x.map(() => some()) };
      };
      const wide: NetworkSpec = { ...small, inputs: 40, layers: [{ units: 64 }, { units: 1 }] };
      const own = words(150);
      const diagnosis = await diagnosisAfter(wide, own.x, own.y, { ...fit, epochs: 300 }, { validation: words(100) });
      expect(causesOf(diagnosis)).toEqual(["overfitting"]);
    });

    test("nor of half a dozen rows, which do not tell where their columns lie", async () => {
      for (let turn = 0; turn < 6; turn++) {
        const six = { x: randomRows(some, 6, 4, 1), y: Array.from({ length: 6 }, () => some()) };
        const others = { x: randomRows(some, 300, 4, 1), y: Array.from({ length: 300 }, () => some()) };
        const diagnosis = await diagnosisAfter(small, six.x, six.y, { ...fit, epochs: 400 }, { validation: others });
        expect(find(diagnosis, "heldOutElsewhere")).toBeUndefined();
      }
    });

    test("nor where few rows are known by heart", async () => {
      const few = { x: randomRows(some, 25, 4, 1), y: Array.from({ length: 25 }, () => some()) };
      const others = { x: randomRows(some, 8, 4, 1), y: Array.from({ length: 8 }, () => some()) };
      const diagnosis = await diagnosisAfter(small, few.x, few.y, { ...fit, epochs: 600 }, { validation: others });
      expect(causesOf(diagnosis)).toEqual(["overfitting"]);
    });
  });

  test("a loss that is below 0 from the start on, of counts, has not exploded", async () => {
    const random = seededRandom(5);
    const x = randomRows(random, 300, 3, 1);
    const y = x.map(() => 30 + Math.floor(21 * random()));
    for (const seed of [1, 2, 3]) {
      const counts: NetworkSpec = {
        inputs: 3,
        layers: [{ units: 8 }, { units: 1, activation: "softplus", biasInitializer: { constant: 40 } }],
        loss: "poisson",
        seed,
      };
      const diagnosis = await diagnosisAfter(counts, x, y, { epochs: 30, optimizer: adam({ learningRate: 0.01 }) });
      expect(find(diagnosis, "divergence")).toBeUndefined();
    }
  });

  test("validation without targets is refused", () =>
    withNetwork(spec, (network) =>
      expectRefusal(() => diagnose(network, [Array(10).fill(0)], { validation: tasks(5, 0) }), "value", "validation"),
    ));
});
