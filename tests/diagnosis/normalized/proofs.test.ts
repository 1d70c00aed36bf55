// Proofs go through batch normalization by the affine map of its running statistics; what is normalized by rows, and
// what is above that, stays open.
import { describe, expect, test } from "vitest";
import { expectError } from "../../support/errors.js";
import { seededRandom } from "../../support/random.js";
import { ARITHMETICS, withNetwork } from "../../support/networks.js";
import { type DenseSpec, diagnose, forecast, type Network, prove } from "../../../src/index.js";

const x = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const closed = new Float32Array(4).fill(-9);

const specOf = (...hidden: Omit<DenseSpec, "units">[]) => ({
  inputs: 2,
  layers: [...hidden.map((each) => ({ ...each, units: 4 })), { units: 1 }],
  loss: "meanSquaredError" as const,
  seed: 3,
});

/** Closes the first layer by its bias, or by beta, and the second by its bias. */
function close(network: Network, layer: number): void {
  const { gamma } = network.layers[layer].getWeights();
  network.layers[layer].setWeights(gamma ? { beta: closed } : { bias: closed });
}

const proofsOf = (network: Network) =>
  diagnose(network, x, { proofs: true })
    .layers.slice(0, 2)
    .flatMap(({ units }) => units.map(({ state, proof }) => (state === "dead" ? proof : state)));

describe.each(ARITHMETICS)("%s", (arithmetic) => {
  test.each(["batch", "layer"] as const)("%s: closed units, in diagnose and prove", (normalization) =>
    withNetwork(
      specOf({ normalization }, {}),
      async (network) => {
        close(network, 0);
        close(network, 1);
        const verdicts = Array(8).fill(normalization === "batch" ? "provenDead" : "open");
        expect(proofsOf(network)).toEqual(verdicts);
        const proof = await prove(network, { x });
        expect(proof.units.map((each) => each.proof)).toEqual(verdicts);
      },
      { arithmetic },
    ),
  );

  test("the same without normalization is proven, and so is a layer below one that is normalized by rows", () =>
    withNetwork(
      specOf({}, { normalization: "layer" }),
      async (network) => {
        close(network, 0);
        close(network, 1);
        expect(proofsOf(network)).toEqual([...Array(4).fill("provenDead"), ...Array(4).fill("open")]);
      },
      { arithmetic },
    ));
});

test("a forecast of normalized layers is refused, one of plain layers is made", async () => {
  await expectError(
    () => forecast(specOf({}, { normalization: "layer" }), x),
    "unsupported",
    "layers[1].normalization",
  );
  expect((await forecast(specOf({}, {}), x)).layers).toHaveLength(2);
});

test("a proof is gone on with only where gamma, beta and the running statistics are what they were", () =>
  withNetwork(specOf({ normalization: "batch" }), async (network) => {
    close(network, 0);
    const from = await prove(network, { x });
    expect((await prove(network, { x }, { from })).weights).toBe(from.weights);
    for (const name of ["gamma", "beta", "runningMean", "runningVariance"] as const) {
      const before = network.layers[0].getWeights()[name]!;
      network.layers[0].setWeights({ [name]: before.with(1, 0.75) });
      await expectError(() => prove(network, { x }, { from }), "value", "from.weights");
      network.layers[0].setWeights({ [name]: before });
    }
    expect((await prove(network, { x }, { from })).weights).toBe(from.weights);
  }));

describe("through batch normalization", () => {
  const box = { low: [-1, -1], high: [1, 1] };
  const first = (network: Network, weights: object) => network.layers[0].setWeights(weights);
  const proofWith = (weights: object) =>
    withNetwork(specOf({ normalization: "batch" }), async (network) => {
      first(network, { kernel: new Float32Array(8).fill(1), runningVariance: closed.map(() => 4), ...weights });
      const [unit] = (await prove(network, { box })).units;
      return unit.proof;
    });
  const all = (value: number) => closed.map(() => value);

  test.each([
    ["a beta below all that the sum may be", { beta: all(-1.01) }, "provenDead"],
    ["one that some input outweighs", { beta: all(-0.99) }, "refuted"],
    ["gamma 0, beta 0", { gamma: all(0) }, "provenDead"],
    ["gamma 0, a beta above 0", { gamma: all(0), beta: all(1e-30) }, "refuted"],
    ["a running mean above it", { runningMean: all(2.01) }, "provenDead"],
    ["the same with a gamma below 0", { runningMean: all(2.01), gamma: all(-1) }, "refuted"],
    ["a bias that outweighs the mean", { runningMean: all(2.01), bias: all(0.1) }, "refuted"],
  ])("%s", async (_name, weights, proof) => expect(await proofWith(weights)).toBe(proof));

  test("no proof is contradicted by the kernels, and inputs that are said to open units do", async () => {
    const random = seededRandom(5);
    const counts = { provenDead: 0, refuted: 0, open: 0 };
    for (let round = 0; round < 40; round++) {
      const arithmetic = ARITHMETICS[round % ARITHMETICS.length];
      const spec = { ...specOf({ normalization: "batch" }, { normalization: "batch" }), seed: round };
      await withNetwork(
        spec,
        async (network) => {
          for (const layer of network.layers.slice(0, 2)) {
            const draw = (size: number, shift: number) => closed.map(() => size * (2 * random() - 1) + shift);
            const far = round % 5 === 0 ? 1e5 : 1;
            layer.setWeights({
              gamma: draw(2, 0),
              beta: draw(1, -1.5),
              bias: draw(far, 0),
              runningMean: draw(0.5, 0).map((value, j) => value + layer.getWeights().bias[j]),
              runningVariance: draw(1, 1.0001),
            });
          }
          const { units } = await prove(network, { box });
          const samples = Array.from({ length: 400 }, (_, i) =>
            [0, 1].map((c) => (i < 4 ? 2 * ((i >> c) & 1) - 1 : Math.fround(2 * random() - 1))),
          );
          const seen = diagnose(network, samples).layers;
          for (const { layer, unit, proof, wakingInput } of units) {
            counts[proof]++;
            if (proof === "provenDead") expect(seen[layer].units[unit].preactivation.max).toBeLessThanOrEqual(0);
            if (proof !== "refuted") continue;
            expect(diagnose(network, [wakingInput!]).layers[layer].units[unit].activity).toBe(1);
          }
        },
        { arithmetic },
      );
    }
    expect(Math.min(counts.provenDead, counts.refuted)).toBeGreaterThan(40);
    expect(counts.open).toBeLessThan(20);
  });
});
