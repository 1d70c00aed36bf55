import { expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.js";
import { expectError } from "../support/errors.js";
import fc from "../support/property.js";

test("is one text whatever the order of members, and JSON reads it", () => {
  expect(canonicalJson({ b: [1, { d: 2, c: "x" }], a: undefined, A: null })).toBe('{"A":null,"b":[1,{"c":"x","d":2}]}');
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(value);
    }),
  );
});

test("tells -0 from 0, and takes arrays of numbers for lists", () => {
  expect(canonicalJson([-0, 0, 1e21])).toBe("[-0,0,1e+21]");
  expect(canonicalJson(Float32Array.of(1, 0.5))).toBe("[1,0.5]");
});

test("refuses what JSON can't hold, with its place", async () => {
  await expectError(() => canonicalJson({ a: [0, Number.NaN] }), "value", "value.a[1]");
  await expectError(() => canonicalJson({ f: () => 1 }), "value", "value.f");
});
