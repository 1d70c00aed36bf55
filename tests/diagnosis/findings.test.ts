// Findings on networks where each holds by construction, and on look-alikes where it does not; the figures in messages recomputed in float64.
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { expectUntouched, toReference, weightsOf, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { sectors, waves } from "../support/samples.js";
import {
  type Activation,
  adam,
  createNetwork,
  diagnose,
  type DiagnoseOptions,
  type Finding,
  type FindingKind,
  type History,
  type Loss,
  type Network,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";
import { forward, lossOf, type Rows, slope } from "../reference/network.js";

/** What healthy networks may be told: no alarm. */
const CALM: readonly FindingKind[] = ["healthySparsity", "silentTogether", "constantInputs"];

function find(network: Network, x: Rows, kind: FindingKind, options?: DiagnoseOptions): Finding[] {
  return diagnose(network, x, { proofs: false, ...options }).findings.filter((finding) => finding.kind === kind);
}

/** The findings of this kind on a network as it was created, or as `change` left it. */
function findingsOf(
  spec: NetworkSpec,
  x: Rows,
  kind: FindingKind,
  options?: DiagnoseOptions,
  change?: (network: Network) => void,
): Promise<Finding[]> {
  return withNetwork(spec, (network) => {
    change?.(network);
    return find(network, x, kind, options);
  });
}

const set = (layer: number, kernel: number[], bias?: number[]) => (network: Network) =>
  network.layers[layer].setWeights({
    kernel: Float32Array.from(kernel),
    ...(bias && { bias: Float32Array.from(bias) }),
  });

const numbers = (text: string): number[] =>
  (text.match(/-?\d+(,\d{3})*(\.\d+)?(e[+-]?\d+)?/g) ?? []).map((number) => Number(number.replaceAll(",", "")));
const column = (x: Rows, c: number) => x.map((row) => row[c]);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** The message gives the value to three digits. */
function expectFigure(message: string, value: number): void {
  expect(
    numbers(message).some((given) => Math.abs(given - value) <= 0.006 * Math.abs(value)),
    `${value} in: ${message}`,
  ).toBe(true);
}

const plain = randomRows(seededRandom(3), 60, 3);
const dense = (
  units: number[],
  loss: Loss = "meanSquaredError",
  last: Activation = "linear",
  activation: Activation = "relu",
  inputs = 3,
): NetworkSpec => ({
  inputs,
  layers: units.map((width, i) => ({ units: width, activation: i === units.length - 1 ? last : activation })),
  loss,
  seed: 2,
});

describe("each finding is a kind, a sentence with its full stop, and advice", () => {
  test("on a network that has many of them", () =>
    withNetwork(dense([6, 5, 1], "crossEntropy"), (network) => {
      set(0, new Array(18).fill(-0.5), new Array(6).fill(-9))(network);
      set(2, new Array(5).fill(0))(network);
      const { findings } = diagnose(
        network,
        plain.map(([a]) => [a, a, 500]),
        { history: { epochs: [], stopped: "diverged" } },
      );
      expect(new Set(findings.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(7);
      for (const { kind, message, advice, layer } of findings) {
        expect(kind).toMatch(/^[a-z]+([A-Z][a-z]+)*$/);
        for (const sentence of [message, advice]) {
          expect(sentence).toMatch(/^[A-Za-z0-9].*\.$/);
          expect(sentence).not.toMatch(/NaN|undefined|\bnull\b|object/);
        }
        if (layer !== undefined) expect(network.layers[layer]).toBeDefined();
      }
    }));

  test("drawn within 80 columns, none left out", () =>
    withNetwork(dense([40, 30, 1]), (network) => {
      set(2, new Array(30).fill(0))(network);
      const diagnosis = diagnose(
        network,
        plain.map(([a]) => [a, a, 500]),
      );
      const lines = String(diagnosis).split("\n");
      for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(80);
      const text = String(diagnosis).replace(/\s+/g, " ");
      expect(diagnosis.findings.length).toBeGreaterThan(2);
      for (const { kind, message, advice } of diagnosis.findings) {
        expect(lines).toContain(kind);
        expect(text).toContain(`${message} ${advice}`);
      }
    }));
});

describe("healthy trainings raise no alarm", () => {
  test.each<[string, NetworkSpec, { x: Rows; y: number[] }, number]>([
    ["sectors, relu", dense([24, 16, 3], "crossEntropy", "linear", "relu", 2), sectors(300), 0.02],
    ["sectors, tanh", dense([24, 16, 16, 3], "crossEntropy", "linear", "tanh", 2), sectors(300), 0.01],
    ["sectors, gelu", dense([24, 16, 3], "crossEntropy", "linear", "gelu", 2), sectors(300), 0.01],
    [
      "sectors, eight layers",
      dense([...new Array<number>(8).fill(24), 3], "crossEntropy", "linear", "relu", 2),
      sectors(300),
      0.002,
    ],
    ["two classes", dense([24, 1], "binaryCrossEntropy", "linear", "relu", 2), sectors(300, 2), 0.02],
    ["waves, elu", dense([24, 16, 1], "meanSquaredError", "linear", "elu", 2), waves(300), 0.01],
    ["pixels, some always dark", dense([24, 3], "crossEntropy", "linear", "relu", 4), pixels(300), 0.02],
  ])("%s", (_name, spec, { x, y }, learningRate) =>
    withNetwork(spec, async (network) => {
      const before = network.evaluate({ x, y });
      const history = await network.fit({ x, y }, { epochs: 20, optimizer: adam({ learningRate }) });
      expect(network.evaluate({ x, y }).loss).toBeLessThan(0.6 * before.loss);
      expect(
        diagnose(network, x, { targets: y, history, proofs: false }).findings.filter(
          ({ kind }) => !CALM.includes(kind),
        ),
      ).toEqual([]);
    }),
  );

  function pixels(rows: number): { x: Rows; y: number[] } {
    const { x, y } = sectors(rows);
    return { x: x.map(([a, b]) => [(a + 1) / 2, 0, (b + 1) / 2, Number(a > 0.98)]), y };
  }

  test.each([1, 2, 3, 4, 5, 6])("nor do twenty fresh layers of 64 (seed %d)", async (seed) => {
    const spec = { ...dense([...new Array<number>(20).fill(64), 10], "crossEntropy", "linear", "relu", 64), seed };
    await withNetwork(spec, (network) => {
      expect(
        diagnose(network, randomRows(seededRandom(seed), 40, 64, 1.7), { proofs: false }).findings.filter(
          ({ kind }) => !CALM.includes(kind),
        ),
      ).toEqual([]);
    });
  });
});

describe("singleUnitSoftmax", () => {
  const x = plain,
    y = x.map(() => 0);

  test("is accepted, trains without a loss or a change, and is found out", () =>
    withNetwork(dense([5, 1], "crossEntropy"), async (network) => {
      const before = weightsOf(network);
      const history = await network.fit({ x, y }, { epochs: 3, optimizer: sgd({ learningRate: 1 }) });
      expect(history.epochs.map(({ loss }) => loss)).toEqual([0, 0, 0]);
      expect(weightsOf(network)).toEqual(before);
      expect([...network.predict(x).data].every((value) => value === 1)).toBe(true);
      const { findings } = diagnose(network, x, { targets: y, history });
      expect(findings.map(({ kind }) => kind)).toEqual(["singleUnitSoftmax"]);
    }));

  test("labels 0 and 1 for it are refused with the reason", () =>
    withNetwork(dense([5, 1], "crossEntropy"), (network) =>
      expectUntouched(
        network,
        () => network.fit({ x, y: x.map((_, i) => i % 2) }),
        "value",
        "data.y[1]",
        /binaryCrossEntropy/,
      ),
    ));

  test.each<[Loss, number]>([
    ["crossEntropy", 2],
    ["binaryCrossEntropy", 1],
    ["meanSquaredError", 1],
  ])("not %s over %d", async (loss, units) => {
    expect(await findingsOf(dense([5, units], loss), x, "singleUnitSoftmax")).toEqual([]);
  });
});

describe("zeroOutgoingWeights", () => {
  const kernel = [0, 0, 1, -1, 0, 1e-30, 0, 0]; // of 4 units into 2

  test("names the units whose outgoing weights are all 0, and no others", async () => {
    const [finding, ...others] = await findingsOf(dense([4, 2]), plain, "zeroOutgoingWeights", {}, set(1, kernel));
    expect(others).toEqual([]);
    expect(finding.layer).toBe(0);
    expect(finding.message).toMatch(/^2 units of 4 in layer 0 .*: 0, 3\.$/);
    expect(finding.message).not.toContain("dead");
  });

  test("what it says is true: their own weights rest in the first step, while their outgoing ones move", () =>
    withNetwork(dense([4, 2]), async (network) => {
      set(
        0,
        new Array(12).fill(0).map((_, i) => Math.cos(i)),
        [1, 1, 1, 1],
      )(network);
      set(1, kernel)(network);
      const before = network.layers[0].getWeights();
      await network.fit(
        { x: plain, y: plain.map(([a, b]) => [a + 1, b - 1]) },
        { epochs: 1, batchSize: 60, optimizer: sgd({ learningRate: 0.1 }) },
      );
      const { kernel: after, bias } = network.layers[0].getWeights();
      const moved = [0, 1, 2, 3].map(
        (unit) =>
          bias[unit] !== before.bias[unit] || after.some((weight, i) => i % 4 === unit && weight !== before.kernel[i]),
      );
      expect(moved[0] || moved[3]).toBe(false);
      expect(moved[1]).toBe(true);
      expect(
        network.layers[1]
          .getWeights()
          .kernel.slice(0, 2)
          .every((weight) => weight !== 0),
      ).toBe(true);
      expect(find(network, plain, "zeroOutgoingWeights")).toEqual([]);
    }));

  test("counts the dead among them", async () => {
    const [{ message }] = await findingsOf(dense([4, 2]), plain, "zeroOutgoingWeights", {}, (network) => {
      set(1, kernel)(network);
      network.layers[0].setWeights({ bias: Float32Array.of(-99, 0, 0, 0) });
    });
    expect(message).toContain("(1 is dead as well)");
  });

  test("not of a dead unit that has outgoing weights", async () => {
    expect(
      await findingsOf(dense([4, 2]), plain, "zeroOutgoingWeights", {}, (network) =>
        network.layers[0].setWeights({ bias: Float32Array.of(-99, 0, 0, 0) }),
      ),
    ).toEqual([]);
  });
});

describe("a layer that is closed as a whole", () => {
  const closeUnits = (layer: number, units: number, network: Network) =>
    network.layers[layer].setWeights({ bias: new Float32Array(units).fill(-1e4) });

  test("noGradientFromAbove for what is below it, collapsedOutput for the network; training agrees", () =>
    withNetwork(dense([6, 5, 4, 2]), async (network) => {
      closeUnits(2, 4, network);
      expect(find(network, plain, "noGradientFromAbove")).toMatchObject([
        {
          layer: 1,
          message: expect.stringMatching(
            /^Layers 0 to 1 get no gradient: above, all 4 units of layer 2 are closed on all 60 samples/,
          ),
        },
      ]);
      expect(find(network, plain, "collapsedOutput")).toMatchObject([
        { layer: 2, message: expect.stringContaining("all 60 samples, since layer 2 is closed") },
      ]);
      const before = network.layers.slice(0, 3).map((layer) => layer.getWeights());
      await network.fit({ x: plain, y: plain.map(([a, b]) => [a, b]) }, { epochs: 2 });
      expect(network.layers.slice(0, 3).map((layer) => layer.getWeights())).toEqual(before);
      const { data } = network.predict(plain);
      expect(new Set(data).size).toBe(2);
    }));

  test("one open unit in it is enough", () =>
    withNetwork(dense([6, 5, 4, 2]), (network) => {
      network.layers[2].setWeights({ bias: Float32Array.of(-1e4, -1e4, -1e4, 5) });
      expect(find(network, plain, "noGradientFromAbove")).toEqual([]);
      expect(find(network, plain, "collapsedOutput")).toEqual([]);
    }));

  test("the first layer has nothing below it", () =>
    withNetwork(dense([6, 2]), (network) => {
      closeUnits(0, 6, network);
      expect(find(network, plain, "noGradientFromAbove")).toEqual([]);
      expect(find(network, plain, "collapsedOutput")).toMatchObject([{ layer: 0 }]);
    }));

  test("deadOutputUnits: a relu at the end", () =>
    withNetwork(dense([6, 3], "meanSquaredError", "relu"), (network) => {
      network.layers[1].setWeights({ bias: Float32Array.of(9, -1e4, 9) });
      expect(find(network, plain, "deadOutputUnits")).toMatchObject([
        { layer: 1, message: expect.stringMatching(/^1 of 3 output units .*: 1\.$/) },
      ]);
      expect(find(network, plain, "collapsedOutput")).toEqual([]);
      closeUnits(1, 3, network);
      expect(find(network, plain, "collapsedOutput")).toHaveLength(1);
      expect(find(network, plain, "noGradientFromAbove")).toMatchObject([{ layer: 0 }]);
    }));

  test("leakyRelu in the same place is none of these", () =>
    withNetwork(dense([6, 5, 2], "meanSquaredError", "linear", "leakyRelu"), (network) => {
      closeUnits(1, 5, network);
      const kinds = diagnose(network, plain).findings.map(({ kind }) => kind);
      for (const kind of ["noGradientFromAbove", "collapsedOutput", "silentTogether"] as const)
        expect(kinds).not.toContain(kind);
    }));
});

describe("collapsedOutput", () => {
  test("a last kernel of zeros", async () => {
    const [{ message }] = await findingsOf(
      dense([6, 1]),
      plain,
      "collapsedOutput",
      {},
      set(1, new Array(6).fill(0), [0.25]),
    );
    expect(message).toContain("since the last layer's kernel is all 0");
    expectFigure(message, 0.25);
  });

  test("not where the samples are all alike", async () => {
    expect(
      await findingsOf(
        dense([6, 1]),
        plain.map(() => [1, 2, 3]),
        "collapsedOutput",
      ),
    ).toEqual([]);
  });

  test("not where one sample of many differs by a little", async () => {
    const x = plain.map((_, i) => [1, 2, i === 17 ? 3.001 : 3]);
    expect(await findingsOf(dense([6, 1], "meanSquaredError", "linear", "tanh"), x, "collapsedOutput")).toEqual([]);
  });
});

describe("vanishingGradient", () => {
  /** The gradient by the last hidden layer's activations and by the first one's preactivations, per sample. */
  function norms(network: Network, x: Rows, targets: number[]): { above: number; first: number } {
    const layers = toReference(network);
    const passes = forward(layers, x);
    let upstream = lossOf(network.spec.loss as string, passes.at(-1)!.a, targets).gradient;
    let above = 0;
    for (let index = layers.length - 1; ; index--) {
      const { activation, kernel } = layers[index];
      if (index === layers.length - 2) above = norm(upstream.flat());
      const dz = upstream.map((row, r) =>
        row.map((value, unit) => value * slope(activation.name, passes[index].z[r][unit], activation.alpha)),
      );
      if (index === 0) return { above: above / Math.sqrt(x.length), first: norm(dz.flat()) / Math.sqrt(x.length) };
      upstream = dz.map((row) =>
        kernel.map((weights) => weights.reduce((sum, weight, unit) => sum + weight * row[unit], 0)),
      );
    }
  }

  test.each([4, 6, 9])("%d sigmoid layers, with the norms of the true gradient", (depth) =>
    withNetwork(dense([...new Array<number>(depth).fill(16), 3], "crossEntropy", "linear", "sigmoid", 2), (network) => {
      const { x, y } = sectors(50);
      const [{ message, layer }] = find(network, x, "vanishingGradient", { targets: y });
      const { above, first } = norms(network, x, y);
      expect(layer).toBe(0);
      for (const value of [above, first, above / first]) expectFigure(message, value);
      expect(message).toContain("1/4");
      expect(find(network, x, "vanishingGradient")).toHaveLength(1);
    }),
  );

  test("one layer of saturated tanh units, and the same with smaller weights", () =>
    withNetwork(dense([16, 3], "crossEntropy", "linear", "tanh", 2), (network) => {
      const { x, y } = sectors(50);
      expect(find(network, x, "vanishingGradient", { targets: y })).toEqual([]);
      network.layers[0].setWeights({ bias: new Float32Array(16).fill(6) });
      const [{ message }] = find(network, x, "vanishingGradient", { targets: y });
      const { above, first } = norms(network, x, y);
      for (const value of [above, first]) expectFigure(message, value);
    }));

  test("so saturated that nothing is left", async () => {
    const [{ message }] = await findingsOf(
      dense([8, 8, 2], "meanSquaredError", "linear", "sigmoid"),
      plain,
      "vanishingGradient",
      {},
      (network) => network.layers[0].setWeights({ bias: new Float32Array(8).fill(1e6) }),
    );
    expect(message).toContain("to nothing");
  });

  test.each<Activation>([
    "relu",
    "leakyRelu",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "tanh",
    "hardSwish",
    "linear",
  ])("not in six layers of %s as they start", async (activation) => {
    expect(
      await findingsOf(
        dense([32, 32, 32, 32, 32, 32, 3], "crossEntropy", "linear", activation),
        plain,
        "vanishingGradient",
        { targets: plain.map((_, i) => i % 3) },
      ),
    ).toEqual([]);
  });

  test.each([
    [2, 400],
    [400, 2],
  ])("not by width alone: tanh of %d below %d", async (low, high) => {
    expect(
      await findingsOf(dense([low, high, 3], "crossEntropy", "linear", "tanh"), plain, "vanishingGradient"),
    ).toEqual([]);
  });

  test("nor by slopes of a fifth in one layer, nor by a little in each of twelve", async () => {
    const one = (network: Network) =>
      network.layers[0].setWeights({ kernel: new Float32Array(96).fill(1e-3), bias: new Float32Array(32).fill(1.45) });
    expect(
      await findingsOf(dense([32, 3], "crossEntropy", "linear", "tanh"), plain, "vanishingGradient", {}, one),
    ).toEqual([]);
    const many = (network: Network) =>
      network.layers
        .slice(1)
        .forEach((layer) => layer.setWeights({ kernel: layer.getWeights().kernel.map((weight) => 0.7 * weight) }));
    expect(
      await findingsOf(
        dense([...new Array<number>(12).fill(32), 3], "crossEntropy", "linear", "tanh"),
        plain,
        "vanishingGradient",
        {},
        many,
      ),
    ).toEqual([]);
  });

  test("not in sparse relu layers: what is open lets all through", async () => {
    const spec = {
      ...dense([60, 60, 3], "crossEntropy"),
      layers: [{ units: 60, biasInitializer: -0.9 }, { units: 60, biasInitializer: -0.1 }, { units: 3 }],
    };
    await withNetwork(spec, (network) => {
      const {
        layers: [{ units }],
      } = diagnose(network, plain);
      expect(mean(units.map(({ activity }) => activity))).toBeLessThan(0.3);
      expect(find(network, plain, "vanishingGradient")).toEqual([]);
    });
  });

  test("relu with weights a hundred times too small, and no blame for its slopes", async () => {
    const [{ message, advice }] = await findingsOf(dense([32, 32, 32, 3]), plain, "vanishingGradient", {}, (network) =>
      network.layers
        .slice(1, 3)
        .forEach((layer) => layer.setWeights({ kernel: layer.getWeights().kernel.map((weight) => weight / 100) })),
    );
    expect(message).toContain("small weights");
    expect(advice).toContain("larger weights");
  });
});

describe("constantInputs and duplicateInputs", () => {
  const x = plain.map(([a, b], i) => [0, a, 7, b, a, i === 59 ? 1e-6 : 0, b, -a, a]);
  const spec = dense([5, 1], "meanSquaredError", "linear", "relu", 9);

  test("which, and how many are 0", async () => {
    const [{ message }] = await findingsOf(spec, x, "constantInputs");
    expect(message).toMatch(
      /^2 of 9 input columns never change on these 60 samples \(1 of them always 0, .*\): 0, 2\.$/,
    );
    const [duplicate] = await findingsOf(spec, x, "duplicateInputs");
    expect(duplicate.message).toMatch(/^3 input columns of 9 repeat an earlier one on all 60 samples: 4, 6, 8\.$/);
  });

  test("over several chunks of rows; a column that differs in the last one alone is neither", async () => {
    const many = randomRows(seededRandom(5), 700, 1).map(([a], i) => [a, i === 699 ? -a : a, Number(i === 699)]);
    expect(await findingsOf(dense([5, 1]), many, "duplicateInputs")).toEqual([]);
    expect(await findingsOf(dense([5, 1]), many, "constantInputs")).toEqual([]);
    const same = many.map(([a]) => [a, a, 3]);
    expect((await findingsOf(dense([5, 1]), same, "duplicateInputs"))[0].message).toContain(": 1.");
    expect((await findingsOf(dense([5, 1]), same, "constantInputs"))[0].message).toMatch(
      /1 of 3 .* acts as a second bias\): 2\./,
    );
  });

  test("columns with the same numbers in another order are no duplicates", async () => {
    const base = plain.map(([a]) => a);
    expect(
      await findingsOf(
        dense([5, 1]),
        base.map((a, i) => [a, base[(i + 1) % 60], base[59 - i]]),
        "duplicateInputs",
      ),
    ).toEqual([]);
    expect(
      await findingsOf(
        dense([5, 1]),
        base.map((_, i) => [i % 2, 1 - (i % 2), (i >> 1) % 2]),
        "duplicateInputs",
      ),
    ).toEqual([]);
  });

  test("one sample says nothing", async () => {
    for (const kind of ["constantInputs", "duplicateInputs", "uncenteredInputs", "unscaledInputs"] as const)
      expect(await findingsOf(dense([5, 1]), [[500, 500, 0]], kind)).toEqual([]);
  });
});

describe("uncenteredInputs and unscaledInputs", () => {
  const shifted = (shift: number, scale = 1) => plain.map((row) => row.map((value) => scale * value + shift));

  test("uncentred: the mean over the spread, as norms over the columns", async () => {
    const x = shifted(3);
    const [{ message }] = await findingsOf(dense([5, 1]), x, "uncenteredInputs");
    const columns = [0, 1, 2].map((c) => column(x, c));
    expectFigure(message, norm(columns.map(mean)) / norm(columns.map(spread)));
    const worst = columns.map(mean).indexOf(Math.max(...columns.map(mean)));
    expect(message).toContain(`column ${worst}:`);
    expectFigure(message, mean(columns[worst]));
    expectFigure(message, spread(columns[worst]));
  });

  test.each([
    ["centred", plain],
    ["from 0 to 1", plain.map((row) => row.map((value) => (value + 1) / 2))],
    ["of both signs, large, centred", plain.map((row) => row.map((value) => value * 20))],
    ["0 or 1, evenly", plain.map((row) => row.map((value) => Number(value > 0)))],
  ])("not inputs that are %s", async (_name, x) => {
    expect(await findingsOf(dense([5, 1]), x, "uncenteredInputs")).toEqual([]);
    expect(await findingsOf(dense([5, 1]), x, "unscaledInputs")).toEqual([]);
  });

  test("nor a constant column beside centred ones: it is a bias", async () => {
    expect(
      await findingsOf(
        dense([5, 1]),
        plain.map(([a, b]) => [a, b, 1000]),
        "uncenteredInputs",
      ),
    ).toEqual([]);
  });

  test("unscaled: columns that differ a thousandfold", async () => {
    const x = plain.map(([a, b, c]) => [a, 1000 * b, c]);
    const [{ message }] = await findingsOf(dense([5, 1]), x, "unscaledInputs");
    const spreads = [0, 1, 2].map((c) => spread(column(x, c)));
    for (const value of [Math.max(...spreads), Math.min(...spreads), Math.max(...spreads) / Math.min(...spreads)])
      expectFigure(message, value);
  });

  test.each([[100], [0.01]])("unscaled: all of size %d", async (scale) => {
    const x = shifted(0, scale);
    const [{ message }] = await findingsOf(dense([5, 1]), x, "unscaledInputs");
    expectFigure(message, norm([0, 1, 2].map((c) => spread(column(x, c)))) / Math.sqrt(3));
  });

  test("not a pixel that hardly ever lights up", async () => {
    const x = randomRows(seededRandom(6), 400, 12).map((row, i) =>
      row.map((value, c) => (c === 0 ? Number(i === 5) / 1000 : (value + 1) / 2)),
    );
    expect(await findingsOf(dense([5, 1], "meanSquaredError", "linear", "relu", 12), x, "unscaledInputs")).toEqual([]);
    const few = x.map((row) => [16 * row[0], row[1], row[2]]);
    expect(spread(column(few, 1)) / spread(column(few, 0))).toBeGreaterThan(100);
    expect(await findingsOf(dense([5, 1]), few, "unscaledInputs")).toEqual([]);
  });

  test("numbers whose squares leave float32 have their figures all the same", async () => {
    const x = plain.map((row) => row.map((value) => Math.fround(value * 1e25)));
    const findings = await withNetwork(dense([5, 1]), (network) => {
      network.layers[0].setWeights({ kernel: new Float32Array(15).fill(1e-25) });
      return diagnose(network, x, { proofs: false }).findings;
    });
    const { message } = findings.find(({ kind }) => kind === "unscaledInputs")!;
    expectFigure(message, norm([0, 1, 2].map((c) => spread(column(x, c)))) / Math.sqrt(3));
    const small = await findingsOf(
      dense([5, 1]),
      plain.map((row) => row.map((value) => Math.fround(value * 1e-30))),
      "unscaledInputs",
    );
    expect(small[0].message).toMatch(/e-31/);
  });
});

describe("targets", () => {
  const x = plain;
  const kindsOf = (spec: NetworkSpec, targets: number[] | Rows) =>
    withNetwork(spec, (network) => diagnose(network, x, { targets }).findings);

  test("lowTargetVariance with its figures; not for targets of a usual spread, nor for labels", async () => {
    const y = x.map(([a]) => 5 + a / 1000);
    const finding = (await kindsOf(dense([8, 1]), y)).find(({ kind }) => kind === "lowTargetVariance")!;
    expectFigure(finding.message, spread(y));
    expectFigure(finding.message, 5);
    for (const targets of [x.map(([a]) => 5 + a / 10), x.map(([a]) => a * 100)])
      expect((await kindsOf(dense([8, 1]), targets)).map(({ kind }) => kind)).not.toContain("lowTargetVariance");
    expect(
      (
        await kindsOf(
          dense([8, 3], "crossEntropy"),
          x.map(() => 1),
        )
      ).map(({ kind }) => kind),
    ).not.toContain("lowTargetVariance");
    const two = (
      await kindsOf(
        dense([8, 2], "huber"),
        x.map(([a]) => [a, 3]),
      )
    ).find(({ kind }) => kind === "lowTargetVariance")!;
    expect(two.message).toMatch(/^1 of 2 target columns hardly differs, column 1/);
  });

  test.each<[string, NetworkSpec, number[] | Rows, RegExp]>([
    ["labels", dense([8, 3], "crossEntropy"), x.map(() => 2), /All 60 labels are of class 2/],
    ["rows", dense([8, 3], "crossEntropy"), x.map(() => [0, 1, 0]), /All 60 labels are of class 1/],
    ["0 and 1", dense([8, 1], "binaryCrossEntropy"), x.map(() => 1), /All 60 labels are of class 1/],
    [
      "one output of two",
      dense([8, 2], "binaryCrossEntropy"),
      x.map((_, i) => [i % 2, 0]),
      /1 of 2 outputs .*output 1: always 0/,
    ],
  ])("singleClass: %s", async (_name, spec, y, message) => {
    expect((await kindsOf(spec, y)).filter(({ kind }) => kind === "singleClass")).toMatchObject([
      { message: expect.stringMatching(message) },
    ]);
  });

  test.each<[string, NetworkSpec, number[] | Rows]>([
    ["one label of another class", dense([8, 3], "crossEntropy"), x.map((_, i) => (i === 41 ? 2 : 0))],
    ["a class that never occurs", dense([8, 3], "crossEntropy"), x.map((_, i) => i % 2)],
    ["a probability of a half", dense([8, 1], "binaryCrossEntropy"), x.map(() => [0.5])],
    ["numbers", dense([8, 1]), x.map(([a]) => a)],
  ])("not singleClass: %s", async (_name, spec, y) => {
    expect((await kindsOf(spec, y)).filter(({ kind }) => kind === "singleClass")).toEqual([]);
  });
});

describe("lossMismatch", () => {
  test.each<[Loss, Activation, number, number | undefined]>([
    ["crossEntropy", "relu", 3, undefined],
    ["crossEntropy", "sigmoid", 3, Math.E / (Math.E + 2)],
    ["crossEntropy", "tanh", 4, Math.E ** 2 / (Math.E ** 2 + 3)],
    ["binaryCrossEntropy", "relu", 1, 0.5],
    ["binaryCrossEntropy", "sigmoid", 1, Math.E / (Math.E + 1)],
    ["binaryCrossEntropy", "tanh", 1, 1 / (1 + Math.E)],
    ["binaryCrossEntropy", "softplus", 1, 0.5],
  ])("%s on %s, seen from the spec, with the limit", async (loss, last, units, limit) => {
    const [finding] = await findingsOf(dense([5, units], loss, last), plain, "lossMismatch");
    expect(finding.layer).toBe(1);
    expect(finding.message).toContain(loss);
    if (limit !== undefined) expectFigure(finding.message, limit);
  });

  test("the limit holds: no prediction passes it", () =>
    withNetwork(dense([5, 4], "crossEntropy", "tanh"), (network) => {
      network.layers[1].setWeights({ bias: Float32Array.of(-99, 99, -99, -99) });
      const limit = Math.E ** 2 / (Math.E ** 2 + 3);
      const highest = Math.max(...network.predict(plain).data);
      expect(highest).toBeLessThan(limit + 1e-6);
      expect(highest).toBeGreaterThan(limit - 1e-6);
    }));

  test.each<[Loss, Activation, number]>([
    ["crossEntropy", "linear", 3],
    ["binaryCrossEntropy", "linear", 1],
    ["crossEntropy", "leakyRelu", 3],
    ["binaryCrossEntropy", "leakyRelu", 1],
    ["crossEntropy", "softplus", 3],
    ["meanSquaredError", "relu", 1],
    ["meanSquaredError", "sigmoid", 1],
  ])("not %s on %s, as far as the spec tells", async (loss, last, units) => {
    expect(await findingsOf(dense([5, units], loss, last), plain, "lossMismatch")).toEqual([]);
  });

  test.each<[Activation, number[], number]>([
    ["relu", [1, -0.5, 2, -3], 2],
    ["sigmoid", [0.5, 1.5, 0, 1], 1],
    ["tanh", [-2, -1, 1, 0], 1],
    [{ name: "elu", alpha: 2 }, [-1.9, -2.1, 5, 5], 1],
    ["softplus", [-1, 0, 1, 2], 1],
  ])("%j cannot reach some of %j", async (last, values, outside) => {
    const y = plain.map((_, i) => values[i % 4]);
    const [{ message }] = await findingsOf(dense([5, 1], "meanAbsoluteError", last), plain, "lossMismatch", {
      targets: y,
    });
    expect(message).toMatch(new RegExp(`^${outside * 15} targets of 60 lie`));
  });

  test.each<[Activation, number[]]>([
    ["relu", [0, 1, 2, 3]],
    ["sigmoid", [0, 1, 0.5, 0.2]],
    ["tanh", [-1, 1, 0, 0.5]],
    ["linear", [-9, 9, 0, 1]],
    ["leakyRelu", [-9, 9, 0, 1]],
    ["elu", [-0.9, 9, 0, 1]],
  ])("%s reaches %j", async (last, values) => {
    expect(
      await findingsOf(dense([5, 1], "meanSquaredError", last), plain, "lossMismatch", {
        targets: plain.map((_, i) => values[i % 4]),
      }),
    ).toEqual([]);
  });
});

describe("divergence", () => {
  const { x, y } = waves(100);

  test("of a training that did, with the epoch", () =>
    withNetwork(dense([1], "meanSquaredError", "linear", "relu", 2), async (network) => {
      // no hidden layer: the loss overflows before the outputs do
      const history = await network.fit({ x, y }, { epochs: 30, batchSize: 100, optimizer: sgd({ learningRate: 30 }) });
      expect(history.stopped).toBe("diverged");
      const [finding] = find(network, x, "divergence", { history });
      expect(history.epochs.length).toBeGreaterThan(2);
      expect(finding.message).toContain(`in epoch ${history.epochs.length + 1}:`);
      expectFigure(finding.message, history.epochs.at(-1)!.loss);
    }));

  test("of losses that leave the finite numbers", async () => {
    const log = (epoch: number, loss: number) => ({ epoch, loss, learningRate: 0.5, seconds: 1, silentUnits: [0] });
    const history: History = { epochs: [log(1, 3), log(2, 40), log(3, Number.NaN)] };
    const [{ message }] = await findingsOf(dense([8, 1]), plain, "divergence", { history });
    for (const value of [3, 40, 0.5]) expectFigure(message, value);
    expect(
      await findingsOf(dense([8, 1]), plain, "divergence", {
        history: { epochs: history.epochs.slice(0, 2), stopped: "callback" },
      }),
    ).toEqual([]);
  });

  test("weights that are not finite are refused, with the layer: nothing can be said of them", () =>
    withNetwork(dense([8, 1], "meanSquaredError", "linear", "relu", 2), (network) =>
      expectRefusal(
        () => network.layers[0].setWeights({ bias: new Float32Array(8).fill(Number.NaN) }),
        "value",
        "bias[0]",
      ),
    ));
});

describe("healthySparsity", () => {
  const wide = randomRows(seededRandom(7), 500, 3);
  const units = 40;
  /** Each unit opens beyond a plane; the nearer the bias to -1, the less often. */
  const sparse = (biases: readonly number[]) => (network: Network) =>
    set(
      0,
      Array.from({ length: 3 * units }, (_, i) => ((i % units) % 3 === Math.floor(i / units) ? (-1) ** (i + 1) : 0)),
      Array.from({ length: units }, (_, u) => biases[u % biases.length] - u / 1e4),
    )(network);

  test("with the mean activity, and no alarm beside it", () =>
    withNetwork(dense([units, 1]), (network) => {
      sparse([-0.8])(network);
      const { findings, layers, dead } = diagnose(network, wide);
      expect(dead).toBe(0);
      expect(findings.map(({ kind }) => kind)).toEqual(["healthySparsity"]);
      expectFigure(findings[0].message, 100 * mean(layers[0].units.map(({ activity }) => activity)));
      expect(findings[0].message).toContain("none of 40");
      expect(findings[0].advice).toMatch(/^Nothing to do/);
    }));

  test.each<[string, number[]]>([
    ["usual activity", [0]],
    ["many dead", [-0.8, -0.8, -5]],
    ["a few dead", [-0.8, -0.8, -0.8, -0.8, -0.8, -0.8, -0.8, -5]],
  ])("not: %s", async (_name, biases) => {
    expect(await findingsOf(dense([units, 1]), wide, "healthySparsity", {}, sparse(biases))).toEqual([]);
  });

  test("not where most units are rare, whatever the mean; nor where the mean is next to nothing, whatever is called rare", async () => {
    const many = randomRows(seededRandom(7), 3000, 3); // so that none of them is silent
    expect(
      await findingsOf(dense([units, 1]), many, "healthySparsity", {}, sparse([-0.986, -0.986, -0.986, 0.5])),
    ).toEqual([]);
    expect(
      await findingsOf(dense([units, 1]), many, "healthySparsity", { rareBelow: 0, dormantBelow: 0 }, sparse([-0.986])),
    ).toEqual([]);
    expect(
      await findingsOf(dense([units, 1]), many, "healthySparsity", { rareBelow: 0, dormantBelow: 0 }, sparse([-0.97])),
    ).toHaveLength(1);
  });

  test("not on a handful of samples", async () => {
    expect(await findingsOf(dense([units, 1]), wide.slice(0, 20), "healthySparsity", {}, sparse([-0.8]))).toEqual([]);
  });
});

describe("units that go together", () => {
  test("silentTogether: the dead of a layer, once", async () => {
    const change = (biases: number[]) => (network: Network) =>
      network.layers[0].setWeights({ bias: Float32Array.from(biases) });
    const findings = await findingsOf(dense([4, 1]), plain, "silentTogether", {}, change([-99, 5, -99, -99]));
    expect(findings).toMatchObject([
      {
        layer: 0,
        message: expect.stringMatching(/^3 of 4 units in layer 0 are 0 together on all 60 samples: 0, 2, 3\.$/),
      },
    ]);
    expect(await findingsOf(dense([4, 1]), plain, "silentTogether", {}, change([-99, 5, 5, 5]))).toEqual([]);
  });

  test.each([5, 8, 33, 70])(
    "constantTogether: a symmetric start of %d units is said once, and training keeps it",
    (width) =>
      withNetwork(dense([width, 1], "meanSquaredError", "linear", "tanh"), async (network) => {
        set(
          0,
          Array.from({ length: 3 * width }, (_, i) => 0.3 * (1 + Math.floor(i / width))),
        )(network);
        set(1, new Array(width).fill(0.1))(network);
        const findings = find(network, plain, "constantTogether");
        expect(findings).toMatchObject([
          {
            layer: 0,
            message: expect.stringMatching(
              new RegExp(
                `^${width} units in layer 0 never differ on all 60 samples: they have the same weights in and out`,
              ),
            ),
          },
        ]);
        await network.fit(
          { x: plain, y: plain.map(([a]) => a) },
          { epochs: 2, optimizer: sgd({ learningRate: 0.05 }) },
        );
        expect(find(network, plain, "constantTogether")).toHaveLength(1);
      }),
  );

  test("each group once; a unit of the opposite sign, one of another bias and the dead are in none", async () => {
    //             0      1      2      3     4      5     6     7
    const kernel = [1, 1, -1, 0.5, 1, 0.5, -1, -1, /**/ 0, 0, 0, 1, 0, 1, 0, 0, /**/ 0, 0, 0, 0, 0, 0, 0, 0];
    const bias = [0, 0, 0, 0.25, 0.1, 0.25, -9, -9];
    const findings = await findingsOf(dense([8, 1]), plain, "constantTogether", {}, set(0, kernel, bias));
    expect(findings.map(({ message }) => message.match(/: ([\d, ]+)\.$/)![1])).toEqual(["0, 1", "3, 5"]);
    expect(findings[0].message).toContain("the same incoming weights");
  });

  test("equal in size though not in sign: they differ", async () => {
    expect(
      await findingsOf(
        dense([2, 1], "meanSquaredError", "linear", "linear"),
        plain,
        "constantTogether",
        {},
        set(0, [1, -1, 0.5, -0.5, 0, 0], [0.25, -0.25]),
      ),
    ).toEqual([]);
  });

  test("equal on the samples though not in their weights", async () => {
    const x = plain.map(([a]) => [a, a, 0]);
    const [{ message }] = await findingsOf(
      dense([2, 1]),
      x,
      "constantTogether",
      {},
      set(0, [1, 0, 0, 1, 0, 0], [0, 0]),
    );
    expect(message).toContain("on these samples they compute the same: 0, 1.");
  });

  test("many groups are summed up", async () => {
    const width = 40; // twenty pairs
    const findings = await findingsOf(
      dense([width, 1], "meanSquaredError", "linear", "elu"),
      plain,
      "constantTogether",
      {},
      set(
        0,
        Array.from({ length: 3 * width }, (_, i) => Math.cos(Math.floor((i % width) / 2) + 5 * Math.floor(i / width))),
      ),
    );
    expect(findings).toHaveLength(9);
    expect(findings[8].message).toMatch(/^12 more groups/);
  });

  test("units that differ on the last of 700 samples alone differ", async () => {
    const x = randomRows(seededRandom(8), 700, 1).map(([a], i) => [a, i === 699 ? a + 1 : a, 0]);
    expect(
      await findingsOf(
        dense([2, 1], "meanSquaredError", "linear", "linear"),
        x,
        "constantTogether",
        {},
        set(0, [1, 0, 0, 1, 0, 0]),
      ),
    ).toEqual([]);
  });

  test("a random start has none", async () => {
    expect(await findingsOf(dense([200, 100, 1]), plain, "constantTogether")).toEqual([]);
  });
});

describe("the options", () => {
  const { x, y } = sectors(40);
  const spec = dense([12, 9, 3], "crossEntropy", "linear", "relu", 2);

  test.each<[string, DiagnoseOptions, "shape" | "value", [path: string, ...given: string[]]]>([
    ["too few targets", { targets: y.slice(1) }, "shape", ["targets", "39"]],
    ["a label that is no class", { targets: y.map(() => 3) }, "value", ["targets[0]", "3"]],
    ["NaN", { targets: y.map(() => [Number.NaN, 0, 1]) }, "value", ["targets", "NaN"]],
    ["no targets", { targets: 3 as unknown as number[] }, "shape", ["targets", "3"]],
    ["no history", { history: [] as unknown as History }, "value", ["history", "length 0"]],
    ["half a history", { history: { epochs: [{}] } as unknown as History }, "value", ["history", "object"]],
    ["null", { history: null as unknown as History }, "value", ["history", "null"]],
  ])("%s: refused", (_name, options, code, refusal) =>
    withNetwork(spec, (network) => expectUntouched(network, () => diagnose(network, x, options), code, ...refusal)),
  );

  test.each([undefined, adam(), sgd({ learningRate: 0.1, momentum: 0.9 })])(
    "targets change nothing, neither weights nor moments nor the training under way (%#)",
    async (optimizer) => {
      const train = (disturb: boolean) =>
        withNetwork(spec, async (network) => {
          const callbacks = [
            {
              onBatchEnd: () => {
                if (disturb) diagnose(network, x, { targets: y, history: { epochs: [] } });
              },
            },
          ];
          const history = await network.fit(
            { x, y },
            { epochs: 3, batchSize: 16, callbacks, ...(optimizer && { optimizer }) },
          );
          const before = weightsOf(network);
          if (disturb) diagnose(network, x, { targets: y });
          expect(weightsOf(network)).toEqual(before);
          await network.fit({ x, y }, { epochs: 1, ...(optimizer && { optimizer }) });
          return [weightsOf(network), history.epochs.map(({ loss }) => loss)];
        });
      expect(await train(true)).toEqual(await train(false));
    },
  );

  test("a diagnosis gives its memory back and says the same again", async () => {
    const network = await createNetwork(spec);
    const first = diagnose(network, x, { targets: y });
    for (let i = 0; i < 5; i++) expect(String(diagnose(network, x, { targets: y }))).toBe(String(first));
    network.dispose();
  });
});
