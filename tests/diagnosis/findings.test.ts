// Findings on networks where each holds by construction, and on look-alikes where it does not; the figures in messages
// recomputed in float64. Those on units, inputs and targets are in findings/.
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
  type FindingKind,
  type History,
  type Loss,
  type Network,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";
import { forward, lossOf, type Rows, slope } from "../reference/network.js";
import { dense, expectFigure, find, findingsOf, mean, norm, plain, set } from "./findings/support.js";

/** What healthy networks may be told: no alarm. */
const CALM: readonly FindingKind[] = ["healthySparsity", "silentTogether", "constantInputs"];

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
    [
      "a rate that is none",
      { history: { epochs: [{ loss: 1, learningRate: Number.NaN }] } as unknown as History },
      "value",
      ["history", "object"],
    ],
    ["a history with holes", { history: { epochs: new Array(2) } as History }, "value", ["history", "object"]],
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
