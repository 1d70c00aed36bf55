// What units show together: closed together, never differing, cut off above, a network that says the same to all; and
// sparsity that is healthy.
import { isRectifier, type ObservedActivationName } from "../../activations/activations.js";
import { isSmoothAndPositive } from "../../activations/analysis.js";
import {
  closedLayer,
  closedLayerInTraining,
  closedUnits,
  type Evidence,
  type Found,
  isConstant,
  outgoingOf,
  samplesDiffer,
} from "./evidence.js";
import { hasLearned } from "./learned.js";
import { findTwins } from "./identical-units.js";
import type { Mechanism } from "../types.js";
import { countOf, formatCount, formatNumber, formatPercent, listWords, plural } from "../../text/numbers.js";
import { listNames } from "../../text/naming.js";
import { shiftName } from "../../text/shift.js";

/**
 * Mean activity below which units count as sparse; at a symmetric start it is a half. Over 90 % of zeros is healthy
 * (ReLU Strikes Back, Mirzadeh et al. 2023).
 */
const SPARSE_BELOW = 0.3;
/** ... but a mean activity of less than one sample in a hundred is no longer called healthy, */
const SPARSE_FROM = 0.01;
/** nor is a layer with a larger share of dead units, */
const FEW_DEAD = 0.05;
/** or layers most of whose units are rare or dormant. */
const FEW_RARE = 0.5;
/** Fewer samples don't tell sparse from dead. */
const SPARSE_SAMPLES = 50;

function findZeroOutgoing(evidence: Evidence): Found[] {
  const { naming } = evidence;
  return evidence.hidden.flatMap(({ layer, units }): Found[] => {
    const outgoing = outgoingOf(evidence, layer);
    const isPassedOn = evidence.observation.layers[layer + 1]?.isResidual;
    if (!outgoing || isPassedOn) return [];
    const cut = units.filter(({ unit }) => outgoing(unit).every((weight) => weight === 0));
    if (cut.length === 0) return [];
    const dead = cut.filter(({ state }) => state === "dead").length;
    const deadAsWell = dead === 0 ? "" : ` (${formatCount(dead)} ${plural(dead, "is", "are")} dead as well)`;
    return [
      {
        kind: "zeroOutgoingWeights",
        message:
          `${countOf(cut.length, "unit")} of ${formatCount(units.length)} in layer ${naming.layer(layer)} ` +
          `${plural(cut.length, "has", "have")} outgoing weights that are all 0${deadAsWell}: no signal passes on, ` +
          `and no gradient comes back to ${plural(cut.length, "its", "their")} own weights until an outgoing weight ` +
          `has moved: ${listNames(
            cut.map(({ unit }) => unit),
            naming.unit,
          )}.`,
        advice:
          dead === cut.length
            ? "Prune them: dead and without outgoing weights, they change no output."
            : "Train on if they were just recycled or start so on purpose (a unit that fires moves its own outgoing " +
              "weights); else reinitialize or prune them.",
        layer,
      },
    ];
  });
}

export function findSilentTogether(evidence: Evidence): Found[] {
  const { naming } = evidence;
  return evidence.hidden.flatMap(({ layer, units }): Found[] => {
    const closed = closedUnits(evidence, layer);
    if (closed.length < 2) return [];
    return [
      {
        kind: "silentTogether",
        message:
          `${formatCount(closed.length)} of ${countOf(units.length, "unit")} in layer ${naming.layer(layer)} are 0 together ` +
          `on all ${countOf(evidence.observation.rows, "sample")}: ${listNames(closed, naming.unit)}.`,
        advice: "See what closes them (mechanism) and whether it is permanent, unit by unit, in the diagnosis.",
        layer,
      },
    ];
  });
}

function findCutOff(evidence: Evidence): Found[] {
  const layer = closedLayerInTraining(evidence);
  if (layer < 1) return [];
  const { naming } = evidence;
  const lowest = naming.layer(0);
  const below = layer === 1 ? `Layer ${lowest} gets` : `Layers ${lowest} to ${naming.layer(layer - 1)} get`;
  const name = naming.layer(layer);
  const units = evidence.observation.layers[layer].units.length;
  return [
    {
      kind: "noGradientFromAbove",
      message:
        `${below} no gradient: above, ${plural(units, "the only unit", `all ${formatCount(units)} units`)} of layer ` +
        `${name} ${plural(units, "is", "are")} closed on all ${countOf(evidence.observation.rows, "sample")}.`,
      advice: `Open layer ${name} first (a higher ${shiftOfLayers(evidence, [layer])} there, or leakyRelu): until then no gradient gets below it.`,
      layer: layer - 1,
    },
  ];
}

