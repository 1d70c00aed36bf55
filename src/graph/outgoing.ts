// Where the units of an activation go. A unit that is 0 on all rows may be opened without any change of the outputs if
// all weights that lead away from it can be set to 0: they multiplied 0 before.
import { integerOf, type Node } from "../models/read/onnx/model.js";
import { productOf } from "../arrays/numbers.js";
import type { UnitValue } from "./feeding.js";
import type { Graph } from "./graph.js";
import { isInUnitOrder, isZeroKept, mergesAxes, reducesAxes } from "./sources.js";

/** Weights that multiply units. */
export interface Outgoing {
  readonly node: Node;
  /** Which of its inputs they are. */
  readonly input: number;
  /** The places in the weights that multiply one unit. */
  readonly placesOf: (unit: number) => Iterable<number>;
}

/** What a value has become on the way. */
interface Way {
  readonly isFlattened: boolean;
  readonly isReduced: boolean;
}

const WITHOUT_VALUES = new Set(["Shape", "Size"]);
const MOST_NODES = 64;

/** Thrown inside where a unit goes somewhere that cannot be closed: why. */
class Blocked extends Error {}

function describeNode({ op, name, outputs }: Node): string {
  return `${op} ${name || outputs[0]}`.slice(0, 80);
}

class Search {
  readonly found: Outgoing[] = [];
  #seen = new Set<string>();

  constructor(
    readonly graph: Graph,
    readonly value: UnitValue,
  ) {}

  visit(name: string, way: Way): void {
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    if (this.#seen.size > MOST_NODES) throw new Blocked("a long way to the next weights");
    if (this.graph.isOutput(name)) throw new Blocked("an output of the model");
    for (const node of this.graph.consumers(name)) this.#enter(node, name, way);
  }

  #enter(node: Node, name: string, way: Way): void {
    if (WITHOUT_VALUES.has(node.op)) return;
    if (isZeroKept(node) || mergesAxes(this.graph, node)) {
      if (node.inputs.lastIndexOf(name) > 0 || node.outputs.length > 1) throw new Blocked(describeNode(node));
      const isFlattened = way.isFlattened || mergesAxes(this.graph, node);
      return this.visit(node.outputs[0], { isFlattened, isReduced: way.isReduced || reducesAxes(node) });
    }
    if (node.op === "Mul" && this.#keepsUnits(node.outputs[0])) return this.visit(node.outputs[0], way);
    const outgoing = this.#weights(node, name, way);
    if (outgoing === undefined) throw new Blocked(describeNode(node));
    this.found.push(outgoing);
  }

  /** A product of two values has the units where they were, and as many. */
  #keepsUnits(name: string): boolean {
    const shape = this.graph.shapes.get(name);
    return shape?.length === this.value.rank && shape[this.value.axis] === this.value.units;
  }

  #weights(node: Node, name: string, way: Way): Outgoing | undefined {
    const [x, weights, ...others] = node.inputs;
    if (x !== name || weights === name || others.includes(name) || !this.graph.isConstant(weights)) return undefined;
    const shape = this.graph.constant(weights)?.shape;
    if (!shape) return undefined;
    if (node.op === "Conv" || node.op === "ConvTranspose") return this.#convolution(node, shape, way);
    const isDense = node.op === "MatMul" || (node.op === "Gemm" && integerOf(node, "transA", 0) === 0);
    return isDense && shape.length === 2 ? this.#dense(node, shape, way) : undefined;
  }

  #convolution(node: Node, shape: readonly number[], { isFlattened }: Way): Outgoing | undefined {
    const { axis, units } = this.value;
    const groups = integerOf(node, "group", 1);
    const [first, second] = shape;
    const places = productOf(shape.slice(2));
    const inputs = node.op === "Conv" ? second * groups : first;
    if (axis !== 1 || isFlattened || inputs !== units) return undefined;
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

  #dense(node: Node, shape: readonly number[], way: Way): Outgoing | undefined {
    const { units } = this.value;
    const isTurned = integerOf(node, "transB", 0) !== 0;
    const [rows, columns] = isTurned ? [shape[1], shape[0]] : shape;
    const isFit = way.isFlattened ? rows % units === 0 : rows === units;
    if (!isFit || !isInUnitOrder(way, this.value)) return undefined;
    const block = rows / units;
    return {
      node,
      input: 1,
      *placesOf(unit) {
        for (let row = unit * block; row < (unit + 1) * block; row++)
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
  const search = new Search(graph, value);
  try {
    search.visit(output, { isFlattened: false, isReduced: false });
    return search.found;
  } catch (error) {
    if (error instanceof Blocked) return error.message;
    throw error;
  }
}
