// What evaluate says beside the loss: counted naively from the predictions.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { createNetwork, type Evaluation, type NetworkSpec } from "../../src/index.js";

const random = seededRandom(77);
const ROWS = 600; // three chunks
const x = randomRows(random, ROWS, 3);
const labels = x.map(() => Math.floor(random() ** 2 * 4));
const specOf = (loss: NetworkSpec["loss"], units: number, activation = "linear"): NetworkSpec => ({
  inputs: 3,
  layers: [{ units: 9 }, { units, activation: activation as "linear" }],
  loss,
  seed: 2,
});
const argmax = (row: ArrayLike<number>) => Array.from(row).indexOf(Math.max(...Array.from(row)));

function naive(actual: readonly number[], said: readonly number[], classes: number): Evaluation["confusion"] {
  return Array.from({ length: classes }, (_, i) =>
    Array.from({ length: classes }, (_other, j) => actual.filter((label, r) => label === i && said[r] === j).length),
  );
}

function expectFigures({ classes, f1 }: Evaluation, confusion: readonly (readonly number[])[]): void {
  const f1s: number[] = [];
  confusion.forEach((row, label) => {
    const rows = row.reduce((a, b) => a + b);
    const said = confusion.reduce((sum, other) => sum + other[label], 0);
    const right = row[label];
    const wanted = classes![label];
    expect(wanted.rows).toBe(rows);
    expect(wanted.recall).toBe(rows ? right / rows : undefined);
    expect(wanted.precision).toBe(said ? right / said : undefined);
    if (rows + said === 0) return expect(wanted.f1).toBeUndefined();
    const [p, r] = [right / said, right / rows];
    expect(wanted.f1).toBeCloseTo(right === 0 ? 0 : (2 * p * r) / (p + r), 12);
    f1s.push(wanted.f1!);
  });
  const mean = f1s.reduce((a, b) => a + b) / f1s.length;
  expect(f1).toBeCloseTo(confusion.length === 2 ? classes![1].f1! : mean, 12);
}

test.each([
  ["crossEntropy", "linear"],
  [{ name: "crossEntropy", from: "probabilities" }, "softmax"],
  [{ name: "crossEntropy", from: "probabilities" }, "sigmoid"],
] as const)("classes by %j of %s", (loss, activation) =>
  withNetwork(specOf(loss, 5, activation), (network) => {
    const evaluation = network.evaluate({ x, y: labels });
    const { data } = network.predict(x);
    const said = x.map((_, r) => argmax(data.subarray(r * 5, (r + 1) * 5)));
    const confusion = naive(labels, said, 5)!;
    expect(evaluation.confusion).toEqual(confusion);
    expectFigures(evaluation, confusion);
    expect(evaluation.classes![4].recall).toBeUndefined();
    const right = confusion.reduce((sum, row, i) => sum + row[i], 0);
    expect(evaluation.accuracy).toBe(right / ROWS);
    const rows = labels.map((label) => [0, 1, 2, 3, 4].map((c) => Number(c === label)));
    const { loss: _loss, ...ofRows } = network.evaluate({ x, y: rows });
    const { loss: _other, ...ofLabels } = evaluation;
    expect(ofRows).toEqual(ofLabels);
    expect("r2" in evaluation || "meanAbsoluteError" in evaluation).toBe(false);
  }),
);

test.each([
  ["binaryCrossEntropy", "linear"],
  [{ name: "binaryCrossEntropy", from: "probabilities" }, "sigmoid"],
  [{ name: "binaryCrossEntropy", from: "probabilities" }, "linear"],
] as const)("two classes by %j of %s", (loss, activation) =>
  withNetwork(specOf(loss, 1, activation), (network) => {
    network.layers[1].setWeights({ bias: Float32Array.of(activation === "linear" ? 0.4 : 0.1) });
    const actual = labels.map((label) => Number(label > 0));
    const evaluation = network.evaluate({ x, y: actual });
    const confusion = naive(
      actual,
      Array.from(network.predict(x).data, (p) => Number(p > 0.5)),
      2,
    )!;
    expect(confusion.flat().every((count) => count > 0)).toBe(true);
    expect(evaluation.confusion).toEqual(confusion);
    expectFigures(evaluation, confusion);
    expect(evaluation.accuracy).toBe((confusion[0][0] + confusion[1][1]) / ROWS);
  }),
);

test("labels that do not exclude each other", () =>
  withNetwork(specOf("binaryCrossEntropy", 3), (network) => {
    const y = labels.map((label) => [Number(label > 0), Number(label > 1), Number(label % 2)]);
    const { confusion, classes, f1 } = network.evaluate({ x, y });
    expect(confusion).toBeUndefined();
    const { data } = network.predict(x);
    const f1s = [0, 1, 2].map((unit) => {
      const [, [missed, right]] = naive(
        y.map((row) => row[unit]),
        x.map((_, r) => Number(data[r * 3 + unit] > 0.5)),
        2,
      )!;
      expect(classes![unit].rows).toBe(missed + right);
      expect(classes![unit].recall).toBe(right / (missed + right));
      return classes![unit].f1!;
    });
    expect(f1).toBeCloseTo(f1s.reduce((a, b) => a + b) / 3, 12);
  }));

