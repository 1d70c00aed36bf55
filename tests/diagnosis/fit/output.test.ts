// Pairs of last activation and loss beside targets: each that cannot fit or is known to learn badly is named with what
// to change, and the pairs that fit are not.
import { describe, expect, test } from "vitest";
import {
  adam,
  diagnose,
  type Finding,
  type LossSpec,
  type NetworkSpec,
  sgd,
  type Targets,
} from "../../../src/index.js";
import { withNetwork } from "../../support/networks.js";
import type { Rows } from "../../reference/network.js";
import { causesOf, expectFigures, findingsAfter, only } from "./support.js";
import { SQUARE } from "../../support/samples.js";

type Last = NonNullable<NetworkSpec["layers"][number]["activation"]>;

const net = (units: number, activation: Last, loss: NetworkSpec["loss"], hidden = 8): NetworkSpec => ({
  inputs: 2,
  layers: [
    { units: hidden, activation: "tanh" },
    { units, activation },
  ],
  loss,
  seed: 3,
});
const declared = (name: LossSpec["name"], from?: LossSpec["from"], targets?: LossSpec["targets"]): LossSpec => ({
  name,
  ...(from && { from }),
  ...(targets && { targets }),
});
const x = SQUARE.slice(0, 120);
const bits = x.map(([a, b]) => Number(a * b > 0));
const sector = x.map(([a, b]) => Number(a > 0) + 2 * Number(b > 0));
const oneHot = (labels: readonly number[], classes: number): Rows =>
  labels.map((label) => Array.from({ length: classes }, (_, k) => Number(k === label)));
const many = x.map(([a, b]) => [Number(a > 0), Number(b > 0), Number(a + b > 0)]);
const numbers = x.map(([a, b]) => 3 * a - b);
const shares = x.map(([a, b]) => {
  const parts = [Math.exp(a), Math.exp(b), 1];
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
});
const raw = "probabilities";

