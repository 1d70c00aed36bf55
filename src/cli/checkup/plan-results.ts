// Runs over several seeds -> medians, ranges and the verdict on each remedy.
import type { CheckupRun } from "./train-plans.js";
import { type FaultName, type CheckupPlan, planName } from "./plans.js";
import { type Spread, spread, sum } from "../../core/statistics.js";
import { judgeRemedy, type RemedyOutcome, type RemedyVerdict } from "../remedy-verdict.js";
import type { RunRow } from "../../report/checkup-text.js";

/** Of the values that are numbers. */
function spreadOfKnown(values: readonly number[]): Spread {
  return spread(values.filter((value) => !Number.isNaN(value)));
}

/** A plan's runs over the seeds: medians and ends. */
export interface PlanResult {
  readonly plan: CheckupPlan;
  readonly name: string;
  readonly runs: readonly CheckupRun[];
  readonly verdict?: RemedyVerdict;
}

/** The medians over the seeds, as the verdict's rule wants them. */
function outcomeOf(runs: readonly CheckupRun[]): RemedyOutcome {
  const closed = spreadOfKnown(runs.map((run) => (run.closed ? sum(run.closed) / sum(run.units) : Number.NaN)));
  return { score: spreadOfKnown(runs.map(({ score }) => score)).median, closed: closed.median };
}

export interface FaultResult {
  readonly fault: FaultName;
  readonly results: readonly PlanResult[];
}

/** Judges the remedies by the healthy and the faulty runs. */
export function judgeAll(fault: FaultName, groups: readonly (readonly CheckupRun[])[]): FaultResult {
  const finished = groups.filter(({ length }) => length > 0);
  const [healthy, faulty] = finished.map(outcomeOf);
  const results = finished.map((runs, place) => {
    const result = { plan: runs[0].plan, name: planName(runs[0].plan, fault), runs };
    return place < 2 ? result : { ...result, verdict: judgeRemedy(healthy, faulty, outcomeOf(runs)) };
  });
  return { fault, results };
}

export function rowOf({ name, plan, runs, verdict }: PlanResult): RunRow {
  return {
    name,
    score: spreadOfKnown(runs.map(({ score }) => score)),
    closed: runs[0].units.map((_, layer) => spreadOfKnown(runs.map(({ closed }) => closed?.[layer] ?? Number.NaN))),
    isLeaky: plan.activation === "leakyRelu",
    verdict: verdict ?? "",
    diverged: runs.filter(({ stopped }) => stopped === "diverged").length,
    stepsPerSecond: spreadOfKnown(runs.map(({ stepsPerSecond }) => stepsPerSecond)),
  };
}
