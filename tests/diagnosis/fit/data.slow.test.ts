// Findings on inputs and targets: each beside data that look much the same and are well.
import { describe, expect, test } from "vitest";
import {
  adam,
  diagnose,
  forecast,
  type NetworkSpec,
  rmsprop,
  sgd,
  standardize,
  standardizeTargets,
} from "../../../src/index.js";
import { forward, type Rows } from "../../reference/network.js";
import { toReference, withNetwork } from "../../support/networks.js";
import { spot, SQUARE } from "../../support/samples.js";
import { causesOf, expectFigures, findingsAfter, only } from "./support.js";

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
const regression = (...units: number[]): NetworkSpec => ({
  inputs: 2,
  layers: [...units.map((width) => ({ units: width })), { units: 1 }],
  loss: "meanSquaredError",
  seed: 1,
});

describe("unscaledTargets", () => {
  const prices = SQUARE.map(([a, b]) => 250000 + 60000 * a - 30000 * Math.max(b, 0));
  const spec = regression(32, 16);
  const forty = (learningRate = 0.001) => ({ epochs: 40, optimizer: adam({ learningRate }) });

  test("prices that outputs do not come to: the only cause, with the figures", async () => {
    const findings = await findingsAfter(spec, SQUARE, prices, forty());
    expect(causesOf(findings)).toEqual(["unscaledTargets"]);
    const [finding] = only(findings, "unscaledTargets");
    expectFigures(
      { ...finding, figures: { mean: finding.figures!.mean / 1e5, spread: finding.figures!.spread / 1e5 } },
      {
        mean: mean(prices) / 1e5,
        spread: spread(prices) / 1e5,
      },
    );
    expect(finding.advice).toMatch(/standardizeTargets/);
  });

  test.each<[string, number[]]>([
    ["a large mean alone", SQUARE.map(([a, b]) => 5000 + a * Math.abs(b))],
    ["a large spread alone", SQUARE.map(([a, b]) => 3000 * Math.sin(a) * b)],
  ])("%s", async (_name, y) => {
    expect(causesOf(await findingsAfter(spec, SQUARE, y, forty()))).toEqual(["unscaledTargets"]);
  });

  test("not raw targets that were learned, nor standardized ones", async () => {
    expect(only(await findingsAfter(spec, SQUARE, prices, forty(0.1)), "unscaledTargets")).toEqual([]);
    const scaled = standardizeTargets(prices).apply(prices);
    const findings = await findingsAfter(spec, SQUARE, [...scaled.data], forty());
    expect(causesOf(findings)).toEqual([]);
  });

  test("not large targets whose mean and spread are met, though noise is left", async () => {
    const y = SQUARE.map(([a], i) => 40 * a + 60 * Math.sin(7.77 * i * i));
    const findings = await findingsAfter(spec, SQUARE, y, { epochs: 150, optimizer: adam({ learningRate: 0.01 }) });
    expect(only(findings, "unscaledTargets")).toEqual([]);
  });

  test("not outputs that shot past the targets: their size is not what did it", async () => {
    const line = Array.from({ length: 31 }, (_, i) => [i]);
    const findings = await findingsAfter(
      { inputs: 1, layers: [{ units: 1 }], loss: "meanSquaredError", seed: 1 },
      line,
      line.map(([value]) => 2 * value - 1),
      { epochs: 20, optimizer: sgd({ learningRate: 0.01 }) },
    );
    expect(only(findings, "unscaledTargets")).toEqual([]);
    expect(causesOf(findings)).toContain("unscaledInputs");
  });
});