describe("lossMismatch names what does not fit, and what to take instead", () => {
  test.each<[string, NetworkSpec, Targets, RegExp, RegExp]>([
    [
      "crossEntropy of a linear layer's raw outputs",
      net(4, "linear", declared("crossEntropy", raw)),
      sector,
      /linear yields any number/,
      /softmax/,
    ],
    ["... of relus", net(4, "relu", declared("crossEntropy", raw)), sector, /relu yields numbers from 0 up/, /softmax/],
    [
      "binaryCrossEntropy of a raw output",
      net(1, "linear", declared("binaryCrossEntropy", raw)),
      bits,
      /outside 0 to 1 the loss is cut off/,
      /sigmoid/,
    ],
    ["... of a relu", net(1, "relu", declared("binaryCrossEntropy", raw)), bits, /numbers from 0 up/, /sigmoid/],
    ["... of a tanh", net(1, "tanh", declared("binaryCrossEntropy", raw)), bits, /from -1 to 1/, /sigmoid/],
    [
      "crossEntropy of sigmoids",
      net(4, "sigmoid", declared("crossEntropy", raw)),
      sector,
      /exclude each other/,
      /softmax/,
    ],
    [
      "crossEntropy of a softmax taken as logits",
      net(4, "softmax", declared("crossEntropy", "logits")),
      sector,
      /softmax bends them: no probability can be above 0\.4754/,
      /linear/,
    ],
    [
      "crossEntropy of rows with several classes",
      net(3, "softmax", declared("crossEntropy", raw, "any")),
      many,
      /several classes/,
      /binaryCrossEntropy/,
    ],
    [
      "binaryCrossEntropy of a softmax on several classes a row",
      net(3, "softmax", declared("binaryCrossEntropy", raw)),
      many,
      /makes them sum to 1/,
      /sigmoid/,
    ],
    [
      "... on one label that stands for both outputs",
      net(2, "softmax", declared("binaryCrossEntropy", raw, "any")),
      bits,
      /one label stands for all/,
      /crossEntropy on the labels/,
    ],
    [
      "squared error of a softmax on numbers",
      net(3, "softmax", "meanSquaredError"),
      many.map(() => [7, -2, 3]),
      /cannot say them/,
      /linear/,
    ],
    ["poisson of a linear output", net(1, "linear", "poisson"), numbers.map(Math.abs), /logarithm/, /softplus/],
    ["poisson of numbers below 0", net(1, "softplus", "poisson"), numbers, /counts/, /meanSquaredError/],
    [
      "binaryCrossEntropy of numbers",
      net(1, "sigmoid", declared("binaryCrossEntropy", raw, "any")),
      numbers,
      /of 120 lie outside/,
      /linear and take meanSquaredError/,
    ],
    [
      "squared error of a relu on classes",
      net(1, "relu", "meanSquaredError"),
      bits,
      /closed where it should say more/,
      /binaryCrossEntropy/,
    ],
    ["absolute error on classes", net(1, "sigmoid", "meanAbsoluteError"), bits, /more frequent/, /binaryCrossEntropy/],
    ["absolute error on shares of 1", net(3, "sigmoid", "meanAbsoluteError"), shares, /shares of 1/, /softmax/],
    ["a sigmoid on numbers", net(1, "sigmoid", "meanSquaredError"), numbers, /cannot reach/, /linear/],
    ["a tanh on numbers", net(1, "tanh", "huber"), numbers, /cannot reach/, /linear/],
  ])("%s", async (_name, spec, y, message, advice) => {
    const findings = await findingsAfter(spec, x, y);
    expect(only(findings, "lossMismatch")).toMatchObject([
      { role: "cause", layer: 1, message: expect.stringMatching(message), advice: expect.stringMatching(advice) },
    ]);
  });

  test("the figures are the data's", async () => {
    const findings = await findingsAfter(net(1, "sigmoid", declared("binaryCrossEntropy", raw, "any")), x, numbers);
    const float = numbers.map(Math.fround);
    expectFigures(only(findings, "lossMismatch")[0], {
      outside: float.filter((value) => value < 0 || value > 1).length,
      least: Math.min(...float),
      most: Math.max(...float),
    });
  });

  test.each<[string, NetworkSpec, Targets]>([
    ["crossEntropy of logits", net(4, "linear", "crossEntropy"), sector],
    ["crossEntropy of a softmax", net(4, "softmax", "crossEntropy"), sector],
    ["... on shares", net(3, "softmax", "crossEntropy"), shares],
    ["... of logits on shares", net(3, "linear", "crossEntropy"), shares],
    ["binaryCrossEntropy of a logit", net(1, "linear", "binaryCrossEntropy"), bits],
    ["binaryCrossEntropy of a sigmoid", net(1, "sigmoid", declared("binaryCrossEntropy", raw)), bits],
    ["... on several classes a row", net(3, "sigmoid", declared("binaryCrossEntropy", raw)), many],
    ["... on probabilities", net(1, "sigmoid", declared("binaryCrossEntropy", raw)), bits.map((t) => [0.1 + 0.8 * t])],
    ["squared error of a linear output on numbers", net(1, "linear", "meanSquaredError"), numbers],
    ["... on 0 and 1", net(1, "linear", "meanSquaredError"), bits],
    ["... of a relu on numbers from 0 up", net(1, "relu", "meanSquaredError"), numbers.map(Math.abs)],
    [
      "... of a sigmoid on numbers from 0 to 1",
      net(1, "sigmoid", "meanSquaredError"),
      numbers.map((t) => (t + 9) / 18),
    ],
    ["... of a tanh on -1 and 1", net(1, "tanh", "meanSquaredError"), bits.map((t) => 2 * t - 1)],
    ["... of a softmax on shares", net(3, "softmax", "meanSquaredError"), shares],
    ["poisson of a softplus on counts", net(1, "softplus", "poisson"), numbers.map((t) => Math.round(Math.abs(t)))],
  ])("not %s", async (_name, spec, y) => {
    const findings = await findingsAfter(spec, x, y);
    for (const kind of ["lossMismatch", "labelsMismatch", "singleUnitSoftmax"] as const)
      expect(only(findings, kind)).toEqual([]);
  });

  test("what learns badly and has learned all the same is a remark", async () => {
    const y = oneHot(sector, 4);
    const trained = { epochs: 150, optimizer: adam({ learningRate: 0.03 }) };
    const roleOf = async (spec: NetworkSpec, targets: Targets) =>
      only(await findingsAfter(spec, x, targets, trained), "lossMismatch").map(({ role }) => role);
    expect(await roleOf(net(4, "softmax", "meanSquaredError"), y)).toEqual(["remark"]);
    expect(await roleOf(net(1, "sigmoid", "meanSquaredError"), bits)).toEqual(["remark"]);
    expect(await roleOf(net(2, "softmax", declared("binaryCrossEntropy", raw)), oneHot(bits, 2))).toEqual(["remark"]);
    expect(await roleOf(net(4, "sigmoid", declared("crossEntropy", raw)), sector)).toEqual(["cause"]);
  });

  test("a sigmoid under a squared error is a cause where it is wrong and sure, and a remark where it is unsure", async () => {
    const wrongAndSure = await findingsAfter(net(1, "sigmoid", "meanSquaredError"), x, bits, undefined, (network) =>
      network.layers[1].setWeights({ kernel: new Float32Array(8), bias: Float32Array.of(-9) }),
    );
    expect(only(wrongAndSure, "lossMismatch")).toMatchObject([{ role: "cause" }]);
    expectFigures(only(wrongAndSure, "lossMismatch")[0], { stuck: 1 });
    const unsure = await findingsAfter(net(1, "sigmoid", "meanSquaredError"), x, bits, undefined, (network) =>
      network.layers[1].setWeights({ kernel: new Float32Array(8), bias: Float32Array.of(0) }),
    );
    expect(only(unsure, "lossMismatch")).toMatchObject([
      { role: "remark", figures: { stuck: 0 }, message: expect.stringContaining("on none of these rows so far") },
    ]);
  });

  test("the issue's seven points of a relu output: the cause is told, and what comes of it beside it", async () => {
    const line = [-2, -1, 0, 1, 2, 3, 4].map((value) => [value]);
    const y = line.map(([value]) => 3 * value - 1);
    const spec: NetworkSpec = {
      inputs: 1,
      layers: [{ units: 16 }, { units: 16 }, { units: 1, activation: "relu" }],
      loss: "meanSquaredError",
    };
    for (const seed of [0, 1, 2]) {
      const findings = await findingsAfter({ ...spec, seed }, line, y, {
        epochs: 200,
        optimizer: adam({ learningRate: 0.01 }),
      });
      expect(causesOf(findings)).toEqual(["lossMismatch"]);
      expectFigures(only(findings, "lossMismatch")[0], { outside: 3, extreme: -7, low: 0 });
    }
  });
});

