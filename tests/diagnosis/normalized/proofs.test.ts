// Proofs go through batch normalization by the affine map of its running statistics; what is normalized by rows, and
// what is above that, stays open.
import { describe, expect, test } from "vitest";
import { expectError } from "../../support/errors.js";
import { seededRandom } from "../../support/random.js";
import { ARITHMETICS, withNetwork } from "../../support/networks.js";
import { findContradictions, sampleBox } from "../contradictions.js";
import { boundLayer } from "../../../src/diagnosis/proof/bounds.js";
import { readLayers } from "../../../src/diagnosis/proof/layers64.js";
import { type DenseSpec, diagnose, type Diagnosis, forecast, type Network, prove } from "../../../src/index.js";

type LayerWeights = ReturnType<Network["layers"][number]["getWeights"]>;

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

  const HIDDEN = [0, 1];
  const range = (random: () => number, size: number, shift: number) =>
    closed.map(() => size * (2 * random() - 1) + shift);

  /**
   * Layers with weights that are drawn. A mean far from 0 is taken away by the bias, without any rounding, or by beta,
   * of whose size the sums then are rounded.
   */
  function draw(layers: Network["layers"], random: () => number, far = 1): void {
    for (const layer of layers) {
      const [gamma, bias, offset] = [range(random, 2, 0), range(random, far, 0), range(random, far > 1 ? far : 0.5, 0)];
      const runningVariance = range(random, 1, 1.0001);
      const least = range(random, 1, -1.5);
      const taken = (unit: number) => (far > 1 ? (gamma[unit] * offset[unit]) / Math.sqrt(runningVariance[unit]) : 0);
      const runningMean = bias.map((value, unit) => value + offset[unit]);
      layer.setWeights({ gamma, bias, runningMean, runningVariance, beta: least.map((b, unit) => b + taken(unit)) });
    }
  }

  /** A look at two rows, so that many units seem dead, with proofs for the whole box. */
  const look = (network: Network) => diagnose(network, x.slice(0, 2), { proofs: true, inputBox: box });

  const countOf = ({ layers }: Diagnosis, wanted: string) =>
    HIDDEN.flatMap((l) => layers[l].units).filter(({ proof }) => proof === wanted).length;

  test("no proof is contradicted by the kernels or in float64, and inputs that are said to open units do", async () => {
    const random = seededRandom(5);
    const counts = { provenDead: 0, refuted: 0, open: 0 };
    for (let round = 0; round < 40; round++) {
      const spec = { ...specOf({ normalization: "batch" }, { normalization: "batch" }), seed: round };
      await withNetwork(
        spec,
        (network) => {
          draw(network.layers.slice(0, 2), random, round % 5 === 0 ? 1e4 : 1);
          const diagnosis = look(network);
          expect(findContradictions(network, box, diagnosis, random), `round ${round}`).toEqual([]);
          for (const proof of ["provenDead", "refuted", "open"] as const) counts[proof] += countOf(diagnosis, proof);
        },
        { arithmetic: ARITHMETICS[round % ARITHMETICS.length] },
      );
    }
    expect(Math.min(counts.provenDead, counts.refuted)).toBeGreaterThan(20);
    expect(counts.open).toBeLessThan(20);
  });

  /** How many proofs are contradicted that were made of the network with other weights of its first layer. */
  async function caughtWith(change: (weights: LayerWeights) => Partial<LayerWeights>): Promise<number> {
    const random = seededRandom(6);
    let caught = 0;
    for (let seed = 0; seed < 10; seed++)
      await withNetwork({ ...specOf({ normalization: "batch" }), seed }, (network) => {
        draw(network.layers.slice(0, 1), random);
        const [layer] = network.layers;
        const own = layer.getWeights();
        layer.setWeights(change(own));
        const wrong = look(network);
        layer.setWeights(own);
        caught += findContradictions(network, box, wrong, random).length;
      });
    return caught;
  }

  test("negative control: proofs with a part of the normalization left out are caught", async () => {
    expect(await caughtWith(() => ({}))).toBe(0);
    const faults: ((weights: LayerWeights) => Partial<LayerWeights>)[] = [
      ({ gamma }) => ({ gamma: gamma!.map(Math.abs) }),
      ({ beta }) => ({ beta: beta!.map(() => -1.5) }),
      ({ bias }) => ({ runningMean: bias }),
      () => ({ runningVariance: closed.map(() => 1) }),
    ];
    for (const fault of faults) expect(await caughtWith(fault)).toBeGreaterThan(0);
  });

  test("what float32 makes is within the bounds; negative control: without the normalization's rounding it is not", async () => {
    const random = seededRandom(7);
    let outside = 0;
    for (let round = 0; round < 40; round++)
      await withNetwork(
        { ...specOf({ normalization: "batch" }), seed: round },
        (network) => {
          draw(network.layers.slice(0, 1), random, 1e4);
          const [layer] = network.layers;
          const weights = { inputs: layer.inputs, units: layer.units, ...layer.getWeights() };
          const [read] = readLayers([{ activation: layer.activation, epsilon: 1e-5, weights }]);
          const { folded, ...bare } = read;
          expect(folded).toBeDefined();
          const range = boundLayer(read, box);
          const unrounded = boundLayer(bare, box);
          const seen = diagnose(network, sampleBox(box, random)).layers[0].units;
          seen.forEach(({ preactivation: { min, max } }, unit) => {
            expect(max).toBeLessThanOrEqual(range.high[unit]);
            expect(min).toBeGreaterThanOrEqual(range.low[unit]);
            outside += Number(max > unrounded.high[unit] || min < unrounded.low[unit]);
          });
        },
        { arithmetic: ARITHMETICS[round % ARITHMETICS.length] },
      );
    expect(outside).toBeGreaterThan(40);
  });
});
