// Verdicts on networks built by hand, statistics against float64, and what the verdicts promise, put to the test.
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { expectUntouched, toReference, weightsOf, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import {
  type Activation,
  createNetwork,
  diagnose,
  type Diagnosis,
  type Loss,
  type Network,
  type NetworkSpec,
  sgd,
  type UnitDiagnosis,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { ACTIVATION_NAMES } from "../../src/wasm/abi.js";
import { forward, type Rows } from "../reference/network.js";

interface HandLayer {
  readonly activation?: Activation;
  /** inputs x units. */
  readonly kernel: Rows;
  readonly bias: number[];
}

/** Builds the layers, adds an output layer that sums, and hands the network on. */
async function withLayers<T>(
  layers: readonly HandLayer[],
  use: (network: Network) => T | Promise<T>,
  output: Activation = "linear",
): Promise<T> {
  const spec: NetworkSpec = {
    inputs: layers[0].kernel.length,
    layers: [
      ...layers.map(({ activation = "relu", bias }) => ({ units: bias.length, activation })),
      { units: 1, activation: output },
    ],
    loss: "meanSquaredError",
  };
  return withNetwork(spec, (network) => {
    layers.forEach(({ kernel, bias }, index) =>
      network.layers[index].setWeights({ kernel: Float32Array.from(kernel.flat()), bias: Float32Array.from(bias) }),
    );
    network.layers.at(-1)!.setWeights({ kernel: new Float32Array(layers.at(-1)!.bias.length).fill(1) });
    return use(network);
  });
}

/** The diagnosis of a single layer of units with one input each: `x` is one column. */
async function unitsOf(
  activation: Activation,
  weights: readonly (readonly [weight: number, bias: number])[],
  x: readonly number[],
  options?: Parameters<typeof diagnose>[2],
) {
  const layer = { activation, kernel: [weights.map(([weight]) => weight)], bias: weights.map(([, bias]) => bias) };
  return withLayers(
    [layer],
    (network) =>
      diagnose(
        network,
        x.map((value) => [value]),
        options,
      ).layers[0].units,
  );
}

describe("states of units", () => {
  test("relu: dead by its bias, dead by its weights, alive, linear", async () => {
    const units = await unitsOf(
      "relu",
      [
        [1, -5],
        [-1, 0],
        [1, -2],
        [1, 1],
        [-1, 0.5],
      ],
      [1, 2, 3],
    );
    expect(units.map(({ state }) => state)).toEqual(["dead", "dead", "alive", "linear", "dead"]);
    expect(units.map(({ mechanism }) => mechanism)).toEqual([
      "negativeBias",
      "negativeWeights",
      undefined,
      undefined,
      "negativeWeights",
    ]);
    expect(units.map(({ activity }) => activity)).toEqual([0, 0, 1 / 3, 1, 0]);
    expect(units.map(({ permanent }) => permanent)).toEqual([true, true, undefined, undefined, true]);
    for (const unit of units)
      for (const key of ["mechanism", "permanent", "biasToRevive"])
        expect(key in unit && unit[key as keyof UnitDiagnosis] !== undefined).toBe(unit.state === "dead");
  });

  test("a preactivation of exactly 0 is closed", async () => {
    const [zero, minusZero, touching] = await unitsOf(
      "relu",
      [
        [0, 0],
        [0, -0],
        [1, -3],
      ],
      [1, 2, 3],
    );
    for (const unit of [zero, minusZero, touching]) {
      expect(unit.state).toBe("dead");
      expect(unit.activity).toBe(0);
      expect(unit.preactivation.max).toBe(0);
    }
    expect(zero.mechanism).toBe("negativeWeights");
    expect(touching.mechanism).toBe("negativeBias");
  });

  test("the smallest positive preactivation is open", async () => {
    const [unit] = await unitsOf("relu", [[0, 2 ** -126]], [1, 2]);
    expect(unit.activity).toBe(1);
    expect(unit.state).toBe("linear");
  });

  test.each<Activation>(["leakyRelu", "prelu", { name: "leakyRelu", alpha: 0.3 }])(
    "%j on its negative side is linear, not dead",
    async (activation) => {
      const [negative, positive, both] = await unitsOf(
        activation,
        [
          [-1, 0],
          [1, 0],
          [1, -2],
        ],
        [1, 2, 3],
      );
      expect(negative).toMatchObject({ state: "linear", activity: 0 });
      for (const key of ["mechanism", "permanent", "biasToRevive"] as const) expect(negative[key]).toBeUndefined();
      expect(positive.state).toBe("linear");
      expect(both.state).toBe("alive");
    },
  );

  test.each<Activation>([
    { name: "leakyRelu", alpha: 0 },
    { name: "elu", alpha: 0 },
  ])("%j on its negative side is dead: output and slope are 0", async (activation) => {
    expect((await unitsOf(activation, [[-1, 0]], [1, 2, 3]))[0].state).toBe("dead");
  });

  test("rare: fires, on less than one in a hundred", async () => {
    const x = Array.from({ length: 200 }, (_, row) => ({ 7: 50, 90: 40 })[row] ?? row / 200);
    const weights = [
      [1, -45],
      [1, -30],
      [1, -0.2],
    ] as const; // one sample, two samples, most
    const states = async (options?: object) => (await unitsOf("relu", weights, x, options)).map(({ state }) => state);
    expect(await states({ dormantBelow: 0 })).toEqual(["rare", "alive", "alive"]);
    expect(await states({ dormantBelow: 0, rareBelow: 0.02 })).toEqual(["rare", "rare", "alive"]);
    expect(await states({ dormantBelow: 0, rareBelow: 0 })).toEqual(["alive", "alive", "alive"]);
  });

  test("dormant: fires often, but hardly", async () => {
    const x = [-1, -2, 1, 2];
    const units = await unitsOf(
      "relu",
      [
        [0.01, 0],
        [1, 0],
      ],
      x,
    );
    expect(units.map(({ state }) => state)).toEqual(["dormant", "alive"]);
    expect(units[0].dormancy).toBeCloseTo(0.01 / 0.505, 5);
    expect(units[1].dormancy).toBeCloseTo(1 / 0.505, 5);
    const lenient = await unitsOf(
      "relu",
      [
        [0.01, 0],
        [1, 0],
      ],
      x,
      { dormantBelow: 0.01 },
    );
    expect(lenient.map(({ state }) => state)).toEqual(["alive", "alive"]);
  });

  test.each<Activation>(["sigmoid", "tanh"])(
    "%s is saturated where it is flat on every sample, and never dead",
    async (activation) => {
      const units = await unitsOf(
        activation,
        [
          [1, 60],
          [1, 40],
          [1, -40],
          [0.1, 0],
        ],
        [1, 2, -1],
      );
      expect(units.map(({ state }) => state)).toEqual(["saturated", "saturated", "saturated", "alive"]);
      const onBothSides = await unitsOf(
        activation,
        [
          [50, 0],
          [50, 48],
        ],
        [1, 2, -1],
      ); // the second is steep at -1
      expect(onBothSides.map(({ state }) => state)).toEqual(["saturated", "alive"]);
    },
  );

  test.each<Activation>(["elu", "selu", "gelu", "silu", "softplus", "sigmoid", "tanh", "hardSwish", "linear"])(
    "%s at about -1 is not dead",
    async (activation) => {
      const [unit] = await unitsOf(activation, [[1, -1]], [0.1, -0.1, 0.2]);
      expect(unit.state).not.toBe("dead");
      expect(unit.activity).toBe(0);
    },
  );

  test("hardSwish is dead where no preactivation is above -3, and alive a little above it", async () => {
    const states = async (x: number[]) => (await unitsOf("hardSwish", [[1, 0]], x)).map(({ state }) => state);
    expect(await states([-3, -4, -1e30])).toEqual(["dead"]);
    expect(await states([-3, -4, -2.99])).toEqual(["alive"]);
  });

  test("a linear unit never switches", async () => {
    expect(
      (
        await unitsOf(
          "linear",
          [
            [1, 0],
            [-1, 0],
          ],
          [1, 2],
        )
      ).map(({ state }) => state),
    ).toEqual(["linear", "linear"]);
  });

  test("one sample is enough for a verdict", async () => {
    const units = await unitsOf(
      "relu",
      [
        [1, 0],
        [-1, 0],
      ],
      [2],
    );
    expect(units.map(({ state }) => state)).toEqual(["linear", "dead"]);
    expect(units[1].activityBound).toBeCloseTo(0.95, 6);
    expect(units[0].preactivation.std).toBe(0);
  });

  test("behind silent units alone: silentInputs, or linear where the bias is positive", () =>
    withLayers(
      [
        { kernel: [[-1, -1]], bias: [0, 0] },
        {
          kernel: [
            [1, 1],
            [1, 1],
          ],
          bias: [-1, 1],
        },
      ],
      (network) => {
        const diagnosis = diagnose(network, [[1], [2]]);
        expect(diagnosis.layers[1].units[0]).toMatchObject({
          state: "dead",
          mechanism: "silentInputs",
          permanent: true,
        });
        expect(diagnosis.layers[1].units[1].state).toBe("linear");
        expect(diagnosis.layers[0].units.map(({ mechanism }) => mechanism)).toEqual([
          "negativeWeights",
          "negativeWeights",
        ]);
      },
    ));

  test("behind a layer of which one unit lives: not silentInputs", () =>
    withLayers(
      [
        { kernel: [[-1, 1]], bias: [0, 0] },
        { kernel: [[1], [-1]], bias: [0] },
      ],
      (network) => {
        expect(diagnose(network, [[1], [2]]).layers[1].units[0].mechanism).toBe("negativeWeights");
      },
    ));
});

describe("counts", () => {
  test("hidden units alone are counted, layer by layer", () =>
    withLayers(
      [
        { kernel: [[-1, 1, -1]], bias: [0, 0, 0] },
        {
          kernel: [
            [1, 1],
            [1, 1],
            [1, 1],
          ],
          bias: [-99, 0],
        },
      ],
      (network) => {
        const diagnosis = diagnose(network, [[1], [2]]);
        expect(diagnosis).toMatchObject({ samples: 2, units: 5, dead: 3, deadFraction: 3 / 5 });
        expect(diagnosis.layers.map(({ layer, activation, dead }) => [layer, activation, dead])).toEqual([
          [0, "relu", 2],
          [1, "relu", 1],
        ]);
        expect(diagnosis.layers.map(({ units }) => units.map(({ layer, unit }) => [layer, unit]))).toEqual([
          [
            [0, 0],
            [0, 1],
            [0, 2],
          ],
          [
            [1, 0],
            [1, 1],
          ],
        ]);
      },
    ));

  test("a network without hidden layers has no units", () =>
    withNetwork({ inputs: 2, layers: [{ units: 3 }], loss: "crossEntropy" }, (network) => {
      const diagnosis = diagnose(network, [[1, 2]]);
      expect(diagnosis).toMatchObject({ samples: 1, units: 0, dead: 0, deadFraction: 0, layers: [] });
      expect(diagnosis.toString()).not.toMatch(/NaN|undefined/);
    }));

  test("in a layer of the dead dormancy is a number", async () => {
    for (const { dormancy } of await unitsOf(
      "relu",
      [
        [-1, 0],
        [-2, 0],
      ],
      [1, 2],
    ))
      expect(dormancy).toBe(0);
  });
});

describe("the bound on unseen samples", () => {
  /** P(at most k of n) at rate p. */
  function binomialTail(k: number, n: number, p: number): number {
    let term = (1 - p) ** n;
    let sum = term;
    for (let i = 1; i <= k; i++) {
      term *= ((n - i + 1) / i) * (p / (1 - p));
      sum += term;
    }
    return sum;
  }

  test.each([
    [0, 1],
    [0, 10],
    [0, 300],
    [1, 10],
    [3, 50],
    [20, 60],
    [49, 50],
    [150, 300],
    [7, 1000],
  ])("fired on %d of %d: Clopper and Pearson's", async (fired, n) => {
    const x = Array.from({ length: n }, (_, row) => (row < fired ? 1 : -1));
    const [{ activity, activityBound }] = await unitsOf("relu", [[1, 0]], x);
    expect(activity).toBe(fired / n);
    expect(activityBound).toBeGreaterThan(activity);
    expect(binomialTail(fired, n, activityBound)).toBeCloseTo(0.05, 6);
  });

  test("silent: the rule of three", async () => {
    const [{ activityBound }] = await unitsOf(
      "relu",
      [[-1, 0]],
      Array.from({ length: 1000 }, (_, row) => row + 1),
    );
    expect(activityBound * 1000).toBeCloseTo(3, 1);
  });

  test("always: 1", async () => {
    expect((await unitsOf("relu", [[1, 0]], [1, 2, 3]))[0].activityBound).toBe(1);
  });
});

/** Random networks with some dead units in every layer. */
function randomSpec(
  seed: number,
  activation: Activation = "relu",
  widths = [23, 17, 9],
  biasInitializer = -0.6,
): NetworkSpec {
  return {
    inputs: 4,
    layers: [...widths.map((units) => ({ units, activation, biasInitializer })), { units: 3 }],
    loss: "crossEntropy",
    seed,
  };
}

describe("statistics against float64", () => {
  const activations: readonly Activation[] = ACTIVATION_NAMES;

  test.each(activations)("%s: preactivations, activity and dormancy over several chunks", (activation) =>
    withNetwork(randomSpec(3, activation, [23, 17, 9], -0.2), (network) => {
      const x = randomRows(seededRandom(9), 601, 4, 2);
      const passes = forward(toReference(network), x);
      diagnose(network, x).layers.forEach(({ units }, layer) => {
        const { z, a } = passes[layer];
        const meanSizes = units.map((_, unit) => a.reduce((sum, row) => sum + Math.abs(row[unit]), 0) / x.length);
        const layerMean = meanSizes.reduce((sum, value) => sum + value, 0) / units.length;
        const scale = Math.max(...z.flat().map(Math.abs));
        units.forEach(({ preactivation, activity, dormancy }, unit) => {
          const column = z.map((row) => row[unit]);
          const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
          const std = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length);
          const wanted = { min: Math.min(...column), max: Math.max(...column), mean, std };
          for (const key of ["min", "max", "mean", "std"] as const)
            expect(Math.abs(preactivation[key] - wanted[key])).toBeLessThan(1e-5 * scale);
          expect(Math.abs(dormancy - meanSizes[unit] / layerMean)).toBeLessThan(1e-4);
          expect(activity).toBe(column.filter((value) => value > 0).length / x.length);
        });
      });
    }),
  );

  test("a small spread around a large mean is not lost", async () => {
    const x = Array.from({ length: 700 }, (_, row) => 4096 + (row % 7) / 8); // exact in float32
    const [{ preactivation }] = await unitsOf("relu", [[1, 0]], x);
    expect(preactivation.mean).toBeCloseTo(4096.375, 4);
    expect(preactivation.std).toBeCloseTo(0.25, 4); // of 0, 1, ... 6 eighths
  });

  test("a constant preactivation has a spread of exactly 0", async () => {
    const [{ preactivation }] = await unitsOf(
      "relu",
      [[0, 0.1]],
      Array.from({ length: 999 }, (_, row) => row),
    );
    const value = Math.fround(0.1);
    expect(preactivation).toEqual({ min: value, max: value, mean: value, std: 0 });
  });

  test("large preactivations have finite statistics", async () => {
    const [{ preactivation, dormancy }] = await unitsOf(
      "relu",
      [[1e15, 0]],
      Array.from({ length: 300 }, (_, row) => row - 150),
    );
    for (const value of [...Object.values(preactivation), dormancy]) expect(Number.isFinite(value)).toBe(true);
  });
});

describe("permanent", () => {
  const living = { kernel: [[1, -1]], bias: [0, 0] }; // each opens on one side of 0
  const x = [[-2], [-1], [1], [2]];
  const flags = (diagnosis: Diagnosis) => diagnosis.layers.map(({ units }) => units.map(({ permanent }) => permanent));

  test("a dead unit in the second layer behind living units can come back", () =>
    withLayers(
      [
        living,
        {
          kernel: [
            [-1, 1],
            [-1, 1],
          ],
          bias: [0, 0],
        },
      ],
      (network) => {
        expect(flags(diagnose(network, x))).toEqual([
          [undefined, undefined],
          [false, undefined],
        ]);
      },
    ));

  test("in the first layer it cannot", () =>
    withLayers([{ kernel: [[1, 0]], bias: [0, -1] }], (network) => {
      expect(flags(diagnose(network, x))).toEqual([[undefined, true]]);
    }));

  test("a layer that is closed as a whole makes itself and everything below permanently dead", () =>
    withLayers(
      [
        living,
        {
          kernel: [
            [-1, 1],
            [-1, 1],
          ],
          bias: [0, 0],
        },
        {
          kernel: [
            [-1, -1],
            [-1, -1],
          ],
          bias: [0, 0],
        },
        { kernel: [[1], [1]], bias: [-1] },
      ],
      (network) => {
        expect(flags(diagnose(network, x))).toEqual([[undefined, undefined], [true, undefined], [true, true], [true]]);
      },
    ));

  test("so does an output layer that is closed", () =>
    withLayers(
      [
        living,
        {
          kernel: [
            [-1, 1],
            [-1, 1],
          ],
          bias: [0, 0],
        },
      ],
      (network) => {
        network.layers[2].setWeights({ kernel: Float32Array.of(-1, -1) });
        expect(flags(diagnose(network, x))).toEqual([
          [undefined, undefined],
          [true, undefined],
        ]);
      },
      "relu",
    ));

  test("a third layer whose inputs are fixed is as fixed as they are", () =>
    withLayers(
      [
        { kernel: [[1, 1]], bias: [-9, -9] },
        {
          kernel: [
            [1, 1],
            [1, 1],
          ],
          bias: [-1, -1],
        },
        {
          kernel: [
            [1, 1],
            [1, 1],
          ],
          bias: [-1, 1],
        },
      ],
      (network) => {
        expect(flags(diagnose(network, x))).toEqual([
          [true, true],
          [true, true],
          [true, undefined],
        ]);
      },
    ));

  test("prelu with a slope of 0 is never permanent: the slope itself learns", () =>
    withLayers([{ activation: "prelu", kernel: [[-1]], bias: [0] }], (network) => {
      network.layers[0].setWeights({ alpha: Float32Array.of(0) });
      expect(diagnose(network, [[1], [2]]).layers[0].units[0].permanent ?? false).toBe(false);
    }));

  test.each([1, 2, 3, 4, 5, 6])("training keeps the promise (seed %d)", async (seed) => {
    const { x: points, y } = sectors(120, 3, seed);
    const spec: NetworkSpec = {
      inputs: 2,
      layers: [8, 6, 6]
        .map((units) => ({ units, biasInitializer: seed % 2 ? -0.3 : -0.6 }))
        .concat({ units: 3, biasInitializer: 0 }),
      loss: "crossEntropy",
      seed,
    };
    await withNetwork(spec, async (network) => {
      const before = diagnose(network, points);
      const kernelsBefore = network.layers.map((layer) => layer.getWeights());
      expect(before.dead).toBeGreaterThan(0);
      await network.fit({ x: points, y }, { epochs: 15, batchSize: 16, optimizer: sgd({ learningRate: 0.3 }) });
      const after = diagnose(network, points);
      before.layers.forEach(({ units }, layer) =>
        units
          .filter(({ permanent }) => permanent)
          .forEach(({ unit }) => {
            expect(after.layers[layer].units[unit].state).toBe("dead");
            const { kernel, bias } = network.layers[layer].getWeights();
            const width = network.layers[layer].units;
            expect(bias[unit]).toBe(kernelsBefore[layer].bias[unit]);
            expect(kernel.filter((_, i) => i % width === unit)).toEqual(
              kernelsBefore[layer].kernel.filter((_, i) => i % width === unit),
            );
          }),
      );
    });
  });
});

describe("biasToRevive", () => {
  test.each([
    [1, 0.4],
    [7, 1],
    [99, 1],
    [250, 1],
    [601, 0.7],
  ])("on %d samples it opens one in a hundred, at least one", (n, scale) =>
    withNetwork(randomSpec(n, "relu", [23, 17, 9], -0.9), async (network) => {
      const x = randomRows(seededRandom(n), n, 4, scale);
      const wanted = Math.max(1, Math.ceil(n / 100));
      const dead = diagnose(network, x).layers.flatMap(({ units }) => units.filter(({ state }) => state === "dead"));
      expect(dead.length).toBeGreaterThan(3);
      for (const { layer, unit, biasToRevive, mechanism } of dead) {
        const { bias } = network.layers[layer].getWeights();
        const lifted = bias.slice();
        lifted[unit] += biasToRevive!;
        network.layers[layer].setWeights({ bias: lifted });
        const opened = Math.round(diagnose(network, x).layers[layer].units[unit].activity * n);
        network.layers[layer].setWeights({ bias });
        expect(opened).toBeGreaterThanOrEqual(wanted);
        if (mechanism !== "silentInputs")
          expect(opened).toBeLessThanOrEqual(hasTies(network, x, layer, unit) ? n : wanted + 1);
      }
    }),
  );

  /** A unit behind few living ones has the same preactivation on many samples. */
  function hasTies(network: Network, x: Rows, layer: number, unit: number): boolean {
    const column = forward(toReference(network), x)[layer].z.map((row) => row[unit]);
    return new Set(column.map((value) => value.toPrecision(5))).size < column.length * 0.98;
  }

  test("a unit that touches 0 needs a lift above 0", async () => {
    const [{ biasToRevive }] = await unitsOf("relu", [[0, 0]], [1, 2]);
    expect(biasToRevive).toBeGreaterThan(0);
    expect((await unitsOf("relu", [[0, biasToRevive!]], [1, 2]))[0].activity).toBe(1);
  });

  test("large weights that nearly cancel a large bias are lifted all the same", async () => {
    const weights: [number, number] = [1e6, -3e6 - 0.25];
    const [{ biasToRevive, state }] = await unitsOf("relu", [weights], [1, 2, 3]);
    expect(state).toBe("dead");
    const [{ activity }] = await unitsOf(
      "relu",
      [[weights[0], Math.fround(Math.fround(weights[1]) + biasToRevive!)]],
      [1, 2, 3],
    );
    expect(activity).toBeCloseTo(1 / 3, 9);
  });
});

describe("upTo", () => {
  const x = randomRows(seededRandom(3), 60, 4);

  test.each([1, 2, 3])("network %d: the units are judged as in the whole, and no layer after it is run", (seed) =>
    withNetwork(randomSpec(seed), (network) => {
      const whole = diagnose(network, x).layers;
      for (let upTo = 0; upTo < whole.length; upTo++) {
        const rest = stateOf(network).layers.slice(upTo + 1);
        const before = rest.map(({ kernel }) => kernel.slice());
        rest.forEach(({ kernel }) => kernel.fill(Number.NaN)); // what is run would be told as broken
        const part = diagnose(network, x, { upTo });
        rest.forEach(({ kernel }, i) => kernel.set(before[i]));
        expect(part.layers).toHaveLength(upTo + 1);
        part.layers.forEach(({ units, dead }, layer) => {
          expect(dead).toBe(whole[layer].dead);
          const facts = (all: readonly UnitDiagnosis[]) =>
            all.map(({ permanent: _1, stillMovedBy: _2, ...seen }) => seen);
          expect(facts(units)).toEqual(facts(whole[layer].units));
        });
        expect(part.units).toBe(part.layers.reduce((sum, { units }) => sum + units.length, 0));
        expect(part.findings.map(({ kind }) => kind)).not.toContain("divergence");
        expect(part).not.toHaveProperty("learning");
      }
    }),
  );

  test("a dead unit of an encoder that is all there is", () =>
    withNetwork({ inputs: 1, layers: [{ units: 2, activation: "relu" }], loss: "meanSquaredError" }, (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(1, 1), bias: Float32Array.of(0, -9) });
      expect(diagnose(network, [[1], [2]]).units).toBe(0);
      const { layers, dead } = diagnose(network, [[1], [2]], { upTo: 0, proofs: true });
      expect(dead).toBe(1);
      expect(layers[0].units[1]).toMatchObject({ state: "dead", mechanism: "negativeBias", proof: "provenDead" });
      expect(layers[0].units[1].biasToRevive).toBeGreaterThan(7);
    }));

  test.each([-1, 0.5, 7, "0", null])("refuses %j", (upTo) =>
    withNetwork(randomSpec(1), (network) =>
      expectUntouched(network, () => diagnose(network, x, { upTo } as never), "value", "upTo"),
    ),
  );

  test("refuses targets", () =>
    withNetwork(randomSpec(1), (network) =>
      expectUntouched(network, () => diagnose(network, x, { upTo: 0, targets: [1] }), "value", "targets"),
    ));
});