describe("labelsMismatch", () => {
  const four = sector;
  test.each<[string, NetworkSpec, Targets, RegExp, Record<string, number>]>([
    [
      "four classes on one sigmoid",
      net(1, "sigmoid", declared("binaryCrossEntropy", raw, "any")),
      four,
      /labels of 4 classes \(0, 1, 2 and 3\).*1 output unit/,
      { classes: 4, outputs: 1 },
    ],
    [
      "four classes on one output of crossEntropy",
      net(1, "sigmoid", declared("crossEntropy", raw, "any")),
      four,
      /labels of 4 classes/,
      { classes: 4, outputs: 1 },
    ],
    [
      "-1 and 1",
      net(1, "sigmoid", declared("binaryCrossEntropy", raw, "any")),
      bits.map((t) => 2 * t - 1),
      /The labels are -1 and 1/,
      { classes: 2, outputs: 1 },
    ],
    [
      "1 and 2",
      net(1, "linear", declared("binaryCrossEntropy", "logits", "any")),
      bits.map((t) => t + 1),
      /The labels are 1 and 2/,
      { classes: 2, outputs: 1 },
    ],
    [
      "one label for each of four outputs",
      net(4, "linear", declared("meanSquaredError", undefined, "any")),
      four,
      /stands for all 4 outputs/,
      { classes: 4, outputs: 4 },
    ],
    [
      "one label for each of two sigmoids",
      net(2, "sigmoid", declared("binaryCrossEntropy", raw, "any")),
      bits,
      /stands for all 2 outputs/,
      { classes: 2, outputs: 2 },
    ],
  ])("%s", async (_name, spec, y, message, figures) => {
    const findings = await findingsAfter(spec, x, y, { epochs: 3, optimizer: sgd({ learningRate: 0.01 }) });
    const [finding] = only(findings, "labelsMismatch");
    expect(finding).toMatchObject({ role: "cause", layer: 1, message: expect.stringMatching(message) });
    expectFigures(finding, figures);
    expect(finding.advice).toMatch(/crossEntropy|Number the classes/);
    expect(only(findings, "lossMismatch")).toEqual([]);
  });

  test.each<[string, NetworkSpec, Targets]>([
    ["0 and 1", net(1, "sigmoid", declared("binaryCrossEntropy", raw, "any")), bits],
    ["labels of crossEntropy", net(4, "linear", "crossEntropy"), four],
    ["ratings as numbers", net(1, "linear", "meanSquaredError"), four],
    [
      "one number for several outputs, which is none of their classes",
      net(2, "linear", declared("meanSquaredError", undefined, "any")),
      numbers,
    ],
    ["probabilities", net(1, "sigmoid", declared("binaryCrossEntropy", raw, "any")), bits.map((t) => 0.2 + t / 2)],
  ])("not %s", async (_name, spec, y) => {
    expect(only(await findingsAfter(spec, x, y), "labelsMismatch")).toEqual([]);
  });
});

