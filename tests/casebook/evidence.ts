// How far the evidence goes: permanently dead or not, and closed on the whole box or on the samples only.
import { type Case, column, dead, relu, sum, units } from "./case.js";

const PERMANENCE: readonly Case[] = [
  {
    name: "dead behind living units",
    why: "the units that feed it still learn and may turn its preactivation",
    layers: [relu([1, 0], [-1, 0]), relu([-1, -1, 0], [1, 1, 0]), sum(2)],
    x: column(-2, -1, 1, 2),
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeWeights", false, "provenDead"), "linear"],
      ],
    },
  },
  {
    name: "dead behind dead units with a living sibling of theirs, weight 0",
    why: "the living unit moves, but through a weight of 0 that gets no gradient itself",
    layers: [relu([-1, 0], [1, -1.5]), relu([2, 0, -1], [0, 1, -0.1]), sum(2)],
    x: column(1, 2),
    expected: {
      units: [
        [dead("negativeWeights", true, "provenDead"), "alive"],
        [dead("silentInputs", true, "provenDead"), "alive"],
      ],
    },
  },
  {
    name: "a layer closed as a whole closes what is below",
    why:
      "no gradient gets past the third layer, so that neither the living units below nor the dead one " +
      "behind them moves",
    layers: [
      relu([1, 0], [-1, 0]),
      relu([-1, -1, 0], [1, 1, 0]),
      relu([-1, -1, 0], [-1, -1, 0]),
      relu([1, 1, -1]),
      sum(1),
    ],
    x: column(-2, -1, 1, 2),
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeWeights", true, "provenDead"), "linear"],
        [dead("negativeWeights", true, "provenDead"), dead("negativeWeights", true, "provenDead")],
        [dead("silentInputs", true, "provenDead")],
      ],
      present: ["noGradientFromAbove"],
    },
  },
  {
    name: "an output layer of relu that is closed",
    why: "the output is 0 on every sample and passes no gradient: nothing learns any more",
    layers: [
      relu([1, 0], [-1, 0]),
      relu([-1, -1, 0], [1, 1, 0]),
      { activation: "relu", kernel: [[-1], [-1]], bias: [0] },
    ],
    x: column(-2, -1, 1, 2),
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeWeights", true, "provenDead"), "linear"],
      ],
      present: ["noGradientFromAbove"],
    },
  },
  {
    name: "an output layer of relu of which one unit is open",
    why: "one open output is enough for a gradient",
    layers: [
      relu([1, 0], [-1, 0]),
      relu([-1, -1, 0], [1, 1, 0]),
      {
        activation: "relu",
        kernel: [
          [-1, 1],
          [-1, 1],
        ],
        bias: [0, 0],
      },
    ],
    x: column(-2, -1, 1, 2),
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeWeights", false, "provenDead"), "linear"],
      ],
      absent: ["noGradientFromAbove"],
    },
  },
  {
    name: "behind a unit that is constant and learns",
    why:
      "the second layer says 1 on every sample, but its bias has a gradient through the open unit above: " +
      "the dead one's input moves",
    layers: [relu([-1, 0]), relu([1, 1]), relu([-1, 0], [1, 0]), sum(2)],
    x: column(1, 2),
    expected: {
      units: [
        [dead("negativeWeights", true, "provenDead")],
        ["linear"],
        [dead("negativeWeights", false, "provenDead"), "linear"],
      ],
    },
  },
  {
    name: "behind a prelu unit of slope 0",
    why: "the prelu unit is silent but its slope learns",
    layers: [{ ...units("prelu", [-1, 0]), alpha: [0] }, relu([1, -1], [-1, 1]), sum(2)],
    x: column(1, 2),
    expected: { units: [["linear"], [dead("silentInputs", false), "linear"]] },
  },
  {
    name: "behind leaky units below 0",
    why: "a leaky unit has a gradient everywhere",
    layers: [units("leakyRelu", [-1, 0]), relu([1, 0], [-1, 0]), sum(2)],
    x: column(1, 2),
    expected: { units: [["linear"], [dead("negativeWeights", false, "provenDead"), "linear"]] },
  },
  {
    name: "behind living units that get no gradient at this very moment",
    why: "the sibling's outgoing weight is 0 and learns at the first step, and then passes a gradient down",
    layers: [relu([1, 0], [-1, 0]), relu([-1, -1, 0], [1, 1, 0]), { kernel: [[1], [0]], bias: [0] }],
    x: column(-2, -1, 1, 2),
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeWeights", false, "provenDead"), "linear"],
      ],
      present: ["zeroOutgoingWeights"],
    },
  },
  {
    name: "fixed inputs, three layers up",
    why: "the first layer is closed and fixed, so is the second behind it, so is the dead unit of the third",
    layers: [relu([1, -9], [1, -9]), relu([1, 1, -1], [1, 1, -1]), relu([1, 1, -1], [1, 1, 1]), sum(2)],
    x: column(1, 2),
    expected: {
      units: [
        [dead("negativeBias", true, "provenDead"), dead("negativeBias", true, "provenDead")],
        [dead("silentInputs", true, "provenDead"), dead("silentInputs", true, "provenDead")],
        [dead("silentInputs", true, "provenDead"), "linear"],
      ],
    },
  },
];

