// What a claim's file holds: the experiment, the rule that turns its figures into a verdict, and how they are shown.
import type { DigitRuns } from "./digit-runs.js";
import type { Plot } from "../../report/plot.js";
import type { ClaimRecord, Figure } from "../../report/textbook-text.js";

/** "holds", "does not hold here", or the condition that it holds under. */
export type Verdict = "holds" | "does not hold here" | `holds when ${string}`;

export interface Judgement {
  readonly verdict: Verdict;
  /** The reason, with figures. */
  readonly sentence: string;
}

export interface Experiment<Measured> {
  readonly claim: string;
  readonly experiment: string;
  measure(digits: DigitRuns): Promise<Measured>;
  /** Looks at the figures alone. */
  judge(measured: Measured): Judgement;
  show(measured: Measured): { readonly figures: readonly Figure[]; readonly plots: readonly Plot[] };
}

/** An experiment whose figures are its own business. */
export type Claim = (digits: DigitRuns) => Promise<Omit<ClaimRecord, "number" | "seconds">>;

export function toClaim<Measured>({ claim, experiment, measure, judge, show }: Experiment<Measured>): Claim {
  return async (digits) => {
    const measured = await measure(digits);
    return { claim, experiment, ...judge(measured), ...show(measured) };
  };
}