describe("singleUnitSoftmax", () => {
  test.each<[string, NetworkSpec, Targets]>([
    ["binaryCrossEntropy", net(1, "softmax", declared("binaryCrossEntropy", raw)), bits],
    ["squared error", net(1, "softmax", "meanSquaredError"), numbers],
    ["absolute error", net(1, "softmax", "meanAbsoluteError"), bits],
    [
      "crossEntropy of a sigmoid, divided by its own sum",
      net(1, "sigmoid", declared("crossEntropy", raw, "any")),
      bits,
    ],
  ])("under %s, alone", async (_name, spec, y) => {
    const findings = await findingsAfter(spec, x, y, { epochs: 3 });
    expect(causesOf(findings)).toEqual(["singleUnitSoftmax"]);
    expect(only(findings, "singleUnitSoftmax")[0].advice).toMatch(/binaryCrossEntropy|linear/);
  });

  test("one finding: two would say the same", async () => {
    const findings: readonly Finding[] = await findingsAfter(net(1, "softmax", "meanSquaredError"), x, numbers);
    expect(findings.filter(({ kind }) => kind === "lossMismatch" || kind === "labelsMismatch")).toEqual([]);
  });
});

describe("labels that are refused say what may be meant", () => {
  test.each<[string, NetworkSpec, Targets, "value" | "shape", string, RegExp]>([
    ["four classes on one unit", net(1, "linear", "binaryCrossEntropy"), sector, "value", "targets[0]", /crossEntropy/],
    ["-1 and 1", net(1, "linear", "binaryCrossEntropy"), bits.map(() => -1), "value", "targets[0]", /numbered 0 and 1/],
    ["1 to 4", net(4, "linear", "crossEntropy"), x.map(() => 4), "value", "targets[0]", /numbered from 0/],
    [
      "more classes than units",
      net(3, "linear", "crossEntropy"),
      x.map(() => 7),
      "value",
      "targets[0]",
      /for each class/,
    ],
    ["numbers", net(3, "linear", "crossEntropy"), x.map(() => 0.5), "value", "targets[0]", /meanSquaredError/],
    [
      "one-hot on one unit",
      net(1, "linear", "binaryCrossEntropy"),
      oneHot(bits, 2),
      "shape",
      "targets",
      /crossEntropy/,
    ],
  ])("%s", (_name, spec, y, code, path, hint) =>
    withNetwork(spec, (network) => {
      const targets = Array.isArray(y) && path.endsWith("[0]") ? [...(y as number[])].sort((a, b) => b - a) : y;
      expect(() => diagnose(network, x, { targets })).toThrow(
        expect.objectContaining({ code, path, hint: expect.stringMatching(hint) }),
      );
    }),
  );
});
