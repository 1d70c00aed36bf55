// prescribe on small copies of public reports: what it recommends learns, and nothing below a constant is recommended.
import { describe, expect, it } from "vitest";
import { spot, SQUARE } from "../../support/samples.js";
import {
  adam,
  createNetwork,
  type DataSet,
  diagnose,
  type FitOptions,
  type Network,
  type NetworkSpec,
  prescribe,
  type Prescription,
  rmsprop,
  sgd,
  standardize,
  standardizeTargets,
} from "../../../src/index.js";

const bent = { x: SQUARE, y: SQUARE.map(([a, b]) => Math.abs(a) - b) };
const alone = { workers: 1 } as const;

const net = (inputs: number, units: readonly number[], more: Partial<NetworkSpec> = {}): NetworkSpec => ({
  inputs,
  layers: units.map((count) => ({ units: count })),
  loss: "meanSquaredError",
  seed: 1,
  ...more,
});

/** Of the constant's loss, what a trial leaves. */
const share = ({ best, constant }: Prescription): number => best.metrics.loss / constant.metrics.loss;

/** What is said agrees with the table: what is taken stands first, above the constant, and is better. */
function expectSound(found: Prescription): void {
  const { trials, best, baseline, verdict, measure, constant } = found;
  const score = (each: Pick<Prescription["best"], "metrics" | "balancedAccuracy">): number => {
    if (measure === "balancedAccuracy") return each.balancedAccuracy!;
    return measure === "accuracy" ? each.metrics.accuracy! : -each.metrics.loss;
  };
  expect(String(found).startsWith(verdict.slice(0, 20))).toBe(true);
  expect(String(found)).toContain("the constant");
  if (best === baseline) {
    expect(verdict).not.toMatch(/^Take/);
    return;
  }
  expect(best).toBe(trials[0]);
  expect(best.failed).toBeUndefined();
  expect(verdict.startsWith(`Take "${best.name}"`)).toBe(true);
  expect(score(best)).toBeGreaterThanOrEqual(score(constant));
  for (const trial of trials) if (trial.failed) expect(trials.indexOf(trial)).toBeGreaterThan(trials.indexOf(best));
}

async function tried(spec: NetworkSpec, data: DataSet, fit: FitOptions): Promise<Prescription> {
  const found = await prescribe(spec, data, fit, alone);
  expectSound(found);
  return found;
}

/** The trial once more, as its fields say. */
async function replay({ spec, fit, standardize: scaling }: Prescription["best"], { x, y }: DataSet): Promise<Network> {
  const network = await createNetwork(spec);
  const inputs = scaling?.inputs ? standardize(x) : undefined;
  const targets = scaling?.targets ? standardizeTargets(y) : undefined;
  await network.fit({ x: inputs?.apply(x) ?? x, y: targets?.apply(y) ?? y }, fit);
  targets?.foldInto(network);
  inputs?.foldInto(network);
  return network;
}

describe("the scale of the targets (brain.js 195)", () => {
  it.each([
    ["a mean of 250,000", (a: number, b: number) => 250000 + 60000 * a - 30000 * Math.max(b, 0)],
    ["a spread of 70,000 around 0", (a: number, b: number) => 60000 * a - 30000 * Math.max(b, 0)],
    ["a mean of -5,000 of a spread of 70", (a: number, b: number) => -5000 + 60 * a - 30 * Math.max(b, 0)],
  ])("%s: standardized, and folded back", async (_, f) => {
    const data = { x: SQUARE, y: SQUARE.map(([a, b]) => f(a, b)) };
    const found = await tried(net(2, [32, 16, 1]), data, { epochs: 40, optimizer: adam() });
    expect(found.best.standardize?.targets).toBe(true);
    expect(share(found)).toBeLessThan(0.02);
    using network = await replay(found.best, data);
    const { r2 } = network.evaluate(data);
    expect(r2).toBeGreaterThan(0.98);
  });
});

