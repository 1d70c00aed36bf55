// How the training went, by its history and by what the network knows of it: diverged, lost what it had learned, shrunk
// by its decay.
import { closedLayer, type Evidence, type Found } from "./evidence.js";
import { hasLearned } from "./learned.js";
import { moreToLearn } from "./learnable.js";
import { hasBatchesOfOne } from "./pace.js";
import { NARROW } from "../forecast/born-dead.js";
import { canDie } from "../../activations/analysis.js";
import { USUAL_EPSILON } from "../../network/normalization.js";
import { scoreOf } from "../learning/learning.js";
import { sideOf, SOME } from "../learning/verdict.js";
import { countOf, formatCount, formatNumber, formatPercent, listWords, plural } from "../../text/numbers.js";
import { listNames } from "../../text/naming.js";
import { type LayerObservation, meanRateOf, type StartDistance } from "../../inspect/observation.js";
import { hasFinite } from "../../inspect/unit-state.js";
import type { EpochLog } from "../../network/types.js";

/** A loss that is so many times what it was has diverged, also where it stays finite. */
const GREW = 100;
/** So many times what it started with, once, and the network has been a constant since: the explosion killed it. */
const EXPLODED = 3;
/** A score that was reached ... */
const HAD_LEARNED = 0.3;
/** ... and lost but for so much of it. */
const LOST_ALL_BUT = 0.1;

const SMALLER_STEPS =
  "Lower the learning rate, clip the gradient (clipNorm), and bring inputs and targets to a size of about 1.";

const lossesOf = (epochs: readonly EpochLog[]) => epochs.map(({ loss }) => loss);

function findNotFinite({ history }: Evidence): Found[] {
  if (!history) return [];
  const { epochs, stopped } = history;
  const broken = epochs.findIndex(({ loss }) => !Number.isFinite(loss));
  if (stopped !== "diverged" && broken < 0) return [];
  const epoch = broken < 0 ? epochs.length : broken;
  const last = epochs[epoch - 1];
  const end = last
    ? `; epoch ${epoch} ended with a loss of ${formatNumber(last.loss)} (the first: ` +
      `${formatNumber(epochs[0].loss)}), at a learning rate of ${formatNumber(last.learningRate)}.`
    : ", the first.";
  return [
    {
      kind: "divergence",
      message: `The training diverged in epoch ${epoch + 1}: loss, gradient or weights left the finite numbers${end}`,
      advice: SMALLER_STEPS,
      figures: {
        epoch: epoch + 1,
        ...(last && { loss: last.loss, firstLoss: epochs[0].loss, learningRate: last.learningRate }),
      },
    },
  ];
}

/** Weights that are no numbers: what the layers below do can be told, what comes of them can't. */
function findBrokenWeights({ observation: { layers }, naming }: Evidence): Found[] {
  const broken = layers.flatMap(({ brokenUnits }, layer) => (brokenUnits ? [{ layer, units: brokenUnits }] : []));
  if (broken.length === 0) return [];
  const places = broken.map(({ layer, units }) => {
    const isAll = units.length === layers[layer].units.length;
    const which = isAll ? "all" : `${plural(units.length, "unit")} ${listNames(units, naming.unit)}`;
    return `layer ${naming.layer(layer)} (${which})`;
  });
  const [{ layer }] = broken;
  return [
    {
      kind: "divergence",
      message:
        `Weights are no finite numbers in ${listWords(places)}: ` +
        `what is said here is of ${layer === 0 ? "the data" : "the data, of the layers below"} and of the training.`,
      advice: "Put back weights from before the training diverged, or start again; and take smaller steps.",
      layer,
      figures: { layers: broken.length, units: broken.reduce((sum, { units }) => sum + units.length, 0) },
    },
  ];
}

