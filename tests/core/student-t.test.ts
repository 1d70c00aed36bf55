// Quantiles of Student's t against those of SciPy 1.10, scipy.stats.t.ppf((1 + probability) / 2, freedom).
import { expect, test } from "vitest";
import { studentT } from "../../src/core/student-t.js";

test.each([
  [0.95, 1, 12.706204736174694],
  [0.95, 2, 4.302652729749462],
  [0.95, 3, 3.1824463052837078],
  [0.95, 4, 2.7764451051977934],
  [0.95, 9, 2.262157162798205],
  [0.95, 10, 2.228138851986274],
  [0.95, 24, 2.0638985616280245],
  [0.95, 29, 2.045229642132703],
  [0.95, 99, 1.9842169515864174],
  [0.5, 1, 1],
  [0.5, 2, 0.816496580927726],
])("%d of %d degrees of freedom", (probability, freedom, t) => {
  expect(studentT(probability, freedom)).toBeCloseTo(t, 11);
});