describe("an output that can't say what is asked (deeplearning.ai 324182)", () => {
  const x = [-2, -1, 0, 1, 2, 3, 4].map((value) => [value]);
  const y = x.map(([value]) => 3 * value - 1);

  it.each(["relu", "sigmoid", "tanh"] as const)("%s for numbers: linear", async (activation) => {
    const spec = { ...net(1, []), layers: [{ units: 16 }, { units: 16 }, { units: 1, activation }] };
    const found = await tried(
      spec,
      { x, y },
      { epochs: 300, optimizer: adam({ learningRate: 0.01 }), validation: { x, y } },
    );
    expect(found.best.name).toContain("linear output");
    expect(found.best.spec.layers.at(-1)!.activation).toMatchObject({ name: "linear" });
    expect(found.best.metrics.loss).toBeLessThan(0.05);
    expect(found.baseline.metrics.loss).toBeGreaterThan(9);
  });

  it.each([
    [
      "softmax over one unit",
      { units: 1, activation: "softmax" },
      { name: "binaryCrossEntropy", from: "probabilities" },
    ],
    [
      "relu under binary cross-entropy",
      { units: 1, activation: "relu" },
      { name: "binaryCrossEntropy", from: "probabilities" },
    ],
    ["softmax over one unit and squared error", { units: 1, activation: "softmax" }, "meanSquaredError"],
  ] as const)("%s for two classes: sigmoid and binary cross-entropy", async (_, output, loss) => {
    const data = { x: SQUARE, y: SQUARE.map(([a, b]) => Number(a * b > 0)) };
    const spec: NetworkSpec = { inputs: 2, layers: [{ units: 16 }, output], loss, seed: 1 };
    const found = await tried(spec, data, { epochs: 30, optimizer: adam({ learningRate: 0.01 }) });
    expect(found.best.name).toContain("sigmoid output");
    expect(found.best.metrics.accuracy).toBeGreaterThan(0.9);
    expect(found.measure).toBe("accuracy");
  });

  it("one sigmoid for four classes: an output for each", async () => {
    const data = { x: SQUARE, y: SQUARE.map(([a, b]) => Number(a > 0) + 2 * Number(b > 0)) };
    const spec: NetworkSpec = {
      inputs: 2,
      layers: [{ units: 16 }, { units: 1, activation: "sigmoid" }],
      loss: { name: "binaryCrossEntropy", from: "probabilities", targets: "any" },
      seed: 1,
    };
    const found = await tried(spec, data, { epochs: 30, optimizer: adam({ learningRate: 0.01 }) });
    expect(found.best.spec.layers.at(-1)!.units).toBe(4);
    expect(found.best.takesClasses).toBe(true);
    expect(found.best.metrics.accuracy).toBeGreaterThan(0.9);
  });
});

describe("steps that are too small (tfjs 259)", () => {
  it.each([
    ["sgd at 1e-5", sgd({ learningRate: 1e-5 })],
    ["adam at 1e-6", adam({ learningRate: 1e-6 })],
    ["momentum at 1e-6", sgd({ learningRate: 1e-6, momentum: 0.9 })],
  ])("%s: larger ones", async (_, optimizer) => {
    const found = await tried(net(2, [16, 1]), bent, { epochs: 20, optimizer });
    const rate = (trial: Prescription["best"]) => trial.fit.optimizer!.learningRate;
    expect(rate(found.best)).toBeGreaterThan(10 * rate(found.baseline));
    expect(share(found)).toBeLessThan(0.3);
  });
});

describe("a collapse by weight decay (playground 77)", () => {
  it.each([1.5, 6])("decay %s", async (weightDecay) => {
    const fit = { epochs: 30, optimizer: sgd({ learningRate: 0.05, weightDecay }) };
    const found = await tried(net(2, [16, 16, 1]), bent, fit);
    expect(found.best.fit.optimizer!.options.weightDecay ?? 0).toBe(0);
    expect(share(found)).toBeLessThan(0.05);
    expect(found.trials.find(({ name }) => name === "no weight decay")!.metrics.loss).toBeLessThan(0.01);
  });
});