/** Layers with preactivations that are no finite numbers on the rows, whatever the history says. */
function findOverflow({ observation: { layers, rows }, naming }: Evidence): Found[] {
  const layer = layers.findIndex(({ units }) => units.some((unit) => !hasFinite(unit)));
  if (layer < 0) return [];
  const broken = layers[layer].units.filter((unit) => !hasFinite(unit)).length;
  return [
    {
      kind: "divergence",
      message:
        `${countOf(broken, "unit")} of layer ${naming.layer(layer)} ${plural(broken, "has", "have")} preactivations that ` +
        `leave the finite numbers on these ${countOf(rows, "sample")}: weights or inputs are too large.`,
      advice: SMALLER_STEPS,
      layer,
      figures: { units: broken },
    },
  ];
}

/** Where the lowest loss is, and the highest. */
function extremesOf(losses: readonly number[]): { lowest: number; highest: number } {
  return losses.reduce(
    ({ lowest, highest }, loss, i) => ({
      lowest: loss < losses[lowest] ? i : lowest,
      highest: loss > losses[highest] ? i : highest,
    }),
    { lowest: 0, highest: 0 },
  );
}

/** Of whose training nothing is known: its weights and its loss are a hundred times what they began with. */
function findBlownUp(evidence: Evidence): Found[] {
  const { learning, observation } = evidence;
  if (!observation.training || !learning || learning.learning.score === undefined) return [];
  const { loss, constantLoss } = learning.learning;
  const growth = Math.max(1, ...drawnSizes(evidence).map(({ size, startSize }) => size / startSize));
  const start = growth >= GREW ? learning.startLoss() : undefined;
  const above = (value: number) => value - learning.lowestLoss;
  if (start === undefined || !(above(loss) >= GREW * Math.max(above(start), above(constantLoss)))) return [];
  return [
    {
      kind: "divergence",
      message:
        `The loss is ${formatNumber(loss)}, where it had started with ${formatNumber(start)}, and weights have ` +
        `grown to ${formatNumber(growth, 2)} times what they started with.`,
      advice: SMALLER_STEPS,
      figures: { loss, startLoss: start, growth },
    },
  ];
}

/**
 * A loss that is many times what it was, and the network worse than a constant; or an epoch of such a loss that left a
 * network behind which has learned nothing.
 */
function findGrowth(evidence: Evidence): Found[] {
  const { history, learning, observation } = evidence;
  const losses = lossesOf(history?.epochs ?? []);
  if (losses.length === 0) return findBlownUp(evidence);
  if (!losses.every(Number.isFinite)) return [];
  if (learning && learning.learning.score === undefined) return []; // the loss says nothing
  const { lowest, highest } = extremesOf(losses);
  const last = losses.length - 1;
  const rate = history!.epochs[highest].learningRate;
  const figures = {
    highestLoss: losses[highest],
    lowestLoss: losses[lowest],
    epoch: highest + 1,
    learningRate: rate,
    ...(isStepLarge(evidence, rate) && { largeSteps: 1 }),
  };
  const said = (message: string): Found[] => [{ kind: "divergence", message, advice: SMALLER_STEPS, figures }];
  const isBad = !learning || learning.skill! <= LOST_ALL_BUT;
  if (!isBad) return [];
  // a loss that can be below 0 (poisson) is measured from the lowest that the targets allow
  const above = (loss: number) => loss - (learning?.lowestLoss ?? 0);
  if (
    lowest < last &&
    above(losses[last]) >= GREW * Math.max(above(losses[lowest]), learning ? learning.toLearn / GREW : 0)
  ) {
    const times = losses[lowest] > 0 ? ` ${formatNumber(losses[last] / losses[lowest])} times` : "";
    return said(
      `The loss grew${times}: ${formatNumber(losses[lowest])} in epoch ${lowest + 1}, ${formatNumber(losses[last])} in ` +
        `epoch ${last + 1}, at a learning rate of ${formatNumber(rate)}.`,
    );
  }
  if (!learning || observation.training?.weightDecay) return [];
  const least = closedLayer(evidence) >= 0 ? EXPLODED : GREW;
  if (!(above(losses[highest]) >= least * above(learning.learning.constantLoss))) return [];
  const start = learning.startLoss();
  if (start === undefined || !(above(losses[highest]) >= least * above(start))) return [];
  return said(
    `The loss exploded in epoch ${highest + 1}: ${formatNumber(losses[highest])} on average, where it had ` +
      `started with ${formatNumber(start)}, at a learning rate of ${formatNumber(rate)}; what is left ` +
      "has learned nothing.",
  );
}

