// Rows on which every unit of a layer is closed, or a relu output whose target is above 0: the dual of the dead unit.
// On them no gradient gets below the layer, and the network says one constant.
import { closedLayer, type Evidence, type Found } from "./evidence.js";
import { testFits } from "./learnable.js";
import { hasLearned } from "./learned.js";
import { lossesOfOutputs } from "../learning/row-losses.js";
import type { ObservedActivationName } from "../../activations/activations.js";
import type { Loss } from "../../network/losses.js";
import { canDie, isSmoothAndPositive } from "../../activations/analysis.js";
import { countOf, formatPercent, plural } from "../../text/numbers.js";

/** Of the loss that a hidden layer's closed rows must have to be what stands in the way; */
const MOST_OF_THE_LOSS = 0.5;
/** less for a relu output, which is wrong for certain where it is closed and its target is above 0. */
const MUCH_OF_THE_LOSS = 0.25;

/** A fit that leaves so much of a constant's loss has seen nothing but noise. */
const NOTHING_TOLD = 0.95;

interface Closed {
  readonly layer: number;
  readonly rows: ArrayLike<number>;
  readonly needed: number;
}

/** Rows on which a relu output is closed that should say more. */
function shortOutputs({ observation, targets }: Evidence): Closed[] {
  const { outputs, layers } = observation;
  const layer = layers.length - 1;
  if (!outputs || targets?.kind !== "rows" || !canDie(layers[layer].activation)) return [];
  const units = targets.columns;
  const rows: number[] = [];
  for (let row = 0; row < observation.rows; row++)
    for (let i = row * units; i < (row + 1) * units; i++)
      if (outputs[i] <= 0 && targets.data[i] > 0) {
        rows.push(row);
        break;
      }
  return [{ layer, rows, needed: MUCH_OF_THE_LOSS }];
}

/**
 * Hidden layers with closed rows; not those that are closed on all, of which other findings tell, nor any below one,
 * which says the same whatever they do.
 */
function closedHidden(evidence: Evidence): Closed[] {
  const { observation, hidden } = evidence;
  const shut = closedLayer(evidence);
  return hidden.flatMap((_, layer) => {
    const rows = observation.layers[layer].closedRows;
    return layer > shut && rows && rows.length > 0 && rows.length < observation.rows
      ? [{ layer, rows, needed: MOST_OF_THE_LOSS }]
      : [];
  });
}

function shareOf(losses: Float64Array, total: number, rows: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) sum += losses[rows[i]];
  return sum / total;
}

/** Whether the inputs of these rows tell something of their targets, as far as that can be seen. */
function isLearnable(evidence: Evidence, rows: ArrayLike<number>): boolean {
  const test = testFits(evidence, rows);
  return !test || Math.min(test.linear, test.bent) < NOTHING_TOLD;
}

/** What does not close: a linear output, unless the loss is of positive numbers and the output is smooth already. */
function adviceForOutput(activation: ObservedActivationName, loss: Loss): string {
  const isSmooth = isSmoothAndPositive(activation);
  if (isSmooth && loss === "poisson")
    return "Lower the learning rate and start again: a softplus closes where large weights take it far below 0.";
  return isSmooth
    ? "Make the last layer linear (the default); or lower the learning rate and start again."
    : "Make the last layer linear (the default), or softplus where outputs must be positive.";
}

export function findClosedSamples(evidence: Evidence): Found[] {
  const { observation, targets, learning } = evidence;
  const { outputs, rows: count, layers } = observation;
  if (!outputs || !targets || !learning || count < 2 || hasLearned(evidence) !== false) return [];
  const closed = [...closedHidden(evidence), ...shortOutputs(evidence)].filter(({ rows }) => rows.length > 0);
  if (closed.length === 0) return [];
  const losses = lossesOfOutputs(learning.reader, outputs, targets).map((loss) => loss - learning.lowestLoss);
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  const found = closed
    .map((one) => ({ ...one, share: shareOf(losses, total, one.rows) }))
    .filter(({ share, needed }) => share >= needed);
  if (found.length === 0) return [];
  const { layer, rows, share } = found.reduce((a, b) => (b.share > a.share ? b : a));
  if (!isLearnable(evidence, rows)) return [];
  const units = layers[layer].units.length;
  const name = evidence.naming.layer(layer);
  const isOutput = layer === layers.length - 1;
  const what = isOutput
    ? `a ${layers[layer].activation.name} output is closed though its target is above 0`
    : `${plural(units, "the only unit", "every unit")} of layer ${name} is closed`;
  const effect = isOutput
    ? "it says 0 there and gets no gradient"
    : "the network says one and the same there, and no gradient gets below";
  return [
    {
      kind: "closedSamples",
      message:
        `On ${countOf(rows.length, "row")} of ${countOf(count, "row")} ${what}: ${effect}, and ` +
        `${formatPercent(share)} of the loss lies on ${plural(rows.length, "it", "them")}.`,
      advice: isOutput
        ? adviceForOutput(layers[layer].activation.name, learning.reader.name)
        : `Widen layer ${name}, take leakyRelu there, or raise its ${layers[layer].normalized ? "betas" : "biases"} so that each row opens a unit.`,
      layer,
      figures: { closedRows: rows.length, rows: count, lossShare: share },
    },
  ];
}
