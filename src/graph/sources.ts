// Where the inputs of a product come from: the units of an activation, or the rows themselves, through nodes that keep
// units apart and zeros zero. If a unit is silent, what comes of it is too.
import { integerOf, type Node } from "../models/read/onnx/model.js";
import type { UnitValue } from "./feeding.js";
import type { Graph } from "./graph.js";

/** What keeps units and zeros, of its first input. */
const KEEPS = new Set([
  "Identity",
  "Dropout",
  "Cast",
  "MaxPool",
  "AveragePool",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "Resize",
  "Upsample",
  "Squeeze",
  "ReduceMean",
  "ReduceSum",
  "ReduceMax",
]);
const REDUCES = new Set(["Squeeze", "ReduceMean", "ReduceSum", "ReduceMax"]);
const FARTHEST = 32;

export interface Origin {
  /** The name of an activation's output or of an input of the graph. */
  readonly name: string;
  /** Axes were merged on the way. */
  readonly isFlattened: boolean;
  /** Axes of places may be gone. */
  readonly isReduced: boolean;
}

/**
 * Whether the inputs of a dense layer are the units of a value in order, or blocks of them: behind a flatten the numbers
 * of one channel are together, those of one feature of several places are not.
 */
export function isInUnitOrder(
  { isFlattened, isReduced }: Pick<Origin, "isFlattened" | "isReduced">,
  { axis, rank }: UnitValue,
): boolean {
  return isFlattened ? axis === 1 : axis === rank - 1 || isReduced;
}

/**
 * Where a value comes from.
 * @param isKnown whether a name is one to end at
 */
export function originOf(graph: Graph, name: string, isKnown: (name: string) => boolean): Origin | undefined {
  let [isFlattened, isReduced] = [false, false];
  let at = name;
  for (let steps = 0; steps < FARTHEST; steps++) {
    if (isKnown(at)) return { name: at, isFlattened, isReduced };
    const node = graph.producer(at);
    if (node === undefined) return undefined;
    if (mergesAxes(graph, node)) isFlattened = true;
    else if (node.op === "Mul") {
      const factor = gatedInput(graph, node, isKnown);
      if (factor === undefined) return undefined;
      at = factor;
      continue;
    } else if (!isZeroKept(node)) return undefined;
    if (reducesAxes(node)) isReduced = true;
    at = node.inputs[0];
  }
  return undefined;
}

/** Whether a node keeps units apart, and a unit that is 0 at 0. */
export function isZeroKept({ op }: Node): boolean {
  return KEEPS.has(op);
}

/** Whether axes of places may be gone behind a node. */
export function reducesAxes({ op }: Node): boolean {
  return REDUCES.has(op);
}

/** Whether a node puts all axes behind the rows in one; of a Reshape its shape tells, where it was seen. */
export function mergesAxes(graph: Graph, node: Node): boolean {
  if (node.op === "Flatten") return integerOf(node, "axis", 1) === 1;
  return node.op === "Reshape" && graph.shapes.get(node.outputs[0])?.length === 2;
}

/** Of a product of two values the one that comes from somewhere: if it is 0, so is the product. */
function gatedInput(graph: Graph, { inputs }: Node, isKnown: (name: string) => boolean): string | undefined {
  const values = inputs.filter((name) => !graph.isConstant(name));
  return values.find((name) => isKnown(name) || KEEPS.has(graph.producer(name)?.op ?? ""));
}
