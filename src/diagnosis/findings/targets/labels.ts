// Labels that do not fit the last layer. Most are refused before they get here; `targets: "any"` lets programs run that
// other frameworks would run.
import type { Found } from "../evidence.js";
import type { Output } from "./output.js";
import type { TargetFacts } from "./target-facts.js";
import { formatCount, listWords } from "../../../text/numbers.js";
import { isClassification } from "../../../network/losses.js";

const MOST_SHOWN = 5;

function labelsText(labels: readonly number[]): string {
  const shown = labels.length > MOST_SHOWN ? [...labels.slice(0, MOST_SHOWN - 1), "..."] : labels;
  return shown.length === labels.length ? listWords(shown.map(String)) : `${shown.join(", ")} ${labels.at(-1)}`;
}

const finding = ({ layer }: Output, message: string, advice: string, figures: Record<string, number>): Found[] => [
  { kind: "labelsMismatch", message, advice, layer, figures },
];

/**
 * Labels of classes that this number of outputs cannot tell apart, or that are numbered otherwise than the loss does.
 */
export function findMisnumberedLabels(output: Output, { labels, columns, isRepeated }: TargetFacts): Found[] {
  const { loss, units } = output;
  const isOne = columns === 1 || isRepeated;
  if (!isClassification(loss) || !labels || !isOne || (units > 1 && !isRepeated)) return [];
  const classes = labels.length;
  const figures = { classes, outputs: units };
  if (classes > 2)
    return finding(
      output,
      `The targets are labels of ${formatCount(classes)} classes (${labelsText(labels)}), one number a row, and ` +
        (units === 1
          ? `1 output unit under ${loss} tells two apart at most.`
          : `${loss} takes each for the target of all ${formatCount(units)} outputs.`),
      `Give the last layer ${formatCount(classes)} linear units and take crossEntropy, which takes labels from 0 to ` +
        `${classes - 1}.`,
      figures,
    );
  if (classes < 2 || (labels[0] === 0 && labels[1] === 1)) return [];
  return finding(
    output,
    `The labels are ${labelsText(labels)}, and ${loss} takes 0 and 1: another number is no probability.`,
    "Number the classes 0 and 1.",
    figures,
  );
}

/** One label a row for several outputs, each of which takes it for its own target. */
export function findRepeatedLabels(output: Output, { labels, isRepeated }: TargetFacts): Found[] {
  const { loss, units } = output;
  if (!isRepeated || !labels || labels.length < 2 || labels[0] < 0 || labels.at(-1)! >= units) return [];
  return finding(
    output,
    `The targets are one label a row (${labelsText(labels)}), which stands for all ${formatCount(units)} outputs: ` +
      "all of them learn the same number.",
    `Take crossEntropy, which takes labels, or give ${loss} a row of ${formatCount(units)} numbers, with ` +
      "a 1 at the class.",
    { classes: labels.length, outputs: units },
  );
}
