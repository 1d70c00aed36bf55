// Units that never differ: one of them would do.
import { type Evidence, groupBy, isConstant, samplesDiffer } from "./evidence.js";
import { countOf, listIndices } from "../../text/numbers.js";
import type { Finding } from "../types.js";
import { forEachChunk } from "../../network/training/evaluate.js";

/** Groups of a layer that are told one by one. */
const MOST_GROUPS = 8;

/** The weights that leave a unit, and those that enter it with its bias and slope. */
export function weightsOf({ state }: Evidence, layer: number) {
  const { layout, parameters, spec } = state;
  const widthOf = (index: number) => spec.layers[index].units;
  const kernelOf = (index: number) =>
    state.floats(parameters + layout.layers[index].kernel, state.inputsOf(index) * widthOf(index));
  const width = widthOf(layer);
  const kernel = kernelOf(layer),
    above = kernelOf(layer + 1),
    widthAbove = widthOf(layer + 1);
  const { bias, alpha = bias } = layout.layers[layer];
  const biases = state.floats(parameters + bias, width),
    alphas = state.floats(parameters + alpha, width);
  return {
    outgoing: (unit: number) => above.subarray(unit * widthAbove, (unit + 1) * widthAbove),
    haveEqualIncoming(a: number, b: number): boolean {
      for (let i = 0; i < kernel.length; i += width) if (kernel[i + a] !== kernel[i + b]) return false;
      return biases[a] === biases[b] && alphas[a] === alphas[b];
    },
  };
}

function reasonOf(isLocked: boolean, isTwin: boolean, areConstant: boolean): string {
  if (isLocked)
    return (
      "they have the same weights in and out, so that all get the same gradient, " +
      "and plain gradient steps keep them equal"
    );
  if (isTwin) return "they have the same incoming weights";
  return areConstant ? "each of them is constant" : "on these samples they compute the same";
}

function describeTwins(evidence: Evidence, layer: number, group: readonly number[]): Finding {
  const [first, ...others] = group;
  const { haveEqualIncoming, outgoing } = weightsOf(evidence, layer);
  const areConstant = isConstant(evidence.totals[layer][first]);
  const isTwin = others.every((unit) => haveEqualIncoming(first, unit));
  const isLocked = isTwin && others.every((unit) => outgoing(unit).every((weight, i) => weight === outgoing(first)[i]));
  return {
    kind: "constantTogether",
    message:
      `${countOf(group.length, "unit")} in layer ${layer} never differ on all ${countOf(evidence.x.rows, "sample")}: ` +
      `${reasonOf(isLocked, isTwin, areConstant)}: ${listIndices(group)}.`,
    advice: isTwin
      ? "Start with random weights (a kernelInitializer such as heNormal), or merge them into one unit."
      : "Merge them into one unit, or reinitialize all but one.",
    layer,
  };
}

/** The parts of the groups within which all units agree on each of these rows (rows x width). */
function split(groups: readonly number[][], a: Float32Array, width: number): number[][] {
  let parts = groups.slice();
  for (let row = 0; row < a.length && parts.length > 0; row += width) {
    parts = parts.flatMap((part) =>
      part.every((unit) => a[row + unit] === a[row + part[0]]) ? [part] : groupBy(part, (unit) => a[row + unit]),
    );
  }
  return parts;
}

/** By hidden layer, the groups of units that are not dead and have the same activation on each sample. */
function findEqual({ hidden, totals, state, buffers, passes, x }: Evidence): number[][][] {
  const groups = hidden.map(({ layer, units }) =>
    groupBy(
      units.filter(({ state: verdict }) => verdict !== "dead").map(({ unit }) => unit),
      (unit) => totals[layer][unit].meanActivation,
    ),
  );
  if (groups.every(({ length }) => length === 0)) return groups; // as a rule: equal activations have equal sums
  forEachChunk({ passes, buffers }, x, false, (_start, rows) => {
    groups.forEach((parts, layer) => {
      const width = state.spec.layers[layer].units;
      groups[layer] = split(parts, state.floats(buffers.activations(layer), rows * width), width);
    });
  });
  return groups;
}

export function findTwins(evidence: Evidence): Finding[] {
  if (!samplesDiffer(evidence)) return [];
  return findEqual(evidence).flatMap((groups, layer): Finding[] => {
    const told = groups.slice(0, MOST_GROUPS).map((group) => describeTwins(evidence, layer, group));
    if (groups.length <= MOST_GROUPS) return told;
    return [
      ...told,
      {
        kind: "constantTogether",
        message:
          `${countOf(groups.length - MOST_GROUPS, "more group")} of units in layer ${layer} never differ ` +
          `on all ${countOf(evidence.x.rows, "sample")}.`,
        advice: "Start with random weights, or merge each group into one unit.",
        layer,
      },
    ];
  });
}
