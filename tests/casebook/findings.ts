// Each finding on a network of which it is true, and beside it a look-alike of which it is not.
import { type Case, column, dead, relu, sum, times, units, type Verdict } from "./case.js";
import type { EpochLog } from "../../src/index.js";

const LINE = column(-2, -1, 1, 2);
const pair = relu([1, 0], [-1, 0.5]);
const alive: Verdict = "alive";

const epoch = (number: number, loss: number): EpochLog => ({ epoch: number, loss, learningRate: 0.1, seconds: 0, silentUnits: [0] });
const chain = (activation: "sigmoid" | "tanh" | "relu", weight: number, depth: number) =>
  times(depth, () => units(activation, [weight, 0, 0], [0, weight, 0]));

const GRADIENTS: readonly Case[] = [
  {
    name: "six layers of sigmoid",
    why: "each lets a quarter of a half of the gradient through: (1/8)^6 is 4e-6",
    layers: [...chain("sigmoid", 0.5, 6), sum(2)],
    x: [[-1, 1], [1, -1], [0.5, 0.5], [-0.5, -0.5]],
    expected: { units: times(6, () => [alive, alive]), present: ["vanishingGradient"] },
  },
  {
    name: "six layers of tanh that keep the gradient",
    why: "preactivations of at most 0.1 leave a slope of 0.99 and the weights are 1",
    layers: [...chain("tanh", 1, 6), sum(2)],
    x: [[-0.1, 0.1], [0.1, -0.1], [0.05, 0.05], [-0.05, -0.05]],
    expected: { units: times(6, () => [alive, alive]), absent: ["vanishingGradient"] },
  },
  {
    name: "one layer of tanh, saturated",
    why: "at |z| >= 50 the slope is 0 in float32, so that nothing gets through the layer",
    layers: [units("tanh", [50, 0], [-60, 1]), sum(2)],
    x: LINE,
    expected: { units: [["saturated", "saturated"]], present: ["vanishingGradient"] },
  },
  {
    name: "six layers of relu that keep the gradient",
    why: "a slope of 1 and a weight of 1 lose nothing on the way",
    layers: [...chain("relu", 1, 6), sum(2)],
    x: [[-1, 1], [1, -1], [0.5, 0.5], [-0.5, -0.5]],
    expected: { units: times(6, () => [alive, alive]), absent: ["vanishingGradient", "noGradientFromAbove"] },
  },
  {
    name: "all but one unit of the layer above closed",
    why: "one open unit is enough to hand the gradient down",
    layers: [pair, relu([-1, -1, 0], [1, 1, -1]), sum(2)],
    x: LINE,
    expected: { units: [[alive, alive], [dead("negativeWeights", false), alive]], absent: ["noGradientFromAbove", "collapsedOutput"] },
  },
  {
    name: "an outgoing weight of next to nothing",
    why: "1e-30 is small and not 0",
    layers: [pair, { kernel: [[1e-30], [1]], bias: [0] }],
    x: LINE,
    expected: { units: [[alive, alive]], absent: ["zeroOutgoingWeights"] },
  },
];