const PROOFS: readonly Case[] = [
  {
    name: "dead on the samples, opened by a corner of their box",
    why: "x + y - 1.5 is -0.5 on both samples and 0.5 at (1, 1), whose features both lie in the samples' range",
    layers: [relu([1, 1, -1.5], [1, -1, 0]), sum(2)],
    x: [
      [0, 1],
      [1, 0],
    ],
    expected: { units: [[dead("negativeBias", true, "refuted"), "alive"]] },
  },
  {
    name: "closed in every corner",
    why: "x + y - 2.5 is at most -0.5, at (1, 1)",
    layers: [relu([1, 1, -2.5], [1, -1, 0]), sum(2)],
    x: [
      [0, 1],
      [1, 0],
    ],
    expected: { units: [[dead("negativeBias", true, "provenDead"), "alive"]] },
  },
  {
    name: "the best corner gives exactly 0",
    why: "x + y - 2 is at most 0, and 0 is closed",
    layers: [relu([1, 1, -2], [1, -1, 0]), sum(2)],
    x: [
      [0, 1],
      [1, 0],
    ],
    expected: { units: [[dead("negativeBias", true, "provenDead"), "alive"]] },
  },
  {
    name: "a wider box than the samples",
    why: "x - 5 opens between 5 and 8, where no sample is",
    layers: [relu([1, -5], [1, -2]), sum(2)],
    x: column(1, 2, 3),
    options: { inputBox: { low: [0], high: [8] } },
    expected: { units: [[dead("negativeBias", true, "refuted"), "alive"]] },
  },
  {
    name: "a box that goes on to negative numbers",
    why: "-x is above 0 for every x below 0",
    layers: [relu([-1, 0], [1, -2]), sum(2)],
    x: column(1, 2, 3),
    options: { inputBox: { low: [-1], high: [3] } },
    expected: { units: [[dead("negativeWeights", true, "refuted"), "alive"]] },
  },
  {
    name: "a second layer closed by the sign of its weights",
    why: "activations are never below 0, so -a - 1 never exceeds -1 on any input at all",
    layers: [relu([1, 0], [-1, 0]), relu([-1, -1, -1], [1, 1, 0]), sum(2)],
    x: column(-2, -1, 1, 2),
    options: { inputBox: { low: [-100], high: [100] } },
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeWeights", false, "provenDead"), "linear"],
      ],
    },
  },
  {
    name: "a difference of equals",
    why:
      "both first units say x on the box, their difference less 0.5 is -0.5; bounds that forget what they " +
      "have in common cannot see it",
    layers: [relu([1, 0], [1, 0]), relu([1, -1, -0.5], [1, 1, 0]), sum(2)],
    x: column(1, 2),
    expected: {
      units: [
        ["linear", "linear"],
        [dead("negativeWeights", false, "provenDead"), "linear"],
      ],
    },
  },
  {
    name: "open in the middle of the box only",
    why: "a tent over [0, 1], 0 at both ends where the samples are and 0.5 in the middle, less 0.25",
    layers: [relu([1, 0], [2, -1]), relu([1, -1, -0.25], [1, 1, -0.5]), sum(2)],
    x: column(0, 1),
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeWeights", false, "refuted"), "alive"],
      ],
    },
  },
  {
    name: "a tent that just reaches 0",
    why: "its peak of 0.5 less 0.5 is 0, and 0 is closed: no input opens it, whether that can be proved or not",
    layers: [relu([1, 0], [2, -1]), relu([1, -1, -0.5], [1, 1, -0.5]), sum(2)],
    x: column(0, 1),
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeWeights", false, "provenDead", "open"), "alive"],
      ],
    },
  },
  {
    name: "behind units that are silent on the samples and not on the box",
    why: "at (1, 1) the first unit says 0.5, and 4·0.5 - 1 is above 0",
    layers: [relu([1, 1, -1.5], [1, 1, -1.8]), relu([4, 0, -1], [0, 0, 1]), sum(2)],
    x: [
      [0, 1],
      [1, 0],
    ],
    expected: {
      units: [
        [dead("negativeBias", true, "refuted"), dead("negativeBias", true, "refuted")],
        [dead("silentInputs", true, "refuted"), "linear"],
      ],
    },
  },
  {
    name: "a box that is a point",
    why: "one sample spans no more than itself, and there z is -1",
    layers: [relu([1, 1, -3], [1, 0, 0]), sum(2)],
    x: [[1, 1]],
    expected: { units: [[dead("negativeBias", true, "provenDead"), "linear"]] },
  },
];

export const EVIDENCE: readonly Case[] = [...PERMANENCE, ...PROOFS];
