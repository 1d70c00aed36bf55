// Findings on hidden units and layers, on networks where each holds by construction, and on look-alikes where it does
// not.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../../support/networks.js";
import { randomRows, seededRandom } from "../../support/random.js";
import { diagnose, type Network, sgd } from "../../../src/index.js";
import { dense, expectFigure, find, findingsOf, mean, plain, set } from "./support.js";

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

  test("units of other layers than the one that is named are told as theirs, and those are to be opened", () =>
    withNetwork(dense([6, 5, 2]), (network) => {
      closeUnits(0, 6, network); // the layer above then gets zeros alone
      expect(find(network, plain, "collapsedOutput")).toMatchObject([
        {
          layer: 1,
          message: expect.stringContaining("since layer 1 is closed as a whole (6 units of layer 0 by their bias)"),
          advice: expect.stringMatching(/biases of layer 0 .* until it opens/),
        },
      ]);
    }));

  test("of several such layers, that hide each other or do not, all are named", () => {
    const spec = dense([6, 5, 4, 2]);
    const layers = spec.layers.map((layer, index) => (index === 1 ? { ...layer, activation: "sigmoid" } : layer));
    return withNetwork({ ...spec, layers } as typeof spec, (network) => {
      closeUnits(0, 6, network);
      closeUnits(2, 4, network); // the sigmoid gives it other numbers than 0
      expect(find(network, plain, "collapsedOutput")).toMatchObject([
        {
          message: expect.stringMatching(
            /since layer 2 is closed as a whole \(7 units of layers 0 and 2 by their bias\)/,
          ),
          advice: expect.stringMatching(/biases of layers 0 and 2 .* until they open/),
        },
      ]);
    });
  });

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
