// Which findings are causes: corners that no training comes to by itself.
import { expect, test } from "vitest";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { diagnose, type NetworkSpec, rmsprop } from "../../src/index.js";

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