interface ClosedBy {
  readonly mechanism: Mechanism;
  readonly units: number;
  /** Those that have such units. */
  readonly layers: readonly number[];
}

/** By what most units of the layers that are closed as a whole are closed, apart from those that only get zeros. */
function closedBy(evidence: Evidence): ClosedBy | undefined {
  const closed = evidence.hidden
    .filter(({ layer, units }) => closedUnits(evidence, layer).length === units.length)
    .flatMap(({ layer, units }) => units.map(({ mechanism }) => ({ layer, mechanism })));
  const by = (wanted: Mechanism): ClosedBy => {
    const found = closed.filter(({ mechanism }) => mechanism === wanted);
    return { mechanism: wanted, units: found.length, layers: [...new Set(found.map(({ layer }) => layer))] };
  };
  const [weights, bias, gamma] = [by("negativeWeights"), by("negativeBias"), by("zeroGamma")];
  const most = [weights, bias, gamma].reduce((a, b) => (b.units > a.units ? b : a));
  return most.units === 0 ? undefined : most;
}

/** "bias", or "beta" where the layers are normalized. */
const shiftOfLayers = ({ observation }: Evidence, layers: readonly number[]) =>
  shiftName(layers.map((layer) => observation.layers[layer]));

/** "layer 1" or "layers 0 and 1". */
const layersText = ({ naming }: Evidence, layers: readonly number[]) =>
  `${plural(layers.length, "layer", "layers")} ${listWords(layers.map((layer) => naming.layer(layer)))}`;

/** What to do about layers that are closed as a whole. */
function openingText(evidence: Evidence, layers: readonly number[], by: Mechanism | undefined): string {
  const names = layersText(evidence, layers);
  if (by === "negativeWeights")
    return `Lower the learning rate, centre the inputs, or make ${names} wider or leakyRelu`;
  const shift = shiftOfLayers(evidence, layers);
  if (by === "zeroGamma") return `Give ${names} gammas other than 0`;
  if (by === "negativeBias" && shift !== "bias")
    return `Lower the learning rate, and raise ${shift} of ${names} (treat does)`;
  if (by !== "negativeBias")
    return `Open ${names} (a higher ${shift}, or start again with another seed, a wider layer or leakyRelu)`;
  const { spec } = evidence.observation;
  const startsAtZero = layers.every((layer) => spec?.layers[layer]?.biasInitializer === 0);
  return startsAtZero
    ? `Lower the learning rate, and raise the biases of ${names} (treat does)`
    : `Start ${names} with biases of 0 (the default), or raise them (treat does)`;
}

const isLastFrozen = ({ observation: { spec } }: Evidence) => spec?.layers.at(-1)!.frozen === true;

function closedByWords(evidence: Evidence, layers: readonly number[], by: Mechanism | undefined): string {
  if (by === "negativeBias") return shiftOfLayers(evidence, layers);
  return by === "zeroGamma" ? "gamma" : "weights";
}

/** Cause and advice; closed: the highest layer of which every unit is closed, or -1. */
function collapseTexts(evidence: Evidence, closed: number, isCut: boolean): [cause: string, advice: string] {
  if (closed >= 0) {
    const by = closedBy(evidence);
    const layers = by?.layers ?? [closed];
    const what = closedByWords(evidence, layers, by?.mechanism);
    const isOpenInTraining = closedLayerInTraining(evidence) < closed;
    const only = isOpenInTraining
      ? ", by running statistics, or without dropout: batches of a training may open it"
      : "";
    const where = layers.join() === String(closed) ? "" : ` of ${layersText(evidence, layers)}`;
    const why = by ? ` (${countOf(by.units, "unit")}${where} by ${plural(by.units, "its", "their")} ${what})` : "";
    return [
      `, since layer ${evidence.naming.layer(closed)} is closed as a whole${why}${only}`,
      `${openingText(evidence, layers, by?.mechanism)}: until ${plural(layers.length, "it opens", "they open")} ` +
        "the network is a constant.",
    ];
  }
  if (isCut && isLastFrozen(evidence))
    return [
      ", since the last layer's kernel is all 0, and frozen",
      "Thaw the last layer (frozen: false), or start it with random weights.",
    ];
  if (isCut)
    return [
      ", since the last layer's kernel is all 0",
      (evidence.history?.epochs.length ?? 0) > 0
        ? "Start with random weights (a kernelInitializer such as heNormal)."
        : "Nothing to do if it starts so on purpose: the first update moves the kernel.",
    ];
  return [
    "",
    "Look at the layers for units that are saturated or constant or have outgoing weights of 0, " +
      "and start again with other weights.",
  ];
}

