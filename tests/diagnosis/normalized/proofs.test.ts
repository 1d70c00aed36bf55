// What is normalized is not reckoned by proofs: its units, and those above, stay open; those below are decided.
import { describe, expect, test } from "vitest";
import { expectError } from "../../support/errors.js";
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
  test.each(["batch", "layer"] as const)("%s: a closed unit is open to proof, in diagnose and prove", (normalization) =>
    withNetwork(
      specOf({ normalization }, {}),
      async (network) => {
        close(network, 0);
        close(network, 1);
        expect(proofsOf(network)).toEqual(Array(8).fill("open"));
        const proof = await prove(network, { x });
        expect(proof.units.map((each) => each.proof)).toEqual(Array(8).fill("open"));
      },
      { arithmetic },
    ),
  );

  test("the same without normalization is proven, and so is a layer below a normalized one", () =>
    withNetwork(
      specOf({}, { normalization: "batch" }),
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