test.each(["meanSquaredError", "meanAbsoluteError", "huber", "poisson"] as const)("numbers by %s", (loss) =>
  withNetwork(specOf(loss, 2, "softplus"), (network) => {
    const y = x.map(([a, b]) => [Math.fround(a + b + 3), Math.fround(a * 2 + 2)]);
    const { r2, meanAbsoluteError, ...others } = network.evaluate({ x, y });
    const { data } = network.predict(x);
    const flat = y.flat();
    const errors = flat.map((value, i) => data[i] - value);
    const means = [0, 1].map((c) => y.reduce((sum, row) => sum + row[c], 0) / ROWS);
    const spread = flat.reduce((sum, value, i) => sum + (value - means[i % 2]) ** 2, 0);
    expect(meanAbsoluteError).toBeCloseTo(errors.reduce((sum, error) => sum + Math.abs(error), 0) / flat.length, 9);
    expect(r2).toBeCloseTo(1 - errors.reduce((sum, error) => sum + error * error, 0) / spread, 9);
    expect(Object.keys(others)).toEqual(["loss"]);
  }),
);

test("targets that are all the same have no R²", () =>
  withNetwork(specOf("meanSquaredError", 1), (network) => {
    expect("r2" in network.evaluate({ x, y: labels.map(() => 3) })).toBe(false);
  }));

test("rows whose outputs are no numbers are of their class, and said to be of none", async () => {
  const linear = { units: 2, activation: "linear" } as const;
  using network = await createNetwork({ inputs: 1, layers: [linear, linear], loss: "crossEntropy" });
  network.layers[0].setWeights({ kernel: Float32Array.of(3e38, 3e38) });
  network.layers[1].setWeights({ kernel: Float32Array.of(1, 1, -1, 1) });
  const { confusion, classes, accuracy } = network.evaluate({ x: [[1e30], [0]], y: [1, 0] });
  expect(confusion).toEqual([
    [1, 0],
    [0, 0],
  ]);
  expect(classes!.map(({ rows }) => rows)).toEqual([1, 1]);
  expect(classes![1].recall).toBe(0);
  expect(accuracy).toBe(0.5);
});

