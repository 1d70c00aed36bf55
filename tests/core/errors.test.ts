import { expect, it } from "vitest";
import { checkInteger, checkName, checkNumber, checkOptions, type NumberRange } from "../../src/core/checks.js";
import { RelumineError } from "../../src/core/errors.js";
import { expectError, relumineError } from "../support/errors.js";

it("the message is made of path, expected and given, with a hint after it", () => {
  const error = new RelumineError("value", "units", "to be an integer of at least 1", "1.5");
  expect(error.message).toBe("expected units to be an integer of at least 1, got 1.5");
  expect(error).toMatchObject({
    code: "value",
    path: "units",
    expected: "to be an integer of at least 1",
    given: "1.5",
  });
  expect(new RelumineError("format", "", "a spec", "none", "Is it a model?").message).toBe(
    "expected a spec, got none. Is it a model?",
  );
});

it.each<[NumberRange, string]>([
  [{}, "to be a finite number"],
  [{ low: 1 }, "to be a finite number of at least 1"],
  [{ low: 0, high: 1, openHigh: true }, "to be a finite number of at least 0 and below 1"],
  [{ low: 0, openLow: true, high: 1 }, "to be a finite number above 0 and at most 1"],
  [{ high: 3, openHigh: true }, "to be a finite number below 3"],
])("a range in words: %o", async (range, expected) => {
  const error = await expectError(() => checkNumber("rate", "x", range), "value", "rate");
  expect(error).toMatchObject({ expected, given: '"x"' });
});

it("checks of one value name its path", () => {
  expect(() => checkInteger("units", 1.5, { low: 1 })).toThrow(relumineError("value", "units"));
  expect(() => checkName("activation", "rleu", ["relu", "tanh"])).toThrow(
    expect.objectContaining({ hint: 'Did you mean "relu"?' }),
  );
  expect(() =>
    expect(() => checkInteger("units", 1.5, { low: 1 })).toThrow(relumineError("value", "epochs")),
  ).toThrow();
});

it("an unknown option is refused by its own path, wherever the object has it from", async () => {
  const known = ["epochs", "seed"];
  const error = await expectError(() => checkOptions("fit", { epochss: 3 }, known), "value", "fit.epochss");
  expect(error.message).toBe(
    'expected fit.epochss to have a known name (epochs, seed), got "epochss". Did you mean "epochs"?',
  );
  await expectError(() => checkOptions("fit", Object.create({ epochss: 3 }) as object, known), "value", "fit.epochss");
  await expectError(() => checkOptions("fit", { "a b": 3 }, known), "value", 'fit["a b"]');
  await expectError(() => checkOptions("fit", [], known), "value", "fit");
});

it("an options object is read once, inherited and undefined options as usual", () => {
  let reads = 0;
  const given = Object.create({ seed: 7 }) as object;
  Object.defineProperty(given, "epochs", { enumerable: true, get: () => ++reads });
  const options = checkOptions("fit", given as { epochs?: number; seed?: number; extra?: number }, ["epochs", "seed"]);
  expect([options.epochs, options.epochs, reads]).toEqual([1, 1, 1]);
  expect(options.seed).toBe(7);
  expect(checkOptions("fit", { epochs: undefined, other: undefined }, ["epochs"])).toEqual({});
});
