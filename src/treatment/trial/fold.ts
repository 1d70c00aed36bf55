// One training of a cross-validation: its rows, and how its network does on those that it did not see.
import { diagnoseRun } from "./examine-run.js";
import type { ScaledRows } from "./scaled-rows.js";
import { FOLD_FIGURES, type FoldFinding, type FoldJob, type FoldOutcome, type TrialSetup } from "./trial.js";
import type { SampleRows } from "../../core/matrix.js";
import type { Evaluation, History, Network } from "../../network/types.js";

/** The setup with the rows of the fold, where it is one. */
export function setupOf(setup: TrialSetup, fold: FoldJob | undefined): TrialSetup {
  if (!fold) return setup;
  const { exact: _ofAll, ...rest } = setup;
  return { ...rest, ...fold.rows, judgesTraining: false };
}

/** Undefined where activations overflow. */
export function findingsOf(
  network: Network,
  history: History,
  { training, validation }: ScaledRows,
): FoldFinding[] | undefined {
  return diagnoseRun(network, history, training, validation)?.findings.map(({ kind, role, message, layer }) => ({
    kind,
    role,
    message,
    ...(layer !== undefined && { layer }),
  }));
}

/** @param x the rows of the fold as the network takes them */
export function judgeFold(
  network: Network,
  { rows: { validation }, predicts }: FoldJob,
  x: SampleRows,
  findings: readonly FoldFinding[] | undefined,
): FoldOutcome {
  const all = network.evaluate({ ...validation, x });
  const known = FOLD_FIGURES.filter((name) => all[name] !== undefined);
  return {
    evaluation: Object.fromEntries(known.map((name) => [name, all[name]])) as unknown as Evaluation,
    ...(findings && { findings }),
    ...(predicts && { answers: network.predict(x).data }),
  };
}
