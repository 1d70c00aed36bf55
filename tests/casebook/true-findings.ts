// The findings that are facts and no matter of degree, worked out in float64: of every case it is known whether each
// holds.
import type { Case } from "./case.js";
import { isDead } from "./truth.js";
import type { FindingKind } from "../../src/index.js";
import { forward, type ReferenceLayer, type Rows } from "../reference/network.js";

const columnsOf = (rows: Rows) => rows[0].map((_, i) => rows.map((row) => row[i]));
const isConstant = (values: readonly number[]) => values.every((value) => value === values[0]);
const isRepeated = (columns: Rows) =>
  columns.some((values, i) =>
    columns.slice(0, i).some((earlier) => earlier.every((value, row) => value === values[row])),
  );

/** What is true of the case, by kind of finding. */
export function trueFindings(
  one: Case,
  layers: readonly ReferenceLayer[],
  x: Rows,
): Partial<Record<FindingKind, boolean>> {
  const passes = forward(layers, x);
  const last = layers.length - 1;
  const deadOf = layers.map((layer, index) => layer.bias.map((_, unit) => isDead(layer, passes[index], unit)));
  const inputs = columnsOf(x);
  const areMany = x.length > 1;
  const doDiffer = areMany && !inputs.every(isConstant);
  const living = (layer: number) => columnsOf(passes[layer].a).filter((_, unit) => !deadOf[layer][unit]);
  const hidden = layers.slice(0, -1).map((_, layer) => layer);
  const { targets, loss, history } = one;
  return {
    singleUnitSoftmax: loss === "crossEntropy" && layers[last].bias.length === 1,
    zeroOutgoingWeights: hidden.some((layer) =>
      layers[layer + 1].kernel.some((row) => row.every((weight) => weight === 0)),
    ),
    noGradientFromAbove: deadOf.slice(1).some((units) => units.every(Boolean)),
    silentTogether: areMany && hidden.some((layer) => deadOf[layer].filter(Boolean).length >= 2),
    constantTogether: doDiffer && hidden.some((layer) => isRepeated(living(layer))),
    collapsedOutput: doDiffer && columnsOf(passes[last].a).every(isConstant),
    constantInputs: areMany && inputs.some(isConstant),
    duplicateInputs: areMany && isRepeated(inputs.filter((values) => !isConstant(values))),
    divergence: history?.stopped === "diverged",
    singleClass:
      areMany &&
      (loss === "crossEntropy" || loss === "binaryCrossEntropy") &&
      targets !== undefined &&
      isConstant(targets as readonly number[]),
  };
}
