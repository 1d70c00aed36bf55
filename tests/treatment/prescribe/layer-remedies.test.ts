// Normalization, skip connections, dropout, penalties and a warm-up as candidates: for what asks for them, and no
// other.
import { describe, expect, it } from "vitest";
import type { Complaint } from "../../../src/treatment/prescribe/complaints.js";
import { chooseCandidates } from "../../../src/treatment/prescribe/candidates.js";
import type { Situation } from "../../../src/treatment/prescribe/situation.js";
import { resolveSpec } from "../../../src/network/spec.js";
import { createNetwork, type DenseSpec, diagnose, prescribe, sgd } from "../../../src/index.js";
import { sectors } from "../../support/samples.js";

const deep: readonly DenseSpec[] = [{ units: 8 }, { units: 8 }, { units: 8 }];

function candidates(all: readonly Complaint[], more: Partial<Situation> = {}, layers = deep, batchSize = 32) {
  const { name, options } = sgd({ learningRate: 0.1 });
  const spec = resolveSpec({ inputs: 2, layers: [...layers, { units: 3 }], loss: "crossEntropy" });
  const fault = all.includes("highRate") ? "highRate" : "none";
  return chooseCandidates({
    baseline: {
      spec,
      optimizer: { name, options: options },
      batchSize,
      shuffle: true,
      callbacks: [],
    },
    task: { kind: "classes", classes: 3 } as Situation["task"],
    complaints: { fault, all, hasCause: true, reason: "", causes: {} },
    wasTrained: false,
    isUneven: false,
    hasSchedule: false,
    wholeEpochs: 30,
    steps: 1000,
    canCenter: true,
    ...more,
  });
}

const NEW = ["batch normalization", "layer normalization", "skip connections", "warm-up", "dropout 0.2", "L2 0.001"];
const news = (...given: Parameters<typeof candidates>) =>
  candidates(...given).flatMap(({ name }) => (NEW.includes(name) ? [name] : []));

describe("what layers may have, as a candidate", () => {
  it("answers what it fits", () => {
    expect(news(["highRate"])).toEqual(["batch normalization", "layer normalization", "warm-up"]);
    expect(news(["vanishingGradient"])).toEqual(["batch normalization", "layer normalization", "skip connections"]);
    expect(news(["negativeBias"])).toEqual(["batch normalization"]);
    expect(news(["collapsedOutput"])).toEqual(["skip connections"]);
    expect(news(["overfitting"])).toEqual(["dropout 0.2", "L2 0.001"]);
  });

  it("is not tried where nothing asks for it, or where it can't do", () => {
    expect(news([])).toEqual([]);
    expect(news(["slow", "notLearned"])).toEqual([]);
    expect(news(["highRate"], { wasTrained: true, hasSchedule: true })).toEqual([]);
    expect(news(["highRate"], {}, deep, 4)).toEqual(["layer normalization", "warm-up"]);
    expect(news(["collapsedOutput"], {}, [{ units: 8 }, { units: 9 }, { units: 8 }])).toEqual([]);
  });

  it("comes after what is simpler", () => {
    expect(candidates(["highRate"])[0]!.name).toBe("rate ÷ 10");
    expect(
      candidates(["overfitting"])
        .map(({ name }) => name)
        .indexOf("dropout 0.2"),
    ).toBeGreaterThan(0);
  });

  it("changes hidden layers, and the penalty all", () => {
    const settings = (name: string, complaint: Complaint) =>
      candidates([complaint]).find((each) => each.name === name)!.settings;
    const kinds = settings("batch normalization", "highRate").spec.layers.map((layer) => layer.normalization?.kind);
    expect(kinds).toEqual(["batch", "batch", "batch", undefined]);
    const passed = settings("skip connections", "vanishingGradient").spec.layers.map(({ residual }) => residual);
    expect(passed).toEqual([undefined, true, true, undefined]);
    const l2 = settings("L2 0.001", "overfitting").spec.layers.map(({ kernelRegularizer }) => kernelRegularizer?.l2);
    expect(l2).toEqual([0.001, 0.001, 0.001, 0.001]);
    expect(settings("warm-up", "highRate").schedule).toMatchObject({ name: "warmup", options: { epochs: 3 } });
  });
});