/** It had learned, and lost it again, at a rate that is too high for where it had come to. */
function findLost({ history, learning, observation: { layers } }: Evidence): Found[] {
  const losses = lossesOf(history?.epochs ?? []);
  if (!learning || losses.length < 2 || learning.learning.score === undefined) return [];
  const { lowest } = extremesOf(losses);
  const [best, now] = [scoreOf(losses[lowest], learning), learning.learning.score];
  if (lowest === losses.length - 1 || best < HAD_LEARNED || now > LOST_ALL_BUT * best) return [];
  if (learning.skill! > HAD_LEARNED) return [];
  // training's losses are of another network then than what is judged: it is lost where they say so, too
  const differs = layers.some(({ differsInTraining }) => differsInTraining);
  if (differs && scoreOf(losses.at(-1)!, learning) > LOST_ALL_BUT * best) return [];
  const { learningRate } = history!.epochs.at(-1)!;
  return [
    {
      kind: "highRate",
      message:
        `It had learned and lost it again: a score of ${formatNumber(best, 3)} in epoch ${lowest + 1}, of ` +
        `${formatNumber(now, 3)} now, at a learning rate of ${formatNumber(learningRate)}.`,
      advice:
        "Lower the learning rate (a third, a tenth), or let it fall over the epochs; clip the gradient (clipNorm).",
      figures: { bestScore: best, bestEpoch: lowest + 1, score: now, learningRate },
    },
  ];
}

const START_AGAIN = "Lower the learning rate (a tenth, a hundredth), and start again: what they closed stays closed.";

/** So many of a layer's units are not closed in a training by steps of a usual size. */
const SILENCED = 0.5;
/** An epoch's mean loss of so many times what there was at the start has risen for certain, */
const ROSE = 1.25;
/** and a kernel of so many times its start has been thrown, */
const THROWN = 2;

/** A step of these is about the rate for each weight, whatever the gradient's size. */
const SIZED_BY_RATE: readonly string[] = ["adam", "adamW", "nadam", "adamax", "rmsprop", "lion"];
/** They take their decay for a part of the gradient, and size that by the rate: nothing is shrunk by a share. */
const SIZES_DECAY: readonly string[] = ["nadam", "adamax", "adagrad"];

/** Layers whose kernels did not start at 0. */
function drawnSizes(
  { observation: { start, layers } }: Evidence,
  isMeant: (layer: LayerObservation) => boolean = () => true,
): StartDistance[] {
  return (start?.() ?? []).filter(({ startSize }, layer) => startSize > 0 && isMeant(layers[layer]));
}

/** Steps that are as large as the weights of some layer began: one of them makes another network. */
function isStepLarge(evidence: Evidence, rate: number): boolean {
  const { training } = evidence.observation;
  if (!training || !SIZED_BY_RATE.includes(training.optimizer.name)) return false;
  return drawnSizes(evidence).some(({ startSize }) => rate >= startSize);
}

/**
 * Its steps threw it: the loss rose above the start's and the constant's, the weights are far above their start, and it
 * has not learned since. Layers and rows that are closed come of it. A start whose loss is far above a constant's hides
 * the rise: then a layer that is closed as a whole tells, or steps as large as the weights where little was learned.
 */
