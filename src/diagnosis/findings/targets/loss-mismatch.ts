// Pairs of last activation and loss that cannot say the targets, or that are known to learn them badly. One finding at
// most: the first that holds, from what is wrong whatever the data to what the data make wrong.
import type { Evidence, Found } from "../evidence.js";
import { hasLearned } from "../learned.js";
import type { Output } from "./output.js";
import type { TargetFacts } from "./target-facts.js";
import { activate, canDie, rangeOf, sigmoid } from "../../../activations/analysis.js";
import { countOf, formatCount, formatNumber, formatPercent, formatRange, plural } from "../../../text/numbers.js";
import { isClassification, type Loss } from "../../../network/losses.js";
import type { PreparedTargets } from "../../../network/data.js";

/** A lowest probability that no one misses. */
const NEGLIGIBLE = 1e-3;
/**
 * Scores (1 - loss / constant's loss) from which on a pair that learns badly, yet learns, has not stood in the way: a
 * squared error on classes does at a half, where most rows are right, ...
 */
const LEARNED_CLASSES = 0.5;
/**
 * ... and a pair that leaves rows without a gradient, or a gradient that fades, where next to nothing is left to learn.
 */
const LEARNED_WELL = 0.9;
/** A softmax under a squared error is known to come to a rest early: only where all but all is right it has not. */
const LEARNED_ALL = 0.95;
/** A sigmoid's slope at which it counts as sure: a tenth of what it has at a half. */
const SURE = 0.025;
/** Of the loss that lies where it is sure and wrong. */
const MUCH_OF_THE_LOSS = 0.5;

interface Mismatch {
  readonly message: string;
  readonly advice: string;
  /** From this score on it is a remark; absent: it never is one. */
  readonly remarkFrom?: number;
  readonly figures?: Readonly<Record<string, number>>;
}

/** What the rules look at. */
interface Pair extends Output {
  readonly evidence: Evidence;
  readonly targets: PreparedTargets | undefined;
  readonly facts: TargetFacts | undefined;
}

type Rule = (pair: Pair) => Mismatch | undefined;

const LINK = { crossEntropy: "softmax", binaryCrossEntropy: "sigmoid" } as const;
const linkOf = (loss: Loss) => LINK[loss as keyof typeof LINK];
const nameOf = ({ activation }: Output) => activation.name;

/** What a cross-entropy can say through a last layer that bends its logits, or nothing where it can say all. */
function limitOfLogits({ loss, activation, units }: Output): { text: string; limit?: number } | undefined {
  const [low, high] = rangeOf(activation);
  if (loss === "binaryCrossEntropy" && sigmoid(low) > NEGLIGIBLE) {
    const text =
      high === Infinity
        ? `no probability can be below ${formatNumber(sigmoid(low))}`
        : `every probability lies from ${formatNumber(sigmoid(low))} to ${formatNumber(sigmoid(high))}`;
    return { text, limit: sigmoid(low) };
  }
  if (loss !== "crossEntropy" || units === 1) return undefined;
  if (high < Infinity) {
    const limit = 1 / (1 + (units - 1) * Math.exp(low - high));
    return { text: `no probability can be above ${formatNumber(limit)}`, limit };
  }
  return canDie(activation) ? { text: "a unit that is closed holds its logit at 0 and gets no gradient" } : undefined;
}

const bentLogits: Rule = (pair) => {
  const { loss, from } = pair;
  const limited = isClassification(loss) && from === "logits" ? limitOfLogits(pair) : undefined;
  if (!limited) return undefined;
  const { text, limit } = limited;
  return {
    message: `${loss} takes the last layer's outputs as logits, and ${nameOf(pair)} bends them: ${text}.`,
    advice: "Make the last layer linear (the default): the loss applies softmax or sigmoid itself.",
    ...(limit !== undefined && { figures: { limit } }),
  };
};

