// Histograms of activations and gradients by layer, as a frame holds them on demand.
import { afterEach, describe, expect, test } from "vitest";
import type { Frame, LayerFigures } from "../../site/workshop/engine/types.js";
import type { Recipe } from "../../site/training/recipe.js";
import { createNetwork } from "../../src/network/network.js";
import { EngineHarness } from "./engine-harness.js";

const harnesses: EngineHarness[] = [];
afterEach(() => harnesses.splice(0).forEach(({ engine }) => engine.dispose()));

async function look(
  recipe: Partial<Recipe>,
  steps: number,
): Promise<{ frame: Frame; layers: readonly LayerFigures[]; harness: EngineHarness }> {
  const harness = new EngineHarness();
  harnesses.push(harness);
  await harness.start(recipe);
  if (steps > 0) await harness.stepTo(steps);
  const frame = await harness.send({ kind: "frame", curves: -1, layers: true }, "frame");
  return { frame, layers: frame.layers!, harness };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test("are in a frame only where they are asked for", async () => {
  const { harness } = await look({}, 0);
  expect((await harness.frame()).layers).toBeUndefined();
});

describe("activations", () => {
  test("are 0 where units do not fire: as the units' own figures say", async () => {
    const { frame, layers } = await look({}, 200);
    expect(layers).toHaveLength(3);
    [frame.figures.subarray(0, 50), frame.figures.subarray(50)].forEach((figures, layer) => {
      const rates = [...figures].filter((_, i) => i % 5 === 4);
      const { zeros, counts, least, low } = layers[layer].activations;
      expect(zeros).toBeCloseTo(1 - sum(rates) / rates.length, 5);
      expect(sum(counts)).toBe(Math.round((1 - zeros) * 240 * rates.length));
      expect([least, low]).toEqual([0, 0]);
    });
  });

  test("of sigmoids are never 0, and lie between 0 and 1", async () => {
    const { layers } = await look({ activation: "sigmoid" }, 0);
    const { zeros, least, most } = layers[0].activations;
    expect(zeros).toBe(0);
    expect(least).toBeGreaterThan(0);
    expect(most).toBeLessThan(1);
  });
});

describe("gradients", () => {
  test("are those by which the loss falls: the middle of their sizes, by differences", async () => {
    const recipe = { layers: [4], activation: "tanh", batch: 240, rate: 0.1 } as const;
    const harness = new EngineHarness();
    harnesses.push(harness);
    const { spec, task, layout } = await harness.start(recipe);
    const frame = await harness.send({ kind: "frame", curves: -1, layers: true }, "frame");
    using network = await createNetwork(spec, { arithmetic: "reproducible" });
    const { kernel, bias } = layout[0];
    const [weights, biases] = [frame.parameters.slice(kernel, kernel + 8), frame.parameters.slice(bias, bias + 4)];
    const lossAt = (at: number, change: number) => {
      const changed = { kernel: weights.slice(), bias: biases.slice() };
      if (at < 8) changed.kernel[at] += change;
      else changed.bias[at - 8] += change;
      network.layers[0].setWeights(changed);
      return network.evaluate({ x: task.train.x, y: task.train.y }).loss;
    };
    const sizes = Array.from({ length: 12 }, (_, at) => Math.abs(lossAt(at, 0.01) - lossAt(at, -0.01)) / 0.02);
    const middle = sizes.toSorted((a, b) => a - b)[6];
    expect(Math.abs(frame.layers![0].gradient.middle / middle - 1)).toBeLessThan(0.02);
  });

  test("vanish through six sigmoids, and not through six ReLUs", async () => {
    const shrink = async (activation: Recipe["activation"]) => {
      const { layers } = await look({ layers: [6, 6, 6, 6, 6, 6], activation }, 0);
      return layers[0].gradient.middle / layers[5].gradient.middle;
    };
    expect(await shrink("sigmoid")).toBeLessThan(0.01);
    expect(await shrink("relu")).toBeGreaterThan(0.05);
  });

  test("are all 0 in hidden layers that start at zero, but for the output's biases", async () => {
    const { layers } = await look({ start: "zeros", data: "regression" }, 0);
    expect(layers.map(({ gradient }) => gradient.zeros)).toEqual([1, 1, 8 / 9]);
    expect(layers.map(({ activations }) => activations.zeros)).toEqual([1, 1, 1]);
  });

  test("of a dead unit are 0", async () => {
    const { frame, layers } = await look({ bias: -0.7, rate: 0.3 }, 0);
    const dead = frame.states.slice(0, 10).filter((state) => state === "dead").length;
    expect(dead).toBeGreaterThan(0);
    expect(layers[0].gradient.zeros).toBeGreaterThanOrEqual(dead / 10);
  });
});
