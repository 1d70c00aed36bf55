// Times in milliseconds merge in float32, two minutes apart: what scales the rows does so from the caller's doubles.
import { describe, expect, it } from "vitest";
import { type DataSet, prescribe, sgd, standardize } from "../../../src/index.js";
import { readExactRows } from "../../../src/treatment/trial/exact-rows.js";
import { prescribe as prescribeRemotely } from "../../../src/worker.js";

const ROWS = 120;
const START = 1_700_000_000_000;
/** Within a minute and a half, shuffled; the class is which half of that it lies in. */
const seconds = Array.from({ length: ROWS }, (_, row) => ((row * 37) % ROWS) * 0.75);
const rowsOf = (of: readonly number[]) => of.map((second) => [START + 1000 * second, Math.sin(second)]);
const labels = (of: readonly number[]) => Uint8Array.from(of, (second) => (second < 45 ? 0 : 1));
const data: DataSet = { x: rowsOf(seconds), y: labels(seconds) };
const spec = {
  inputs: 2,
  layers: [{ units: 8 }, { units: 1 }],
  loss: "binaryCrossEntropy" as const,
  seed: 3,
};
const fit = { epochs: 40, batchSize: 16, optimizer: sgd({ learningRate: 0.3 }) };
const options = { repeats: 1, trials: 6 };

describe("prescribe", () => {
  it.each([
    ["a fifth of the rows", fit, 0.9],
    [
      "rows of its own",
      { ...fit, validation: { x: rowsOf([1, 20, 30, 60, 70, 88]), y: labels([1, 20, 30, 60, 70, 88]) } },
      0.99,
    ],
  ])("tells the times apart, judged by %s", async (_what, how, least) => {
    const { best, baseline } = await prescribe(spec, data, how, { ...options, workers: 1 });
    expect(best.standardize?.inputs).toBe(true);
    expect(best.metrics.accuracy).toBeGreaterThan(least);
    expect(baseline.failed !== undefined || baseline.metrics.accuracy! < 0.7).toBe(true);
  });

  it("in a worker too, to the bit", async () => {
    const here = await prescribe(spec, data, fit, { ...options, workers: 1 });
    const there = await prescribeRemotely(spec, data, fit, { ...options, workers: 1 });
    expect([there.best.name, there.best.metrics]).toEqual([here.best.name, here.best.metrics]);
  });

  it("cannot where the caller gave float32", async () => {
    const x = { rows: ROWS, columns: 2, data: Float32Array.from(rowsOf(seconds).flat()) };
    const { best } = await prescribe(spec, { ...data, x }, fit, { ...options, workers: 1 });
    expect(best.metrics.accuracy).toBeLessThan(0.9);
  });
});

describe("rows are kept in float64", () => {
  const exactOf = (x: DataSet["x"]) => readExactRows("data", { x, y: [] }).exact;

  it("where float32 has no room for what a column tells", () => {
    expect(exactOf(rowsOf(seconds))!.data[0]).toBe(START);
    expect(exactOf([[1e9 + 0.3], [1e9 + 0.9]])).toBeDefined();
  });

  it("not where it has, whatever it rounds; nor what is float32", () => {
    expect(exactOf(seconds.map((second) => [second / 3, 1e6 + second]))).toBeUndefined();
    expect(exactOf([[0.1], [0.2]])).toBeUndefined();
    expect(exactOf([[START]])).toBeUndefined();
    expect(exactOf({ rows: 1, columns: 1, data: Float32Array.of(START) })).toBeUndefined();
  });

  it("and trained on as standardize would have them", () => {
    const { exact } = readExactRows("data", data);
    expect([...standardize(data.x).mean]).toEqual([...standardize([...chunks(exact!.data)]).mean]);
  });
});

function* chunks(values: Float64Array): Generator<Float64Array> {
  for (let i = 0; i < values.length; i += 2) yield values.subarray(i, i + 2);
}