describe("refusals", () => {
  const spec = randomSpec(1);
  const x = randomRows(seededRandom(1), 5, 4);

  test.each<[string, unknown, "shape" | "value"]>([
    ["empty", [], "shape"],
    ["too wide", [[1, 2, 3, 4, 5]], "shape"],
    ["NaN", [[1, 2, Number.NaN, 4]], "value"],
    ["a number", 3, "shape"],
    ["nothing", undefined, "shape"],
  ])("x that is %s", (_name, given, code) =>
    withNetwork(spec, (network) => expectUntouched(network, () => diagnose(network, given as Rows), code, /^x/)),
  );

  test.each([
    { rareBelow: Number.NaN },
    { rareBelow: -1 },
    { rareBelow: 2 },
    { dormantBelow: -0.1 },
    { dormantBelow: "0.1" },
    { rarebelow: 0.1 },
  ])("options %j", (options) =>
    withNetwork(spec, (network) =>
      expectRefusal(
        () => diagnose(network, x, options as object),
        "value",
        new RegExp(`^(diagnose\\.)?${Object.keys(options)[0]}$`),
      ),
    ),
  );

  test.each([undefined, null, {}, "network"])("a network that is %j", (network) =>
    expectRefusal(() => diagnose(network as unknown as Network, x), "value", "network"),
  );

  test("a network after dispose", async () => {
    const network = await createNetwork(spec);
    network.dispose();
    await expectRefusal(() => diagnose(network, x), "disposed", "network", "dispose");
  });

  // Weights are refused when they are not finite, so NaN comes from finite ones whose products overflow: Infinity - Infinity.
  test.each([0, 1, 2])(
    "NaN in the activations of layer %d is said of that layer, and relu does not hide it",
    (layer) => {
      const identity = {
        kernel: [
          [1, 0],
          [0, 1],
        ],
        bias: [0, 0],
      };
      const layers = [identity, identity, identity];
      layers[layer] = {
        kernel: [
          [3e38, 0],
          [-3e38, 1],
        ],
        bias: [0, 0],
      };
      return withLayers(layers, (network) => {
        const diagnosis = diagnose(network, [
          [1, 1],
          [8, 8],
        ]);
        const [finding] = diagnosis.findings;
        expect(finding).toMatchObject({ kind: "divergence", role: "cause", layer });
        const statesOf = (index: number) => diagnosis.layers[index]?.units.map(({ state }) => state) ?? [];
        if (layer < diagnosis.layers.length) expect(statesOf(layer)).toContain("notFinite");
        for (let below = 0; below < layer; below++) expect(statesOf(below)).not.toContain("notFinite");
        expect(String(diagnosis)).toContain("divergence");
      });
    },
  );
});

