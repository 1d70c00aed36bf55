import { describe, test } from "vitest";
import { checkFixture, fixturesIn } from "./fixtures.js";

describe("weights in NumPy's arrays", () => {
  test.each(fixturesIn("numpy"))("%s", (_name, fixture) => checkFixture(fixture));
});
