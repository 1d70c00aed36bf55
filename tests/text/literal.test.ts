import { expect, test } from "vitest";
import { literal } from "../../src/text/literal.js";

const evaluate = (text: string): unknown => new Function(`return ${text};`)();

test("what is written is the value, when it is run", () => {
  const value = { kind: "liftBias", shares: [0.1, 1e-9], nested: { "a-b": null, text: 'a "quoted"\nline' }, none: {} };
  expect(literal(value)).toMatch(/^\{ kind: "liftBias", shares: \[0\.1, 1e-9\], nested: \{ "a-b": null/);
  expect(evaluate(`(${literal(value)})`)).toEqual(value);
});

test("what is undefined is left out", () => {
  expect(literal({ a: undefined, b: 1 })).toBe("{ b: 1 }");
});
