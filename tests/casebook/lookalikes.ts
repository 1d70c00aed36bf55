// What looks like death and is not, and death that looks like something else.
import { type Case, column, dead, relu, sum, times, type Verdict } from "./case.js";

const oneHot = (size: number, scale = 1) => times(size, (row) => times(size, (i) => (i === row ? scale : 0)));

export const LOOKALIKES: readonly Case[] = [
  {
    name: "ten units, each for one sample of ten",
    why: "nine activations of ten are 0, yet every unit has its sample: sparse and healthy",
    layers: [relu(...oneHot(10, 2).map((row) => [...row, -1])), { kernel: times(10, (k) => [0.3 * k]), bias: [0.1] }],
    x: times(60, (row) => oneHot(10)[row % 10]),
    targets: times(60, (row) => row % 10),
    expected: { units: [times(10, (): Verdict => "alive")], present: ["healthySparsity"] },
  },
  {
    name: "half of the units dead, the others open",
    why: "half of the activations are 0 because half of the units are dead: not sparsity",
    layers: [relu(...times(10, (k) => (k < 5 ? [1, -9 - k] : [k % 2 ? 1 : -1, 0.1 * (k - 4)]))), sum(10)],
    x: column(-2, -1, 1, 2),
    expected: {
      units: [times(10, (k) => (k < 5 ? dead("negativeBias", true, "provenDead") : "alive"))],
      absent: ["healthySparsity"],
    },
  },
  {
    name: "detectors of seldom events",
    why: "each of three units fires, strongly, on one sample of 150, and the fourth on most",
    layers: [relu([1, 0, 0, -5], [0, 1, 0, -5], [0, 0, 1, -5], [1, 1, 1, 0]), sum(4)],
    x: times(150, (row) => times(3, (i) => (row === 40 * (i + 1) ? 9 : ((row + i) % 3) - 1))),
    expected: { units: [["rare", "rare", "rare", "alive"]] },
  },
  {
    name: "open on four samples of a hundred",
    why: "its 95th percentile is 0, and yet it fires on four samples in a hundred",
    layers: [relu([1, -5], [1, 0]), sum(2)],
    x: column(...times(100, (row) => (row % 25 === 3 ? 9 : (row % 5) - 2))),
    expected: { units: [["alive", "alive"]] },
  },
  {
    name: "a layer that whispers",
    why: "activations of 1e-6 are small, but both units switch and neither is smaller than the other",
    layers: [relu([1e-6, 0], [-1e-6, 0]), { kernel: [[1e6], [1e6]], bias: [0] }],
    x: column(-2, -1, 1, 2),
    expected: { units: [["alive", "alive"]] },
  },
  {
    name: "a whisper beside a shout",
    why: "0.003 beside 1000 is dormant, though it fires on half of the samples",
    layers: [relu([1e-3, 0], [1000, 0]), sum(2)],
    x: column(-2, -1, 1, 2),
    expected: { units: [["dormant", "alive"]] },
  },
  {
    name: "open everywhere and small",
    why: "it fires on every sample: it never switches, and is not dead",
    layers: [relu([1e-3, 0.01], [1000, 0]), sum(2)],
    x: column(-2, -1, 1, 2),
    expected: { units: [["linear", "alive"]] },
  },
  {
    name: "a living unit whose outgoing weights are 0",
    why: "its outgoing weights are 0: no gradient reaches it, but it switches and can count again",
    layers: [relu([1, 0], [-1, 0]), { kernel: [[0], [1]], bias: [0] }],
    x: column(-2, -1, 1, 2),
    targets: [1, 0, 2, 3],
    expected: { units: [["alive", "alive"]], present: ["zeroOutgoingWeights"] },
  },
  {
    name: "a whole layer whose outgoing weights are 0",
    why:
      "the output layer starts at zero, as some recipes have it; every gradient below is exactly 0, and no " +
      "unit is dead",
    layers: [relu([1, 0], [-1, 0], [1, 1]), { kernel: [[0], [0], [0]], bias: [0] }],
    x: column(-2, -1, 1, 2),
    targets: [1, 0, 2, 3],
    expected: { units: [["alive", "alive", "alive"]], present: ["zeroOutgoingWeights"] },
  },
  {
    name: "black borders",
    why: "nine input columns of ten are 0 on every sample, hence nine of ten kernel gradients; both units are alive",
    layers: [relu([1, ...times(9, () => 0.5), 0], [-1, ...times(9, () => 0.5), 0]), sum(2)],
    x: [-2, -1, 1, 2].map((value) => [value, ...times(9, () => 0)]),
    targets: [9, -4, 7, 0],
    expected: { units: [["alive", "alive"]], present: ["constantInputs"] },
  },
  {
    name: "leaky units below 0 everywhere",
    why: "their outputs are all below 0 and carry a slope of 0.01",
    layers: [{ ...relu([-1, 0], [-2, -1]), activation: "leakyRelu" }, sum(2)],
    x: column(1, 2, 3),
    targets: [1, 3, 5],
    expected: { units: [["linear", "linear"]] },
  },
  {
    name: "softmax over one unit",
    why:
      "softmax over a single output is 1 whatever the input: every gradient is exactly 0 and nothing " +
      "learns, with both units alive",
    layers: [relu([1, 0], [-1, 0]), sum(2)],
    loss: "crossEntropy",
    x: column(-2, -1, 1, 2),
    usersTargets: [0, 1, 0, 1],
    expected: { units: [["alive", "alive"]], present: ["singleUnitSoftmax"] },
  },
  {
    name: "the regression of tfjs issue 918, an unlucky start",
    why: "x = 1..4 and a negative weight: the only unit is dead in the output layer, where no hidden unit is to blame",
    layers: [relu([1, 0]), { activation: "relu", kernel: [[-1]], bias: [0] }],
    x: column(1, 2, 3, 4),
    targets: [1, 3, 5, 7],
    expected: { units: [["linear"]], present: ["noGradientFromAbove"] },
  },
  {
    name: "one hidden unit, dead",
    why: "the only way through the network is closed; the output is its bias",
    layers: [relu([-1, 0]), sum(1)],
    x: column(1, 2, 3, 4),
    targets: [1, 3, 5, 7],
    expected: { units: [[dead("negativeWeights", true, "provenDead")]], present: ["collapsedOutput"] },
  },
  {
    name: "one of ten dead in a layer that works",
    why: "a single unit is closed by its bias; the other nine do the work",
    layers: [relu([1, -50], ...times(9, (k) => [k % 2 ? 1 : -1, 0.3 * k])), sum(10)],
    x: column(-5, -3, -1, 1, 3, 5),
    targets: [5, 3, 1, 1, 3, 5],
    expected: { units: [[dead("negativeBias", true, "provenDead"), ...times(9, (): Verdict => "alive")]] },
  },
  {
    name: "a large layer dead behind a small one that lives",
    why: "eight units of ten are closed; a fifth of the layer goes on learning",
    layers: [
      relu(...times(10, (k) => (k < 8 ? [-1, -1 - k] : [1, -1.5 - (k - 8) / 2]))),
      relu(
        times(11, () => 1),
        times(11, (k) => (k < 10 ? -1 : 2)),
      ),
      sum(2),
    ],
    x: column(1, 2, 3),
    targets: [5, -3, 9],
    expected: {
      units: [
        times(10, (k): Verdict => (k < 8 ? dead("negativeWeights", true, "provenDead") : "alive")),
        ["linear", "alive"],
      ],
    },
  },
  {
    name: "dead, with an accuracy that is still good",
    why: "four units of five are dead and the last one fits the data exactly: dead all the same",
    layers: [relu([-1, 0], [-2, 0], [1, -9], [1, -7], [1, -1.5]), { kernel: times(5, () => [2]), bias: [0] }],
    x: column(1, 2, 3),
    targets: [0, 1, 3],
    expected: {
      units: [
        [
          dead("negativeWeights", true, "provenDead"),
          dead("negativeWeights", true, "provenDead"),
          dead("negativeBias", true, "provenDead"),
          dead("negativeBias", true, "provenDead"),
          "alive",
        ],
      ],
    },
  },
  {
    name: "the smallest number above 0",
    why: "2^-126 is above 0 in float32, so the unit is open on every sample, however little it says",
    layers: [relu([0, 2 ** -126], [1, -2]), sum(2)],
    x: column(1, 2, 3),
    expected: { units: [["linear", "alive"]] },
  },
];