describe("ranking", () => {
  const rents = Array.from({ length: 60 }, (_, i) => [
    1 + Math.floor(5 * spot(i, 0)),
    1 + Math.floor(3 * spot(i, 1)),
    600 + Math.floor(2400 * spot(i, 2)),
  ]);

  it.each([1, 2, 3])("an explosion in one seed comes after the baseline (seed %s)", async (seed) => {
    const data = { x: rents, y: rents.map(([a, b, c]) => 300 + 180 * a + 120 * b + 0.55 * c) };
    const fit = { epochs: 100, batchSize: 1, optimizer: sgd({ learningRate: 0.01 }) };
    const found = await tried(net(3, [16, 1], { seed }), data, fit);
    expect(share(found)).toBeLessThan(0.05);
    const place = found.trials.indexOf(found.baseline);
    for (const trial of found.trials.slice(0, place))
      expect(trial.metrics.loss).toBeLessThan(1.1 * (trial.baselineScore ?? Infinity));
  });

  it("stopped rows are compared with the baseline of their seed", async () => {
    const found = await tried(net(2, [2, 2, 1], { seed: 4 }), bent, {
      epochs: 20,
      optimizer: adam({ learningRate: 0.01 }),
    });
    const stopped = found.trials.filter(({ repeats, failed }) => repeats === 1 && !failed);
    expect(stopped.length).toBeGreaterThan(3);
    const first = await prescribe(
      net(2, [2, 2, 1], { seed: 4 }),
      bent,
      { epochs: 20, optimizer: adam({ learningRate: 0.01 }) },
      { ...alone, repeats: 1, trials: 1 },
    );
    for (const { baselineScore } of stopped) expect(baselineScore).toBe(first.baseline.metrics.loss);
  });

  it.each([
    ["noise", 0, { x: SQUARE, y: SQUARE.map((_, i) => spot(i, 2)) }],
    ["noise in classes", 1, { x: SQUARE, y: SQUARE.map((_, i) => Number(spot(i, 2) > 0.5)) }],
    [
      "almost nothing but zeros",
      2,
      { x: SQUARE, y: SQUARE.map((_, i) => (spot(i, 2) > 0.76 ? 1e-4 * (spot(i, 0) - 0.5) : 0)) },
    ],
  ])("nothing below a constant is recommended: %s", async (_, kind, data) => {
    const loss = kind === 1 ? "binaryCrossEntropy" : "meanSquaredError";
    const found = await tried(net(2, [16, 1], { loss }), data, { epochs: 30, optimizer: adam({ learningRate: 0.01 }) });
    const isAbove =
      kind === 1
        ? found.best.metrics.accuracy! > found.constant.metrics.accuracy!
        : found.best.metrics.loss < found.constant.metrics.loss;
    expect(isAbove || !found.verdict.startsWith("Take")).toBe(true);
  });

  it("a constant's answer and loss are the best there are", async () => {
    const y = SQUARE.map(([a]) => (a > 1 ? 100 : a));
    const { constant } = await prescribe(
      net(2, [4, 1], { loss: "meanAbsoluteError" }),
      { x: SQUARE, y },
      { epochs: 2, validation: 0 },
      { ...alone, trials: 1, repeats: 1 },
    );
    const sorted = [...y].sort((a, b) => a - b);
    expect(constant.answer[0]).toBeCloseTo((sorted[199] + sorted[200]) / 2, 5);
    const mean = y.reduce((sum, value) => sum + Math.abs(value - constant.answer[0]), 0) / y.length;
    expect(constant.metrics.loss).toBeCloseTo(mean, 3);
  });
});

describe("what is wrong is read off all repeats", () => {
  const x = Array.from({ length: 400 }, (_, i) => [i & 1, (i >> 1) & 1]);
  const data = { x, y: x.map(([a, b]) => a ^ b) };

  it("XOR: another seed is dead as a whole", async () => {
    const spec = net(2, [2, 1], { loss: "binaryCrossEntropy", seed: 0 });
    const fit = { epochs: 100, batchSize: 4, optimizer: rmsprop({ learningRate: 0.003 }) };
    const found = await tried(spec, data, fit);
    expect(found.baseline.deadFraction).toBeGreaterThan(0);
    expect(found.reason).not.toContain("too few");
    expect(found.reason).toContain("3 runs of the baseline");
    expect(found.best.metrics.accuracy).toBe(1);
  });
});

