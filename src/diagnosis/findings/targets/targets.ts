// What the targets show by themselves.
import { formatCount, formatNumber, plural } from "../../../text/numbers.js";
import type { Naming } from "../../../text/naming.js";
import type { Evidence, Found } from "../evidence.js";
import { measureColumns } from "../../inputs/columns.js";
import type { PreparedTargets } from "../../../network/data.js";
import { isClassification } from "../../../network/losses.js";
import { outputOf, type Output } from "./output.js";

/**
 * Standard deviation of the targets. ReLUs die more as it shrinks (Arnekvist et al. 2020); outputs start with one of
 * about 1.
 */
const LOW_DEVIATION = 0.01;

function findLowVariance({ loss }: Output, targets: PreparedTargets | undefined, naming: Naming): Found[] {
  if (targets?.kind !== "rows" || isClassification(loss)) return [];
  const { data, columns } = targets;
  const { spread, mean } = measureColumns({ rows: data.length / columns, columns, data });
  const low = [...spread.keys()].filter((column) => spread[column] < LOW_DEVIATION);
  if (low.length === 0) return [];
  const least = low.reduce((a, b) => (spread[b] < spread[a] ? b : a));
  const which =
    columns === 1
      ? "The targets hardly differ"
      : `${low.length} of ${columns} target columns hardly ${plural(low.length, "differs", "differ")}, ` +
        `column ${naming.unit(least)} least`;
  return [
    {
      kind: "lowTargetVariance",
      message:
        `${which}: their standard deviation is ${formatNumber(spread[least])} around a mean of ` +
        `${formatNumber(mean[least])}, and ReLUs die more as it shrinks.`,
      advice:
        "Standardize the targets (subtract the mean, divide by the standard deviation) and undo it on the " +
        "predictions; if all are the same there is nothing to learn.",
    },
  ];
}

function findSingleClass({ loss, units }: Output, targets: PreparedTargets | undefined, naming: Naming): Found[] {
  if (!targets || !isClassification(loss) || (loss === "crossEntropy" && units === 1)) return [];
  const values = targets.kind === "labels" ? targets.labels : targets.data;
  const columns = targets.kind === "labels" ? 1 : targets.columns;
  const constant = Array.from({ length: columns }, (_, c) => c).filter(
    (c) =>
      (targets.kind === "labels" || values[c] === 0 || values[c] === 1) &&
      values.every((value, i) => i % columns !== c || value === values[c]),
  );
  const isAll = constant.length === columns;
  if (constant.length === 0 || (loss === "crossEntropy" && !isAll)) return [];
  const label = targets.kind === "labels" || columns === 1 ? values[0] : values.indexOf(1);
  const message =
    loss === "crossEntropy" || columns === 1
      ? `All ${formatCount(values.length / columns)} labels are of class ${naming.class(label)}: ` +
        "the network learns to say it whatever the input."
      : `${constant.length} of ${columns} outputs see labels of one class alone ` +
        `(output ${naming.unit(constant[0])}: always ${values[constant[0]]}).`;
  return [
    {
      kind: "singleClass",
      ...(!isAll && { role: "remark" }),
      message,
      advice: "Check how the samples were chosen (rows sorted by class, then cut?), and train on all classes.",
    },
  ];
}

export function findTargets(evidence: Evidence): Found[] {
  const output = outputOf(evidence);
  const { targets, observation, naming } = evidence;
  if (!output || observation.rows < 2) return [];
  return [...findSingleClass(output, targets, naming), ...findLowVariance(output, targets, naming)];
}
