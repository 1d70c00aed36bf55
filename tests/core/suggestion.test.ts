import { expect, it } from "vitest";
import { nearestName, suggestion } from "../../src/core/suggestion.js";

it("suggests the nearest name, and none where none is near", () => {
  const names = ["relu", "leakyRelu", "sigmoid"];
  expect(nearestName("rleu", names)).toBe("relu");
  expect(nearestName("LeakyReLU", names)).toBe("leakyRelu");
  expect(nearestName("convolution", names)).toBeUndefined();
  expect(nearestName("x".repeat(1e6), names)).toBeUndefined();
  expect(suggestion("sigmod", names)).toBe('Did you mean "sigmoid"?');
  expect(suggestion("convolution", names)).toBe("");
});

it("never means a name of no letters", () => {
  expect(suggestion("z", [""])).toBe("");
  expect(suggestion("z", ["", "y"])).toBe('Did you mean "y"?');
});
