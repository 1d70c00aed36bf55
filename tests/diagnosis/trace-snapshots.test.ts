// What a trace keeps for deaths that wait to be explained.
import { expect, test } from "vitest";
import { loggedSteps, Snapshots } from "../../src/diagnosis/trace/snapshots.js";
import type { RunningFit } from "../../src/network/training/running-fit.js";

test.each([
  [2 ** 16, 4],
  [100, 40],
])("rates and losses that are held take 64 MB at the most: of an interval of %i steps", (interval, most) => {
  const snapshots = new Snapshots({ step: 0 } as RunningFit, interval, 1000);
  const held = Array.from({ length: 40 }, () => snapshots.hold());
  expect(held.filter(({ isGone }) => !isGone)).toEqual(held.slice(-most)); // the oldest go
  expect(Math.min(40, Math.floor(2 ** 26 / (16 * loggedSteps(interval))))).toBe(most);
});
