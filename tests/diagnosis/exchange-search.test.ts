// The search that only climbs, on functions whose largest value is known: it gets there, within the box, and opens
// nothing that cannot open.
import { expect, test } from "vitest";
import { seededRandom } from "../support/random.js";
import { finish } from "../../src/core/pace.js";
import { type Climber, exchange } from "../../src/diagnosis/proof/exchange-search.js";

const COLUMNS = 20;
const random = seededRandom(3);
const box = {
  low: Float32Array.from({ length: COLUMNS }, () => -random()),
  high: Float32Array.from({ length: COLUMNS }, () => random()),
};
const weights = Float32Array.from({ length: COLUMNS }, () => 2 * random() - 1);
const most = weights.reduce((sum, w, c) => sum + w * (w > 0 ? box.high[c]! : box.low[c]!), 0);

/** Unit u is the weighted sum less so many tenths of its largest value: from ten on it never opens. */
const climber: Climber = {
  values: (units, rows) =>
    Float32Array.from(rows, (row, r) => row.reduce((sum, v, c) => sum + v * weights[c]!, 0) - (units[r]! / 10) * most),
  gradients: (candidates) => candidates.map(() => weights),
};

test("opens what can be opened, with inputs of the box, and nothing else", () => {
  const found = new Map<number, Float32Array>();
  const candidates = [1, 5, 9, 11].map((unit) => ({ unit, start: box.low.map((low, c) => (c % 2 ? 9 : low)) }));
  const isWanted = (unit: number) => !found.has(unit);
  finish(exchange(candidates, 40, box, climber, (unit, input) => void found.set(unit, input), isWanted));
  expect([...found.keys()].sort((a, b) => a - b)).toEqual([1, 5, 9]);
  for (const [unit, input] of found) {
    expect(climber.values([unit], [input])[0]).toBeGreaterThan(0);
    input.forEach((value, c) => expect(value >= box.low[c]! && value <= box.high[c]!).toBe(true));
  }
});

test("a gradient that is 0 or NaN ends it", () => {
  for (const value of [0, NaN]) {
    const flat: Climber = { ...climber, gradients: (some) => some.map(() => new Float32Array(COLUMNS).fill(value)) };
    const found: number[] = [];
    finish(
      exchange(
        [{ unit: 11, start: box.low }],
        1000,
        box,
        flat,
        (unit) => void found.push(unit),
        () => true,
      ),
    );
    expect(found).toEqual([]);
  }
});
