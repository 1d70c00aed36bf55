// Which findings are causes: corners that no training comes to by itself.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../support/networks.js";
import { loadDigits } from "../support/digits.js";
import { randomRows, seededRandom } from "../support/random.js";
import {
  adam,
  cosine,
  type DenseSpec,
  diagnose,
  type FitOptions,
  type Network,
  type NetworkSpec,
  rmsprop,
} from "../../src/index.js";

const spec: NetworkSpec = { inputs: 1, layers: [{ units: 1 }], loss: "meanSquaredError", seed: 1 };
const x = Array.from({ length: 40 }, (_, i) => [(i % 2 === 0 ? -1 : 1) * (0.2 + i / 80)]);
const targets = x.map(([value]) => Number(value > 0));

const roleOfDivergence = (inputs: number[][]) =>
  withNetwork(spec, (network) => {
    network.layers[0].setWeights({ kernel: Float32Array.of(3e38), bias: Float32Array.of(0) });
    const { learning, findings } = diagnose(network, inputs, { targets, proofs: false });
    return { learning, role: findings.find(({ kind }) => kind === "divergence")?.role };
  });

test("a loss that is not finite has not learned, though all answers are right: its overflow is a cause", async () => {
  const { learning, role } = await roleOfDivergence(x.map(([value], i) => [i === 39 ? 1.5 : value]));
  expect(learning).toMatchObject({ loss: Infinity, accuracy: 1 });
  expect(role).toBe("cause");
  const finite = await roleOfDivergence(x);
  expect(finite.learning!.loss).toBeLessThan(Infinity);
  expect(finite.learning!.accuracy).toBe(1);
  expect(finite.role).toBeUndefined();
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

test("dropout that blows the training's loss up is the cause, not the rate", async () => {
  const rows = randomRows(seededRandom(4), 400, 7, 1.7);
  const sums = rows.map(([a, b, c]) => a! + b! - c!);
  const layers = [{ units: 20, dropout: 0.95 }, { units: 33, dropout: 0.95 }, { units: 1 }];
  for (const seed of [2, 3])
    await withNetwork({ inputs: 7, layers, loss: "meanSquaredError", seed }, async (network) => {
      const fit = { epochs: 10, batchSize: 32, optimizer: rmsprop({ learningRate: 0.0023 }) };
      const history = await network.fit({ x: rows, y: sums }, fit);
      const { findings } = diagnose(network, rows, { targets: sums, history });
      const rolesOf = (role: string) => findings.filter((one) => one.role === role).map(({ kind }) => kind);
      expect(rolesOf("cause")).toEqual(["heldDown"]);
      expect(rolesOf("symptom")).toContain("divergence");
    });
});
