// Runs over several seeds -> medians, ranges and the verdict on each remedy.
import type { CheckupRun } from "./train-plans.js";
import { type FaultName, type CheckupPlan, planName } from "./plans.js";
import { median, sum } from "../../core/statistics.js";
import { judgeRemedy, type RemedyOutcome, type RemedyVerdict } from "../remedy-verdict.js";
import type { RunRow, Spread } from "../../report/checkup-text.js";

/** What is not a number is left out. */
function spread(values: readonly number[]): Spread {
  const numbers = values.filter((value) => !Number.isNaN(value));
  if (numbers.length === 0) return { median: Number.NaN, low: Number.NaN, high: Number.NaN };
  return { median: median(numbers), low: Math.min(...numbers), high: Math.max(...numbers) };
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
  const closed = spread(runs.map((run) => (run.closed ? sum(run.closed) / sum(run.units) : Number.NaN)));
  return { score: spread(runs.map(({ score }) => score)).median, closed: closed.median };
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
    score: spread(runs.map(({ score }) => score)),
    closed: runs[0].units.map((_, layer) => spread(runs.map(({ closed }) => closed?.[layer] ?? Number.NaN))),
    isLeaky: plan.activation === "leakyRelu",
    verdict: verdict ?? "",
    diverged: runs.filter(({ stopped }) => stopped === "diverged").length,
    stepsPerSecond: spread(runs.map(({ stepsPerSecond }) => stepsPerSecond)),
  };
}
