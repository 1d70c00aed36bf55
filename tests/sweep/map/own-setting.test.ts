// What a base has for an axis: what the axis would put there is what is read there.
import { expect, test } from "vitest";
import { ownValue } from "../../../src/sweep/map/own-setting.js";
import { applyAxes, readAxes } from "../../../src/sweep/plan/axes.js";
import { readBase } from "../../../src/sweep/plan/base.js";
import { NAMED } from "../../../src/sweep/plan/named-axes.js";

const hidden = {
  units: 8,
  activation: "relu",
  biasInitializer: 0.25,
  normalization: "layer",
  dropout: 0.25,
  maxNorm: 3,
  kernelRegularizer: { l2: 0.01 },
} as const;
const spec = {
  inputs: 4,
  layers: [hidden, hidden, { units: 3, kernelRegularizer: { l2: 0.01 } }],
  loss: "crossEntropy",
} as const;
const base = readBase({ spec, fit: { optimizer: "sgd", learningRate: 0.5, batchSize: 16, epochs: 3, clipNorm: 2 } });

const OWN: Readonly<Record<string, unknown>> = {
  depth: 2,
  units: 8,
  activation: "relu",
  bias: 0.25,
  normalization: "layer",
  dropout: 0.25,
  maxNorm: 3,
  l1: 0,
  l2: 0.01,
  schedule: false,
  optimizer: "sgd",
  learningRate: 0.5,
  batchSize: 16,
  epochs: 3,
};
const OTHERS: Readonly<Record<string, unknown>> = {
  depth: 4,
  units: 5,
  activation: "tanh",
  bias: -1,
  normalization: false,
  dropout: 0,
  maxNorm: false,
  l1: 0.001,
  l2: 0,
  schedule: "cosine",
  optimizer: "adam",
  learningRate: 0.125,
  batchSize: 7,
  epochs: 9,
};

test.each(Object.keys(NAMED))("%s: the base's own, and what an axis puts there", (name) => {
  expect(ownValue(base, name)).toBe(OWN[name]);
  const axes = readAxes({ [name]: [OWN[name], OTHERS[name]] }, base, true);
  const put = (value: never) => ownValue(applyAxes(base, axes, [value]), name);
  expect([put(OWN[name] as never), put(OTHERS[name] as never)]).toEqual([OWN[name], OTHERS[name]]);
});

test("nothing where hidden layers differ", () => {
  const layers = [hidden, { ...hidden, units: 9 }, { units: 3 }];
  const draft = readBase({ spec: { ...spec, layers }, fit: { optimizer: "sgd" } });
  expect([ownValue(draft, "units"), ownValue(draft, "bias")]).toEqual([undefined, 0.25]);
});

test("paths are read where they lead, defaults too", () => {
  expect(ownValue(base, "fit.clipNorm")).toBe(2);
  expect(ownValue(base, "spec.layers[1].units")).toBe(8);
  expect(ownValue(base, "fit.optimizer.options.momentum")).toBe(0);
  expect(ownValue(base, "spec.layers[7].units")).toBeUndefined();
});
