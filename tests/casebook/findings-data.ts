// Findings on inputs, targets, loss and training: data of which each is true, and look-alikes of which it is not.
import { type Case, column, relu, sum, type Verdict } from "./case.js";
import type { EpochLog } from "../../src/index.js";

const LINE = column(-2, -1, 1, 2);
const pair = relu([1, 0], [-1, 0.5]);
const alive: Verdict = "alive";

const epoch = (number: number, loss: number): EpochLog => ({
  epoch: number,
  loss,
  learningRate: 0.1,
  seconds: 0,
  silentUnits: [0],
});
const INPUTS: readonly Case[] = [
  {
    name: "a column that never changes",
    why: "the second column is 3 on every sample",
    layers: [relu([1, 0, 0], [-1, 0.1, 0]), sum(2)],
    x: [
      [-2, 3],
      [-1, 3],
      [1, 3],
      [2, 3],
    ],
    expected: { units: [[alive, alive]], present: ["constantInputs"], absent: ["duplicateInputs"] },
  },
  {
    name: "a column that changes once",
    why: "it is 3 on all samples but one",
    layers: [relu([1, 0, 0], [-1, 0.1, 0]), sum(2)],
    x: [
      [-2, 3],
      [-1, 3],
      [1, 3],
      [2, 2],
    ],
    expected: { units: [[alive, alive]], absent: ["constantInputs", "duplicateInputs"] },
  },
  {
    name: "a column told twice",
    why: "the third column repeats the first on every sample",
    layers: [relu([1, 1, 0, 0], [-1, 0, 0.5, 0]), sum(2)],
    x: [
      [-2, 1, -2],
      [-1, -1, -1],
      [1, -2, 1],
      [2, 1, 2],
    ],
    expected: { units: [[alive, alive]], present: ["duplicateInputs"], absent: ["constantInputs"] },
  },
  {
    name: "columns that agree but for one sample",
    why: "the third column differs from the first on the last sample",
    layers: [relu([1, 1, 0, 0], [-1, 0, 0.5, 0]), sum(2)],
    x: [
      [-2, 1, -2],
      [-1, -1, -1],
      [1, -2, 1],
      [2, 1, 2.5],
    ],
    expected: { units: [[alive, alive]], absent: ["duplicateInputs"] },
  },
  {
    name: "columns of which one is the other's negative",
    why: "they are not equal: -2 is not 2",
    layers: [relu([1, 0, 0], [0, 1, 0.5]), sum(2)],
    x: [
      [-2, 2],
      [-1, 1],
      [1, -1],
      [2, -2],
    ],
    expected: { units: [[alive, alive]], absent: ["duplicateInputs"] },
  },
  {
    name: "years",
    why: "inputs of 2001 to 2004 lie a thousand of their spreads from 0",
    layers: [relu([1, -2002], [-1, 2003]), sum(2)],
    x: column(2001, 2002, 2003, 2004),
    expected: { units: [[alive, alive]], present: ["uncenteredInputs"], absent: ["constantInputs"] },
  },
  {
    name: "inputs from 0 to 1",
    why: "mean 0.5, spread 0.4: not far from centred",
    layers: [relu([1, -0.5], [-1, 0.5]), sum(2)],
    x: column(0, 0.1, 0.9, 1),
    expected: { units: [[alive, alive]], absent: ["uncenteredInputs", "unscaledInputs"] },
  },
  {
    name: "metres beside millimetres",
    why: "the columns' spreads differ a millionfold",
    layers: [relu([1, 0.001, 0], [-1, -0.001, 0]), sum(2)],
    x: [
      [-0.002, 1000],
      [-0.001, -2000],
      [0.001, -1000],
      [0.002, 2000],
    ],
    expected: { units: [[alive, alive]], present: ["unscaledInputs"] },
  },
  {
    name: "columns of somewhat different spread",
    why: "a factor of 5 is common and harmless",
    layers: [relu([1, 0.1, 0], [-1, 0.1, 0]), sum(2)],
    x: [
      [-2, 5],
      [-1, -10],
      [1, -5],
      [2, 10],
    ],
    expected: { units: [[alive, alive]], absent: ["unscaledInputs", "uncenteredInputs"] },
  },
  {
    name: "incomes",
    why: "a single column with a spread of 16 000: an update of the first layer is 10^8 times what it would be at 1",
    layers: [relu([1e-4, 0], [-1e-4, 0]), sum(2)],
    x: column(-20_000, -10_000, 10_000, 20_000),
    expected: { units: [[alive, alive]], present: ["unscaledInputs"], absent: ["uncenteredInputs"] },
  },
];

