// Every pair of output activation and loss: loss and gradient against a float64 reference from the definitions, what
// predict gives, files, targets of any kind, refusals.
import { describe, expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { numbersOf, withLinearOutput, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { gradientByPreactivations } from "../../src/diagnosis/forecast/loss-gradient.js";
import { pairLoss, outputsOf, type ReferencePair } from "../reference/output-pairs.js";
import { assign, flatten, forward, type Rows } from "../reference/network.js";
import {
  createNetwork,
  exportNetwork,
  importNetwork,
  type Loss,
  type LossSpec,
  type Network,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";

const OUTPUTS = ["linear", "relu", "sigmoid", "tanh", "softplus", "softmax"] as const;
const ENTROPIES = ["crossEntropy", "binaryCrossEntropy"] as const;
const OTHERS = ["meanSquaredError", "meanAbsoluteError", "huber", "poisson"] as const;

const PAIRS: ReferencePair[] = OUTPUTS.flatMap((output) => [
  ...ENTROPIES.flatMap((loss) =>
    (["logits", "probabilities", "preactivations"] as const)
      .filter((from) => from !== "preactivations" || output === "sigmoid" || output === "softmax")
      .map((from) => ({ output, loss, from })),
  ),
  ...OTHERS.filter((loss) => loss !== "poisson" || ["sigmoid", "softplus", "softmax"].includes(output)).map((loss) => ({
    output,
    loss,
    from: "logits" as const,
  })),
]);

const random = seededRandom(91);
const ROWS = 24;
const CLASSES = 3;
const x = randomRows(random, ROWS, 4, 1.5);
const labels = x.map(() => Math.floor(random() * CLASSES));
const oneHot = labels.map((label) => Array.from({ length: CLASSES }, (_, c) => Number(c === label)));
const soft = x.map(() => {
  const parts = Array.from({ length: CLASSES }, () => 0.1 + random());
  const total = parts.reduce((a, b) => a + b);
  return parts.map((part) => Math.fround(part / total));
});

function specOf(
  { output, loss, from }: ReferencePair,
  units = CLASSES,
  targets?: "any",
  labelSmoothing?: number,
): NetworkSpec {
  const name = loss as Loss;
  const isEntropy = loss.endsWith("Entropy");
  return {
    inputs: 4,
    layers: [
      { units: 6, activation: "tanh" },
      { units, activation: output as "softmax" },
    ],
    loss: { name, ...(isEntropy && { from }), ...(targets && { targets }), ...(labelSmoothing && { labelSmoothing }) },
    seed: 4,
  };
}

/** Central differences of the reference's loss by every weight. */
function differences(pair: ReferencePair, network: Network, targets: Rows): number[] {
  const layers = withLinearOutput(network);
  const at = flatten(layers);
  const lossAt = (values: readonly number[]) => {
    assign(layers, values);
    return pairLoss(pair, layers, x, targets);
  };
  return at.map((value, i) => {
    const step = 1e-5;
    return (lossAt(at.with(i, value + step)) - lossAt(at.with(i, value - step))) / (2 * step);
  });
}

function expectGradient(pair: ReferencePair, network: Network, y: Rows | number[], targets: Rows): void {
  // where all outputs of a row are closed there is no sum to divide by
  if (pair.output === "relu") network.layers[1].setWeights({ bias: new Float32Array(targets[0].length).fill(3) });
  const { loss, layers } = network.gradients({ x, y });
  const wanted = differences(pair, network, targets);
  const size = Math.max(...wanted.map(Math.abs), 1e-3);
  const whole = pairLoss(pair, withLinearOutput(network), x, targets);
  expect(Math.abs(loss - whole)).toBeLessThan(1e-5 * Math.max(1, Math.abs(whole)));
  const given = numbersOf(layers);
  const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - given[i])), 0) / size;
  expect(worst).toBeLessThan(2e-4);
}

