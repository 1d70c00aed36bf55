// Networks that are born dead: silent at one input, or constant on the real line.
import { createNetwork, diagnose, type Network } from "../../src/index.js";
import { type Experiment, type Figure, REPRODUCIBLE, shareOf } from "./experiment.js";
import { constantAtDepthTwo, constantAtLeast, type Expectation, silentAtOneInput } from "./statistics.js";
import type { Trials } from "./trials.js";

const RUNS = 4000;

interface Shape {
  readonly width: number;
  readonly depth: number;
}

function networkOf({ width, depth }: Shape, inputs: number, seed: number): Promise<Network> {
  const layers = [...Array.from({ length: depth }, () => ({ units: width })), { units: 1 }];
  return createNetwork({ inputs, layers, loss: "meanSquaredError", seed }, REPRODUCIBLE);
}

const nameOf = ({ width, depth }: Shape) => `N = ${width}, H = ${depth}`;

/** Share of networks for which `is` holds. */
async function measure(
  trials: Trials,
  name: string,
  shape: Shape,
  inputs: number,
  is: (network: Network) => boolean,
): Promise<{ measured: number; count: number }> {
  const outcomes = await trials.repeat(`${name}, ${nameOf(shape)}`, RUNS, async (seed) => {
    using network = await networkOf(shape, inputs, seed);
    return is(network);
  });
  return { measured: shareOf(outcomes, Boolean), count: outcomes.length };
}

const INPUT = [[0.3, -0.7]];

/** Silent as a whole: some layer is closed on the input, every unit of it. */
function isSilent(network: Network): boolean {
  return diagnose(network, INPUT).layers.some(({ dead, units }) => dead === units.length);
}

export const silentNetwork: Experiment = {
  name: "silent at one input",
  setup:
    "H hidden ReLU layers of N units, zero biases, He normal, at the input (0.3, -0.7): a layer without a unit above 0",
  async run(trials) {
    const figures: Figure[] = [];
    for (const shape of [
      { width: 1, depth: 3 },
      { width: 2, depth: 2 },
      { width: 2, depth: 10 },
      { width: 3, depth: 5 },
      { width: 4, depth: 20 },
    ]) {
      const expected: Expectation = { kind: "within", value: silentAtOneInput(shape.width, shape.depth) };
      figures.push({ what: nameOf(shape), expected, ...(await measure(trials, this.name, shape, 2, isSilent)) });
    }
    return figures;
  },
};

/**
 * With one input and no biases the output is positively homogeneous: its values at -1 and 1 decide on the whole line.
 */
function isConstant(network: Network): boolean {
  return network.predict([[-1], [1]]).data.every((y) => y === 0);
}

export const constantNetwork: Experiment = {
  name: "constant, H = 2",
  setup:
    "one input, H = 2 hidden ReLU layers of N units, zero biases, He normal: " +
    "the output is 0 at -1 and at 1, hence on the real line",
  async run(trials) {
    const figures: Figure[] = [];
    for (const width of [1, 2, 3, 4]) {
      const shape = { width, depth: 2 };
      figures.push({
        what: nameOf(shape),
        expected: { kind: "within", value: constantAtDepthTwo(width) },
        ...(await measure(trials, this.name, shape, 1, isConstant)),
      });
    }
    return figures;
  },
};

export const deepConstantNetwork: Experiment = {
  name: "constant, any H",
  setup: "the same for other H: between the recursion, a lower bound, and 1 - (1 - 2^-N)^H, an upper one",
  async run(trials) {
    const figures: Figure[] = [];
    for (const shape of [
      { width: 1, depth: 4 },
      { width: 2, depth: 3 },
      { width: 2, depth: 9 },
      { width: 3, depth: 10 },
      { width: 4, depth: 20 },
    ]) {
      const figure = await measure(trials, this.name, shape, 1, isConstant);
      figures.push({
        what: nameOf(shape),
        expected: { kind: "atLeast", value: constantAtLeast(shape.width, shape.depth) },
        ...figure,
      });
      figures.push({
        what: nameOf(shape),
        expected: { kind: "atMost", value: silentAtOneInput(shape.width, shape.depth) },
        ...figure,
      });
    }
    return figures;
  },
};
