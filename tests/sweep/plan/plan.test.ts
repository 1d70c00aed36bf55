// Plans: what their axes come to, and that a wrong one is refused before anything trains.
import { describe, expect, test } from "vitest";
import { readPlan, trialOf } from "../../../src/sweep/plan/plan.js";
import type { SweepPlan } from "../../../src/sweep.js";
import { adam, earlyStopping } from "../../../src/index.js";
import { expectError, expectRefusal } from "../../support/errors.js";
import { startWatch } from "../../support/stopwatch.js";

const base: SweepPlan["base"] = {
  spec: { inputs: 2, layers: [{ units: 4 }, { units: 6 }, { units: 3 }], loss: "crossEntropy", seed: 7 },
  fit: { optimizer: "sgd", epochs: 5 },
};
/** One hidden layer. */
const shallow = { ...base, spec: { ...base.spec, layers: [{ units: 4 }, { units: 3 }] } };
const planOf = (axes: object, more: object = {}) => ({ base, axes, ...more }) as SweepPlan;
const cellsOf = (plan: SweepPlan) => {
  const checked = readPlan(plan);
  return Array.from({ length: checked.cells }, (_, cell) => trialOf(checked, cell));
};

describe("axes by name", () => {
  test("go with the path of a layer where they change others, too", () => {
    const axes = { units: [1, 2], "spec.layers[0].units": [3, 5] };
    const units = (plan: SweepPlan) => cellsOf(plan).map(({ settings }) => settings.spec.layers[1].units);
    expect(units(planOf(axes))).toEqual([1, 1, 2, 2]);
    expect(cellsOf(planOf({ ...axes, depth: [1, 2] }, { base: shallow }))).toHaveLength(8);
  });

  test("change all hidden layers", () => {
    const cells = cellsOf(planOf({ bias: [-1, 1], activation: ["relu", "tanh"] }));
    expect(cells.map(({ at }) => at)).toEqual([
      { bias: -1, activation: "relu" },
      { bias: -1, activation: "tanh" },
      { bias: 1, activation: "relu" },
      { bias: 1, activation: "tanh" },
    ]);
    const { layers } = cells[3].settings.spec;
    expect(layers.map(({ biasInitializer, activation }) => [biasInitializer, activation.name])).toEqual([
      [1, "tanh"],
      [1, "tanh"],
      [0, "linear"],
    ]);
    expect(layers.map(({ kernelInitializer }) => kernelInitializer)).toEqual([
      "glorotUniform", // of tanh, as nothing is said of it
      "glorotUniform",
      "glorotUniform",
    ]);
  });

  test("make layers before they change them", () => {
    const cells = cellsOf(planOf({ bias: [0, 1], units: [8, 9], depth: [1, 3] }));
    const { layers } = cells.at(-1)!.settings.spec;
    expect(layers.map(({ units, biasInitializer }) => [units, biasInitializer])).toEqual([
      [9, 1],
      [9, 1],
      [9, 1],
      [3, 0],
    ]);
    const lists = cellsOf(planOf({ units: [[2], [5, 4, 3]] }));
    expect(lists.map(({ settings }) => settings.spec.layers.map(({ units }) => units))).toEqual([
      [2, 3],
      [5, 4, 3, 3],
    ]);
  });

  test("are of the training too: the rate is that of each optimizer", () => {
    const optimizer = ["sgd", { name: "adam", options: { beta1: 0.5 } }];
    const cells = cellsOf(planOf({ learningRate: [0.1, 1], optimizer, batchSize: [8, 16], epochs: [1, 2] }));
    expect(cells).toHaveLength(16);
    const { settings, epochs } = cells.at(-1)!;
    expect(settings.optimizer).toEqual({
      name: "adam",
      options: { learningRate: 1, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 },
    });
    expect([settings.batchSize, epochs]).toEqual([16, 2]);
  });
});

test("an axis may be in another's options, which are put in first", () => {
  const cells = cellsOf(planOf({ "fit.optimizer.options.beta1": [0, 0.5], "fit.optimizer": ["adam", "adamW"] }));
  expect(cells.map(({ settings }) => [settings.optimizer.name, settings.optimizer.options.beta1])).toEqual([
    ["adam", 0],
    ["adamW", 0],
    ["adam", 0.5],
    ["adamW", 0.5],
  ]);
});

