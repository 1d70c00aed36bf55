// What came of a checkup, as the record that its page is made of.
import { describeFailures, describeRule, describeRun, describeSetup, FAULTS, INTERRUPTED } from "./describe.js";
import { type FaultResult, type PlanResult, rowOf } from "./plan-results.js";
import type { CheckupRun, PlanTrainer } from "./train-plans.js";
import { dataFacts } from "../data-summary.js";
import type { CheckupRecord, FaultRecord } from "../../report/pages/checkup-page.js";
import { listWords } from "../../text/numbers.js";

/** One step of the climb to a lethal rate. */
export interface Try extends Pick<CheckupRun, "dead" | "score" | "stopped"> {
  readonly learningRate: number;
}

export interface Checkup {
  readonly healthy: readonly CheckupRun[];
  readonly tries: readonly Try[];
  readonly faults: readonly FaultResult[];
}

const faultyOf = ({ results }: FaultResult): PlanResult => results.find(({ plan }) => plan.role === "faulty")!;

/** `Fault A, a learning rate that is too high: 131 of 256 units dead, accuracy 73.6 %; cured by rate 1.5.` */
function describeFault(trainer: PlanTrainer, result: FaultResult): string {
  const { name, what } = FAULTS[result.fault];
  const cured = result.results.filter(({ verdict }) => verdict === "cured");
  const by = cured.length === 0 ? "nothing cured it" : `cured by ${listWords(cured.map((remedy) => remedy.name))}`;
  return `${name}, ${what}: ${describeRun(trainer, faultyOf(result).runs[0])}; ${by}.`;
}

function faultRecord(trainer: PlanTrainer, result: FaultResult, tries: readonly Try[]): FaultRecord {
  const { fault, results } = result;
  const { name, what } = FAULTS[fault];
  const [{ course = [], deaths = [], revivals = [], diagnosis, spec }] = faultyOf(result).runs;
  const climbed = fault === "highRate" ? tries : [];
  return {
    id: fault === "highRate" ? "a" : "b",
    heading: `${name}: ${what}`,
    of: `${name}: `,
    rows: results.map(rowOf),
    notes: [
      ...climbed.map((each) => `Rate ${each.learningRate}: ${describeRun(trainer, each)}.`),
      ...describeFailures(result),
    ],
    course,
    deaths,
    revived: revivals.length,
    ...(diagnosis && { diagnosis }),
    spec,
  };
}

/** Of a checkup in which the healthy network was trained. */
export function checkupRecord(trainer: PlanTrainer, checkup: Checkup, madeBy: string): CheckupRecord {
  const { healthy, tries, faults } = checkup;
  const { prepared, options, scale, signal } = trainer;
  const [{ learning }] = healthy;
  return {
    title: `Checkup on ${prepared.name}`,
    facts: [...dataFacts(prepared, options.seed), ["training", describeSetup(trainer)]],
    notes: prepared.notes,
    madeBy,
    scale,
    hasRanges: options.repeats > 1,
    lead: [
      ...(learning ? [`The healthy network: ${learning.verdict}`] : []),
      ...faults.map((fault) => describeFault(trainer, fault)),
      ...(signal.aborted ? [INTERRUPTED] : []),
    ],
    rule: describeRule(trainer),
    faults: faults.map((fault) => faultRecord(trainer, fault, tries)),
  };
}
