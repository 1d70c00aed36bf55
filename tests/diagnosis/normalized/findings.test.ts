// Findings of normalized layers: what running statistics close is not closed in training, and texts speak of beta.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../../support/networks.js";
import { randomRows, seededRandom } from "../../support/random.js";
import { diagnose, type Diagnosis, type FindingKind, type Network, type NetworkSpec, sgd } from "../../../src/index.js";
import { diagnosisToHtml } from "../../../src/report.js";
import { stateOf } from "../../../src/network/state/state.js";

const x = randomRows(seededRandom(1), 40, 3);
const y = x.map(([a, b]) => a! * b!);

const specOf = (second: object): NetworkSpec => ({
  inputs: 3,
  layers: [{ units: 5 }, { units: 3, ...second }, { units: 1 }],
  loss: "meanSquaredError",
  seed: 3,
});
const same = (value: number) => new Float32Array(3).fill(value);
const find = ({ findings }: Diagnosis, kind: FindingKind) => findings.find((each) => each.kind === kind);

/** Whether a step moves the first layer. */
async function learnsBelow(network: Network): Promise<boolean> {
  const before = network.layers[0]!.getWeights().kernel;
  await network.fit({ x, y }, { epochs: 1, batchSize: 10, optimizer: sgd({ learningRate: 0.1 }) });
  return network.layers[0]!.getWeights().kernel.some((value, i) => value !== before[i]);
}

describe("noGradientFromAbove", () => {
  test("not of a layer that running statistics close: batches open it", () =>
    withNetwork(specOf({ normalization: "batch" }), async (network) => {
      network.layers[1]!.setWeights({ runningMean: same(50) });
      const diagnosis = diagnose(network, x);
      expect(diagnosis.layers[1]!.dead).toBe(3);
      expect(find(diagnosis, "noGradientFromAbove")).toBeUndefined();
      expect(find(diagnosis, "collapsedOutput")!.message).toContain("batches of a training may open it");
      expect(await learnsBelow(network)).toBe(true);
    }));

  test("of one that no batch of these rows can open, and of one that is frozen so", async () => {
    await withNetwork(specOf({ normalization: "batch" }), async (network) => {
      network.layers[1]!.setWeights({ beta: same(-1.001 * Math.sqrt(39)) });
      const diagnosis = diagnose(network, x);
      expect(find(diagnosis, "noGradientFromAbove")).toMatchObject({ layer: 0 });
      expect(find(diagnosis, "noGradientFromAbove")!.advice).toContain("a higher beta there");
      expect(find(diagnosis, "collapsedOutput")!.message).not.toContain("may open it");
      expect(await learnsBelow(network)).toBe(false);
    });
    await withNetwork(specOf({ normalization: "batch", frozen: true }), async (network) => {
      network.layers[1]!.setWeights({ runningMean: same(50) });
      expect(find(diagnose(network, x), "noGradientFromAbove")).toMatchObject({ layer: 0 });
      expect(await learnsBelow(network)).toBe(false);
    });
  });
});

test.each([
  ["gamma", same(1).with(1, 2)],
  ["beta", same(0.5).with(1, 0.6)],
  ["runningMean", same(0).with(1, 0.1)],
  ["runningVariance", same(1).with(1, 2)],
] as const)("units that differ by %s alone are no twins", (name, values) =>
  withNetwork(specOf({ normalization: "batch", kernelInitializer: "zeros" }), (network) => {
    const ALL = /^3 units in layer 1 never differ .* the same weights in and out/;
    network.layers[1]!.setWeights({ beta: same(0.5) });
    network.layers[2]!.setWeights({ kernel: same(1) });
    expect(find(diagnose(network, x), "constantTogether")?.message).toMatch(ALL);
    network.layers[1]!.setWeights({ [name]: values });
    expect(find(diagnose(network, x), "constantTogether")?.message).not.toMatch(ALL);
  }),
);

test.each(["gamma", "beta", "runningMean", "runningVariance"] as const)("%s that is no number is told", (name) =>
  withNetwork(specOf({ normalization: "batch" }), (network) => {
    const state = stateOf(network);
    state.edit(() => (state.layer(1)[name]![2] = NaN));
    expect(find(diagnose(network, x), "divergence")).toMatchObject({ layer: 1, figures: { layers: 1, units: 1 } });
  }),
);

test("texts say beta, or gamma, where it is meant; without normalization they say bias", async () => {
  const textWith = (normalization: object, weights: object) =>
    withNetwork(specOf(normalization), (network) => {
      network.layers[1]!.setWeights(weights);
      return String(diagnose(network, x)) + diagnosisToHtml(diagnose(network, x), { title: "t" });
    });
  const byBeta = await textWith({ normalization: "batch" }, { beta: same(-30) });
  expect(byBeta).toContain("beta to revive");
  expect(byBeta).toContain("add biasToRevive to beta");
  expect(byBeta).toContain("(3 units by their beta)");
  expect(byBeta.replaceAll(/negativeBias|biasToRevive/g, "")).not.toMatch(/bias/i);
  const byGamma = await textWith({ normalization: "layer" }, { gamma: same(0) });
  expect(byGamma).toContain("(3 units by their gamma)");
  expect(byGamma).toContain("give it another gamma");
  expect(byGamma).toContain("Give layer 1 gammas other than 0");
  const plain = await textWith({}, { bias: same(-30) });
  expect(plain).toContain("bias to revive");
  expect(plain).not.toMatch(/beta|gamma/);
});