describe("batches of one row under batch normalization", () => {
  const normalized: readonly DenseSpec[] = [{ units: 8, normalization: "batch" }, { units: 8 }];
  const LARGER = "batches of 32 rows";
  const names = (...given: Parameters<typeof candidates>) => candidates(...given).map(({ name }) => name);

  it("are answered by larger ones, and by layer normalization", () => {
    expect(names(["stepsTooSmall", "notLearned"], {}, normalized, 1)).toContain(LARGER);
    const found = candidates(["stepsTooSmall"], {}, normalized, 1);
    const larger = found.find(({ name }) => name === LARGER)!;
    expect(larger.settings.batchSize).toBe(32);
    expect(larger.settings.spec.layers.map(({ normalization }) => normalization?.kind)).toEqual([
      "batch",
      undefined,
      undefined,
    ]);
    const byRows = found.find(({ name }) => name.startsWith("layer normalization"))!.settings;
    expect(byRows.spec.layers.map(({ normalization }) => normalization?.kind)).toEqual(["layer", undefined, undefined]);
    expect(byRows.batchSize).toBe(1);
    expect(names(["stepsTooSmall"], { wasTrained: true }, normalized, 1)).toContain(LARGER);
  });

  it("and no others are", () => {
    for (const [layers, batchSize] of [
      [normalized, 2],
      [normalized, 32],
      [deep, 1],
      [normalized.map((layer) => ({ ...layer, frozen: true })), 1],
    ] as const) {
      const all = names(["stepsTooSmall", "notLearned"], {}, layers, batchSize);
      expect(all).not.toContain(LARGER);
      expect(all.filter((name) => name.startsWith("layer normalization"))).toEqual([]);
    }
    expect(names(["highRate"], {}, normalized, 1)).not.toContain(LARGER);
  });

  it("are asked for by the finding, and larger ones win by real training", async () => {
    const data = sectors(240);
    const spec = {
      inputs: 2,
      layers: [{ units: 8, normalization: "batch" as const }, { units: 3 }],
      loss: "crossEntropy" as const,
      seed: 1,
    };
    const fit = { epochs: 12, batchSize: 1, optimizer: sgd({ learningRate: 0.01 }) };
    const found = await prescribe(spec, data, fit, { workers: 1, repeats: 2, trials: 8 });
    expect(found.reason).toContain("stepsTooSmall");
    const larger = found.trials.find(({ name }) => name === LARGER)!;
    expect([found.baseline.fit.batchSize, larger.fit.batchSize]).toEqual([1, 32]);
    expect(larger.metrics!.accuracy!).toBeGreaterThan(found.baseline.metrics!.accuracy! + 0.2);
    // as it is told, it does, and what was found is found no more
    using network = await createNetwork(larger.spec);
    const history = await network.fit(data, larger.fit);
    const kinds = diagnose(network, data.x, { targets: data.y, history }).findings.map(({ kind }) => kind);
    expect(kinds).not.toContain("stepsTooSmall");
    expect(network.evaluate(data).accuracy!).toBeGreaterThan(0.6);
  });

  it("of several an update make one batch of as many rows", () => {
    const [{ settings }] = candidates(["stepsTooSmall"], {}, normalized, 1);
    const { name, options } = sgd();
    const all = chooseCandidates({
      baseline: { ...settings, optimizer: { name, options }, batchSize: 1, accumulate: 64 },
      task: { kind: "classes", classes: 3 } as Situation["task"],
      complaints: { fault: "none", all: ["stepsTooSmall"], hasCause: true, reason: "", causes: {} },
      wasTrained: false,
      isUneven: false,
      hasSchedule: false,
      wholeEpochs: 30,
      steps: 1000,
      canCenter: true,
    }).find(({ name: of }) => of === LARGER)!.settings;
    expect([all.batchSize, "accumulate" in all]).toEqual([64, false]);
  });
});

describe("every candidate is a network that can be made, whatever its layers have", () => {
  const kinds: Readonly<Record<string, Partial<DenseSpec>>> = {
    "no biases": { useBias: false },
    "batch normalization without biases": { useBias: false, normalization: "batch" },
    "layer normalization": { normalization: "layer" },
    "dropout and penalties": { dropout: 0.5, kernelRegularizer: { l1: 0.1 }, maxNorm: 1 },
  };
  const complaints: readonly Complaint[] = ["highRate", "negativeBias", "vanishingGradient", "collapsedOutput"];
  it.each(Object.keys(kinds))("%s", (kind) => {
    const layers = deep.map((layer, i) => ({ ...layer, ...kinds[kind], ...(i > 0 && { residual: true }) }));
    for (const complaint of [...complaints, "overfitting", "slow", "notLearned"] as const) {
      const found = candidates([complaint], {}, layers);
      expect(found.length).toBeGreaterThan(0);
      for (const { settings } of found) expect(() => resolveSpec(settings.spec)).not.toThrow();
      const biases = found.filter(({ name }) => name.startsWith("bias")).map(({ name }) => name);
      if (kind !== "dropout and penalties") expect(biases).toEqual([]);
      else if (complaint === "negativeBias") expect(biases).toEqual(["bias 0.1"]);
    }
  });
});

it.each<[string, DenseSpec, boolean]>([
  ["no biases", { units: 8, useBias: false }, false],
  ["layer normalization without biases", { units: 8, useBias: false, normalization: "layer" }, false],
  ["batch normalization without biases", { units: 8, useBias: false, normalization: "batch" }, true],
])("inputs of mean 5 are standardized where the first layer takes up the mean: %s", async (_name, layer, isTried) => {
  const x = Array.from({ length: 100 }, (_, row) => [0, 1, 2].map((column) => 5 + Math.sin(row * 7.13 + column * 3.1)));
  const data = { x, y: x.map(([first]) => Number(first > 5)) };
  const spec = { inputs: 3, layers: [layer, { units: 1 }], loss: "binaryCrossEntropy" as const };
  const { trials } = await prescribe(spec, data, { epochs: 3, batchSize: 20 }, { workers: 1, repeats: 1, trials: 40 });
  const scaled = trials.filter(({ name }) => name === "inputs standardized");
  expect(scaled.length).toBe(Number(isTried));
  expect(trials.filter(({ failed }) => failed)).toEqual([]);
});
