// What the tests of running statistics share: the networks, the faults, and what has to be said of each.
import { expect } from "vitest";
import { loadDigits } from "../../support/digits.js";
import { withNetwork } from "../../support/networks.js";
import {
  adam,
  diagnose,
  type DiagnoseOptions,
  type Finding,
  type FitOptions,
  type Network,
  type NetworkSpec,
  sgd,
} from "../../../src/index.js";

const { training } = loadDigits();
export const x = training.x as number[][];
export const y = training.y as number[];

export const specOf = (seed: number, momentum = 0.1): NetworkSpec => ({
  inputs: 64,
  layers: [...[0, 1].map(() => ({ units: 24, normalization: { kind: "batch", momentum } as const })), { units: 10 }],
  loss: "crossEntropy",
  seed,
});
export const SOUND: FitOptions = { epochs: 5, batchSize: 32, optimizer: adam({ learningRate: 0.003 }) };

export async function trained<T>(
  spec: NetworkSpec,
  fit: FitOptions,
  use: (network: Network) => T | Promise<T>,
): Promise<T> {
  return withNetwork(spec, async (network) => {
    await network.fit({ x, y }, fit);
    return use(network);
  });
}

export const found = (network: Network, rows: number[][], options?: DiagnoseOptions): Finding | undefined =>
  diagnose(network, rows, options).findings.find(({ kind }) => kind === "statisticsMismatch");
export const scaled = (scale: number, by = 0) => x.map((row) => row.map((value) => value * scale + by));

/** A fault: what it is, the momentum, the training, the rows to judge. */
export type Fault = readonly [
  name: string,
  momentum: number,
  fit: FitOptions,
  rowsOf: (network: Network) => number[][],
];

export const FAULTS: readonly Fault[] = [
  ["too few steps", 0.1, { epochs: 1, batchSize: 500, optimizer: adam({ learningRate: 0.01 }) }, () => x],
  ["a momentum that never gets there", 0.001, { ...SOUND, batchSize: 64 }, () => x],
  ["momentum 1, batches of two", 1, { epochs: 1, batchSize: 2, optimizer: adam() }, () => x],
  ["momentum 1, batches of four", 1, { epochs: 1, batchSize: 4, optimizer: adam() }, () => x],
  ["rows of ten times the size", 0.1, SOUND, () => scaled(10)],
  ["rows of a tenth of the size", 0.1, SOUND, () => scaled(0.1)],
  ["rows that are shifted", 0.1, SOUND, () => scaled(1, 1)],
  [
    "statistics from elsewhere",
    0.1,
    SOUND,
    (network) => {
      const { runningMean, runningVariance } = network.layers[1]!.getWeights();
      network.layers[1]!.setWeights({
        runningMean: runningMean!.map((value, unit) => value + 3 * Math.sin(unit)),
        runningVariance: runningVariance!.map((value) => 9 * value),
      });
      return x;
    },
  ],
];

/** It is told with what it costs, and the advice gives what it promises. */
export async function expectTold([name, momentum, fit, rowsOf]: Fault): Promise<void> {
  await trained(specOf(1, momentum), fit, async (network) => {
    const rows = rowsOf(network);
    const { findings, learning } = diagnose(network, rows, { targets: y });
    const told = findings.find(({ kind }) => kind === "statisticsMismatch")!;
    expect(told).toMatchObject({ role: "cause", layer: name === "statistics from elsewhere" ? 1 : 0 });
    const { score, settledScore, distance } = told.figures!;
    expect(score).toBe(learning!.score);
    expect(distance).toBeGreaterThanOrEqual(0.5);
    expect(told.advice).toContain("learning rate of 0");
    expect(findings.filter(({ role }) => role === "cause").map(({ kind }) => kind)).toEqual(["statisticsMismatch"]);
    // what it promises is what the advice gives: one batch of all rows, nothing but statistics moves
    const kernels = network.layers.map((layer) => layer.getWeights().kernel);
    if (momentum < 0.1) return; // which would take some thousand steps
    await network.fit({ x: rows, y }, { epochs: 110, batchSize: rows.length, optimizer: sgd({ learningRate: 0 }) });
    expect(network.layers.map((layer) => layer.getWeights().kernel)).toEqual(kernels);
    const after = diagnose(network, rows, { targets: y });
    expect(after.findings.map(({ kind }) => kind)).not.toContain("statisticsMismatch");
    expect(after.learning!.score).toBeCloseTo(settledScore!, 3);
  });
}
