// Trainings that explode: every figure of a prescription is finite, or said not to be.
import { describe, expect, test } from "vitest";
import { prescribe, sgd, type NetworkSpec, type Prescription } from "../../../src/index.js";
import { meanDead, rank, type Entry } from "../../../src/treatment/prescribe/rank.js";
import type { TrialOutcome } from "../../../src/treatment/trial/trial.js";
import { spot } from "../../support/samples.js";

const x = Array.from({ length: 60 }, (_, i) => [0, 1, 2].map((k) => 4 * spot(i, k) - 2));

function specOf(loss: "meanSquaredError" | "crossEntropy"): NetworkSpec {
  const outputs = loss === "crossEntropy" ? 2 : 1;
  return { inputs: 3, layers: [{ units: 16 }, { units: 16 }, { units: outputs }], loss, seed: 1 };
}

function expectFigures({ trials, best, baseline }: Prescription): void {
  for (const { name, deadFraction, metrics, interval, gain, baselineScore, failed } of trials) {
    const figures = [deadFraction, baselineScore ?? 0, ...Object.values(interval ?? {}), ...Object.values(gain ?? {})];
    for (const figure of figures) expect(Number.isFinite(figure), name).toBe(true);
    for (const figure of Object.values(metrics)) expect(figure, name).not.toBeNaN();
    if (!failed) expect(Number.isFinite(metrics.loss), name).toBe(true);
    expect(deadFraction).toBeGreaterThanOrEqual(0);
    expect(deadFraction).toBeLessThanOrEqual(1);
  }
  const firstFailed = trials.findIndex(({ failed }) => failed);
  if (firstFailed >= 0) expect(best === baseline || trials.indexOf(best) < firstFailed).toBe(true);
}

describe.each(["meanSquaredError", "crossEntropy"] as const)("%s (BREAK, F10)", (loss) => {
  const y = x.map(([a, b, c]) => (loss === "crossEntropy" ? Number(a * b > 0) : a * b + c));

  test.each([0.01, 0.1, 1, 3, 10, 30, 100, 1000])("at rate %d", async (learningRate) => {
    const fit = { epochs: 4, optimizer: sgd({ learningRate }) };
    const found = await prescribe(specOf(loss), { x, y }, fit, { trials: 6, workers: 1 });
    expectFigures(found);
    expect(String(found)).not.toMatch(/NaN|Infinity|undefined/);
    if (loss === "meanSquaredError" && learningRate >= 1) {
      expect(found.baseline.failed?.code).toBe("diverged"); // else nothing was tested
      expect(found.diagnosis?.findings.map(({ kind }) => kind)).toContain("divergence");
      expect(found.best.metrics.loss).toBeLessThan(found.constant.metrics.loss);
      const least = found.trials.findIndex(
        (trial) => trial.failed || !(trial.metrics.loss <= 1000 * found.constant.metrics.loss),
      );
      for (const trial of found.trials.slice(least))
        expect(trial.failed !== undefined || trial.metrics.loss > 1000 * found.constant.metrics.loss).toBe(true);
    }
  });
});

describe("an exploded trial is one class", () => {
  const scale = {
    measure: "loss",
    rows: 100,
    areTraining: false,
    constant: { metrics: { loss: 1 }, variance: 0 },
  } as const;

  function entryOf(name: string, losses: readonly number[], options: Partial<Entry> & { dead?: number } = {}): Entry {
    const outcomes = losses.map((loss): TrialOutcome => ({
      metrics: { loss },
      variance: 0,
      deadFraction: options.dead ?? 0,
      seconds: 1,
      epochs: 4,
      ...(!Number.isFinite(loss) && { failed: { code: "diverged", message: "" } }),
    }));
    const candidate = { name, changes: 1, isAskedFor: false } as Entry["candidate"];
    return { candidate, isBaseline: false, outcomes, budget: 1, round: 1, stoppedEarly: false, ...options };
  }
  const namesOf = (entries: readonly Entry[]) => rank(entries, scale).map(({ candidate }) => candidate.name);

  test("after the others, in the order given, whatever its size", () => {
    const entries = [
      entryOf("baseline", [1.5e76, Infinity, 3], { isBaseline: true }),
      entryOf("infinite", [Infinity]),
      entryOf("huge", [1.8e54, 1e54, 1e54]),
      entryOf("stopped and large", [5e4], { stoppedEarly: true, budget: 0.25 }),
      entryOf("good", [0.1, 0.1, 0.1]),
      entryOf("no number", [Number.NaN, 0.1, 0.1]),
      entryOf("poor", [20, 20, 20]),
      entryOf("stopped", [3], { stoppedEarly: true, budget: 0.25 }),
    ];
    expect(namesOf(entries)).toEqual([
      "good",
      "poor",
      "stopped",
      "baseline",
      "infinite",
      "huge",
      "stopped and large",
      "no number",
    ]);
    expect(namesOf(entries.toReversed()).slice(0, 3)).toEqual(["good", "poor", "stopped"]);
  });

  test("what is some times worse than the constant is none of it", () => {
    const entries = [
      entryOf("baseline", [900, 900, 900], { isBaseline: true }),
      entryOf("worse", [950, 980, 990]),
      entryOf("better", [100, 100, 100]),
    ];
    expect(namesOf(entries)[0]).toBe("better");
  });

  test("dead units are counted where there is a network", () => {
    expect(meanDead(entryOf("", [1, 2], { dead: 0.5 }))).toBe(0.5);
    const without = entryOf("", [Number.NaN], { dead: Number.NaN });
    expect(meanDead(without)).toBe(0);
    expect(meanDead({ ...without, outcomes: [...without.outcomes, ...entryOf("", [1], { dead: 0.5 }).outcomes] })).toBe(
      0.5,
    );
  });
});
