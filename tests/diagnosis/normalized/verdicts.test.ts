// Normalized layers: what is said of closed units, what is promised of them, and what is left open.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../../support/networks.js";
import { randomRows, seededRandom } from "../../support/random.js";
import { diagnose, type Network, type NetworkSpec, sgd, type UnitDiagnosis } from "../../../src/index.js";

const ROWS = 50;
const x = randomRows(seededRandom(1), ROWS, 3);
const y = x.map(([a, b]) => a! * b!);

const specOf = (normalization: "batch" | "layer", more: object = {}): NetworkSpec => ({
  inputs: 3,
  layers: [{ units: 8, normalization, ...more }, { units: 6 }, { units: 1 }],
  loss: "meanSquaredError",
  seed: 3,
});

/** Sets gamma and beta of a unit. */
function shape(network: Network, unit: number, gamma: number, beta: number, layer = 0): void {
  const weights = network.layers[layer]!.getWeights();
  weights.gamma![unit] = gamma;
  weights.beta![unit] = beta;
  network.layers[layer]!.setWeights({ gamma: weights.gamma!, beta: weights.beta! });
}

const unitOf = (network: Network, unit: number, layer = 0): UnitDiagnosis =>
  diagnose(network, x).layers[layer]!.units[unit]!;

/** All numbers of a unit that training may move. */
function numbersOf(network: Network, unit: number): number[] {
  const { kernel, bias, gamma, beta } = network.layers[0]!.getWeights();
  const own = [...kernel].filter((_, at) => at % bias.length === unit);
  return [...own, bias[unit]!, gamma![unit]!, beta![unit]!];
}

describe.each(["batch", "layer"] as const)("%s normalization", (kind) => {
  test("a unit shut by beta: the mechanism, and the beta that opens it, as without a bias", async () => {
    for (const useBias of [true, false])
      await withNetwork(specOf(kind, { useBias }), async (network) => {
        await network.fit({ x, y }, { epochs: 20, batchSize: 10 });
        shape(network, 2, 1, -30);
        const dead = unitOf(network, 2);
        expect(dead).toMatchObject({ state: "dead", mechanism: "negativeBias" });
        expect(dead.biasToRevive).toBeGreaterThan(0);
        shape(network, 2, 1, Math.fround(-30 + dead.biasToRevive!));
        expect(unitOf(network, 2).activity).toBeGreaterThan(0);
        shape(network, 2, 1, Math.fround(-30 + 0.9 * dead.biasToRevive!));
        expect(unitOf(network, 2).activity).toBe(0);
      });
  });

  test("a unit shut by gamma = 0 is closed whatever beta gives it, up to 0", () =>
    withNetwork(specOf(kind), (network) => {
      for (const beta of [0, -1e-9, -5]) {
        shape(network, 2, 0, beta);
        expect(unitOf(network, 2)).toMatchObject({ state: "dead", mechanism: "zeroGamma" });
      }
      shape(network, 2, 0, 1e-9);
      expect(unitOf(network, 2).state).not.toBe("dead");
    }));
});

test("a heavy beta hides no sign: of batches the rows tell, of layers nothing is said", async () => {
  const mechanismWith = (kind: "batch" | "layer", gamma: number) =>
    withNetwork(specOf(kind), (network) => {
      shape(network, 2, gamma, -1e9);
      return unitOf(network, 2).mechanism;
    });
  expect(await mechanismWith("batch", 1)).toBe("negativeBias");
  expect(await mechanismWith("batch", -1)).toBe("negativeBias");
  expect(await mechanismWith("batch", 0)).toBe("zeroGamma");
  expect(await mechanismWith("layer", 1)).toBeUndefined();
  expect(await mechanismWith("layer", 0)).toBe("zeroGamma");
});

