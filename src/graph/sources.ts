// Where the inputs of a product come from: the units of an activation, through nodes that keep units apart and zeros
// zero; or the rows themselves, through nodes without weights.
import type { Node } from "../models/read/onnx/model.js";
import type { UnitValue } from "./feeding.js";
import type { Graph } from "./graph.js";
import { isPlain, type UnitAxis, unitAxisOf, unitsThrough } from "./units-through.js";

const FARTHEST = 32;

/** Whose units, and where they lie in the value; or the rows. */
export type Origin = { readonly place: number; readonly units: UnitAxis } | "rows";

/** The activations by the names of their outputs. */
export type Outputs = ReadonlyMap<string, { readonly place: number; readonly value: UnitValue }>;

/** Where a value comes from; undefined where that is not known. */
export function originOf(graph: Graph, name: string, outputs: Outputs): Origin | undefined {
  const passed: Node[] = [];
  let at = name;
  while (passed.length < FARTHEST) {
    const known = outputs.get(at);
    if (known) {
      const units = passed.reduceRight<UnitAxis | undefined>(
        (from, node) => from && unitsThrough(graph, node, from),
        unitAxisOf(at, known.value),
      );
      return units && { place: known.place, units };
    }
    const node = graph.producer(at);
    if (node === undefined) return isRows(graph, at, passed) ? "rows" : undefined;
    const before = inputOf(graph, node, outputs);
    if (before === undefined) return undefined;
    passed.push(node);
    at = before;
  }
  return undefined;
}

/** A factor may be learned, or come of what is: rows that are gated are not fixed. */
function isRows(graph: Graph, name: string, passed: readonly Node[]): boolean {
  return graph.inputs.some((input) => input.name === name) && passed.every(isPlain);
}

/** The input that a node's result hangs on: if it is 0, so is the result. */
function inputOf(graph: Graph, node: Node, outputs: Outputs): string | undefined {
  if (node.op !== "Mul") return isPlain(node) ? node.inputs[0] : undefined;
  return node.inputs.find((name) => {
    if (graph.isConstant(name)) return false;
    const producer = graph.producer(name);
    return outputs.has(name) || (producer !== undefined && isPlain(producer));
  });
}
