// Running statistics that do not fit the rows are told, with what they cost. Sound networks of ten seeds are in
// running-statistics.slow.test.ts.
import { describe, expect, test } from "vitest";
import { loadDigits } from "../../support/digits.js";
import { withNetwork } from "../../support/networks.js";
import {
  adam,
  type DenseSpec,
  diagnose,
  type DiagnoseOptions,
  type Finding,
  type FitOptions,
  type Network,
  type NetworkSpec,
  prescribe,
  sgd,
} from "../../../src/index.js";

const { training } = loadDigits();
const x = training.x as number[][];
const y = training.y as number[];

const specOf = (seed: number, momentum = 0.1): NetworkSpec => ({
  inputs: 64,
  layers: [...[0, 1].map(() => ({ units: 24, normalization: { kind: "batch", momentum } as const })), { units: 10 }],
  loss: "crossEntropy",
  seed,
});
const SOUND: FitOptions = { epochs: 5, batchSize: 32, optimizer: adam({ learningRate: 0.003 }) };

async function trained<T>(spec: NetworkSpec, fit: FitOptions, use: (network: Network) => T | Promise<T>): Promise<T> {
  return withNetwork(spec, async (network) => {
    await network.fit({ x, y }, fit);
    return use(network);
  });
}

const found = (network: Network, rows: number[][], options?: DiagnoseOptions): Finding | undefined =>
  diagnose(network, rows, options).findings.find(({ kind }) => kind === "statisticsMismatch");
const scaled = (scale: number, by = 0) => x.map((row) => row.map((value) => value * scale + by));

describe("not told", () => {
  test("with layer normalization, without any, or where the statistics are frozen and training takes them, too", async () => {
    const kinds: Partial<DenseSpec>[] = [{ normalization: "layer" }, {}, { normalization: "batch", frozen: true }];
    for (const kind of kinds) {
      const layers = [0, 1].map(() => ({ units: 24, ...kind }));
      await trained({ ...specOf(1), layers: [...layers, { units: 10 }] }, SOUND, (network) => {
        expect(found(network, scaled(10), { targets: y })).toBeUndefined();
        expect(found(network, scaled(10))).toBeUndefined();
      });
    }
  });

  test("rows of one class, where no targets tell", () =>
    trained(specOf(1), SOUND, (network) => {
      for (const label of [0, 1, 2])
        expect(
          found(
            network,
            x.filter((_, row) => y[row] === label),
          ),
        ).toBeUndefined();
      expect(found(network, x.slice(0, 49))).toBeUndefined();
    }));

  test("a unit of a column that never changes is none that is off", () =>
    withNetwork({ ...specOf(1), inputs: 1 }, async (network) => {
      const rows = Array.from({ length: 60 }, (_, i) => [i % 2]);
      network.layers[0]!.setWeights({ kernel: new Float32Array(24) });
      const labels = rows.map(([value]) => value!);
      await network.fit({ x: rows, y: labels }, { epochs: 80, optimizer: adam() });
      expect(found(network, rows, { targets: labels })).toBeUndefined();
    }));
});

describe("told, with the score that is missing", () => {
  const faults: [string, number, FitOptions, (network: Network) => number[][]][] = [
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

  test.each(faults)("%s", async (name, momentum, fit, rowsOf) => {
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
  });

  test("without targets from two standard deviations on", async () => {
    await trained(specOf(1), SOUND, (network) => {
      const told = found(network, scaled(10))!;
      expect(told.role).toBe("cause");
      expect(told.figures!["distance"]).toBeGreaterThan(2);
      expect(told.message).not.toContain("score");
      expect(found(network, scaled(2))).toBeUndefined();
    });
  });

  test("what does no harm is not told: rows of twice the size, of which the answers are right", () =>
    trained(specOf(1), { ...SOUND, epochs: 10 }, (network) => {
      const { learning, findings } = diagnose(network, scaled(2), { targets: y });
      expect(learning!.accuracy).toBeGreaterThan(0.9);
      expect(findings.map(({ kind }) => kind)).not.toContain("statisticsMismatch");
    }));
});

test("a fit at a rate of 0 is no fault where statistics settle; without any, or without a fit before, it is", async () => {
  const still = { epochs: 2, optimizer: sgd({ learningRate: 0 }) };
  const steps = (network: Network) =>
    diagnose(network, x, { targets: y }).findings.filter(({ message }) => message.startsWith("No weight has moved"));
  const little: FitOptions = { epochs: 1, optimizer: adam() };
  await trained(specOf(1), little, async (network) => {
    await network.fit({ x, y }, still);
    expect(steps(network)).toEqual([]);
  });
  await trained(specOf(1), still, (network) => expect(steps(network)).toHaveLength(1));
});

test("prescribe answers it: a momentum of 0.1 where it was 1", async () => {
  const fit: FitOptions = { epochs: 2, batchSize: 4, optimizer: adam() };
  const { reason, best, baseline } = await prescribe(specOf(1, 1), { x, y }, fit, {
    workers: 1,
    repeats: 1,
    trials: 2,
  });
  expect(reason).toContain("statisticsMismatch");
  expect(best.name).toMatch(/running momentum 0.1|3 times the epochs/);
  expect(best.metrics.accuracy).toBeGreaterThan(baseline.metrics.accuracy! + 0.1);
});