test("a diagnosis changes nothing, neither weights nor training that is under way", async () => {
  const data = sectors(50);
  const spec: NetworkSpec = { inputs: 2, layers: [{ units: 9 }, { units: 3 }], loss: "crossEntropy" };
  const train = (disturb: boolean) =>
    withNetwork(spec, async (network) => {
      await network.fit(data, {
        epochs: 2,
        callbacks: [
          {
            onBatchEnd: () => {
              if (disturb) diagnose(network, data.x);
            },
          },
        ],
      });
      return weightsOf(network);
    });
  expect(await train(true)).toEqual(await train(false));
});

test("silent units in the training log are those whose activity a diagnosis finds to be 0", () =>
  withNetwork(randomSpec(8), async (network) => {
    const x = randomRows(seededRandom(8), 75, 4);
    const y = x.map(([a, b]) => Number(a > b));
    const {
      epochs: [log],
    } = await network.fit({ x, y }, { epochs: 1, batchSize: 20, optimizer: sgd({ learningRate: 0 }) });
    const silent = diagnose(network, x).layers.map(
      ({ units }) => units.filter(({ activity }) => activity === 0).length,
    );
    expect(log.silentUnits).toEqual(silent);
    expect(silent[0]).toBeGreaterThan(0);
  }));

describe("toString", () => {
  const lines = (diagnosis: Diagnosis) => String(diagnosis).split("\n");
  const widthOf = (line: string) => [...line].length;

  test.each<[string, NetworkSpec["layers"], Loss]>([
    ["a healthy network", [{ units: 16 }, { units: 1 }], "huber"],
    ["a faulty one", [{ units: 128, biasInitializer: -1 }, { units: 128, biasInitializer: -1 }, { units: 1 }], "huber"],
    [
      "layers of thousands",
      [{ units: 3000, biasInitializer: -0.9, activation: "relu" }, { units: 2000, activation: "tanh" }, { units: 1 }],
      "huber",
    ],
    [
      "twelve layers",
      Array.from({ length: 13 }, () => ({ units: 30, activation: { name: "leakyRelu" as const, alpha: 0.012345 } })),
      "huber",
    ],
    ["one unit a layer", [{ units: 1 }, { units: 1 }, { units: 1 }], "huber"],
  ])("%s: a bar for each layer, at most 80 columns", (_name, layers, loss) =>
    withNetwork({ inputs: 4, layers, loss, seed: 4 }, (network) => {
      const diagnosis = diagnose(network, randomRows(seededRandom(4), 150, 4));
      const text = lines(diagnosis);
      for (const line of text) expect(widthOf(line), line).toBeLessThanOrEqual(80);
      const bars = text.filter((line) => /[█▓▒░·]/.test(line) && /layer/.test(line));
      expect(bars.length).toBe(layers.length - 1);
      expect(String(diagnosis)).not.toMatch(/NaN|undefined|Infinity/);
      expect(String(diagnosis)).not.toContain(String.fromCharCode(27)); // no colours: they are the terminal's
      expect(text[0]).toContain(diagnosis.dead.toLocaleString("en"));
    }),
  );

  test("many states in one layer fit as well", async () => {
    const random = seededRandom(6);
    const weights = Array.from({ length: 400 }, (_, i): [number, number] => [
      i % 4 === 3 ? 1e-3 : 1,
      [-3, -0.993][i % 4] ?? 0.2 * random() + (i % 3 === 0 ? 1.1 : 0),
    ]);
    const layer = { kernel: [weights.map(([weight]) => weight)], bias: weights.map(([, bias]) => bias) };
    await withLayers([layer], (network) => {
      const diagnosis = diagnose(
        network,
        Array.from({ length: 1000 }, () => [2 * random() - 1]),
      );
      expect(new Set(diagnosis.layers[0].units.map(({ state }) => state)).size).toBeGreaterThanOrEqual(4);
      for (const line of lines(diagnosis)) expect(widthOf(line), line).toBeLessThanOrEqual(80);
    });
  });

  test("each mechanism that occurs has its line of advice", () =>
    withLayers(
      [
        { kernel: [[1, -1]], bias: [-9, 0] },
        { kernel: [[1], [1]], bias: [-1] },
      ],
      (network) => {
        const text = lines(diagnose(network, [[1], [2]]));
        for (const mechanism of ["negativeBias", "negativeWeights", "silentInputs"])
          expect(text.filter((line) => line.trimStart().startsWith(mechanism)).length).toBe(1);
      },
    ));

  test("a healthy network needs none", () =>
    withLayers([{ kernel: [[1, -1]], bias: [0, 0] }], (network) => {
      expect(String(diagnose(network, [[1], [-2]]))).not.toMatch(/negative|silent/);
    }));
});
