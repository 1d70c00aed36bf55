// Do targets, loss and last layer fit each other? One finding at most, since what is wrong first hides the rest.
import type { Evidence, Found } from "../evidence.js";
import { findMisnumberedLabels, findRepeatedLabels } from "./labels.js";
import { findLossMismatch } from "./loss-mismatch.js";
import { outputOf, type Output } from "./output.js";
import { factsOfTargets } from "./target-facts.js";
import { isClassification } from "../../../network/losses.js";

function findSingleUnitSoftmax({ loss, from, activation, units, layer }: Output): Found[] {
  const isOwn = activation.name === "softmax";
  if (units !== 1 || !(isOwn || loss === "crossEntropy")) return [];
  const learns = isOwn && loss === "binaryCrossEntropy" && from === "preactivations";
  const message = isOwn
    ? "A softmax over 1 output unit is 1 on every sample, " +
      (learns
        ? "whatever the loss makes of what goes into it: the network can say nothing else."
        : "so the gradient is 0 and nothing is ever learnt; no unit died of it.")
    : "crossEntropy over 1 output unit: its softmax is 1 on every sample, so loss and gradient are 0 " +
      "and nothing is ever learnt; no unit died of it.";
  return [
    {
      kind: "singleUnitSoftmax",
      message,
      advice:
        isOwn && !isClassification(loss)
          ? "Make the last layer linear (the default); for two classes use binaryCrossEntropy besides."
          : "Use binaryCrossEntropy with a linear or sigmoid unit for two classes, or one output unit for each class; " +
            "for numbers meanSquaredError with a linear one.",
      layer,
    },
  ];
}

export function findOutputFit(evidence: Evidence): Found[] {
  const output = outputOf(evidence);
  if (!output) return [];
  const facts = evidence.targets && factsOfTargets(evidence.targets);
  const isSoftmax = output.activation.name === "softmax";
  const misnumbered = facts ? findMisnumberedLabels(output, facts) : [];
  const single = findSingleUnitSoftmax(output);
  if (single.length > 0) return misnumbered.length > 0 && !isSoftmax ? misnumbered : single;
  if (misnumbered.length > 0) return misnumbered;
  const repeated = facts && !(isSoftmax && isClassification(output.loss)) ? findRepeatedLabels(output, facts) : [];
  return repeated.length > 0 ? repeated : findLossMismatch(evidence, output, facts);
}
