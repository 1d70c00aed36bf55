// Where the units of a value lie behind nodes that keep them apart, and zeros zero: if a unit is silent, what comes of
// it is too. Followed by the shapes that were seen on a run: an axis that has the units' size by chance is not theirs.
import { productOf } from "../arrays/numbers.js";
import type { Node } from "../models/read/onnx/model.js";
import { axesOf, axisWithout, keepsAxes, MERGES, REDUCES } from "./axes.js";
import { PASSES, type UnitValue } from "./feeding.js";
import type { Graph } from "./graph.js";

/** Along an axis: numbers of outer x units x inner. */
export interface UnitAxis {
  readonly name: string;
  readonly axis: number;
  readonly rank: number;
  readonly outer: number;
  readonly units: number;
  readonly inner: number;
}

/** Channels come second in what these take. */
const POOLS = new Set(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"]);
const RESIZES = new Set(["Resize", "Upsample"]);

/**
 * Operators of which the shapes of what they take and make tell whether units are where they were; axes.ts asks too.
 */
export const SHAPED: ReadonlySet<string> = new Set(["Mul", ...RESIZES, ...MERGES, ...REDUCES]);

/**
 * What has no weights and takes no other value than its first: whatever comes of the rows by it is fixed as they are.
 */
export function isPlain({ op }: Node): boolean {
  return PASSES.has(op) || POOLS.has(op) || RESIZES.has(op) || MERGES.has(op) || REDUCES.has(op);
}

export function unitAxisOf(name: string, { axis, rank, units }: UnitValue): UnitAxis {
  return { name, axis, rank, outer: 1, units, inner: 1 };
}

/** The unit at a place of the axis. */
export function unitAt({ units, inner }: UnitAxis, place: number): number {
  return Math.floor(place / inner) % units;
}

/** All places of a unit along the axis. */
export function* placesAlong({ outer, units, inner }: UnitAxis, unit: number): Generator<number> {
  for (let before = 0; before < outer; before++)
    for (let place = 0; place < inner; place++) yield (before * units + unit) * inner + place;
}

/** Numbers along the axis. */
export function sizeOf({ outer, units, inner }: UnitAxis): number {
  return outer * units * inner;
}

/** Axes of places taken away, or left with a size of 1. */
function reduced(graph: Graph, node: Node, from: UnitAxis, after: readonly number[]): UnitAxis | undefined {
  const { rank, axis } = from;
  const axes = axesOf(graph, node, rank);
  if (!axes || axes.length === 0 || axes.includes(0)) return undefined;
  const ownAxis = axisWithout(node, axes, axis);
  const ownRank = keepsAxes(node) ? rank : rank - axes.length;
  if (ownAxis === undefined || after.length !== ownRank || after[ownAxis] !== sizeOf(from)) return undefined;
  return { ...from, axis: ownAxis, rank: ownRank };
}

/** All axes behind the rows in one. */
function merged(from: UnitAxis, before: readonly number[], after: readonly number[]): UnitAxis | undefined {
  const { axis, rank, outer, inner } = from;
  const [rows, ...others] = before;
  if (axis === 0 || before.length !== rank || before[axis] !== sizeOf(from)) return undefined;
  if (after.length !== 2 || after[0] !== rows || after[1] !== productOf(others)) return undefined;
  return {
    ...from,
    axis: 1,
    rank: 2,
    outer: outer * productOf(before.slice(1, axis)),
    inner: inner * productOf(before.slice(axis + 1)),
  };
}

/** As many axes, and the units where they were. */
function kept(from: UnitAxis, after: readonly number[]): UnitAxis | undefined {
  return after.length === from.rank && after[from.axis] === sizeOf(from) ? from : undefined;
}

function placed(graph: Graph, node: Node, from: UnitAxis): UnitAxis | undefined {
  const { op } = node;
  if (PASSES.has(op)) return from;
  if (POOLS.has(op)) return from.axis === 1 && from.rank > 2 ? from : undefined;
  const [before, after] = [graph.shapes.get(from.name), graph.shapes.get(node.outputs[0])];
  if (!after) return undefined;
  if (op === "Mul") return kept(from, after);
  if (RESIZES.has(op)) {
    const crops = node.attributes.get("coordinate_transformation_mode")?.text() === "tf_crop_and_resize";
    return crops ? undefined : kept(from, after);
  }
  if (REDUCES.has(op)) return reduced(graph, node, from, after);
  return MERGES.has(op) && before ? merged(from, before, after) : undefined;
}

/**
 * Where units are behind a node that takes them as its first input, or as a factor.
 * @returns undefined where they are not kept apart, or that is not known
 */
export function unitsThrough(graph: Graph, node: Node, from: UnitAxis): UnitAxis | undefined {
  const isTaken = node.inputs[0] === from.name || (node.op === "Mul" && node.inputs.includes(from.name));
  const after = isTaken ? placed(graph, node, from) : undefined;
  return after && { ...after, name: node.outputs[0] };
}
