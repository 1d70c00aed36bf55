// A layer so narrow that it starts closed as a whole in more than one start of a hundred. It is named only where the
// network has not learned, or has such a layer closed: a narrow layer that works is no fault.
import { closedUpTo } from "../../activations/analysis.js";
import { closedLayer, closedUnits, type Evidence, type Found } from "./evidence.js";
import { moreToLearn } from "./learnable.js";
import { hasLearnedMuch } from "./learned.js";
import { densePieces } from "../../core/matrix.js";
import { closedAtStart } from "../forecast/closed-layers.js";
import { countOf, formatCount, formatPercent, formatRange } from "../../text/numbers.js";

const OFTEN = 0.01;
/** ... of a layer that is open, and most of whose units live, it must be more to be what stands in the way. */
const VERY_OFTEN = 0.2;

/** Targets that are the inputs: a layer is narrow on purpose. */
function isCopy({ observation: { inputs }, targets }: Evidence): boolean {
  if (!inputs || targets?.kind !== "rows" || targets.columns !== inputs.x.columns) return false;
  for (const { start, piece } of densePieces(inputs.all ?? inputs.x))
    if (!piece.data.every((value, i) => value === targets.data[start * piece.columns + i])) return false;
  return true;
}

/** So few numbers are too few for what more inputs tell, */
const FEW_UNITS = 2;

/** if fits of all inputs tell much more than they let through. */
function findSqueeze(evidence: Evidence, areSamplesClosed: boolean): Found[] {
  const { hidden, observation } = evidence;
  const layer = hidden.findIndex(({ units }) => units.length <= FEW_UNITS);
  const columns = observation.inputs?.x.columns ?? 0;
  if (layer < 0 || isCopy(evidence)) return [];
  // two units that close carry one number, above 0 and below; where both are closed that is told already
  const isHalf = !areSamplesClosed && closedUpTo(observation.layers[layer].activation) === 0;
  if (hidden[layer].units.length >= (isHalf ? 2 : 1) * columns) return [];
  const left = moreToLearn(evidence);
  if (!left) return [];
  const units = hidden[layer].units.length;
  const { network, fits } = left;
  return [
    {
      kind: "bottleneck",
      message:
        `Layer ${evidence.naming.layer(layer)} has ${countOf(units, `${hidden[layer].activation} unit`)} for what ` +
        `${formatCount(columns)} input columns tell: the network leaves ${formatPercent(network)} of a constant's ` +
        `loss, and a fit of all columns, judged on other rows, ${formatPercent(fits)}.`,
      advice: "Make it wider.",
      layer,
      figures: { units, columns, network, fits },
    },
  ];
}

/**
 * @param isMisfit the output layer does not fit the targets: that it closes too comes of it
 * @param areSamplesClosed that a layer is closed on some rows is told already
 * @param isSlow its steps are too small or too few: of an open layer of more than FEW_UNITS that is the reason
 */
export function findBottleneck(
  evidence: Evidence,
  isMisfit: boolean,
  areSamplesClosed: boolean,
  isSlow: boolean,
): Found[] {
  const { inputs, spec, rows } = evidence.observation;
  if (!inputs || !spec || rows < 2) return [];
  const isClosed = closedLayer(evidence) >= 0;
  const squeeze = isClosed || isSlow || isMisfit ? [] : findSqueeze(evidence, areSamplesClosed);
  if (squeeze.length > 0) return squeeze;
  if (!isClosed && (areSamplesClosed || hasLearnedMuch(evidence) !== false)) return [];
  const found = closedAtStart(spec, inputs.x);
  if (!found || found.chance.low <= OFTEN) return [];
  const { layer, units, chance, isCertain } = found;
  if (!isClosed && isSlow && units > FEW_UNITS) return [];
  const isHarmed = 2 * closedUnits(evidence, layer).length >= units;
  if (!isClosed && !isHarmed && chance.low < VERY_OFTEN) return [];
  const isOutput = layer === spec.layers.length - 1;
  const often =
    chance.high - chance.low < 0.005
      ? formatPercent(chance.low)
      : formatRange(chance.low, chance.high, formatPercent, " to ");
  return [
    {
      kind: "bottleneck",
      ...(isOutput && isMisfit && { role: "symptom" }),
      message:
        `Layer ${evidence.naming.layer(layer)} has ${countOf(units, `${spec.layers[layer].activation.name} unit`)}: ` +
        `a network like this one starts with a layer closed on every row in ${often} of starts${isCertain ? "" : " (with 95 % confidence)"}.`,
      advice: isOutput
        ? "Make the last layer linear (the default), or softplus where outputs must be positive."
        : "Make it wider, or take leakyRelu or linear there: until it opens, nothing below it learns.",
      layer,
      figures: { units, low: chance.low, high: chance.high },
    },
  ];
}