function findThrown(evidence: Evidence): Found[] {
  const { history, learning } = evidence;
  const losses = lossesOf(history?.epochs ?? []);
  if (!learning || losses.length === 0 || hasLearned(evidence) !== false) return [];
  const { constantLoss, score } = learning.learning;
  const { highest } = extremesOf(losses);
  const above = (loss: number) => loss - learning.lowestLoss;
  if (score === undefined || !(above(losses[highest]) >= ROSE * above(constantLoss))) return [];
  const growth = Math.max(1, ...drawnSizes(evidence).map(({ size, startSize }) => size / startSize));
  const start = growth >= THROWN ? learning.startLoss() : undefined;
  if (start === undefined) return [];
  const { learningRate } = history!.epochs[highest];
  const rose = above(losses[highest]) >= ROSE * above(start);
  const isClosed = closedLayer(evidence) >= 0;
  const isStep = isStepLarge(evidence, learningRate);
  const isLarge = hasLearned(evidence, SOME) === false && isStep;
  if (!rose && !isClosed && !isLarge) return [];
  const course = rose
    ? `the loss rose from ${formatNumber(start)} to ${formatNumber(losses[highest])} in epoch ${highest + 1}`
    : `the loss was ${formatNumber(losses[highest])} on average in epoch ${highest + 1}, where a constant has ` +
      formatNumber(constantLoss);
  return [
    {
      kind: "highRate",
      message:
        `The steps are too large: ${course}, at a learning rate of ${formatNumber(learningRate)}, and weights have ` +
        `grown to ${formatNumber(growth, 2)} times what they started with.`,
      advice: START_AGAIN,
      figures: {
        startLoss: start,
        highestLoss: losses[highest],
        epoch: highest + 1,
        growth,
        learningRate,
        ...(isStep && { largeSteps: 1 }),
      },
    },
  ];
}

/** A step that takes away this share of each weight leaves nothing of what was learned before. */
const TOO_MUCH_DECAY = 0.5;
/** Kernels of less than this share of their start, with decay on, were shrunk by it. */
const SHRUNK = 0.02;
/** ... and of less than this share, where the rows have more to tell than was learned, */
const HELD_BACK = 0.5;
/** or a decay that takes so much in each update: what was learned a hundred updates ago is gone, */
const FORGETS = 0.01;
/** where fits leave less than this share of what the network leaves. */
const FORGOTTEN = 0.75;

/** What of each weight a step takes away, apart from the gradient: SGD's, AdamW's and Lion's are all rate·decay. */
function findDecay(evidence: Evidence): Found[] {
  const { observation, learning, history } = evidence;
  const { training } = observation;
  if (!training || !(training.weightDecay > 0) || SIZES_DECAY.includes(training.optimizer.name)) return [];
  const { weightDecay } = training;
  const rate = meanRateOf(training) ?? history?.epochs.at(-1)?.learningRate ?? training.optimizer.learningRate;
  const share = rate * weightDecay;
  const figures = { learningRate: rate, weightDecay, share };
  const which = training.fit?.isScheduled ? "mean rate" : "rate";
  const product =
    `${which} ${formatNumber(rate)} times weightDecay ${formatNumber(weightDecay)} is ` + formatNumber(share);
  if (share >= TOO_MUCH_DECAY || (share >= FORGETS && moreToLearn(evidence, FORGOTTEN)))
    return [
      {
        kind: "decayCollapse",
        message:
          `The weight decay takes ${formatPercent(share)} of each weight in every update (${product})` +
          `${share > 1 ? ", more than there is, so that weights change their sign" : ""}` +
          `${share > 2 ? " and grow" : ""}.`,
        advice:
          "Train without weight decay, or with one some " +
          `${share >= TOO_MUCH_DECAY ? "thousand" : "hundred"} times smaller.`,
        figures,
      },
    ];
  const isSome = learning !== undefined && sideOf(learning.learning) > 0;
  // zeros shrink no further; and of a normalized layer the kernel's size is nothing that it says
  const sizes = drawnSizes(evidence, ({ normalized }) => !normalized);
  if (sizes.length === 0) return [];
  const most = isSome ? HELD_BACK : SHRUNK;
  const shrunk = sizes.filter(({ size, startSize }) => size < most * startSize).length;
  if (shrunk === 0 || (isSome && !moreToLearn(evidence))) return [];
  const least = sizes.reduce((a, b) => (b.size / b.startSize < a.size / a.startSize ? b : a));
  return [
    {
      kind: "decayCollapse",
      message:
        `The weights have shrunk to ${formatPercent(least.size / least.startSize)} of what they started with in ` +
        `${countOf(shrunk, "layer")} of ${sizes.length}, by the weight decay (${product} in each update).`,
      advice: "Train without weight decay, or with one some hundred times smaller.",
      figures: { ...figures, size: least.size, startSize: least.startSize },
    },
  ];
}

