// The textbook's two faults of a training, and its three remedies. Plans only: nothing is trained here.
import type { RemedyVerdict } from "../remedy-verdict.js";
import { formatSigned, roundTo } from "../../text/numbers.js";

type Remedy = "lowerRate" | "positiveBias" | "leakyRelu";

/** One training: all else (initial kernels, order of the rows, number of steps) is the same in each. */
export interface CheckupPlan {
  readonly role: "healthy" | "faulty" | Remedy;
  readonly learningRate: number;
  readonly bias: number;
  readonly activation: "relu" | "leakyRelu";
}

export type FaultName = "highRate" | "negativeBias";

export const NEGATIVE_BIAS = -1;
const POSITIVE_BIAS = 0.1;
const RATE_DIVISOR = 4;
/** So large a share of the hidden units must be dead at the end for a rate to count as lethal. */
export const LETHAL_SHARE = 1 / 3;

const STEPS_PER_DECADE = [1.6, 2.5, 4, 6.3, 10]; // preferred numbers, R5 (ISO 3)
const DECADES = [1, 10, 100];

/** Rates to try, one after the other: five steps a decade, up to a thousand times the healthy one. */
export function climbingRates(healthyRate: number): number[] {
  return DECADES.flatMap((decade) => STEPS_PER_DECADE.map((step) => roundTo(healthyRate * decade * step, 2)));
}

export function healthyPlan(learningRate: number): CheckupPlan {
  return { role: "healthy", learningRate, bias: 0, activation: "relu" };
}

export function highRatePlan(learningRate: number): CheckupPlan {
  return { role: "faulty", learningRate, bias: 0, activation: "relu" };
}

export function negativeBiasPlan(learningRate: number): CheckupPlan {
  return { role: "faulty", learningRate, bias: NEGATIVE_BIAS, activation: "relu" };
}

/** The three remedies: each changes one thing of the faulty plan. */
export function remediesOf(faulty: CheckupPlan): CheckupPlan[] {
  return [
    { ...faulty, role: "lowerRate", learningRate: faulty.learningRate / RATE_DIVISOR },
    { ...faulty, role: "positiveBias", bias: POSITIVE_BIAS },
    { ...faulty, role: "leakyRelu", activation: "leakyRelu" },
  ];
}

/** `bias +0.1` */
export function planName({ role, learningRate, bias }: CheckupPlan, fault: FaultName): string {
  const signedBias = `bias ${formatSigned(bias)}`;
  switch (role) {
    case "healthy":
      return "healthy";
    case "faulty":
      return fault === "highRate" ? `faulty: rate ${learningRate}` : `faulty: ${signedBias}`;
    case "lowerRate":
      return `rate ${learningRate}`;
    case "positiveBias":
      return signedBias;
    case "leakyRelu":
      return "Leaky ReLU";
  }
}

/** What each remedy answers, after "it answers"; said where it was no full remedy. */
const ANSWERS: Record<FaultName, Record<Remedy, string>> = {
  highRate: {
    lowerRate: "a rate that is too high, and this one may still be",
    positiveBias: "a negative bias; here the steps are too large wherever they start",
    leakyRelu: "units that are dead and cannot learn; it does not make the steps any smaller",
  },
  negativeBias: {
    lowerRate: "a rate that is too high; here the units are dead before the first step",
    positiveBias: "a negative bias; what is left has another cause",
    leakyRelu:
      "units that are dead and cannot learn; yet behind layers of slope 0.01 little gradient is left to learn by",
  },
};

/** Why a remedy was none, after "it answers"; nothing for one that worked. */
export function explainFailure(fault: FaultName, { role }: CheckupPlan, verdict: RemedyVerdict): string | undefined {
  if (role === "healthy" || role === "faulty" || verdict === "cured" || verdict === "nothing to cure") return undefined;
  return ANSWERS[fault][role];
}
