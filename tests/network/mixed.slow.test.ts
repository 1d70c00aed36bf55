// As mixed.test.ts, many more times; RELUMINE_LONG=10 draws a thousand trainings.
import { expect, test } from "vitest";
import { mixed, wide } from "./mixed/draw.js";
import { expectSound, nothingSeen } from "./mixed/properties.js";
import fc from "../support/property.js";
import { patienceFor, times } from "../support/times.js";

const MIXED = times(100);
const WIDE = times(3);

test(`${MIXED} mixed trainings`, { timeout: patienceFor(5) }, async () => {
  const seen = nothingSeen();
  await fc.assert(
    fc.asyncProperty(mixed, (given) => expectSound(given, seen)),
    { numRuns: MIXED },
  );
  const { diverged, ...others } = seen;
  expect(diverged).toBeGreaterThan(0);
  for (const count of Object.values(others)) expect(count).toBeGreaterThan(MIXED / 50);
});

test(`${WIDE} wide ones, whose products threads share`, { timeout: patienceFor(5) }, () =>
  fc.assert(
    fc.asyncProperty(wide, (given) => expectSound(given, nothingSeen())),
    { numRuns: WIDE },
  ),
);