/** What the last layer yielded on these rows. */
function seenRange({ evidence, activation: { name, alpha = 0 }, layer }: Pair): [low: number, high: number] {
  const { units } = evidence.observation.layers[layer];
  const ends = units.flatMap(({ min, max }) => [activate(name, min, alpha), activate(name, max, alpha)]);
  return [ends.reduce((a, b) => Math.min(a, b)), ends.reduce((a, b) => Math.max(a, b))];
}

/** What an activation can yield at all, in words. */
function rangeText(pair: Pair): string {
  const [low, high] = rangeOf(pair.activation);
  if (low === -Infinity) return "any number";
  const shown = formatNumber(low);
  return high === Infinity ? `numbers from ${shown} up` : `numbers from ${shown} to ${formatNumber(high)}`;
}

/** A cross-entropy of outputs that are no probabilities. */
const rawOutputs: Rule = (pair) => {
  const { loss, from } = pair;
  const [low, high] = rangeOf(pair.activation);
  if (!isClassification(loss) || from !== "probabilities" || (low >= 0 && high <= 1)) return undefined;
  const [least, most] = seenRange(pair);
  const link = linkOf(loss);
  return {
    message:
      `${loss} takes the last layer's outputs as probabilities, and ${nameOf(pair)} yields ${rangeText(pair)}, ` +
      `here ${formatRange(least, most, formatNumber, " to ")}: outside 0 to 1 the loss is cut off and gives ` +
      "no gradient.",
    advice:
      `Make the last layer a ${link}, or leave it linear and let the loss take logits ` +
      `(loss: "${loss}", the default).`,
    figures: { least, most },
  };
};

const AS_LOGITS = "as logits, whatever the last layer makes of them";

/** A softmax under binaryCrossEntropy, a sigmoid under crossEntropy: probabilities, and of another kind. */
const otherLink: Rule = (pair) => {
  const { loss, from, units, facts } = pair;
  const name = nameOf(pair);
  if (!isClassification(loss) || from === "logits" || units === 1 || name === linkOf(loss)) return undefined;
  if (from === "preactivations")
    return {
      message:
        `${loss} takes what goes into the last layer's ${name} ${AS_LOGITS}: what the network ` +
        "predicts is not what it was trained for.",
      advice: `Make the last layer a ${linkOf(loss)}, or use the loss that goes with ${name}.`,
      remarkFrom: LEARNED_WELL,
    };
  if (loss === "crossEntropy")
    return facts && facts.isBits && !facts.isExclusive
      ? {
          message: "Rows have several classes or none, and crossEntropy takes them for shares of one.",
          advice: "Use binaryCrossEntropy with the sigmoid, which judges each output by itself.",
        }
      : {
          message:
            `crossEntropy expects the probabilities of ${formatCount(units)} classes that exclude each other, and ` +
            "sigmoid yields each by itself: the loss divides them by their sum, so that only their ratio is learnt.",
          advice: "Make the last layer a softmax, or linear with crossEntropy of logits (the default).",
        };
  const isTwo = units === 2 && facts?.isExclusive;
  return {
    message:
      `binaryCrossEntropy judges each of ${formatCount(units)} outputs by itself, and a softmax makes them sum to 1` +
      (facts?.isRepeated ? ", while one label stands for all of them: it can never say so." : "."),
    advice: facts?.isRepeated
      ? "Use crossEntropy on the labels (the classes' numbers), or one sigmoid output."
      : "Use crossEntropy for classes that exclude each other, or sigmoid outputs for such as do not.",
    // For two classes it is crossEntropy itself, and for more it learns much the same.
    ...(facts?.isExclusive && { remarkFrom: isTwo ? -Infinity : LEARNED_WELL }),
  };
};

/** A cross-entropy of sums of several ones. */
const severalClasses: Rule = ({ loss, facts, units }) => {
  if (loss !== "crossEntropy" || units === 1 || !facts?.isBits || facts.isExclusive || facts.columns === 1)
    return undefined;
  return {
    message: "Rows have several classes or none, and crossEntropy takes them for shares of one.",
    advice: "Use binaryCrossEntropy with one output for each class.",
  };
};

