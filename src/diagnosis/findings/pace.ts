// Too little training: a loss that still falls at the end, and steps that are too small for what is to be learned.
import { closedLayer, type Evidence, type Found } from "./evidence.js";
import type { LearningEvidence } from "../learning/learning.js";
import type { FindingRole } from "../types.js";
import { canFitsTell, moreToLearn } from "./learnable.js";
import { hasHeldOutPeaked } from "./overfitting.js";
import { type Pace, paceOf, paceOfShort } from "../learning/pace.js";
import { FEW_ROWS, LEARNED, sideOf, SOME } from "../learning/verdict.js";
import { meanRateOf, type StartDistance, type TrainingRecord } from "../../inspect/observation.js";
import { largestOf, mean } from "../../core/statistics.js";
import { countOf, formatCount, formatNumber, formatPercent } from "../../text/numbers.js";

/** What as many epochs again would add to the score has to be this much to be worth them, */
const WORTH_IT = 0.05;
/**
 * and this much where it is to be the reason that little was learned, unless it is worse than a constant: less may be
 * noise that is learned by heart.
 */
const WORTH_MUCH = 0.1;
/** So many times the epochs made would be needed at the pace of the end: more than patience is wanted then. */
const TOO_SLOW = 3;
/** A curve that bends less than this has not begun to slow down. */
const STRAIGHT = 0.6;
/**
 * Nor has one whose last quarter fell by as much of what all fell by on average: a plateau that was reached does not.
 */
const STEADY = 0.3;
/** Weights that moved by less than this share of what they started with have hardly moved. */
const UNMOVED = 0.25;
/** ... of a network that leaves a plateau by moving as far as they are large. */
const HALF_MOVED = 0.5;
/**
 * Steps that could take a weight no further than this share cannot change what the network says, nor those of up to
 * UNMOVED say what fits show.
 */
const OUT_OF_REACH = 0.1;
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
 * the gradient's size. Momentum takes RMSprop further; Adagrad's get smaller, as 1 / sqrt(step) of gradients of one
 * size.
 */
function reachOf(training: TrainingRecord): number | undefined {
  const { optimizer, fit } = training;
  if (!fit || optimizer.name === "sgd") return undefined;
  const steps = optimizer.name === "adagrad" ? 2 * Math.sqrt(fit.steps) : fit.steps;
  return (meanRateOf(training)! * steps) / (1 - Math.min(0.999, Number(optimizer.options.momentum ?? 0)));
}

/** Adam's steps are at most some times the rate, and that where gradients are rare. */
const BEYOND = 2;
/** Weights that have come so far of what the steps can reach have gone in one direction all along. */
const ALL_ALONG = 0.5;

interface Unfinished {
  /** How many times the epochs made are still needed at this pace. */
  readonly times: number;
  readonly gain: number;
  readonly isStraight: boolean;
  readonly epochs: number;
}

/** Fewer epochs have no pace by themselves. */
const EPOCHS_OF_A_PACE = 3;

function readPace(losses: readonly number[], learning: LearningEvidence | undefined): Pace | undefined {
  if (losses.length >= EPOCHS_OF_A_PACE) return paceOf(losses);
  const start = losses.length > 0 ? learning?.startLoss() : undefined;
  return start === undefined ? undefined : paceOfShort(start, mean(losses), learning!.learning.loss, losses.length);
}

/**
 * Nothing has been learned of a few rows that have fewer numbers than the network has weights: a plateau is no noise
 * there.
 */
function canKnowByHeart({ observation: { layers, rows }, learning }: Evidence): boolean {
  if (rows >= FEW_ROWS || !learning || sideOf(learning.learning) > 0) return false;
  const parameters = layers.reduce(
    (sum, { weights }) => sum + (weights ? weights.kernel.length + weights.units : 0),
    0,
  );
  return parameters > rows * layers.at(-1)!.units.length;
}

