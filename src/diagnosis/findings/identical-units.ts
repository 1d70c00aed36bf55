// Units that never differ: one of them would do.
import { type Evidence, type Found, groupsOf, isConstant, outgoingOf, samplesDiffer } from "./evidence.js";
import { hasLearned } from "./learned.js";
import { countOf } from "../../text/numbers.js";
import { listNames } from "../../text/naming.js";
import { columnVaries } from "../../core/matrix.js";
import type { LayerWeights } from "../../inspect/observation.js";
import { WEIGHT_NAMES } from "../../network/state/weight-names.js";

/** Groups of a layer that are told one by one. */
const MOST_GROUPS = 8;

/** Have units of a layer the same incoming weights, and the same other numbers of their own? */
function haveEqualIncoming(weights: LayerWeights, a: number, b: number): boolean {
  const { units } = weights;
  const areEqual = (values: Float32Array) => {
    for (let i = 0; i < values.length; i += units) if (values[i + a] !== values[i + b]) return false;
    return true;
  };
  return WEIGHT_NAMES.every((name) => weights[name] === undefined || areEqual(weights[name]));
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

interface Likeness {
  /** The same incoming weights and other numbers of its own. */
  readonly isTwin: boolean;
  /** ... and the same outgoing weights. */
  readonly isLocked: boolean;
}

function likenessOf(evidence: Evidence, layer: number, [first, ...others]: readonly number[]): Likeness {
  const { weights } = evidence.observation.layers[layer];
  const outgoing = outgoingOf(evidence, layer);
  const isTwin = weights !== undefined && others.every((unit) => haveEqualIncoming(weights, first, unit));
  const hasEqualOutgoing = (unit: number) => outgoing!(unit).every((weight, i) => weight === outgoing!(first)[i]);
  return { isTwin, isLocked: isTwin && outgoing !== undefined && others.every(hasEqualOutgoing) };
}

/**
 * All units of a layer, where they are one unit many times over, be it a dead one where nothing is learned: weights
 * that are all zero, or all the same. One gradient for all of them keeps them so, and nothing more is learned than one
 * unit can.
 */
function symmetricLayer(evidence: Evidence, layer: number): number[] | undefined {
  const { units, dead } = evidence.hidden[layer];
  if (dead > 0 && hasLearned(evidence) !== false) return undefined;
  const all = [...units.keys()];
  return all.length > 1 && likenessOf(evidence, layer, all).isLocked ? all : undefined;
}

function describeTwins(evidence: Evidence, layer: number, group: readonly number[]): Found {
  const { naming, observation } = evidence;
  const { rows, layers } = observation;
  const areConstant = isConstant(layers[layer].units[group[0]]);
  const { isTwin, isLocked } = likenessOf(evidence, layer, group);
  return {
    kind: "constantTogether",
    ...(isLocked && group.length === layers[layer].units.length && { role: "cause" }),
    message:
      `${countOf(group.length, "unit")} in layer ${naming.layer(layer)} never differ on all ` +
      `${countOf(rows, "sample")}: ` +
      `${reasonOf(isLocked, isTwin, areConstant)}: ${listNames(group, naming.unit)}.`,
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
      part.every((unit) => a[row + unit] === a[row + part[0]]) ? [part] : groupsOf(part, (unit) => a[row + unit]),
    );
  }
  return parts;
}

/**
 * By hidden layer, the groups of units that are not dead and have the same activation on each sample: none where the
 * rows can't be seen again, since equal means do not make equal units.
 */
function findEqual({ observation: { layers, again, inputs, rows }, hidden }: Evidence): number[][][] {
  const groups = hidden.map(({ layer, units }) =>
    groupsOf(
      units.filter(({ state }) => state !== "dead" && state !== "notFinite").map(({ unit }) => unit),
      (unit) => layers[layer].units[unit].meanActivation,
    ),
  );
  const depth = groups.findLastIndex(({ length }) => length > 0) + 1;
  if (depth === 0) return groups; // most often: equal activations have equal sums
  if (!again) return groups.map(() => []);
  const isSample = inputs !== undefined && inputs.x.rows < rows;
  const varied = hidden.map(() => new Set<number>());
  again({ layers: depth }, (chunk) => {
    groups.forEach((parts, layer) => {
      if (parts.length === 0) return;
      const [a, width] = [chunk.activations(layer), hidden[layer].units.length];
      groups[layer] = split(parts, a, width);
      if (!isSample) return;
      for (const unit of groups[layer].flat())
        if (!varied[layer].has(unit) && columnVaries({ columns: width, data: a }, unit)) varied[layer].add(unit);
    });
    return groups.some(({ length }) => length > 0); // sums of a wide layer's units are equal by chance, too
  });
  if (!isSample) return groups;
  // units that hardly ever fire agree on most samples: what was seen to change, or never does, agrees on all rows
  const isTelling = (layer: number, unit: number) => varied[layer].has(unit) || isConstant(layers[layer].units[unit]);
  return groups.map((parts, layer) => parts.filter(([unit]) => isTelling(layer, unit)));
}

export function findTwins(evidence: Evidence): Found[] {
  if (!samplesDiffer(evidence)) return [];
  return findEqual(evidence).flatMap((equal, layer): Found[] => {
    const all = symmetricLayer(evidence, layer);
    const groups = all ? [all] : equal;
    const told = groups.slice(0, MOST_GROUPS).map((group) => describeTwins(evidence, layer, group));
    if (groups.length <= MOST_GROUPS) return told;
    return [
      ...told,
      {
        kind: "constantTogether",
        message:
          `${countOf(groups.length - MOST_GROUPS, "more group")} of units in layer ${evidence.naming.layer(layer)} never differ ` +
          `on all ${countOf(evidence.observation.rows, "sample")}.`,
        advice: "Start with random weights, or merge each group into one unit.",
        layer,
      },
    ];
  });
}
