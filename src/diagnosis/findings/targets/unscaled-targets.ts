// Targets whose mean or spread is far from what outputs reach: initial outputs have a size of about 1, and a step moves
// them by a little. Raw targets that were learned all the same are no fault.
import { closedLayer, type Evidence, type Found } from "../evidence.js";
import { hasLearned } from "../learned.js";
import { outputOf } from "./output.js";
import { rangeOf } from "../../../activations/analysis.js";
import { measureColumns } from "../../inputs/columns.js";
import { isClassification } from "../../../network/losses.js";
import { formatNumber } from "../../../text/numbers.js";

/** Root mean square of a column of targets, from which on it counts as far from 1. */
const LARGE = 10;
/** ... from which on it does where a layer is closed as a whole: of a blow of less than that the rate is the cause. */
const VERY_LARGE = 100;
/** The outputs' mean is off by at least so many spreads of the targets, */
const OFF = 0.5;
/** or the targets rise so much faster than the outputs that go with them. */
const STEEP = 1.5;
/** Outputs of so many times the targets' size have shot past them. */
const PAST = 10;

interface Column {
  readonly mean: number;
  readonly spread: number;
  readonly outputMean: number;
  readonly outputSpread: number;
  /** Of the regression of targets on outputs: 1 where outputs have the size that they should have. */
  readonly slope: number;
}

function readColumns(outputs: Float32Array, targets: Float32Array, columns: number): Column[] {
  const rows = targets.length / columns;
  const t = measureColumns({ rows, columns, data: targets });
  const y = measureColumns({ rows, columns, data: outputs });
  const products = new Array<number>(columns).fill(0);
  for (let i = 0; i < targets.length; i++) {
    const c = i % columns;
    products[c] += ((outputs[i] - y.mean[c]) * (targets[i] - t.mean[c])) / rows;
  }
  return products.map((product, c) => ({
    mean: t.mean[c],
    spread: t.spread[c],
    outputMean: y.mean[c],
    outputSpread: y.spread[c],
    slope: product / y.spread[c] ** 2,
  }));
}

const sizeOf = ({ mean, spread }: Column) => Math.hypot(mean, spread);

/** Whether outputs have not come to where the targets are; what shot past them by far is another fault. */
function isOutOfReach(column: Column, isNoBetter: boolean): boolean {
  const { mean, spread, outputMean, outputSpread, slope } = column;
  if (!(Math.hypot(outputMean, outputSpread) <= PAST * sizeOf(column))) return false;
  if (isNoBetter) return true;
  return Math.abs(outputMean - mean) > OFF * spread || slope > STEEP;
}

export function findUnscaledTargets(evidence: Evidence): Found[] {
  const { observation, targets, learning } = evidence;
  const output = outputOf(evidence);
  if (!output || !observation.outputs || targets?.kind !== "rows" || !learning || observation.rows < 2) return [];
  if (isClassification(output.loss) || rangeOf(output.activation)[1] < Infinity || hasLearned(evidence) !== false)
    return [];
  const isNoBetter = !(learning.skill !== undefined && learning.skill > 0);
  const columns = readColumns(observation.outputs, targets.data, targets.columns);
  const large = closedLayer(evidence) >= 0 ? VERY_LARGE : LARGE;
  const far = columns.filter((column) => sizeOf(column) >= large && isOutOfReach(column, isNoBetter));
  if (far.length === 0) return [];
  const worst = far.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
  const { mean, spread, outputMean, outputSpread } = worst;
  const where =
    columns.length === 1 ? "The targets" : `The targets of output ${evidence.naming.unit(columns.indexOf(worst))}`;
  return [
    {
      kind: "unscaledTargets",
      message:
        `${where} have a mean of ${formatNumber(mean)} and a spread of ${formatNumber(spread)}, and initial ` +
        "weights and usual learning rates suppose about 0 and 1; the outputs have come to a mean of " +
        `${formatNumber(outputMean)} and a spread of ${formatNumber(outputSpread)}.`,
      advice:
        "Standardize the targets (standardizeTargets: subtract the mean, divide by the spread), and undo it " +
        "on the predictions.",
      layer: output.layer,
      figures: { mean, spread, outputMean, outputSpread },
    },
  ];
}
