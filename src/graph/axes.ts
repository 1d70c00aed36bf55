// Which axis of a value counts its units: channels of a convolution come second, units of a dense layer last. It is
// told by the node that a value comes from, and followed through those that keep, move, add, take out or merge axes.
import { productOf } from "../arrays/numbers.js";
import { integerOf, type Node } from "../models/read/onnx/model.js";
import type { Graph } from "./graph.js";

const CHANNELS_SECOND = new Set([
  "Conv",
  "ConvTranspose",
  "QLinearConv",
  "ConvInteger",
  "BatchNormalization",
  "InstanceNormalization",
  "GroupNormalization",
  "MaxPool",
  "AveragePool",
  "LpPool",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "LRN",
  "Resize",
  "Upsample",
  "DepthToSpace",
  "SpaceToDepth",
]);
const UNITS_LAST = new Set([
  "Gemm",
  "MatMul",
  "MatMulInteger",
  "LayerNormalization",
  "RMSNormalization",
  "SkipLayerNormalization",
  "com.microsoft.SkipLayerNormalization",
  "com.microsoft.FusedMatMul",
  "com.microsoft.Attention",
  "LSTM",
  "GRU",
  "RNN",
]);
/** What is followed no further. */
const UNKNOWN = new Set(["Expand", "Einsum", "Tile", "Shape", "NonZero", "TopK", "GatherND", "ScatterND"]);
const FARTHEST = 64;
/** Operators whose axes are followed by the shapes of what they take and give: here, and in units-through.ts. */
export const MERGES: ReadonlySet<string> = new Set(["Flatten", "Reshape"]);
export const REDUCES: ReadonlySet<string> = new Set(["Squeeze", "ReduceMean", "ReduceSum", "ReduceMax"]);

/** Axes that a node names, by its attribute or its second input; undefined where they are not said. */
export function axesOf(graph: Graph, node: Node, rank: number): number[] | undefined {
  const named = node.attributes.get("axes")?.integers();
  const input = node.inputs[1];
  const axes = named ?? (input ? graph.constant(input)?.data : undefined);
  return axes && [...axes].map((axis) => (axis < 0 ? axis + rank : axis));
}

class AxisSearch {
  readonly #seen = new Set<string>();

  constructor(private readonly graph: Graph) {}

  /**
   * The axis that counts the units of a value of this rank; undefined where the nodes that it comes from do not tell.
   */
  of(name: string, rank: number): number | undefined {
    const node = this.graph.producer(name);
    if (node === undefined || this.#seen.has(name) || this.#seen.size > FARTHEST) return undefined;
    this.#seen.add(name);
    if (CHANNELS_SECOND.has(node.op)) return 1;
    const axis = this.#behind(node, rank);
    return axis !== undefined && axis >= 0 && axis < rank ? axis : undefined;
  }

  #behind(node: Node, rank: number): number | undefined {
    const { op } = node;
    if (UNKNOWN.has(op) || this.graph.hasInner(node)) return undefined;
    if (op === "Gather") return this.#gathered(node, rank);
    if (UNITS_LAST.has(op)) return this.#isWeightOnTheLeft(node) ? rank - 2 : rank - 1;
    if (op === "Transpose") return this.#transposed(node, rank);
    if (op === "Squeeze") return this.#squeezed(node);
    if (op === "Unsqueeze") return this.#unsqueezed(node, rank);
    if (MERGES.has(op)) return this.#reshaped(node);
    if (op.startsWith("Reduce")) return this.#reduced(node, rank);
    return this.#sameAxes(node, rank);
  }

  #isWeightOnTheLeft({ inputs: [left, right] }: Node): boolean {
    return left !== undefined && right !== undefined && this.graph.isConstant(left) && !this.graph.isConstant(right);
  }

  /** Of a table by its rows, or parts of a value. */
  #gathered(node: Node, rank: number): number | undefined {
    const [data, indices] = node.inputs;
    if (this.graph.isConstant(data)) return rank - 1;
    const picked = this.graph.constant(indices)?.shape.length;
    if (picked === undefined) return undefined;
    const before = rank - picked + 1;
    const along = integerOf(node, "axis", 0);
    const gone = along < 0 ? along + before : along;
    const axis = this.of(data, before);
    if (axis === undefined || axis === gone) return picked === 1 ? axis : undefined;
    return axis < gone ? axis : axis + picked - 1;
  }

  #transposed(node: Node, rank: number): number | undefined {
    const order = node.attributes.get("perm")?.integers() ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    const axis = this.of(node.inputs[0], rank);
    return axis === undefined || order.length !== rank ? undefined : order.indexOf(axis);
  }

  #squeezed(node: Node): number | undefined {
    const shape = this.graph.shapes.get(node.inputs[0]);
    if (shape === undefined) return undefined;
    const gone = axesOf(this.graph, node, shape.length) ?? shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
    const axis = this.of(node.inputs[0], shape.length);
    return axis === undefined ? undefined : axisWithout(node, gone, axis);
  }

  #unsqueezed(node: Node, rank: number): number | undefined {
    const added = axesOf(this.graph, node, rank);
    const axis = added && this.of(node.inputs[0], rank - added.length);
    if (added === undefined || axis === undefined) return undefined;
    return Array.from({ length: rank }, (_, place) => place).filter((place) => !added.includes(place))[axis];
  }

  /** The axis of the same size with as many numbers before it. */
  #reshaped({ inputs: [input], outputs: [output] }: Node): number | undefined {
    const [before, after] = [input, output].map((name) => this.graph.shapes.get(name));
    const axis = before && this.of(input, before.length);
    if (before === undefined || after === undefined || axis === undefined) return undefined;
    const numbers = productOf(before.slice(0, axis));
    const places = after.flatMap((size, place) =>
      size === before[axis] && productOf(after.slice(0, place)) === numbers ? [place] : [],
    );
    return places.find((place) => place > 0);
  }

  #reduced(node: Node, rank: number): number | undefined {
    const before = keepsAxes(node) ? rank : this.graph.shapes.get(node.inputs[0])?.length;
    const gone = before === undefined ? undefined : axesOf(this.graph, node, before);
    if (before === undefined || gone === undefined) return undefined;
    const axis = this.of(node.inputs[0], before);
    return axis === undefined ? undefined : axisWithout(node, gone, axis);
  }

  /** Of what keeps the axes of its inputs; of sums and products of several all that say so say the same. */
  #sameAxes(node: Node, rank: number): number | undefined {
    const said = new Set<number>();
    for (const input of node.inputs) {
      if (input === "" || this.graph.isConstant(input)) continue;
      const own = this.graph.shapes.get(input)?.length ?? rank;
      const axis = this.of(input, own);
      if (axis !== undefined) said.add(axis + rank - own);
    }
    return said.size === 1 ? [...said][0] : undefined;
  }
}

/** Whether a node that takes axes away leaves each with a size of 1. */
export function keepsAxes(node: Node): boolean {
  return node.op !== "Squeeze" && integerOf(node, "keepdims", 1) === 1;
}

/** Where an axis is behind a node that takes others away; undefined where it is one of them. */
export function axisWithout(node: Node, gone: readonly number[], axis: number): number | undefined {
  if (gone.includes(axis)) return undefined;
  return keepsAxes(node) ? axis : axis - gone.filter((each) => each < axis).length;
}

/**
 * The axis that counts the units of a value of this rank, by the nodes that it comes from; undefined where they do not
 * tell. Of two axes the second does.
 */
export function unitAxis(graph: Graph, name: string, rank: number): number | undefined {
  return new AxisSearch(graph).of(name, rank) ?? (rank === 2 ? 1 : undefined);
}