test("paths of the base, also of what it leaves out", () => {
  const callbacks = [earlyStopping({ patience: 2 })];
  const given = { ...base, fit: { ...base.fit, optimizer: adam(), callbacks } } as SweepPlan["base"];
  const axes = {
    "spec.layers[0].units": [1, 2],
    "spec.layers[1].kernelInitializer": ["zeros", { normal: 0.5 }],
    "fit.optimizer.options.beta1": [0, 0.5],
    "fit.callbacks[0].options.patience": [1, 9],
    "fit.clipNorm": [1, 2],
    "remedies.calibrate.activity": [0.1, 0.2],
  };
  const { settings } = cellsOf({ base: given, axes }).at(-1)!;
  expect(settings.spec.layers.map(({ units }) => units)).toEqual([2, 6, 3]);
  expect(settings.spec.layers[1].kernelInitializer).toEqual({ normal: 0.5 });
  expect(settings.optimizer.options.beta1).toBe(0.5);
  expect(settings.callbacks).toMatchObject([{ name: "earlyStopping", options: { patience: 9 } }]);
  expect([settings.clipNorm, settings.calibrate]).toEqual([2, { activity: 0.2 }]);
});

describe("ranges", () => {
  const valuesOf = (range: object, name = "learningRate") =>
    cellsOf(planOf({ [name]: range })).map(({ at }) => at[name]);

  test("hold both ends, evenly between", () => {
    expect(valuesOf({ from: 0.01, to: 1, count: 3, scale: "log" })).toEqual([0.01, 0.1, 1]);
    expect(valuesOf({ from: 1, to: -1, count: 5 }, "bias")).toEqual([1, 0.5, 0, -0.5, -1]);
  });

  test("of whole numbers are whole, each once", () => {
    expect(valuesOf({ from: 1, to: 4, count: 10 }, "units")).toEqual([1, 2, 3, 4]);
    expect(valuesOf({ from: 2, to: 64, count: 6, scale: "log" }, "batchSize")).toEqual([2, 4, 8, 16, 32, 64]);
  });
});

test.each(["sobol", "latinHypercube"] as const)("points of a %s lie within the axes", (random) => {
  const axes = { learningRate: { from: 0.01, to: 1, scale: "log" }, units: { from: 3, to: 6 }, bias: [-1, 0, 1] };
  const cells = cellsOf(planOf(axes, { sampling: { random, count: 64, seed: 3 } })).map(({ at }) => at);
  const rates = cells.map(({ learningRate }) => learningRate as number);
  expect(Math.min(...rates)).toBeGreaterThanOrEqual(0.01);
  expect(Math.max(...rates)).toBeLessThanOrEqual(1);
  expect(rates.filter((rate) => rate < 0.1).length).toBeGreaterThan(30); // half of a log range
  expect(rates.filter((rate) => rate < 0.1).length).toBeLessThan(34);
  for (const units of [3, 4, 5, 6]) expect(cells.filter((at) => at.units === units)).toHaveLength(16);
  for (const bias of [-1, 0, 1]) expect(cells.filter((at) => at.bias === bias).length).toBeGreaterThan(18);
});

test("another seed draws other points, more of a Sobol sequence leave the first as they are", () => {
  const axes = { learningRate: { from: 0.01, to: 1 } };
  const points = (count: number, seed: number) =>
    cellsOf(planOf(axes, { sampling: { random: "sobol", count, seed } })).map(({ at }) => at);
  expect(points(20, 1).slice(0, 8)).toEqual(points(8, 1));
  expect(points(8, 1)).not.toEqual(points(8, 2));
});

