import { expect, it } from "vitest";
import { expectError, relumineError } from "../support/errors.js";
import { areOneHot, isOneHot, takeRows, toMatrix } from "../../src/core/matrix.js";
import { createNetwork } from "../../src/index.js";

it("takes rows of any array-like", () => {
  const rows = [[1, 2], Float64Array.of(3, 4), { length: 2, 0: 5, 1: 6 }];
  expect([...toMatrix("x", rows).data]).toEqual([1, 2, 3, 4, 5, 6]);
});

it("copies rows in the order that is asked for", () => {
  const matrix = toMatrix("x", [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const taken = takeRows(matrix, Uint32Array.of(2, 0, 2));
  expect(taken).toEqual({ rows: 3, columns: 2, data: Float32Array.of(5, 6, 1, 2, 5, 6) });
  matrix.data.fill(0);
  expect(taken.data[0]).toBe(5);
  expect(takeRows(matrix, [])).toEqual({ rows: 0, columns: 2, data: new Float32Array(0) });
});

it("does not believe a length that fits in no memory", () => {
  expect(() =>
    toMatrix(
      "x",
      Array.from({ length: 2000 }, () => ({ length: 2 ** 30 })),
    ),
  ).toThrow(relumineError("memory", "x"));
});

it("a data set's fields must be known, those that are undefined left aside", async () => {
  using network = await createNetwork({ inputs: 1, layers: [{ units: 1 }], loss: "meanSquaredError" });
  const data = { x: [[1], [2]], y: [1, 2] };
  await expectError(network.fit({ ...data, names: ["a", "b"] } as never), "value", "data.names");
  const history = await network.fit({ ...data, names: undefined } as never, { epochs: 1 });
  expect(history.epochs[0].loss).toBeGreaterThanOrEqual(0);
  network.layers[0].setWeights({ bias: Float32Array.of(1), alpha: undefined });
  expect(network.layers[0].getWeights().bias[0]).toBe(1);
});

it.each([
  [
    [0, 1, 0, 1, 0, 0],
    [true, true],
  ],
  [
    [0, 0, 0, 1, 0, 0],
    [false, true],
  ],
  [
    [1, 0, 0, 1, 1, 0],
    [true, false],
  ],
  [
    [0.5, 0.5, 0, 0, 0, 1],
    [false, true],
  ],
  [
    [0, 0, 1, 2, -1, 0],
    [true, false],
  ],
  [
    [Number.NaN, 1, 0, 0, 1, 0],
    [false, true],
  ],
])("of the rows of %j a single 1 among zeros: %j", (values, expected) => {
  const data = Float32Array.from(values);
  expect([0, 3].map((start) => isOneHot(data, start, 3))).toEqual(expected);
  expect(areOneHot({ data, columns: 3 })).toBe(expected[0] && expected[1]);
});
