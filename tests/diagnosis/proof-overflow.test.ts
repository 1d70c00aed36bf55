// Proofs of networks whose float32 sums overflow: what is proved closed is neither open nor NaN, in float64, on the
// kernels and in float32 sums of any order; what may be NaN is never proved.
import { describe, expect, test } from "vitest";
import { sampleBox } from "./contradictions.js";
import { withNetwork } from "../support/networks.js";
import { integer, seededRandom } from "../support/random.js";
import { type Activation, diagnose, type Network, type NetworkProof } from "../../src/index.js";
import { proveWith } from "../../src/diagnosis/proof/prove-network.js";
import { activate } from "../../src/activations/analysis.js";
import { stateOf } from "../../src/network/state/state.js";

interface Layer {
  readonly activation: Activation;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

async function withLayers<T>(
  inputs: number,
  layers: readonly Layer[],
  use: (network: Network) => Promise<T>,
): Promise<T> {
  const hidden = layers.map(({ activation, bias }) => ({ units: bias.length, activation }));
  return withNetwork({ inputs, layers: [...hidden, { units: 1 }], loss: "meanSquaredError" }, (network) => {
    layers.forEach(({ kernel, bias }, l) => network.layers[l]!.setWeights({ kernel, bias }));
    return use(network);
  });
}

/** Preactivations by layer in float32, terms added in an order of its own for each sum. */
function inFloat32(network: Network, row: readonly number[], random: () => number): number[][] {
  let a = [...row];
  return stateOf(network)
    .layers.slice(0, -1)
    .map(({ units, inputs, kernel, bias, activation }) => {
      const z = Array.from({ length: units }, (_, j) => {
        const terms = a.map((value, i) => Math.fround(value * kernel[i * units + j]!));
        const order = [...terms, bias[j]!].map((term) => [random(), term] as const).sort(([p], [q]) => p - q);
        return order.reduce((sum, [, term]) => Math.fround(sum + term), 0);
      });
      expect(a).toHaveLength(inputs);
      const isRelu = activation.name === "relu";
      a = z.map((value) =>
        isRelu && value <= 0
          ? 0
          : Math.fround(isRelu ? value : activate(activation.name, value, activation.alpha ?? 0)),
      );
      return z;
    });
}

const boxOf = (inputs: number, low = -1) => ({
  low: Array<number>(inputs).fill(low),
  high: Array<number>(inputs).fill(1),
});
const proofOf = (network: Network, box: { low: number[]; high: number[] }): Promise<NetworkProof> =>
  proveWith(async () => undefined, network, { box }, { budget: 5e6 });

describe("random networks with weights of any size", () => {
  const OTHERS: Activation[] = ["tanh", "linear", { name: "leakyRelu", alpha: 0.1 }, { name: "leakyRelu", alpha: 0 }];

  /** A layer of weights about as large as 10^size, some of them 0. */
  function drawLayer(random: () => number, inputs: number, units: number, size: number): Layer {
    const draw = (shift: number) => {
      const value = random() < 0.1 ? 0 : (2 * random() - 1 - shift) * 10 ** Math.min(38, size + 2 * random());
      return Math.fround(value);
    };
    const other = OTHERS[integer(random, 0, OTHERS.length - 1)]!;
    const shift = random();
    return {
      activation: random() < 0.8 ? "relu" : other,
      kernel: Float32Array.from({ length: inputs * units }, () => draw(shift)),
      bias: Float32Array.from({ length: units }, () => draw(random())),
    };
  }

  test.each([1, 2, 3, 4])("block %d", async (block) => {
    let proved = 0,
      proved32 = 0,
      overflowed = 0;
    for (let seed = 40 * block; seed < 40 * block + 40; seed++) {
      const random = seededRandom(seed);
      const inputs = integer(random, 1, 3);
      const widths = Array.from({ length: integer(random, 2, 4) }, () => integer(random, 2, 6));
      const most = integer(random, 8, 38);
      const layers = widths.map((units, l) => drawLayer(random, widths[l - 1] ?? inputs, units, most * random()));
      await withLayers(inputs, layers, async (network) => {
        const { units } = await proofOf(network, boxOf(inputs));
        const rows = sampleBox(boxOf(inputs), random, 60);
        const kernels = diagnose(network, rows).layers;
        const sums = rows.map((row) => inFloat32(network, row, random));
        for (const { layer, unit, proof } of units) {
          const values = sums.map((row) => row[layer]![unit]!);
          const isOpen = values.some((value) => value > 0 || Number.isNaN(value));
          const name = `seed ${seed}, ${layer}.${unit}`;
          if (
            sums.some((row) =>
              row
                .slice(0, layer + 1)
                .flat()
                .some((value) => !Number.isFinite(value)),
            )
          )
            overflowed++;
          if (proof !== "provenDead") continue;
          expect(isOpen, name).toBe(false);
          const { max } = kernels[layer]!.units[unit]!.preactivation;
          expect(max <= 0, `${name}: ${max} on the kernels`).toBe(true);
          proved++;
          if (values.some((value) => value === -Infinity)) proved32++;
        }
      });
    }
    expect(proved).toBeGreaterThan(30);
    expect(proved32).toBeGreaterThan(0);
    expect(overflowed).toBeGreaterThan(50);
  });
});

describe("by construction", () => {
  const relu = (kernel: number[], bias: number[]): Layer => ({
    activation: "relu",
    kernel: Float32Array.from(kernel),
    bias: Float32Array.from(bias),
  });
  /** Two units of 3e38·(x + y + 1), beyond float32 in much of the box from 0 to 1; beside them one that is closed. */
  const huge = relu([3e38, 3e38, -1, 3e38, 3e38, -1], [3e38, 3e38, -5]);

  test.each<[string, Layer[], "provenDead" | "open"]>([
    ["a closed unit beside units that overflow", [huge], "provenDead"],
    ["-1 and -1 times Infinity: -Infinity, closed", [huge, relu([-1, -1, 1], [-1])], "provenDead"],
    ["1 and -1 times Infinity: NaN", [huge, relu([1, -1, 1], [-1])], "open"],
    ["0 times Infinity: NaN", [huge, relu([-1, 0, 1], [-1])], "open"],
    ["the closed unit alone is no reason", [relu([-1, -1], [-5]), relu([1], [-1])], "provenDead"],
    [
      "a sum of either sign beyond float32, whose whole is below 0: in some orders NaN",
      [relu([1, 1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0]), relu([3e38, 3e38, -3e38, -3e38], [-3e38])],
      "open",
    ],
    [
      "the same with leakyRelu that is closed, alpha 0: 0 times -Infinity is NaN",
      [huge, { ...relu([-1, -1, 1], [-1]), activation: { name: "leakyRelu", alpha: 0 } }],
      "open",
    ],
  ])("%s", (_name, layers, verdict) =>
    withLayers(2, layers, async (network) => {
      const { units } = await proofOf(network, boxOf(2, 0));
      expect(units.at(-1)!.proof).toBe(verdict);
    }),
  );

  test.each([NaN, Infinity, -Infinity])(
    "a weight of %d: its unit is open, and what it feeds, on a point too",
    (weight) =>
      withLayers(2, [relu([1, 1, 1, 1], [-3, -3]), relu([-1, -1], [-1])], async (network) => {
        const verdicts = async (high: number) =>
          (await proofOf(network, { low: [0, 0], high: [high, high] })).units.map(({ proof }) => proof);
        expect(await verdicts(1)).toEqual(["provenDead", "provenDead", "provenDead"]);
        stateOf(network).layer(0).kernel[0] = weight;
        for (const high of [0, 1]) expect(await verdicts(high)).toEqual(["open", "provenDead", "open"]);
      }),
  );
});
