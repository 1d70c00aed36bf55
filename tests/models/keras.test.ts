import { describe, expect, test } from "vitest";
import { checkFixture, checkHostile, checkImport, fixturesIn, readFixture } from "./fixtures.js";

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

test("a model within another is read", async () => {
  const [, fixture] = fixtures.find(([name]) => name === "nested.keras")!;
  await checkImport(await readFixture(fixture), { ...fixture, expect: "import" });
});
