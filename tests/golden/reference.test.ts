// The float64 reference against the golden traces and against finite differences, so that it may judge the package.
import { describe, expect, test } from "vitest";
import { cases, describeCase, flattenTrace, initialLayers, optimizerOf, steps, targetsFor, x } from "./golden.js";
import {
  activate,
  flatten,
  gradients,
  lossOf,
  outputs,
  type ReferenceLayer,
  type Rows,
  slope,
  train,
} from "../reference/network.js";

const ROUNDING = 2e-9; // the traces carry 12 decimals; ten steps of training carry their rounding on

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

describe.each(cases.map((trace) => [describeCase(trace), trace] as const))("%s", (_name, trace) => {
  const targets = targetsFor(trace.loss);

  test("outputs, loss and gradients of the first step", () => {
    const layers = initialLayers(trace.hiddenActivation);
    const first = gradients(layers, x, targets, trace.loss);
    expect(largestDifference(outputs(layers, x).flat(), trace.firstStep.outputs)).toBeLessThan(ROUNDING);
    expect(Math.abs(first.loss - trace.losses[0])).toBeLessThan(ROUNDING);
    expect(
      largestDifference(flatten(first.layers), flattenTrace(trace.firstStep.kernels, trace.firstStep.biases)),
    ).toBeLessThan(ROUNDING);
  });

  test("losses and final weights", () => {
    const layers = initialLayers(trace.hiddenActivation);
    const losses = train(layers, x, targets, trace.loss, {
      epochs: steps,
      batchSize: x.length,
      optimizer: optimizerOf(trace.optimizer),
    });
    expect(largestDifference(losses, trace.losses)).toBeLessThan(ROUNDING);
    expect(largestDifference(flatten(layers), flattenTrace(trace.finalKernels, trace.finalBiases))).toBeLessThan(
      ROUNDING * 10,
    );
  });
});

const H = 1e-5;
const DIFFERENCES = 1e-8; // central differences: a third derivative of about 1 times h²/6, and epsilon / h of rounding

const activations = [
  "linear",
  "relu",
  "leakyRelu",
  "prelu",
  "elu",
  "selu",
  "gelu",
  "silu",
  "softplus",
  "sigmoid",
  "tanh",
];

test.each(activations)("the slope of %s is its derivative", (name) => {
  for (const z of [-7.3, -2.1, -0.9, -0.04, 0.03, 0.7, 1.9, 6.2]) {
    const difference = (activate(name, z + H, 0.3) - activate(name, z - H, 0.3)) / (2 * H);
    expect(Math.abs(slope(name, z, 0.3) - difference)).toBeLessThan(DIFFERENCES);
  }
});

const y: Rows = [
  [0.3, -1.7, 2.4],
  [-0.2, 0.9, -3.1],
];
const lossTargets: Record<string, number[] | Rows> = {
  crossEntropy: [2, 0],
  "crossEntropy of probabilities": [
    [0.2, 0.3, 0.5],
    [1, 0, 0],
  ],
  binaryCrossEntropy: [
    [1, 0, 1],
    [0, 0, 1],
  ],
  meanSquaredError: [
    [0.5, 1.5, -2],
    [0, 0.1, 3],
  ],
  meanAbsoluteError: [
    [0.5, 1.5, -2],
    [0, 0.1, 3],
  ],
  huber: [
    [0.5, 1.5, -2],
    [0, 0.1, 3],
  ],
};

test.each(Object.keys(lossTargets))("the gradient of %s is its derivative", (key) => {
  const name = key.split(" ")[0];
  const at = (r: number, c: number, h: number) =>
    lossOf(
      name,
      y.map((row, i) => row.map((v, j) => (i === r && j === c ? v + h : v))),
      lossTargets[key],
    ).loss;
  lossOf(name, y, lossTargets[key]).gradient.forEach((row, r) =>
    row.forEach((value, c) =>
      expect(Math.abs(value - (at(r, c, H) - at(r, c, -H)) / (2 * H))).toBeLessThan(DIFFERENCES),
    ),
  );
});

/** Three layers with PReLU slopes of their own; no preactivation within H of the kink. */
function smallNetwork(): ReferenceLayer[] {
  return [
    {
      activation: { name: "prelu" },
      kernel: [
        [0.4, -0.3, 0.8],
        [-0.6, 0.7, 0.1],
      ],
      bias: [0.05, -0.1, 0.2],
      alpha: [0.25, 0.1, -0.3],
    },
    {
      activation: { name: "gelu" },
      kernel: [
        [0.5, -0.2],
        [0.3, 0.9],
        [-0.4, 0.6],
      ],
      bias: [0.1, -0.3],
    },
    {
      activation: { name: "tanh" },
      kernel: [
        [0.7, -0.8],
        [0.2, 0.4],
      ],
      bias: [0.01, 0.02],
    },
  ];
}

const smallX = [
  [0.5, -1.2],
  [1.7, 0.3],
  [-0.8, 0.9],
];
const smallTargets = [
  [0.2, -0.1],
  [0.5, 0.4],
  [-0.3, 0.1],
];

/** The largest difference between `gradient` and central differences of the loss over all parameters. */
function checkGradient(gradient: readonly number[]): number {
  const lossAt = (index: number, h: number) => {
    const layers = smallNetwork();
    let next = 0;
    const shift = (value: number) => value + (next++ === index ? h : 0);
    for (const layer of layers) {
      layer.kernel = layer.kernel.map((row) => row.map(shift));
      layer.bias = layer.bias.map(shift);
      if (layer.alpha) layer.alpha = layer.alpha.map(shift);
    }
    return gradients(layers, smallX, smallTargets, "meanSquaredError").loss;
  };
  return largestDifference(
    gradient,
    gradient.map((_, i) => (lossAt(i, H) - lossAt(i, -H)) / (2 * H)),
  );
}

test("back-propagation agrees with finite differences, and the check sees a broken gradient", () => {
  const gradient = flatten(gradients(smallNetwork(), smallX, smallTargets, "meanSquaredError").layers);
  expect(checkGradient(gradient)).toBeLessThan(DIFFERENCES);
  const broken = gradient.map((value, i) => (i === 10 ? value * 1.001 : value));
  expect(checkGradient(broken)).toBeGreaterThan(DIFFERENCES);
});