describe("closedSamples", () => {
  const corners = Array.from({ length: 400 }, (_, i) => [i & 1, (i >> 1) & 1]);
  const xor = corners.map(([a, b]) => a ^ b);
  const spec = (seed: number): NetworkSpec => ({
    inputs: 2,
    layers: [{ units: 2 }, { units: 1 }],
    loss: "binaryCrossEntropy",
    seed,
  });
  const fit = { epochs: 300, batchSize: 4, optimizer: rmsprop({ learningRate: 0.001 }) };

  /** Rows that open no unit of layer 0, and their share of the loss, in float64. */
  function closedOf(seed: number): Promise<{ rows: number; share: number; isSilent: boolean }> {
    return withNetwork(spec(seed), async (network) => {
      await network.fit({ x: corners, y: xor }, fit);
      const [hidden, output] = forward(toReference(network), corners);
      const losses = output.z.map(
        ([z], row) => Math.log1p(Math.exp(-Math.abs(z))) + (z > 0 === (xor[row] === 1) ? 0 : Math.abs(z)),
      );
      const closed = [...hidden.a.keys()].filter((row) => hidden.a[row].every((value) => value === 0));
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      const { findings } = diagnose(network, corners, { targets: xor });
      expect(findings.some(({ kind }) => kind === "healthySparsity")).toBe(false);
      return {
        rows: closed.length,
        share: sum(closed.map((row) => losses[row])) / sum(losses),
        isSilent: !findings.some(({ kind }) => kind === "closedSamples"),
      };
    });
  }

  test.each([0, 2, 3, 4, 5])("XOR that is stuck (seed %d), though units live", async (seed) => {
    const { rows, share } = await closedOf(seed);
    expect(rows).toBeGreaterThanOrEqual(200);
    const findings = await findingsAfter(spec(seed), corners, xor, fit);
    expect(causesOf(findings)).toEqual(["closedSamples"]);
    expectFigures(only(findings, "closedSamples")[0], { closedRows: rows, rows: 400, lossShare: share });
  });

  test("not where it was learned, though a corner opens none", async () => {
    expect(await closedOf(6)).toMatchObject({ rows: 100, isSilent: true });
  });

  test("rows on which a relu output is 0 and should say more", async () => {
    const x: Rows = SQUARE.map(([a]) => [a]);
    const y = x.map(([a]) => Math.abs(a));
    const half: NetworkSpec = { inputs: 1, layers: [{ units: 1, activation: "relu" }], loss: "meanSquaredError" };
    const findings = await findingsAfter(half, x, y, undefined, (network) =>
      network.layers[0].setWeights({ kernel: Float32Array.of(1) }),
    );
    const short = x.filter(([a]) => a < 0).length;
    expect(short).toBeGreaterThan(150);
    expectFigures(only(findings, "closedSamples")[0], { closedRows: short, lossShare: 1 });
    expect(only(findings, "closedSamples")[0]).toMatchObject({ layer: 0, advice: expect.stringMatching(/linear/) });
  });

  test("not leaky units, which pass a gradient below 0 as well", async () => {
    const leaky: NetworkSpec = { ...spec(2), layers: [{ units: 2, activation: "leakyRelu" }, { units: 1 }] };
    expect(only(await findingsAfter(leaky, corners, xor, fit), "closedSamples")).toEqual([]);
  });

  test("nor rows whose targets are noise: there is nothing to be learned there", async () => {
    const x: Rows = SQUARE;
    const noisy = x.map(([a], i) => (a > 0.5 ? 2 * a : 0) + 3 * Math.sin(7.77 * i * i));
    const findings = await findingsAfter(regression(2), x, noisy, undefined, (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(2, 2, 0, 0), bias: Float32Array.of(-1, -1) });
      network.layers[1].setWeights({ kernel: Float32Array.of(0.5, 0.5), bias: Float32Array.of(0.5) });
    });
    expect(only(findings, "closedSamples")).toEqual([]);
    const clean = x.map(([a, b]) => (a > 0.5 ? 2 * a : 3 * b));
    const told = await findingsAfter(regression(2), x, clean, undefined, (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(2, 2, 0, 0), bias: Float32Array.of(-1, -1) });
      network.layers[1].setWeights({ kernel: Float32Array.of(0.5, 0.5), bias: Float32Array.of(0.5) });
    });
    expect(only(told, "closedSamples")).toHaveLength(1);
  });

  test("nor rows without a share of the loss: a class that the bias says", async () => {
    const x: Rows = SQUARE;
    const y = x.map(([a, b]) => Number(a > 0 && b > 0));
    const findings = await findingsAfter({ ...spec(1), layers: [{ units: 8 }, { units: 1 }] }, x, y, {
      epochs: 100,
      optimizer: adam({ learningRate: 0.02 }),
    });
    expect(only(findings, "closedSamples")).toEqual([]);
  });
});

