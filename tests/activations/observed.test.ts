// The facts of activations that no kernel computes, against their definitions; and what values alone tell of slopes.
import { describe, expect, it } from "vitest";
import { ACTIVATION_NAMES, type JudgedActivationName } from "../../src/activations/activations.js";
import { canDie, closedUpTo, factsOf, firesAbove, type JudgedActivation } from "../../src/activations/analysis.js";
import { resolveObserved, slopeOfValue, valueAtFiring } from "../../src/activations/observed.js";
import { judged } from "../reference/activation-totals.js";
import { relumineError } from "../support/errors.js";

const names = Object.keys(judged) as JudgedActivationName[];
const Z = Array.from({ length: 401 }, (_, i) => (i - 200) / 16); // -12.5 to 12.5
const cases = names.map((name) => ({ alpha: 0, ...resolveObserved("activation", name) }));

const activate = (activation: JudgedActivation, z: number) => factsOf(activation).value(z, activation.alpha ?? 0);
const slope = (activation: JudgedActivation, z: number) => factsOf(activation).slope(z, activation.alpha ?? 0);

describe.each(cases)("$name, alpha $alpha", (activation) => {
  const { name, alpha } = activation;
  const facts = factsOf(activation);
  const f = (z: number) => judged[name](z, alpha);

  it("value and slope are the reference's", () => {
    for (const z of Z) {
      expect(Math.abs(activate(activation, z) - f(z))).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(f(z))));
      const [left, right] = [(f(z) - f(z - 1e-6)) / 1e-6, (f(z + 1e-6) - f(z)) / 1e-6];
      const given = slope(activation, z);
      const within = Math.max(1, Math.abs(z)) * 2e-5;
      expect(given).toBeGreaterThanOrEqual(Math.min(left, right) - within);
      expect(given).toBeLessThanOrEqual(Math.max(left, right) + within);
    }
  });

  it("is nowhere steeper than its bound", () => {
    Z.forEach((z, last) => {
      const bound = facts.largestSlope(z, alpha, Math.abs(z));
      for (const [i, at] of Z.entries()) {
        const isWithin = facts.isTwoSided ? Math.abs(at) >= Math.abs(z) : i <= last;
        if (i % 50 === last % 50 && isWithin)
          expect(Math.min(1, Math.abs(slope(activation, at)))).toBeLessThanOrEqual(bound + 1e-9);
      }
    });
  });

  it("is 0 up to closedUpTo in float32, and lies in its range", () => {
    const limit = closedUpTo(activation);
    if (limit > -Infinity)
      for (const below of [0, 1, 10, 100, 1e4]) {
        expect(Math.abs(Math.fround(activate(activation, limit - below)))).toBe(0);
        expect(Math.abs(Math.fround(slope(activation, limit - below - 1e-3)))).toBe(0);
      }
    const values = Z.map(f);
    const [low, high] = facts.range(alpha);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
    expect(Math.max(...values)).toBeLessThanOrEqual(high);
    const lowest = Math.min(...values);
    if (facts.dip) expect(Math.abs(lowest - facts.dip.value)).toBeLessThan(1e-4);
    if (facts.dip) expect(Math.abs(activate(activation, facts.dip.at) - lowest)).toBeLessThan(1e-4);
    expect(Z.some((_, i) => i > 0 && f(Z[i]) < f(Z[i - 1]) - 1e-12)).toBe(facts.dip !== undefined);
  });
});

const all = [...ACTIVATION_NAMES, ...names].map((name) => resolveObserved("activation", name));

it.each(all.filter((each) => factsOf(each).dip === undefined))("$name: a value tells its slope", (activation) => {
  const { name, alpha = 0 } = activation;
  const slopeAt = slopeOfValue(activation);
  for (const z of Z) {
    const isCorner = [-3, -1, 0, 1, 3, 6, alpha].includes(z);
    if (isCorner || name === "prelu") continue; // prelu: 1, as its slope learns
    const wanted = slope(activation, z);
    expect(Math.abs(slopeAt(activate(activation, z)) - wanted)).toBeLessThan(1e-3 * Math.max(1, wanted));
  }
});

it.each(all)("$name: what fires by z fires by its value", (activation) => {
  const above = valueAtFiring(activation);
  for (const z of Z.filter((each) => Math.abs(each) > 1e-3))
    expect(Math.fround(activate(activation, z)) > above).toBe(z > firesAbove(activation));
});

it("says which can die", () => {
  expect(all.filter(canDie).map(({ name }) => name)).toEqual(["relu", "relu6", "reluSquared", "thresholdedRelu"]);
});

it.each([
  ["gelU", "activation"],
  [{ name: "mish", alpha: 1 }, "activation.alpha"],
  [{ name: "thresholdedRelu", alpha: -1 }, "activation.alpha"],
  [{ name: "relu", alpha: 1 }, "activation.alpha"],
  [{ name: "celu", beta: 1 }, "activation.beta"],
])("refuses %j", (given, path) => {
  expect(() => resolveObserved("activation", given as never)).toThrow(relumineError("value", path));
});
