// Whether the network has learned, in a sentence.
import type { LossReader } from "./row-losses.js";
import type { HeldOutLearning, Learning } from "../types.js";
import type { Loss } from "../../network/losses.js";
import { countOf, formatNumber, formatPercent } from "../../text/numbers.js";

/** From this score on a network has learned; it has learned in part from SOME on. */
export const LEARNED = 0.9;
export const SOME = 0.5;
/** Fewer rows tell little. */
export const FEW_ROWS = 30;
/** How many standard errors are more than noise. */
export const NOISE = 2;

/** How the best constant of a loss is called. */
const CONSTANTS: Record<Loss, string> = {
  crossEntropy: "the classes' shares",
  binaryCrossEntropy: "the classes' shares",
  meanSquaredError: "the mean",
  meanAbsoluteError: "the median",
  huber: "the best constant",
  poisson: "the mean",
};

/** "the mean, 3.5", "the classes' shares" */
function constantText({ name, units, labelSmoothing }: LossReader, { constant }: Pick<Learning, "constant">): string {
  if (labelSmoothing > 0) return `${CONSTANTS[name]}, smoothed`;
  const isNumber = units === 1 && CONSTANTS[name] !== CONSTANTS.crossEntropy;
  return isNumber ? `${CONSTANTS[name]}, ${formatNumber(constant[0])}` : CONSTANTS[name];
}

/** A score of few rows, whose noise says nothing, is told from 0 from here on. */
const CLEAR_OF_FEW = 0.05;

/**
 * The network's score cannot be told from 0, or lies on the one side or the other. Half of the way and more is told
 * from 0 whatever the noise: where a few rows carry the loss, its standard error is as large as the score.
 */
export function sideOf({
  score = 0,
  scoreError = 0,
  rows,
}: Pick<Learning, "score" | "scoreError" | "rows">): -1 | 0 | 1 {
  const noise = rows < FEW_ROWS ? CLEAR_OF_FEW : Math.min(NOISE * scoreError, SOME);
  if (Math.abs(score) <= noise) return 0;
  return score > 0 ? 1 : -1;
}

function head(reader: LossReader, learning: Omit<Learning, "verdict">): string {
  const { loss, constantLoss, score } = learning;
  const beside =
    `loss ${formatNumber(loss)}, and ${formatNumber(constantLoss)} for always saying ` + constantText(reader, learning);
  if (!Number.isFinite(loss)) return "It has learned nothing: its loss is no finite number";
  if (score === undefined) {
    return Number.isFinite(constantLoss) && loss >= constantLoss - 1e-12
      ? `There is nothing to learn by this loss: ${formatNumber(constantLoss)} is had by a constant`
      : "What it has learned cannot be said: the loss has no lowest value for these targets";
  }
  const side = sideOf(learning);
  if (side < 0) return `It is worse than a constant: ${beside}`;
  if (side === 0) return `It is no better than a constant: ${beside}`;
  const share = ` (${formatPercent(score)} of the way to a perfect answer)`;
  if (score < SOME) return `It has learned little${share}: ${beside}`;
  return score < LEARNED ? `It has learned a part${share}: ${beside}` : `It has learned${share}: ${beside}`;
}

function accuracyText({ accuracy, constantAccuracy }: Omit<Learning, "verdict">): string {
  if (accuracy === undefined || constantAccuracy === undefined) return "";
  return `; accuracy ${formatPercent(accuracy)}, always the most frequent class ${formatPercent(constantAccuracy)}`;
}

/**
 * By more than noise: of the score's standard error and of so many rows' share of right answers, where they are known.
 */
export function isWorseThanConstant(heldOut: HeldOutLearning, constantAccuracy: number | undefined): boolean {
  const { score, scoreError, accuracy, rows = 0 } = heldOut;
  const isFew = rows < FEW_ROWS;
  if (score !== undefined && score < -(isFew ? CLEAR_OF_FEW : NOISE * (scoreError ?? 0))) return true;
  if (accuracy === undefined || constantAccuracy === undefined) return false;
  const error = Math.sqrt((constantAccuracy * (1 - constantAccuracy)) / rows);
  return accuracy < constantAccuracy - (isFew ? CLEAR_OF_FEW : NOISE * error);
}

function heldOutText(heldOut: HeldOutLearning, constantAccuracy: number | undefined): string {
  const { loss, score, accuracy } = heldOut;
  const isWorse = isWorseThanConstant(heldOut, constantAccuracy);
  const judgement = isWorse ? `it is worse than a constant${(score ?? 0) > 0 ? " by its answers" : ""}: ` : "";
  const right = accuracy === undefined ? "" : `, accuracy ${formatPercent(accuracy)}`;
  const reached = score === undefined ? "" : `, score ${formatNumber(score, 3)}`;
  return (
    `On held-out rows ${judgement}loss ` +
    `${Number.isFinite(loss) ? formatNumber(loss) : "no finite number"}${reached}${right}.`
  );
}

/** One sentence on the rows themselves, and one on those held out, if there are some. */
export function describeLearning(reader: LossReader, learning: Omit<Learning, "verdict">): string {
  const { rows, heldOut, constantAccuracy } = learning;
  const few = rows < FEW_ROWS ? ` (judged on ${countOf(rows, "row")}, which is few)` : "";
  const own = `${head(reader, learning)}${accuracyText(learning)}${few}.`;
  if (!heldOut) return own;
  const held = heldOutText(heldOut, constantAccuracy);
  // what is worse where it counts is said first
  return isWorseThanConstant(heldOut, constantAccuracy)
    ? `${held} On its own rows ${own[0].toLowerCase()}${own.slice(1)}`
    : `${own} ${held}`;
}