describe.each(PAIRS.map((pair) => [`${pair.output}, ${pair.loss} from ${pair.from}`, pair] as const))(
  "%s",
  (_, pair) => {
    test("loss and gradient of one-hot rows", () =>
      withNetwork(specOf(pair), (network) => expectGradient(pair, network, oneHot, oneHot)));

    test("of shares", () => withNetwork(specOf(pair), (network) => expectGradient(pair, network, soft, soft)));

    test.runIf(pair.loss === "crossEntropy")("of labels", () =>
      withNetwork(specOf(pair), (network) => expectGradient(pair, network, labels, oneHot)),
    );

    test("one output", () => {
      const one = soft.map(([share]) => [share]);
      return withNetwork(specOf(pair, 1, "any"), (network) => expectGradient(pair, network, one.flat(), one));
    });

    test("predict gives the network's outputs, and probabilities where they are taken for logits", () =>
      withNetwork(specOf(pair), (network) => {
        const z = forward(withLinearOutput(network), x).at(-1)!.a;
        const isEntropy = pair.loss.endsWith("Entropy");
        const link = pair.loss === "crossEntropy" ? "softmax" : "sigmoid";
        const outputs = z.map((row) => outputsOf(pair.output, row));
        const wanted = isEntropy && pair.from === "logits" ? outputs.map((row) => outputsOf(link, row)) : outputs;
        const given = network.predict(x).data;
        wanted.flat().forEach((value, i) => expect(given[i]).toBeCloseTo(value, 4));
        const isOwn = pair.output === "softmax" || (pair.output === "sigmoid" && isEntropy && pair.from !== "logits");
        const logits = network.predict(x, { logits: true }).data;
        (isOwn ? z : outputs).flat().forEach((value, i) => expect(logits[i]).toBeCloseTo(value, 4));
      }));

    test("a file keeps it", () =>
      withNetwork(specOf(pair), async (network) => {
        using copy = await importNetwork(await exportNetwork(network, "safetensors"));
        expect(copy.spec).toEqual(network.spec);
        expect(copy.evaluate({ x, y: oneHot })).toEqual(network.evaluate({ x, y: oneHot }));
      }));
  },
);

describe("label smoothing", () => {
  const SHARE = 0.15;
  const spread = (rows: Rows, classes: number) =>
    rows.map((row) => row.map((value) => (1 - SHARE) * value + SHARE / classes));
  const entropies = PAIRS.filter(({ loss }) => loss.endsWith("Entropy"));

  test.each(entropies.map((pair) => [`${pair.output}, ${pair.loss} from ${pair.from}`, pair] as const))(
    "loss and gradient of %s are those of targets that are spread",
    (_, pair) =>
      withNetwork(specOf(pair, CLASSES, undefined, SHARE), async (network) => {
        const classes = pair.loss === "crossEntropy" ? CLASSES : 2;
        expectGradient(pair, network, soft, spread(soft, classes));
        expectGradient(pair, network, oneHot, spread(oneHot, classes));
        if (pair.loss === "crossEntropy") expectGradient(pair, network, labels, spread(oneHot, classes));
        expect(() => expectGradient(pair, network, oneHot, oneHot)).toThrow();
      }),
  );

  test("weighs rows, and leaves what is right as it was", async () => {
    const pair = { output: "linear", loss: "crossEntropy", from: "logits" } as const;
    using plain = await createNetwork(specOf(pair));
    using smoothed = await createNetwork(specOf(pair, CLASSES, undefined, SHARE));
    const weights = labels.map((label) => label);
    const { loss, ...figures } = smoothed.evaluate({ x, y: labels, weights });
    const { loss: without, ...others } = plain.evaluate({ x, y: labels, weights });
    expect(figures).toEqual(others);
    const layers = withLinearOutput(smoothed);
    expect(loss).toBeCloseTo(pairLoss(pair, layers, x, spread(oneHot, CLASSES), weights), 5);
    expect(loss).not.toBeCloseTo(without, 3);
  });

  test("is told by the spec where there is some, and stored with it", async () => {
    const specWith = (labelSmoothing: number, name: Loss = "crossEntropy") =>
      ({ inputs: 4, layers: [{ units: CLASSES }], loss: { name, labelSmoothing } }) as const;
    using none = await createNetwork(specWith(0));
    expect(none.spec.loss).toBe("crossEntropy");
    using network = await createNetwork(specWith(0.1));
    expect(network.spec.loss).toEqual({ name: "crossEntropy", from: "logits", labelSmoothing: 0.1 });
    expect(network.summary()).toContain("loss crossEntropy with label smoothing 0.1");
    using again = await importNetwork(await exportNetwork(network, "safetensors"));
    expect(again.spec).toEqual(network.spec);
    expect(again.evaluate({ x, y: labels })).toEqual(network.evaluate({ x, y: labels }));
    using clone = await network.clone();
    expect(clone.spec).toEqual(network.spec);
  });

  test.each([
    [{ name: "crossEntropy", labelSmoothing: 1 }, "loss.labelSmoothing"],
    [{ name: "crossEntropy", labelSmoothing: -0.1 }, "loss.labelSmoothing"],
    [{ name: "crossEntropy", labelSmoothing: Number.NaN }, "loss.labelSmoothing"],
    [{ name: "binaryCrossEntropy", labelSmoothing: "0.1" }, "loss.labelSmoothing"],
    [{ name: "meanSquaredError", labelSmoothing: 0.1 }, "loss.labelSmoothing"],
    [{ name: "huber", labelSmoothing: 0 }, "loss.labelSmoothing"],
  ] as const)("refuses %j", async (loss, path) => {
    const spec = { inputs: 4, layers: [{ units: CLASSES }], loss } as unknown as NetworkSpec;
    await expectError(createNetwork(spec), "value", path);
  });
});