const TARGETS: readonly Case[] = [
  {
    name: "targets that hardly differ",
    why: "their standard deviation is 0.0005",
    layers: [pair, sum(2)],
    x: LINE,
    targets: [0.5, 0.501, 0.5, 0.501],
    expected: { units: [[alive, alive]], present: ["lowTargetVariance"] },
  },
  {
    name: "targets of 0 and 1",
    why: "their standard deviation is 0.5",
    layers: [pair, sum(2)],
    x: LINE,
    targets: [0, 1, 0, 1],
    expected: { units: [[alive, alive]], absent: ["lowTargetVariance", "lossMismatch", "singleClass"] },
  },
  {
    name: "labels of one class",
    why: "all four samples are of class 1",
    layers: [
      pair,
      {
        kernel: [
          [1, -1],
          [0, 1],
        ],
        bias: [0, 0],
      },
    ],
    loss: "crossEntropy",
    x: LINE,
    targets: [1, 1, 1, 1],
    expected: { units: [[alive, alive]], present: ["singleClass"], absent: ["singleUnitSoftmax", "lossMismatch"] },
  },
  {
    name: "labels of which one is another",
    why: "one sample of class 0 is a second class",
    layers: [
      pair,
      {
        kernel: [
          [1, -1],
          [0, 1],
        ],
        bias: [0, 0],
      },
    ],
    loss: "crossEntropy",
    x: LINE,
    targets: [1, 1, 1, 0],
    expected: { units: [[alive, alive]], absent: ["singleClass", "lowTargetVariance"] },
  },
  {
    name: "one unit with binary cross-entropy",
    why: "a single logit is what binary cross-entropy wants",
    layers: [pair, sum(2)],
    loss: "binaryCrossEntropy",
    x: LINE,
    targets: [0, 1, 0, 1],
    expected: { units: [[alive, alive]], absent: ["singleUnitSoftmax", "lossMismatch", "singleClass"] },
  },
  {
    name: "a sigmoid before binary cross-entropy",
    why: "the loss takes logits: bent twice, no probability can be below a half",
    layers: [pair, sum(2, "sigmoid")],
    loss: "binaryCrossEntropy",
    x: LINE,
    targets: [0, 1, 0, 1],
    expected: { units: [[alive, alive]], present: ["lossMismatch"] },
  },
  {
    name: "targets out of the last layer's reach",
    why: "a sigmoid never says 3",
    layers: [pair, sum(2, "sigmoid")],
    x: LINE,
    targets: [0, 3, 0, 3],
    expected: { units: [[alive, alive]], present: ["lossMismatch"] },
  },
  {
    name: "negative targets of a relu",
    why: "a relu in the last layer says nothing below 0",
    layers: [pair, sum(2, "relu")],
    x: LINE,
    targets: [-1, 3, 0, 3],
    expected: { units: [[alive, alive]], present: ["lossMismatch"] },
  },
  {
    name: "targets within the last layer's reach",
    why: "a relu in the last layer can say 0 and 3",
    layers: [pair, sum(2, "relu")],
    x: LINE,
    targets: [1, 3, 0, 3],
    expected: { units: [[alive, alive]], absent: ["lossMismatch", "noGradientFromAbove"] },
  },
  {
    name: "a training that diverged",
    why: "the history says so",
    layers: [pair, sum(2)],
    x: LINE,
    history: { epochs: [epoch(1, 3), epoch(2, 4e12)], stopped: "diverged" },
    expected: { units: [[alive, alive]], present: ["divergence"] },
  },
  {
    name: "a loss that rises and stays finite",
    why: "it got worse, and was stopped by its callback; it did not leave the finite numbers",
    layers: [pair, sum(2)],
    x: LINE,
    history: { epochs: [epoch(1, 3), epoch(2, 5)], stopped: "callback" },
    expected: { units: [[alive, alive]], absent: ["divergence"] },
  },
];

export const DATA_FINDINGS: readonly Case[] = [...INPUTS, ...TARGETS];
