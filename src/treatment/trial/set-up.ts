// From a network, its data and options of fit to what all trials share: the rows that train and those that judge.
import { benchOf } from "./judge.js";
import { FEWEST_ROWS } from "./rows.js";
import { type ExactInputs, splitData } from "./split-data.js";
import { taskOf } from "./task.js";
import type { TrialSetup } from "./trial.js";
import type { DataSet } from "../../network/data.js";
import type { ResolvedSpec } from "../../network/spec.js";
import { stateOf } from "../../network/state/state.js";
import { makePlan, type Plan } from "../../network/training/plan.js";
import type { FitOptions, Network } from "../../network/types.js";

const HELD_OUT = 0.2;

/** The plan of a fit: what validates judges, else a fifth of the rows, or all of few. */
export function planWithJudges(network: Network, data: DataSet, fit: FitOptions): Plan {
  const plan = makePlan(stateOf(network), data, fit);
  const { rows } = plan.data;
  if (fit.validation !== undefined || rows < FEWEST_ROWS) return plan;
  return { ...plan, trainingRows: rows - Math.round(rows * HELD_OUT) };
}

/**
 * @param network as given: its seed decides which rows are held out, its loss how answers are judged
 * @param exact inputs in float64
 */
export function setUpTrials(
  network: Network,
  plan: Plan,
  exact: ExactInputs,
  rest: Pick<TrialSetup, "start" | "callbacks" | "arithmetic">,
): TrialSetup {
  const spec = network.spec as ResolvedSpec;
  const sets = splitData(network, plan, exact);
  const targets = [sets.training.y, sets.validation.y];
  return {
    ...sets,
    ...rest,
    judgesTraining: sets.validation === sets.training,
    bench: benchOf(spec, taskOf(spec, targets), targets),
  };
}
