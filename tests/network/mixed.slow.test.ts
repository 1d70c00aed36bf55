// As mixed.test.ts, a thousand times.
import { expect, test } from "vitest";
import { mixed, wide } from "./mixed/draw.js";
import { expectSound, nothingSeen } from "./mixed/properties.js";
import { PATIENCE_MS } from "../support/patience.js";
import fc from "../support/property.js";

test("a thousand mixed trainings", { timeout: 10 * PATIENCE_MS }, async () => {
  const seen = nothingSeen();
  await fc.assert(
    fc.asyncProperty(mixed, (given) => expectSound(given, seen)),
    { numRuns: 1000 },
  );
  const { diverged, ...others } = seen;
  expect(diverged).toBeGreaterThan(0);
  for (const count of Object.values(others)) expect(count).toBeGreaterThan(20);
});

test("twenty wide ones, whose products threads share", { timeout: 10 * PATIENCE_MS }, () =>
  fc.assert(
    fc.asyncProperty(wide, (given) => expectSound(given, nothingSeen())),
    { numRuns: 20 },
  ),
);
