// The k-th largest of a stream, beside sorting all of it.
import { expect, test } from "vitest";
import { KthLargest } from "../../src/inspect/kth-largest.js";
import { seededRandom } from "../support/random.js";

type Draw = (random: () => number, i: number) => number;
const STREAMS: readonly (readonly [string, Draw])[] = [
  ["at random", (random) => random() - 0.5],
  ["with many that are equal", (random) => Math.floor(random() * 4)],
  ["all equal", () => -1],
  ["rising", (_, i) => i],
  ["falling", (_, i) => -i],
  ["with infinities", (random) => (random() < 0.1 ? -Infinity : random())],
];

test.each(STREAMS)("numbers %s", (_name, draw) => {
  const random = seededRandom(5);
  for (const k of [1, 2, 3, 10, 41])
    for (const count of [k, k + 1, 2 * k - 1, 2 * k, 2 * k + 1, 10 * k + 3]) {
      const values = Float32Array.from({ length: count }, (_, i) => draw(random, i));
      const largest = new KthLargest(k);
      values.forEach((value) => largest.add(value));
      expect(largest.at(k), `${k} of ${count}`).toBe(values.toSorted().at(-k));
      expect(largest.at(k)).toBe(largest.threshold);
      const byParts = new KthLargest(k);
      for (let from = 0, size = 1; from < count; from += size, size = (size * 5) % 97) {
        const above = values.slice(from, from + size).filter((value) => value > byParts.threshold);
        byParts.addAll(Float32Array.of(Infinity, ...above, Infinity), 1, 1 + above.length);
      }
      expect(byParts.at(k), `${k} of ${count} by parts`).toBe(largest.at(k));
    }
});
