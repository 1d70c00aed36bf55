// Too little training, or too much: a loss that still falls at the end, steps that are too small for what is to be
// learned, and a held-out loss that rises.
import { closedLayer, type Evidence, type Found } from "./evidence.js";
import type { LearningEvidence } from "../learning/learning.js";
import { paceOf } from "../learning/pace.js";
import { FEW_ROWS, LEARNED, SOME } from "../learning/verdict.js";
import type { StartDistance, TrainingRecord } from "../../inspect/observation.js";
import { countOf, formatCount, formatNumber, formatPercent } from "../../text/numbers.js";

/** What as many epochs again would add to the score has to be this much to be worth them. */
const WORTH_IT = 0.05;
/** So many times the epochs made would be needed at the pace of the end: more than patience is wanted then. */
const TOO_SLOW = 3;
/** A curve that bends less than this has not begun to slow down. */
const STRAIGHT = 0.6;
/** Weights that moved by less than this share of what they started with have not gone anywhere ... */
const UNMOVED = 0.1;
/** ... and those that moved by more than all of it have: where the loss then falls so slowly, it is not for want of steps. */
const FAR = 1;
const STUCK = 10;
/** A score that hardly differs from a constant's. */
const LITTLE = 0.2;

/** 3, 10, 30, 100 ...: the nearest below, at least 3. */
function roundFactor(factor: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(3, factor)));
  return Math.min(1e6, factor >= 3 * power ? 3 * power : Math.max(3, power));
}

/** The share of their start by which the kernels moved, of the layer that moved most. */
function largestMove(sizes: readonly StartDistance[]): number {
  return Math.max(...sizes.map(({ moved, startSize }) => (startSize > 0 ? moved / startSize : Infinity)));
}

/**
 * How far the optimizer's steps can take a weight in all: those of Adam and RMSprop are about the rate each, whatever
 * the gradient's size. Momentum takes RMSprop further.
 */
function reachOf({ optimizer: { name, options }, fit }: TrainingRecord): number | undefined {
  if (!fit || name === "sgd") return undefined;
  return (fit.rate * fit.steps) / (1 - Math.min(0.999, Number(options.momentum ?? 0)));
}

/** Weights that have come so far of what the steps can reach have gone in one direction all along. */
const ALL_ALONG = 0.5;

interface Unfinished {
  /** How many times the epochs made are still needed at this pace. */
  readonly times: number;
  readonly gain: number;
  readonly isStraight: boolean;
  readonly epochs: number;
}

function unfinished({ history, learning }: Evidence): Unfinished | undefined {
  const epochs = history?.epochs ?? [];
  const pace = paceOf(epochs.map(({ loss }) => loss));
  if (!pace || !learning || learning.learning.score === undefined) return undefined;
  const left = learning.learning.loss - learning.lowestLoss;
  return {
    times: left / pace.perEpoch / epochs.length,
    gain: Math.min(pace.gain, left) / learning.toLearn,
    isStraight: pace.straightness >= STRAIGHT,
    epochs: epochs.length,
  };
}

/** What is known of how far weights have come. */
interface Distance {
  /** Share of their start by which the kernels moved, of the layer that moved most. */
  readonly moved: number | undefined;
  /** Share of the way that the steps could take a weight. */
  readonly ofReach: number | undefined;
}

/**
 * It has learned less than half by any measure; or hardly anything of the loss, with weights that have hardly moved,
 * whatever share of the answers is right.
 */
function isCause({ learning, skill = 0 }: LearningEvidence, { moved }: Distance): boolean {
  return skill < SOME || (learning.score! < LITTLE && moved !== undefined && moved < UNMOVED);
}

function stillLearning({ gain, epochs }: Unfinished, evidence: LearningEvidence, distance: Distance): Found {
  const { score = 0 } = evidence.learning;
  return {
    kind: "stillLearning",
    role: isCause(evidence, distance) ? "cause" : "remark",
    message:
      `The loss was still falling when the training ended after ${countOf(epochs, "epoch")}: as many again would raise ` +
      `the score from ${formatNumber(score, 3)} to about ${formatNumber(score + gain, 3)}, if it goes on so.`,
    advice: "Train for longer (go on with fit), or raise the learning rate.",
    figures: { epochs, score, gain },
  };
}

/** Why the steps are too small. */
function paceText(times: number | undefined, { moved, ofReach }: Distance): string[] {
  return [
    ...(times !== undefined && times >= TOO_SLOW
      ? [`at the pace of the end, what is left takes ${formatCount(times)} times the epochs made`]
      : []),
    ...(moved === undefined ? [] : [`the weights moved by ${formatPercent(moved)} of what they started with`]),
    ...(ofReach !== undefined && ofReach >= ALL_ALONG
      ? [`${formatPercent(Math.min(1, ofReach))} of the way that so many steps can go, all in one direction`]
      : []),
  ];
}

function stepsTooSmall(
  { observation: { training }, history, learning }: Evidence,
  times: number | undefined,
  distance: Distance,
): Found {
  const rate = history?.epochs.at(-1)?.learningRate ?? training?.fit?.rate;
  const factor = roundFactor(times ?? 0);
  const at = rate === undefined ? "" : ` at a learning rate of ${formatNumber(rate)}`;
  const { score = 0 } = learning!.learning;
  return {
    kind: "stepsTooSmall",
    message: `The steps are too small${at}: ${paceText(times, distance).join("; ")}.`,
    advice:
      "Raise the learning rate: x 3, x 10, x 100" +
      `${factor > 3 ? `; by these figures about x ${formatCount(factor)}` : ", or train for longer"}.`,
    figures: {
      score,
      factor,
      ...(times !== undefined && { times }),
      ...(rate !== undefined && { learningRate: rate }),
      ...(distance.moved !== undefined && { moved: distance.moved }),
      ...(distance.ofReach !== undefined && { ofReach: distance.ofReach }),
    },
  };
}