describe("probabilities at their limits", () => {
  const at = async (spec: NetworkSpec, bias: number[]): Promise<Network> => {
    const network = await createNetwork(spec);
    network.layers[0].setWeights({ kernel: new Float32Array(bias.length), bias: Float32Array.from(bias) });
    return network;
  };
  const plain = (units: number, activation: string, loss: LossSpec): NetworkSpec => ({
    inputs: 1,
    layers: [{ units, activation: activation as "linear" }],
    loss,
  });
  const ENTROPY = { name: "crossEntropy", from: "probabilities" } as const;
  const BINARY = { name: "binaryCrossEntropy", from: "probabilities" } as const;

  test("what is held gets no gradient, as in Keras", async () => {
    using raw = await at(plain(1, "linear", BINARY), [-3]);
    const { loss, layers } = raw.gradients({ x: [[1]], y: [1] });
    expect(loss).toBeCloseTo(-Math.log(1e-7), 5);
    expect([...layers[0].bias]).toEqual([0]);
    using above = await at(plain(1, "linear", BINARY), [1.5]);
    expect(above.gradients({ x: [[1]], y: [0] }).layers[0].bias[0]).toBe(0);
    expect(above.evaluate({ x: [[1]], y: [0] }).loss).toBeCloseTo(-Math.log(1e-7), 5);
    using inside = await at(plain(1, "linear", BINARY), [0.25]);
    expect(inside.gradients({ x: [[1]], y: [1] }).layers[0].bias[0]).toBeCloseTo(-4, 5);
  });

  test("a negative share of a raw output", async () => {
    using raw = await at(plain(3, "linear", ENTROPY), [2, -1, 3]);
    const { loss, layers } = raw.gradients({ x: [[1]], y: [0] });
    expect(loss).toBeCloseTo(-Math.log(2 / 4), 5);
    expect([...layers[0].bias]).toEqual([-1 / 2 + 1 / 4, 1 / 4, 1 / 4].map(Math.fround));
    const negative = raw.gradients({ x: [[1]], y: [1] });
    expect(negative.loss).toBeCloseTo(-Math.log(1e-7), 5);
    expect([...negative.layers[0].bias].map(Math.abs)).toEqual([0, 0, 0]);
  });

  test("a row that sums to 0 diverges, and does not pass for a number", async () => {
    using raw = await at(plain(2, "linear", ENTROPY), [0, 0]);
    expect(raw.evaluate({ x: [[1]], y: [0] }).loss).toBeNaN();
    const { stopped } = await raw.fit({ x: [[1]], y: [0] }, { epochs: 1 });
    expect(stopped).toBe("diverged");
  });

  test("softmax and sigmoid under their own losses go on where a probability is 0", async () => {
    using network = await at(plain(2, "softmax", ENTROPY), [0, 200]);
    const { loss, layers } = network.gradients({ x: [[1]], y: [0] });
    expect(loss).toBeCloseTo(200, 3);
    expect([...layers[0].bias]).toEqual([-1, 1]);
    using binary = await at(plain(1, "sigmoid", BINARY), [-200]);
    expect(binary.gradients({ x: [[1]], y: [1] }).layers[0].bias[0]).toBe(-1);
  });

  test("softmax over one unit learns nothing", async () => {
    using network = await at(plain(1, "softmax", BINARY), [0.3]);
    const { layers } = network.gradients({ x: [[1], [2]], y: [0, 1] });
    expect([...layers[0].bias]).toEqual([0]);
    expect([...network.predict([[1], [2]]).data]).toEqual([1, 1]);
  });
});

