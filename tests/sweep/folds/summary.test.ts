// The interval against numbers computed by hand, and against what it is for: how often it holds the truth.
import { expect, test } from "vitest";
import { sharedFindings, summarize, summaryOf } from "../../../src/sweep/folds/summary.js";
import type { FoldResult } from "../../../src/sweep/folds/types.js";
import { mean } from "../../../src/core/statistics.js";
import { stratifiedFolds } from "../../../src/table/stratified-split.js";
import { seededRandom } from "../../support/random.js";

const fold = (more: Partial<FoldResult>): FoldResult => ({
  repeat: 0,
  fold: 0,
  seed: 0,
  trainingRows: 80,
  rows: Array.from({ length: 20 }, (_, row) => row),
  epochs: 1,
  seconds: 1,
  ...more,
});

test("by hand: mean 0.9, squares 0.001, and t 2.7764451 of 4 degrees of freedom", () => {
  const { mean, deviation, interval } = summarize([0.9, 0.92, 0.88, 0.91, 0.89], 1 / 4, true);
  expect(mean).toBeCloseTo(0.9, 14);
  expect(deviation).toBeCloseTo(Math.sqrt(0.001 / 4), 14); // 0.0158114
  const half = 2.7764451051977934 * Math.sqrt(0.00025 * (1 / 5 + 1 / 4)); // 0.0294486
  expect(half).toBeCloseTo(0.0294486, 6);
  expect(interval.low).toBeCloseTo(0.9 - half, 12);
  expect(interval.high).toBeCloseTo(0.9 + half, 12);
});

test("shares stay within 0 and 1, other figures do not", () => {
  expect(summarize([0.99, 1, 0.9], 0.5, true).interval.high).toBe(1);
  expect(summarize([0.99, 1, 0.9], 0.5, false).interval.high).toBeGreaterThan(1);
});

test("the rows that train and those that are held out are the folds' own", () => {
  const { accuracy } = summaryOf([0.8, 0.9].map((each) => fold({ accuracy: each })));
  const half = 12.706204736174694 * Math.sqrt(0.005 * (1 / 2 + 20 / 80));
  expect(half).toBeGreaterThan(0.2);
  expect(accuracy!.interval).toEqual({ mean: accuracy!.mean, low: expect.closeTo(0.85 - half, 10) as number, high: 1 });
});

test("of what some fold lacks there is no mean: it would be too good", () => {
  const folds = [fold({ loss: 1, accuracy: 0.5 }), fold({ accuracy: 0.7 })];
  expect(Object.keys(summaryOf(folds))).toEqual(["accuracy"]);
  expect(summaryOf([fold({ loss: 1 })])).toEqual({});
});

/** A learner that answers with the mean of what it trained on: what it loses on new rows is known. */
test("it holds the truth where the interval that takes folds for independent does not", () => {
  const draw = seededRandom(7);
  const [times, rows, folds, repeats] = [600, 50, 5, 10];
  const truth = (3 / 12) * (1 + 1 / 40); // the variance of three uniform numbers, and that of a mean of 40
  const all = [Array.from({ length: rows }, (_, row) => row)];
  let [corrected, naive] = [0, 0];
  for (let time = 0; time < times; time++) {
    const values = all[0].map(() => draw() + draw() + draw());
    const losses = Array.from({ length: repeats }, (_, repeat) => {
      const foldOf = stratifiedFolds(all, folds, time * repeats + repeat);
      return Array.from({ length: folds }, (_fold, fold) => {
        const said = mean(values.filter((_value, row) => foldOf[row] !== fold));
        return mean(values.filter((_value, row) => foldOf[row] === fold).map((value) => (value - said) ** 2));
      });
    }).flat();
    const holds = (ratio: number) => {
      const { low, high } = summarize(losses, ratio, false).interval;
      return Number(low <= truth && truth <= high);
    };
    corrected += holds(1 / (folds - 1));
    naive += holds(0);
  }
  expect(corrected / times).toBeGreaterThan(0.9);
  expect(naive / times).toBeLessThan(0.8);
});

test("findings are those of one kind, layer and role; once a fold", () => {
  const dead = { kind: "deadLayer", role: "cause", message: "first", layer: 0 } as never;
  const other = { kind: "deadLayer", role: "cause", message: "second", layer: 1 } as never;
  const shared = sharedFindings([
    fold({ findings: [dead, dead, other] }),
    fold({ findings: [{ ...(dead as object), message: "third" } as never] }),
    fold({}), // its numbers overflowed
  ]);
  expect(shared).toMatchObject([
    { layer: 0, message: "first", folds: 2, isShared: true },
    { layer: 1, message: "second", folds: 1, isShared: false },
  ]);
});
