// The share of units that start dead by the inputs' mean: the figures of the literature, simulations, bounds.
import { describe, expect, it } from "vitest";
import { createNetwork, diagnose, forecastDeadLatents } from "../../src/index.js";
import { relumineError } from "../support/errors.js";
import { normal, seededRandom } from "../support/random.js";

describe("the closed form", () => {
  it.each([
    [2, 0.043],
    [4, 0.195],
    [8, 0.334],
    [16, 0.415],
  ])("gamma %d on 2000 rows: %d", (gamma, share) => {
    const forecast = forecastDeadLatents({ mean: [gamma, 0], std: [0.6, 0.8], rows: 2000 });
    expect(forecast.gamma).toBeCloseTo(gamma, 6);
    expect(forecast.deadShare).toBeCloseTo(share, 3);
  });

  it("one row halves them, centred inputs leave none, constant ones half", () => {
    expect(forecastDeadLatents({ mean: [3], std: [1], rows: 1 }).deadShare).toBeCloseTo(0.5, 6);
    expect(forecastDeadLatents({ mean: [0, 0], std: [1, 1], rows: 10 })).toEqual({ gamma: 0, deadShare: 0, rows: 10 });
    expect(forecastDeadLatents({ mean: [1], std: [0], rows: 10 }).deadShare).toBeCloseTo(0.5, 12);
    // the mean of the larger of two is 1 / sqrt(pi), of three 3 / (2 sqrt(pi))
    const largest = (rows: number) => forecastDeadLatents({ mean: [1], std: [1], rows }).deadShare;
    expect(largest(2)).toBeCloseTo(0.286, 3); // Phi(-0.5642)
    expect(largest(3)).toBeCloseTo(0.1987, 3); // Phi(-0.8463)
  });
});

it("is what networks drawn at random show, from samples as from their moments", async () => {
  const [rows, inputs, units] = [1000, 96, 2000];
  const random = normal(seededRandom(11));
  const shift = Array.from({ length: inputs }, () => 3 * random());
  const x = Array.from({ length: rows }, () => shift.map((mean) => Math.fround(mean + random())));
  const forecast = forecastDeadLatents(x);
  expect(forecast.gamma).toBeGreaterThan(2);
  using network = await createNetwork({ inputs, seed: 3, layers: [{ units }, { units: 1 }], loss: "meanSquaredError" });
  const { dead } = diagnose(network, x, { upTo: 0 });
  expect(Math.abs(dead / units - forecast.deadShare)).toBeLessThan(0.03);
  expect(forecast.deadShare).toBeGreaterThan(0.05);
  const mean = shift.map((_, column) => x.reduce((sum, row) => sum + row[column], 0) / rows);
  const std = mean.map((each, column) => Math.sqrt(x.reduce((sum, row) => sum + (row[column] - each) ** 2, 0) / rows));
  expect(forecastDeadLatents({ mean, std, rows }).deadShare).toBeCloseTo(forecast.deadShare, 5);
  const centred = x.map((row) => row.map((value, column) => value - mean[column]));
  expect(forecastDeadLatents(centred).deadShare).toBeLessThan(1e-6);
  expect(diagnose(network, centred, { upTo: 0 }).dead).toBe(0);
});

it("sparse rows are those with their zeros", () => {
  const dense = [
    [0, 2, 0],
    [1, 0, 0],
    [0, 2, 3],
  ];
  const sparse = {
    rows: 3,
    columns: 3,
    rowOffsets: Uint32Array.of(0, 1, 2, 4),
    columnIndices: Uint32Array.of(1, 0, 1, 2),
    values: Float32Array.of(2, 1, 2, 3),
  };
  const [a, b] = [forecastDeadLatents(dense), forecastDeadLatents(sparse)];
  expect(b.gamma).toBeCloseTo(a.gamma, 12);
  expect(b.deadShare).toBeCloseTo(a.deadShare, 12);
});

it.each([
  [{ mean: [1], std: [1, 2], rows: 3 }, "shape", "x.std"],
  [{ mean: [1], std: [-1], rows: 3 }, "value", "x.std"],
  [{ mean: [1], std: [1], rows: 0 }, "value", "x.rows"],
  [{ mean: [NaN], std: [1], rows: 1 }, "value", "x.mean"],
  [[], "shape", "x"],
  ["x", "shape", "x"],
] as const)("refuses %j", (x, code, path) => {
  expect(() => forecastDeadLatents(x as never)).toThrow(relumineError(code, path));
});
