// network.gradients against finite differences of the loss, the float64 reference, and the step that SGD takes with it.
import { describe, expect, test } from "vitest";
import { ARITHMETICS, expectUntouched, numbersOf, toReference, weightsOf, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { flatten, gradients as reference, type ReferenceTargets } from "../reference/network.js";
import { adam, createNetwork, type Loss, type Network, type NetworkSpec, sgd } from "../../src/index.js";
import { expectError } from "../support/errors.js";

const random = seededRandom(17);
/** Three chunks of rows: 256, 256 and 88. */
const ROWS = 600;
const x = randomRows(random, ROWS, 3, 1.5);
const labels = x.map(([a, b]) => (a > 0.3 ? 2 : Number(b > 0)));
const yesOrNo = x.map(([a, b, c]) => [Number(a > b), Number(b > c), Number(a + c > 0)]);
const numbers = x.map(([a, b, c]) => [Math.sin(2 * a) + b, 3 * a * c, b - c].map(Math.fround));
const shares = x.map(([a]) => (a > 0 ? [0.5, 0.25, 0.25] : [0, 0.125, 0.875]));

const CASES: readonly (readonly [name: string, Loss, ReferenceTargets])[] = [
  ["crossEntropy of labels", "crossEntropy", labels],
  ["crossEntropy of class probabilities", "crossEntropy", shares],
  ["binaryCrossEntropy", "binaryCrossEntropy", yesOrNo],
  ["meanSquaredError", "meanSquaredError", numbers],
  ["meanAbsoluteError", "meanAbsoluteError", numbers],
  ["huber", "huber", numbers],
];

const specOf = (loss: Loss): NetworkSpec => ({
  inputs: 3,
  layers: [{ units: 7, activation: "prelu" }, { units: 5, activation: "tanh" }, { units: 3 }],
  loss,
  seed: 12,
});

/** Where two gradients differ by more than the tolerance. */
function differing(a: readonly number[], b: readonly number[], tolerance: number): number[] {
  expect(a.length).toBe(b.length);
  return a.flatMap((value, i) => (Math.abs(value - b[i]) <= tolerance ? [] : [i]));
}

/** (L(w + h) - L(w - h)) / 2h for every weight, by the network's own evaluate; the weights are put back. */
function finiteDifferences(network: Network, y: ReferenceTargets, h: number): number[] {
  return network.layers.flatMap((layer) => {
    const original = layer.getWeights();
    return (["kernel", "bias", "alpha"] as const).flatMap((part) =>
      Array.from(original[part] ?? [], (value, i) => {
        const [low, high] = [value - h, value + h].map((moved) => {
          const changed = original[part]!.slice();
          changed[i] = moved;
          layer.setWeights({ [part]: changed });
          return { at: changed[i], loss: network.evaluate({ x, y }).loss };
        });
        layer.setWeights(original);
        return (high.loss - low.loss) / (high.at - low.at);
      }),
    );
  });
}

describe.each(ARITHMETICS)("gradients (%s)", (arithmetic) => {
  const use = (spec: NetworkSpec, look: (network: Network) => void | Promise<void>) =>
    withNetwork(spec, look, { arithmetic });

  test.each(CASES)("%s: shapes, loss, finite differences, and the float64 reference", (_name, loss, y) =>
    use(specOf(loss), (network) => {
      const before = weightsOf(network);
      const result = network.gradients({ x, y });
      expect(weightsOf(network)).toEqual(before);
      expect(result.layers.map(({ kernel, bias, alpha }) => [kernel.length, bias.length, alpha?.length])).toEqual([
        [21, 7, 7],
        [35, 5, undefined],
        [15, 3, undefined],
      ]);
      expect(result.loss).toBe(network.evaluate({ x, y }).loss);

      const gradient = numbersOf(result.layers);
      const exact = reference(toReference(network), x, y, loss);
      expect(result.loss).toBeCloseTo(exact.loss, 6);
      expect(differing(gradient, flatten(exact.layers), 1e-6)).toEqual([]);

      const measured = finiteDifferences(network, y, 2 ** -8);
      expect(weightsOf(network)).toEqual(before);
      expect(differing(gradient, measured, 2e-3)).toEqual([]);
      gradient.forEach((value, i) => {
        if (Math.abs(value) < 2e-3) return;
        const wrong = gradient.map((each, k) => (k === i ? -each : each));
        expect(differing(wrong, measured, 2e-3)).toEqual([i]); // the check notices a single sign
        expect(differing(wrong, flatten(exact.layers), 1e-6)).toEqual([i]);
      });
      expect(gradient.filter((value) => Math.abs(value) >= 2e-3).length).toBeGreaterThan(gradient.length / 2);
    }),
  );

  test.each(CASES)("%s: one SGD step on all rows moves the weights by it", (_name, loss, y) =>
    use(specOf(loss), async (network) => {
      const before = weightsOf(network);
      const gradient = numbersOf(network.gradients({ x, y }).layers);
      const learningRate = 2 ** -4;
      await network.fit({ x, y }, { epochs: 1, batchSize: ROWS, optimizer: sgd({ learningRate }) });
      const moved = weightsOf(network).map((value, i) => (before[i] - value) / learningRate);
      expect(differing(gradient, moved, 4e-6)).toEqual([]);
      expect(differing(numbersOf(network.gradients({ x, y }).layers), moved, 4e-6)).not.toEqual([]);
    }),
  );

  test("layers most of whose units are closed: as the reference, and 0 for the units that never open", () =>
    use(
      {
        inputs: 3,
        layers: [{ units: 96, biasInitializer: -2.4 }, { units: 40, biasInitializer: -0.2 }, { units: 3 }],
        loss: "crossEntropy",
        seed: 3,
      },
      (network) => {
        const { layers } = network.gradients({ x, y: labels });
        const exact = reference(toReference(network), x, labels, "crossEntropy");
        expect(differing(numbersOf(layers), flatten(exact.layers), 1e-6)).toEqual([]);
        const closed = exact.layers[0].bias.flatMap((value, unit) => (value === 0 ? [unit] : []));
        expect(closed.length).toBeGreaterThan(48);
        expect(closed.length).toBeLessThan(96);
        for (const unit of closed) expect(layers[0].bias[unit]).toBe(0);
      },
    ));

  test.each([1, 32, 255, 256, 257])("%d rows", (rows) =>
    use(specOf("huber"), (network) => {
      const [few, targets] = [x.slice(0, rows), numbers.slice(0, rows)];
      const exact = reference(toReference(network), few, targets, "huber");
      const result = network.gradients({ x: few, y: targets });
      expect(differing(numbersOf(result.layers), flatten(exact.layers), 1e-6)).toEqual([]);
    }),
  );

  test("asked for after every batch of a training, it leaves the training's bits as they are", async () => {
    const train = async (look: boolean) => {
      const network = await createNetwork(specOf("meanSquaredError"), { arithmetic });
      const losses: number[] = [];
      const { epochs } = await network.fit(
        { x, y: numbers },
        {
          epochs: 2,
          optimizer: adam(),
          validation: 0.2,
          clipNorm: 0.5,
          callbacks: [
            { onBatchEnd: (_log, each) => void (look && losses.push(each.network.gradients({ x, y: numbers }).loss)) },
          ],
        },
      );
      const weights = weightsOf(network);
      network.dispose();
      return { weights, losses, epochs: epochs.map((log) => ({ ...log, seconds: 0 })) };
    };
    const [alone, watched] = [await train(false), await train(true)];
    expect(watched.losses.length).toBe(30);
    expect(watched.losses.at(-1)).toBeLessThan(watched.losses[0]);
    expect({ ...watched, losses: [] }).toEqual(alone);
  });
});

test("what it is given may be kept: later calls do not write into it", () =>
  withNetwork(specOf("huber"), (network) => {
    const first = network.gradients({ x, y: numbers });
    const copy = numbersOf(first.layers);
    network.gradients({ x: x.slice(0, 5), y: numbers.slice(0, 5) });
    expect(numbersOf(first.layers)).toEqual(copy);
  }));

test("refuses other widths, missing targets, and a network that was disposed of", async () => {
  const network = await createNetwork(specOf("huber"));
  await expectUntouched(network, () => network.gradients({ x: [[1, 2]], y: [[1, 2, 3]] }), "shape", "data.x");
  await expectUntouched(network, () => network.gradients({ x: [[1, 2, 3]], y: [[1, 2]] }), "shape", /^data.y/);
  await expectUntouched(network, () => network.gradients({ x, y: numbers.slice(1) }), "shape", "data.y");
  network.dispose();
  await expectError(() => network.gradients({ x, y: numbers }), "disposed", "network");
});
