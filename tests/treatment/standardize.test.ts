// Inputs and targets of a spread of 1, and networks that take them as they are afterwards.
import { describe, expect, test } from "vitest";
import { expectUntouched, withNetwork } from "../support/networks.js";
import { expectError } from "../support/errors.js";
import { normal, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import {
  adam,
  centerInputs,
  createNetwork,
  type NetworkSpec,
  standardize,
  standardizeTargets,
} from "../../src/index.js";

const random = seededRandom(5);
const draw = normal(random);
/** Age, year, income, share: columns of different sizes. */
const rows = Array.from({ length: 240 }, () =>
  [40 + 12 * draw(), 2015 + 5 * draw(), 30 + 9 * draw(), random()].map(Math.fround),
);
const prices = rows.map(([age, , income]) => 2e5 + 1e4 * income + 500 * age);
const regression: NetworkSpec = {
  inputs: 4,
  layers: [{ units: 16 }, { units: 8 }, { units: 1 }],
  loss: "meanSquaredError",
};

const column = (data: Float32Array, columns: number, c: number) => [...data].filter((_, i) => i % columns === c);
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const deviationOf = (values: readonly number[]) =>
  Math.sqrt(meanOf(values.map((value) => (value - meanOf(values)) ** 2)));

describe("figures", () => {
  test("columns come to a mean of 0 and a deviation of 1", () => {
    const inputs = standardize(rows);
    const { data, columns } = inputs.apply(rows);
    for (let c = 0; c < columns; c++) {
      const raw = rows.map((row) => row[c]);
      expect(inputs.mean[c]).toBeCloseTo(meanOf(raw), 9);
      expect(inputs.scale[c]).toBeCloseTo(deviationOf(raw), 9);
      expect(meanOf(column(data, columns, c))).toBeCloseTo(0, 5);
      expect(deviationOf(column(data, columns, c))).toBeCloseTo(1, 5);
    }
  });

  test("times in milliseconds keep their digits", () => {
    const times = Array.from({ length: 240 }, (_, i) => [1.7e12 + 1000 * i]);
    expect(new Set(times.map(([time]) => Math.fround(time))).size).toBeLessThan(5); // as float32
    for (const scaling of [standardize(times), centerInputs(times)]) {
      expect(scaling.mean[0]).toBe(1.7e12 + 119_500);
      expect(new Set(scaling.apply(times).data).size).toBe(240);
    }
    expect([...centerInputs(times).apply([[1.7e12], [1.7e12 + 1000]]).data]).toEqual([-119_500, -118_500]);
    expect([...centerInputs(times).scale]).toEqual([1]);
    expect(standardize(times).scale[0]).toBeCloseTo(deviationOf(times.map((_, i) => 1000 * i)), 6);
  });

  test("numbers that float32 has no room for", () => {
    const huge = [[1e200], [3e200]];
    expect([...standardize(huge).apply(huge).data]).toEqual([-1, 1]);
  });

  test("a column of one number stays at 0", () => {
    const { mean, scale, apply } = standardize([
      [7.1, 1],
      [7.1, 3],
    ]);
    expect([[...mean], [...scale]]).toEqual([
      [7.1, 2],
      [1, 1],
    ]);
    expect(
      [
        ...apply([
          [7.1, 2],
          [9.1, 2],
        ]).data,
      ].map((value) => Math.round(value * 1e6) / 1e6),
    ).toEqual([0, 0, 2, 0]);
  });

  test("a matrix, other rows, no rows", () => {
    const matrix = { rows: 2, columns: 2, data: Float32Array.of(1, 10, 3, 30) };
    const inputs = standardize(matrix);
    expect([...inputs.apply(matrix).data]).toEqual([-1, -1, 1, 1]);
    expect([...inputs.apply([[2, 40]]).data]).toEqual([0, 2]);
    expect(inputs.apply([]).rows).toBe(0);
    expect(matrix.data[0]).toBe(1);
  });

  test("targets in a list, in rows, and back", () => {
    const list = standardizeTargets([1e9, 1e9 + 2]);
    expect(list.apply([1e9, 1e9 + 2])).toEqual({ rows: 2, columns: 1, data: Float32Array.of(-1, 1) });
    expect([...list.invert([[-1], [0]]).data]).toEqual([Math.fround(1e9), Math.fround(1e9 + 1)]);
    const rowsOf = standardizeTargets([
      [0, 5],
      [4, 15],
    ]);
    expect([...rowsOf.apply([[2, 10]]).data]).toEqual([0, 0]);
    expect([...rowsOf.invert(rowsOf.apply([[1, 7]])).data].map((value) => Math.round(value * 1e5) / 1e5)).toEqual([
      1, 7,
    ]);
    expect([...standardizeTargets(Float32Array.of(1, 3)).apply(Uint8Array.of(1, 3)).data]).toEqual([-1, 1]);
  });

  test.each([
    [() => standardize([]), "shape", "x"],
    [() => standardize([[1], [2, 3]]), "shape", "x[1]"],
    [() => standardize([[1], [Number.NaN]]), "value", "x"],
    [() => standardize([["1"]] as never), "value", "x[0][0]"],
    [() => standardize(3 as never), "shape", "x"],
    [() => standardize(rows).apply([[1, 2]]), "shape", "samples"],
    [() => standardize([[0], [1e-30]]).apply([[1e30]]), "value", "samples[0][0]"],
    [() => standardizeTargets([]), "shape", "y"],
    [() => standardizeTargets([1, Number.POSITIVE_INFINITY]), "value", "y"],
    [
      () =>
        standardizeTargets([
          [1, 2],
          [3, 4],
        ]).apply([1, 2]),
      "shape",
      "targets",
    ],
    [() => standardizeTargets([1, 2]).invert([[1, 2]]), "shape", "outputs"],
  ] as const)("refuses %s", async (call, code, path) => {
    await expectError(call, code, path);
  });
});

describe("folds", () => {
  test("a network trained on standardized rows predicts raw ones in the targets' units", () =>
    withNetwork(regression, async (network) => {
      const inputs = standardize(rows);
      const targets = standardizeTargets(prices);
      const scaled = inputs.apply(rows);
      await network.fit(
        { x: scaled, y: targets.apply(prices) },
        { epochs: 60, optimizer: adam({ learningRate: 0.01 }) },
      );
      const before = network.predict(scaled);
      expect(network.evaluate({ x: scaled, y: targets.apply(prices) }).r2).toBeGreaterThan(0.95);
      inputs.foldInto(network);
      network.predict(rows).data.forEach((value, i) => expect(Math.abs(value - before.data[i])).toBeLessThan(5e-4));
      const wanted = targets.invert(before).data;
      targets.foldInto(network);
      network.predict(rows).data.forEach((value, i) => expect(Math.abs(value / wanted[i] - 1)).toBeLessThan(1e-4));
      const { r2 } = network.evaluate({ x: rows, y: prices });
      expect(r2).toBeGreaterThan(0.95);
      await expectUntouched(network, () => inputs.foldInto(network), "value", "network");
      await expectUntouched(network, () => targets.foldInto(network), "value", "network");
    }));

  test("within 1e-5 where the mean is some spreads away", async () => {
    const { x, y } = sectors(200);
    const shifted = x.map(([a, b]) => [100 + 20 * a, 3 - 0.5 * b].map(Math.fround));
    for (const seed of [1, 2, 3]) {
      using network = await createNetwork({
        inputs: 2,
        layers: [{ units: 16 }, { units: 3 }],
        loss: "crossEntropy",
        seed,
      });
      const inputs = standardize(shifted);
      const scaled = inputs.apply(shifted);
      await network.fit({ x: scaled, y }, { epochs: 10 });
      const before = network.predict(scaled);
      inputs.foldInto(network);
      network.predict(shifted).data.forEach((value, i) => expect(Math.abs(value - before.data[i])).toBeLessThan(1e-5));
    }
  });

  test("of one layer both go into the same weights, in either order", async () => {
    const spec: NetworkSpec = { inputs: 4, layers: [{ units: 1 }], loss: "meanSquaredError", seed: 3 };
    const inputs = standardize(rows);
    const targets = standardizeTargets(prices);
    using network = await createNetwork(spec);
    const wanted = targets.invert(network.predict(inputs.apply(rows))).data;
    using other = await network.clone();
    inputs.foldInto(network);
    targets.foldInto(network);
    targets.foldInto(other);
    inputs.foldInto(other);
    for (const one of [network, other])
      one.predict(rows).data.forEach((value, i) => expect(Math.abs(value / wanted[i] - 1)).toBeLessThan(1e-4));
  });

  test("what can't be folded is refused, and nothing changes", async () => {
    const times = Array.from({ length: 20 }, (_, i) => [1.7e12 + 1000 * i]);
    using one = await createNetwork({ ...regression, inputs: 1 });
    const far = standardize(times);
    await expectUntouched(one, () => far.foldInto(one), "value", "mean[0]");
    await expectUntouched(one, () => standardize([[0], [1e-45]]).foldInto(one), "value", "network");
    await expectUntouched(one, () => standardize(rows).foldInto(one), "shape", "network");
    await expectUntouched(one, () => standardizeTargets([[1, 2]]).foldInto(one), "shape", "network");
    const last = (activation: "softplus" | "linear", loss: NetworkSpec["loss"]) =>
      createNetwork({ inputs: 1, layers: [{ units: 1, activation }], loss });
    const targets = standardizeTargets([1, 2]);
    using bent = await last("softplus", "meanSquaredError");
    await expectUntouched(bent, () => targets.foldInto(bent), "value", "network");
    using classes = await last("linear", "binaryCrossEntropy");
    await expectUntouched(classes, () => targets.foldInto(classes), "value", "network");
    one.dispose();
    await expectError(() => targets.foldInto(one), "disposed");
    await expectError(() => targets.foldInto({} as never), "value", "network");
  });
});

test.each(["batch", "layer"] as const)("%s normalization takes up targets in gamma and beta", async (normalization) => {
  const layers = [{ units: 16 }, { units: 3, normalization }];
  const y = rows.map(([age, year, income]) => [1000 * age, year, 3 * income - 500]);
  const [inputs, targets] = [standardize(rows), standardizeTargets(y)];
  using network = await createNetwork({ ...regression, layers });
  await network.fit({ x: inputs.apply(rows), y: targets.apply(y) }, { epochs: 3, optimizer: adam() });
  const wanted = targets.invert(network.predict(inputs.apply(rows))).data;
  inputs.foldInto(network);
  targets.foldInto(network);
  network.predict(rows).data.forEach((value, i) => {
    expect(Math.abs(value - wanted[i])).toBeLessThan(1e-3 * Math.max(1, Math.abs(wanted[i])));
  });
});
