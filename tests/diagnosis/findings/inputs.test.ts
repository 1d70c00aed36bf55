// Findings on the inputs where each holds by construction, and on look-alikes where it does not; figures recomputed.
import { describe, expect, test } from "vitest";
import { loadDigits } from "../../support/digits.js";
import { withNetwork } from "../../support/networks.js";
import { randomRows, seededRandom } from "../../support/random.js";
import { adam, cosine, type DenseSpec, diagnose, type FitOptions, type Network, sgd } from "../../../src/index.js";
import { column, dense, expectFigure, findingsOf, mean, norm, plain, spread } from "./support.js";

describe("constantInputs and duplicateInputs", () => {
  const x = plain.map(([a, b], i) => [0, a, 7, b, a, i === 59 ? 1e-6 : 0, b, -a, a]);
  const spec = dense([5, 1], "meanSquaredError", "linear", "relu", 9);

  test("which, and how many are 0", async () => {
    const [{ message }] = await findingsOf(spec, x, "constantInputs");
    expect(message).toMatch(
      /^2 of 9 input columns never change on these 60 samples \(1 of them always 0, .*\): 0, 2\.$/,
    );
    const [duplicate] = await findingsOf(spec, x, "duplicateInputs");
    expect(duplicate.message).toMatch(/^3 input columns of 9 repeat an earlier one on all 60 samples: 4, 6, 8\.$/);
  });

  test("over several chunks of rows; a column that differs in the last one alone is neither", async () => {
    const many = randomRows(seededRandom(5), 700, 1).map(([a], i) => [a, i === 699 ? -a : a, Number(i === 699)]);
    expect(await findingsOf(dense([5, 1]), many, "duplicateInputs")).toEqual([]);
    expect(await findingsOf(dense([5, 1]), many, "constantInputs")).toEqual([]);
    const same = many.map(([a]) => [a, a, 3]);
    expect((await findingsOf(dense([5, 1]), same, "duplicateInputs"))[0].message).toContain(": 1.");
    expect((await findingsOf(dense([5, 1]), same, "constantInputs"))[0].message).toMatch(
      /1 of 3 .* acts as a second bias\): 2\./,
    );
  });

  test("columns with the same numbers in another order are no duplicates", async () => {
    const base = plain.map(([a]) => a);
    expect(
      await findingsOf(
        dense([5, 1]),
        base.map((a, i) => [a, base[(i + 1) % 60], base[59 - i]]),
        "duplicateInputs",
      ),
    ).toEqual([]);
    expect(
      await findingsOf(
        dense([5, 1]),
        base.map((_, i) => [i % 2, 1 - (i % 2), (i >> 1) % 2]),
        "duplicateInputs",
      ),
    ).toEqual([]);
  });

  test("one sample says nothing", async () => {
    for (const kind of ["constantInputs", "duplicateInputs", "uncenteredInputs", "unscaledInputs"] as const)
      expect(await findingsOf(dense([5, 1]), [[500, 500, 0]], kind)).toEqual([]);
  });
});

describe("uncenteredInputs and unscaledInputs", () => {
  const shifted = (shift: number, scale = 1) => plain.map((row) => row.map((value) => scale * value + shift));

  test("uncentred: the mean over the spread, as norms over the columns", async () => {
    const x = shifted(3);
    const [{ message }] = await findingsOf(dense([5, 1]), x, "uncenteredInputs");
    const columns = [0, 1, 2].map((c) => column(x, c));
    expectFigure(message, norm(columns.map(mean)) / norm(columns.map(spread)));
    const worst = columns.map(mean).indexOf(Math.max(...columns.map(mean)));
    expect(message).toContain(`column ${worst}:`);
    expectFigure(message, mean(columns[worst]));
    expectFigure(message, spread(columns[worst]));
  });

  test.each([
    ["centred", plain],
    ["from 0 to 1", plain.map((row) => row.map((value) => (value + 1) / 2))],
    ["of both signs, large, centred", plain.map((row) => row.map((value) => value * 20))],
    ["0 or 1, evenly", plain.map((row) => row.map((value) => Number(value > 0)))],
  ])("not inputs that are %s", async (_name, x) => {
    expect(await findingsOf(dense([5, 1]), x, "uncenteredInputs")).toEqual([]);
    expect(await findingsOf(dense([5, 1]), x, "unscaledInputs")).toEqual([]);
  });

  test("nor a constant column beside centred ones: it is a bias", async () => {
    expect(
      await findingsOf(
        dense([5, 1]),
        plain.map(([a, b]) => [a, b, 1000]),
        "uncenteredInputs",
      ),
    ).toEqual([]);
  });

  test("unscaled: columns that differ a thousandfold", async () => {
    const x = plain.map(([a, b, c]) => [a, 1000 * b, c]);
    const [{ message }] = await findingsOf(dense([5, 1]), x, "unscaledInputs");
    const spreads = [0, 1, 2].map((c) => spread(column(x, c)));
    for (const value of [Math.max(...spreads), Math.min(...spreads), Math.max(...spreads) / Math.min(...spreads)])
      expectFigure(message, value);
  });

  test.each([[100], [0.01]])("unscaled: all of size %d", async (scale) => {
    const x = shifted(0, scale);
    const [{ message }] = await findingsOf(dense([5, 1]), x, "unscaledInputs");
    expectFigure(message, norm([0, 1, 2].map((c) => spread(column(x, c)))) / Math.sqrt(3));
  });

  test("not a pixel that hardly ever lights up", async () => {
    const x = randomRows(seededRandom(6), 400, 12).map((row, i) =>
      row.map((value, c) => (c === 0 ? Number(i === 5) / 1000 : (value + 1) / 2)),
    );
    expect(await findingsOf(dense([5, 1], "meanSquaredError", "linear", "relu", 12), x, "unscaledInputs")).toEqual([]);
    const few = x.map((row) => [16 * row[0], row[1], row[2]]);
    expect(spread(column(few, 1)) / spread(column(few, 0))).toBeGreaterThan(100);
    expect(await findingsOf(dense([5, 1]), few, "unscaledInputs")).toEqual([]);
  });

  test("numbers whose squares leave float32 have their figures all the same", async () => {
    const x = plain.map((row) => row.map((value) => Math.fround(value * 1e25)));
    const findings = await withNetwork(dense([5, 1]), (network) => {
      network.layers[0].setWeights({ kernel: new Float32Array(15).fill(1e-25) });
      return diagnose(network, x, { proofs: false }).findings;
    });
    const { message } = findings.find(({ kind }) => kind === "unscaledInputs")!;
    expectFigure(message, norm([0, 1, 2].map((c) => spread(column(x, c)))) / Math.sqrt(3));
    const small = await findingsOf(
      dense([5, 1]),
      plain.map((row) => row.map((value) => Math.fround(value * 1e-30))),
      "unscaledInputs",
    );
    expect(small[0].message).toMatch(/e-31/);
  });
});

