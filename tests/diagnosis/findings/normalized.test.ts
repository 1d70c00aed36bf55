// Findings and remedies that are wrong of normalized layers are not told of them, and are of the same network without.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../../support/networks.js";
import { seededRandom } from "../../support/random.js";
import { sectors } from "../../support/samples.js";
import {
  adam,
  type DenseSpec,
  diagnose,
  type FindingKind,
  type NetworkSpec,
  prescribe,
  sgd,
} from "../../../src/index.js";

const { x, y } = sectors(200);
const specOf = (layer: Partial<DenseSpec>): NetworkSpec => ({
  inputs: 2,
  layers: [{ units: 16, ...layer }, { units: 16, ...layer }, { units: 3 }],
  loss: "crossEntropy",
  seed: 1,
});
const PLAIN = {};
const BATCH: Partial<DenseSpec> = { normalization: "batch" };
const LAYER: Partial<DenseSpec> = { normalization: "layer" };

describe("inputs", () => {
  const kindsAt = (layer: Partial<DenseSpec>, scale: number, by: number): Promise<FindingKind[]> =>
    withNetwork(specOf(layer), (network) => {
      const rows = x.map((row) => row.map((value) => value * scale + by));
      return diagnose(network, rows).findings.map(({ kind }) => kind);
    });

  test.each<[string, number, number, FindingKind, boolean, boolean]>([
    ["far from centred: a batch's mean takes it away, a row's does not", 1, 20, "uncenteredInputs", false, true],
    ["large: either takes it away", 1000, 0, "unscaledInputs", false, false],
    ["so small that epsilon outweighs them: neither does", 1e-4, 0, "unscaledInputs", true, true],
  ])("%s", async (_name, scale, by, kind, ofBatch, ofLayer) => {
    const isTold = async (layer: Partial<DenseSpec>) => (await kindsAt(layer, scale, by)).includes(kind);
    expect([await isTold(PLAIN), await isTold(BATCH), await isTold(LAYER)]).toEqual([true, ofBatch, ofLayer]);
  });

  test("columns of unequal spread stay unequal", async () => {
    const rows = x.map(([a, b]) => [1000 * a!, b!]);
    for (const layer of [PLAIN, BATCH, LAYER])
      await withNetwork(specOf(layer), (network) => {
        expect(diagnose(network, rows).findings.map(({ kind }) => kind)).toContain("unscaledInputs");
      });
  });
});

test("dropout below a layer normalization, whose evaluation is another network: nothing was lost again", async () => {
  const random = seededRandom(4);
  const rows = Array.from({ length: 100 }, () => [1, 2, 3].map(() => 3 * (random() + random() + random()) - 4.5));
  const same = rows.map(([a, b]) => Number(a! * b! > 0));
  const layers: DenseSpec[] = [
    { units: 8, ...LAYER, dropout: 0.5 },
    { units: 8, ...LAYER, residual: true },
    { units: 1 },
  ];
  let apart = 0;
  for (const seed of [1, 2, 3, 4]) {
    const of: NetworkSpec = { inputs: 3, layers, loss: "binaryCrossEntropy", seed };
    await withNetwork(of, async (network) => {
      const options = { epochs: 300, batchSize: 16, optimizer: adam({ learningRate: 0.01 }) };
      const { epochs } = await network.fit({ x: rows, y: same }, options);
      const { learning, findings } = diagnose(network, rows, { targets: same });
      expect(epochs.at(-1)!.loss).toBeLessThan(0.55);
      if (learning!.score! < 0) apart++;
      expect(findings.map(({ kind }) => kind)).not.toContain("highRate");
    });
  }
  expect(apart).toBeGreaterThan(0);
});

test("batches of one row: batch normalization takes all of it away, which no other rate helps", async () => {
  const toldOf = (layer: Partial<DenseSpec>, batchSize: number) =>
    withNetwork(specOf(layer), async (network) => {
      await network.fit({ x, y }, { epochs: 2, batchSize, optimizer: adam({ learningRate: 0.01 }) });
      const { findings } = diagnose(network, x, { targets: y });
      return findings.filter(({ message }) => message.includes("one row each"));
    });
  const [told] = await toldOf(BATCH, 1);
  expect(told).toMatchObject({ kind: "stepsTooSmall", role: "cause" });
  expect(told!.advice).toContain("larger batches");
  for (const [layer, batchSize] of [
    [BATCH, 8],
    [LAYER, 1],
    [PLAIN, 1],
    [{ ...BATCH, frozen: true }, 1],
  ] as const)
    expect(await toldOf(layer, batchSize)).toEqual([]);
});

test("a kernel that decay has shrunk says the same where it is normalized", async () => {
  const isTold = (layer: Partial<DenseSpec>) =>
    withNetwork(specOf(layer), async (network) => {
      await network.fit({ x, y }, { epochs: 1, optimizer: sgd({ weightDecay: 1e-4 }) });
      for (const each of network.layers.slice(0, -1)) {
        const { kernel } = each.getWeights();
        each.setWeights({ kernel: kernel.map((value) => value / 1000) });
      }
      return diagnose(network, x).findings.some(({ kind }) => kind === "decayCollapse");
    });
  expect([await isTold(PLAIN), await isTold(BATCH), await isTold(LAYER)]).toEqual([true, false, false]);
});

test("linear layers that are normalized over batches are linear, over rows they are not", async () => {
  const ring = x.map(([a, b]) => Number(a! ** 2 + b! ** 2 > 0.6));
  const isTold = (layer: Partial<DenseSpec>) =>
    withNetwork(specOf({ ...layer, activation: "linear" }), (network) =>
      diagnose(network, x, { targets: ring }).findings.some(({ kind }) => kind === "linearNetwork"),
    );
  expect([await isTold(PLAIN), await isTold(BATCH), await isTold(LAYER)]).toEqual([true, true, false]);
});

test("rows that close a layer: betas are what is to be raised", async () => {
  const advice = (layer: Partial<DenseSpec>, part: "bias" | "beta") =>
    withNetwork(
      { inputs: 2, layers: [{ units: 4, ...layer }, { units: 3 }], loss: "crossEntropy", seed: 1 },
      (network) => {
        network.layers[0]!.setWeights({ [part]: new Float32Array(4).fill(-0.8) });
        const { findings } = diagnose(network, x, { targets: y });
        return findings.find(({ kind }) => kind === "closedSamples")?.advice;
      },
    );
  expect(await advice(PLAIN, "bias")).toContain("biases");
  expect(await advice(BATCH, "beta")).toContain("betas");
});

test("prescribe raises no biases of normalized layers, which would change nothing", async () => {
  const named = async (layer: Partial<DenseSpec>) => {
    const fit = { epochs: 2, optimizer: adam() };
    const options = { workers: 1, repeats: 1 };
    const { trials } = await prescribe(specOf({ ...layer, biasInitializer: -1 }), { x, y }, fit, options);
    return trials.map(({ name }) => name).filter((name) => name.startsWith("bias "));
  };
  expect(await named(BATCH)).toEqual([]);
  expect((await named(PLAIN)).length).toBeGreaterThan(0);
});
