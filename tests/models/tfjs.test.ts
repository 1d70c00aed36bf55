import { describe, expect, test } from "vitest";
import { checkFixture, checkHostile, fixturesIn } from "./fixtures.js";

const fixtures = fixturesIn("tfjs");

test("all are there", () => {
  expect(fixtures.length).toBeGreaterThan(25);
});

describe("models of TensorFlow.js", () => {
  test.each(fixtures)("%s", (_name, fixture) => checkFixture(fixture));
});

describe("hostile files", () => {
  test.each(fixturesIn("hostile/tfjs"))("%s", (_name, fixture) => checkHostile(fixture));
});
