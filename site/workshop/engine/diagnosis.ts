// What a diagnosis says of a training, for the page. Loaded when it is first asked for.
import { diagnoseNaming } from "../../../src/diagnosis/diagnose.js";
import type { Diagnosis } from "../../../src/index.js";
import { analysisOf } from "../../../src/activations/analysis.js";
import { pageNaming } from "../../training/naming.js";
import type { Training } from "./training.js";
import type { DiagnosisMessage, UnitName } from "./types.js";

function verdictOf({ findings, learning }: Diagnosis, { recipe }: Training): string {
  // its targets are no labels: they were all made the one class that it has
  if (recipe.head === "softmax") {
    const softmax = findings.find(({ kind }) => kind === "singleUnitSoftmax");
    return softmax ? `${softmax.message} ${softmax.advice}` : "";
  }
  return learning?.verdict ?? "";
}

export function diagnoseTraining(training: Training, chosen: UnitName | undefined): DiagnosisMessage {
  const { network, data, heldOut, log, step, task } = training;
  const diagnosis = diagnoseNaming(
    network,
    data.x,
    { proofs: true, targets: data.y, validation: heldOut, ...(log && { history: log }) },
    pageNaming(task.features, task.classes),
  );
  const { layers, samples, findings, learning } = diagnosis;
  const unit = chosen && layers[chosen.layer]?.units[chosen.unit];
  const { isTwoSided = false } = analysisOf(network.layers[0].activation.name);
  const hasScore = learning?.score !== undefined;
  return {
    kind: "diagnosis",
    step,
    samples,
    isTwoSided,
    normalization: training.recipe.normalization,
    findings,
    verdict: verdictOf(diagnosis, training),
    ...(hasScore && { constantLoss: learning.constantLoss }),
    ...(unit && { unit }),
  };
}
