// A network without a bend on data that need one. Layers that are linear are together one layer that is; where the data
// need no bend, that is no fault.
import type { Evidence, Found } from "../evidence.js";
import { balancedRows, testFits } from "../learnable.js";
import { hasLearned } from "../learned.js";
import { isLinear } from "../../../activations/activations.js";
import { countOf, formatCount, formatPercent, plural } from "../../../text/numbers.js";

/** A bend takes away at least this share of what the best linear fit leaves on rows that it was not fitted to, */
const GAIN = 0.2;
/** and what it takes away is this share of what a constant leaves. */
const WORTH = 0.05;

export function findLinearNetwork(evidence: Evidence): Found[] {
  const { hidden, observation } = evidence;
  // what is normalized row by row is divided by what the row itself says: that bends
  const isBent = hidden.some(
    ({ activation }, l) => !isLinear(activation) || observation.layers[l].normalized === "layer",
  );
  if (isBent || hasLearned(evidence) !== false) return [];
  const test = testFits(evidence, balancedRows(evidence));
  if (!test) return [];
  const { linear, bent, rows } = test;
  if (!(linear - bent >= GAIN * linear && linear - bent >= WORTH)) return [];
  const depth = hidden.length;
  const what =
    depth === 0
      ? "The network has no hidden layer"
      : `${plural(depth, "The only hidden layer is", `All ${formatCount(depth)} hidden layers are`)} linear, which ` +
        "together with the last one is a single linear layer";
  return [
    {
      kind: "linearNetwork",
      message:
        `${what}, and the data need a bend: on ${countOf(rows, "row")}, each judged by a fit to the others, the best ` +
        `linear fit leaves ${formatPercent(linear)} of a constant's loss, and one with relu features ` +
        `${formatPercent(bent)}.`,
      advice: depth === 0 ? "Add a hidden layer with relu." : "Make the hidden layers relu (the default).",
      figures: { linear, bent, rows },
    },
  ];
}
