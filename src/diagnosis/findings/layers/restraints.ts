// What is laid on a network, and takes away what it would learn: penalties, limits of norms, dropout, the epsilon of a
// normalization.
//
// The rule. Only where fits tell for certain that there is more to learn (learnable.ts), each by what it costs:
// - a penalty of the weights, where the network as it began would pay more for them than all that can be learned is
//   worth, the best constant's loss less the lowest, and a kernel has shrunk by a fifth or more, as fast as steps let
//   it; or where l1 has shrunk a normalized layer's kernel to a fiftieth (it turns weights towards signs alone; l2
//   leaves directions);
// - one of the activations, where units that say 1 would cost as much;
// - a limit of the norms, where it is less than half of what units began with;
// - dropout, where it alone makes a sum over the layer's units vary by half of what it is: of n units, with a share of
//   p, by sqrt(p / ((1 - p)·n));
// - an epsilon of more than any program's own, 0.001, that is a hundred times the variance v it is added to, or more:
//   what is normalized then has a variance v/(v + epsilon) of at most 0.01 instead of 1. Of a batch normalization this
//   is the median of its units, v being what the rows have; of a layer normalization the mean square over its units.
//   (A smaller epsilon outweighs inputs that are too small, which are told of as such.)
// Else a normalized layer says the same whatever the size of its kernel: penalties and limits of that hold nothing down
// there.
import type { Evidence, Found } from "../evidence.js";
import { moreToLearn } from "../learnable.js";
import type { LayerObservation, StartDistance } from "../../../inspect/observation.js";
import { USUAL_EPSILON } from "../../../network/normalization.js";
import type { ResolvedSpec } from "../../../network/spec.js";
import { mean, median, sum } from "../../../core/statistics.js";
import { formatNumber, formatPercent, listWords } from "../../../text/numbers.js";

type Layer = ResolvedSpec["layers"][number];

/** Of what norms began with. */
const HELD = 0.5;
/** Of what kernels began with. */
const SHRINKING = 0.8;
/** Of a normalized layer's. */
const SHRUNK = 0.02;
const WEAKER = "make l1 and l2 of kernelRegularizer a hundred times smaller";
/** Of a sum over the units of a layer. */
const NOISE = 0.5;
/** Mean |w| over the root mean square, of uniform and normal weights about. */
const MEAN_SIZE = 0.85;

/** Of the variance that a normalization should give. */
const FLAT = 0.01;
/** Beta hides in float32 what is smaller. */
const HIDDEN = 1e-6;

/** Penalties of its weights and limits of their norms take nothing away there. */
const isUntouched = ({ normalization, frozen }: Layer) => normalization !== undefined || frozen === true;