const INPUTS: readonly Case[] = [
  {
    name: "a column that never changes",
    why: "the second column is 3 on every sample",
    layers: [relu([1, 0, 0], [-1, 0.1, 0]), sum(2)],
    x: [[-2, 3], [-1, 3], [1, 3], [2, 3]],
    expected: { units: [[alive, alive]], present: ["constantInputs"], absent: ["duplicateInputs"] },
  },
  {
    name: "a column that changes once",
    why: "it is 3 on all samples but one",
    layers: [relu([1, 0, 0], [-1, 0.1, 0]), sum(2)],
    x: [[-2, 3], [-1, 3], [1, 3], [2, 2]],
    expected: { units: [[alive, alive]], absent: ["constantInputs", "duplicateInputs"] },
  },
  {
    name: "a column told twice",
    why: "the third column repeats the first on every sample",
    layers: [relu([1, 1, 0, 0], [-1, 0, 0.5, 0]), sum(2)],
    x: [[-2, 1, -2], [-1, -1, -1], [1, -2, 1], [2, 1, 2]],
    expected: { units: [[alive, alive]], present: ["duplicateInputs"], absent: ["constantInputs"] },
  },
  {
    name: "columns that agree but for one sample",
    why: "the third column differs from the first on the last sample",
    layers: [relu([1, 1, 0, 0], [-1, 0, 0.5, 0]), sum(2)],
    x: [[-2, 1, -2], [-1, -1, -1], [1, -2, 1], [2, 1, 2.5]],
    expected: { units: [[alive, alive]], absent: ["duplicateInputs"] },
  },
  {
    name: "columns of which one is the other's negative",
    why: "they are not equal: -2 is not 2",
    layers: [relu([1, 0, 0], [0, 1, 0.5]), sum(2)],
    x: [[-2, 2], [-1, 1], [1, -1], [2, -2]],
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
    x: [[-0.002, 1000], [-0.001, -2000], [0.001, -1000], [0.002, 2000]],
    expected: { units: [[alive, alive]], present: ["unscaledInputs"] },
  },
  {
    name: "columns of somewhat different spread",
    why: "a factor of 5 is common and harmless",
    layers: [relu([1, 0.1, 0], [-1, 0.1, 0]), sum(2)],
    x: [[-2, 5], [-1, -10], [1, -5], [2, 10]],
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
    layers: [pair, { kernel: [[1, -1], [0, 1]], bias: [0, 0] }],
    loss: "crossEntropy",
    x: LINE,
    targets: [1, 1, 1, 1],
    expected: { units: [[alive, alive]], present: ["singleClass"], absent: ["singleUnitSoftmax", "lossMismatch"] },
  },
  {
    name: "labels of which one is another",
    why: "one sample of class 0 is a second class",
    layers: [pair, { kernel: [[1, -1], [0, 1]], bias: [0, 0] }],
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

const TOGETHER: readonly Case[] = [
  {
    name: "two units dead in one layer",
    why: "both are 0 on every sample, each for a reason of its own",
    layers: [relu([1, -9], [0, -1], [1, 0], [-1, 0.5]), sum(4)],
    x: LINE,
    expected: { units: [[dead("negativeBias", true), dead("negativeWeights", true), alive, alive]], present: ["silentTogether"], absent: ["constantTogether"] },
  },
  {
    name: "one unit dead in each of two layers",
    why: "no two of one layer are silent together",
    layers: [relu([1, -9], [1, 0], [-1, 0.5]), relu([1, -1, -1, 0], [1, 1, 1, -1]), sum(2)],
    x: LINE,
    expected: { units: [[dead("negativeBias", true), alive, alive], [dead("negativeWeights", false), alive]], absent: ["silentTogether"] },
  },
  {
    name: "two units that are never open at once",
    why: "each is silent on the other's samples, and neither always",
    layers: [relu([1, -1], [-1, -1]), sum(2)],
    x: LINE,
    expected: { units: [[alive, alive]], absent: ["silentTogether", "constantTogether"] },
  },
  {
    name: "twins",
    why: "same weights in and out: they say the same on every sample and get the same gradient for ever",
    layers: [relu([1, 0.5], [1, 0.5], [-1, 0]), sum(3)],
    x: LINE,
    expected: { units: [[alive, alive, alive]], present: ["constantTogether"], absent: ["silentTogether"] },
  },
  {
    name: "one unit twice the other",
    why: "proportional, not equal",
    layers: [relu([1, 0.5], [2, 1], [-1, 0]), sum(3)],
    x: LINE,
    expected: { units: [[alive, alive, alive]], absent: ["constantTogether"] },
  },
  {
    name: "equal on all samples but one",
    why: "x and |x| alike on three samples, and 0 and 1 on the fourth",
    layers: [relu([1, 0, 0], [1, 1, 0]), sum(2)],
    x: [[-2, 0], [1, 0], [2, 0], [-1, 2]],
    expected: { units: [[alive, alive]], absent: ["constantTogether"] },
  },
  {
    name: "a network that says the same to all",
    why: "its only hidden layer is closed, the output is its bias",
    layers: [relu([1, -9], [-1, -9]), sum(2)],
    x: LINE,
    expected: { units: [[dead("negativeBias", true), dead("negativeBias", true)]], present: ["collapsedOutput", "silentTogether"] },
  },
  {
    name: "a network that says nearly the same to all",
    why: "a hundredth of x comes through the one unit that lives",
    layers: [relu([1, -9], [0.01, 1]), sum(2)],
    x: LINE,
    expected: { units: [[dead("negativeBias", true), "linear"]], absent: ["collapsedOutput", "silentTogether"] },
  },
  {
    name: "one sample, one output",
    why: "with one sample there is nothing to differ",
    layers: [pair, sum(2)],
    x: column(0.25),
    expected: { units: [["linear", "linear"]], absent: ["collapsedOutput", "constantTogether", "constantInputs", "singleClass"] },
  },
];

export const FINDINGS: readonly Case[] = [...GRADIENTS, ...INPUTS, ...TARGETS, ...TOGETHER];
