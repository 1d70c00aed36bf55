// Which findings are causes: corners that no training comes to by itself.
import { expect, test } from "vitest";
import { withNetwork } from "../support/networks.js";
import { diagnose, type NetworkSpec } from "../../src/index.js";

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
