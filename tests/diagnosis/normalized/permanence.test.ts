// Which dead units of normalized layers are permanently dead: those that no batch can open, and no others.
import { expect, test } from "vitest";
import { withNetwork } from "../../support/networks.js";
import { diagnose, type NormalizationKind, sgd } from "../../../src/index.js";

const x = Array.from({ length: 16 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const filled = (value: number) => new Float32Array(4).fill(value);

/** The first unit of a normalized layer at this gamma and beta. */
const unitAt = (kind: NormalizationKind, gamma: number, beta: number) =>
  withNetwork(
    { inputs: 2, layers: [{ units: 4, normalization: kind }, { units: 1 }], loss: "meanSquaredError", seed: 1 },
    async (network) => {
      network.layers[0].setWeights({ gamma: filled(gamma), beta: filled(beta) });
      const { state, permanent } = diagnose(network, x).layers[0].units[0];
      await network.fit(
        { x, y: x.map(([a]) => [a]) },
        { epochs: 3, batchSize: 4, optimizer: sgd({ learningRate: 0.5 }) },
      );
      return { state, permanent, moved: network.layers[0].getWeights().beta![0] !== Math.fround(beta) };
    },
  );

test("of 16 rows no number lies more than sqrt(15) deviations above the mean", async () => {
  expect(await unitAt("batch", 1, -4)).toMatchObject({ state: "dead", permanent: true, moved: false });
  expect(await unitAt("batch", 1, -3.8)).toMatchObject({ state: "dead", permanent: false });
});

test("gamma 0: beta alone", async () =>
  expect(await unitAt("batch", 0, -0.5)).toMatchObject({
    state: "dead",
    permanent: true,
    moved: false,
  }));

test("a unit that fires is not dead, whatever its beta", async () =>
  expect((await unitAt("batch", 1, 0.5)).state).not.toBe("dead"));