describe("what is said in short", () => {
  const specWith = (loss: unknown, activation = "softmax"): NetworkSpec =>
    ({ inputs: 4, layers: [{ units: 3, activation }], loss }) as NetworkSpec;

  test("a softmax under crossEntropy is the linear layer under crossEntropy", async () => {
    using named = await createNetwork(specWith("crossEntropy"));
    using logits = await createNetwork(specWith("crossEntropy", "linear"));
    expect(named.spec.loss).toEqual({ name: "crossEntropy", from: "probabilities" });
    expect(logits.spec.loss).toBe("crossEntropy");
    const options = { epochs: 3, optimizer: sgd({ learningRate: 0.5 }) };
    const history = await named.fit({ x, y: labels }, options);
    const other = await logits.fit({ x, y: labels }, options);
    expect(history.epochs.map(({ loss, accuracy }) => [loss, accuracy])).toEqual(
      other.epochs.map(({ loss, accuracy }) => [loss, accuracy]),
    );
    expect(named.layers[0].getWeights()).toEqual(logits.layers[0].getWeights());
    expect(named.predict(x)).toEqual(logits.predict(x));
    expect(named.predict(x, { logits: true })).toEqual(logits.predict(x, { logits: true }));
  });

  test("the same as an object", async () => {
    using network = await createNetwork(specWith({ name: "crossEntropy" }, "linear"));
    expect(network.spec.loss).toBe("crossEntropy");
    using own = await createNetwork(specWith({ name: "meanSquaredError", targets: "checked" }));
    expect(own.spec.loss).toBe("meanSquaredError");
    expect(own.layers[0].activation).toEqual({ name: "softmax" });
    expect(own.summary()).toContain("softmax");
  });

  test.each([
    [specWith({ name: "crossEntropy", from: "logit" }), "loss.from"],
    [specWith({ name: "entropy" }), "loss.name"],
    [specWith({ name: "huber", from: "logits" }), "loss.from"],
    [specWith({ name: "crossEntropy", from: "preactivations" }, "relu"), "loss.from"],
    [specWith({ name: "huber", targets: "every" }), "loss.targets"],
    [specWith({ name: "huber", form: "logits" }), "loss.form"],
    [specWith(undefined), "loss"],
    [specWith({ name: "crossEntropy" }, "softMax"), "layers[0].activation"],
    [
      { ...specWith("crossEntropy"), layers: [{ units: 3, activation: "softmax" }, { units: 3 }] },
      "layers[0].activation",
    ],
  ] as const)("refuses %j", async (spec, path) => {
    await expectError(createNetwork(spec as NetworkSpec), "value", path);
  });
});

const SMOOTHINGS = PAIRS.flatMap((pair) =>
  (pair.loss.endsWith("Entropy") ? [0, 0.15] : [0]).map(
    (share) => [`${pair.output}, ${pair.loss} from ${pair.from}, smoothing ${share}`, pair, share] as const,
  ),
);
test.each(SMOOTHINGS)("forecast's gradient of %s is the network's", (_, pair, share) =>
  withNetwork(specOf(pair, CLASSES, undefined, share), (network) => {
    if (pair.output === "relu") network.layers[1].setWeights({ bias: new Float32Array(CLASSES).fill(3) });
    const z = Float64Array.from(forward(withLinearOutput(network), x).at(-1)!.a.flat());
    const outputs = Float64Array.from(
      forward(withLinearOutput(network), x)
        .at(-1)!
        .a.flatMap((row) => outputsOf(pair.output, row)),
    );
    const last = { name: pair.output as "softmax", alpha: new Float64Array(CLASSES), units: CLASSES };
    const targets = { kind: "rows", data: Float32Array.from(soft.flat()), columns: CLASSES } as const;
    const gradient = gradientByPreactivations(network.spec.loss, last, z, outputs, targets);
    const sums = Array.from({ length: CLASSES }, (_unit, c) =>
      gradient.reduce((sum, value, i) => sum + (i % CLASSES === c ? value : 0), 0),
    );
    const { layers: given } = network.gradients({ x, y: soft });
    // an output near 0 that is taken for a probability makes a gradient of thousands
    sums.forEach((value, c) =>
      expect(Math.abs(given[1].bias[c] - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))),
    );
  }),
);

describe("targets", () => {
  const spec = (loss: LossSpec, units = 2): NetworkSpec =>
    specOf({ output: "softmax", loss: loss.name, from: loss.from! }, units, loss.targets === "any" ? "any" : undefined);
  const binary = { name: "binaryCrossEntropy", from: "probabilities" } as const;

  test("one number stands for all outputs, where that is asked for", () =>
    withNetwork(spec({ ...binary, targets: "any" }), (network) => {
      const one = labels.map((label) => Number(label > 0));
      const pair = { output: "softmax", loss: "binaryCrossEntropy", from: "probabilities" } as const;
      expectGradient(
        pair,
        network,
        one,
        one.map((value) => [value, value]),
      );
    }));

  test("and is refused where not", () =>
    withNetwork(spec(binary), (network) =>
      expectError(() => network.evaluate({ x, y: labels.map((label) => Number(label > 0)) }), "shape", "data.y"),
    ));

  test("numbers that are no probabilities", () =>
    withNetwork(spec({ ...binary, targets: "any" }, 1), async (network) => {
      const pair = { output: "softmax", loss: "binaryCrossEntropy", from: "probabilities" } as const;
      expectGradient(
        pair,
        network,
        labels,
        labels.map((label) => [label]),
      );
      await withNetwork(spec(binary, 1), (strict) =>
        expectError(() => strict.evaluate({ x, y: labels }), "value", /data\.y/),
      );
    }));

  test("labels stay labels", () =>
    withNetwork(spec({ name: "crossEntropy", from: "probabilities", targets: "any" }, 2), (network) =>
      expectError(() => network.evaluate({ x, y: labels }), "value", /data\.y/),
    ));
});
