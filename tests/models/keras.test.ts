import { describe, expect, test } from "vitest";
import { checkFixture, checkHostile, fixturesIn } from "./fixtures.js";

const fixtures = fixturesIn("keras");

test("all are there", () => {
  expect(fixtures.length).toBeGreaterThan(40);
});

describe("models of Keras", () => {
  test.each(fixtures)("%s", (_name, fixture) => checkFixture(fixture));
});

describe("hostile files", () => {
  test.each(fixturesIn("hostile/keras"))("%s", (_name, fixture) => checkHostile(fixture));
});
