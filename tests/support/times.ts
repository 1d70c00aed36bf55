// Tests that show the same thing again and again (kills, draws, damaged files) do it so often as CI has time for;
// RELUMINE_LONG=10 asks for ten times as often.
import { inject } from "vitest";
import { PATIENCE_MS } from "./patience.js";

declare module "vitest" {
  interface ProvidedContext {
    long: number;
  }
}

/** So many in CI, more where more are asked for, at most as many as there are. */
export function times(count: number, most = Infinity): number {
  return Math.min(most, count * inject("long"));
}

/** The time limit of a test that does so much, in milliseconds. */
export function patienceFor(tests: number): number {
  return tests * PATIENCE_MS * inject("long");
}

/** So many of them, others for each seed of a run; further calls of the same run give the same. */
export function someOf<T>(all: readonly T[], count: number): T[] {
  const [first, chosen] = [inject("seed"), times(count, all.length)];
  return Array.from({ length: chosen }, (_, i) => all[(first + Math.floor((i * all.length) / chosen)) % all.length]);
}
