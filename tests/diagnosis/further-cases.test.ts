// Further cases of kinds that public reports showed: other data, losses and optimizers than in the tests of each kind.
import { describe, expect, test } from "vitest";
import { causesOf, diagnosisAfter, find, POINTS, regression } from "./support.js";
import { adam, adamW, type FitOptions, type Loss, type NetworkSpec, rmsprop, sgd } from "../../src/index.js";

const net = (hidden: readonly number[], units: number, loss: Loss): NetworkSpec => ({
  ...regression(hidden),
  layers: [...hidden.map((each) => ({ units: each })), { units }],
  loss,
});

const inside = POINTS.map(([a, b]) => Number(a * a + b * b > 2.5));
const bowl = POINTS.map(([a, b]) => Math.abs(a * b) - 1);
const sectors = POINTS.map(([a, b]) => (a > 0.5 ? 2 : Number(b > 0)));

describe("it has not learned (A)", () => {
  test.each([
    ["a disc through a straight line, RMSprop", "binaryCrossEntropy", inside],
    ["a product's size by the median, Adam", "meanAbsoluteError", bowl],
  ] as const)("%s", async (_what, loss, y) => {
    const fit: FitOptions = {
      epochs: 80,
      optimizer: loss === "binaryCrossEntropy" ? rmsprop({ learningRate: 0.01 }) : adam({ learningRate: 0.01 }),
    };
    const straight = await diagnosisAfter(net([], 1, loss), POINTS, y, fit);
    expect(straight.learning!.verdict).toMatch(/^It is no better than a constant/);
    expect(find(straight, "noBetterThanConstant")).toBeDefined();
    expect(causesOf(straight)).toContain("linearNetwork");
    const bent = await diagnosisAfter(net([32], 1, loss), POINTS, y, fit);
    expect(bent.learning!.verdict).toMatch(/^It has learned /);
    expect(causesOf(bent)).toEqual([]);
  });
});

describe("steps that are too small (G)", () => {
  test.each([
    ["RMSprop, yes or no", net([16], 1, "binaryCrossEntropy"), inside, rmsprop({ learningRate: 1e-6 })],
    ["momentum, three classes", net([24, 12], 3, "crossEntropy"), sectors, sgd({ learningRate: 1e-6, momentum: 0.9 })],
  ] as const)("%s", async (_what, spec, y, optimizer) => {
    expect(causesOf(await diagnosisAfter(spec, POINTS, y, { epochs: 20, optimizer }))).toEqual(["stepsTooSmall"]);
  });

  test("half is learned by steps that reach no tenth of the weights; a rate that fits", async () => {
    const y = POINTS.map(([a, b]) => 0.2 * a - 0.1 * b);
    const after = (learningRate: number) =>
      diagnosisAfter(regression([64, 64]), POINTS, y, { epochs: 100, optimizer: adamW({ learningRate }) });
    const slow = await after(1e-5);
    expect(slow.learning!.score).toBeLessThan(0.9);
    expect(causesOf(slow)).toEqual(["stepsTooSmall"]);
    expect(causesOf(await after(1e-3))).toEqual([]);
  });
});

describe("divergence (I)", () => {
  const years = Array.from({ length: 50 }, (_, i) => [i, 50 - i, 20]);
  test.each([
    ["a line of three inputs, Nesterov", regression([]), sgd({ learningRate: 0.003, momentum: 0.9, nesterov: true })],
    [
      "through a hidden layer of tanh",
      { ...regression([]), layers: [{ units: 9, activation: "tanh" }, { units: 2 }] },
      sgd({ learningRate: 1.5 }),
    ],
  ] as const)("%s", async (_what, spec, optimizer) => {
    const outputs = spec.layers.at(-1)!.units;
    const y = years.map(([a, b]) => [a + b / 2, b].slice(0, outputs));
    const given = { ...spec, inputs: 3 } as NetworkSpec;
    expect(find(await diagnosisAfter(given, years, y, { epochs: 10, optimizer }), "divergence")).toBeDefined();
    const calm = adam({ learningRate: 0.01 });
    expect(find(await diagnosisAfter(given, years, y, { epochs: 10, optimizer: calm }), "divergence")).toBeUndefined();
  });
});

describe("collapse by weight decay (J)", () => {
  test.each([
    ["AdamW", regression([16, 16]), bowl, (weightDecay: number) => adamW({ learningRate: 0.01, weightDecay }), 60],
    [
      "momentum, three classes",
      net([16, 16], 3, "crossEntropy"),
      sectors,
      (weightDecay: number) => sgd({ learningRate: 0.02, momentum: 0.9, weightDecay }),
      1,
    ],
  ] as const)("%s", async (_what, spec, y, optimizer, weightDecay) => {
    const after = (decay: number) => diagnosisAfter(spec, POINTS, y, { epochs: 60, optimizer: optimizer(decay) });
    const collapsed = await after(weightDecay);
    expect(causesOf(collapsed)).toEqual(["decayCollapse"]);
    expect(find(collapsed, "decayCollapse")!.figures!["weightDecay"]).toBe(weightDecay);
    expect(causesOf(await after(1e-5))).toEqual([]);
  });
});
