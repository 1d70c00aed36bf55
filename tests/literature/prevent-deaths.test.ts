// preventDeaths on real digits at a rate that kills, beside what the textbook would do: it saves most units, and
// clipping or a lower rate do better still.
import { expect, test } from "vitest";
import { loadDigits } from "../support/digits.js";
import { createNetwork, diagnose, type FitOptions, preventDeaths, sgd } from "../../src/index.js";

const { training } = loadDigits();

async function dead(options: (rate: number) => FitOptions): Promise<number> {
  let sum = 0;
  for (const seed of [1, 4]) {
    using network = await createNetwork(
      { inputs: 64, layers: [{ units: 128 }, { units: 128 }, { units: 10 }], loss: "crossEntropy", seed },
      { arithmetic: "reproducible" },
    );
    await network.fit(training, { epochs: 10, batchSize: 32, ...options(0.8) });
    sum += diagnose(network, training.x, { proofs: false }).dead;
  }
  return sum;
}

test("rate 0.8: dead units without and with preventDeaths, with clipping, at half the rate", async () => {
  const plain = await dead((rate) => ({ optimizer: sgd({ learningRate: rate }) }));
  const guarded = await dead((rate) => ({ optimizer: sgd({ learningRate: rate }), callbacks: [preventDeaths()] }));
  const clipped = await dead((rate) => ({ optimizer: sgd({ learningRate: rate }), clipNorm: 1 }));
  const half = await dead((rate) => ({ optimizer: sgd({ learningRate: rate / 2 }) }));
  expect(plain).toBeGreaterThan(80);
  expect(guarded).toBeLessThan(plain / 4);
  expect(Math.max(clipped, half)).toBeLessThan(plain / 4);
});
