// As mixed.test.ts, a thousand times.
import { expect, test } from "vitest";
import { expectSound, mixed, type Seen } from "./mixed.js";
import { PATIENCE_MS } from "../support/patience.js";
import fc from "../support/property.js";

test("a thousand mixed trainings", { timeout: 10 * PATIENCE_MS }, async () => {
  const seen: Seen = { diverged: 0, deaths: 0, treated: 0 };
  await fc.assert(
    fc.asyncProperty(mixed, (given) => expectSound(given, seen)),
    { numRuns: 1000 },
  );
  expect(seen.diverged).toBeGreaterThan(0);
  expect(seen.deaths).toBeGreaterThan(20);
  expect(seen.treated).toBeGreaterThan(20);
});
