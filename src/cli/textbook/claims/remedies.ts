// Claim 9: positive bias, lower rate and Leaky ReLU cure. Each remedy on each fault, judged by the rule of `relumine
// checkup`.
import type { Experiment } from "../claim.js";
import { HEALTHY } from "../digit-runs.js";
import {
  judgeTable,
  type NamedFault,
  type NamedRemedy,
  type RemedyFigures,
  showTable,
  trainTable,
} from "../remedy-table.js";
import { VERDICT_RULE } from "../../remedy-verdict.js";

/** What claim 10 is put to, too. */
export const FAULTS: readonly NamedFault[] = [
  { name: "rate 0.9", plan: { ...HEALTHY, rate: 0.9 } },
  { name: "rate 1.6", plan: { ...HEALTHY, rate: 1.6 } },
  { name: "bias -1", plan: { ...HEALTHY, bias: -1 } },
];
const REMEDIES: readonly NamedRemedy[] = [
  { name: "a quarter of the rate", change: (faulty) => ({ ...faulty, rate: faulty.rate / 4 }) },
  { name: "a bias of +0.1", change: (faulty) => ({ ...faulty, bias: 0.1 }) },
  { name: "Leaky ReLU", change: (faulty) => ({ ...faulty, activation: "leakyRelu" }) },
];

export const remedies: Experiment<RemedyFigures> = {
  claim: "Positive bias, a lower rate and Leaky ReLU cure",
  experiment:
    "Digits, 64-128-128-10, ten epochs. Healthy: rate 0.1, bias 0. Faulty: rate 0.9, rate 1.6, or a " +
    `starting bias of -1. Each with each remedy, from the same kernels. ${VERDICT_RULE}`,
  measure: (digits) => trainTable(digits, HEALTHY, FAULTS, REMEDIES),
  judge: judgeTable,
  show: showTable,
};
