// Has the network learned? Its loss beside that of the best constant, on the observed rows and on rows held out.
import { bestConstant } from "./best-constant.js";
import { type Predictions, readPredictions } from "./predictions.js";
import { countTargets, lossesOfConstant, lossesOfOutputs, lossReader, lowestLosses } from "./row-losses.js";
import type { LossReader } from "./row-losses.js";
import { describeLearning } from "./verdict.js";
import type { HeldOutLearning, Learning } from "../types.js";
import type { Observation } from "../../inspect/observation.js";
import type { PreparedData, PreparedTargets } from "../../network/data.js";
import type { History } from "../../network/types.js";

/** Rows with all that is needed to judge how well a network does on them. */
export interface JudgedRows {
  /** rows x units: what the loss reads. */
  readonly outputs: Float32Array;
  readonly targets: PreparedTargets;
  /** One a row; absent: all count the same. */
  readonly weights?: Float32Array | undefined;
}

/** A validation set with what the network made of it. */
export interface HeldOutRows {
  readonly data: PreparedData;
  readonly outputs: Float32Array;
}

/** What findings on learning go by. */
export interface LearningEvidence {
  readonly reader: LossReader;
  readonly learning: Learning;
  /** Where targets are classes. */
  readonly predictions: Predictions | undefined;
  /** Of the constant's loss over the lowest there is: what there is to be learned. */
  readonly toLearn: number;
  /** The lowest mean loss that any answers have. */
  readonly lowestLoss: number;
  /** The mean loss that the network started with, as its seed gives it; costs a forward pass the first time. */
  readonly startLoss: () => number | undefined;
  /** The mean loss of other outputs on the same rows: rows x units of what the loss reads. */
  readonly lossOf: (outputs: Float32Array) => number;
  /** The better of the score and the share of the constant's wrong answers that the network gets right. */
  readonly skill: number | undefined;
}

/** How much less than the constant's a part of it is, where rounding allows to tell. */
const ROUNDING = 1e-9;

function weightedMean(values: Float64Array, weights: Float64Array): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (weights[i] === 0) continue; // what counts nothing may be infinite
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return sum / total;
}

/** Of the weighted mean of the differences. */
function standardError(a: Float64Array, b: Float64Array, weights: Float64Array): number {
  const difference = a.map((value, i) => value - b[i]);
  const mean = weightedMean(difference, weights);
  let [squares, total] = [0, 0];
  for (let i = 0; i < difference.length; i++) {
    if (weights[i] === 0) continue;
    squares += (weights[i] * (difference[i] - mean)) ** 2;
    total += weights[i];
  }
  return Math.sqrt(squares) / total;
}

/** What a mean loss of these rows is of the way from the constant's, 0, to the lowest there is, 1. */
export function scoreOf(
  loss: number,
  { lowestLoss, toLearn }: Pick<LearningEvidence, "lowestLoss" | "toLearn">,
): number {
  return 1 - (loss - lowestLoss) / toLearn;
}

/** What each row counts. */
function weightsOf({ targets, weights }: JudgedRows): Float64Array {
  return Float64Array.from(weights ?? new Float64Array(countTargets(targets)).fill(1));
}

interface Losses {
  readonly loss: number;
  readonly constantLoss: number;
  readonly lowestLoss: number;
  readonly toLearn: number;
  readonly score?: number;
  readonly scoreError?: number;
}

function compare(
  reader: LossReader,
  { outputs, targets }: JudgedRows,
  each: Float64Array,
  constant: Float64Array,
): Losses {
  const own = lossesOfOutputs(reader, outputs, targets);
  const constants = lossesOfConstant(reader, constant, targets);
  const [loss, constantLoss, lowestLoss] = [own, constants, lowestLosses(reader, targets)].map((losses) =>
    weightedMean(losses, each),
  );
  const toLearn = constantLoss - lowestLoss;
  const isKnown = Number.isFinite(toLearn) && toLearn > ROUNDING * Math.max(Math.abs(constantLoss), 1e-30);
  const losses = { loss, constantLoss, lowestLoss, toLearn };
  if (!isKnown || !Number.isFinite(loss)) return losses;
  return {
    ...losses,
    score: scoreOf(loss, losses),
    scoreError: standardError(own, constants, each) / toLearn,
  };
}

function judgeHeldOut(
  reader: LossReader,
  constant: Float64Array,
  training: Losses,
  rows: HeldOutRows | undefined,
  history: History | undefined,
): HeldOutLearning | undefined {
  if (rows) {
    const { data, outputs } = rows;
    const held = { outputs, targets: data.y, weights: data.weights };
    const judged = compare(reader, held, weightsOf(held), constant);
    const predictions = readPredictions(reader, outputs, data.y);
    return {
      loss: judged.loss,
      constantLoss: judged.constantLoss,
      ...(judged.score !== undefined && { score: judged.score, scoreError: judged.scoreError! }),
      ...(predictions && { accuracy: predictions.accuracy }),
      rows: data.rows,
    };
  }
  const seen = history?.epochs.at(-1)?.validation;
  if (!seen) return undefined;
  const isKnown = training.score !== undefined && Number.isFinite(seen.loss);
  return {
    loss: seen.loss,
    constantLoss: training.constantLoss,
    ...(isKnown && { score: scoreOf(seen.loss, training) }),
    ...(seen.accuracy !== undefined && { accuracy: seen.accuracy }),
  };
}

/**
 * The better of the score and the share of the constant's wrong answers that are right.
 * @param constantAccuracy of the constant; where none is known the score alone tells
 */
export function skillOf(
  score: number | undefined,
  accuracy: number | undefined,
  constantAccuracy: number | undefined,
): number | undefined {
  const isKnown = accuracy !== undefined && constantAccuracy !== undefined && constantAccuracy < 1;
  const byAccuracy = isKnown ? 1 - (1 - accuracy) / (1 - constantAccuracy) : undefined;
  if (score === undefined || byAccuracy === undefined) return score ?? byAccuracy;
  return Math.max(score, byAccuracy);
}

/** Absent where the last layer's loss or outputs are not known. */
export function judgeLearning(
  { loss, layers, startOutputs }: Observation,
  rows: JudgedRows,
  heldOut: HeldOutRows | undefined,
  history: History | undefined,
): LearningEvidence | undefined {
  const last = layers.at(-1);
  if (!loss || !last) return undefined;
  const reader = lossReader(loss, last.activation.name, last.units.length);
  const { outputs, targets } = rows;
  const each = weightsOf(rows);
  const constant = bestConstant(reader, targets, each);
  const compared = compare(reader, rows, each, constant);
  const { lowestLoss, toLearn, ...losses } = compared;
  const predictions = readPredictions(reader, outputs, targets);
  const held = judgeHeldOut(reader, constant, compared, heldOut, history);
  const learning: Omit<Learning, "verdict"> = {
    rows: countTargets(targets),
    ...losses,
    constant: [...constant],
    ...(predictions && { accuracy: predictions.accuracy, constantAccuracy: predictions.constantAccuracy }),
    ...(held && { heldOut: held }),
  };
  const lossOf = (others: Float32Array) => weightedMean(lossesOfOutputs(reader, others, targets), each);
  let start: number | undefined;
  return {
    reader,
    learning: { ...learning, verdict: describeLearning(reader, learning) },
    predictions,
    toLearn,
    lowestLoss,
    startLoss: () => (start ??= startOutputs && lossOf(startOutputs())),
    lossOf,
    skill: skillOf(losses.score, predictions?.accuracy, predictions?.constantAccuracy),
  };
}
