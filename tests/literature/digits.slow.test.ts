// How PyTorch's ReLU units die on real digits (64-128-128-10, He normal, batch 32, 10 epochs),
// and whether they die alike here: medians over ten seeds.
import { expect, test } from "vitest";
import { loadDigits } from "../support/digits.js";
import { adam, createNetwork, diagnose, type NetworkSpec, type Optimizer, sgd } from "../../src/index.js";

type Range = readonly [low: number, high: number];

interface Row {
  readonly optimizer: Optimizer;
  readonly bias?: number;
  readonly leaky?: boolean;
  /** Units that are above 0 on no training row, of 128 in each hidden layer; lowest to highest of five PyTorch runs. */
  readonly dead: readonly [Range, Range];
  readonly accuracy: Range;
  /**
   * Layer 1 over fifty runs of an independent float32 program, where the five of PyTorch lie closer together than runs
   * do.
   */
  readonly spread?: Range;
}

const rate = (learningRate: number) => sgd({ learningRate });

const table: Record<string, Row> = {
  "bias 0, rate 0.1": {
    optimizer: rate(0.1),
    dead: [
      [2, 6],
      [5, 8],
    ],
    accuracy: [0.961, 0.978],
  },
  "rate 0.4": {
    optimizer: rate(0.4),
    dead: [
      [2, 6],
      [2, 4],
    ],
    accuracy: [0.975, 0.983],
  },
  "rate 0.8": {
    optimizer: rate(0.8),
    dead: [
      [15, 77],
      [0, 11],
    ],
    accuracy: [0.703, 0.972],
  },
  "rate 1.0": {
    optimizer: rate(1),
    dead: [
      [97, 112],
      [42, 128],
    ],
    accuracy: [0.083, 0.625],
  },
  "rate 1.6": {
    optimizer: rate(1.6),
    dead: [
      [107, 110],
      [127, 128],
    ],
    accuracy: [0.083, 0.106],
    spread: [88, 122],
  },
  "rate 1.0, bias 0.1": {
    optimizer: rate(1),
    bias: 0.1,
    dead: [
      [87, 113],
      [65, 126],
    ],
    accuracy: [0.089, 0.556],
  },
  "rate 0.8, Leaky ReLU": {
    optimizer: rate(0.8),
    leaky: true,
    dead: [
      [0, 43],
      [0, 9],
    ],
    accuracy: [0.078, 0.978],
  },
  "rate 1.0, Leaky ReLU": {
    optimizer: rate(1),
    leaky: true,
    dead: [
      [0, 107],
      [0, 101],
    ],
    accuracy: [0.125, 0.958],
  },
  "bias -1, rate 0.1": {
    optimizer: rate(0.1),
    bias: -1,
    dead: [
      [50, 64],
      [127, 128],
    ],
    accuracy: [0.067, 0.094],
  },
  "bias -1, rate 0.01": {
    optimizer: rate(0.01),
    bias: -1,
    dead: [
      [50, 64],
      [127, 128],
    ],
    accuracy: [0.067, 0.094],
  },
  "bias -1, rate 0.1, Leaky ReLU": {
    optimizer: rate(0.1),
    bias: -1,
    leaky: true,
    dead: [
      [50, 64],
      [126, 128],
    ],
    accuracy: [0.067, 0.158],
  },
  "bias +0.1, rate 0.1": {
    optimizer: rate(0.1),
    bias: 0.1,
    dead: [
      [1, 4],
      [5, 8],
    ],
    accuracy: [0.958, 0.978],
  },
  "bias +1, rate 0.1": {
    optimizer: rate(0.1),
    bias: 1,
    dead: [
      [0, 0],
      [2, 12],
    ],
    accuracy: [0.961, 0.975],
  },
  "Adam 0.001": {
    optimizer: adam({ learningRate: 0.001 }),
    dead: [
      [2, 9],
      [11, 18],
    ],
    accuracy: [0.964, 0.981],
  },
  "Adam 0.03": {
    optimizer: adam({ learningRate: 0.03 }),
    dead: [
      [73, 96],
      [31, 47],
    ],
    accuracy: [0.944, 0.964],
  },
};

const SEEDS = 10;
const { training, heldOut } = loadDigits();

/** Widened by a tenth of it, and at least by `margin`: five runs do not show all that there is. */
function expectWithin(value: number, [low, high]: Range, margin: number): void {
  const widening = Math.max(margin, (high - low) / 10);
  expect(value).toBeGreaterThanOrEqual(low - widening);
  expect(value).toBeLessThanOrEqual(high + widening);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function trainOnce({ optimizer, bias = 0, leaky = false }: Row, seed: number) {
  const hidden = {
    units: 128,
    activation: leaky ? "leakyRelu" : "relu",
    kernelInitializer: "heNormal",
    biasInitializer: bias,
  } as const;
  const spec: NetworkSpec = {
    inputs: 64,
    layers: [hidden, hidden, { units: 10, kernelInitializer: "heNormal", biasInitializer: bias }],
    loss: "crossEntropy",
    seed,
  };
  using network = await createNetwork(spec);
  const { epochs, stopped } = await network.fit(training, { epochs: 10, batchSize: 32, optimizer });
  const silent =
    stopped === "diverged" // its activations overflow
      ? epochs.at(-1)!.silentUnits
      : diagnose(network, training.x).layers.map(({ units }) => units.filter(({ activity }) => activity === 0).length);
  return { silent, accuracy: network.evaluate(heldOut).accuracy! };
}

test.each(Object.entries(table))("%s", async (_name, row) => {
  const runs: Awaited<ReturnType<typeof trainOnce>>[] = [];
  for (let seed = 0; seed < SEEDS; seed++) runs.push(await trainOnce(row, seed));
  [row.spread ?? row.dead[0], row.dead[1]].forEach((range, layer) =>
    expectWithin(median(runs.map(({ silent }) => silent[layer])), range, 6),
  );
  expectWithin(median(runs.map(({ accuracy }) => accuracy)), row.accuracy, 0.03);
});

test.each([0, 1, 2])(
  "two hidden layers of 128, adam 0.001, 20 epochs: at least 97 in 100 held-out rows (seed %d)",
  async (seed) => {
    using network = await createNetwork({
      inputs: 64,
      layers: [{ units: 128 }, { units: 128 }, { units: 10 }],
      loss: "crossEntropy",
      seed,
    });
    const { epochs } = await network.fit(training, {
      epochs: 20,
      optimizer: adam({ learningRate: 1e-3 }),
      validation: heldOut,
    });
    expect(epochs.at(-1)!.validation!.accuracy).toBeGreaterThanOrEqual(0.97);
  },
);