function unfinished(evidence: Evidence): Unfinished | undefined {
  const { history, learning } = evidence;
  const epochs = history?.epochs ?? [];
  const pace = readPace(
    epochs.map(({ loss }) => loss),
    learning,
  );
  if (!pace || !learning || learning.learning.score === undefined) return undefined;
  const left = learning.learning.loss - learning.lowestLoss;
  return {
    times: left / pace.perEpoch / epochs.length,
    gain: Math.min(pace.gain, left) / learning.toLearn,
    isStraight: pace.straightness >= STRAIGHT && (pace.ofAverage >= STEADY || canKnowByHeart(evidence)),
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
 * whatever share of the answers is right; or less than fits show for certain.
 */
function isCause(evidence: Evidence, { learning, skill = 0 }: LearningEvidence, { moved }: Distance): boolean {
  if (skill < SOME || (learning.score! < LITTLE && moved !== undefined && moved < UNMOVED)) return true;
  return moreToLearn(evidence) !== undefined;
}

function stillLearning({ gain, epochs }: Unfinished, evidence: LearningEvidence, role: FindingRole): Found {
  const { score = 0 } = evidence.learning;
  return {
    kind: "stillLearning",
    role,
    message:
      `The loss is still falling after ${countOf(epochs, "epoch")}: as many again ` +
      `would raise the score from ${formatNumber(score, 3)} to about ${formatNumber(score + gain, 3)}, ` +
      "if it goes on so.",
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

/** What makes steps small beside the rate. */
function dampingOf({ optimizer: { name, options } }: TrainingRecord): string | undefined {
  const accumulated = name === "adagrad" ? Number(options.initialAccumulator ?? 0) : 0;
  return accumulated >= LARGE_ACCUMULATOR ? `an initialAccumulator of ${formatNumber(accumulated)}` : undefined;
}

function stepsTooSmall(
  { observation: { training }, history, learning }: Evidence,
  times: number | undefined,
  distance: Distance,
  least = 0,
): Found {
  const rate = history?.epochs.at(-1)?.learningRate ?? training?.fit?.rate;
  // between what the pace of the end wants and what weights want that come as far as they were large
  const { moved = 1 } = distance;
  const factor = roundFactor(Math.max(least, times === undefined ? 0 : Math.max(times, Math.sqrt(times / moved))));
  const damping = training && dampingOf(training);
  const beside = damping ? ` and ${damping}` : "";
  const isScheduled = training?.fit?.isScheduled === true;
  const told = isScheduled ? meanRateOf(training!) : rate;
  const at = told === undefined ? "" : ` at a ${isScheduled ? "mean " : ""}learning rate of ${formatNumber(told)}`;
  const { score = 0 } = learning!.learning;
  return {
    kind: "stepsTooSmall",
    message: `The steps are too small${at}${beside}: ${paceText(times, distance).join("; ")}.`,
    advice:
      `${damping ? "Leave initialAccumulator at its default, or raise" : "Raise"} the learning rate: x 3, x 10, x 100` +
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

/** Weights that came less far than this, in all, are where they started. */
const AT_START = 0.01;

/** Little was learned, and no fit can tell whether there is more. */
function isUntold(evidence: Evidence): boolean {
  return evidence.learning!.skill! < LITTLE && !canFitsTell(evidence);
}

/**
 * The weights are about where they started, by whatever the steps are small: the rate, a clipped gradient, an
 * optimizer's constants; and fits show that there is more to learn, or nothing was learned at all.
 */
function isStuck(evidence: Evidence, moved: number): boolean {
  if (moved < AT_START && sideOf(evidence.learning!.learning) <= 0) return true;
  return moved < OUT_OF_REACH && moreToLearn(evidence) !== undefined;
}

/** Held-out rows that were done best early were so by running statistics that came to be those of the rows. */
function isOfStatistics({ observation: { layers } }: Evidence, moved: number): boolean {
  return moved < AT_START && layers.some(({ normalized }) => normalized === "batch");
}

/** Nothing can be said of the pace where no gradient gets through. */
function isBlocked(evidence: Evidence): boolean {
  return closedLayer(evidence) >= 0;
}

/** The share of their start that steps should be able to take weights. */
const shortOf = (evidence: Evidence) => (moreToLearn(evidence) ? UNMOVED : OUT_OF_REACH);

/** How large weights were when they started, of the layer with the largest. */
const startOf = (sizes: readonly StartDistance[]) => Math.max(...sizes.map(({ startSize }) => startSize));

/** A fit at a rate of 0 moves running statistics, which is what it may be for: weights were moved before. */
function isForStatistics({ layers, start }: Evidence["observation"]): boolean {
  const some = layers.some(({ normalized, differsInTraining }) => normalized === "batch" && differsInTraining);
  return some && start?.().some(({ moved }) => moved > 0) === true;
}

/** Batches of one row lie at their own mean: what is normalized over them says nothing of x, nor lets a gradient by. */
export function hasBatchesOfOne({ training, layers, spec }: Evidence["observation"]): boolean {
  if (training?.fit?.batchSize !== 1) return false;
  return layers.some(({ normalized, isResidual }, at) => {
    return normalized === "batch" && !isResidual && !spec?.layers[at].frozen;
  });
}

/** A schedule was at 0 at the end of each epoch: weights may have moved before that of the first. */
function isScheduledAway({ history, observation: { training, start } }: Evidence): boolean {
  if (!training?.fit?.isScheduled || !history?.epochs.every(({ learningRate }) => learningRate === 0)) return false;
  return start?.().some(({ moved }) => moved > 0) === true;
}

/** Why no weight can have moved in a training, or undefined where some have. */
function unmovedBy(evidence: Evidence): "rate" | "frozen" | "one" | "gradient" | undefined {
  const epochs = evidence.history?.epochs ?? [];
  if (epochs.length === 0) return undefined;
  const { observation } = evidence;
  const { spec, start } = observation;
  if (epochs.every(({ learningRate }) => learningRate === 0))
    return isForStatistics(observation) || isScheduledAway(evidence) ? undefined : "rate";
  if (spec?.layers.every(({ frozen }) => frozen)) return "frozen";
  if (hasBatchesOfOne(observation)) return "one";
  const stays = !isBlocked(evidence) && start?.().every(({ moved, startSize }) => moved === 0 && startSize > 0);
  return stays ? "gradient" : undefined;
}

/** A training in which nothing moved. */
function findUnmoved(evidence: Evidence): Found[] {
  const by = unmovedBy(evidence);
  if (!by) return [];
  const { length } = evidence.history!.epochs;
  const { learningRate } = evidence.history!.epochs[length - 1];
  const what = by === "one" ? "Nothing of the inputs was seen" : "No weight has moved";
  const [why, advice] = {
    rate: ["the learning rate is 0", "Train with a learning rate above 0 (adam starts from 0.001)."],
    frozen: ["all layers are frozen", "Thaw the layers that are to learn (frozen: false)."],
    one: [
      "batches have one row each, and of one row batch normalization leaves beta alone",
      "Train with larger batches (32 rows), or take layer normalization.",
    ],
    gradient: [
      `at a learning rate of ${formatNumber(learningRate)} the steps are lost in rounding, or there is no gradient`,
      "Raise the learning rate x 10, x 100; if nothing moves then, look at what holds the gradient back.",
    ],
  }[by];
  return [
    {
      kind: "stepsTooSmall",
      message: `${what} in ${countOf(length, "epoch")}: ${why}.`,
      advice,
      // without a gradient it may come of anything else that is named
      figures: { learningRate, ...(by !== "gradient" && { moved: 0 }) },
    },
  ];
}

/** A sum of squares to begin with that is larger than those of gradients become. */
const LARGE_ACCUMULATOR = 1;
/** An epsilon from here on is about as large as gradients are, or larger: their size then counts again. */
const LARGE_EPSILON = 0.01;

/** Steps of Adam and RMSprop that an epsilon far above the gradients makes a small part of the rate. */
function findDamped(
  evidence: Evidence,
  open: Unfinished | undefined,
  { moved = Infinity, ofReach = Infinity }: Distance,
): Found[] {
  const {
    observation: { training },
    learning,
  } = evidence;
  const epsilon = Number(training?.optimizer.options["epsilon"] ?? 0);
  if (!(epsilon >= LARGE_EPSILON && moved < HALF_MOVED && ofReach < ALL_ALONG)) return [];
  const isFalling = open !== undefined && open.gain >= WORTH_IT;
  if (!isFalling && !isStuck(evidence, moved)) return [];
  const { score = 0 } = learning!.learning;
  return [
    {
      kind: "stepsTooSmall",
      message:
        `The steps are too small: an epsilon of ${formatNumber(epsilon)} damps them, so that the weights moved by ` +
        `${formatPercent(moved)} of what they started with, ${formatPercent(ofReach)} of the way that so many steps ` +
        `can go${isFalling ? ", and the loss is still falling" : ""}.`,
      advice: "Leave epsilon at its default, or raise the learning rate by as much as it takes away (x 10, x 100).",
      figures: { score, epsilon, moved, ofReach, ...(open && { gain: open.gain }) },
    },
  ];
}

/** A rate of less than this share of the highest moves nothing more; */
const FADED = 0.01;
/** more than this share of the epochs had no more. */
const MOST_EPOCHS = 0.5;

/** What a step of each epoch's end is a share of: Adagrad lowers the rate by itself. */
function ratesOf({ history, observation: { training } }: Evidence): number[] {
  const { epochs = [] } = history ?? {};
  const decay = training?.optimizer.name === "adagrad" ? Number(training.optimizer.options.learningRateDecay ?? 0) : 0;
  const stepsEach = (training?.fit?.steps ?? 0) / Math.max(1, epochs.length);
  return epochs.map(({ learningRate }, epoch) => learningRate / (1 + decay * stepsEach * (epoch + 1)));
}

/** A rate that fell to nothing long before the end, with more to learn. */
function findFaded(evidence: Evidence): Found[] {
  const rates = ratesOf(evidence);
  const highest = isScheduledAway(evidence)
    ? evidence.observation.training!.optimizer.learningRate
    : largestOf((evidence.history?.epochs ?? []).map(({ learningRate }) => learningRate));
  const moving = rates.filter((rate) => rate >= FADED * highest).length;
  if (!(rates.length - moving > MOST_EPOCHS * rates.length)) return [];
  if (!moreToLearn(evidence) && !isUntold(evidence)) return [];
  const { score = 0 } = evidence.learning!.learning;
  const learningRate = rates.at(-1)!;
  return [
    {
      kind: "stepsTooSmall",
      message:
        `The steps are too small: the learning rate fell from ${formatNumber(highest)} to ` +
        `${formatNumber(learningRate)}, and in ${formatCount(rates.length - moving)} of ` +
        `${countOf(rates.length, "epoch")} it was less than a hundredth.`,
      advice: "Let the learning rate fall later and less far, or keep it as it is.",
      figures: { score, learningRate, highestRate: highest, moving, epochs: rates.length },
    },
  ];
}

export function findPace(evidence: Evidence): Found[] {
  const { learning, observation } = evidence;
  if (!learning || learning.learning.score === undefined) return [];
  if (learning.learning.score >= LEARNED) return [];
  const unmoved = findUnmoved(evidence);
  if (unmoved.length > 0 || isBlocked(evidence)) return unmoved;
  const faded = findFaded(evidence);
  if (faded.length > 0) return faded;
  const open = unfinished(evidence);
  const sizes = observation.start?.();
  const reach = observation.training && reachOf(observation.training);
  const furthest = sizes && Math.max(...sizes.map(({ moved }) => moved));
  // weights that are further off than the steps could take them were moved before: by another fit, or by hand
  const isWhole = !(furthest! > reach! * BEYOND);
  const distance: Distance = {
    moved: sizes && largestMove(sizes),
    ofReach: isWhole && reach && furthest !== undefined ? furthest / reach : undefined,
  };
  const { moved = Infinity, ofReach } = distance;
  // what Adam's steps reach tells more than what moved: they go far whatever the gradient's size
  const damped = hasHeldOutPeaked(evidence) ? [] : findDamped(evidence, open, distance);
  if (damped.length > 0) return damped;
  const isUnmoved = moved < (canKnowByHeart(evidence) ? HALF_MOVED : UNMOVED);
  const hasHardlyMoved = ofReach === undefined ? isUnmoved : ofReach >= ALL_ALONG;
  // a loss that still falls after steps that can hardly have tried anything wants larger ones, whatever was learned
  const isShortBy = (share: number) =>
    isWhole && reach !== undefined && sizes !== undefined && reach < share * startOf(sizes);
  const isFalling = open !== undefined && open.gain >= WORTH_IT;
  if (isStuck(evidence, moved) && (isOfStatistics(evidence, moved) || !hasHeldOutPeaked(evidence)))
    return [stepsTooSmall(evidence, open?.times, distance, UNMOVED / moved)];
  const isReason = isCause(evidence, learning, distance) || (isShortBy(OUT_OF_REACH) && isFalling);
  if (isReason && !hasHeldOutPeaked(evidence)) {
    if (open && hasHardlyMoved && ((open.isStraight && open.times >= TOO_SLOW) || ofReach !== undefined))
      return [stepsTooSmall(evidence, open.times, distance)];
    if (isShortBy(shortOf(evidence))) return [stepsTooSmall(evidence, startOf(sizes!) / reach!, distance)];
    const worth = sideOf(learning.learning) < 0 ? WORTH_IT : WORTH_MUCH;
    if (learning.learning.score < SOME)
      return open && open.gain >= worth ? [stillLearning(open, learning, "cause")] : [];
  }
  return open && open.gain >= WORTH_IT ? [stillLearning(open, learning, "remark")] : [];
}
