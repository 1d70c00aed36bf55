// Findings on how units go together and how gradients fare: networks of which each is true, and look-alikes of which it
// is not.
import { type Case, column, dead, relu, sum, times, units, type Verdict } from "./case.js";
import { DATA_FINDINGS } from "./findings-data.js";

const LINE = column(-2, -1, 1, 2);
const pair = relu([1, 0], [-1, 0.5]);
const alive: Verdict = "alive";

const chain = (activation: "sigmoid" | "tanh" | "relu", weight: number, depth: number) =>
  times(depth, () => units(activation, [weight, 0, 0], [0, weight, 0]));

const GRADIENTS: readonly Case[] = [
  {
    name: "six layers of sigmoid",
    why: "each lets a quarter of a half of the gradient through: (1/8)^6 is 4e-6",
    layers: [...chain("sigmoid", 0.5, 6), sum(2)],
    x: [
      [-1, 1],
      [1, -1],
      [0.5, 0.5],
      [-0.5, -0.5],
    ],
    expected: { units: times(6, () => [alive, alive]), present: ["vanishingGradient"] },
  },
  {
    name: "six layers of tanh that keep the gradient",
    why: "preactivations of at most 0.1 leave a slope of 0.99 and the weights are 1",
    layers: [...chain("tanh", 1, 6), sum(2)],
    x: [
      [-0.1, 0.1],
      [0.1, -0.1],
      [0.05, 0.05],
      [-0.05, -0.05],
    ],
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
    x: [
      [-1, 1],
      [1, -1],
      [0.5, 0.5],
      [-0.5, -0.5],
    ],
    expected: { units: times(6, () => [alive, alive]), absent: ["vanishingGradient", "noGradientFromAbove"] },
  },
  {
    name: "all but one unit of the layer above closed",
    why: "one open unit is enough to hand the gradient down",
    layers: [pair, relu([-1, -1, 0], [1, 1, -1]), sum(2)],
    x: LINE,
    expected: {
      units: [
        [alive, alive],
        [dead("negativeWeights", false), alive],
      ],
      absent: ["noGradientFromAbove", "collapsedOutput"],
    },
  },
  {
    name: "an outgoing weight of next to nothing",
    why: "1e-30 is small and not 0",
    layers: [pair, { kernel: [[1e-30], [1]], bias: [0] }],
    x: LINE,
    expected: { units: [[alive, alive]], absent: ["zeroOutgoingWeights"] },
  },
];

const TOGETHER: readonly Case[] = [
  {
    name: "two units dead in one layer",
    why: "both are 0 on every sample, each for a reason of its own",
    layers: [relu([1, -9], [0, -1], [1, 0], [-1, 0.5]), sum(4)],
    x: LINE,
    expected: {
      units: [[dead("negativeBias", true), dead("negativeWeights", true), alive, alive]],
      present: ["silentTogether"],
      absent: ["constantTogether"],
    },
  },
  {
    name: "one unit dead in each of two layers",
    why: "no two of one layer are silent together",
    layers: [relu([1, -9], [1, 0], [-1, 0.5]), relu([1, -1, -1, 0], [1, 1, 1, -1]), sum(2)],
    x: LINE,
    expected: {
      units: [
        [dead("negativeBias", true), alive, alive],
        [dead("negativeWeights", false), alive],
      ],
      absent: ["silentTogether"],
    },
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
    why: "same weights in and out: they say the same on every sample and always get the same gradient",
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
    x: [
      [-2, 0],
      [1, 0],
      [2, 0],
      [-1, 2],
    ],
    expected: { units: [[alive, alive]], absent: ["constantTogether"] },
  },
  {
    name: "a network that says the same to all",
    why: "its only hidden layer is closed, the output is its bias",
    layers: [relu([1, -9], [-1, -9]), sum(2)],
    x: LINE,
    expected: {
      units: [[dead("negativeBias", true), dead("negativeBias", true)]],
      present: ["collapsedOutput", "silentTogether"],
    },
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
    expected: {
      units: [["linear", "linear"]],
      absent: ["collapsedOutput", "constantTogether", "constantInputs", "singleClass"],
    },
  },
];

export const FINDINGS: readonly Case[] = [...GRADIENTS, ...TOGETHER, ...DATA_FINDINGS];