describe("digits, whose means are 1.5 times their spreads, at rates that are too high", () => {
  const { training } = loadDigits();
  const means = training.x[0].map((_, c) => mean(training.x.map((row) => row[c])));
  const centred = training.x.map((row) => row.map((pixel, c) => pixel - means[c]));
  const judged = (x: number[][], learningRate: number, hidden: number[], seed: number) =>
    withNetwork(
      { inputs: 64, layers: [...hidden.map((units) => ({ units })), { units: 10 }], loss: "crossEntropy", seed },
      async (network) => {
        const fit = { epochs: 5, batchSize: 32, optimizer: sgd({ learningRate }) };
        const history = await network.fit({ x, y: training.y }, fit);
        const { findings, learning } = diagnose(network, x, { targets: training.y, history, proofs: false });
        const causes = findings.filter(({ role }) => role === "cause").map(({ kind }) => kind);
        return { causes, accuracy: learning!.accuracy! };
      },
    );

  test("at ten times the right rate both are causes: lowering the rate cures, and so does centring", async () => {
    for (const seed of [1, 2, 3]) {
      const { causes, accuracy } = await judged(training.x, 1, [64, 32], seed);
      expect(accuracy).toBeLessThan(0.6);
      expect(causes).toEqual(["highRate", "uncenteredInputs"]);
      expect((await judged(training.x, 0.1, [64, 32], seed)).accuracy).toBeGreaterThan(0.9);
      expect((await judged(centred, 1, [64, 32], seed)).accuracy).toBeGreaterThan(0.9);
    }
  });

  test("at a hundred times the rate alone is: centring does not cure", async () => {
    for (const seed of [1, 2, 3]) {
      const { causes, accuracy } = await judged(training.x, 10, [64, 32], seed);
      expect(accuracy).toBeLessThan(0.2);
      expect(causes).toEqual(["divergence"]);
      expect((await judged(centred, 10, [64, 32], seed)).accuracy).toBeLessThan(0.2);
    }
  });

  test("at the right rate, and three times it, neither is", async () => {
    for (const rate of [0.1, 0.3]) expect((await judged(training.x, rate, [64, 32], 1)).causes).toEqual([]);
  });
});

describe("one fault, on inputs a little off centre: it is the cause, and they are not", () => {
  const { training } = loadDigits(); // whose means are 1.5 times their spreads
  const causesAfter = (
    layers: DenseSpec[],
    fit: Partial<FitOptions>,
    seed: number,
    change?: (network: Network) => void,
  ) =>
    withNetwork({ inputs: 64, layers: [...layers, { units: 10 }], loss: "crossEntropy", seed }, async (network) => {
      change?.(network);
      const options = { epochs: 6, optimizer: adam({ learningRate: 0.003 }), ...fit };
      const history = await network.fit(training, options);
      const { findings } = diagnose(network, training.x, { targets: training.y, history, proofs: false });
      return findings.filter(({ role }) => role === "cause").map(({ kind }) => kind);
    });
  const four = (layer: Partial<DenseSpec>): DenseSpec[] => Array.from({ length: 4 }, () => ({ units: 32, ...layer }));

  test.each([1, 2, 3])("a layer that beta has shut, with layers above and below (seed %d)", async (seed) => {
    const layers = four({ normalization: "layer" });
    const causes = await causesAfter(layers, {}, seed, (network) =>
      network.layers[2]!.setWeights({ beta: new Float32Array(32).fill(-100) }),
    );
    expect(causes).toEqual(["collapsedOutput"]);
    expect(await causesAfter(layers, {}, seed)).toEqual([]);
  });

  test.each([1, 2, 3])("a schedule that has come to 0 within the first epoch (seed %d)", async (seed) => {
    const causes = await causesAfter(four({}), { learningRate: cosine({ epochs: 0.5 }) }, seed);
    expect(causes).toEqual(["stepsTooSmall"]);
  });
});
