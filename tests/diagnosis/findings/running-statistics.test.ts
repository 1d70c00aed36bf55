// Running statistics that do not fit the rows are told, with what they cost. Sound networks of ten seeds, and faults
// that take long to train, are in running-statistics.slow.test.ts.
import { describe, expect, test } from "vitest";
import { expectTold, FAULTS, found, scaled, SOUND, specOf, trained, x, y } from "./statistics-faults.js";
import { withNetwork } from "../../support/networks.js";
import { adam, type DenseSpec, diagnose, type FitOptions, type Network, prescribe, sgd } from "../../../src/index.js";

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

test("a network that says nothing with other statistics either is not told of them", async () => {
  const kinds = (network: Network) => diagnose(network, x, { targets: y }).findings.map(({ kind }) => kind);
  await trained(specOf(1), SOUND, (network) => {
    const { kernel } = network.layers[2]!.getWeights();
    const { runningVariance } = network.layers[0]!.getWeights();
    network.layers[0]!.setWeights({ runningVariance: runningVariance!.map((value) => value / 100) });
    expect(kinds(network)).toContain("statisticsMismatch");
    network.layers[2]!.setWeights({ kernel: kernel.map((value) => -1000 * value) });
    expect(kinds(network)).not.toContain("statisticsMismatch");
  });
});

/** Those that train for long are in running-statistics.slow.test.ts. */
const QUICK = ["too few steps", "rows of ten times the size", "statistics from elsewhere"];

describe("told, with the score that is missing", () => {
  test.each(FAULTS.filter(([name]) => QUICK.includes(name)))("%s", async (...fault) => expectTold(fault));

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
