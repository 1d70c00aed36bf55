import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Benefit } from "../../src/wasm/sharing-benefit.js";

let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());

/**
 * So many products of a millisecond's work for one core; each took `time`, of which the caller did `ownShare` in
 * `ownTime`.
 */
function run(benefit: Benefit, products: number, time: number, ownShare: number, ownTime: number): void {
  for (let i = 0; i < products; i++) {
    now += time;
    benefit.note(1e6, time, ownShare, ownTime);
  }
}

/** For how long it is missing from now on. */
function missingFor(benefit: Benefit): number {
  const from = now;
  while (benefit.isMissing()) now++;
  return now - from;
}

it("two equal cores pay", () => {
  const benefit = new Benefit();
  run(benefit, 100, 0.52, 0.5, 0.5);
  expect(missingFor(benefit)).toBe(0);
});

it("a helper that is seldom there pays as long as it holds up nobody", () => {
  const benefit = new Benefit();
  run(benefit, 100, 0.9, 0.9, 0.9);
  expect(missingFor(benefit)).toBe(0);
});

it("helpers that are waited for do not: the caller goes on alone, for longer each time", () => {
  const benefit = new Benefit();
  for (const alone of [40, 80, 160, 320, 640, 1280, 1280]) {
    run(benefit, 14, 1.5, 0.5, 0.5);
    expect(missingFor(benefit)).toBe(alone);
  }
  run(benefit, 40, 0.5, 0.5, 0.5); // it pays again
  run(benefit, 14, 1.5, 0.5, 0.5);
  expect(missingFor(benefit)).toBe(40);
});

it("a caller that shares its own core is not taken for a slow one", () => {
  const benefit = new Benefit();
  // in every third product another program takes the caller's core for three milliseconds, as it would not if it ran
  // alone
  for (let i = 0; i < 5; i++) {
    run(benefit, 2, 0.5, 0.5, 0.5);
    run(benefit, 1, 3.5, 0.5, 3.5);
  }
  expect(missingFor(benefit)).toBe(40);
});

it("a clock of 20 microseconds does not mislead it", () => {
  const benefit = new Benefit();
  for (let i = 0; i < 2000; i++) {
    const tick = (at: number) => Math.floor(at * 50) / 50;
    const start = now,
      parted = start + 0.03;
    now = parted + 0.002;
    benefit.note(60_000, tick(now) - tick(start), 0.5, tick(parted) - tick(start));
  }
  expect(missingFor(benefit)).toBe(0);
});