/** Its index, where the last layer is known to be one. */
function outputLayer({ observation, hidden }: Evidence): number | undefined {
  return hidden.length < observation.layers.length ? hidden.length : undefined;
}

function findCollapsed(evidence: Evidence): Found[] {
  const { layers, rows } = evidence.observation;
  const last = outputLayer(evidence);
  if (last === undefined || !samplesDiffer(evidence)) return [];
  const { units, weights } = layers[last];
  const closedOutputs = closedUnits(evidence, last);
  if (!units.every((unit, index) => isConstant(unit) || closedOutputs.includes(index))) return [];
  const closed = closedLayer(evidence);
  const isCut = closed < 0 && weights !== undefined && weights.kernel.every((weight) => weight === 0);
  const [cause, advice] = collapseTexts(evidence, closed, isCut);
  const value = units.length === 1 && closed !== last ? ` (last preactivation ${formatNumber(units[0].mean)})` : "";
  return [
    {
      kind: "collapsedOutput",
      ...(isCut && isLastFrozen(evidence) && { role: "cause" }),
      message: `The network yields the same output on all ${countOf(rows, "sample")}${cause}${value}.`,
      advice,
      ...(closed >= 0 && { layer: closed }),
    },
  ];
}

const softplusText = (name: ObservedActivationName) =>
  isSmoothAndPositive(name) ? "" : ", or softplus where outputs must be positive";

function findClosedOutputs(evidence: Evidence): Found[] {
  const layer = outputLayer(evidence);
  if (layer === undefined) return [];
  const closed = closedUnits(evidence, layer);
  if (closed.length === 0) return [];
  const { activation, units } = evidence.observation.layers[layer];
  return [
    {
      kind: "deadOutputUnits",
      message:
        `${formatCount(closed.length)} of ${countOf(units.length, "output unit")} (${activation.name}) ` +
        `${plural(closed.length, "is", "are")} closed on all ${countOf(evidence.observation.rows, "sample")}, ` +
        `0 whatever the input and without a gradient: ${listNames(closed, evidence.naming.unit)}.`,
      advice: `Make the last layer linear (the default)${softplusText(activation.name)}.`,
      layer,
    },
  ];
}

/** Layers are silent as a whole on some rows, and the network has not learned: that may be what stands in the way. */
function areRowsClosed(evidence: Evidence): boolean {
  const { layers } = evidence.observation;
  return (
    hasLearned(evidence) === false && evidence.hidden.some((_, layer) => (layers[layer].closedRows?.length ?? 0) > 0)
  );
}

export function findSparsity(evidence: Evidence): Found[] {
  const { hidden, history } = evidence;
  const { rows } = evidence.observation;
  const layers = hidden.filter(({ activation }) => isRectifier(activation));
  if (layers.length === 0 || rows < SPARSE_SAMPLES || history?.stopped === "diverged" || !samplesDiffer(evidence))
    return [];
  if (layers.some(({ dead, units }) => dead > FEW_DEAD * units.length) || areRowsClosed(evidence)) return [];
  const units = layers.flatMap((layer) => layer.units);
  const activity = units.reduce((sum, unit) => sum + unit.activity, 0) / units.length;
  if (activity >= SPARSE_BELOW || activity < SPARSE_FROM) return [];
  const faint = units.filter(({ state }) => state === "rare" || state === "dormant").length;
  if (faint > FEW_RARE * units.length) return [];
  const dead = units.filter(({ state }) => state === "dead").length;
  return [
    {
      kind: "healthySparsity",
      message:
        `A relu unit fires on ${formatPercent(activity)} of the samples on average, and ` +
        `${dead === 0 ? "none" : formatCount(dead)} of ${formatCount(units.length)} ` +
        `${plural(dead, "is", "are")} dead: they are sparse, not dying.`,
      advice: "Nothing to do: sparse activity is healthy, and closed units cost no time.",
    },
  ];
}

export function findUnits(evidence: Evidence): Found[] {
  const whole = [...findCollapsed(evidence), ...findCutOff(evidence), ...findZeroOutgoing(evidence)];
  if (evidence.observation.rows < 2) return whole; // one sample opens half of all units, and closes the others
  return [
    ...whole,
    ...findClosedOutputs(evidence),
    ...findSilentTogether(evidence),
    ...findTwins(evidence),
    ...findSparsity(evidence),
  ];
}