describe("linearNetwork", () => {
  const fit = { epochs: 100, optimizer: adam({ learningRate: 0.01 }) };
  const linear = (...units: number[]): NetworkSpec => ({
    ...regression(),
    layers: [...units.map((width) => ({ units: width, activation: "linear" as const })), { units: 1 }],
  });
  const product = SQUARE.map(([a, b]) => a * b);

  test.each<[string, NetworkSpec, RegExp]>([
    ["no hidden layer", linear(), /no hidden layer/],
    ["one that is linear", linear(8), /The only hidden layer is linear/],
    ["three that are", linear(8, 8, 4), /All 3 hidden layers are linear/],
  ])("a product, and %s", async (_name, spec, message) => {
    const findings = await findingsAfter(spec, SQUARE, product, fit);
    expect(causesOf(findings)).toEqual(["linearNetwork"]);
    const [finding] = only(findings, "linearNetwork");
    expect(finding.message).toMatch(message);
    expect(finding.figures!.linear).toBeGreaterThan(0.95); // no linear fit tells anything of a product
    expect(finding.figures!.bent).toBeLessThan(0.05);
  });

  test("classes that no line divides", async () => {
    const y = SQUARE.map(([a, b]) => Number(a * a + b * b < 2));
    const spec: NetworkSpec = { ...linear(6), loss: "binaryCrossEntropy" };
    expect(causesOf(await findingsAfter(spec, SQUARE, y, fit))).toEqual(["linearNetwork"]);
    const rings = SQUARE.map(([a, b]) => Math.min(2, Math.floor((a * a + b * b) / 1.5)));
    const three: NetworkSpec = { ...linear(), layers: [{ units: 3 }], loss: "crossEntropy" };
    expect(causesOf(await findingsAfter(three, SQUARE, rings, fit))).toEqual(["linearNetwork"]);
  });

  test.each<[string, NetworkSpec, number[]]>([
    ["linear data", linear(), SQUARE.map(([a, b]) => a + 2 * b)],
    ["linear data with noise", linear(8), SQUARE.map(([a], i) => a + 3 * Math.sin(7.77 * i * i))],
    ["noise alone", linear(), SQUARE.map((_, i) => Math.sin(7.77 * i * i))],
    ["classes that a line divides", { ...linear(), loss: "binaryCrossEntropy" }, SQUARE.map(([a, b]) => Number(a > b))],
    [
      "three classes in stripes, which a softmax of lines tells apart",
      { ...linear(), layers: [{ units: 3 }], loss: "crossEntropy" },
      SQUARE.map(([a]) => (a < -0.7 ? 0 : 1 + Number(a > 0.7))),
    ],
  ])("not %s, learned or not", async (_name, spec, y) => {
    for (const epochs of [1, 100])
      expect(only(await findingsAfter(spec, SQUARE, y, { ...fit, epochs }), "linearNetwork")).toEqual([]);
  });

  test("not a network with a bend that has not learned a product yet", async () => {
    expect(only(await findingsAfter(regression(8), SQUARE, product, { epochs: 1 }), "linearNetwork")).toEqual([]);
  });
});