/** Of scores by pairs: how scikit-learn's roc_auc_score is defined. */
function naiveArea(scores: readonly number[], isOf: readonly boolean[]): number {
  let [sum, pairs] = [0, 0];
  scores.forEach((a, i) =>
    scores.forEach((b, j) => {
      if (!isOf[i] || isOf[j]) return;
      pairs++;
      sum += (Number(a > b) + Number(a >= b)) / 2;
    }),
  );
  return sum / pairs;
}
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe("the area under the ROC curve", () => {
  test("is scikit-learn's", async () => {
    // roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), its documentation's first example
    using network = await createNetwork({ inputs: 1, layers: [{ units: 1 }], loss: "binaryCrossEntropy" });
    network.layers[0].setWeights({ kernel: Float32Array.of(1) });
    expect(network.evaluate({ x: [[0.1], [0.4], [0.35], [0.8]], y: [0, 0, 1, 1] }).auc).toBe(0.75);
    expect(network.evaluate({ x: [[0.1], [0.4], [0.4], [0.8]], y: [0, 0, 1, 1] }).auc).toBe(0.875); // half of a tie
    network.layers[0].setWeights({ kernel: Float32Array.of(-1) });
    expect(network.evaluate({ x: [[0.1], [0.4], [0.35], [0.8]], y: [0, 0, 1, 1] }).auc).toBe(0.25);
    expect(network.evaluate({ x: [[0.1], [0.4], [0.35], [0.8]], y: [[0], [0], [0.4], [0]] })).not.toHaveProperty("auc");
    // more rows than a chunk, in one sum
    const many = { x: x.map(([a]) => [a]), y: x.map(([a]) => Number(a < 0)) };
    expect(network.evaluate(many).auc).toBe(1);
  });

  test.each([
    ["crossEntropy", "linear", 4],
    [{ name: "crossEntropy", from: "probabilities" }, "softmax", 4],
    [{ name: "crossEntropy", labelSmoothing: 0.2 }, "linear", 4],
    ["crossEntropy", "linear", 2],
    ["binaryCrossEntropy", "linear", 1],
    [{ name: "binaryCrossEntropy", from: "probabilities" }, "sigmoid", 1],
  ] as const)("of what %j of %s predicts, each of %i classes against the rest", (loss, activation, units) =>
    withNetwork(specOf(loss, units, activation), async (network) => {
      const y = units === 4 ? labels : labels.map((label) => Number(label > 0));
      await network.fit({ x, y }, { epochs: 2 });
      const { data } = network.predict(x);
      const areaOf = (column: number, label: number) =>
        naiveArea(
          x.map((_, r) => data[r * units + column]),
          y.map((own) => own === label),
        );
      const wanted = {
        1: () => areaOf(0, 1),
        2: () => areaOf(1, 1),
        4: () => meanOf([0, 1, 2, 3].map((c) => areaOf(c, c))),
      };
      expect(network.evaluate({ x, y }).auc).toBeCloseTo(wanted[units](), 5);
    }),
  );

  test("of labels that do not exclude each other: the mean over outputs", () =>
    withNetwork(specOf("binaryCrossEntropy", 2), (network) => {
      const y = labels.map((label) => [Number(label > 0), label % 2]);
      const { data } = network.predict(x);
      const areas = [0, 1].map((unit) =>
        naiveArea(
          x.map((_, r) => data[r * 2 + unit]),
          y.map((row) => row[unit] === 1),
        ),
      );
      expect(network.evaluate({ x, y }).auc).toBeCloseTo(meanOf(areas), 6);
    }));

  test("rows that are all but sure keep their order, where probabilities round to 1", async () => {
    const spec = { inputs: 1, layers: [{ units: 2 }], loss: "crossEntropy" } as const;
    using network = await createNetwork(spec);
    network.layers[0].setWeights({ kernel: Float32Array.of(0, 1) });
    const rows = [[30], [31], [40], [41]];
    expect([...network.predict(rows).data].filter((_, i) => i % 2 === 1)).toEqual([1, 1, 1, 1]);
    expect(network.evaluate({ x: rows, y: [0, 0, 1, 1] }).auc).toBe(1);
    expect(network.evaluate({ x: rows, y: [1, 1, 0, 0] }).auc).toBe(0);
    // beyond what odds in float32 tell apart, on both sides
    const far = [[200], [300], [-300], [-200]];
    expect(network.evaluate({ x: far, y: [0, 1, 0, 1] }).auc).toBe(0.75);
    expect(network.evaluate({ x: far, y: [1, 0, 1, 0] }).auc).toBe(0.25);
  });

  test("so they do where odds leave float32, and those of several classes go by the sum of the others", async () => {
    const spec = {
      inputs: 3,
      layers: [{ units: 3, activation: "linear", useBias: false }],
      loss: "crossEntropy",
    } as const;
    using network = await createNetwork(spec);
    network.layers[0].setWeights({ kernel: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) });
    // class 0 against the rest: 200 under 300, -300 under -200; 100 - ln 2 under 100 - ln(1 + 1/e)
    const rows = [
      [200, 0, -50],
      [300, 0, -50],
      [-300, 0, -50],
      [-200, 0, -50],
      [100, 0, 0],
      [100, -1, 0],
    ];
    const areaOfFirst = (y: number[]) => {
      const others = [1, 2].map((label) =>
        naiveArea(
          rows.map((row) => row[label] - Math.log(row.reduce((sum, z, c) => sum + (c === label ? 0 : Math.exp(z)), 0))),
          y.map((own) => own === label),
        ),
      );
      return 3 * network.evaluate({ x: rows, y }).auc! - others[0] - others[1];
    };
    expect(areaOfFirst([1, 0, 2, 0, 1, 0])).toBeCloseTo(6 / 9, 6);
    expect(areaOfFirst([0, 1, 0, 2, 0, 1])).toBeCloseTo(3 / 9, 6);
  });

  test("is absent where a class has no rows or all of them, of numbers, and where an output is none", async () => {
    await withNetwork(specOf("crossEntropy", 5), (network) => {
      expect(network.evaluate({ x, y: labels })).not.toHaveProperty("auc"); // none of class 4
    });
    await withNetwork(specOf("crossEntropy", 2), (network) => {
      expect(network.evaluate({ x, y: labels.map(() => 1) })).not.toHaveProperty("auc");
    });
    await withNetwork(specOf("meanSquaredError", 1), (network) => {
      expect(network.evaluate({ x, y: labels.map((label) => Number(label > 0)) })).not.toHaveProperty("auc");
    });
    const linear = { units: 1, activation: "linear" } as const;
    using network = await createNetwork({ inputs: 1, layers: [linear, linear], loss: "binaryCrossEntropy" });
    network.layers[0].setWeights({ kernel: Float32Array.of(3e38) });
    network.layers[1].setWeights({ kernel: Float32Array.of(0) });
    expect(network.evaluate({ x: [[1e30], [0]], y: [1, 0] })).not.toHaveProperty("auc");
  });
});

test("weights count in the loss alone", () =>
  withNetwork(specOf("crossEntropy", 4), (network) => {
    const { loss, ...figures } = network.evaluate({ x, y: labels });
    const weighted = network.evaluate({ x, y: labels, weights: labels.map((label) => label + 0.5) });
    expect(weighted.loss).not.toBe(loss);
    expect(weighted).toMatchObject(figures);
  }));