describe("refused before anything trains:", () => {
  const rates = { learningRate: [0.1, 1] };
  test.each<[string, unknown, string | RegExp, string | RegExp]>([
    ["no plan", undefined, "plan", "undefined"],
    ["an option that is none", { base, axes: rates, repeat: 3 }, "plan.repeat", "repeats"],
    ["an axis that is near one", planOf({ learningrate: [1, 2] }), "plan.axes.learningrate", "learningRate"],
    ["a path that is near one", planOf({ "fit.batchsize": [1, 2] }), /fit\.batchsize/, "batchSize"],
    ["a layer that is not there", planOf({ "spec.layers[9].units": [1, 2] }), /layers\[9\]/, "spec"],
    ["an option of another optimizer", planOf({ "fit.optimizer.options.beta1": [0, 1] }), /beta1/, "beta1"],
    ["prototypes", planOf({ "spec.__proto__.units": [1, 2] }), /__proto__/, "proto"],
    ["one value", planOf({ bias: [1] }), "plan.axes.bias", "1"],
    ["a value twice", planOf({ bias: [1, 2, 1] }), "plan.axes.bias[2]", "1"],
    ["NaN", planOf({ bias: [1, Number.NaN] }), "plan.axes.bias[1]", "NaN"],
    ["a range that is a point", planOf({ bias: { from: 1, to: 1, count: 3 } }), "plan.axes.bias", "1"],
    ["a range of one", planOf({ bias: { from: 0, to: 1, count: 1 } }), "plan.axes.bias.count", "1"],
    [
      "a log range across 0",
      planOf({ bias: { from: -1, to: 1, count: 3, scale: "log" } }),
      "plan.axes.bias.from",
      "-1",
    ],
    ["a range from NaN", planOf({ bias: { from: Number.NaN, to: 1, count: 3 } }), "plan.axes.bias.from", "NaN"],
    ["no axis", planOf({}), "plan.axes", "none"],
    ["one thing by two names", planOf({ ...rates, "fit.optimizer.options.learningRate": [1, 2] }), /options/, "both"],
    [
      "a part of another axis",
      planOf({ "spec.layers[0]": [{ units: 1 }, { units: 2 }], "spec.layers[0].units": [1, 2] }),
      /units/,
      "both",
    ],
    [
      "all that a name changes",
      planOf({ units: [1, 2], "spec.layers[0].units": [1, 2] }, { base: shallow }),
      /layers\[0\]\.units/,
      "both",
    ],
    [
      "all that a name changes, first",
      planOf({ "spec.layers[0].biasInitializer": [1, 2], bias: [1, 2] }, { base: shallow }),
      "plan.axes.bias",
      "both",
    ],
    [
      "all layers beside their number",
      planOf({ depth: [1, 2], "spec.layers": [[{ units: 3 }], [{ units: 2 }, { units: 3 }]] }),
      /spec\.layers/,
      "both",
    ],
    ["all of the spec", planOf({ spec: [base.spec, { ...base.spec, inputs: 3 }] }), "plan.axes.spec", "spec"],
    ["no optimizer", planOf({ "fit.optimizer": ["sgd", null] }), /optimizer/, "null"],
    ["no callbacks", planOf({ "fit.callbacks": [[], null] }), /callbacks/, "null"],
    ["a value that the base can't have", planOf({ activation: ["relu", "rellu"] }), /rellu/, "relu"],
    ["values that do not go together", planOf({ "fit.optimizer.options.nesterov": [false, true] }), /nesterov/, "0"],
    ["a base that is wrong", { base: { spec: { ...base.spec, inputs: 0 } }, axes: rates }, /^plan\.base/, "0"],
    ["functions", { base: { ...base, fit: { callbacks: [{ onEpochEnd() {} }] } }, axes: rates }, /callbacks\[0\]/, /./],
    [
      "hidden layers that are not there",
      {
        base: { spec: { inputs: 2, layers: [{ units: 3 }], loss: "crossEntropy" } },
        axes: { bias: [0, 1] },
      },
      "plan.axes.bias",
      "axis",
    ],
    [
      "a count in a random plan",
      planOf({ bias: { from: 0, to: 1, count: 3 } }, { sampling: { random: "sobol", count: 4 } }),
      "plan.axes.bias.count",
      "3",
    ],
    ["halving by 1", planOf(rates, { stop: { factor: 1 } }), "plan.stop.factor", "1"],
  ])("%s", async (_what, plan, path, given) => {
    await expectRefusal(() => readPlan(plan), "value", path, given);
  });

  test("more trials than any memory holds, with their number", async () => {
    const axes = Object.fromEntries(
      ["bias", "learningRate", "fit.clipNorm"].map((name) => [name, { from: 1, to: 2, count: 1000 }]),
    );
    const error = await expectError(() => readPlan(planOf(axes)), "value", "plan");
    expect(error.given).toBe("1,000,000,000");
    await expectError(
      () => readPlan(planOf({ bias: [0, 1] }, { sampling: { random: "sobol", count: 1e9 } })),
      "value",
      "plan",
    );
  });

  test("an axis of many values takes time by their number alone", async () => {
    const elapsed = startWatch();
    const count = 40_000;
    expect(readPlan(planOf({ learningRate: { from: 0.001, to: 3, count } })).cells).toBe(count);
    const twice = [...Array(count).keys(), 7];
    const path = 'plan.axes["spec.seed"][40000]';
    await expectRefusal(() => readPlan(planOf({ "spec.seed": twice })), "value", path, "7 again");
    expect(elapsed()).toBeLessThan(6000); // comparing each with each takes a minute
  });
});
