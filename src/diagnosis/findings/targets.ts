// What targets, loss and last layer show together.
import { countOf, formatCount, formatNumber, formatRange, plural } from "../../text/numbers.js";
import type { Evidence, Found } from "./evidence.js";
import { measureColumns } from "./columns.js";
import type { PreparedTargets } from "../../network/data.js";
import { factsOf, isClassification, type LossFacts } from "../../network/losses.js";
import type { ResolvedActivation } from "../../activations/activations.js";
import { analysisOf, canDie, sigmoid } from "../../activations/analysis.js";

/**
 * Standard deviation of the targets. ReLUs die more as it shrinks (Arnekvist et al. 2020); outputs start with one of
 * about 1.
 */
const LOW_DEVIATION = 0.01;

/** A lowest probability that no one misses. */
const NEGLIGIBLE = 1e-3;

/** The output layer, where the last one is known to be it. */
interface Output {
  readonly loss: LossFacts["name"];
  readonly from: LossFacts["from"];
  readonly activation: ResolvedActivation;
  readonly units: number;
  /** Its index. */
  readonly layer: number;
}

function outputOf({ observation: { loss, layers } }: Evidence): Output | undefined {
  const last = layers.at(-1);
  if (!loss || !last) return undefined;
  const { name, from } = factsOf(loss);
  return { loss: name, from, activation: last.activation, units: last.units.length, layer: layers.length - 1 };
}

const rangeOf = ({ name, alpha = 0 }: ResolvedActivation) => analysisOf(name).range(alpha);

/** What a cross-entropy can say through a last layer that bends its logits, or nothing where it can say all. */
function limitOfLogits(loss: string, activation: ResolvedActivation, units: number): string | undefined {
  const [low, high] = rangeOf(activation);
  if (loss === "binaryCrossEntropy" && sigmoid(low) > NEGLIGIBLE) {
    return high === Infinity
      ? `no probability can be below ${formatNumber(sigmoid(low))}`
      : `every probability lies from ${formatNumber(sigmoid(low))} to ${formatNumber(sigmoid(high))}`;
  }
  if (loss !== "crossEntropy" || units === 1) return undefined;
  if (high < Infinity)
    return `no probability can be above ${formatNumber(1 / (1 + (units - 1) * Math.exp(low - high)))}`;
  return canDie(activation) ? "a unit that is closed holds its logit at 0 and gets no gradient" : undefined;
}

function findBentLogits({ loss, from, activation, units, layer }: Output): Found[] {
  if (from !== "logits") return [];
  const limit = limitOfLogits(loss, activation, units);
  if (limit === undefined) return [];
  return [
    {
      kind: "lossMismatch",
      message: `${loss} takes the last layer's outputs as logits, and ${activation.name} bends them: ${limit}.`,
      advice: "Make the last layer linear (the default): the loss applies softmax or sigmoid itself.",
      layer,
    },
  ];
}

function findUnreachable({ loss, activation, layer }: Output, targets: PreparedTargets | undefined): Found[] {
  if (targets?.kind !== "rows" || isClassification(loss)) return [];
  const [low, high] = rangeOf(activation).map(Math.fround);
  const outside = targets.data.filter((value) => value < low || value > high);
  if (outside.length === 0) return [];
  const range =
    high === Infinity
      ? `nothing below ${formatNumber(low)}`
      : `numbers from ${formatRange(low, high, formatNumber, " to ")}`;
  const extreme = outside.reduce((a, b) => (Math.max(low - b, b - high) > Math.max(low - a, a - high) ? b : a));
  return [
    {
      kind: "lossMismatch",
      message:
        `${countOf(outside.length, "target")} of ${formatCount(targets.data.length)} ` +
        `${plural(outside.length, "lies", "lie")} where the last layer cannot reach: ` +
        `${activation.name} yields ${range}, and one is ${formatNumber(extreme)}.`,
      advice: "Make the last layer linear (the default), or bring the targets into its range.",
      layer,
    },
  ];
}

function findLowVariance({ loss }: Output, targets: PreparedTargets | undefined): Found[] {
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
        `column ${least} least`;
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

function findSingleClass({ loss, units }: Output, targets: PreparedTargets | undefined): Found[] {
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
      ? `All ${formatCount(values.length / columns)} labels are of class ${label}: ` +
        "the network learns to say it whatever the input."
      : `${constant.length} of ${columns} outputs see labels of one class alone ` +
        `(output ${constant[0]}: always ${values[constant[0]]}).`;
  return [
    {
      kind: "singleClass",
      ...(!isAll && { role: "remark" as const }),
      message,
      advice: "Check how the samples were chosen (rows sorted by class, then cut?), and train on all classes.",
    },
  ];
}

function findSingleUnitSoftmax({ loss, from, activation, units, layer }: Output): Found[] {
  const isOwn = activation.name === "softmax";
  if (units !== 1 || !(isOwn || (loss === "crossEntropy" && from === "logits"))) return [];
  return [
    {
      kind: "singleUnitSoftmax",
      message: isOwn
        ? "A softmax over 1 output unit is 1 on every sample, so the gradient is 0 and nothing is ever learnt; " +
          "no unit died of it."
        : "crossEntropy over 1 output unit: its softmax is 1 on every sample, so loss and gradient are 0 " +
          "and nothing is ever learnt; no unit died of it.",
      advice:
        isOwn && !isClassification(loss)
          ? "Make the last layer linear (the default)."
          : "Use binaryCrossEntropy for two classes, or one output unit for each class.",
      layer,
    },
  ];
}

export function findTraining(evidence: Evidence): Found[] {
  const output = outputOf(evidence);
  if (!output) return [];
  const { targets, observation } = evidence;
  return [
    ...findSingleUnitSoftmax(output),
    ...findBentLogits(output),
    ...findUnreachable(output, targets),
    ...(observation.rows > 1 ? [...findSingleClass(output, targets), ...findLowVariance(output, targets)] : []),
  ];
}
