// A checkup in sentences, for the terminal and the page.
import type { FaultResult } from "./plan-results.js";
import { explainFailure, type FaultName, NEGATIVE_BIAS } from "./plans.js";
import type { CheckupRun, PlanTrainer } from "./train-plans.js";
import { VERDICT_RULE } from "../remedy-verdict.js";
import { inputWidth, outputWidth } from "../../table/encoding.js";
import { sum } from "../../core/statistics.js";
import { formatCount, formatScore } from "../../text/numbers.js";

/** What a fault is called, before its parts and in full. */
export const FAULTS: Readonly<Record<FaultName, { readonly name: string; readonly what: string }>> = {
  highRate: { name: "Fault A", what: "a learning rate that is too high" },
  negativeBias: { name: "Fault B", what: `a starting bias of ${NEGATIVE_BIAS}` },
};

export const INTERRUPTED = "Interrupted: these are the runs that were finished.";

/** `network 64-128-128-10, ReLU, He normal; SGD, batches of 32, 10 epochs, 3 seeds` */
export function describeSetup({ prepared, options }: PlanTrainer): string {
  const { hidden, batchSize, epochs, repeats } = options;
  const { inputs, target } = prepared.encoding;
  const shape = [inputWidth(inputs), ...hidden, outputWidth(target)].join("-");
  return (
    `network ${shape}, ReLU, He normal; SGD, batches of ${batchSize}, ` +
    `${epochs} epochs${repeats > 1 ? `, ${repeats} seeds` : ""}`
  );
}

/** `131 of 256 units dead, accuracy 73.6 %` */
export function describeRun(
  { scale: { isAccuracy, units } }: PlanTrainer,
  { dead, score, stopped }: Pick<CheckupRun, "dead" | "score" | "stopped">,
): string {
  const count = dead ? `${formatCount(sum(dead))} of ${formatCount(sum(units))} units dead` : "the numbers overflow";
  const held = `${isAccuracy ? "accuracy" : "R²"} ${formatScore(score, isAccuracy)}`;
  return [count, held, ...(stopped ? [stopped] : [])].join(", ");
}

/** Of remedies that were none: what they answer instead. */
export function describeFailures({ fault, results }: FaultResult): string[] {
  return results.flatMap(({ name, plan, verdict }) => {
    const reason = verdict && explainFailure(fault, plan, verdict);
    return reason ? [`${name} ${verdict === "helped" ? "helped, no more" : verdict}: it answers ${reason}.`] : [];
  });
}

/** What figures mean, and the rule by which remedies are judged. */
export function describeRule({ scale }: PlanTrainer): string {
  const score = scale.isAccuracy ? "Accuracy is that on the held-out rows" : "R² is that on the held-out rows";
  const closed =
    "A unit is dead if it fires on no training row; in brackets: Leaky ReLU units that fire on no " +
    "row, which still pass a little gradient and so are not dead.";
  return `${score}; steps/s counts updates of one batch each. ${closed} ${VERDICT_RULE}`;
}
