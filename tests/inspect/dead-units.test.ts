// countDead against diagnose, and where diagnose gives up.
import { describe, expect, test } from "vitest";
import { createNetwork, diagnose } from "../../src/index.js";
import { countDead } from "../../src/inspect/dead-units.js";
import { stateOf } from "../../src/network/state/state.js";
import { expectError } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { withDeadUnits, x } from "../support/dead-networks.js";

describe("countDead", () => {
  test("counts what diagnose counts, by layer, given a network or its state", async () => {
    await withDeadUnits(async (network) => {
      const { dead, units, layers } = diagnose(network, x);
      const counted = countDead(network, x);
      expect(counted).toMatchObject({ dead, units });
      expect(counted.layers.map((layer) => layer.dead)).toEqual(layers.map((layer) => layer.dead));
      expect(countDead(stateOf(network), x)).toEqual(counted);
    });
  });

  test("tells units that never fire apart from dead ones, in several chunks of rows", async () => {
    const layers = [
      { units: 6, activation: { name: "leakyRelu", alpha: 0.1 }, biasInitializer: -9 },
      { units: 1 },
    ] as const;
    const rows = randomRows(seededRandom(3), 700, 2);
    await withNetwork({ inputs: 2, layers: [...layers], loss: "meanSquaredError" }, async (network) => {
      expect(countDead(network, rows)).toMatchObject({ dead: 0, neverFired: 6, units: 6 });
      rows[699] = [1e4, 1e4]; // in the last chunk alone
      const { neverFired } = countDead(network, rows);
      expect(neverFired).toBeLessThan(6);
    });
  });

  test("a preactivation that overflows is no error, and no death", async () => {
    await withNetwork(
      { inputs: 2, layers: [{ units: 2 }, { units: 2 }, { units: 1 }], loss: "meanSquaredError" },
      async (network) => {
        network.layers[0].setWeights({
          kernel: Float32Array.from([3e38, -1, 3e38, -1]),
          bias: Float32Array.from([0, 0]),
        });
        network.layers[1].setWeights({ kernel: Float32Array.from([1, -1, 1, -1]), bias: Float32Array.from([0, 0]) });
        const big = [[2, 2]];
        // unit 0 overflows, unit 1 is closed; above, Infinity keeps one open and closes the other.
        expect(countDead(network, big).layers).toEqual([
          { dead: 1, neverFired: 1, units: 2 },
          { dead: 1, neverFired: 1, units: 2 },
        ]);
      },
    );
  });

  test("a network without hidden layers has none, and no rows are an error", async () => {
    const network = await createNetwork({ inputs: 2, layers: [{ units: 1 }], loss: "meanSquaredError" });
    expect(countDead(network, [[1, 2]])).toEqual({ dead: 0, neverFired: 0, units: 0, layers: [] });
    await expectError(() => countDead(network, []), "shape", "x");
    await expectError(() => countDead(network, [[1]]), "shape");
    network.dispose();
  });
});