describe("permanent", () => {
  /** Beside which no batch of all rows opens a unit of gamma 1. */
  const bound = Math.sqrt(ROWS - 1);

  test("under batch normalization where no batch can open it: then training moves none of its numbers", () =>
    withNetwork(specOf("batch"), async (network) => {
      shape(network, 0, 1, -1.001 * bound);
      shape(network, 1, -2, -2.01 * bound);
      shape(network, 2, 0, -1);
      shape(network, 3, 0, 0);
      for (const unit of [0, 1, 2, 3]) expect(unitOf(network, unit)).toMatchObject({ state: "dead", permanent: true });
      const before = [0, 1, 2, 3].map((unit) => numbersOf(network, unit));
      for (const batchSize of [2, 7, ROWS])
        await network.fit({ x, y }, { epochs: 10, batchSize, optimizer: sgd({ learningRate: 0.3 }) });
      expect([0, 1, 2, 3].map((unit) => numbersOf(network, unit))).toEqual(before);
    }));

  test("else not: closed by running statistics it is opened by a batch's own", () =>
    withNetwork(specOf("batch"), async (network) => {
      const weights = network.layers[0]!.getWeights();
      weights.runningMean![5] = 50;
      network.layers[0]!.setWeights({ runningMean: weights.runningMean! });
      shape(network, 4, 1, -0.98 * bound);
      for (const unit of [4, 5]) expect(unitOf(network, unit)).toMatchObject({ state: "dead", permanent: false });
      const before = numbersOf(network, 5);
      await network.fit({ x, y }, { epochs: 1, batchSize: 10, optimizer: sgd({ learningRate: 0.1 }) });
      expect(numbersOf(network, 5)).not.toEqual(before);
    }));

  test("layer normalization: a closed unit's weights move with those of the others", () =>
    withNetwork(specOf("layer"), async (network) => {
      shape(network, 2, 1, -50);
      expect(unitOf(network, 2)).toMatchObject({ state: "dead", permanent: false });
      const before = numbersOf(network, 2);
      await network.fit({ x, y }, { epochs: 1, batchSize: 10, optimizer: sgd({ learningRate: 0.1 }) });
      expect(numbersOf(network, 2)).not.toEqual(before);
    }));

  /** The second layer closed as a whole: below it no gradient arrives, if training sees what was seen. */
  const closedAbove = (first: object, second: object = {}): NetworkSpec => ({
    ...specOf("batch"),
    layers: [{ units: 8, biasInitializer: 0.1, ...first }, { units: 6, biasInitializer: -20, ...second }, { units: 1 }],
  });

  test.each<[string, NetworkSpec, boolean]>([
    ["plain", closedAbove({}), true],
    ["dropout below", closedAbove({ dropout: 0.5 }), false],
    ["batch normalization below", closedAbove({ normalization: "batch" }), false],
    ["layer normalization below", closedAbove({ normalization: "layer" }), true],
    ["a penalty on activations below", closedAbove({ activityRegularizer: { l1: 0.1 } }), false],
    ["dropout of its own", closedAbove({}, { dropout: 0.5 }), true],
  ])("a layer that is closed as a whole: %s", (_name, spec, permanent) =>
    withNetwork(spec, (network) => {
      const { units, dead } = diagnose(network, x).layers[1]!;
      expect(dead).toBe(units.length);
      expect(units.map((unit) => unit.permanent)).toEqual(Array(6).fill(permanent));
    }),
  );

  test("a whole layer that no batch opens lets no gradient pass; its running statistics still move", () =>
    withNetwork(
      { ...closedAbove({}), layers: [{ units: 4 }, { units: 3, normalization: "batch" }, { units: 4 }, { units: 1 }] },
      (network) => {
        for (const unit of [0, 1, 2]) shape(network, unit, 0.1, -10, 1);
        const { bias } = network.layers[0]!.getWeights();
        bias[1] = -50;
        network.layers[0]!.setWeights({ bias });
        expect(unitOf(network, 0, 1).permanent).toBe(true);
        expect(unitOf(network, 1, 0).permanent).toBe(true);
      },
    ));
});