/** Nothing can be said of the pace where no gradient gets through. */
function isBlocked(evidence: Evidence): boolean {
  return closedLayer(evidence) >= 0;
}

/** How large weights were when they started, of the layer with the largest. */
const startOf = (sizes: readonly StartDistance[]) => Math.max(...sizes.map(({ startSize }) => startSize));

function findPace(evidence: Evidence): Found[] {
  const { learning, observation } = evidence;
  if (!learning || learning.skill === undefined || learning.learning.score === undefined) return [];
  if (learning.learning.score >= LEARNED || isBlocked(evidence)) return [];
  const open = unfinished(evidence);
  const sizes = observation.start?.();
  const reach = observation.training && reachOf(observation.training);
  const distance: Distance = {
    moved: sizes && largestMove(sizes),
    ofReach: sizes && reach && Math.max(...sizes.map(({ moved }) => moved)) / reach,
  };
  const { moved = 0, ofReach = 0 } = distance;
  const hasGoneAstray = moved > FAR && open !== undefined && open.times > STUCK && ofReach < ALL_ALONG;
  const isSlow = open !== undefined && open.isStraight && open.times >= TOO_SLOW;
  const isOneWay = open !== undefined && ofReach >= ALL_ALONG;
  if (isCause(learning, distance)) {
    if ((isSlow || isOneWay) && !hasGoneAstray) return [stepsTooSmall(evidence, open.times, distance)];
    if (reach !== undefined && sizes && reach < UNMOVED * startOf(sizes))
      return [stepsTooSmall(evidence, startOf(sizes) / reach, distance)];
  }
  return open && open.gain >= WORTH_IT ? [stillLearning(open, learning, distance)] : [];
}

/** The held-out rows lost more than this share of what they had gained. */
const LOST_ON_HELD_OUT = 0.5;
/** ... and this share where it is said in passing. */
const LOST_SOME = 0.1;

/** Means of a window, so that one epoch's noise is no minimum. */
function smooth(values: readonly number[], width: number): number[] {
  return values.slice(width - 1).map((_, i) => {
    const window = values.slice(i, i + width);
    return window.reduce((sum, value) => sum + value, 0) / width;
  });
}

/** Held-out scores by epoch, where the history has them. */
function heldOutScores({ history, learning }: Evidence): number[] {
  const losses = (history?.epochs ?? []).flatMap(({ validation }) => (validation ? [validation.loss] : []));
  if (!learning || !losses.every(Number.isFinite)) return [];
  const scores = losses.map((loss) => 1 - (loss - learning.lowestLoss) / learning.toLearn);
  return smooth(scores, Math.max(1, Math.min(5, Math.floor(scores.length / 10))));
}

function findOverfitting(evidence: Evidence): Found[] {
  const { learning } = evidence;
  const held = learning?.learning.heldOut;
  if (!learning || !held || held.score === undefined || learning.learning.score === undefined) return [];
  const { score, constantAccuracy, accuracy } = learning.learning;
  const scores = heldOutScores(evidence);
  const best = Math.max(held.score, ...scores);
  const bestEpoch = scores.indexOf(best) + 1;
  const lost = best > 0 ? (best - held.score) / best : 0;
  const isWorse = held.score < 0;
  const isBelow = held.accuracy !== undefined && constantAccuracy !== undefined && held.accuracy < constantAccuracy;
  // it has to know its own rows: what has learned nothing anywhere is not overfit
  const skill = learning.skill!;
  const knows = score > SOME || skill > SOME;
  const gap = score - held.score;
  const isCause =
    knows && gap > SOME && (isWorse || lost > LOST_ON_HELD_OUT || (isBelow && accuracy! > constantAccuracy!));
  if (!isCause && !(knows && lost > LOST_SOME && gap > LOST_SOME)) return [];
  const few = held.rows !== undefined && held.rows < FEW_ROWS ? ` (${countOf(held.rows, "row")}, which is few)` : "";
  const peak =
    lost > LOST_SOME && bestEpoch > 0 ? `; its best was ${formatNumber(best, 3)}, in epoch ${bestEpoch}` : "";
  return [
    {
      kind: "overfitting",
      role: isCause ? "cause" : "remark",
      message:
        `It knows its own rows and not those held out${few}: the score is ${formatNumber(score, 3)} there and ` +
        `${formatNumber(held.score, 3)} here${isWorse ? ", worse than a constant" : ""}` +
        `${accuracy !== undefined && held.accuracy !== undefined ? `, the accuracy ${formatPercent(accuracy)} and ${formatPercent(held.accuracy)}` : ""}${peak}.`,
      advice:
        peak === ""
          ? "Train on more rows, with a smaller network, or with weight decay."
          : "Stop at the best epoch (earlyStopping), or train on more rows, with a smaller network, or with weight decay.",
      figures: { score, heldOutScore: held.score, bestScore: best, ...(bestEpoch > 0 && { bestEpoch }) },
    },
  ];
}

export function findProgress(evidence: Evidence): Found[] {
  return [...findPace(evidence), ...findOverfitting(evidence)];
}
