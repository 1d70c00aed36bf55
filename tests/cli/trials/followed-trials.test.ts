// Trials that are followed, from a journal: with all that they tell, to the bit; those of others are passed over.
import { expect, test } from "vitest";
import { type FollowedPlan, FollowedTrials } from "../../../src/cli/trials/followed-trials.js";
import { memoryJournal } from "../../../src/sweep.js";
import type { TrialJournal } from "../../../src/treatment/trial/journal/lines.js";
import { OutcomeStore } from "../../../src/treatment/trial/journal/outcome-store.js";
import type { TrialOutcome, TrialSettings } from "../../../src/treatment/trial/trial.js";
import { sectors } from "../../support/samples.js";

const planAt = (learningRate: number): FollowedPlan => ({
  spec: { inputs: 2, layers: [{ units: 12 }, { units: 3 }], loss: "crossEntropy", seed: 3 },
  learningRate,
  epochs: 5,
  batchSize: 16,
});
const RATES = [0.3, 4, 1e30]; // the last one diverges

async function runAll(journal: TrialJournal | undefined, rows = 120, rates = RATES) {
  const stop = new AbortController();
  const trials = new FollowedTrials(sectors(rows), sectors(50), { threads: 1, journal }, stop.signal);
  const outcomes = await Promise.all(rates.map((rate) => trials.run(planAt(rate))));
  await trials.end();
  return { outcomes, report: trials.journal };
}

const withoutTimes = (value: unknown): string =>
  JSON.stringify(value, (key, each: unknown) => {
    if (key === "seconds") return undefined;
    return typeof each === "number" && !Number.isFinite(each) ? String(each) : each;
  });

const linesOf = (journal: TrialJournal): string[] => [...(journal.read() as Iterable<string>)];

test("what a journal has comes back as it was told, times too", async () => {
  const journal = memoryJournal();
  const first = await runAll(journal);
  expect(first.report).toEqual({ resumed: 0, others: 0, cut: 0, damaged: [] });
  expect(withoutTimes(first.outcomes)).toBe(withoutTimes((await runAll(undefined)).outcomes));
  const again = await runAll(journal);
  expect(again.report).toEqual({ resumed: RATES.length, others: 0, cut: 0, damaged: [] });
  expect(again.outcomes).toEqual(first.outcomes);
  expect(linesOf(journal)).toHaveLength(RATES.length); // nothing was trained again
  const [{ course }] = again.outcomes as [TrialOutcome];
  expect(course!.epochs).toHaveLength(5);
  expect(course!.epochs[0].validation!.accuracy).toBeGreaterThan(0);
});

test("a part of a journal, and a piece of a line, leave the rest to be trained", async () => {
  const journal = memoryJournal();
  const whole = await runAll(journal);
  const [first, second] = linesOf(journal);
  const again = await runAll(memoryJournal([first, second.slice(0, 100)]));
  expect(again.report).toEqual({ resumed: 1, others: 0, cut: 1, damaged: [] });
  expect(withoutTimes(again.outcomes)).toBe(withoutTimes(whole.outcomes));
});

test("a journal of other rows is passed over", async () => {
  const journal = memoryJournal();
  await runAll(journal, 110);
  const whole = await runAll(undefined);
  const other = await runAll(journal);
  expect(other.report).toEqual({ resumed: 0, others: RATES.length, cut: 0, damaged: [] });
  expect(withoutTimes(other.outcomes)).toBe(withoutTimes(whole.outcomes));
});

test("a journal of another build is passed over", async () => {
  const { outcomes } = await runAll(undefined);
  const job = { settings: {} as TrialSettings, seed: 3, epochs: 5, isFollowed: true };
  const rows = { rows: Float32Array.of(1, 2) };
  const kept = memoryJournal();
  await (await OutcomeStore.open(kept, rows, "build 1")).keep(job, outcomes[0]!);
  for (const [build, shared, found] of [
    ["build 1", rows, outcomes[0]],
    ["build 2", rows, undefined],
    ["build 1", { rows: Float32Array.of(1, 3) }, undefined],
  ] as const) {
    const store = await OutcomeStore.open(kept, shared, build);
    expect(store.find(job)).toEqual(found);
    expect(store.report).toEqual({ resumed: Number(!!found), others: Number(!found), cut: 0, damaged: [] });
  }
});

test("a journal that can't be written to ends it", async () => {
  const full = new Error("the disk is full");
  const journal: TrialJournal = {
    read: () => [],
    append: () => {
      throw full;
    },
  };
  await expect(runAll(journal)).rejects.toBe(full);
});
