// A network without a bend on data that need one. Layers that are linear are together one layer that is; where the data
// need no bend, that is no fault.
import { testForBend } from "./bend-test.js";
import { type Evidence, type Found, isConstant } from "./evidence.js";
import { hasLearned } from "./learned.js";
import { factsOfTargets } from "./targets/target-facts.js";
import { shapeOf } from "../../activations/activations.js";
import type { PreparedTargets } from "../../network/data.js";
import { isClassification } from "../../network/losses.js";
import { countOf, formatCount, formatPercent, plural } from "../../text/numbers.js";

/** A bend takes away at least this share of what the best linear fit leaves on rows that it was not fitted to, */
const GAIN = 0.2;
/** and what it takes away is this share of what a constant leaves. */
const WORTH = 0.05;

/** A row's targets as numbers, and whether they are shares of classes. */
function readTargets(
  targets: PreparedTargets,
  units: number,
  isOfClasses: boolean,
): { outputs: number; areClasses: boolean; targetOf: (row: number) => ArrayLike<number> } {
  if (targets.kind === "labels") {
    const { labels } = targets;
    const areClasses = true;
    return {
      outputs: units,
      areClasses,
      targetOf: (row) => Array.from({ length: units }, (_, k) => Number(k === labels[row])),
    };
  }
  const { data, columns } = targets;
  const { isBits, isExclusive } = factsOfTargets(targets);
  const rowOf = (row: number) => data.subarray(row * columns, (row + 1) * columns);
  if (columns === 1 && (isBits || isOfClasses))
    return { outputs: 2, areClasses: true, targetOf: (row) => [1 - data[row], data[row]] };
  return { outputs: columns, areClasses: isExclusive, targetOf: rowOf };
}

export function findLinearNetwork(evidence: Evidence): Found[] {
  const { observation, hidden, targets } = evidence;
  const { inputs, loss, layers } = observation;
  if (!inputs || !targets || !loss || hidden.some(({ activation }) => shapeOf(activation) !== "linear")) return [];
  if (hasLearned(evidence) !== false) return [];
  const varying = [...inputs.columns.keys()].filter((column) => !isConstant(inputs.columns[column]));
  const { outputs, areClasses, targetOf } = readTargets(targets, layers.at(-1)!.units.length, isClassification(loss));
  const test = testForBend(inputs.x, varying, outputs, targetOf, areClasses);
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
