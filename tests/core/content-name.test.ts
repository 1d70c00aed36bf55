// Names by content: the same data, whatever its order, has one; anything else another.
import { expect, test } from "vitest";
import { nameContent } from "../../src/core/content-name.js";
import { relumineError } from "../support/errors.js";

test("the order of members, and absent ones, do not matter", () => {
  expect(nameContent({ a: 1, b: [true, null, "x"] })).toBe(nameContent({ b: [true, null, "x"], c: undefined, a: 1 }));
  expect(nameContent({ a: 1 })).toMatch(/^[\da-f]{64}$/);
});

test("what differs is named differently", () => {
  const values = [
    0,
    -0,
    1,
    Number.NaN,
    Infinity,
    "1",
    "",
    null,
    true,
    [],
    {},
    [1],
    [1, 2],
    [[1], 2],
    [[1, 2]],
    { a: [1, 2] },
    { a: 1, b: 2 },
    { a: { b: 2 } },
    { "a:1;": 2 },
    Float32Array.of(1, 2),
    Float64Array.of(1, 2),
    Float32Array.of(1, 2, 0),
    Int32Array.of(1),
    Float32Array.of(2 ** -149),
    { x: Float32Array.of(1), y: Float32Array.of(2) },
    { x: Float32Array.of(2), y: Float32Array.of(1) },
  ];
  expect(new Set(values.map(nameContent)).size).toBe(values.length);
});

test("a view is what it shows", () => {
  expect(nameContent(Float32Array.of(1, 2, 3).subarray(1))).toBe(nameContent(Float32Array.of(2, 3)));
});

test("functions have no name", () => {
  expect(() => nameContent({ a: [() => 1] })).toThrow(relumineError("value", "data.a[0]"));
});