/** A cross-entropy of targets that are no probabilities. */
const numbersAsClasses: Rule = ({ loss, facts, targets }) => {
  if (!isClassification(loss) || !facts || targets?.kind !== "rows" || (facts.min >= 0 && facts.max <= 1))
    return undefined;
  const outside = targets.data.reduce((count, value) => count + Number(value < 0 || value > 1), 0);
  return {
    message:
      `${loss} takes classes or probabilities from 0 to 1, and ${countOf(outside, "target")} of ` +
      `${formatCount(targets.data.length)} ${plural(outside, "lies", "lie")} outside ` +
      `(they range from ${formatNumber(facts.min)} to ${formatNumber(facts.max)}).`,
    advice: "For numbers make the last layer linear and take meanSquaredError; classes are numbered from 0.",
    figures: { outside, least: facts.min, most: facts.max },
  };
};

/** A softmax under a loss of numbers. */
const softmaxOfNumbers: Rule = (pair) => {
  const { loss, facts, units } = pair;
  if (isClassification(loss) || nameOf(pair) !== "softmax" || units === 1 || !facts || facts.isShares) return undefined;
  if (facts.isExclusive)
    return {
      message: `${loss} of a softmax on classes: its gradient fades where the network is wrong and sure of it.`,
      advice: "Use crossEntropy: its gradient is largest there.",
      remarkFrom: LEARNED_ALL,
    };
  return {
    message:
      `The targets are numbers from ${formatNumber(facts.min)} to ${formatNumber(facts.max)}, and a softmax yields ` +
      "shares of 1: it cannot say them.",
    advice: "Make the last layer linear (the default), and keep meanSquaredError.",
    figures: { least: facts.min, most: facts.max },
  };
};

/** Targets where the last layer does not reach. */
const unreachable: Rule = ({ loss, activation, targets }) => {
  if (targets?.kind !== "rows" || isClassification(loss)) return undefined;
  const [low, high] = rangeOf(activation).map(Math.fround);
  const outside = targets.data.filter((value) => value < low || value > high);
  if (outside.length === 0) return undefined;
  const range =
    high === Infinity
      ? `nothing below ${formatNumber(low)}`
      : `numbers from ${formatRange(low, high, formatNumber, " to ")}`;
  const extreme = outside.reduce((a, b) => (Math.max(low - b, b - high) > Math.max(low - a, a - high) ? b : a));
  return {
    message:
      `${countOf(outside.length, "target")} of ${formatCount(targets.data.length)} ` +
      `${plural(outside.length, "lies", "lie")} where the last layer cannot reach: ` +
      `${activation.name} yields ${range}, and one is ${formatNumber(extreme)}.`,
    advice: "Make the last layer linear (the default), or bring the targets into its range.",
    figures: { outside: outside.length, low, high, extreme },
  };
};

/** The logarithm of an output that may be below 0. */
const logarithmOfNegative: Rule = (pair) => {
  const { loss, facts } = pair;
  if (loss !== "poisson") return undefined;
  if (facts && facts.min < 0)
    return {
      message: `poisson is of counts, and targets go down to ${formatNumber(facts.min)}.`,
      advice: "Use meanSquaredError with a linear last layer.",
      figures: { least: facts.min },
    };
  const [low] = rangeOf(pair.activation);
  if (low >= 0) return undefined;
  return {
    message: `poisson takes the logarithm of the outputs, and ${nameOf(pair)} yields numbers below 0.`,
    advice: "Make the last layer softplus, whose outputs are above 0.",
    remarkFrom: LEARNED_WELL,
  };
};

