// What an experiment is, and what it yields.
import type { Expectation } from "./statistics.js";
import type { Trials } from "./trials.js";

/** A measured figure beside the expected one. */
export interface Figure {
  /** What was measured, e.g. "d = 3". */
  readonly what: string;
  readonly expected: Expectation;
  readonly measured: number;
  /** Independent trials behind the figure. */
  readonly count: number;
}

export interface Experiment {
  readonly name: string;
  readonly setup: string;
  /** Takes minutes: --quick leaves it out. */
  readonly isSlow?: boolean;
  run(trials: Trials): Promise<Figure[]>;
}

/** Share of `outcomes` for which `is` holds; NaN if there are none. */
export function shareOf<Outcome>(outcomes: readonly Outcome[], is: (outcome: Outcome) => boolean): number {
  return outcomes.filter((outcome) => is(outcome)).length / outcomes.length;
}

/** The same bits on every machine. */
export const REPRODUCIBLE = { arithmetic: "reproducible" } as const;