describe("bottleneck", () => {
  const line = Array.from({ length: 40 }, (_, i) => [1 + i / 20]);
  const y = line.map(([value]) => value / 2);
  const narrow = (units: readonly number[], seed: number): NetworkSpec => ({
    inputs: 1,
    layers: [...units.map((width) => ({ units: width })), { units: 1 }],
    loss: "meanSquaredError",
    seed,
  });
  const fit = { epochs: 400, optimizer: adam({ learningRate: 0.05 }) };

  test("one unit that is closed, with the chance of it: exactly a half on rows of one sign", async () => {
    let closed = 0;
    for (let seed = 0; seed < 12; seed++) {
      const findings = await findingsAfter(narrow([1], seed), line, y, fit);
      const isClosed = only(findings, "collapsedOutput").length > 0;
      expect(only(findings, "bottleneck")).toHaveLength(Number(isClosed));
      if (!isClosed) continue;
      closed++;
      expect(causesOf(findings)).toContain("bottleneck");
      expectFigures(only(findings, "bottleneck")[0], { units: 1, low: 0.5, high: 0.5 });
    }
    expect(closed).toBeGreaterThan(1);
    expect(closed).toBeLessThan(11);
  });

  test("names the narrow layer among wide ones", async () => {
    const spec = narrow([16, 1, 16], 0);
    const findings = await withNetwork(spec, (network) => {
      network.layers[1].setWeights({ bias: Float32Array.of(-1e3) });
      return diagnose(network, line, { targets: y }).findings;
    });
    expect(only(findings, "bottleneck")).toMatchObject([{ layer: 1, figures: { units: 1 } }]);
  });

  test("not a layer of four that is open, though noise lets nothing be learned", async () => {
    const noise = line.map((_, i) => Math.sin(7.77 * i * i));
    for (let seed = 0; seed < 6; seed++) {
      const findings = await findingsAfter(narrow([4], seed), line, noise, { ...fit, epochs: 20 });
      const dead = only(findings, "silentTogether").length > 0;
      if (!dead) expect(only(findings, "bottleneck")).toEqual([]);
    }
  });

  test("not a narrow layer that works, nor a wide one that is closed", async () => {
    for (let seed = 0; seed < 6; seed++) {
      const findings = await findingsAfter(narrow([4], seed), line, y, fit);
      if (only(findings, "collapsedOutput").length === 0) expect(only(findings, "bottleneck")).toEqual([]);
    }
    const wide = await withNetwork(narrow([24], 1), (network) => {
      network.layers[0].setWeights({ bias: new Float32Array(24).fill(-1e3) });
      return diagnose(network, line, { targets: y }).findings;
    });
    expect(only(wide, "collapsedOutput")).toHaveLength(1);
    expect(only(wide, "bottleneck")).toEqual([]);
  });
});

