// Specs, data and fits that mix everything; mixed.slow.test.ts does a thousand of them.
import { expect, test } from "vitest";
import { expectSound, mixed, type Seen } from "./mixed.js";
import fc from "../support/property.js";

test("sixty mixed trainings repeat, go on from files, and are judged and treated soundly", async () => {
  const seen: Seen = { diverged: 0, deaths: 0, treated: 0 };
  await fc.assert(
    fc.asyncProperty(mixed, (given) => expectSound(given, seen)),
    { numRuns: 60 },
  );
  expect(seen.deaths + seen.treated).toBeGreaterThan(0);
});
