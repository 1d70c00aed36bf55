// Which trials a sweep makes. Halving: who goes on depends on the scores alone, never on the order in which they come
// in.
import { describe, expect, test } from "vitest";
import type { CheckedPlan } from "../../src/sweep/plan/plan.js";
import { type Planned, type Schedule, scheduleOf, sharesOf } from "../../src/sweep/schedule.js";
import fc from "../support/property.js";
import { seededRandom } from "../support/random.js";

const planOf = (cells: number, repeats: number, stop?: { factor: number; epochs?: number }) =>
  ({ cells, repeats, stop, axes: [], base: { fit: { epochs: 27 } } }) as unknown as CheckedPlan;
const keyOf = ({ cell, repeat, share }: Planned) => `${cell} ${repeat} ${share.toFixed(4)}`;

/** Up to `wide` at a time; those under way end in an order drawn at random. */
function play(
  schedule: Schedule,
  scoreOf: (trial: Planned) => number | undefined,
  wide: number,
  seed: number,
): Planned[] {
  const random = seededRandom(seed);
  const done: Planned[] = [];
  const running: Planned[] = [];
  for (;;) {
    const next = running.length < wide ? schedule.next() : "wait";
    if (next === undefined && running.length === 0) return done;
    if (next !== undefined && next !== "wait") {
      running.push(next);
      continue;
    }
    expect(running.length, "it waits for something").toBeGreaterThan(0);
    const [trial] = running.splice(Math.floor(random() * running.length), 1);
    done.push(trial);
    schedule.take(trial, scoreOf(trial));
  }
}

test("all cells with the first seed, then with the next", () => {
  const trials = play(scheduleOf(planOf(3, 2)), () => 1, 1, 0);
  expect(trials.map(({ cell, repeat, share }) => [cell, repeat, share])).toEqual([
    [0, 0, 1],
    [1, 0, 1],
    [2, 0, 1],
    [0, 1, 1],
    [1, 1, 1],
    [2, 1, 1],
  ]);
});

test("shares of the epochs", () => {
  expect(sharesOf(27, { factor: 3 })).toEqual([1 / 9, 1 / 3, 1]);
  expect(sharesOf(27, { factor: 3, epochs: 1 }).length).toBe(4);
  expect(sharesOf(27, { factor: 2, epochs: 14 })).toEqual([0.5, 1]);
  expect(sharesOf(1, { factor: 3 })).toEqual([1]);
  expect(sharesOf(27, { factor: 3, epochs: 27 })).toEqual([1]);
});

test("epochs that vary are halved by the most of them, whatever the base has", () => {
  const shares = (values: unknown) => {
    const axes = [{ place: "fit.epochs", values }];
    const plan = { cells: 9, repeats: 1, stop: { factor: 3 }, axes, base: { fit: { epochs: 1 } } };
    const trials = play(scheduleOf(plan as unknown as CheckedPlan), ({ cell }) => cell, 1, 0);
    return [...new Set(trials.map(({ share }) => share))].sort();
  };
  expect(shares([9, 18])).toEqual([1 / 9, 1 / 3, 1]);
  expect(shares({ from: 1, to: 18 })).toEqual([1 / 9, 1 / 3, 1]);
  expect(shares([0, 1])).toEqual([1]);
});

describe("halving", () => {
  const score = (seed: number) => {
    const random = seededRandom(seed);
    const scores = Array.from({ length: 200 }, () => (random() < 0.1 ? undefined : Math.round(random() * 20) / 20));
    return ({ cell, share }: Planned) => (scores[cell] === undefined ? undefined : scores[cell] + share * 0.1);
  };

  test("makes the same trials, whatever the order in which they end and how many are under way", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(1e6),
        (cells, repeats, factor, wide, seed) => {
          const trials = (width: number, order: number) =>
            play(scheduleOf(planOf(cells, repeats, { factor })), score(seed), width, order)
              .map(keyOf)
              .sort();
          const alone = trials(1, 0);
          expect(new Set(alone).size).toBe(alone.length);
          expect(trials(wide, seed)).toEqual(alone);
        },
      ),
    );
  });

  test("sends about one in three on, the best among them, and these train with every seed", () => {
    const rank = ({ cell }: Planned) => (cell * 37) % 90; // all different
    const trials = play(scheduleOf(planOf(90, 3, { factor: 3 })), rank, 8, 1);
    const counts = [1 / 9, 1 / 3, 1].map(
      (share) => trials.filter((trial) => trial.share === share && trial.repeat === 0).length,
    );
    expect(counts[0]).toBe(90);
    expect(counts[1]).toBeGreaterThanOrEqual(30);
    expect(counts[1]).toBeLessThanOrEqual(45);
    expect(counts[2]).toBeGreaterThanOrEqual(10);
    const whole = trials.filter(({ share }) => share === 1);
    expect(whole).toHaveLength(3 * counts[2]);
    const best = Array.from({ length: 90 }, (_, cell) => cell).sort((a, b) => ((b * 37) % 90) - ((a * 37) % 90));
    for (const cell of best.slice(0, 10)) expect(whole.some((trial) => trial.cell === cell)).toBe(true);
  });

  test("of fewer than send one on, the best goes on; of those without a score none does", () => {
    const two = play(scheduleOf(planOf(2, 1, { factor: 3 })), ({ cell }) => cell, 2, 0);
    expect(two.filter(({ share }) => share === 1).map(({ cell }) => cell)).toEqual([1]);
    const none = play(scheduleOf(planOf(9, 1, { factor: 3 })), () => undefined, 4, 0);
    expect(none.map(({ share }) => share)).toEqual(Array(9).fill(1 / 9));
  });

  test("nobody waits for the last of a round", () => {
    const schedule = scheduleOf(planOf(9, 1, { factor: 3 }));
    const first = [0, 1, 2].map(() => schedule.next() as Planned);
    for (const trial of first) schedule.take(trial, trial.cell);
    expect(schedule.next()).toEqual({ cell: 2, repeat: 0, share: 1 / 3 }); // six of the first round are not begun
  });
});