describe("inputs are judged by what they do", () => {
  const percentages = Array.from({ length: 500 }, (_, i) => [100 * spot(i, 0), 100 * spot(i, 1)]);
  const over = percentages.map(([a, b]) => Number(a + b > 50));
  const spec: NetworkSpec = { inputs: 2, layers: [{ units: 110 }, { units: 1 }], loss: "binaryCrossEntropy", seed: 1 };
  const fit = { epochs: 30, optimizer: sgd({ learningRate: 0.1 }) };

  test("percentages that close 98 of 110 units: diagnose says what forecast says", async () => {
    const findings = await findingsAfter(spec, percentages, over, fit);
    expect(causesOf(findings)).toEqual(["uncenteredInputs"]);
    const [{ message, figures }] = only(findings, "uncenteredInputs");
    expect(figures!.closed).toBe(98);
    expect(message).toContain("98 of 110 units of layer 0 are closed on every row");
    const { advice } = forecast(spec, percentages);
    // a quarter of 110, from drawn networks
    expect(advice[0]).toMatch(/^The inputs are not centred \(no input is below 0.*2[78] of 110 units/);
  });

  test("standardized, neither of them says so", async () => {
    const { data } = standardize(percentages).apply(percentages);
    const x = percentages.map((_, row) => [data[2 * row], data[2 * row + 1]]);
    const findings = await findingsAfter(spec, x, over, fit);
    expect(causesOf(findings)).toEqual([]);
    for (const kind of ["uncenteredInputs", "unscaledInputs"] as const) expect(only(findings, kind)).toEqual([]);
    expect(forecast(spec, x).advice.join(" ")).not.toMatch(/inputs/i);
  });

  test.each<[string, Rows]>([
    ["ages", SQUARE.map(([a, b]) => [18 + 10 * (a + 2), 20 + 12 * (b + 2)])],
    ["scores from 0 to 30", SQUARE.map(([a, b]) => [7.5 * (a + 2), 7.5 * (b + 2)])],
  ])("%s: both speak, of the same", async (_name, x) => {
    const y = SQUARE.map(([a, b]) => Number(a * b > 0));
    const wide: NetworkSpec = { ...spec, layers: [{ units: 40 }, { units: 1 }] };
    const findings = await findingsAfter(wide, x, y, { epochs: 5, optimizer: sgd({ learningRate: 0.01 }) });
    const kinds = causesOf(findings);
    expect(kinds.some((kind) => kind === "uncenteredInputs" || kind === "unscaledInputs")).toBe(true);
    expect(forecast(wide, x).advice.join(" ")).toMatch(/inputs are not centred/);
  });

  test("a distance that has done nothing is a remark", async () => {
    const x = SQUARE.map(([a, b]) => [a / 8 + 1, b / 8 + 1]);
    const y = SQUARE.map(([a, b]) => Number(a > b));
    const findings = await findingsAfter(spec, x, y, { epochs: 60, optimizer: adam({ learningRate: 0.01 }) });
    expect(only(findings, "uncenteredInputs")).toMatchObject([{ role: "remark" }]);
  });
});

describe("outlierInputs", () => {
  const slip = SQUARE.map(([a, b], row) => [row === 77 ? 1e6 * a : a, b]);
  const y = SQUARE.map(([a, b]) => Math.abs(a) - b);
  const fit = { epochs: 10, optimizer: adam({ learningRate: 0.01 }) };

  test("one row with a slip of the decimal point, by diagnose and forecast", async () => {
    const findings = await findingsAfter(regression(16), slip, y, fit);
    expect(causesOf(findings)).toEqual(["outlierInputs"]);
    const others = slip.filter((_, row) => row !== 77).map(([a]) => a);
    expectFigures(only(findings, "outlierInputs")[0], { column: 0, rows: 1, row: 77, rest: spread(others) });
    expect(only(findings, "outlierInputs")[0].message).toMatch(
      /^Column 0 has a spread of .*, which comes from 1 row of/,
    );
    expect(forecast(regression(16), slip).advice.join(" ")).toMatch(/row 77/);
  });

  test.each<[string, (row: number, a: number) => number]>([
    ["three codes for missing values among 400 rows", (row, a) => (row % 150 === 9 ? -9999 : a)],
    ["two prices in cents", (row, a) => (row % 200 === 50 ? 50 * (a + 30) : a + 3)],
  ])("%s", async (_name, change) => {
    const x = SQUARE.map(([a, b], row) => [change(row, a), b]);
    expect(only(await findingsAfter(regression(16), x, y, fit), "outlierInputs")).toHaveLength(1);
  });

  test.each<[string, (row: number, a: number) => number]>([
    ["a rare event", (row) => Number(row === 77)],
    ["a pixel that lights up on a few rows", (row) => (row % 100 === 3 ? 255 : 0)],
    ["a long tail", (_row, a) => Math.exp(1.5 * a)],
    ["two far groups", (row, a) => (row % 2 === 0 ? a : 1000 + a)],
    ["a code in a tenth of the rows", (row, a) => (row % 10 === 0 ? -999 : a)],
  ])("not %s", async (_name, change) => {
    const x = SQUARE.map(([a, b], row) => [change(row, a), b]);
    expect(only(await findingsAfter(regression(16), x, y, fit), "outlierInputs")).toEqual([]);
  });
});
