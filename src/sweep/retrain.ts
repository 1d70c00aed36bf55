// A trial of a sweep once more, for its network: trials keep figures alone.
import { isPlainObject } from "./plan/plain.js";
import { readPlan, trialOf } from "./plan/plan.js";
import { shareRows } from "./rows.js";
import type { SweepDataSet, SweepPlan, SweepTrialResult } from "./types.js";
import { checkInteger, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { Network } from "../network/types.js";
import { runJob } from "../treatment/trial/run-trial.js";

/**
 * The network of a trial: trained again, here, with the same bits as in the sweep (of another kind of machine with
 * "reproducible" arithmetic). What was standardized is folded in: it takes rows as they are.
 * @param plan of the sweep
 * @param data of the sweep: rows x inputs, and a target a row
 * @param trial one of its trials, or { cell, seed, epochs } of one
 * @cost the trial's training
 * @throws RelumineError "value" or "shape" as `sweep`; "value" where the trial failed; "unsupported" where float32 has
 *   no room for rows that are not scaled
 * @example
 * const { trials, best } = await sweep(plan, { x, y });
 * const [trial] = trials.filter(({ cell }) => cell === best.cell);
 * const network = await retrain(plan, { x, y }, trial);
 */
export async function retrain(
  plan: SweepPlan,
  data: SweepDataSet,
  trial: Pick<SweepTrialResult, "cell" | "seed" | "epochs">,
): Promise<Network> {
  const checked = readPlan(plan);
  if (!isPlainObject(trial))
    throw new RelumineError("value", "trial", "to be a trial of the sweep, or { cell, seed, epochs }", describe(trial));
  const { cell, seed, epochs } = trial;
  checkInteger("trial.cell", cell, { low: 0, high: checked.cells - 1 });
  checkInteger("trial.seed", seed, { low: 0 });
  checkInteger("trial.epochs", epochs, { low: 0 });
  const setup = await shareRows(checked, data);
  let network: Network | undefined;
  const { failed } = await runJob(
    setup,
    { settings: trialOf(checked, cell).settings, seed, epochs },
    {
      onTrained: async (trained, takesRows) => {
        if (takesRows) network = await trained.clone();
        else throw new RelumineError("unsupported", "retrain", "to give a network of raw rows", "rows too far from 0");
      },
    },
  );
  if (network && !failed) return network;
  network?.dispose();
  throw new RelumineError(
    failed?.code === "unsupported" ? "unsupported" : "value",
    "trial",
    "to be one that was trained",
    failed?.message ?? "nothing",
  );
}