/**
 * Its steps closed it: of a layer half of the units or more that fired in the first epoch are silent in the last one,
 * and little was learned. Steps of a usual size close few: in trainings of digits, tables and noise that learned
 * little 0.28 of a layer at most, at ten times that rate mostly half to all (measured, SGD and Adam). Penalties and
 * decay may shrink weights by themselves, an epsilon may leave units that hardly vary, which a small shift closes, and
 * few units are closed by chance: nothing is said of what these act on, or of narrow layers.
 */
function findSilenced(evidence: Evidence): Found[] {
  const { history, observation, naming } = evidence;
  const epochs = history?.epochs ?? [];
  if (epochs.length < 2 || observation.training?.weightDecay || hasBatchesOfOne(observation)) return [];
  const isLittle = hasLearned(evidence, SOME) === false || moreToLearn(evidence) !== undefined;
  if (!isLittle) return [];
  const [first, last] = [epochs[0].silentUnits, epochs.at(-1)!.silentUnits];
  const layer = evidence.hidden.findIndex(({ units }, i) => {
    const { activation, hasKernelPenalty, hasActivityPenalty } = observation.layers[i];
    const { epsilon = 0 } = observation.spec?.layers[i].normalization ?? {}; // by which units hardly vary
    const isBySteps =
      epsilon <= USUAL_EPSILON &&
      canDie(activation) &&
      !hasKernelPenalty &&
      !hasActivityPenalty &&
      units.length > NARROW;
    return isBySteps && last[i] - first[i] >= SILENCED * units.length;
  });
  if (layer < 0) return [];
  const { learningRate } = epochs[0];
  const { units } = evidence.hidden[layer];
  return [
    {
      kind: "highRate",
      message:
        `The steps are too large: at a learning rate of ${formatNumber(learningRate)} they have closed ` +
        `${formatCount(last[layer] - first[layer])} of ${countOf(units.length, "unit")} of layer ` +
        `${naming.layer(layer)} that fired in the first epoch, and little was learned.`,
      advice: START_AGAIN,
      layer,
      figures: { learningRate, silencedUnits: last[layer] - first[layer], units: units.length },
    },
  ];
}

export function findCourse(evidence: Evidence): Found[] {
  const broken = findNotFinite(evidence);
  const weights = findBrokenWeights(evidence);
  const overflow = broken.length + weights.length > 0 ? [] : findOverflow(evidence);
  const isBroken = broken.length + weights.length + overflow.length > 0;
  const growth = isBroken ? [] : findGrowth(evidence);
  const lost = isBroken || growth.length > 0 ? [] : findLost(evidence);
  const thrown = isBroken || growth.length + lost.length > 0 ? [] : findThrown(evidence);
  const isTold = isBroken || growth.length + lost.length + thrown.length > 0;
  const silenced = isTold ? [] : findSilenced(evidence);
  return [...broken, ...weights, ...overflow, ...growth, ...lost, ...thrown, ...silenced, ...findDecay(evidence)];
}