describe("the first seed has no dead unit, and others have", () => {
  const x = SQUARE.slice(0, 200);
  const classes = { inputs: 2, layers: [{ units: 2 }, { units: 3 }], loss: "crossEntropy" } as const;

  it.each([
    [
      "three classes, Adam",
      { ...classes, seed: 7 },
      x.map(([a, b]) => (a > 0 ? 2 : Number(b > 0))),
      adam({ learningRate: 0.03 }),
    ],
    [
      "two narrow layers, momentum",
      net(2, [2, 2, 1], { seed: 11 }),
      x.map(([a, b]) => Math.abs(a) + b),
      sgd({ learningRate: 0.05, momentum: 0.5 }),
    ],
  ] as const)("%s", async (_what, spec, y, optimizer) => {
    const fit = { epochs: 40, batchSize: 20, optimizer };
    const first = await createNetwork(spec);
    await first.fit({ x, y }, fit);
    expect(
      diagnose(first, x, { proofs: false }).layers.flatMap(({ units }) =>
        units.filter(({ state }) => state === "dead"),
      ),
    ).toEqual([]);
    first.dispose();
    const { baseline, reason } = await prescribe(spec, { x, y }, fit, { ...alone, trials: 1, repeats: 3 });
    expect(baseline.deadFraction).toBeGreaterThan(0.1);
    expect(reason).toMatch(/^\d+ of (6|12) hidden units are dead in 3 runs of the baseline/);
    expect(reason).not.toContain("too few");
  });
});

describe("tiny sets are judged on the rows that train, and that is said", () => {
  it.each([
    [
      "XOR",
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      [0, 1, 1, 0],
    ],
    [
      "two rows",
      [
        [0, 1],
        [1, 0],
      ],
      [0, 1],
    ],
    ["twenty-nine rows", SQUARE.slice(0, 29), SQUARE.slice(0, 29).map(([a, b]) => Number(a > b))],
  ])("%s", async (_, x, y) => {
    const spec = net(2, [4, 1], { loss: "binaryCrossEntropy", seed: 0 });
    const found = await tried(spec, { x, y }, { epochs: 300, optimizer: adam({ learningRate: 0.01 }) });
    expect(found.judgedOnTraining).toBe(true);
    expect(found.validationRows).toBe(x.length);
    expect(String(found)).toContain(`${x.length} training rows`);
    expect(found.best.metrics.accuracy).toBeGreaterThan(0.95);
  });

  it("thirty rows are not", async () => {
    const [x, y] = [SQUARE.slice(0, 30), SQUARE.slice(0, 30).map(([a, b]) => Number(a > b))];
    const spec = net(2, [4, 1], { loss: "binaryCrossEntropy", seed: 0 });
    const found = await tried(spec, { x, y }, { epochs: 5 });
    expect(found).toMatchObject({ judgedOnTraining: false, validationRows: 6 });
    const all = await prescribe(spec, { x, y }, { epochs: 5, validation: 0 }, { ...alone, trials: 1, repeats: 1 });
    expect(all).toMatchObject({ judgedOnTraining: true, validationRows: 30 });
  });
});

describe("words", () => {
  it.each([
    ["a classifier", net(2, [1], { loss: "binaryCrossEntropy" }), SQUARE.map(([a, b]) => Number(a + b > 0))],
    ["a regression", net(2, [1]), SQUARE.map(([a, b]) => a - b)],
    ["three classes", net(2, [3], { loss: "crossEntropy" }), SQUARE.map(([a, b]) => Number(a > b) + Number(a > 1))],
  ])("%s without hidden layers has no word of units", async (_, spec, y) => {
    const found = await tried(spec, { x: SQUARE, y }, { epochs: 20, optimizer: sgd({ learningRate: 0.1 }) });
    expect(String(found)).not.toMatch(/\bunits?\b|\bdead\b/);
    const names = found.trials.map(({ name }) => name).join();
    expect(names).not.toMatch(/recycling|calibrated|Leaky|backprop|preventing/);
    for (const { deadFraction } of found.trials) expect(deadFraction).toBe(0);
  });
});

describe("several answers a row", () => {
  it.each([20, 5, 2])("%s: by how much rows differ, not by their number alone", async (outputs) => {
    const x = Array.from({ length: 40 }, (_, i) => [spot(i, 0), spot(i, 1)]);
    const y = x.map(([a, b]) => Array.from({ length: outputs }, (_, k) => Number(k % 2 ? a > 0.5 : b > 0.3)));
    const spec = net(2, [24, outputs], { loss: "binaryCrossEntropy" });
    const found = await tried(spec, { x, y }, { epochs: 40, optimizer: sgd({ learningRate: 1e-4 }) });
    expect(found.best.metrics.accuracy! - found.baseline.metrics.accuracy!).toBeGreaterThan(0.1);
    expect(found.verdict).not.toContain("chance");
  });
});
