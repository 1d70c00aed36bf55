// What keeps a dead unit closed: its bias, its weights, or that nothing which feeds it fires.
import { type Case, column, dead, relu, sum, units } from "./case.js";

export const MECHANISMS: readonly Case[] = [
  {
    name: "closed by its bias",
    why: "w·x is 1, 2, 3 without the bias of -5",
    layers: [relu([1, -5], [1, -2]), sum(2)],
    x: column(1, 2, 3),
    expected: { units: [[dead("negativeBias", true, "provenDead"), "alive"]] },
  },
  {
    name: "closed by its weight, in spite of a positive bias",
    why: "-x + 0.5 is below 0 from x = 1 on, and without the bias still lower",
    layers: [relu([-1, 0.5], [1, -2]), sum(2)],
    x: column(1, 2, 3),
    expected: { units: [[dead("negativeWeights", true, "provenDead"), "alive"]] },
  },
  {
    name: "closed by its bias on one sample of three, by its weights on the others",
    why: "without the bias it would fire on (1, 0), and one is enough",
    layers: [relu([1, -1, -2], [1, 1, -1.5]), sum(2)],
    x: [
      [1, 0],
      [0, 1],
      [1, 1],
    ],
    expected: { units: [[dead("negativeBias", true, "provenDead"), "alive"]] },
  },
  {
    name: "touching 0 at its highest",
    why: "z is -2, -1, 0: exactly 0 is closed, and without the bias it would fire",
    layers: [relu([1, -3], [1, -2]), sum(2)],
    x: column(1, 2, 3),
    expected: { units: [[dead("negativeBias", true, "provenDead"), "alive"]] },
  },
  {
    name: "all weights 0",
    why: "z is 0, -1 or -0 on every sample, and taking the bias away leaves 0, which is closed",
    layers: [relu([0, 0], [0, -1], [0, -0], [1, -2]), sum(4)],
    x: column(1, 2, 3),
    expected: {
      units: [
        [
          dead("negativeWeights", true, "provenDead"),
          dead("negativeWeights", true, "provenDead"),
          dead("negativeWeights", true, "provenDead"),
          "alive",
        ],
      ],
    },
  },
  {
    name: "large weights that nearly cancel a large bias",
    why: "10^6·3 - 3000000.25 is -0.25, exactly so in float32",
    layers: [relu([1e6, -3_000_000.25], [1, -2]), sum(2)],
    x: column(1, 2, 3),
    expected: { units: [[dead("negativeBias", true, "provenDead"), "alive"]] },
  },
  {
    name: "a whisper under a heavy bias",
    why: "w·x is 3e-9 at most, which is above 0 and would open it; float32 loses it in the bias of -1",
    layers: [relu([1e-9, -1], [1, -2]), sum(2)],
    x: column(1, 2, 3),
    expected: { units: [[dead("negativeBias", true, "provenDead"), "alive"]] },
  },
  {
    name: "a whisper downwards under a heavy bias",
    why: "w·x is -1e-9 at most: closed even without the bias of -1",
    layers: [relu([-1e-9, -1], [1, -2]), sum(2)],
    x: column(1, 2, 3),
    expected: { units: [[dead("negativeWeights", true, "provenDead"), "alive"]] },
  },
  {
    name: "behind a layer that is silent as a whole",
    why: "both units of the first layer are closed; the second layer sees nothing but its biases of -1 and +1",
    layers: [relu([-1, 0], [-2, 0]), relu([1, 1, -1], [1, 1, 1]), sum(2)],
    x: column(1, 2),
    expected: {
      units: [
        [dead("negativeWeights", true, "provenDead"), dead("negativeWeights", true, "provenDead")],
        [dead("silentInputs", true, "provenDead"), "linear"],
      ],
    },
  },
  {
    name: "silence handed on through three layers",
    why: "each layer is closed, so that the next one sees nothing but its own bias of -1",
    layers: [relu([-1, 0]), relu([1, -1]), relu([1, -1]), sum(1)],
    x: column(1, 2),
    expected: {
      units: [
        [dead("negativeWeights", true, "provenDead")],
        [dead("silentInputs", true, "provenDead")],
        [dead("silentInputs", true, "provenDead")],
      ],
    },
  },
  {
    name: "one living unit among its feeders, and weights that close it",
    why: "it gets 1·0 - 1·x: the silent unit is no excuse, the living one holds it down",
    layers: [relu([-1, 0], [1, 0]), relu([1, -1, 0], [0, 1, -1.5]), sum(2)],
    x: column(1, 2),
    expected: {
      units: [
        [dead("negativeWeights", true, "provenDead"), "linear"],
        [dead("negativeWeights", false, "provenDead"), "alive"],
      ],
    },
  },
  {
    name: "one living unit among its feeders, and a bias that closes it",
    why: "it gets x - 9, and x without its bias",
    layers: [relu([-1, 0], [1, 0]), relu([1, 1, -9], [0, 1, -1.5]), sum(2)],
    x: column(1, 2),
    expected: {
      units: [
        [dead("negativeWeights", true, "provenDead"), "linear"],
        [dead("negativeBias", false, "provenDead"), "alive"],
      ],
    },
  },
  {
    name: "a living unit in the layer below, with a weight of 0 to this one",
    why: "what feeds it is the silent unit alone: a weight of 0 carries nothing",
    layers: [relu([-1, 0], [1, 0]), relu([1, 0, -1], [0, 1, -1.5]), sum(2)],
    x: column(1, 2),
    expected: {
      units: [
        [dead("negativeWeights", true, "provenDead"), "linear"],
        [dead("silentInputs", true, "provenDead"), "alive"],
      ],
    },
  },
  {
    name: "behind tanh units that say 0",
    why: "tanh(0) is 0 on every sample: the input is silent, yet its weights learn, so that this is not permanent",
    layers: [units("tanh", [0, 0]), relu([1, -1], [1, 1]), sum(2)],
    x: column(1, 2),
    expected: { units: [["dormant"], [dead("silentInputs", false), "linear"]] },
  },
  {
    name: "a second layer closed by its bias",
    why: "it gets |x| - 3, at most -1",
    layers: [relu([1, 0], [-1, 0]), relu([1, 1, -3], [1, 1, -1.5]), sum(2)],
    x: column(-2, -1, 1, 2),
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeBias", false, "provenDead", "open"), "alive"],
      ],
    },
  },
  {
    name: "a second layer closed by its weights",
    why: "it gets -|x|, and nothing from a bias of 0",
    layers: [relu([1, 0], [-1, 0]), relu([-1, -1, 0], [1, 1, -1.5]), sum(2)],
    x: column(-2, -1, 1, 2),
    expected: {
      units: [
        ["alive", "alive"],
        [dead("negativeWeights", false, "provenDead"), "alive"],
      ],
    },
  },
  {
    name: "a dead leaky unit of slope 0 behind a sigmoid",
    why: "sigmoid is above 0, so a weight of -1 alone keeps z below 0",
    layers: [units("sigmoid", [1, 0]), units({ name: "leakyRelu", alpha: 0 }, [-1, 0], [1, -0.5]), sum(2)],
    x: column(-1, 1),
    expected: { units: [["alive"], [dead("negativeWeights", false), "alive"]] },
  },
];
