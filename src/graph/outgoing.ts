// Where the units of an activation go. A unit that is 0 on all rows may be opened without any change of the outputs if
// all weights that lead away from it can be set to 0: they multiplied 0 before.
import { integerOf, type Node } from "../models/read/onnx/model.js";
import { productOf } from "../arrays/numbers.js";
import type { UnitValue } from "./feeding.js";
import type { Graph } from "./graph.js";
import { isPlain, placesAlong, sizeOf, type UnitAxis, unitAxisOf, unitsThrough } from "./units-through.js";

/** Weights that multiply units. */
export interface Outgoing {
  readonly node: Node;
  /** Which of its inputs they are. */
  readonly input: number;
  /** The places in the weights that multiply one unit. */
  readonly placesOf: (unit: number) => Iterable<number>;
}

const WITHOUT_VALUES = new Set(["Shape", "Size"]);
/** Walks meet no more values than this. */
const MOST_NODES = 64;

/** Thrown inside where a unit goes somewhere that cannot be closed: why. */
class Blocked extends Error {}

/** @param taken the value that it takes */
function describeNode({ op, name, inputs, outputs }: Node, taken: string): string {
  const node = `${op} ${name || outputs[0]}`.slice(0, 80);
  return inputs.includes(taken) ? node : `a graph within ${node}`;
}

class Search {
  readonly found: Outgoing[] = [];
  #seen = new Set<string>();

  constructor(readonly graph: Graph) {}

  visit(units: UnitAxis): void {
    const { name } = units;
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    if (this.#seen.size > MOST_NODES) throw new Blocked("a long way to the next weights");
    if (this.graph.isOutput(name)) throw new Blocked("an output of the model");
    for (const node of this.graph.consumers(name)) this.#enter(node, units);
  }

  #enter(node: Node, units: UnitAxis): void {
    if (WITHOUT_VALUES.has(node.op)) return;
    if (isPlain(node) || node.op === "Mul") {
      const after = unitsThrough(this.graph, node, units);
      const isElsewhere = node.op !== "Mul" && node.inputs.lastIndexOf(units.name) > 0;
      if (!after || isElsewhere || node.outputs.length > 1) throw new Blocked(describeNode(node, units.name));
      return this.visit(after);
    }
    const outgoing = this.#weights(node, units);
    if (outgoing === undefined) throw new Blocked(describeNode(node, units.name));
    this.found.push(outgoing);
  }

  #weights(node: Node, from: UnitAxis): Outgoing | undefined {
    const { name } = from;
    const [x, weights, ...others] = node.inputs;
    if (x !== name || weights === name || others.includes(name) || !this.graph.isConstant(weights)) return undefined;
    const shape = this.graph.constant(weights)?.shape;
    if (!shape) return undefined;
    if (node.op === "Conv" || node.op === "ConvTranspose") return this.#convolution(node, shape, from);
    const isDense = node.op === "MatMul" || (node.op === "Gemm" && integerOf(node, "transA", 0) === 0);
    return isDense && shape.length === 2 ? this.#dense(node, shape, from) : undefined;
  }

  #convolution(node: Node, shape: readonly number[], from: UnitAxis): Outgoing | undefined {
    const { axis, units } = from;
    const groups = integerOf(node, "group", 1);
    const [first, second] = shape;
    const places = productOf(shape.slice(2));
    const inputs = node.op === "Conv" ? second * groups : first;
    if (axis !== 1 || sizeOf(from) !== units || inputs !== units) return undefined;
    if (node.op === "ConvTranspose")
      return { node, input: 1, placesOf: (unit) => range(unit * second * places, second * places) };
    const fromGroup = first / groups;
    return {
      node,
      input: 1,
      *placesOf(unit) {
        const start = Math.floor(unit / second) * fromGroup;
        for (let to = start; to < start + fromGroup; to++)
          yield* range((to * second + (unit % second)) * places, places);
      },
    };
  }

  #dense(node: Node, shape: readonly number[], from: UnitAxis): Outgoing | undefined {
    const isTurned = integerOf(node, "transB", 0) !== 0;
    const [rows, columns] = isTurned ? [shape[1], shape[0]] : shape;
    if (from.axis !== from.rank - 1 || rows !== sizeOf(from)) return undefined;
    return {
      node,
      input: 1,
      *placesOf(unit) {
        for (const row of placesAlong(from, unit))
          for (let column = 0; column < columns; column++)
            yield isTurned ? column * rows + row : row * columns + column;
      },
    };
  }
}

function* range(start: number, count: number): Generator<number> {
  for (let at = start; at < start + count; at++) yield at;
}

/** All weights that units lead to; a text where there is something else, which names it. */
export function outgoingOf(graph: Graph, output: string, value: UnitValue): readonly Outgoing[] | string {
  const search = new Search(graph);
  try {
    search.visit(unitAxisOf(output, value));
    return search.found;
  } catch (error) {
    if (error instanceof Blocked) return error.message;
    throw error;
  }
}

/**
 * What else than the activation takes the values between a bias and it: a text that names it; undefined: nothing.
 * @param passed those values
 * @param output the activation's: what pieces an activation is made of end there
 */
export function takenBeside(graph: Graph, passed: readonly string[], output: string): string | undefined {
  const seen = new Set(passed);
  for (const name of seen) {
    if (graph.isOutput(name)) return "an output of the model";
    for (const node of graph.consumers(name)) {
      if (WITHOUT_VALUES.has(node.op) || node.outputs.includes(output)) continue;
      for (const made of node.outputs) if (made !== "") seen.add(made);
      if (node.outputs.some((made) => graph.isOutput(made)) || seen.size > MOST_NODES) return describeNode(node, name);
    }
  }
  return undefined;
}
