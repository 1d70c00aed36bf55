// Normalization, skip connections, dropout, penalties and a warm-up as candidates: for what asks for them, and no
// other.
import { describe, expect, it } from "vitest";
import type { Complaint } from "../../../src/treatment/prescribe/complaints.js";
import { chooseCandidates } from "../../../src/treatment/prescribe/candidates.js";
import type { Situation } from "../../../src/treatment/prescribe/situation.js";
import { resolveSpec } from "../../../src/network/spec.js";
import { type DenseSpec, prescribe, sgd } from "../../../src/index.js";

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
