// What is seen of a network that has not learned: no better than a constant, classes that it never says.
import type { Evidence, Found } from "./evidence.js";
import { balancedRows, OUTWEIGHS, testFits } from "./learnable.js";
import { placeOfLargest } from "../../core/statistics.js";
import { readClassWeights } from "../../network/training/class-weights.js";
import type { LearningEvidence } from "../learning/learning.js";
import { FEW_ROWS, sideOf } from "../learning/verdict.js";
import { countOf, formatCount, formatNumber, formatPercent, plural } from "../../text/numbers.js";
import { listNames } from "../../text/naming.js";

function differenceText({ rows, score = 0 }: LearningEvidence["learning"]): string {
  const difference = `score ${formatNumber(score, 2)}`;
  return rows < FEW_ROWS
    ? ` (${difference}, on ${countOf(rows, "row")})`
    : `: the difference is within the noise of the rows (${difference})`;
}

function findNoBetter({ learning }: LearningEvidence): Found[] {
  const { loss, constantLoss, score, scoreError = 0, constant } = learning;
  const side = sideOf(learning);
  if (score === undefined || side > 0) return [];
  return [
    {
      kind: "noBetterThanConstant",
      message:
        `The loss, ${formatNumber(loss)}, is ${side < 0 ? "worse than" : "no better than"} that of a constant, ` +
        `${formatNumber(constantLoss)}` +
        `${side < 0 ? "" : differenceText(learning)}.`,
      advice: "Look at the causes that are named beside this; a network that is of use says more than a constant.",
      adviceAlone:
        "No cause is seen. See whether these inputs can tell anything of these targets at all; if so, train " +
        "for longer and at other learning rates.",
      figures: { loss, constantLoss, score, scoreError, ...(constant.length === 1 && { constant: constant[0] }) },
    },
  ];
}

/**
 * Rows of a class that a network cannot all miss by chance if it says anything of it: with recall 1/2 all of eight are
 * missed once in 256 times.
 */
const ENOUGH_ROWS = 8;

/** A fit that leaves so much of a constant's loss tells the classes apart by nothing but noise. */
const NOTHING_TOLD = 0.9;

/**
 * Classes that the inputs tell apart where they count the same, and a network no better than a constant where they do
 * not: the weight of the one is why it says nothing else.
 */
function isOutweighed(evidence: Evidence, { learning }: LearningEvidence): boolean {
  if (learning.score === undefined || sideOf(learning) > 0 || evidence.observation.training?.fit?.classWeights)
    return false;
  const rows = balancedRows(evidence);
  const test = rows && testFits(evidence, rows);
  return test !== undefined && Math.min(test.linear, test.bent) < NOTHING_TOLD;
}

/** Class weights that make nearly all of what counts of a class that is not the most frequent: it is said of all. */
function findOverweighed({ observation, naming }: Evidence, { learning, predictions }: LearningEvidence): Found[] {
  const stored = observation.training?.fit?.classWeights;
  const given = stored === undefined ? undefined : readClassWeights(stored);
  if (!predictions?.areExclusive || !Array.isArray(given)) return [];
  const { classes, accuracy, constantAccuracy } = predictions;
  const counted = classes.map(({ rows }, i) => rows * given[i]);
  const heaviest = placeOfLargest(counted);
  const share = counted[heaviest] / counted.reduce((a, b) => a + b, 0);
  const { rows, said } = classes[heaviest];
  if (!(share >= OUTWEIGHS) || said < OUTWEIGHS * learning.rows || accuracy >= constantAccuracy) return [];
  return [
    {
      kind: "oneClassPredicted",
      role: "cause",
      message:
        `Class ${naming.class(heaviest)} is said of ${formatCount(said)} of ${countOf(learning.rows, "row")}, ` +
        `${formatPercent(rows / learning.rows)} of which are of it: by the class weights it counts as ` +
        `${formatPercent(share)} of all.`,
      advice: 'Give the classes weights by which they count about the same (classWeights: "balanced").',
      figures: { class: heaviest, said, share },
    },
  ];
}

function findClasses(evidence: Evidence, found: LearningEvidence): Found[] {
  const { learning, predictions } = found;
  if (!predictions || !Number.isFinite(learning.loss)) return [];
  const overweighed = findOverweighed(evidence, found);
  if (overweighed.length > 0) return overweighed;
  const { classes, areExclusive } = predictions;
  const never = [...classes.keys()].filter((i) => classes[i].rows >= ENOUGH_ROWS && classes[i].said === 0);
  if (never.length === 0) return [];
  const said = classes.filter((each) => each.said > 0).length;
  const missed = never.reduce((sum, i) => sum + classes[i].rows, 0);
  const figures = { missedRows: missed, classes: classes.length, said };
  if (areExclusive && said === 1) {
    const only = classes.findIndex((each) => each.said > 0);
    return [
      {
        kind: "oneClassPredicted",
        ...(isOutweighed(evidence, found) && { role: "cause" }),
        message:
          `Class ${evidence.naming.class(only)} is said of all ${countOf(learning.rows, "row")}, ` +
          `${formatPercent(classes[only].rows / learning.rows)} of which are of it.`,
        advice:
          "See whether it has learned anything at all; if one class outweighs the others, weigh them (classWeights).",
        figures: { ...figures, class: only },
      },
    ];
  }
  const what = areExclusive ? "class" : "output";
  return [
    {
      kind: "classNeverPredicted",
      message:
        `${formatCount(never.length)} of ${countOf(classes.length, what, areExclusive ? "classes" : "outputs")} ` +
        `${plural(never.length, "is", "are")} never ${areExclusive ? "said" : "yes"}, though ` +
        `${countOf(missed, "row")} ${plural(missed, "is", "are")} of ${plural(never.length, "it", "them")}: ` +
        `${listNames(never, evidence.naming.class)}.`,
      advice: "Weigh the rare classes (classWeights), train for longer, or look at the causes named beside this.",
      adviceAlone: "Weigh the rare classes (classWeights), or train for longer.",
      figures,
    },
  ];
}

export function findLearning(evidence: Evidence): Found[] {
  const { learning } = evidence;
  return learning ? [...findNoBetter(learning), ...findClasses(evidence, learning)] : [];
}
