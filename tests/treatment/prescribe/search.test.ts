// How prescribe searches where several faults have to be mended at once, within a budget.
import { describe, expect, it } from "vitest";
import { type FitOptions, type NetworkSpec, prescribe, sgd } from "../../../src/index.js";
import { seededRandom } from "../../support/random.js";

/** A disc within a ring. */
function rings(rows: number): { x: number[][]; y: number[][] } {
  const uniform = seededRandom(11);
  const points = Array.from({ length: rows }, (_, row) => {
    const angle = 2 * Math.PI * uniform();
    const radius = row % 2 === 0 ? 0.6 * uniform() : 1 + 0.4 * uniform();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return { x: points, y: points.map((_, row) => (row % 2 === 0 ? [1, 0] : [0, 1])) };
}

/** Nothing bends, few units, weights far too large, the wrong loss, and a rate that throws it. */
const spec: NetworkSpec = {
  inputs: 2,
  layers: [
    { units: 4, activation: "linear", kernelInitializer: { normal: 3 } },
    { units: 2, activation: "linear", kernelInitializer: { normal: 3 } },
  ],
  loss: "meanSquaredError",
  seed: 3,
};
const EPOCHS = 20;
const BUDGET = 20;
const fit: FitOptions = { epochs: EPOCHS, batchSize: 10, optimizer: sgd({ learningRate: 3 }) };

describe("several faults at once", () => {
  it("are mended together, within the budget", async () => {
    let epochs = 0;
    const counted = { ...fit, callbacks: [{ onEpochEnd: () => void epochs++ }] };
    const { best, trials } = await prescribe(spec, rings(300), counted, { budget: BUDGET, workers: 1 });
    expect(best.metrics.accuracy).toBeGreaterThan(0.97);
    expect(epochs).toBeLessThanOrEqual(BUDGET * EPOCHS);
    expect(epochs).toBeGreaterThan((BUDGET * EPOCHS) / 4);
    // no one of them is enough by itself
    const singles = trials.filter(({ name }) => !name.includes(","));
    expect(singles.every(({ metrics }) => !(metrics.accuracy! > 0.9))).toBe(true);
  });

  it("are not, where few trials may be made", async () => {
    const { best } = await prescribe(spec, rings(300), fit, { budget: BUDGET, workers: 1, trials: 3 });
    expect(best.metrics.accuracy ?? 0).toBeLessThan(0.9);
  });
});

describe("a winner", () => {
  it("is left without what it can do without", async () => {
    const { x, y } = rings(300);
    const slow: NetworkSpec = {
      inputs: 2,
      layers: [{ units: 16, activation: "relu" }, { units: 2 }],
      loss: "crossEntropy",
      seed: 3,
    };
    const { best, baseline } = await prescribe(
      slow,
      { x, y },
      { epochs: EPOCHS, batchSize: 10, optimizer: sgd({ learningRate: 1e-4 }) },
      { budget: BUDGET, workers: 1 },
    );
    expect(baseline.metrics.accuracy).toBeLessThan(0.8);
    expect(best.metrics.accuracy).toBeGreaterThan(0.97);
    expect(best.name.split(", ").length).toBeLessThanOrEqual(2);
  });
});
