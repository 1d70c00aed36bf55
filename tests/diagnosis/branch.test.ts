// Both ways of parting the box, on networks small enough to search densely: what they prove closed stays closed, what they propose opens.
import { describe, expect, test } from "vitest";
import { toReference, withNetwork } from "../support/networks.js";
import { integer, seededRandom } from "../support/random.js";
import { BoxBounds } from "../../src/diagnosis/proof/bounds.js";
import { finish } from "../../src/core/pace.js";
import { Branching, type BranchResult } from "../../src/diagnosis/proof/branch-and-bound.js";
import type { Box } from "../../src/diagnosis/proof/box.js";
import { type Layer64, readLayers } from "../../src/diagnosis/proof/layers64.js";
import { LiveNetwork } from "../../src/diagnosis/proof/reduced-network.js";
import { BoxSplitting } from "../../src/diagnosis/proof/box-splitting.js";
import type { Activation, Network } from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { forward, type Rows } from "../reference/network.js";

const METHODS: Record<
  string,
  (network: Layer64[], layer: number, unit: number, bounds: BoxBounds, box: Box) => BranchResult
> = {
  signs: (network, layer, unit, bounds, box) =>
    finish(new Branching(new LiveNetwork(network, layer, bounds, box), unit, 0).steps(box, 3e6)),
  box: (network, layer, unit, _bounds, box) => finish(new BoxSplitting(network, layer, unit, 0).steps(box, 1e8)),
};

/** A grid of 33 points a side, on one or two inputs. */
function grid({ low, high }: Box): Rows {
  const line = (i: number) => Array.from({ length: 33 }, (_, k) => low[i]! + ((high[i]! - low[i]!) * k) / 32);
  return low.length === 1 ? line(0).map((a) => [a]) : line(0).flatMap((a) => line(1).map((b) => [a, b]));
}

function layersOf(network: Network, count: number): Layer64[] {
  const layers = stateOf(network).layers.slice(0, count);
  return readLayers(layers.map((weights) => ({ activation: weights.activation, weights })));
}

describe.each(Object.keys(METHODS))("parting by %s", (method) => {
  test.each([1, 2, 3])("two inputs at most, one to three layers below (block %d)", async (block) => {
    let proved = 0,
      woken = 0,
      open = 0;
    for (let seed = 50 * block; seed < 50 * block + 50; seed++) {
      const random = seededRandom(seed);
      const inputs = integer(random, 1, 2),
        depth = integer(random, 1, 3);
      const other = (): Activation => (random() < 0.5 ? "tanh" : { name: "leakyRelu", alpha: 0.1 });
      const below = random() < 0.8 ? "relu" : other();
      const widths = Array.from({ length: depth }, () => integer(random, 2, 7));
      await withNetwork(
        {
          inputs,
          layers: [
            ...widths.map((units) => ({ units, activation: below })),
            { units: 6, activation: "relu", biasInitializer: -0.3 * random() },
          ],
          loss: "meanSquaredError",
          seed,
        },
        (network) => {
          network.layers
            .slice(0, -1)
            .forEach((layer) =>
              layer.setWeights({ bias: Float32Array.from({ length: layer.units }, () => random() - 0.5) }),
            );
          const box = { low: new Float32Array(inputs).fill(-1), high: new Float32Array(inputs).fill(1) };
          const layers = layersOf(network, depth + 1);
          const bounds = new BoxBounds(layers, box);
          bounds.extend(depth, Infinity);
          const reference = toReference(network);
          const z = forward(reference, grid(box))[depth]!.z;
          for (let unit = 0; unit < 6; unit++) {
            const result = METHODS[method]!(layers, depth, unit, bounds, box);
            const highest = Math.max(...z.map((row) => row[unit]!));
            if (result === "provenDead") {
              expect(highest, `seed ${seed}, unit ${unit}`).toBeLessThanOrEqual(0);
              proved++;
            } else if (result === "open") open++;
            else {
              expect(forward(reference, [[...result.candidate]])[depth]!.z[0]![unit]).toBeGreaterThan(0);
              woken++;
            }
          }
        },
      );
    }
    expect(proved).toBeGreaterThan(10);
    expect(woken).toBeGreaterThan(100);
    expect(open).toBeLessThan(0.2 * (proved + woken));
  });
});

test("negative control: with a ceiling that is too high, a proof is claimed of units that the grid sees open", () =>
  withNetwork(
    { inputs: 1, layers: [{ units: 6 }, { units: 6 }, { units: 1 }], loss: "meanSquaredError", seed: 1 },
    (network) => {
      const box = { low: Float32Array.of(-1), high: Float32Array.of(1) };
      const layers = layersOf(network, 2);
      const bounds = new BoxBounds(layers, box);
      bounds.extend(1, Infinity);
      const z = forward(toReference(network), grid(box))[1]!.z;
      const opened = [...Array(6).keys()].filter((unit) => Math.max(...z.map((row) => row[unit]!)) > 0);
      expect(opened.length).toBeGreaterThan(1);
      for (const unit of opened)
        expect(finish(new BoxSplitting(layers, 1, unit, 100).steps(box, 1e8))).toBe("provenDead");
      for (const unit of opened)
        expect(finish(new BoxSplitting(layers, 1, unit, 0).steps(box, 1e8))).not.toBe("provenDead");
    },
  ));