/** Shares of a whole, each fitted by itself. */
const sharesByThemselves: Rule = (pair) => {
  const { loss, facts, units } = pair;
  if (!facts?.isShares || nameOf(pair) === "softmax" || (loss === "crossEntropy" && pair.from !== "probabilities"))
    return undefined;
  return {
    message:
      `Each row's ${formatCount(units)} targets are shares of 1, and ${nameOf(pair)} outputs under ${loss} know ` +
      "nothing of each other.",
    advice: "Make the last layer linear and take crossEntropy (of logits): its softmax yields shares of 1.",
    remarkFrom: LEARNED_WELL,
  };
};

/**
 * The share of the squared error that lies where a sigmoid is wrong and so sure of it that hardly a gradient is left.
 */
function surelyWrong({ evidence, targets }: Pair): number {
  const { outputs } = evidence.observation;
  if (!outputs || targets?.kind !== "rows") return 0;
  let [stuck, whole] = [0, 0];
  outputs.forEach((y, i) => {
    const error = (y - targets.data[i]) ** 2;
    whole += error;
    if (error > 0.25 && y * (1 - y) < SURE) stuck += error;
  });
  return whole > 0 ? stuck / whole : 0;
}

/** A loss of numbers on classes. */
const classesAsNumbers: Rule = (pair) => {
  const { loss, facts, units } = pair;
  if (isClassification(loss) || !facts?.isBits) return undefined;
  const name = nameOf(pair);
  const isWhole = facts.isExclusive && units > 1;
  const better = isWhole
    ? "Make the last layer linear and take crossEntropy (of logits)."
    : "Make the last layer linear and take binaryCrossEntropy (of logits), or a sigmoid and " +
      "binaryCrossEntropy of probabilities.";
  if (canDie(pair.activation))
    return {
      message:
        `The targets are classes, 0 and 1, and the last layer's ${name} is closed where it should say more: ` +
        "rows that it holds at 0 give it no gradient.",
      advice: better,
      remarkFrom: LEARNED_WELL,
    };
  if (loss === "meanAbsoluteError")
    return {
      message:
        "The targets are classes, 0 and 1, and the best constant of an absolute error is the more frequent of them: " +
        "it rewards a network that always says it.",
      advice: better,
      remarkFrom: LEARNED_CLASSES,
    };
  // A linear output with a squared error on 0 and 1 is a linear probability model: a choice, not a fault.
  const isSigmoid = name === LINK.binaryCrossEntropy;
  if (!isSigmoid && !isWhole) return undefined;
  const stuck = isSigmoid ? surelyWrong(pair) : 0;
  const why = isSigmoid
    ? `the gradient of ${loss} fades where the sigmoid is wrong and sure of it ` +
      (stuck > 0 ? `(${formatPercent(stuck)} of the loss lies there)` : "(on none of these rows so far)")
    : `${loss} punishes outputs for being further on the right side than 1`;
  return {
    message: `The targets are classes, 0 and 1, and ${why}.`,
    advice: better,
    remarkFrom: isSigmoid && stuck < MUCH_OF_THE_LOSS ? -Infinity : LEARNED_CLASSES,
    ...(isSigmoid && { figures: { stuck } }),
  };
};

const RULES: readonly Rule[] = [
  bentLogits,
  rawOutputs,
  numbersAsClasses,
  otherLink,
  severalClasses,
  softmaxOfNumbers,
  logarithmOfNegative,
  unreachable,
  sharesByThemselves,
  classesAsNumbers,
];

export function findLossMismatch(evidence: Evidence, output: Output, facts: TargetFacts | undefined): Found[] {
  const { targets } = evidence;
  const pair = { ...output, evidence, targets, facts };
  for (const rule of RULES) {
    const found = rule(pair);
    if (!found) continue;
    const { remarkFrom = Infinity, message, advice, figures } = found;
    const isRemark = remarkFrom === -Infinity || hasLearned(evidence, remarkFrom) === true;
    const role = isRemark ? "remark" : "cause";
    return [{ kind: "lossMismatch", role, message, advice, layer: output.layer, ...(figures && { figures }) }];
  }
  return [];
}
