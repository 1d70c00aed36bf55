import { describe, expect, test } from "vitest";
import { rowsForShare, thresholdForCount, thresholdForShare } from "../../src/treatment/thresholds.js";
import { seededRandom } from "../support/random.js";

const above = (values: readonly number[], threshold: number) => values.filter((value) => value > threshold).length;
const random = seededRandom(11);

/** Of all counts that a threshold can have, those that are nearest to the wanted one. */
function nearest(values: readonly number[], wanted: number): number[] {
  const counts = [...new Set(values.map((value) => values.filter((other) => other >= value).length))];
  const least = Math.min(...counts.map((count) => Math.abs(count - wanted)));
  return counts.filter((count) => Math.abs(count - wanted) === least);
}

/** Spread, with many equal ones, and all the same. */
const KINDS = [() => random() * 8 - 3, () => Math.floor(random() * 4) - 2, () => 1.5] as const;

describe.each([1, 2, 9, 100, 1000])("of %d values", (n) => {
  test.each([0, 1, 2])("of kind %d, by selection as by all counts there can be", (kind) => {
    for (const share of [0.001, 0.1, 0.5, 0.77, 1]) {
      const values = Array.from({ length: n }, () => Math.fround(KINDS[kind]!()));
      const wanted = rowsForShare(share, n);
      const count = thresholdForCount(Float32Array.from(values), wanted);
      expect(above(values, count.threshold)).toBe(count.above);
      expect(count.above).toBe(Math.max(...nearest(values, wanted)));
      const byShare = thresholdForShare(Float32Array.from(values), share);
      if (new Set(values).size === 1) {
        expect(byShare).toBeUndefined();
        continue;
      }
      expect(above(values, byShare!.threshold)).toBe(byShare!.above);
      expect(byShare!.threshold).toBe(Math.fround(byShare!.threshold));
      const rounded = Math.max(1, Math.round(share * n));
      const others = nearest(values, rounded).filter((each) => each < n || rounded === n);
      expect(others.length === 0 ? [byShare!.above] : others).toContain(byShare!.above);
    }
  });
});
