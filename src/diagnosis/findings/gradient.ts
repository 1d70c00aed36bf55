// Does the gradient reach the first layer? A few samples go through the network and back. Hochreiter 1991; Glorot and
// Bengio 2010: the sigmoid's slope is at most 1/4, so that n layers of it let at most 4^-n through unless the weights
// make up for it.
import { closedLayer, type Evidence, type Found } from "./evidence.js";
import { moreToLearn } from "./learnable.js";
import { placeOfLargest } from "../../core/statistics.js";
import { countOf, formatNumber, formatPercent } from "../../text/numbers.js";
import { denseRows, type Matrix, type SampleRows, takeSamples } from "../../core/matrix.js";
import type { GradientNorms } from "../../inspect/inspector.js";
import { type PreparedTargets, takeTargets } from "../../network/data.js";
import { type ObservedActivationName, isRectifier } from "../../activations/activations.js";
import { analysisOf } from "../../activations/analysis.js";

const SAMPLES = 64;
/**
 * The gradient's norm as it arrives at the last hidden layer over that which leaves the first: from here on it vanishes
 * in layers of sigmoid or tanh ...
 */
const VANISHING = 10;
/** ... if each of them lets through less than a third on average, as no healthy tanh does; */
const LAYER_FACTOR = 1 / 3;
/**
 * in others from here on: closed relus make the norm smaller, yet let the rest through whole. Healthy layers of all
 * kinds keep it within 10 times (measured, 20 layers).
 */
const VANISHED = 1000;
/** Where slopes let through less than this, they are what is named. */
const FLAT = 0.5;
/** A layer whose slopes let through less than this share of the steepest is saturated on nearly all rows. */
const SATURATED = 0.1;
/** ... and by its inputs, where they are far from a size of about 1, from this share on. */
const SATURATED_BY_INPUTS = 0.25;

/** A few of the rows, evenly apart, with their targets. */
function pick(x: SampleRows, targets: PreparedTargets | undefined): { x: Matrix; y: PreparedTargets | undefined } {
  const rows = Math.min(SAMPLES, x.rows);
  const indices = Array.from({ length: rows }, (_, i) => Math.floor((i * x.rows) / rows));
  return { x: denseRows(takeSamples(x, indices)), y: targets && takeTargets(targets, indices) };
}

/**
 * The share that the slopes of layers 0 to `top` let through, on average over the layers; nothing is said of layers
 * that nothing reaches.
 */
function slopeFactor(norms: readonly GradientNorms[], top: number): number {
  const factors = norms
    .slice(0, top + 1)
    .filter(({ arriving }) => arriving > 0)
    .map(({ arriving, passed }) => passed / arriving);
  return Math.exp(factors.reduce((sum, factor) => sum + Math.log(factor), 0) / factors.length);
}

/** " (a sigmoid's slope is at most 1/4)", where the activation by itself makes the gradient smaller. */
function boundText(name: ObservedActivationName): string {
  const { slopeBound } = analysisOf(name);
  return slopeBound === undefined ? "" : ` (a ${name}'s slope is at most ${slopeBound})`;
}

/** What the slopes of a layer let through, of what its steepest would. */
const openness = ({ arriving, passed }: GradientNorms, name: ObservedActivationName) =>
  passed / arriving / analysisOf(name).largestSlope(Infinity, 0, 0);

/** The most saturated layer of those that bend both ways, where fits tell that there is more to learn. */
function findSaturated(evidence: Evidence, norms: readonly GradientNorms[]): Found[] {
  const shares = evidence.hidden.map(({ activation }, layer) => openness(norms[layer], activation));
  const layer = placeOfLargest(shares.map((share) => -share));
  if (!(shares[layer] < SATURATED) || !moreToLearn(evidence)) return [];
  const { activation } = evidence.hidden[layer];
  return [
    {
      kind: "vanishingGradient",
      message:
        `Layer ${evidence.naming.layer(layer)} is saturated: its ${activation} units lie so far from 0 that their slopes let ` +
        `${formatPercent(shares[layer])} through of what they would at 0.`,
      advice: "Start with smaller weights (glorotUniform), scale the inputs to a size of about 1, or use relu.",
      layer,
      figures: { share: shares[layer], inFirst: Number(layer === 0) },
    },
  ];
}

export function findVanishing(evidence: Evidence): Found[] {
  const { observation, hidden, targets, naming } = evidence;
  const { gradientNorms, inputs } = observation;
  const top = hidden.length - 1;
  const bending = hidden.every(({ activation }) => analysisOf(activation).isTwoSided);
  if (top < (bending ? 0 : 1) || closedLayer(evidence) >= 0 || !gradientNorms || !inputs) return [];
  const few = pick(inputs.all ?? inputs.x, targets);
  const norms = gradientNorms(few.x, few.y);
  // Norms shrink where layers get narrower on the way down, means where they get wider: what shrinks by width alone
  // does not vanish.
  const widths = [hidden[0].units.length, hidden[top].units.length];
  const isWider = widths[0] >= widths[1];
  const [first, above] = [norms[0].passed, norms[top].arriving].map((norm, i) =>
    isWider ? norm : norm / Math.sqrt(widths[i]),
  );
  const shrinks = above / first;
  const vanishes = bending
    ? shrinks >= VANISHING && shrinks ** (-1 / hidden.length) <= LAYER_FACTOR
    : shrinks >= VANISHED && shrinks < Infinity;
  if (!vanishes) return bending ? findSaturated(evidence, norms) : [];
  // the layers above let it through: the first one alone is saturated
  const inFirst =
    bending &&
    norms[top].arriving / norms[0].arriving < VANISHING &&
    openness(norms[0], hidden[0].activation) < SATURATED_BY_INPUTS;
  const slopes = slopeFactor(norms, top);
  const names = [...new Set(hidden.map(({ activation }) => activation))];
  const blame =
    slopes < FLAT
      ? `the slopes of ${names.join(", ")} let ${formatNumber(slopes)} of it through a layer on average` +
        names.map(boundText).join("")
      : "small weights let little of it through";
  const way =
    top === 0 ? `in layer ${naming.layer(0)}` : `from layer ${naming.layer(top)} down through layer ${naming.layer(0)}`;
  const measure = isWider ? "norm" : "root mean square";
  const factor = first === 0 ? "to nothing" : `${formatNumber(shrinks)} times`;
  const source = targets ? "of the loss" : "of outputs pushed at random";
  return [
    {
      kind: "vanishingGradient",
      message:
        `The gradient's ${measure} shrinks ${factor} ${way} (${formatNumber(above)} to ${formatNumber(first)} on ` +
        `${countOf(few.x.rows, "sample")}, ${source}): ${blame}.`,
      advice:
        slopes < FLAT && !names.some(isRectifier)
          ? "Use relu with heNormal weights, fewer layers, or smaller weights where units are saturated."
          : "Start with larger weights (heNormal for relu, glorotUniform for tanh), or with fewer layers.",
      layer: 0,
      figures: { shrinks, share: slopes, inFirst: Number(inFirst) },
    },
  ];
}