interface Held {
  readonly what: string;
  readonly advice: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** What the kernels would cost as they began. */
function costOfKernels(layers: readonly Layer[], starts: readonly StartDistance[], weights: readonly number[]): number {
  return sum(
    layers.map((layer, i) => {
      const { l1 = 0, l2 = 0 } = (!isUntouched(layer) && layer.kernelRegularizer) || {};
      const { startSize } = starts[i];
      return weights[i] * (l1 * MEAN_SIZE * startSize + l2 * startSize ** 2);
    }),
  );
}

/** A normalized layer whose kernel l1 has shrunk to next to nothing. */
function byShrinking({ observation, naming }: Evidence, { layers }: ResolvedSpec): Held[] {
  const starts = observation.start!();
  const shareOf = (layer: number) => starts[layer].size / starts[layer].startSize;
  const layer = layers.findIndex(
    ({ normalization, kernelRegularizer, frozen }, i) =>
      normalization && kernelRegularizer?.l1 && !frozen && shareOf(i) < SHRUNK,
  );
  if (layer < 0) return [];
  return [
    {
      what:
        `the penalty of the weights (by l1 those of layer ${naming.layer(layer)} have shrunk to ` +
        `${formatPercent(shareOf(layer))} of what they began with)`,
      advice: WEAKER,
      figures: { shrunkTo: shareOf(layer) },
    },
  ];
}

function byPenalty(evidence: Evidence, spec: ResolvedSpec): Held[] {
  const { observation, learning } = evidence;
  const { layers } = spec;
  const starts = observation.start!();
  const weights = observation.layers.map((layer) => layer.weights?.kernel.length ?? 0);
  const cost = costOfKernels(layers, starts, weights);
  const shrunk = layers.some(
    (layer, i) => !isUntouched(layer) && layer.kernelRegularizer && starts[i].size < SHRINKING * starts[i].startSize,
  );
  if (!shrunk || cost < learning!.toLearn) return byShrinking(evidence, spec);
  return [
    {
      what:
        `the penalty of the weights (at the start it cost ${formatNumber(cost)}, and all that can be learned is worth ` +
        `${formatNumber(learning!.toLearn)})`,
      advice: WEAKER,
      figures: { penalty: cost, toLearn: learning!.toLearn },
    },
  ];
}

function byActivityPenalty({ learning }: Evidence, { layers }: ResolvedSpec): Held[] {
  const costs = layers.map(({ units, activityRegularizer, frozen }) => {
    const { l1 = 0, l2 = 0 } = (!frozen && activityRegularizer) || {};
    return units * (l1 + l2);
  });
  const cost = sum(costs);
  if (cost < learning!.toLearn) return [];
  return [
    {
      what:
        `the penalty of the activations (units that say 1 cost ${formatNumber(cost)}, and all that can be learned is ` +
        `worth ${formatNumber(learning!.toLearn)})`,
      advice: "make l1 and l2 of activityRegularizer a hundred times smaller",
      figures: { activityPenalty: cost, toLearn: learning!.toLearn },
    },
  ];
}

function byLimit({ observation, naming }: Evidence, { layers }: ResolvedSpec): Held[] {
  const starts = observation.start!();
  const layer = layers.findIndex((each, i) => {
    const { inputs = 0 } = observation.layers[i].weights ?? {};
    return (
      each.maxNorm !== undefined && !isUntouched(each) && each.maxNorm < HELD * starts[i].startSize * Math.sqrt(inputs)
    );
  });
  if (layer < 0) return [];
  const began = starts[layer].startSize * Math.sqrt(observation.layers[layer].weights!.inputs);
  const { maxNorm } = layers[layer] as { maxNorm: number };
  return [
    {
      what:
        `the limit of ${formatNumber(maxNorm)} to the weights of layer ${naming.layer(layer)}, whose units began with ` +
        `norms of about ${formatNumber(began)}`,
      advice: "leave maxNorm out, or let it be 2 to 4",
      figures: { maxNorm, norm: began },
    },
  ];
}

function byDropout({ naming }: Evidence, { layers }: ResolvedSpec): Held[] {
  const noiseOf = ({ dropout = 0, units }: Layer) => Math.sqrt(dropout / ((1 - dropout) * units));
  const layer = layers.findIndex((each) => noiseOf(each) >= NOISE);
  if (layer < 0) return [];
  const { dropout, units } = layers[layer] as Required<Pick<Layer, "dropout" | "units">>;
  const noise = noiseOf(layers[layer]);
  return [
    {
      what:
        `dropout of ${formatPercent(dropout)} of the ${units} units of layer ${naming.layer(layer)} (a sum of them varies ` +
        `by ${formatPercent(noise)} from step to step)`,
      advice: "take a dropout of 0.5 or less, or a wider layer",
      figures: { dropout, noise },
    },
  ];
}

/** The variance of what a layer normalizes, which should be about 1; undefined where it can't be told. */
function normalizedVariance({ units, weights, normalized }: LayerObservation, epsilon: number): number | undefined {
  const { gamma, beta, runningVariance } = weights ?? {};
  if (!gamma || !beta) return undefined;
  const variances = units.flatMap(({ mean: middle, variance }, unit) => {
    if (gamma[unit] === 0 || variance <= (HIDDEN * beta[unit]) ** 2) return [];
    const own = variance / gamma[unit] ** 2;
    if (normalized === "layer") return [own + ((middle - beta[unit]) / gamma[unit]) ** 2];
    const v = own * (runningVariance![unit] + epsilon);
    return [v / (v + epsilon)];
  });
  if (variances.length === 0) return undefined;
  return normalized === "layer" ? mean(variances) : median(variances);
}

function byEpsilon({ observation, naming }: Evidence, { layers }: ResolvedSpec): Held[] {
  for (const [layer, { normalization, frozen }] of layers.entries()) {
    const { epsilon = 0 } = normalization ?? {};
    if (!(epsilon > USUAL_EPSILON) || frozen) continue;
    const left = normalizedVariance(observation.layers[layer], epsilon);
    if (left === undefined || !(left > 0 && left <= FLAT)) continue;
    const variance = (epsilon * left) / (1 - left);
    return [
      {
        what:
          `the epsilon of ${formatNumber(epsilon)} that the normalization of layer ${naming.layer(layer)} adds to ` +
          `variances of about ${formatNumber(variance, 2)}`,
        advice: "leave the epsilon of normalizations at its default, 1e-5",
        figures: { epsilon, variance },
      },
    ];
  }
  return [];
}

export function findRestraints(evidence: Evidence): Found[] {
  const { observation, learning } = evidence;
  const { spec, start, training } = observation;
  if (!spec || !start || !training || !learning || !(learning.toLearn > 0)) return [];
  const held = [byPenalty, byActivityPenalty, byLimit, byDropout, byEpsilon].flatMap((find) => find(evidence, spec));
  const left = held.length > 0 ? moreToLearn(evidence) : undefined;
  if (!left) return [];
  const advice = listWords(held.map((each) => each.advice));
  return [
    {
      kind: "heldDown",
      message:
        `${listWords(held.map(({ what }) => what)).replace(/^./, (first) => first.toUpperCase())} ` +
        `${held.length > 1 ? "take" : "takes"} away what would be learned: the network leaves ` +
        `${formatPercent(left.network)} of a constant's loss, a fit of the inputs, judged on other rows, ` +
        `${formatPercent(left.fits)}.`,
      advice: `${advice[0].toUpperCase()}${advice.slice(1)}.`,
      figures: { ...Object.assign({}, ...held.map(({ figures }) => figures)), network: left.network, fits: left.fits },
    },
  ];
}
