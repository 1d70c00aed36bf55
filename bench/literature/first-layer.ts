// Units of the first layer, many at once: each has weights of its own, so that each is a trial.
import { createNetwork, diagnose, type InputBox, type Network, type UnitDiagnosis } from "../../src/index.js";
import { type Experiment, type Figure, REPRODUCIBLE, shareOf } from "./experiment.js";
import { normals } from "./random.js";
import type { Expectation } from "./statistics.js";
import type { Trials } from "./trials.js";

const UNITS = 500;
const NETWORKS = 20;

function layerOf(inputs: number, seed: number): Promise<Network> {
  return createNetwork(
    { inputs, layers: [{ units: UNITS }, { units: 1 }], loss: "meanSquaredError", seed },
    REPRODUCIBLE,
  );
}

interface Series {
  readonly what: string;
  readonly inputs: number;
  readonly x: readonly number[][];
  readonly inputBox?: InputBox;
  readonly expected: Expectation;
  readonly is: (unit: UnitDiagnosis) => boolean;
  /** Changes the weights that createNetwork drew. */
  readonly prepare?: (network: Network, seed: number) => void;
}

async function measure(
  trials: Trials,
  name: string,
  { what, inputs, x, inputBox, expected, is, prepare }: Series,
): Promise<Figure> {
  const units = await trials.repeat(`${name}, ${what}`, NETWORKS, async (seed) => {
    using network = await layerOf(inputs, seed);
    prepare?.(network, seed);
    return diagnose(network, x, { proofs: true, ...(inputBox && { inputBox }) }).layers[0]!.units;
  });
  return { what, expected, measured: shareOf(units.flat(), is), count: units.flat().length };
}

async function measureAll(trials: Trials, name: string, all: readonly Series[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const series of all) figures.push(await measure(trials, name, series));
  return figures;
}

const isProvenDead = ({ proof }: UnitDiagnosis) => proof === "provenDead";
const isOpen = ({ proof }: UnitDiagnosis) => proof === "open";

const cube = (inputs: number, low: number): InputBox => ({ low: Array(inputs).fill(low), high: Array(inputs).fill(1) });

export const xorUnit: Experiment = {
  name: "XOR",
  setup: "one unit on the four XOR inputs, zero bias, He normal",
  run(trials) {
    const x = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ];
    return measureAll(trials, this.name, [
      { what: "dead", inputs: 2, x, expected: { kind: "within", value: 1 / 4 }, is: ({ state }) => state === "dead" },
    ]);
  },
};

export const boxUnit: Experiment = {
  name: "box",
  setup: "first-layer unit, zero bias, He normal; diagnosed on one sample with the box as inputBox",
  run(trials) {
    const dimensions = [1, 2, 3, 4];
    const series = (inputs: number, low: number, expected: Expectation): Series => ({
      what: `proven dead on [${low}, 1]^${inputs}`,
      inputs,
      x: [Array(inputs).fill(0.5)],
      inputBox: cube(inputs, low),
      expected,
      is: isProvenDead,
    });
    return measureAll(trials, this.name, [
      ...dimensions.map((d) => series(d, 0, { kind: "within", value: 2 ** -d })),
      ...dimensions.map((d) => series(d, -1, { kind: "exactly", value: 0 })),
    ]);
  },
};

/** Kernel and bias standard normal. */
function drawNormal(network: Network, seed: number): void {
  const next = normals(seed);
  const draw = () => Float32Array.from({ length: UNITS }, next);
  network.layers[0]!.setWeights({ kernel: draw(), bias: draw() });
}

export const intervalUnit: Experiment = {
  name: "interval",
  setup:
    "first-layer unit, w and b standard normal, one input in [-r, r]; diagnosed on x = 0 with the interval as inputBox",
  run(trials) {
    const series = (r: number): Series[] => {
      const common = { inputs: 1, x: [[0]], inputBox: { low: [-r], high: [r] }, prepare: drawNormal };
      return [
        {
          ...common,
          what: `proven dead, r = ${r}`,
          expected: { kind: "within", value: Math.atan(1 / r) / Math.PI },
          is: isProvenDead,
        },
        {
          ...common,
          what: `left open, r = ${r}`,
          expected: { kind: "exactly", value: 0, tolerance: 1e-3 },
          is: isOpen,
        },
      ];
    };
    return measureAll(trials, this.name, [0.5, 1, 2, 4].flatMap(series));
  },
};
