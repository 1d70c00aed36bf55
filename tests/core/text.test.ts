import { expect, it } from "vitest";
import { nearestName, suggestion } from "../../src/core/suggestion.js";
import { alignColumns, formatCount } from "../../src/text/columns.js";

it("suggests the nearest name, and none where none is near", () => {
  const names = ["relu", "leakyRelu", "sigmoid"];
  expect(nearestName("rleu", names)).toBe("relu");
  expect(nearestName("LeakyReLU", names)).toBe("leakyRelu");
  expect(nearestName("convolution", names)).toBeUndefined();
  expect(nearestName("x".repeat(1e6), names)).toBeUndefined();
  expect(suggestion("sigmod", names)).toBe('Did you mean "sigmoid"?');
  expect(suggestion("convolution", names)).toBe("");
});

it("aligns columns", () => {
  expect(
    alignColumns(
      [
        ["name", "n"],
        ["a", "100"],
      ],
      [1],
    ),
  ).toEqual(["name    n", "a     100"]);
});

it.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [1234567, "1,234,567"],
])("formatCount(%i) is %s", (count, text) => {
  expect(formatCount(count)).toBe(text);
});
